import { divide, msat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";

/**
 * The fee for a channel opened just in time for a payment: `max(minFee, ceil(payment × proportional / 1,000,000))`, the
 * `opening_fee` of bLIP 52 (LSPS2).
 */
export function jitChannelFee(
  paymentMsat: Msat,
  minFeeMsat: Msat,
  proportionalMillionths: number,
): Msat {
  const proportional = divide(paymentMsat * BigInt(proportionalMillionths), 1_000_000n, "ceil");
  return msat(proportional > minFeeMsat ? proportional : minFeeMsat);
}
