import type { RowChange } from "../ports/commit-store.ts";
import type { NodeEventBody } from "../model/events.ts";

/** What the host adds to a turn: rows and events that become durable together with the core's commit. */
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

  /** Calls back once everything of this turn is durable here; its bytes may still wait for a second copy elsewhere. */
  afterStore(callback: () => void): void {
    this.#stored.push(callback);
  }

  /** Calls back once everything of this turn is durable and has left. */
  afterRelease(callback: () => void): void {
    this.#released.push(callback);
  }

  /** True when somebody waits for the release. */
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
