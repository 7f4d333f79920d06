import type { Clock, Logger } from "@satsconnect/lightning";
import { towerPolicy } from "../policy.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import type { BackupStatusPublisher } from "./backup-status.ts";
import type { TowerHeads } from "./tower-heads.ts";
import type { WitnessedHead } from "./tower-keys.ts";

/** Key of the mark that output has left while the watchtower did not have its head. It stays on this device. */
export const lagKey = "backup-tower-lag";

type Waiter = {
  readonly commit: number;
  /** In ms since 1970. */
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

export type WitnessOptions = {
  readonly heads: TowerHeads;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly status: BackupStatusPublisher;
  /** Holds the mark of `lagKey`. */
  readonly keyValueStore: KeyValueStore;
  readonly epoch: number;
  readonly device: string;
  /** True if the tower's head was read and compared when the store was opened. */
  readonly isCompared: boolean;
  /** Compares a head that the tower has with the state of this device. False if the run must end; then it has ended it. */
  readonly compare: (head: WitnessedHead | undefined) => Promise<boolean>;
};

/**
 * Puts the head of the backup at a watchtower after each write to the backup, and says when output may leave: once the
 * tower has the head, or after a short time. While the tower lags behind, output does not wait for it; that it lags is
 * stored on this device before the first such output leaves. One request at a time, always with the newest head.
 */
export class Witness {
  readonly #options: WitnessOptions;
  readonly #waiters = new Set<Waiter>();
  /** The last commit that the tower has to know. */
  #announced = 0;
  /** The last commit that the tower has. */
  #witnessed = 0;
  #isCompared: boolean;
  #isLagging = false;
  /** The mark that the tower lags is stored, or may be. */
  #isMarked = true;
  /** Resolves once it is stored that the tower lags. */
  #lagStored: Promise<void> | undefined;
  #isRunning = false;
  #isStopped = false;
  #failure: Error | undefined;
  #retries = 0;
  #cancelRetry: (() => void) | undefined;
  #cancelGrace: (() => void) | undefined;

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.#isCompared = options.isCompared;
    if (options.isCompared) options.status.setTower("current");
    else {
      this.#lag("no answer at the start");
      this.#retry();
    }
  }

  /** The backup has everything up to this commit, or output of it leaves without the backup. */
  announce(commit: number): void {
    if (commit <= this.#announced) return;
    this.#announced = commit;
    this.#startWriting();
  }

  /**
   * Resolves once the tower has the head with this commit, or need not be waited for. Undefined: output may leave now.
   * Rejects if the tower has a newer head. Call it once the commit's output may leave as far as the backup is concerned.
   */
  released(commit: number): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#isStopped) return Promise.reject(new Error("the store is closed"));
    // the person lets it leave without the backup: a restore must learn that there was more than the backup has
    this.announce(commit);
    if (commit <= this.#witnessed) return undefined;
    if (this.#isLagging) return this.#lagStored;
    return new Promise((resolve, reject) => {
      this.#waiters.add({ commit, since: this.#options.clock.now(), resolve, reject });
      this.#startGrace(towerPolicy.graceMs);
    });
  }

  /** Rejects everything that waits: this run ends, and its output must never leave. */
  end(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.stop();
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
  }

  /** Starts no more requests. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelRetry?.();
    this.#cancelGrace?.();
  }

  /** Gives up waiting once the oldest waiter has waited for `graceMs`. */
  #startGrace(delayMs: number): void {
    const { clock } = this.#options;
    this.#cancelGrace ??= clock.after(delayMs, () => {
      this.#cancelGrace = undefined;
      // waiters are in the order in which they came
      const [oldest] = this.#waiters;
      if (oldest === undefined) return;
      const leftMs = oldest.since + towerPolicy.graceMs - clock.now();
      if (leftMs > 0) this.#startGrace(leftMs);
      else this.#lag("no answer in time");
    });
  }

  #startWriting(): void {
    if (this.#isRunning || this.#isStopped || this.#cancelRetry !== undefined) return;
    this.#isRunning = true;
    void this.#write().finally(() => {
      this.#isRunning = false;
      // announced while the run was ending
      if (this.#isCompared && this.#witnessed < this.#announced) this.#startWriting();
    });
  }

  async #write(): Promise<void> {
    const { heads, epoch, device, compare } = this.#options;
    // before the first write, which might replace the evidence that this state is old
    if (!this.#isCompared) {
      const found = await heads.read();
      if (this.#isStopped) return;
      if (!found.ok) return this.#onFailure(found.error.message);
      if (!(await compare(found.value))) return;
      this.#isCompared = true;
    }
    while (this.#witnessed < this.#announced && !this.#isStopped) {
      const commit = this.#announced;
      const written = await heads.write({ epoch, device, commit });
      if (this.#isStopped) return;
      if (!written.ok) return this.#onFailure(written.error.message);
      const head = written.value;
      const isOurs = head.epoch === epoch && head.device === device && head.commit === commit;
      if (!isOurs && !(await compare(head))) return;
      this.#retries = 0;
      this.#witnessed = commit;
      this.#release(commit);
      if (this.#witnessed >= this.#announced) await this.#caughtUp();
    }
  }

  #onFailure(reason: string): void {
    this.#lag(reason);
    this.#retry();
  }

  #release(commit: number): void {
    for (const waiter of this.#waiters) {
      if (waiter.commit > commit) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
    if (this.#waiters.size > 0) return;
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
  }

  /** From now on output does not wait for the tower. What waits leaves once this is stored. */
  #lag(reason: string): void {
    if (this.#isLagging) return;
    const { logger, status, keyValueStore, clock } = this.#options;
    this.#isLagging = true;
    logger.warn({ reason }, "the watchtower does not have the backup's head; retrying");
    status.setTower("lagging");
    const store = async (): Promise<void> => {
      this.#isMarked = true;
      const since = await keyValueStore.get(lagKey);
      if (since === undefined) await keyValueStore.put(lagKey, String(clock.now()));
      else status.set({ tower: { state: "lagging", since: Number(since) } });
    };
    const stored = store();
    this.#lagStored = stored;
    stored.then(
      () => {
        if (this.#lagStored === stored) this.#lagStored = undefined;
        if (this.#isLagging) this.#release(Infinity);
      },
      (error: unknown) => {
        this.end(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }

  async #caughtUp(): Promise<void> {
    const { logger, status, keyValueStore } = this.#options;
    if (this.#isLagging) logger.info({}, "the watchtower has the backup's head");
    await this.#lagStored;
    this.#isLagging = false;
    status.setTower("current");
    if (!this.#isMarked) return;
    this.#isMarked = false;
    // if this fails, the mark is deleted after the next start
    await keyValueStore.delete(lagKey).catch(() => {});
  }

  #retry(): void {
    const { firstRetryMs, maxRetryMs } = towerPolicy;
    const wait = Math.min(maxRetryMs, firstRetryMs * 2 ** this.#retries);
    this.#retries += 1;
    this.#cancelRetry = this.#options.clock.after(wait, () => {
      this.#cancelRetry = undefined;
      this.#startWriting();
    });
  }
}
