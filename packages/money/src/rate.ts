import { exponentOf, minorUnitsPerUnit } from "./currencies.ts";
import type { Currency } from "./currencies.ts";
import { err, ok } from "./result.ts";
import type { Result } from "./result.ts";
import { divide } from "./rounding.ts";
import type { Rounding } from "./rounding.ts";
import { splitUnits } from "./split-units.ts";
import { fiat, msat, msatPerBtc } from "./units.ts";
import type { Fiat, Msat } from "./units.ts";

declare const kind: unique symbol;

/**
 * An exact price of one bitcoin: `minorUnits / btc` minor units of the currency. Both are positive and the fraction is in
 * lowest terms.
 */
export type Rate<C extends Currency> = {
  readonly currency: C;
  readonly minorUnits: bigint;
  readonly btc: bigint;
  readonly [kind]: "minor units per BTC";
};

/** @throws RangeError unless both numbers are positive. */
export function rate<C extends Currency>(
  currency: C,
  minorUnits: bigint,
  btc: bigint = 1n,
): Rate<C> {
  if (minorUnits <= 0n || btc <= 0n) throw new RangeError("A rate must be positive");
  const divisor = greatestCommonDivisor(minorUnits, btc);
  return { currency, minorUnits: minorUnits / divisor, btc: btc / divisor } as Rate<C>;
}

/**
 * Reads a price of one bitcoin as feeds print it, in main units: "10844580.905". Nothing is rounded, even when it has
 * more decimal places than the currency. Errors: `rate_malformed`.
 */
export function parseRate<C extends Currency>(
  currency: C,
  unitsPerBtc: string,
): Result<Rate<C>, "rate_malformed"> {
  const price = parseDecimal(unitsPerBtc);
  if (price === null) return malformed(currency, unitsPerBtc);
  return ok(rate(currency, price.numerator * minorUnitsPerUnit(currency), price.denominator));
}

/**
 * The exact price of one bitcoin through another currency: `parseCrossRate("KES", dollarsPerBtc, kesPerDollar)`.
 * Errors: `rate_malformed`.
 */
export function parseCrossRate<C extends Currency>(
  currency: C,
  otherPerBtc: string,
  unitsPerOther: string,
): Result<Rate<C>, "rate_malformed"> {
  const price = parseDecimal(otherPerBtc);
  if (price === null) return malformed(currency, otherPerBtc);
  const exchange = parseDecimal(unitsPerOther);
  if (exchange === null) return malformed(currency, unitsPerOther);
  return ok(
    rate(
      currency,
      price.numerator * exchange.numerator * minorUnitsPerUnit(currency),
      price.denominator * exchange.denominator,
    ),
  );
}

/** The price of one bitcoin in main units, with as many decimal places as the currency has: "10844580.90" for KES. */
export function formatRate<C extends Currency>(
  value: Rate<C>,
  rounding: Rounding = "half-even",
): string {
  const { whole, places } = splitUnits(
    divide(value.minorUnits, value.btc, rounding),
    exponentOf(value.currency),
  );
  return places === "" ? `${whole}` : `${whole}.${places}`;
}

/** Negative when `left` is the lower price, zero when equal, positive when higher. Exact. */
export function compareRates<C extends Currency>(
  left: Rate<C>,
  right: Rate<NoInfer<C>>,
): -1 | 0 | 1 {
  const difference = left.minorUnits * right.btc - right.minorUnits * left.btc;
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

/** The arithmetic mean of two prices, exactly. */
export function meanOfRates<C extends Currency>(left: Rate<C>, right: Rate<NoInfer<C>>): Rate<C> {
  return rate(
    left.currency,
    left.minorUnits * right.btc + right.minorUnits * left.btc,
    2n * left.btc * right.btc,
  );
}

/**
 * A price moved up (positive) or down (negative) by parts per million; 1 % is 10,000.
 * @throws RangeError at -100 % or below.
 */
export function shiftRate<C extends Currency>(value: Rate<C>, partsPerMillion: bigint): Rate<C> {
  return rate(
    value.currency,
    value.minorUnits * (1_000_000n + partsPerMillion),
    value.btc * 1_000_000n,
  );
}

/** The fiat price of an amount of bitcoin. @throws RangeError when the result exceeds the unit's range. */
export function msatToFiat<C extends Currency>(
  amount: Msat,
  at: Rate<C>,
  rounding: Rounding,
): Fiat<C> {
  return fiat(at.currency, divide(amount * at.minorUnits, at.btc * msatPerBtc, rounding));
}

/** The amount of bitcoin that an amount of fiat buys. @throws RangeError when the result exceeds the unit's range. */
export function fiatToMsat<C extends Currency>(
  amount: Fiat<C>,
  at: Rate<NoInfer<C>>,
  rounding: Rounding,
): Msat {
  return msat(divide(amount * at.btc * msatPerBtc, at.minorUnits, rounding));
}

/** A positive decimal number as an exact fraction; null when it is malformed or zero. */
function parseDecimal(
  text: string,
): { readonly numerator: bigint; readonly denominator: bigint } | null {
  const match = /^(\d{1,15})(?:\.(\d{1,12}))?$/.exec(text);
  const whole = match?.[1];
  if (whole === undefined) return null;
  const places = match?.[2] ?? "";
  const numerator = BigInt(whole + places);
  return numerator === 0n ? null : { numerator, denominator: 10n ** BigInt(places.length) };
}

function malformed(currency: Currency, text: string) {
  return err(
    "rate_malformed",
    `“${text.slice(0, 40)}” is not a price in ${currency} per bitcoin.`,
    "never",
  );
}

function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let [a, b] = [left, right];
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
