//! Configures the linker: Node.js provides the N-API symbols at run time.
fn main() {
    napi_build::setup();
}
