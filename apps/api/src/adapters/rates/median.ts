import { compareRates, err, formatRate, meanOfRates, ok, rate } from "@satsconnect/money";
import type { Rate, Result } from "@satsconnect/money";
import { pricePolicy } from "../../domain/policy.ts";
import type { PriceSource } from "../../domain/quote.ts";

/** One source's price of a bitcoin in shillings. */
export type SourcePrice = {
  readonly source: string;
  /** Sources of one group share a part of their price, such as the dollar's, and count as one. */
  readonly group: string;
  readonly rate: Rate<"KES">;
  readonly asOf: number;
};

export type MedianOptions = {
  readonly now: number;
  /** The last accepted price, the reference for plausibility; null at start. */
  readonly lastAccepted: Rate<"KES"> | null;
  /** A lately accepted price, from which a jump is measured; null if there is none. */
  readonly jumpReference?: Rate<"KES"> | null;
};

export type MedianPrice = {
  readonly rate: Rate<"KES">;
  /** Time of the oldest price used. */
  readonly asOf: number;
  readonly sources: readonly PriceSource[];
};

/**
 * The median price of independent sources; a group of sources that share a part of their price is one, with the median of
 * the group. Excludes prices that are too old, implausible compared with the last accepted price, or too far from the
 * median (`pricePolicy`). Errors: `rates_unavailable` if too few sources agree; a jump needs one more.
 */
export function medianPrice(
  prices: readonly SourcePrice[],
  { now, lastAccepted, jumpReference = null }: MedianOptions,
): Result<MedianPrice, "rates_unavailable"> {
  const timely = prices.filter(
    ({ asOf, rate: price }) =>
      asOf > now - pricePolicy.maxAgeMs &&
      asOf <= now + pricePolicy.maxClockAheadMs &&
      isPlausible(price, lastAccepted),
  );
  const first = median(groupPrices(timely));
  if (first === null) return unavailable();
  const used = timely.filter(({ rate: price }) => isClose(price, first));
  const independent = groupPrices(used);
  const agreed = median(independent);
  if (agreed === null) return unavailable();
  const jumps =
    jumpReference !== null &&
    deviationPartsPerMillion(agreed, jumpReference) > pricePolicy.jumpPartsPerMillion;
  const needed = jumps ? pricePolicy.minSourcesOfJump : pricePolicy.minSources;
  if (independent.length < needed) return unavailable();
  return ok({
    rate: agreed,
    asOf: Math.min(...used.map(({ asOf }) => asOf)),
    sources: prices.map((price) => ({
      source: price.source,
      kesPerBtc: formatRate(price.rate),
      asOf: price.asOf,
      used: used.includes(price),
    })),
  });
}

/** The median of each group. */
function groupPrices(prices: readonly SourcePrice[]): readonly Rate<"KES">[] {
  const groups = Map.groupBy(prices, ({ group }) => group);
  return [...groups.values()].flatMap((members) => {
    const price = median(members.map(({ rate: one }) => one));
    return price === null ? [] : [price];
  });
}

/** The exact median; the mean of the middle two for an even number. Null if there are none. */
export function median(rates: readonly Rate<"KES">[]): Rate<"KES"> | null {
  const sorted = [...rates].sort(compareRates);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) return null;
  return upper === lower ? upper : meanOfRates(lower, upper);
}

/** The absolute difference of a price from a reference, in parts per million of the reference, rounded down. */
export function deviationPartsPerMillion(price: Rate<"KES">, reference: Rate<"KES">): bigint {
  const left = price.minorUnits * reference.btc;
  const right = reference.minorUnits * price.btc;
  const difference = left > right ? left - right : right - left;
  return (difference * 1_000_000n) / right;
}

function isClose(price: Rate<"KES">, reference: Rate<"KES">): boolean {
  return deviationPartsPerMillion(price, reference) <= pricePolicy.maxDeviationPartsPerMillion;
}

function isPlausible(price: Rate<"KES">, lastAccepted: Rate<"KES"> | null): boolean {
  if (lastAccepted === null) return true;
  const upper = rate(
    "KES",
    lastAccepted.minorUnits * pricePolicy.implausibleFactor,
    lastAccepted.btc,
  );
  const lower = rate(
    "KES",
    lastAccepted.minorUnits,
    lastAccepted.btc * pricePolicy.implausibleFactor,
  );
  return compareRates(price, lower) >= 0 && compareRates(price, upper) <= 0;
}

function unavailable() {
  return err(
    "rates_unavailable",
    "Too few price sources agree right now. Try again in a moment.",
    "safe",
  );
}
