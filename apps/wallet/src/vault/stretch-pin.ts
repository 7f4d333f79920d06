import { argon2id } from "hash-wasm/dist/argon2.umd.min.js";

/** Derives 64 bytes from a PIN: Argon2id, 46 MiB, one pass (OWASP's second recommended setting). Slow on purpose. */
export async function stretchPin(pin: string, salt: Uint8Array): Promise<Uint8Array> {
  return argon2id({
    password: pin,
    salt,
    memorySize: 46 * 1_024,
    iterations: 1,
    parallelism: 1,
    hashLength: 64,
    outputType: "binary",
  });
}
