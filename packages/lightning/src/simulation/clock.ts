import type { Clock } from "../ports/clock.ts";

type Timer = { readonly at: number; readonly order: number; readonly callback: () => void };

/** A clock that advances only on demand. A simulated day takes as long as its events take to process. */
export class SimulatedClock implements Clock {
  #now: number;
  #order = 0;
  #timers: Timer[] = [];
  #soon: (() => void)[] = [];

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    const position = this.#timers.findLastIndex((other) => other.at <= timer.at) + 1;
    this.#timers.splice(position, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
  }

  /** Runs everything that is due now, including what that schedules for now. */
  async settle(): Promise<void> {
    for (;;) {
      await drain();
      const next = this.#soon.shift() ?? this.#due();
      if (next === undefined) return;
      next();
    }
  }

  /** Advances time, timer by timer. */
  async advance(byMs: number): Promise<void> {
    await this.until(() => false, byMs);
  }

  /** Advances time until a condition holds, at most by `maxMs`. Resolves with whether it holds. */
  async until(holds: () => boolean, maxMs: number): Promise<boolean> {
    const end = this.#now + maxMs;
    for (;;) {
      await this.settle();
      if (holds()) return true;
      const next = this.#timers[0];
      if (next === undefined || next.at > end) {
        this.#now = end;
        return holds();
      }
      this.#now = next.at;
    }
  }

  /** Advances time until a promise is settled, and returns its value. @throws Error after `maxMs`. */
  async during<Value>(work: Promise<Value>, maxMs = 600_000): Promise<Value> {
    let done = false;
    const finished = work.finally(() => {
      done = true;
    });
    // awaited at the end: until then a rejection must not count as unhandled
    finished.catch(() => {});
    for (let spins = 0; !done; spins++) {
      // work may wait for something not simulated (compiling WebAssembly), which takes no simulated time
      await this.settle();
      if (done) break;
      if (spins < realTurns) continue;
      const settled = await this.until(() => done, maxMs);
      if (!settled) throw new Error(`not settled after ${maxMs} simulated ms`);
    }
    return finished;
  }

  #due(): (() => void) | undefined {
    const first = this.#timers[0];
    if (first === undefined || first.at > this.#now) return undefined;
    this.#timers.shift();
    return first.callback;
  }
}

/** Turns of the real event loop granted to work that is not simulated. */
const realTurns = 3;

/** Lets pending promise callbacks run. */
function drain(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
