import type { Notes } from "./key-value-store.ts";

/**
 * What a bitcoin cost when a payment was made: what it was worth then stays what its entry says. Notes like any other:
 * sealed here, and part of the backup.
 */
export type Prices = {
  /** KES cents per bitcoin, by the id of the payment's entry; null where none was known. */
  readonly of: (entryId: string) => bigint | null;
  /** The first price of an entry stays. */
  readonly keep: (entryId: string, kesCentsPerBtc: bigint) => Promise<void>;
};

const prefix = "price/";

/** The prices that these notes keep, read once. */
export async function openPrices(notes: Notes): Promise<Prices> {
  const kept = new Map<string, bigint>();
  for (const { key, value } of await notes.list(prefix))
    kept.set(key.slice(prefix.length), BigInt(value));
  return {
    of: (entryId) => kept.get(entryId) ?? null,
    async keep(entryId, kesCentsPerBtc) {
      if (kept.has(entryId)) return;
      kept.set(entryId, kesCentsPerBtc);
      await notes.put(prefix + entryId, kesCentsPerBtc.toString());
    },
  };
}
