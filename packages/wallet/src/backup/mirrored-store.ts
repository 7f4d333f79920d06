import type { Notes } from "../storage/key-value-store.ts";
import { noteTable } from "./local-rows.ts";
import type { BackupRow, Rows } from "./segment.ts";

const markPrefix = "backup/";
/** Of this device alone: who it is, its session, and whom it learns from anew. */
const deviceOnly: ReadonlySet<string> = new Set(["device", "session", "operator"]);

type Add = (key: string, value: Uint8Array | undefined) => number;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Notes that go into the backup too. A note is durable here once `put` resolves, and reaches the backup in order with
 * the node's commits, before any later one. One that was not there yet when the power went is sent again.
 */
export class NotesMirror {
  readonly notes: Notes;
  readonly #local: Notes;
  readonly #numbers = new Map<string, number>();
  #add: Add | undefined;

  constructor(local: Notes) {
    this.#local = local;
    this.notes = {
      get: (key) => local.get(key),
      put: (key, value) => this.#write(key, () => local.put(key, value), encoder.encode(value)),
      delete: (key) => this.#write(key, () => local.delete(key), undefined),
      list: async (prefix) =>
        (await local.list(prefix)).filter(({ key }) => !key.startsWith(markPrefix)),
    };
  }

  /** From now on notes go there; first those that may not be there yet, or all of them. */
  async attach(add: Add, isAnew: boolean): Promise<void> {
    this.#numbers.clear();
    this.#add = add;
    const marks = (await this.#local.list(markPrefix)).map(({ key }) =>
      key.slice(markPrefix.length),
    );
    const all = isAnew ? (await this.#local.list("")).map(({ key }) => key) : [];
    for (const key of new Set([...marks, ...all.filter(isMirrored)])) {
      const value = await this.#local.get(key);
      this.#numbers.set(key, add(key, value === undefined ? undefined : encoder.encode(value)));
    }
  }

  detach(): void {
    this.#add = undefined;
  }

  /** The notes up to that number are in the backup. */
  confirmed(number: number): void {
    for (const [key, of] of this.#numbers) {
      if (of > number) continue;
      this.#numbers.delete(key);
      // a mark too many costs a write, not a note
      void this.#local.delete(markPrefix + key).catch(() => {});
    }
  }

  async restore(rows: Rows): Promise<void> {
    for (const { table, key, value } of rows.values()) {
      if (table !== noteTable) continue;
      if (value === undefined) await this.#local.delete(key);
      else await this.#local.put(key, decoder.decode(value));
    }
    for (const { key } of await this.#local.list(markPrefix)) await this.#local.delete(key);
  }

  async #write(key: string, write: () => Promise<void>, value: BackupRow["value"]): Promise<void> {
    if (!isMirrored(key)) return write();
    this.#numbers.delete(key);
    await this.#local.put(markPrefix + key, "1");
    await write();
    const number = this.#add?.(key, value);
    if (number !== undefined) this.#numbers.set(key, number);
  }
}

function isMirrored(key: string): boolean {
  return !deviceOnly.has(key) && !key.startsWith(markPrefix);
}
