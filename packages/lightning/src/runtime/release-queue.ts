import type { CoreOutput } from "../core/output.ts";
import { releasePolicy } from "../model/policy.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommitStore } from "../ports/commit-store.ts";
import type { UnitOfWork } from "./unit-of-work.ts";

/** The output of one exchange with the core, and the node's own changes in it. */
export type Exchange = { readonly output: CoreOutput; readonly unit: UnitOfWork };

/** Exchanges that were stored in one write. */
export type StoredGroup = {
  readonly exchanges: readonly Exchange[];
  /** The second copy must have this commit before any output of these exchanges is sent. */
  readonly commit: number;
  /** True when these exchanges made that commit; false when they changed nothing. */
  readonly isNew: boolean;
  /** Sequence of the last new event; undefined when there are none. */
  readonly lastSequence: number | undefined;
};

type WaitingGroup = {
  readonly group: StoredGroup;
  readonly since: number;
  isRequested: boolean;
  released: Promise<void> | undefined;
  /** True once its transactions have been broadcast without waiting any longer. */
  transactionsSent: boolean;
};

const { maxWaitingGroups, maxGatherMs, maxTransactionDelayMs } = releasePolicy;

/** Holds back the output of exchanges until the store's second copy has their commit, then releases it in order. */
export class ReleaseQueue {
  readonly #store: CommitStore;
  readonly #clock: Clock;
  readonly #release: (group: StoredGroup, parts: { readonly transactions: boolean }) => void;
  readonly #releaseTransactions: (group: StoredGroup) => void;
  readonly #onFailure: (error: unknown) => void;
  readonly #onProgress: () => void;
  #waiting: WaitingGroup[] = [];
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
    return this.#waiting.length >= maxWaitingGroups;
  }

  /** Adds a stored group. A group without output, events or waiting callbacks is dropped: nothing depends on it. */
  add(group: StoredGroup): void {
    const isAwaited =
      group.lastSequence !== undefined ||
      group.exchanges.some(({ output, unit }) => output.sends.length > 0 || unit.isAwaited);
    if (!isAwaited) return;
    const waiting: WaitingGroup = {
      group,
      since: this.#clock.now(),
      isRequested: false,
      released: undefined,
      transactionsSent: false,
    };
    const isFirst = this.#waiting.length === 0;
    this.#waiting.push(waiting);
    const sends = group.exchanges.flatMap(({ output }) => output.sends);
    if (sends.some(({ kind }) => kind === "transactions")) this.#scheduleTransactions(waiting);
    if ((isFirst && !group.isNew) || this.isFull) this.#request();
  }

  /** Requests the second copy for waiting groups. @param isQuiet True when no further commit is imminent. */
  request(isQuiet: boolean): void {
    const first = this.#waiting.find(({ isRequested }) => !isRequested);
    if (first !== undefined && (isQuiet || this.#clock.now() - first.since >= maxGatherMs))
      this.#request();
  }

  clear(): void {
    this.#waiting = [];
  }

  #request(): void {
    const unrequested = this.#waiting.filter(({ isRequested }) => !isRequested);
    const commit = unrequested.at(-1)?.group.commit;
    if (commit === undefined) return;
    const released = this.#store.released?.(commit);
    // awaited only when earlier groups are released: until then a rejection must not count as unhandled
    released?.catch(() => {});
    for (const waiting of unrequested) {
      waiting.isRequested = true;
      waiting.released = released;
    }
    this.#releaseReady();
    if (!this.#running) void this.#run();
  }

  /** Releases the groups at the front that wait for nothing. */
  #releaseReady(): void {
    for (
      let first = this.#waiting[0];
      first?.isRequested === true && first.released === undefined;
      first = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#release(first.group, { transactions: !first.transactionsSent });
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

  #scheduleTransactions(waiting: WaitingGroup): void {
    this.#clock.after(maxTransactionDelayMs, () => {
      if (!this.#waiting.includes(waiting)) return;
      waiting.transactionsSent = true;
      this.#releaseTransactions(waiting.group);
    });
  }
}
