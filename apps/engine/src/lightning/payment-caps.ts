import type { PaymentAdmission } from "@satsconnect/lightning";
import { err, msat, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";

/** The most that may leave the treasury: in one payment, in 24 hours, and at once. Fees at their limit included. */
export type Caps = {
  readonly paymentMsat: Msat;
  readonly dailyMsat: Msat;
  readonly inFlightMsat: Msat;
};

const dayMs = 86_400_000;

/**
 * The engine's own limits on what leaves the treasury, whoever asks. Payments under way count as spent; they are asked
 * about one after another, so that two cannot both fit into the same room.
 */
export function admitWithin(caps: Caps, now: () => number) {
  return async (request: PaymentAdmission): Promise<Result<void, "cap_exceeded">> => {
    const amount = msat(request.amountMsat + request.maxFeeMsat);
    if (amount > caps.paymentMsat) {
      return err(
        "cap_exceeded",
        "The payment is above the engine's limit for one payment.",
        "never",
      );
    }
    if (request.outstandingMsat + amount > caps.inFlightMsat) {
      return err("cap_exceeded", "Too much is under way already.", "never");
    }
    const spent = await request.spentSince(now() - dayMs);
    if (spent + amount > caps.dailyMsat) {
      return err("cap_exceeded", "The engine's limit for 24 hours is used up.", "never");
    }
    return ok(undefined);
  };
}
