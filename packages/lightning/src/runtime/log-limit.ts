import { corePolicy } from "../model/policy.ts";
import type { Clock } from "../ports/clock.ts";

const { burst, perSecond } = corePolicy.logLines;

/**
 * Limits the core's log lines. LDK logs every message that it refuses, so without a limit any peer could fill the
 * operator's disk.
 */
export class LogLimit {
  readonly #clock: Clock;
  #left: number = burst;
  #countedAt: number;
  #dropped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#countedAt = clock.now();
  }

  /** Undefined when the line must be dropped; otherwise how many have been dropped since the last one. */
  admit(): number | undefined {
    const now = this.#clock.now();
    const earned = Math.max(0, ((now - this.#countedAt) / 1_000) * perSecond);
    this.#left = Math.min(burst, this.#left + earned);
    this.#countedAt = now;
    if (this.#left < 1) {
      this.#dropped += 1;
      return undefined;
    }
    this.#left -= 1;
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}
