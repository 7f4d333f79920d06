import type { KeyValueStore } from "../storage/key-value-store.ts";
import { keyValueTable } from "./local-rows.ts";
import type { BackupRow, Rows } from "./segment.ts";
import { lagKey } from "./witness.ts";
import { writerMarks } from "./writer-marks.ts";

const markerPrefix = "backup/";
/**
 * Keys that stay on this device: its id, its session, the operator, which it learns again from the API, and what it
 * knows of its right to write the backup.
 */
const deviceOnly: ReadonlySet<string> = new Set([
  "device",
  "session",
  "operator",
  lagKey,
  ...writerMarks,
]);

type Add = (key: string, value: Uint8Array | undefined) => number;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A key-value store whose entries also go into the backup. An entry is durable on this device once `put` resolves, and
 * is uploaded before any later commit of the node. A marker beside each entry, kept until the backup confirms it,
 * makes a restart upload it again.
 */
export class MirroredKeyValueStore {
  readonly store: KeyValueStore;
  readonly #local: KeyValueStore;
  readonly #numbers = new Map<string, number>();
  #add: Add | undefined;

  constructor(local: KeyValueStore) {
    this.#local = local;
    this.store = {
      get: (key) => local.get(key),
      put: (key, value) => this.#write(key, () => local.put(key, value), encoder.encode(value)),
      delete: (key) => this.#write(key, () => local.delete(key), undefined),
      list: async (prefix) =>
        (await local.list(prefix)).filter(({ key }) => !key.startsWith(markerPrefix)),
    };
  }

  /** Starts uploading entries with `add`: first those that the backup may lack, or all entries of the store. */
  async attach(add: Add, all: boolean): Promise<void> {
    this.#numbers.clear();
    this.#add = add;
    const marked = (await this.#local.list(markerPrefix)).map(({ key }) =>
      key.slice(markerPrefix.length),
    );
    const keys = all ? (await this.#local.list("")).map(({ key }) => key) : [];
    for (const key of new Set([...marked, ...keys.filter(isMirrored)])) {
      const value = await this.#local.get(key);
      this.#numbers.set(key, add(key, value === undefined ? undefined : encoder.encode(value)));
    }
  }

  detach(): void {
    this.#add = undefined;
  }

  /** The backup has the entries up to this number. */
  confirmed(number: number): void {
    for (const [key, added] of this.#numbers) {
      if (added > number) continue;
      this.#numbers.delete(key);
      // if this fails, the entry is uploaded once more
      void this.#local.delete(markerPrefix + key).catch(() => {});
    }
  }

  /** Writes the backup's entries to this device. */
  async restore(rows: Rows): Promise<void> {
    for (const { table, key, value } of rows.values()) {
      if (table !== keyValueTable) continue;
      if (value === undefined) await this.#local.delete(key);
      else await this.#local.put(key, decoder.decode(value));
    }
    for (const { key } of await this.#local.list(markerPrefix)) await this.#local.delete(key);
  }

  async #write(key: string, write: () => Promise<void>, value: BackupRow["value"]): Promise<void> {
    if (!isMirrored(key)) return write();
    this.#numbers.delete(key);
    await this.#local.put(markerPrefix + key, "1");
    await write();
    const number = this.#add?.(key, value);
    if (number !== undefined) this.#numbers.set(key, number);
  }
}

function isMirrored(key: string): boolean {
  return !deviceOnly.has(key) && !key.startsWith(markerPrefix);
}
