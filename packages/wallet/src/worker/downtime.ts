import { workerPolicy } from "../policy.ts";

/** Detects a node that keeps restarting without success, for example because storage is full. */
export class Downtime {
  #since: number | null = null;

  /** Call it regularly. True once the node has been down for `reportDowntimeAfterMs`. */
  shouldReport(isRunning: boolean, now: number): boolean {
    if (isRunning) this.#since = null;
    else this.#since ??= now;
    return this.#since !== null && now - this.#since >= workerPolicy.reportDowntimeAfterMs;
  }
}
