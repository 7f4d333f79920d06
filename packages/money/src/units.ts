import { minorUnitsPerUnit } from "./currencies.ts";
import type { Currency } from "./currencies.ts";

/**
 * Amounts of money are branded bigints: an amount of one unit cannot be passed where another is expected, and a bare
 * bigint becomes an amount only through a constructor that checks its range. Amounts are never negative; ledger entries
 * are signed and have a type of their own.
 */
declare const unit: unique symbol;

/** Millisatoshis: thousandths of a satoshi, the unit of Lightning payments (BOLT 2). */
export type Msat = bigint & { readonly [unit]: "msat" };
/** Satoshis, the unit of on-chain amounts. */
export type Sat = bigint & { readonly [unit]: "sat" };
/**
 * An amount of a fiat currency in its minor unit: `Fiat<"KES">` counts cents, `Fiat<"UGX">` whole shillings. The brand is
 * a function type so that it is invariant: `Fiat<"KES">` is not assignable to `Fiat<"KES" | "UGX">`.
 */
export type Fiat<C extends Currency> = bigint & { readonly [unit]: (currency: C) => C };

export const msatPerSat = 1_000n;
export const msatPerBtc = 100_000_000_000n;

/** 21 million bitcoin, the most that can ever exist. */
export const maxMsat = 21_000_000n * msatPerBtc;
export const maxSat = maxMsat / msatPerSat;
/** The largest value of a Postgres `bigint` column, in minor units of any currency. */
export const maxFiat = 2n ** 63n - 1n;

/** @throws RangeError when below zero or above 21 million bitcoin. Use `parseMsat` for input from outside. */
export function msat(value: bigint): Msat {
  return inRange(value, maxMsat, "msat") as Msat;
}

/** @throws RangeError when below zero or above 21 million bitcoin. Use `parseSat` for input from outside. */
export function sat(value: bigint): Sat {
  return inRange(value, maxSat, "sat") as Sat;
}

/**
 * `fiat("KES", 150n)` is KES 1.50; `fiat("UGX", 150n)` is UGX 150. Use `parseFiat` for input from outside.
 * @throws RangeError when below zero or beyond 63 bits.
 */
export function fiat<C extends Currency>(currency: C, minorUnits: bigint): Fiat<C> {
  return inRange(minorUnits, maxFiat, `minor units of ${currency}`) as Fiat<C>;
}

/**
 * An amount in main units: `fromWholeUnits("KES", 1_000n)` is KES 1,000, which is 100,000 cents.
 * @throws RangeError as `fiat`.
 */
export function fromWholeUnits<C extends Currency>(currency: C, wholeUnits: bigint): Fiat<C> {
  return fiat(currency, wholeUnits * minorUnitsPerUnit(currency));
}

/** Whole Kenyan shillings: `kes(1_000n)` is KES 1,000. @throws RangeError as `fiat`. */
export function kes(wholeShillings: bigint): Fiat<"KES"> {
  return fromWholeUnits("KES", wholeShillings);
}

export const zeroMsat: Msat = msat(0n);
export const zeroSat: Sat = sat(0n);

function inRange(value: bigint, max: bigint, name: string): bigint {
  if (typeof value !== "bigint") throw new RangeError(`An amount in ${name} must be a bigint`);
  if (value < 0n || value > max)
    throw new RangeError(`An amount in ${name} must be from 0 to ${max}; got ${value}`);
  return value;
}
