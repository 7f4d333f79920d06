import { msatPerBtc, msatPerSat } from "@satsconnect/money";
import { kesCentsOf } from "./format.ts";

function divideUp(dividend: bigint, divisor: bigint): bigint {
  return divisor === 0n ? 0n : (dividend + divisor - 1n) / divisor;
}

/** Digits typed on the number keys, in the leading unit. */
export type AmountInput = { readonly unit: "kes" | "sats"; readonly digits: string };

export const emptyAmount: AmountInput = { unit: "kes", digits: "" };

/** Maximum digits per unit: enough for any order or channel, and few enough to fit on the page. */
const maxDigits = { kes: 7, sats: 9 } as const;

export function pressKey(input: AmountInput, key: string): AmountInput {
  if (key === "erase") return { ...input, digits: input.digits.slice(0, -1) };
  if (!/^\d$/u.test(key)) return input;
  if (input.digits === "" && key === "0") return input;
  if (input.digits.length >= maxDigits[input.unit]) return input;
  return { ...input, digits: input.digits + key };
}

/** The amount in the input's unit; zero while nothing is typed. */
export function typedAmount(input: AmountInput): bigint {
  return input.digits === "" ? 0n : BigInt(input.digits);
}

export function amountOf(unit: AmountInput["unit"], amount: bigint): AmountInput {
  const digits = amount <= 0n ? "" : amount.toString().slice(0, maxDigits[unit]);
  return { unit, digits };
}

/**
 * The amount in msat, rounded up to whole satoshis, so that it is worth what was typed in shillings. Not every wallet
 * can pay fractions of a satoshi.
 */
export function amountMsat(input: AmountInput, kesCentsPerBtc: bigint | null): bigint | null {
  if (input.unit === "sats") return typedAmount(input) * 1_000n;
  if (kesCentsPerBtc === null) return null;
  const exact = typedAmount(input) * 100n * msatPerBtc;
  const sats = divideUp(exact, kesCentsPerBtc * msatPerSat);
  return sats * msatPerSat;
}

export function amountKesCents(input: AmountInput, kesCentsPerBtc: bigint | null): bigint | null {
  if (input.unit === "kes") return typedAmount(input) * 100n;
  return kesCentsPerBtc === null ? null : kesCentsOf(typedAmount(input) * 1_000n, kesCentsPerBtc);
}

/** Converts the input to the other unit; unchanged when no price is known. */
export function swapUnit(input: AmountInput, kesCentsPerBtc: bigint | null): AmountInput {
  const unit = input.unit === "kes" ? "sats" : "kes";
  if (typedAmount(input) === 0n) return { unit, digits: "" };
  if (input.unit === "kes") {
    const worth = amountMsat(input, kesCentsPerBtc);
    return worth === null ? input : amountOf("sats", worth / 1_000n);
  }
  const cents = amountKesCents(input, kesCentsPerBtc);
  return cents === null ? input : amountOf("kes", cents / 100n);
}

export type Limits = {
  readonly minimumKesCents: bigint;
  readonly maximumKesCents: bigint;
  readonly dailyMaximumKesCents: bigint;
};

/**
 * Why an amount cannot be used, as far as the app itself can tell. `checkAmount` returns null for a usable amount.
 */
export type AmountProblem =
  | { readonly code: "empty" }
  | { readonly code: "below_minimum"; readonly minimumKesCents: bigint }
  | { readonly code: "above_maximum"; readonly maximumKesCents: bigint }
  | { readonly code: "above_balance"; readonly spendableMsat: bigint }
  | null;

type AmountCheck = {
  readonly input: AmountInput;
  readonly kesCentsPerBtc: bigint | null;
  readonly limits: Limits | null;
  /** Balance that the wallet can spend; null for a buy, or when unknown. */
  readonly spendableMsat: bigint | null;
};

/**
 * Checks an amount before a quote is requested. Without a price its value is unknown, and it passes: the operator
 * checks the amount again before anything happens.
 */
export function checkAmount({
  input,
  kesCentsPerBtc,
  limits,
  spendableMsat,
}: AmountCheck): AmountProblem {
  if (typedAmount(input) === 0n) return { code: "empty" };
  const cents = amountKesCents(input, kesCentsPerBtc);
  const worth = amountMsat(input, kesCentsPerBtc);
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

/** M-Pesa's charge for an amount by its tariff bands; null above the last band. */
export function tariffCharge(bands: TariffBands, amount: bigint): bigint | null {
  for (const { upToKesCents, feeKesCents } of bands)
    if (amount <= BigInt(upToKesCents)) return BigInt(feeKesCents);
  return null;
}
