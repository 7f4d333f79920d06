import { compareRates, err, formatRate, meanOfRates, ok, rate } from "@satsconnect/money";
import type { Rate, Result } from "@satsconnect/money";
import { pricePolicy } from "../../domain/policy.ts";
import type { PriceSource } from "../../domain/quote.ts";

/** One source's price of a bitcoin in shillings. */
export type SourcePrice = {
  readonly source: string;
  readonly rate: Rate<"KES">;
  readonly asOf: number;
};

export type MedianRules = {
  readonly now: number;
  /** The last accepted price, the reference for plausibility; null at start. */
  readonly lastGood: Rate<"KES"> | null;
};

export type MedianPrice = {
  readonly rate: Rate<"KES">;
  /** Time of the oldest price used. */
  readonly asOf: number;
  readonly sources: readonly PriceSource[];
};

/**
 * The median of independent sources, without those that are too old, implausible against the last accepted price, or
 * too far from the median (`pricePolicy`). Errors: `rates_unavailable` if too few sources agree.
 */
export function medianPrice(
  prices: readonly SourcePrice[],
  { now, lastGood }: MedianRules,
): Result<MedianPrice, "rates_unavailable"> {
  const timely = prices.filter(
    ({ asOf, rate: price }) =>
      asOf > now - pricePolicy.maxAgeMs &&
      asOf <= now + pricePolicy.maxClockAheadMs &&
      isPlausible(price, lastGood),
  );
  const first = median(timely.map(({ rate: price }) => price));
  if (first === null) return unavailable();
  const used = timely.filter(({ rate: price }) => isClose(price, first));
  const agreed = median(used.map(({ rate: price }) => price));
  if (agreed === null || used.length < pricePolicy.minSources) return unavailable();
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

/** The exact median; the mean of the middle two for an even number. Null if there are none. */
export function median(rates: readonly Rate<"KES">[]): Rate<"KES"> | null {
  const sorted = [...rates].sort(compareRates);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) return null;
  return upper === lower ? upper : meanOfRates(lower, upper);
}

/** The difference of two prices in parts per million of the second, rounded down. */
export function distancePartsPerMillion(price: Rate<"KES">, reference: Rate<"KES">): bigint {
  const left = price.minorUnits * reference.btc;
  const right = reference.minorUnits * price.btc;
  const apart = left > right ? left - right : right - left;
  return (apart * 1_000_000n) / right;
}

function isClose(price: Rate<"KES">, reference: Rate<"KES">): boolean {
  return distancePartsPerMillion(price, reference) <= pricePolicy.maxDeviationPartsPerMillion;
}

function isPlausible(price: Rate<"KES">, lastGood: Rate<"KES"> | null): boolean {
  if (lastGood === null) return true;
  const upper = rate("KES", lastGood.minorUnits * pricePolicy.implausibleFactor, lastGood.btc);
  const lower = rate("KES", lastGood.minorUnits, lastGood.btc * pricePolicy.implausibleFactor);
  return compareRates(price, lower) >= 0 && compareRates(price, upper) <= 0;
}

function unavailable() {
  return err(
    "rates_unavailable",
    "Too few price sources agree right now. Try again in a moment.",
    "safe",
  );
}
