import type { RowChange } from "../store/commit-store.ts";
import type { NodeEventBody } from "./events.ts";

/** What the host adds to a turn: rows and events that become durable together with the core's commit. */
export class Stage {
  readonly rows: RowChange[] = [];
  readonly events: NodeEventBody[] = [];
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

  /** Calls back once everything of this turn is durable and has left. */
  afterRelease(callback: () => void): void {
    this.#released.push(callback);
  }

  release(): void {
    for (const callback of this.#released) callback();
  }
}
