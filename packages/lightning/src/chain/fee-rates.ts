import { feeRatePolicy } from "../model/policy.ts";
import type { FeeRates } from "../ports/chain-source.ts";

const { minSatPerKwu, maxSatPerKwu, minMaximumFeeEstimate } = feeRatePolicy;

/** Converts sat/vB to satoshis per 1,000 weight units, within the policy's bounds. */
function satPerKwu(satPerVirtualByte: number): number {
  return Math.min(maxSatPerKwu, Math.max(minSatPerKwu, Math.ceil(satPerVirtualByte * 250)));
}

/**
 * LDK's eight feerates from an estimator that maps a confirmation target in blocks to sat/vB. Where an estimate is
 * missing, that of a nearby target is used; without any estimate (regtest) all are the minimum.
 */
export function feeRatesFrom(estimate: (blocks: number) => number | undefined): FeeRates {
  const firstEstimate = (...blocks: readonly number[]): number => {
    for (const target of blocks) {
      const rate = estimate(target);
      if (rate !== undefined && Number.isFinite(rate) && rate > 0) return satPerKwu(rate);
    }
    return minSatPerKwu;
  };
  const twoBlocks = firstEstimate(2, 3, 6, 12, 144);
  const sixBlocks = firstEstimate(6, 3, 12, 2, 144);
  const twelveBlocks = firstEstimate(12, 6, 25, 144, 3, 2);
  const oneDay = firstEstimate(144, 504, 1008, 25, 12, 6, 2);
  return {
    maximumFeeEstimate: Math.min(maxSatPerKwu, Math.max(minMaximumFeeEstimate, twoBlocks * 10)),
    urgentOnChainSweep: twoBlocks,
    minAllowedAnchorChannelRemoteFee: minSatPerKwu,
    minAllowedNonAnchorChannelRemoteFee: minSatPerKwu,
    anchorChannelFee: oneDay,
    nonAnchorChannelFee: sixBlocks,
    channelCloseMinimum: oneDay,
    outputSpendingFee: twelveBlocks,
  };
}
