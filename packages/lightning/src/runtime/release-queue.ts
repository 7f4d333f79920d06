import { isCommitmentTransaction } from "../bitcoin/transaction.ts";
import type { CoreOutput, CoreSend } from "../core/output.ts";
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

/** Transactions that one exchange wants broadcast as a package. */
export type TransactionsSend = Extract<CoreSend, { readonly kind: "transactions" }>;

type WaitingGroup = {
  readonly group: StoredGroup;
  readonly since: number;
  isRequested: boolean;
  released: Promise<void> | undefined;
  /** Packages that have not been broadcast yet. */
  transactions: readonly TransactionsSend[];
};

const { maxWaitingGroups, maxGatherMs, maxTransactionDelayMs } = releasePolicy;

/**
 * Holds back the output of exchanges until the store's second copy has their commit, then releases it in order. Only
 * transactions do not wait longer than `maxTransactionDelayMs`.
 */
export class ReleaseQueue {
  readonly #store: CommitStore;
  readonly #clock: Clock;
  readonly #release: (group: StoredGroup, transactions: readonly TransactionsSend[]) => void;
  readonly #releaseTransactions: (transactions: readonly TransactionsSend[]) => void;
  readonly #onFailure: (error: unknown) => void;
  readonly #onProgress: () => void;
  #waiting: WaitingGroup[] = [];
  #running = false;

  constructor(options: {
    readonly store: CommitStore;
    readonly clock: Clock;
    readonly release: (group: StoredGroup, transactions: readonly TransactionsSend[]) => void;
    readonly releaseTransactions: (transactions: readonly TransactionsSend[]) => void;
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
    const transactions = group.exchanges
      .flatMap(({ output }) => output.sends)
      .filter((send) => send.kind === "transactions");
    if (transactions.length === 0 && !isAwaited(group)) return;
    const waiting: WaitingGroup = {
      group,
      since: this.#clock.now(),
      isRequested: false,
      released: undefined,
      transactions,
    };
    const isFirst = this.#waiting.length === 0;
    this.#waiting.push(waiting);
    if (transactions.length > 0) this.#scheduleTransactions(waiting);
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
      this.#release(first.group, first.transactions);
    }
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      for (let first = this.#waiting[0]; first?.released !== undefined; first = this.#waiting[0]) {
        await first.released;
        // it was dropped meanwhile, because nothing of it was left to release
        if (this.#waiting[0] !== first) continue;
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
    this.#clock.after(maxTransactionDelayMs, () => this.#sendTransactions(waiting));
  }

  /** Broadcasts without the second copy what may leave without it. */
  #sendTransactions(waiting: WaitingGroup): void {
    if (!this.#waiting.includes(waiting)) return;
    const mayBroadcastCommitment = this.#store.mayBroadcastCommitment?.() ?? true;
    const isHeld = ({ transactions }: TransactionsSend): boolean =>
      !mayBroadcastCommitment && transactions.some(isCommitmentTransaction);
    const leaving = waiting.transactions.filter((send) => !isHeld(send));
    waiting.transactions = waiting.transactions.filter(isHeld);
    if (leaving.length > 0) this.#releaseTransactions(leaving);
    if (waiting.transactions.length > 0) this.#scheduleTransactions(waiting);
    else if (!isAwaited(waiting.group)) {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      this.#onProgress();
    }
  }
}

/** True if more than transactions of this group waits: messages to peers, events, or callers for an answer. */
function isAwaited({ exchanges, lastSequence }: StoredGroup): boolean {
  return (
    lastSequence !== undefined ||
    exchanges.some(
      ({ output, unit }) =>
        unit.isAwaited || output.sends.some(({ kind }) => kind !== "transactions"),
    )
  );
}
