import { createHmac, timingSafeEqual } from "node:crypto";
import type { CallbackAddresses, CallbackKind } from "../../app/callbacks.ts";

/**
 * M-Pesa does not sign callbacks, so every order and every balance request gets its own URL with an unguessable part:
 * the first 192 bits of an HMAC-SHA-256 over kind and id. Daraja rejects URLs that contain words such as "mpesa" or
 * "query"; none of them appears in a kind.
 * @param keys the first makes new URLs; URLs of the others are still accepted, so that a key can be rotated while orders
 *   are open.
 */
export function createCallbackAddresses(
  publicUrl: string,
  keys: readonly [Buffer, ...Buffer[]],
): CallbackAddresses {
  const secretFor = (key: Buffer, kind: CallbackKind, id: string) =>
    createHmac("sha256", key).update(`callback\0${kind}\0${id}`).digest("hex").slice(0, 48);
  return {
    urlFor: (kind, id) => `${publicUrl}/callbacks/${secretFor(keys[0], kind, id)}/${kind}/${id}`,
    isGenuine: (secret, kind, id) => {
      const given = Buffer.from(secret);
      return keys.some((key) => {
        const expected = Buffer.from(secretFor(key, kind, id));
        return given.length === expected.length && timingSafeEqual(given, expected);
      });
    },
  };
}
