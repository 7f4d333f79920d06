import type { KeyValueStore } from "./key-value-store.ts";

/**
 * The price of a bitcoin at the time of each payment, so that its value in the history does not change later. Encrypted
 * on this device and part of the backup.
 */
export type Prices = {
  /** KES cents per bitcoin by the id of the payment's history entry; null if none was stored. */
  readonly of: (entryId: string) => bigint | null;
  /** Does nothing if the entry already has a price. */
  readonly record: (entryId: string, kesCentsPerBtc: bigint) => Promise<void>;
};

const prefix = "price/";

/** Reads all stored prices once. */
export async function openPrices(store: KeyValueStore): Promise<Prices> {
  const prices = new Map<string, bigint>();
  for (const { key, value } of await store.list(prefix))
    prices.set(key.slice(prefix.length), BigInt(value));
  return {
    of: (entryId) => prices.get(entryId) ?? null,
    async record(entryId, kesCentsPerBtc) {
      if (prices.has(entryId)) return;
      prices.set(entryId, kesCentsPerBtc);
      await store.put(prefix + entryId, kesCentsPerBtc.toString());
    },
  };
}
