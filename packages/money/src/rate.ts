import { err, ok } from "./result.ts";
import type { Result } from "./result.ts";
import { divide } from "./rounding.ts";
import type { Rounding } from "./rounding.ts";
import { kesCents, msat, msatPerBtc } from "./units.ts";
import type { KesCents, Msat } from "./units.ts";

declare const kind: unique symbol;

/** A price of one bitcoin in KES cents, exactly: `kesCents / btc`. Both are positive; the fraction is in lowest terms. */
export type Rate = {
  readonly kesCents: bigint;
  readonly btc: bigint;
  readonly [kind]: "KES cents per BTC";
};

/** @throws RangeError unless both are positive. */
export function rate(kesCentsCount: bigint, btcCount: bigint = 1n): Rate {
  if (kesCentsCount <= 0n || btcCount <= 0n) throw new RangeError("A rate must be positive");
  const divisor = greatestCommonDivisor(kesCentsCount, btcCount);
  return { kesCents: kesCentsCount / divisor, btc: btcCount / divisor } as Rate;
}

/**
 * Reads a price of one bitcoin in KES as feeds print it, for example "10844580.905". Nothing is rounded.
 * Errors: `rate_malformed`.
 */
export function parseRate(kesPerBtc: string): Result<Rate, "rate_malformed"> {
  const match = /^(\d{1,15})(?:\.(\d{1,12}))?$/.exec(kesPerBtc);
  const whole = match?.[1];
  if (whole === undefined) return malformed(kesPerBtc);
  const fraction = match?.[2] ?? "";
  const numerator = BigInt(whole + fraction) * 100n;
  if (numerator === 0n) return malformed(kesPerBtc);
  return ok(rate(numerator, 10n ** BigInt(fraction.length)));
}

/** The price of one bitcoin as a decimal string of KES with two places, for people and for JSON. */
export function formatRate(value: Rate, rounding: Rounding = "half-even"): string {
  const cents = divide(value.kesCents, value.btc, rounding);
  return `${cents / 100n}.${(cents % 100n).toString().padStart(2, "0")}`;
}

/** Below zero when `left` is the lower price, zero when equal, above zero when higher. Exact. */
export function compareRates(left: Rate, right: Rate): -1 | 0 | 1 {
  const difference = left.kesCents * right.btc - right.kesCents * left.btc;
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

/** Halfway between two prices, exactly. */
export function meanOfRates(left: Rate, right: Rate): Rate {
  return rate(left.kesCents * right.btc + right.kesCents * left.btc, 2n * left.btc * right.btc);
}

/** A price moved up (positive) or down (negative) by parts per million; 1 % is 10,000. @throws RangeError at -100 %. */
export function shiftRate(value: Rate, partsPerMillion: bigint): Rate {
  return rate(value.kesCents * (1_000_000n + partsPerMillion), value.btc * 1_000_000n);
}

/** How many KES cents an amount of bitcoin costs. @throws RangeError when the result leaves the unit's range. */
export function msatToKesCents(amount: Msat, at: Rate, rounding: Rounding): KesCents {
  return kesCents(divide(amount * at.kesCents, at.btc * msatPerBtc, rounding));
}

/** How much bitcoin an amount of KES buys. @throws RangeError when the result leaves the unit's range. */
export function kesCentsToMsat(amount: KesCents, at: Rate, rounding: Rounding): Msat {
  return msat(divide(amount * at.btc * msatPerBtc, at.kesCents, rounding));
}

function malformed(text: string) {
  return err(
    "rate_malformed",
    `“${text.slice(0, 40)}” is not a price in KES per bitcoin.`,
    "never",
  );
}

function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let [a, b] = [left, right];
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
