/**
 * Amounts of money are branded bigints: an amount of one unit cannot be passed where another is expected, and a bare
 * bigint only becomes an amount through a constructor that checks it. All amounts are zero or more; what a ledger
 * needs below zero is the ledger's own signed entry.
 */
declare const unit: unique symbol;

/** Thousandths of a satoshi, Lightning's unit (BOLT 2). */
export type Msat = bigint & { readonly [unit]: "msat" };
/** Satoshis, the chain's unit. */
export type Sat = bigint & { readonly [unit]: "sat" };
/** Hundredths of a Kenyan shilling. */
export type KesCents = bigint & { readonly [unit]: "KES cents" };

/** How many of the smaller unit are one of the larger. */
export const msatPerSat = 1_000n;
export const msatPerBtc = 100_000_000_000n;
export const centsPerShilling = 100n;

/** All bitcoin that can ever exist. */
export const maximumMsat = 21_000_000n * msatPerBtc;
export const maximumSat = maximumMsat / msatPerSat;
/** What a signed 64-bit column can hold: far above any sum that M-Pesa will ever move. */
export const maximumKesCents = 2n ** 63n - 1n;

/** @throws RangeError when below zero or above all bitcoin: the caller's bug. Use `parseMsat` for what people send. */
export function msat(value: bigint): Msat {
  return inRange(value, maximumMsat, "msat") as Msat;
}

/** @throws RangeError when below zero or above all bitcoin. */
export function sat(value: bigint): Sat {
  return inRange(value, maximumSat, "sat") as Sat;
}

/** @throws RangeError when below zero or beyond 64 bits. */
export function kesCents(value: bigint): KesCents {
  return inRange(value, maximumKesCents, "KES cents") as KesCents;
}

/** Whole shillings as cents: `shillings(1000n)` is KES 1,000. @throws RangeError as `kesCents`. */
export function shillings(value: bigint): KesCents {
  return kesCents(value * centsPerShilling);
}

export const zeroMsat: Msat = msat(0n);
export const zeroSat: Sat = sat(0n);
export const zeroKesCents: KesCents = kesCents(0n);

function inRange(value: bigint, maximum: bigint, name: string): bigint {
  if (typeof value !== "bigint") throw new RangeError(`An amount in ${name} must be a bigint`);
  if (value < 0n || value > maximum) throw new RangeError(`${value} is no amount in ${name}`);
  return value;
}
