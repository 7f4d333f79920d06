// The package's types cover its index; this declares the file with the one algorithm that is used.
declare module "hash-wasm/dist/argon2.umd.min.js" {
  export { argon2id } from "hash-wasm";
}
