import type { NetworkName } from "../core/generated/index.ts";
import { feeRatePolicy } from "../model/policy.ts";
import type { NodeFeeRates } from "../model/lightning-node.ts";
import type { FeeEstimates, FeeRates } from "../ports/chain-source.ts";

const { minSatPerKwu, maxSatPerKwu, minMaximumFeeEstimate, maxEstimateAgeMs, fallback } =
  feeRatePolicy;

/** Converts sat/vB to satoshis per 1,000 weight units, within the policy's bounds. */
function satPerKwu(satPerVirtualByte: number): number {
  return Math.min(maxSatPerKwu, Math.max(minSatPerKwu, Math.ceil(satPerVirtualByte * 250)));
}

function known(rate: number | undefined): rate is number {
  return rate !== undefined && Number.isFinite(rate) && rate > 0;
}

/**
 * A source's estimates, from an estimator that maps a confirmation target in blocks to sat/vB. Where an estimate is
 * missing, a faster target's is used, or else the slowest known.
 * @param floorSatPerVirtualByte the lowest feerate that the mempool takes now
 */
export function estimatesFrom(
  estimate: (blocks: number) => number | undefined,
  floorSatPerVirtualByte: number | undefined,
): FeeEstimates {
  const at = (...blocks: readonly number[]): number | null => {
    for (const target of blocks) {
      const rate = estimate(target);
      if (known(rate)) return satPerKwu(rate);
    }
    return null;
  };
  const urgent = at(2, 3, 6, 12, 144);
  const soon = at(6, 3, 12, 2, 144);
  const later = at(12, 6, 25, 144, 3, 2);
  const someday = at(144, 504, 1008, 25, 12, 6, 2);
  return {
    floor: known(floorSatPerVirtualByte) ? satPerKwu(floorSatPerVirtualByte) : minSatPerKwu,
    targets:
      urgent === null || soon === null || later === null || someday === null
        ? null
        : { urgent, soon, later, someday },
  };
}

type FeeTargets = NonNullable<FeeEstimates["targets"]>;

/** Estimates, and when they were made. */
export type DatedEstimates = { readonly at: number; readonly targets: FeeTargets };

/**
 * The rates to use now: the newest estimates while they are recent. Older ones may be far too low, so on mainnet they
 * are raised to the policy's fallbacks. No rate is below the mempool's floor.
 */
export function currentRates(
  floor: number,
  last: DatedEstimates | undefined,
  network: NetworkName,
  nowMs: number,
): NodeFeeRates {
  const stale = last === undefined || nowMs - last.at > maxEstimateAgeMs;
  const least = stale && network === "bitcoin" ? fallback : undefined;
  const rate = (urgency: keyof FeeTargets): number =>
    Math.min(
      maxSatPerKwu,
      Math.max(minSatPerKwu, floor, last?.targets[urgency] ?? 0, least?.[urgency] ?? 0),
    );
  return {
    floor,
    urgent: rate("urgent"),
    soon: rate("soon"),
    later: rate("later"),
    someday: rate("someday"),
    estimatedAt: last?.at ?? null,
    stale,
  };
}

/** LDK's eight feerates. */
export function feeRatesFrom({ floor, urgent, soon, later, someday }: NodeFeeRates): FeeRates {
  return {
    maximumFeeEstimate: Math.min(maxSatPerKwu, Math.max(minMaximumFeeEstimate, urgent * 10)),
    urgentOnChainSweep: urgent,
    // not the mempool's floor: a peer whose commitment feerate is below this loses its channel
    minAllowedAnchorChannelRemoteFee: minSatPerKwu,
    minAllowedNonAnchorChannelRemoteFee: minSatPerKwu,
    anchorChannelFee: someday,
    nonAnchorChannelFee: soon,
    // whatever is relayed: a cooperative close must not fail because the peer wants a lower fee than we would choose
    channelCloseMinimum: floor,
    outputSpendingFee: later,
  };
}
