import { decodeRow, encodeJson } from "../model/codec.ts";
import type { JusticeItem, JusticeItemBody, JusticeState } from "../model/justice.ts";
import { justicePolicy } from "../model/policy.ts";
import type { CommitStore } from "../ports/commit-store.ts";
import { paddedNumber } from "./payment-store.ts";
import type { UnitOfWork } from "./unit-of-work.ts";

/** Table names are stored: they must not change. */
const tables = {
  /** Key = padded number: what the watchtower has to be told. */
  item: "justice",
  /** Key `dropped`: the number of items that had no room. */
  meta: "justice-meta",
} as const;

/**
 * The items for the watchtower, each from the commit that contains it until it is delivered. Bounded: while too many
 * items wait, new ones are dropped and counted.
 */
export class JusticeQueue {
  readonly #store: CommitStore;
  readonly #onStored: () => void;
  #nextNumber = 1;
  #waiting = 0;
  #dropped = 0;

  /** @param onStored called when further items are durable */
  constructor(store: CommitStore, onStored: () => void) {
    this.#store = store;
    this.#onStored = onStored;
  }

  async load(): Promise<void> {
    const rows = await this.#store.list(tables.item);
    this.#waiting = rows.length;
    this.#nextNumber = Number(rows.at(-1)?.key ?? 0) + 1;
    const dropped = await this.#store.read(tables.meta, "dropped");
    this.#dropped = dropped === undefined ? 0 : (decodeRow(dropped) as number);
  }

  get state(): JusticeState {
    return { waiting: this.#waiting, dropped: this.#dropped };
  }

  add(unit: UnitOfWork, item: JusticeItemBody): void {
    if (this.#waiting >= justicePolicy.maxWaiting) {
      this.#dropped += 1;
      unit.put(tables.meta, "dropped", encodeJson(this.#dropped));
      return;
    }
    unit.put(tables.item, paddedNumber(this.#nextNumber), encodeJson(item));
    this.#nextNumber += 1;
    this.#waiting += 1;
    unit.afterStore(this.#onStored);
  }

  /** Deletes delivered items. */
  delete(unit: UnitOfWork, items: readonly JusticeItem[]): void {
    for (const { number } of items) unit.delete(tables.item, paddedNumber(number));
    this.#waiting = Math.max(0, this.#waiting - items.length);
  }
}

/** Durable items, oldest first. */
export async function listJustice(
  store: CommitStore,
  limit: number,
): Promise<readonly JusticeItem[]> {
  const rows = await store.list(tables.item, { limit });
  return rows.map(({ key, value }) => ({
    number: Number(key),
    ...(decodeRow(value) as JusticeItemBody),
  }));
}
