import type { PaymentAdmission } from "@satsconnect/lightning";
import { err, msat, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";

export type Caps = { readonly paymentMsat: Msat; readonly dailyMsat: Msat };

const dayMs = 86_400_000;

/**
 * The engine's own limits on what leaves the treasury, whoever asks: the most that one payment may carry, and the most
 * of 24 hours, fees at their limit included. Payments under way count as spent.
 */
export function admitWithin(caps: Caps, now: () => number) {
  return async (request: PaymentAdmission): Promise<Result<void, "cap_exceeded">> => {
    const amount = msat(request.amountMsat + request.feeLimitMsat);
    if (amount > caps.paymentMsat) {
      return err(
        "cap_exceeded",
        "The payment is above the engine's limit for one payment.",
        "never",
      );
    }
    const spent = await request.spentSince(now() - dayMs);
    if (spent + amount > caps.dailyMsat) {
      return err("cap_exceeded", "The engine's limit for 24 hours is used up.", "never");
    }
    return ok(undefined);
  };
}
