import type { Currency } from "./currencies.ts";
import { divide } from "./rounding.ts";
import type { Rounding } from "./rounding.ts";
import { maxFiat, msat, msatPerSat, sat } from "./units.ts";
import type { Fiat, Msat, Sat } from "./units.ts";

const million = 1_000_000n;

/** @throws RangeError when the sum exceeds the unit's range. */
export function addMsat(...amounts: readonly Msat[]): Msat {
  return msat(sum(amounts));
}

/** @throws RangeError when the sum exceeds the unit's range. */
export function addSat(...amounts: readonly Sat[]): Sat {
  return sat(sum(amounts));
}

/** Adds amounts of one currency; mixing currencies does not compile. @throws RangeError when the sum exceeds the unit's range. */
export function addFiat<C extends Currency>(
  first: Fiat<C>,
  ...others: readonly Fiat<NoInfer<C>>[]
): Fiat<C> {
  return inFiatRange<C>(sum([first, ...others]));
}

/** @throws RangeError when `amount` is greater than `from`. */
export function subtractMsat(from: Msat, amount: Msat): Msat {
  return msat(from - amount);
}

/** @throws RangeError when `amount` is greater than `from`. */
export function subtractSat(from: Sat, amount: Sat): Sat {
  return sat(from - amount);
}

/** @throws RangeError when `amount` is greater than `from`. */
export function subtractFiat<C extends Currency>(from: Fiat<C>, amount: Fiat<NoInfer<C>>): Fiat<C> {
  return inFiatRange<C>(from - amount);
}

/** A share in parts per million, for example a routing fee or a spread (1 % is 10,000). */
export function partsPerMillionOfMsat(
  amount: Msat,
  partsPerMillion: bigint,
  rounding: Rounding,
): Msat {
  return msat(divide(amount * partsPerMillion, million, rounding));
}

/** A share in parts per million (1 % is 10,000). */
export function partsPerMillionOfFiat<C extends Currency>(
  amount: Fiat<C>,
  partsPerMillion: bigint,
  rounding: Rounding,
): Fiat<C> {
  return inFiatRange<C>(divide(amount * partsPerMillion, million, rounding));
}

/** Converts exactly. */
export function satToMsat(amount: Sat): Msat {
  return msat(amount * msatPerSat);
}

export function msatToSat(amount: Msat, rounding: Rounding): Sat {
  return sat(divide(amount, msatPerSat, rounding));
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

/** The range is the same for every currency, so that arithmetic does not need the currency at run time. */
function inFiatRange<C extends Currency>(value: bigint): Fiat<C> {
  if (value < 0n || value > maxFiat)
    throw new RangeError(`A fiat amount must be from 0 to ${maxFiat} minor units; got ${value}`);
  return value as Fiat<C>;
}
