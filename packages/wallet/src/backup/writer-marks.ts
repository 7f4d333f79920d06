import type { KeyValueStore } from "../storage/key-value-store.ts";
import type { Lineage } from "./local-rows.ts";

const keys = { notWriter: "backup-not-writer", leaving: "backup-leaving" } as const;

/** Keys of the marks in the device's key-value store. */
export const writerMarks: readonly string[] = Object.values(keys);

/**
 * Marks on this device, kept across restarts, that decide whether it may act without the backup server: whether it was
 * told that another device or a newer state exists, and whether its person lets it leave without asking the server. Both
 * belong to the device id under which it writes: a restore, which gets another id, starts without them.
 */
export class WriterMarks {
  readonly #store: KeyValueStore;
  readonly #device: string;
  #isNotWriter = false;
  #isLeaving = false;

  private constructor(store: KeyValueStore, lineage: Lineage) {
    this.#store = store;
    this.#device = lineage.device;
  }

  static async load(store: KeyValueStore, lineage: Lineage): Promise<WriterMarks> {
    const marks = new WriterMarks(store, lineage);
    marks.#isNotWriter = (await store.get(keys.notWriter)) === lineage.device;
    marks.#isLeaving = (await store.get(keys.leaving)) === lineage.device;
    return marks;
  }

  /** The server has told this device that another one writes the backup, or that the backup has a newer state. */
  get isNotWriter(): boolean {
    return this.#isNotWriter;
  }

  /** The person lets this device close its channels although the server cannot be asked. */
  get isLeaving(): boolean {
    return this.#isLeaving && !this.#isNotWriter;
  }

  async setNotWriter(): Promise<void> {
    this.#isNotWriter = true;
    await this.#store.put(keys.notWriter, this.#device);
  }

  async setLeaving(): Promise<void> {
    await this.#store.put(keys.leaving, this.#device);
    this.#isLeaving = true;
  }

  /** The server has confirmed that this device writes the backup and has its newest state. */
  async clear(): Promise<void> {
    if (this.#isNotWriter) await this.#store.delete(keys.notWriter);
    if (this.#isLeaving) await this.#store.delete(keys.leaving);
    this.#isNotWriter = false;
    this.#isLeaving = false;
  }
}
