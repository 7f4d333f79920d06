import { decodeEvent } from "../model/codec.ts";
import type { NodeEvent } from "../model/events.ts";
import type { CommitStore } from "../ports/commit-store.ts";

const pageSize = 256;

/** Reads the event log from any sequence on, then follows it live. */
export class EventFeed {
  readonly #store: CommitStore;
  readonly #wakers = new Set<() => void>();
  #closed = false;
  /** Sequence of the last published event. */
  lastSequence = 0;

  constructor(store: CommitStore) {
    this.#store = store;
  }

  /** Publishes events up to this sequence. */
  advance(lastSequence: number): void {
    this.lastSequence = Math.max(this.lastSequence, lastSequence);
    for (const wake of this.#wakers) wake();
  }

  /** Ends all iterations. */
  close(): void {
    this.#closed = true;
    for (const wake of this.#wakers) wake();
  }

  async *after(sequence: number, signal: AbortSignal | undefined): AsyncGenerator<NodeEvent> {
    const hasEnded = (): boolean => this.#closed || signal?.aborted === true;
    let last = sequence;
    let wake: (() => void) | undefined;
    const onChange = (): void => wake?.();
    this.#wakers.add(onChange);
    signal?.addEventListener("abort", onChange, { once: true });
    try {
      while (!hasEnded()) {
        const published = this.lastSequence;
        const stored = await this.#store.events(last, pageSize);
        // the store may have events that are not published yet: they wait for the second copy
        const page = stored.filter((event) => event.sequence <= this.lastSequence);
        for (const event of page) {
          if (hasEnded()) return;
          last = event.sequence;
          yield decodeEvent(event.value);
        }
        if (page.length > 0) continue;
        // published events that the store does not return have been forgotten
        last = Math.max(last, published);
        if (this.lastSequence > last) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (hasEnded() || this.lastSequence > last) resolve();
        });
        wake = undefined;
      }
    } finally {
      this.#wakers.delete(onChange);
      signal?.removeEventListener("abort", onChange);
    }
  }
}
