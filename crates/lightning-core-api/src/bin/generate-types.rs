//! Prints the TypeScript module of the core's types.
fn main() {
    print!("{}", lightning_core_api::typescript::module());
}
