import { divide, maxMsat, msat, sat } from "@satsconnect/money";
import type { Msat, Sat } from "@satsconnect/money";
import { channelPolicy } from "./policy.ts";

const { fundingWeight, closingWeight, commitmentWeight, sizeMargin } = channelPolicy;

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

/** On-chain fees of a channel over its life at this feerate: its funding transaction and its expected close. */
export function channelCost(feeRateSatPerKwu: number): Msat {
  return msat(BigInt(feeRateSatPerKwu) * BigInt(fundingWeight + closingWeight));
}

/** Room beyond the payment that a channel needs at this feerate, without the part proportional to the payment. */
function fixedMargin(feeRateSatPerKwu: number): bigint {
  return sizeMargin.fixedMsat + BigInt(feeRateSatPerKwu) * BigInt(commitmentWeight);
}

/**
 * Least capacity of a channel for a payment: the payment, the reserves, and the commitment's fee and anchors. At most all
 * bitcoin, which no channel has.
 */
export function requiredCapacity(paymentMsat: Msat, feeRateSatPerKwu: number): Msat {
  const needed = paymentMsat + paymentMsat / sizeMargin.divisor + fixedMargin(feeRateSatPerKwu);
  return msat(needed < maxMsat ? needed : maxMsat);
}

/** The largest payment that a channel of this capacity carries; the inverse of `requiredCapacity`. */
export function maxPaymentOver(capacitySat: Sat, feeRateSatPerKwu: number): Msat {
  const room = sat(capacitySat) * 1_000n - fixedMargin(feeRateSatPerKwu);
  return room <= 0n ? msat(0n) : msat((room * sizeMargin.divisor) / (sizeMargin.divisor + 1n));
}
