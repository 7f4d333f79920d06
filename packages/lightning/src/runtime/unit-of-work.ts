import type { RowChange } from "../ports/commit-store.ts";
import type { NodeEventBody } from "../model/events.ts";

/**
 * The node's own changes in one exchange with the core: rows and events that are written in the same atomic write as
 * the core's commit.
 */
export class UnitOfWork {
  readonly rows: RowChange[] = [];
  readonly events: NodeEventBody[] = [];
  readonly #stored: (() => void)[] = [];
  readonly #released: (() => void)[] = [];

  put(table: string, key: string, value: Uint8Array): void {
    this.rows.push({ table, key, value });
  }

  delete(table: string, key: string): void {
    this.rows.push({ table, key, value: undefined });
  }

  emit(event: NodeEventBody): void {
    this.events.push(event);
  }

  /** Calls back once the write is durable in the store. The exchange's output may still wait for the second copy. */
  afterStore(callback: () => void): void {
    this.#stored.push(callback);
  }

  /** Calls back once the write is durable, also in the second copy, and the exchange's output has been sent. */
  afterRelease(callback: () => void): void {
    this.#released.push(callback);
  }

  /** True when `afterRelease` callbacks are waiting. */
  get isAwaited(): boolean {
    return this.#released.length > 0;
  }

  stored(): void {
    for (const callback of this.#stored) callback();
  }

  release(): void {
    for (const callback of this.#released) callback();
  }
}
