import { randomBytes, randomUUIDv7 } from "node:crypto";
import type { Ids } from "../app/orders/ports.ts";

/** Crockford's base 32, without characters that are easily confused: people may have to read ids aloud. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** `length` random characters of five bits each. */
function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join("");
}

export const ids: Ids = {
  uuid: () => randomUUIDv7(),
  /** 100 bits, in the 20 characters that an OriginatorConversationID may have. */
  payoutId: () => randomText(20),
  /** 60 bits, in the 12 characters that an AccountReference may have. Shown on the handset. */
  accountReference: () => randomText(12),
};
