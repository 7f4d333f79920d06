import type { FeeRates } from "../ports/chain-source.ts";

/** Bitcoin's least relay fee, in satoshis per 1,000 weight units, as LDK rounds it. */
const least = 253;
/** Whatever an estimator says, nobody pays more than 1,000 sat/vB. */
const most = 250_000;

/** Satoshis per virtual byte to satoshis per 1,000 weight units, within bounds. */
function perKiloWeight(satPerVirtualByte: number): number {
  return Math.min(most, Math.max(least, Math.ceil(satPerVirtualByte * 250)));
}

/**
 * LDK's eight targets from an estimator's "so many blocks" → sat/vB. A target that is missing takes the next quicker
 * one, else the slowest known; with none at all (regtest) everything is at the least.
 */
export function feeRatesFrom(estimate: (blocks: number) => number | undefined): FeeRates {
  const at = (...blocks: readonly number[]): number => {
    for (const target of blocks) {
      const rate = estimate(target);
      if (rate !== undefined && Number.isFinite(rate) && rate > 0) return perKiloWeight(rate);
    }
    return least;
  };
  const urgent = at(2, 3, 6, 12, 144);
  const soon = at(6, 3, 12, 2, 144);
  const later = at(12, 6, 25, 144, 3, 2);
  const someday = at(144, 504, 1008, 25, 12, 6, 2);
  return {
    // what a peer may ask of us at the most: generous, since refusing would close the channel
    maximumFeeEstimate: Math.min(most, Math.max(10_000, urgent * 10)),
    urgentOnChainSweep: urgent,
    minAllowedAnchorChannelRemoteFee: least,
    minAllowedNonAnchorChannelRemoteFee: least,
    anchorChannelFee: someday,
    nonAnchorChannelFee: soon,
    channelCloseMinimum: someday,
    outputSpendingFee: later,
  };
}
