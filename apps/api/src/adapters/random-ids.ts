import { randomBytes, randomUUIDv7 } from "node:crypto";
import type { Ids } from "../app/orders/ports.ts";

/** Crockford's base 32: 32 characters that are hard to confuse, because people may have to read ids out. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** `length` random characters of five bits each. */
function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join("");
}

export const ids: Ids = {
  uuid: () => randomUUIDv7(),
  /** 100 bits, in the 20 characters that an OriginatorConversationID may have. */
  payoutId: () => randomText(20),
  /** Shown on the handset. An AccountReference may have 12 characters. */
  accountReference: () => randomText(12),
};
