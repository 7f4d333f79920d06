import { argon2idAsync } from "@noble/hashes/argon2.js";

/** 64 bytes from a PIN: Argon2id, 46 MiB, one pass, without WebAssembly, which Hermes has not. */
export async function stretch(pin: string, salt: Uint8Array): Promise<Uint8Array> {
  return argon2idAsync(pin, salt, { m: 46 * 1_024, t: 1, p: 1, dkLen: 64 });
}
