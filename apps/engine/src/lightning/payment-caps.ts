import type { OnChainAdmission, PaymentAdmission } from "@satsconnect/lightning";
import { err, msat, ok } from "@satsconnect/money";
import type { Result, Sat } from "@satsconnect/money";
import type { PaymentCaps } from "../policy.ts";

const dayMs = 86_400_000;

/**
 * Admits an outgoing payment only within the caps, whoever requests it. Payments in flight count as spent, with their
 * maximum fee. The node asks about one payment at a time, so two payments cannot both use the remaining allowance.
 */
export function admitWithinCaps(caps: PaymentCaps, now: () => number) {
  return async (request: PaymentAdmission): Promise<Result<void, "cap_exceeded">> => {
    const amount = msat(request.amountMsat + request.maxFeeMsat);
    if (amount > caps.paymentMsat) {
      return exceeded(`one payment may be at most ${satText(caps.paymentMsat)} sat, fee included`);
    }
    if (request.outstandingMsat + amount > caps.inFlightMsat) {
      return exceeded(`at most ${satText(caps.inFlightMsat)} sat may be in flight at a time`);
    }
    if (request.outstandingToPayeeMsat + amount > caps.inFlightToPayeeMsat) {
      return exceeded(
        `at most ${satText(caps.inFlightToPayeeMsat)} sat may be in flight to one node at a time`,
      );
    }
    const spent = await request.spentSince(now() - dayMs);
    if (spent + amount > caps.dailyMsat) {
      return exceeded(`at most ${satText(caps.dailyMsat)} sat may be paid in 24 hours`);
    }
    return ok(undefined);
  };
}

/** Admits an on-chain send only within the daily cap. The node asks about one send at a time. */
export function admitOnChainWithin(dailySat: Sat) {
  return (request: OnChainAdmission): Result<void, "cap_exceeded"> =>
    request.sentLastDaySat + request.amountSat > dailySat
      ? exceeded(
          `at most ${dailySat} sat may be sent on chain in 24 hours, and ${request.sentLastDaySat} sat were sent`,
        )
      : ok(undefined);
}

function exceeded(rule: string) {
  return err("cap_exceeded", `The engine's cap is exceeded: ${rule}.`, "never");
}

function satText(amountMsat: bigint): string {
  return (amountMsat / 1_000n).toString();
}
