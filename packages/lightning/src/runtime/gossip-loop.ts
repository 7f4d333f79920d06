import { gossipPolicy } from "../model/policy.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { SnapshotSource } from "../ports/snapshot-source.ts";
import type { CoreState } from "../store/core-state.ts";
import type { CommandOutcome, CoreLoop } from "./core-loop.ts";
import { expectResult } from "./failures.ts";

const {
  refreshMs,
  minRetryMs,
  maxRetryMs,
  routeRefreshMs,
  maxDeltaAgeMs,
  maxDeltas,
  minDeltaBytes,
} = gossipPolicy;

/**
 * Keeps the network graph of a node with the gossip source `snapshots` up to date, in the background: at the start, every
 * few hours, and when a payment finds no route. Applied snapshots are stored; a refused one changes nothing.
 *
 * Snapshots are not trusted. A false one can make payments fail or take routes that cost up to the payment's `maxFeeMsat`;
 * it cannot move funds.
 */
export class GossipLoop {
  readonly #loop: CoreLoop;
  readonly #state: CoreState;
  readonly #source: SnapshotSource;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  #refresh: Promise<boolean> | undefined;
  #cancelTimer: (() => void) | undefined;
  #failures = 0;
  /** When the last attempt ended; undefined before the first. */
  #triedAt: number | undefined;

  constructor(options: {
    readonly loop: CoreLoop;
    readonly state: CoreState;
    readonly source: SnapshotSource;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#loop = options.loop;
    this.#state = options.state;
    this.#source = options.source;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  start(): void {
    const age = this.#clock.now() - this.#state.storedSnapshots.time * 1000;
    this.#plan(age >= 0 && age < refreshMs ? refreshMs - age : 0);
  }

  stop(): void {
    this.#stop.abort();
    this.#cancelTimer?.();
  }

  /**
   * For a payment without a route: a promise that resolves true once a newer snapshot has been applied, or false if none
   * is available. Undefined when an attempt has just ended: then the graph is as good as it gets.
   */
  refreshForRoute(): Promise<boolean> | undefined {
    if (this.#refresh !== undefined) return this.#refresh;
    const isRecent =
      this.#triedAt !== undefined && this.#clock.now() - this.#triedAt < routeRefreshMs;
    if (isRecent || this.#stop.signal.aborted) return undefined;
    return this.#begin();
  }

  #plan(delayMs: number): void {
    this.#cancelTimer?.();
    if (this.#stop.signal.aborted) return;
    this.#cancelTimer = this.#clock.after(delayMs, () => void this.#begin());
  }

  #begin(): Promise<boolean> {
    const update = (): Promise<boolean> =>
      this.#update().catch((error: unknown) => {
        this.#failed(String(error), "gossip snapshot not applied");
        return false;
      });
    this.#refresh ??= update().then((hasChanged) => {
      this.#refresh = undefined;
      this.#triedAt = this.#clock.now();
      const retryMs = Math.min(maxRetryMs, minRetryMs * 2 ** (this.#failures - 1));
      this.#plan(this.#failures === 0 ? refreshMs : retryMs);
      return hasChanged;
    });
    return this.#refresh;
  }

  /** The time to ask for: 0, for everything, when too much has changed or is stored since the last full snapshot. */
  #since(): number {
    const { count, time, fullBytes, deltaBytes } = this.#state.storedSnapshots;
    const isOld = this.#clock.now() - time * 1000 > maxDeltaAgeMs;
    return count === 0 ||
      isOld ||
      count > maxDeltas ||
      deltaBytes > Math.max(fullBytes, minDeltaBytes)
      ? 0
      : time;
  }

  /** Resolves true when a newer snapshot has been applied. */
  async #update(): Promise<boolean> {
    const since = this.#since();
    const answer = await this.#source.snapshot(since, this.#stop.signal);
    if (this.#stop.signal.aborted) return false;
    if (!answer.ok) {
      this.#failed(answer.reason, "gossip snapshot not downloaded");
      return false;
    }
    const outcome = await this.#apply(answer.bytes, since === 0 ? "full" : "delta");
    if (outcome === undefined) return false;
    if (!outcome.ok) {
      this.#failed(outcome.error.message, "gossip snapshot refused");
      return false;
    }
    if (this.#failures > 0) this.#logger.info({}, "gossip snapshots work again");
    this.#failures = 0;
    const { timeSeconds, channels, nodes } = expectResult(outcome, "gossipApplied");
    const hasChanged = timeSeconds > since;
    const figures = { since, timeSeconds, channels, nodes, bytes: answer.bytes.length };
    this.#logger.info(figures, "gossip snapshot applied");
    return hasChanged;
  }

  /** Applies a snapshot and stores it in the same write. Undefined when the core has stopped. */
  #apply(bytes: Uint8Array, kind: "full" | "delta"): Promise<CommandOutcome | undefined> {
    return new Promise((resolve) => {
      const onStop = (): void => resolve(undefined);
      this.#stop.signal.addEventListener("abort", onStop, { once: true });
      this.#loop.applySnapshot(bytes, (outcome, unit) => {
        const known = this.#state.storedSnapshots.time;
        const isNew =
          outcome.ok &&
          (kind === "full" || expectResult(outcome, "gossipApplied").timeSeconds > known);
        if (isNew) unit.rows.push(...this.#state.snapshotChanges(bytes, kind));
        unit.afterStore(() => {
          this.#stop.signal.removeEventListener("abort", onStop);
          resolve(outcome);
        });
      });
    });
  }

  #failed(reason: string, message: string): void {
    this.#failures += 1;
    const fields = { reason, failures: this.#failures };
    // once for each outage
    if (this.#failures === 1) this.#logger.warn(fields, message);
    else this.#logger.debug(fields, message);
  }
}
