import { eventLabel, rowLabel } from "./encrypted-store.ts";
import type { KeyRing } from "./key-ring.ts";
import type { PostgresStore, ValuePlace } from "./postgres-store.ts";

/**
 * Encrypts the next values of a store again under the ring's current key, while the node runs. Values that a commit
 * changes meanwhile are left alone: they are under the current key, or the next pass finds them. The rotation is done
 * after a whole pass without `left`.
 * @param after the place where the last step ended; undefined begins a pass.
 * @param limit of values looked at.
 * @returns `last` is undefined at the end of the pass; `left` counts the values that were not under the current key.
 * @throws WriterFenced when this process is not the writer any more; DecryptionFailed.
 */
export async function encryptAgain(
  store: PostgresStore,
  ring: KeyRing,
  after: ValuePlace | undefined,
  limit: number,
): Promise<{
  readonly looked: number;
  readonly left: number;
  readonly replaced: number;
  readonly last: ValuePlace | undefined;
}> {
  const { values, looked, last } = await store.valuesAfter(after, limit, ring.currentPrefix());
  const changes = await Promise.all(
    values.map(async (from) => {
      const { place } = from;
      const label =
        place.kind === "row" ? rowLabel(place.table, place.key) : eventLabel(place.sequence);
      return { from, to: await ring.encrypt(label, await ring.decrypt(label, from.value)) };
    }),
  );
  const replaced = await store.replaceValues(changes);
  return { looked, left: values.length, replaced, last: looked < limit ? undefined : last };
}
