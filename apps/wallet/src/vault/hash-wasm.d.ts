// The package's own types are for its whole; this is the one algorithm out of it.
declare module "hash-wasm/dist/argon2.umd.min.js" {
  export { argon2id } from "hash-wasm";
}
