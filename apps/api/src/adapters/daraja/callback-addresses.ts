import { createHmac, timingSafeEqual } from "node:crypto";
import type { CallbackAddresses, CallbackKind } from "../../app/callbacks.ts";

/**
 * M-Pesa does not sign callbacks, so every order and every balance request gets its own URL with an unguessable part:
 * the first 192 bits of an HMAC-SHA-256 over kind and id. Daraja rejects URLs that contain words such as "mpesa" or
 * "query"; none of them appears in a kind.
 */
export function createCallbackAddresses(publicUrl: string, key: Buffer): CallbackAddresses {
  const secretFor = (kind: CallbackKind, id: string) =>
    createHmac("sha256", key).update(`callback\0${kind}\0${id}`).digest("hex").slice(0, 48);
  return {
    urlFor: (kind, id) => `${publicUrl}/callbacks/${secretFor(kind, id)}/${kind}/${id}`,
    isGenuine: (secret, kind, id) => {
      const expected = Buffer.from(secretFor(kind, id));
      const given = Buffer.from(secret);
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}
