import { randomBytes, randomUUIDv7 } from "node:crypto";
import type { Ids } from "../app/orders/ports.ts";

/** 32 signs that cannot be taken for one another (Crockford's base 32): a person may have to read them out. */
const signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Ids by chance: `length` signs of five bits each. */
function randomSigns(length: number): string {
  return Array.from(randomBytes(length), (byte) => signs[byte % signs.length]).join("");
}

export const ids: Ids = {
  uuid: () => randomUUIDv7(),
  /** 100 bits in the 20 signs that an OriginatorConversationID may have. */
  payoutId: () => randomSigns(20),
  /** What the holder reads on the handset: an AccountReference has 12 signs at most. */
  accountReference: () => randomSigns(12),
};
