import { msatPerBtc, msatPerSat } from "@satsconnect/money";
import { kesCentsOf } from "./format.ts";

function divideUp(dividend: bigint, divisor: bigint): bigint {
  return divisor === 0n ? 0n : (dividend + divisor - 1n) / divisor;
}

/** What is typed on the number keys: digits only, in the unit that is in front. */
export type Pad = { readonly unit: "kes" | "sats"; readonly digits: string };

export const emptyPad: Pad = { unit: "kes", digits: "" };

/** More digits than any order or channel can need: the keys stop there instead of overflowing the page. */
const mostDigits = { kes: 7, sats: 9 } as const;

export function press(pad: Pad, key: string): Pad {
  if (key === "erase") return { ...pad, digits: pad.digits.slice(0, -1) };
  if (!/^\d$/u.test(key)) return pad;
  if (pad.digits === "" && key === "0") return pad;
  if (pad.digits.length >= mostDigits[pad.unit]) return pad;
  return { ...pad, digits: pad.digits + key };
}

/** The amount in its own unit; zero while nothing is typed. */
export function typed(pad: Pad): bigint {
  return pad.digits === "" ? 0n : BigInt(pad.digits);
}

export function padOf(unit: Pad["unit"], amount: bigint): Pad {
  const digits = amount <= 0n ? "" : amount.toString().slice(0, mostDigits[unit]);
  return { unit, digits };
}

/**
 * The amount in bitcoin, in whole satoshis: not every wallet can pay parts of one. Rounded up, so that what was typed in
 * shillings is what it is worth.
 */
export function amountMsat(pad: Pad, kesCentsPerBtc: bigint | null): bigint | null {
  if (pad.unit === "sats") return typed(pad) * 1_000n;
  if (kesCentsPerBtc === null) return null;
  const exact = typed(pad) * 100n * msatPerBtc;
  const sats = divideUp(exact, kesCentsPerBtc * msatPerSat);
  return sats * msatPerSat;
}

export function amountKesCents(pad: Pad, kesCentsPerBtc: bigint | null): bigint | null {
  if (pad.unit === "kes") return typed(pad) * 100n;
  return kesCentsPerBtc === null ? null : kesCentsOf(typed(pad) * 1_000n, kesCentsPerBtc);
}

/** The same amount in the other unit; stays when no price is known. */
export function swapUnit(pad: Pad, kesCentsPerBtc: bigint | null): Pad {
  const unit = pad.unit === "kes" ? "sats" : "kes";
  if (typed(pad) === 0n) return { unit, digits: "" };
  if (pad.unit === "kes") {
    const worth = amountMsat(pad, kesCentsPerBtc);
    return worth === null ? pad : padOf("sats", worth / 1_000n);
  }
  const cents = amountKesCents(pad, kesCentsPerBtc);
  return cents === null ? pad : padOf("kes", cents / 100n);
}

export type Limits = {
  readonly minimumKesCents: bigint;
  readonly maximumKesCents: bigint;
  readonly dailyMaximumKesCents: bigint;
};

/** What stands in the way of going on, before anybody is asked. */
export type PadProblem =
  | { readonly code: "empty" }
  | { readonly code: "below_minimum"; readonly minimumKesCents: bigint }
  | { readonly code: "above_maximum"; readonly maximumKesCents: bigint }
  | { readonly code: "above_balance"; readonly spendableMsat: bigint }
  | null;

type PadQuestion = {
  readonly pad: Pad;
  readonly kesCentsPerBtc: bigint | null;
  readonly limits: Limits | null;
  /** What this wallet can pay; null when it pays nothing (buy) or it is not known. */
  readonly spendableMsat: bigint | null;
};

/**
 * Whether an amount can be asked a price for. An amount whose worth is not known (no price) is let through: the
 * operator says what is wrong with it, and nothing has happened by then.
 */
export function judgePad({ pad, kesCentsPerBtc, limits, spendableMsat }: PadQuestion): PadProblem {
  if (typed(pad) === 0n) return { code: "empty" };
  const cents = amountKesCents(pad, kesCentsPerBtc);
  const worth = amountMsat(pad, kesCentsPerBtc);
  if (spendableMsat !== null && worth !== null && worth > spendableMsat)
    return { code: "above_balance", spendableMsat };
  if (limits !== null && cents !== null) {
    if (cents < limits.minimumKesCents)
      return { code: "below_minimum", minimumKesCents: limits.minimumKesCents };
    if (cents > limits.maximumKesCents)
      return { code: "above_maximum", maximumKesCents: limits.maximumKesCents };
  }
  return null;
}

export type TariffBands = readonly {
  readonly upToKesCents: string;
  readonly feeKesCents: string;
}[];

/** M-Pesa's charge for an amount by its bands; null above the last band. */
export function tariffCharge(bands: TariffBands, amount: bigint): bigint | null {
  for (const { upToKesCents, feeKesCents } of bands)
    if (amount <= BigInt(upToKesCents)) return BigInt(feeKesCents);
  return null;
}
