//! Prints the TypeScript module with the core's types.
fn main() {
    print!("{}", lightning_core_api::typescript::module());
}
