import { z } from "zod";
import type { Notes } from "./key-value-store.ts";

/**
 * What the wallet intends with an order, written before each act, so that a wallet that was killed anywhere goes on
 * where it was and never does anything twice: the entry's id is the idempotency key of every call and payment.
 */
const entry = z.strictObject({
  id: z.string(),
  kind: z.enum(["buy", "sell"]),
  quoteId: z.string(),
  msisdn: z.string(),
  amountMsat: z.string(),
  amountKesCents: z.string(),
  createdAt: z.number(),
  /** Buy: the wallet's own invoice. Sell: the operator's, once it was checked. */
  invoice: z.string().nullable(),
  /** How many invoices of ours this exchange has had: part of their keys. */
  invoiceNumber: z.number(),
  orderId: z.string().nullable(),
  /** A sell that is not paid by then is not paid any more. Null: written by a version that kept no such time. */
  payBy: z.number().nullable().default(null),
  /** Over: what it ended with, `done` or a failure's code. Null while there is something left to do. */
  ended: z.string().nullable(),
});
export type JournalEntry = z.infer<typeof entry>;

const prefix = "order/";

export type Journal = {
  readonly write: (entry: JournalEntry) => Promise<void>;
  readonly read: (id: string) => Promise<JournalEntry | undefined>;
  /** Oldest first. */
  readonly all: () => Promise<readonly JournalEntry[]>;
  readonly byOrder: (orderId: string) => Promise<JournalEntry | undefined>;
};

/** The journal that these notes keep. */
export function openJournal(notes: Notes): Journal {
  const parse = (value: string): JournalEntry => entry.parse(JSON.parse(value));
  const all = async (): Promise<readonly JournalEntry[]> =>
    (await notes.list(prefix))
      .map((note) => parse(note.value))
      .toSorted((one, other) => one.createdAt - other.createdAt);
  return {
    write: (value) => notes.put(prefix + value.id, JSON.stringify(value)),
    read: async (id) => {
      const note = await notes.get(prefix + id);
      return note === undefined ? undefined : parse(note);
    },
    all,
    byOrder: async (orderId) => (await all()).find((found) => found.orderId === orderId),
  };
}
