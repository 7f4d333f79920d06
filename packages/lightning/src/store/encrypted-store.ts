import type { CommitStore } from "../ports/commit-store.ts";
import { newKeyRing } from "./key-ring.ts";
import type { KeyRing } from "./key-ring.ts";

/** The associated data of a row's value. Stored values depend on it. */
export const rowLabel = (table: string, rowKey: string): string => `row/${table}/${rowKey}`;
/** The associated data of an event. Stored values depend on it. */
export const eventLabel = (sequence: number): string => `event/${sequence}`;

/**
 * Encrypts the values of another store with AES-256-GCM. Table names and keys stay readable. Each value is bound to its
 * row as associated data, so that swapping values is detected. Reading throws `DecryptionFailed`.
 * @param keys a ring, whose current key may change while the store is in use, or the only key: 32 bytes, not in the
 *   store. It is imported into Web Crypto; the caller wipes its own copy.
 */
export async function encryptedStore(
  store: CommitStore,
  keys: Uint8Array<ArrayBuffer> | KeyRing,
): Promise<CommitStore> {
  const ring = keys instanceof Uint8Array ? await newKeyRing([keys], { nameKeys: false }) : keys;
  const { encrypt, decrypt } = ring;

  return {
    kind: `encrypted ${store.kind}`,
    open: () => store.open(),
    commit: (write) =>
      ring.writing(async () => {
        const [rows, events] = await Promise.all([
          Promise.all(
            write.rows.map(async (row) => ({
              ...row,
              value:
                row.value === undefined
                  ? undefined
                  : await encrypt(rowLabel(row.table, row.key), row.value),
            })),
          ),
          Promise.all(
            write.events.map(async (event) => ({
              ...event,
              value: await encrypt(eventLabel(event.sequence), event.value),
            })),
          ),
        ]);
        await store.commit({ ...write, rows, events });
      }),
    async read(table, rowKey) {
      const value = await store.read(table, rowKey);
      return value === undefined ? undefined : decrypt(rowLabel(table, rowKey), value);
    },
    async list(table, range) {
      const rows = await store.list(table, range);
      return Promise.all(
        rows.map(async (row) => ({
          ...row,
          value: await decrypt(rowLabel(table, row.key), row.value),
        })),
      );
    },
    async events(afterSequence, limit) {
      const events = await store.events(afterSequence, limit);
      return Promise.all(
        events.map(async (event) => ({
          ...event,
          value: await decrypt(eventLabel(event.sequence), event.value),
        })),
      );
    },
    close: () => store.close(),
  };
}
