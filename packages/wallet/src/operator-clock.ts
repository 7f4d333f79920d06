import type { Clock } from "@satsconnect/lightning";
import { operatorClockPolicy } from "./policy.ts";

/**
 * This device's clock, set to the operator's time: prices, invoices and their expiries are the operator's, so they are
 * judged by its clock, however wrong the device's is. The operator gains nothing by a wrong time: what it could delay is
 * bounded by this device's own clock (`payBy`), and the difference is limited.
 * @param aheadMs how far the operator's clock is ahead of the device's.
 */
export function operatorClock(own: Clock, aheadMs: () => number): Clock {
  return {
    now: () => {
      const ahead = aheadMs();
      return own.now() + (Math.abs(ahead) <= operatorClockPolicy.maxDifferenceMs ? ahead : 0);
    },
    after: (delayMs, callback) => own.after(delayMs, callback),
    soon: (callback) => {
      own.soon(callback);
    },
  };
}
