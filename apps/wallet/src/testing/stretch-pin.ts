import { sha512 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** Takes the place of `vault/stretch` in the bundle of frames, where no secret is and half a second counts. */
export async function stretch(pin: string, salt: Uint8Array): Promise<Uint8Array> {
  return sha512(new Uint8Array([...utf8ToBytes(pin), ...salt]));
}
