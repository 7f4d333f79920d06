import { decodeEvent } from "../model/codec.ts";
import type { CommitStore } from "../ports/commit-store.ts";
import type { NodeEvent } from "../model/events.ts";

const pageSize = 256;

/** The durable events, read out of the store: from any point on, then live. */
export class EventFeed {
  readonly #store: CommitStore;
  readonly #wakers = new Set<() => void>();
  #closed = false;
  lastSequence = 0;

  constructor(store: CommitStore) {
    this.#store = store;
  }

  advance(lastSequence: number): void {
    this.lastSequence = Math.max(this.lastSequence, lastSequence);
    for (const wake of this.#wakers) wake();
  }

  close(): void {
    this.#closed = true;
    for (const wake of this.#wakers) wake();
  }

  async *after(sequence: number, signal: AbortSignal | undefined): AsyncGenerator<NodeEvent> {
    const over = (): boolean => this.#closed || signal?.aborted === true;
    let last = sequence;
    let wake: (() => void) | undefined;
    const onChange = (): void => wake?.();
    this.#wakers.add(onChange);
    signal?.addEventListener("abort", onChange, { once: true });
    try {
      while (!over()) {
        const stored = await this.#store.events(last, pageSize);
        // what is stored here and still on its way to a second place is nobody's to see yet
        const page = stored.filter((event) => event.sequence <= this.lastSequence);
        for (const event of page) {
          if (over()) return;
          last = event.sequence;
          yield decodeEvent(event.value);
        }
        if (page.length > 0 || this.lastSequence > last) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (over() || this.lastSequence > last) resolve();
        });
        wake = undefined;
      }
    } finally {
      this.#wakers.delete(onChange);
      signal?.removeEventListener("abort", onChange);
    }
  }
}
