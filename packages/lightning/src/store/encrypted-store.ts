import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { CommitStore } from "../ports/commit-store.ts";

/** First byte of every encrypted value: the version of the scheme. */
const scheme = 1;
const nonceLength = 12;

/** A value could not be decrypted: written under another key, modified, or moved from another row. */
export class DecryptionFailed extends Error {
  override readonly name = "DecryptionFailed";
}

/**
 * Encrypts the values of another store with AES-256-GCM. Table names and keys stay readable. Each value is bound to its
 * row as associated data, so that swapping values is detected.
 * @param key 32 bytes, not in the store. Imported into Web Crypto; the caller wipes its own copy.
 */
export async function encryptedStore(
  store: CommitStore,
  key: Uint8Array<ArrayBuffer>,
): Promise<CommitStore> {
  const { subtle } = globalThis.crypto;
  const imported = await subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);

  async function encrypt(label: string, value: Uint8Array): Promise<Uint8Array> {
    const nonce = globalThis.crypto.getRandomValues(new Uint8Array(nonceLength));
    const ciphertext = await subtle.encrypt(
      { name: "AES-GCM", iv: nonce, additionalData: new Uint8Array(utf8ToBytes(label)) },
      imported,
      new Uint8Array(value),
    );
    return concatBytes(Uint8Array.of(scheme), nonce, new Uint8Array(ciphertext));
  }

  async function decrypt(label: string, value: Uint8Array): Promise<Uint8Array> {
    if (value[0] !== scheme)
      throw new DecryptionFailed(`${label} has an unknown encryption scheme`);
    try {
      const plaintext = await subtle.decrypt(
        {
          name: "AES-GCM",
          iv: value.slice(1, 1 + nonceLength),
          additionalData: new Uint8Array(utf8ToBytes(label)),
        },
        imported,
        value.slice(1 + nonceLength),
      );
      return new Uint8Array(plaintext);
    } catch {
      throw new DecryptionFailed(`${label} cannot be decrypted: wrong key, or modified`);
    }
  }

  const rowLabel = (table: string, rowKey: string): string => `row/${table}/${rowKey}`;
  const eventLabel = (sequence: number): string => `event/${sequence}`;

  return {
    kind: `encrypted ${store.kind}`,
    open: () => store.open(),
    async commit(write) {
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
    },
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
