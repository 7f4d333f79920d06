import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { CommitStore } from "../ports/commit-store.ts";

/** The first byte of everything sealed: which scheme, so that another can follow. */
const scheme = 1;
const nonceLength = 12;

/** A value that was not written under this key, or was changed, or stands in another row's place. */
export class UnsealFailed extends Error {
  override readonly name = "UnsealFailed";
}

/**
 * Any store, with everything of value sealed by AES-256-GCM under a key that is not in it. Names of rows stay readable;
 * each value is bound to its row, so that values cannot change places unseen.
 * @param key 32 bytes; copied by the platform's key store, the caller wipes its own.
 */
export async function sealStore(
  store: CommitStore,
  key: Uint8Array<ArrayBuffer>,
): Promise<CommitStore> {
  const { subtle } = globalThis.crypto;
  const imported = await subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);

  async function seal(place: string, value: Uint8Array): Promise<Uint8Array> {
    const nonce = globalThis.crypto.getRandomValues(new Uint8Array(nonceLength));
    const sealed = await subtle.encrypt(
      { name: "AES-GCM", iv: nonce, additionalData: new Uint8Array(utf8ToBytes(place)) },
      imported,
      new Uint8Array(value),
    );
    return concatBytes(Uint8Array.of(scheme), nonce, new Uint8Array(sealed));
  }

  async function open(place: string, value: Uint8Array): Promise<Uint8Array> {
    if (value[0] !== scheme)
      throw new UnsealFailed(`${place} is not sealed in a way that is known`);
    try {
      const opened = await subtle.decrypt(
        {
          name: "AES-GCM",
          iv: value.slice(1, 1 + nonceLength),
          additionalData: new Uint8Array(utf8ToBytes(place)),
        },
        imported,
        value.slice(1 + nonceLength),
      );
      return new Uint8Array(opened);
    } catch {
      throw new UnsealFailed(`${place} does not open: another key, or it was changed`);
    }
  }

  const rowPlace = (table: string, rowKey: string): string => `row/${table}/${rowKey}`;
  const eventPlace = (sequence: number): string => `event/${sequence}`;

  return {
    kind: `sealed ${store.kind}`,
    open: () => store.open(),
    async commit(write) {
      const [rows, events] = await Promise.all([
        Promise.all(
          write.rows.map(async (row) => ({
            ...row,
            value:
              row.value === undefined
                ? undefined
                : await seal(rowPlace(row.table, row.key), row.value),
          })),
        ),
        Promise.all(
          write.events.map(async (event) => ({
            ...event,
            value: await seal(eventPlace(event.sequence), event.value),
          })),
        ),
      ]);
      await store.commit({ ...write, rows, events });
    },
    async read(table, rowKey) {
      const value = await store.read(table, rowKey);
      return value === undefined ? undefined : open(rowPlace(table, rowKey), value);
    },
    async list(table, range) {
      const rows = await store.list(table, range);
      return Promise.all(
        rows.map(async (row) => ({
          ...row,
          value: await open(rowPlace(table, row.key), row.value),
        })),
      );
    },
    async events(afterSequence, limit) {
      const events = await store.events(afterSequence, limit);
      return Promise.all(
        events.map(async (event) => ({
          ...event,
          value: await open(eventPlace(event.sequence), event.value),
        })),
      );
    },
    close: () => store.close(),
  };
}
