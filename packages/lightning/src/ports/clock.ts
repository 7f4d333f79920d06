/** A source of time: the machine's in production, simulated in tests. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Calls back once, after at least `delayMs`. The returned function cancels the call. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back once, after input that has already arrived, so that it is handled in one batch. */
  soon(callback: () => void): void;
}

/** The machine's clock and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  soon: machineSoon(),
};

function machineSoon(): (callback: () => void) => void {
  if (typeof setImmediate === "function") {
    return (callback) => {
      setImmediate(callback);
    };
  }
  // browsers clamp nested timers to 4 ms, but not messages
  const waiting: (() => void)[] = [];
  const channel = new MessageChannel();
  channel.port1.addEventListener("message", () => waiting.shift()?.());
  channel.port1.start();
  return (callback) => {
    waiting.push(callback);
    channel.port2.postMessage(null);
  };
}

/** Resolves after `delayMs`, or as soon as the signal aborts. Never rejects. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}
