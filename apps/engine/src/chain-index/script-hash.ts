import { createHash } from "node:crypto";

/** Esplora's scripthash: SHA-256 of the script (given in hex), in natural byte order. Electrum's is byte-reversed. */
export function scriptHash(script: string): Buffer {
  return createHash("sha256").update(Buffer.from(script, "hex")).digest();
}
