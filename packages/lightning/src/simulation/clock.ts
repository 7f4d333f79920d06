import type { Clock } from "../ports/clock.ts";

type Timer = { readonly at: number; readonly order: number; readonly callback: () => void };

/** Time that moves only when it is told to: a day passes in as long as its events take. */
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

  /** Does everything that is due now, and what comes of it. */
  async settle(): Promise<void> {
    for (;;) {
      await drain();
      const next = this.#soon.shift() ?? this.#due();
      if (next === undefined) return;
      next();
    }
  }

  /** Moves time on, event by event. */
  async advance(byMs: number): Promise<void> {
    await this.until(() => false, byMs);
  }

  /** Moves time on until something is so, at most by that much. True when it is. */
  async until(isSo: () => boolean, atMostMs: number): Promise<boolean> {
    const end = this.#now + atMostMs;
    for (;;) {
      await this.settle();
      if (isSo()) return true;
      const next = this.#timers[0];
      if (next === undefined || next.at > end) {
        this.#now = end;
        return isSo();
      }
      this.#now = next.at;
    }
  }

  /** Moves time on until a promise is settled. @throws when it is not after that much. */
  async during<Value>(work: Promise<Value>, atMostMs = 600_000): Promise<Value> {
    let done = false;
    const finished = work.finally(() => {
      done = true;
    });
    // seen here first: it must not count as unhandled while time moves
    finished.catch(() => {});
    for (let spins = 0; !done; spins++) {
      // work may wait for what is not simulated (compiling WebAssembly): that takes no simulated time
      await this.settle();
      if (done) break;
      if (spins < patience) continue;
      const settled = await this.until(() => done, atMostMs);
      if (!settled) throw new Error(`not done after ${atMostMs} simulated ms`);
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

/** Turns of the real event loop for what is not simulated. */
const patience = 3;

/** Lets every promise that can go on go on. */
function drain(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
