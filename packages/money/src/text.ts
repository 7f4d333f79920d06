import { err, ok } from "./result.ts";
import type { Result } from "./result.ts";
import { divide } from "./rounding.ts";
import type { Rounding } from "./rounding.ts";
import {
  centsPerShilling,
  kesCents,
  maximumKesCents,
  maximumMsat,
  maximumSat,
  msat,
  msatPerSat,
  sat,
} from "./units.ts";
import type { KesCents, Msat, Sat } from "./units.ts";

export type AmountError = "amount_malformed" | "amount_out_of_range" | "amount_not_whole_shillings";

/** The form of every amount in JSON: digits only, no sign, no leading zero. */
export const amountPattern = /^(?:0|[1-9]\d{0,18})$/;

/** Reads an amount out of JSON. Errors: `amount_malformed`, `amount_out_of_range`. */
export function parseMsat(text: string): Result<Msat, AmountError> {
  return parseInteger(text, maximumMsat, msat);
}

/** Reads an amount out of JSON. Errors: `amount_malformed`, `amount_out_of_range`. */
export function parseSat(text: string): Result<Sat, AmountError> {
  return parseInteger(text, maximumSat, sat);
}

/** Reads an amount out of JSON. Errors: `amount_malformed`, `amount_out_of_range`. */
export function parseKesCents(text: string): Result<KesCents, AmountError> {
  return parseInteger(text, maximumKesCents, kesCents);
}

/**
 * Reads what a person types for shillings: "1000", "1,000", "1 000.50", "KES 1,000". At most two decimal places; a
 * comma is only ever a thousands separator, as Kenya writes.
 */
export function parseKesInput(text: string): Result<KesCents, AmountError> {
  const match =
    /^(?:KES|KSh\.?|Ksh\.?)?\s*((?:\d{1,3}(?:[, ]\d{3})+|\d{1,16}))(?:\.(\d{1,2}))?$/i.exec(
      text.trim(),
    );
  const whole = match?.[1];
  if (whole === undefined) {
    return err(
      "amount_malformed",
      `“${text.slice(0, 40)}” is not an amount in shillings.`,
      "never",
    );
  }
  const cents =
    BigInt(whole.replaceAll(/[, ]/g, "")) * centsPerShilling +
    BigInt((match?.[2] ?? "").padEnd(2, "0"));
  return cents > maximumKesCents ? outOfRange() : ok(kesCents(cents));
}

/** Reads what a person types for satoshis: "2500", "2,500", "2 500 sat". */
export function parseSatInput(text: string): Result<Sat, AmountError> {
  const match = /^((?:\d{1,3}(?:[, ]\d{3})+|\d{1,16}))\s*(?:sats?)?$/i.exec(text.trim());
  const digits = match?.[1];
  if (digits === undefined) {
    return err("amount_malformed", `“${text.slice(0, 40)}” is not an amount in satoshis.`, "never");
  }
  const value = BigInt(digits.replaceAll(/[, ]/g, ""));
  return value > maximumSat ? outOfRange() : ok(sat(value));
}

/** "KES 1,234.50"; whole shillings without decimals, as M-Pesa prints them: "KES 1,000". */
export function formatKes(amount: KesCents): string {
  const cents = amount % centsPerShilling;
  const whole = groupThousands(amount / centsPerShilling);
  return cents === 0n ? `KES ${whole}` : `KES ${whole}.${cents.toString().padStart(2, "0")}`;
}

/** "1,234 sat"; the thousandths only where there are any: "1,234.500 sat". */
export function formatMsat(amount: Msat): string {
  const thousandths = amount % msatPerSat;
  const whole = groupThousands(amount / msatPerSat);
  return thousandths === 0n
    ? `${whole} sat`
    : `${whole}.${thousandths.toString().padStart(3, "0")} sat`;
}

/** "1,234 sat". */
export function formatSat(amount: Sat): string {
  return `${groupThousands(amount)} sat`;
}

/** M-Pesa moves whole shillings only. Errors: `amount_not_whole_shillings`. */
export function wholeShillings(amount: KesCents): Result<bigint, "amount_not_whole_shillings"> {
  return amount % centsPerShilling === 0n
    ? ok(amount / centsPerShilling)
    : err(
        "amount_not_whole_shillings",
        `M-Pesa moves whole shillings; ${formatKes(amount)} has cents.`,
        "never",
      );
}

/** The nearest amount that M-Pesa can move, in the named direction. */
export function roundToWholeShillings(amount: KesCents, rounding: Rounding): KesCents {
  return kesCents(divide(amount, centsPerShilling, rounding) * centsPerShilling);
}

function parseInteger<Amount extends bigint>(
  text: string,
  maximum: bigint,
  construct: (value: bigint) => Amount,
): Result<Amount, AmountError> {
  if (!amountPattern.test(text)) {
    return err(
      "amount_malformed",
      "An amount is a string of digits without sign, point or leading zero.",
      "never",
    );
  }
  const value = BigInt(text);
  return value > maximum ? outOfRange() : ok(construct(value));
}

function outOfRange() {
  return err("amount_out_of_range", "The amount is larger than any that can exist.", "never");
}

function groupThousands(value: bigint): string {
  return value.toString().replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
