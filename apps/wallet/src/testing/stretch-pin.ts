import { sha512 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** Replaces `vault/stretch-pin` in the bundle of frames, which hold no secret and are drawn often. */
export async function stretchPin(pin: string, salt: Uint8Array): Promise<Uint8Array> {
  return sha512(new Uint8Array([...utf8ToBytes(pin), ...salt]));
}
