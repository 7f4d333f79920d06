import type { CoreOutput } from "../core/output.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommitStore } from "../ports/commit-store.ts";
import type { UnitOfWork } from "./unit-of-work.ts";

/** One exchange with the core, and what the host adds to it. */
export type Exchange = { readonly output: CoreOutput; readonly unit: UnitOfWork };

/** CoreLoop that were stored together. */
export type StoredGroup = {
  readonly loop: readonly Exchange[];
  /** The commit that must be in the second place too before anything of these loop leaves. */
  readonly commit: number;
  /** True when the loop made that commit themselves. */
  readonly isNew: boolean;
  /** Where there are new events: the last one's sequence. */
  readonly lastSequence: number | undefined;
};

type Waiting = {
  readonly group: StoredGroup;
  readonly since: number;
  isAsked: boolean;
  released: Promise<void> | undefined;
  /** Its transactions could not wait any longer and have left. */
  transactionsLeft: boolean;
};

/** Groups that may wait for the second place: beyond, the node takes no more input. */
const mostWaiting = 64;

/** How long the second place is not asked because the core has more to say. */
const gatherMs = 50;

/**
 * How long a transaction waits for the second place. Not for ever: whoever keeps the second copy may be the one that a
 * transaction defends against. Far less than the blocks that such a transaction has.
 */
const transactionPatienceMs = 60 * 60_000;

/** Holds back what came of loop until their commit is in the store's second place; lets it go in order. */
export class ReleaseQueue {
  readonly #store: CommitStore;
  readonly #clock: Clock;
  readonly #release: (group: StoredGroup, parts: { readonly transactions: boolean }) => void;
  readonly #releaseTransactions: (group: StoredGroup) => void;
  readonly #onFailure: (error: unknown) => void;
  readonly #onProgress: () => void;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(options: {
    readonly store: CommitStore;
    readonly clock: Clock;
    readonly release: (group: StoredGroup, parts: { readonly transactions: boolean }) => void;
    readonly releaseTransactions: (group: StoredGroup) => void;
    readonly onFailure: (error: unknown) => void;
    readonly onProgress: () => void;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#release = options.release;
    this.#releaseTransactions = options.releaseTransactions;
    this.#onFailure = options.onFailure;
    this.#onProgress = options.onProgress;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get isFull(): boolean {
    return this.#waiting.length >= mostWaiting;
  }

  /** What nobody waits for makes no commit hurry to the second place. */
  add(group: StoredGroup): void {
    const isAwaited =
      group.lastSequence !== undefined ||
      group.loop.some(({ output, unit }) => output.sends.length > 0 || unit.isAwaited);
    if (!isAwaited) return;
    const waiting: Waiting = {
      group,
      since: this.#clock.now(),
      isAsked: false,
      released: undefined,
      transactionsLeft: false,
    };
    const isFirst = this.#waiting.length === 0;
    this.#waiting.push(waiting);
    const sends = group.loop.flatMap(({ output }) => output.sends);
    if (sends.some(({ kind }) => kind === "transactions")) this.#planTransactions(waiting);
    if ((isFirst && !group.isNew) || this.isFull) this.#ask();
  }

  /** @param isQuiet nothing more is about to be stored: what waits may as well go to the second place now. */
  ask(isQuiet: boolean): void {
    const first = this.#waiting.find(({ isAsked }) => !isAsked);
    if (first !== undefined && (isQuiet || this.#clock.now() - first.since >= gatherMs))
      this.#ask();
  }

  clear(): void {
    this.#waiting = [];
  }

  #ask(): void {
    const unasked = this.#waiting.filter(({ isAsked }) => !isAsked);
    const commit = unasked.at(-1)?.group.commit;
    if (commit === undefined) return;
    const released = this.#store.released?.(commit);
    // seen here first: it must not count as unhandled while earlier loop wait
    released?.catch(() => {});
    for (const waiting of unasked) {
      waiting.isAsked = true;
      waiting.released = released;
    }
    this.#releaseReady();
    if (!this.#running) void this.#run();
  }

  /** Those in front that wait for nothing go at once. */
  #releaseReady(): void {
    for (
      let first = this.#waiting[0];
      first?.isAsked === true && first.released === undefined;
      first = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#release(first.group, { transactions: !first.transactionsLeft });
    }
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      for (let first = this.#waiting[0]; first?.released !== undefined; first = this.#waiting[0]) {
        await first.released;
        if (this.#waiting[0] !== first) break;
        first.released = undefined;
        this.#releaseReady();
        this.#onProgress();
      }
    } catch (error) {
      this.#onFailure(error);
    } finally {
      this.#running = false;
      this.#onProgress();
    }
  }

  #planTransactions(waiting: Waiting): void {
    this.#clock.after(transactionPatienceMs, () => {
      if (!this.#waiting.includes(waiting)) return;
      waiting.transactionsLeft = true;
      this.#releaseTransactions(waiting.group);
    });
  }
}
