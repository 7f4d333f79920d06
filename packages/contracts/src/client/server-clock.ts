/** The server's time, learned from its answers. */
export type ServerClock = {
  /** UTC milliseconds, as the server's clock shows them. */
  readonly now: () => number;
  /** How far the server's clock is ahead of this device's, in ms; 0 while they agree. */
  readonly aheadMs: () => number;
  /** Sets the difference. */
  readonly set: (aheadMs: number) => void;
  /** `send`, which also reads the time in every answer. */
  readonly observing: (send: typeof fetch) => typeof fetch;
};

/** A smaller difference is not corrected: `Date` is in whole seconds, and answers take time to arrive. */
const toleranceMs = 5_000;
/** An answer that took longer says too little about the time at which it was made. */
const maxRoundTripMs = 15_000;

/** @param now this device's clock, which may be wrong. */
export function createServerClock(now: () => number): ServerClock {
  let aheadMs = 0;

  function set(measured: number): void {
    aheadMs = Math.abs(measured) <= toleranceMs ? 0 : Math.round(measured);
  }

  return {
    now: () => now() + aheadMs,
    aheadMs: () => aheadMs,
    set,
    observing: (send) => async (input, init) => {
      const sentAt = now();
      const response = await send(input, init);
      const roundTripMs = now() - sentAt;
      const date = Date.parse(response.headers.get("date") ?? "");
      // The header omits the fraction of the second.
      if (!Number.isNaN(date) && roundTripMs >= 0 && roundTripMs <= maxRoundTripMs)
        set(date + 500 - (sentAt + roundTripMs / 2));
      return response;
    },
  };
}
