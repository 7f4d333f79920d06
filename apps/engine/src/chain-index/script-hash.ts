import { createHash } from "node:crypto";

/** SHA-256 of a script, given in hex: how Esplora names it, in its own byte order (Electrum's is the other one). */
export function scriptHash(script: string): Buffer {
  return createHash("sha256").update(Buffer.from(script, "hex")).digest();
}
