import { z } from "zod";
import type { KeyValueStore } from "./key-value-store.ts";

/**
 * The wallet's intent for one order, written before each step. A wallet that was killed at any point resumes from it and
 * does no step twice: every call and payment has an idempotency key made from the intent's id.
 */
const intent = z.strictObject({
  id: z.string(),
  kind: z.enum(["buy", "sell"]),
  quoteId: z.string(),
  msisdn: z.string(),
  amountMsat: z.string(),
  amountKesCents: z.string(),
  createdAt: z.number(),
  /** Buy: the wallet's own invoice. Sell: the operator's invoice, once it was checked. */
  invoice: z.string().nullable(),
  /** How many invoices this wallet has made for the order. Part of their idempotency keys. */
  invoiceNumber: z.number(),
  orderId: z.string().nullable(),
  /** Sell: do not pay after this time, in ms since 1970. Null: written by a version that did not store it. */
  payBy: z.number().nullable().default(null),
  /** Null while there is something left to do; then the order's final state or an error code. */
  ended: z.string().nullable(),
});
export type OrderIntent = z.infer<typeof intent>;

const prefix = "order/";

/** Intents are part of the backup: a restored device resumes the same orders. */
export type OrderIntents = {
  readonly write: (intent: OrderIntent) => Promise<void>;
  readonly read: (id: string) => Promise<OrderIntent | undefined>;
  /** Oldest first. */
  readonly all: () => Promise<readonly OrderIntent[]>;
  readonly byOrder: (orderId: string) => Promise<OrderIntent | undefined>;
};

export function openOrderIntents(store: KeyValueStore): OrderIntents {
  const parse = (value: string): OrderIntent => intent.parse(JSON.parse(value));
  const all = async (): Promise<readonly OrderIntent[]> =>
    (await store.list(prefix))
      .map((entry) => parse(entry.value))
      .toSorted((one, other) => one.createdAt - other.createdAt);
  return {
    write: (value) => store.put(prefix + value.id, JSON.stringify(value)),
    read: async (id) => {
      const value = await store.get(prefix + id);
      return value === undefined ? undefined : parse(value);
    },
    all,
    byOrder: async (orderId) => (await all()).find((found) => found.orderId === orderId),
  };
}
