import { divide } from "./rounding.ts";
import type { Rounding } from "./rounding.ts";
import { kesCents, msat, msatPerSat, sat } from "./units.ts";
import type { KesCents, Msat, Sat } from "./units.ts";

const million = 1_000_000n;

/** @throws RangeError when the sum leaves the unit's range. */
export function addMsat(...amounts: readonly Msat[]): Msat {
  return msat(sum(amounts));
}

/** @throws RangeError when the sum leaves the unit's range. */
export function addSat(...amounts: readonly Sat[]): Sat {
  return sat(sum(amounts));
}

/** @throws RangeError when the sum leaves the unit's range. */
export function addKesCents(...amounts: readonly KesCents[]): KesCents {
  return kesCents(sum(amounts));
}

/** @throws RangeError when more is taken than there is: check first. */
export function subtractMsat(from: Msat, amount: Msat): Msat {
  return msat(from - amount);
}

/** @throws RangeError when more is taken than there is: check first. */
export function subtractSat(from: Sat, amount: Sat): Sat {
  return sat(from - amount);
}

/** @throws RangeError when more is taken than there is: check first. */
export function subtractKesCents(from: KesCents, amount: KesCents): KesCents {
  return kesCents(from - amount);
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
export function partsPerMillionOfKesCents(
  amount: KesCents,
  partsPerMillion: bigint,
  rounding: Rounding,
): KesCents {
  return kesCents(divide(amount * partsPerMillion, million, rounding));
}

/** Exact: every amount of sats has one in msat. */
export function satToMsat(amount: Sat): Msat {
  return msat(amount * msatPerSat);
}

/** Whole sats, rounded as is said. */
export function msatToSat(amount: Msat, rounding: Rounding): Sat {
  return sat(divide(amount, msatPerSat, rounding));
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
