import { currencies, exponentOf, minorUnitsPerUnit } from "./currencies.ts";
import type { Currency } from "./currencies.ts";
import { cleanPasted } from "./pasted.ts";
import { err, ok } from "./result.ts";
import type { Result } from "./result.ts";
import { divide } from "./rounding.ts";
import type { Rounding } from "./rounding.ts";
import { splitUnits } from "./split-units.ts";
import { fiat, maxFiat, maxMsat, maxSat, msat, sat } from "./units.ts";
import type { Fiat, Msat, Sat } from "./units.ts";

export type AmountError = "amount_malformed" | "amount_out_of_range" | "amount_not_whole_shillings";

/** The form of every amount in JSON: digits only, no sign, no leading zero. */
export const amountPattern = /^(?:0|[1-9]\d{0,18})$/;

/** Reads an amount from JSON. Errors: `amount_malformed`, `amount_out_of_range`. */
export function parseMsat(text: string): Result<Msat, AmountError> {
  return parseInteger(text, maxMsat, msat, formatMsat);
}

/** Reads an amount from JSON. Errors: `amount_malformed`, `amount_out_of_range`. */
export function parseSat(text: string): Result<Sat, AmountError> {
  return parseInteger(text, maxSat, sat, formatSat);
}

/** Reads an amount in minor units from JSON. Errors: `amount_malformed`, `amount_out_of_range`. */
export function parseFiat<C extends Currency>(
  currency: C,
  text: string,
): Result<Fiat<C>, AmountError> {
  return parseInteger(
    text,
    maxFiat,
    (value) => fiat(currency, value),
    (amount) => formatFiat(currency, amount),
  );
}

/**
 * Reads an amount that a person typed or pasted in main units: "1000", "1,000", "1 000.50", "KES 1,000", "KShs. 1,000/=".
 * It may have at most as many decimal places as the currency. A comma is always a thousands separator, as in East
 * African English; what could mean two amounts is refused. Errors: `amount_malformed`, `amount_out_of_range`.
 */
export function parseFiatInput<C extends Currency>(
  currency: C,
  text: string,
): Result<Fiat<C>, AmountError> {
  const exponent = exponentOf(currency);
  const match = inputPattern(currency).exec(cleanPasted(text))?.groups;
  const whole = match?.["whole"];
  const places = match?.["places"] ?? "";
  if (whole === undefined || places.length > exponent) {
    const example = exponent === 0 ? "1,000" : `1,000 or 1,000.${"5".padEnd(exponent, "0")}`;
    return err(
      "amount_malformed",
      `“${text.slice(0, 40)}” is not an amount in ${currency}. Write it like ${example}.`,
      "never",
    );
  }
  const minorUnits =
    BigInt(whole.replaceAll(/[, ]/g, "")) * minorUnitsPerUnit(currency) +
    BigInt(places.padEnd(exponent, "0") || "0");
  return minorUnits > maxFiat
    ? outOfRange(formatFiat(currency, fiat(currency, maxFiat)))
    : ok(fiat(currency, minorUnits));
}

/**
 * Reads an amount that a person typed or pasted in satoshis: "2500", "2,500", "2 500 sat".
 * Errors: `amount_malformed`, `amount_out_of_range`.
 */
export function parseSatInput(text: string): Result<Sat, AmountError> {
  const match = new RegExp(`^${wholePattern}\\s*(?:sats?|satoshis?)?$`, "i").exec(
    cleanPasted(text),
  );
  const digits = match?.groups?.["whole"];
  if (digits === undefined) {
    return err(
      "amount_malformed",
      `“${text.slice(0, 40)}” is not an amount in satoshis. Write it like 2,500.`,
      "never",
    );
  }
  const value = BigInt(digits.replaceAll(/[, ]/g, ""));
  return value > maxSat ? outOfRange(formatSat(sat(maxSat))) : ok(sat(value));
}

/** "KES 1,234.50"; whole amounts without decimal places, as M-Pesa prints them: "KES 1,000". */
export function formatFiat<C extends Currency>(currency: C, amount: Fiat<NoInfer<C>>): string {
  const { whole, places } = splitUnits(amount, exponentOf(currency));
  const digits = groupThousands(whole);
  return /^0*$/.test(places) ? `${currency} ${digits}` : `${currency} ${digits}.${places}`;
}

/** "1,234 sat"; with three decimal places unless they are zero: "1,234.500 sat". */
export function formatMsat(amount: Msat): string {
  const { whole, places } = splitUnits(amount, 3);
  const digits = groupThousands(whole);
  return places === "000" ? `${digits} sat` : `${digits}.${places} sat`;
}

/** "1,234 sat". */
export function formatSat(amount: Sat): string {
  return `${groupThousands(amount)} sat`;
}

/** The amount in main units; M-Pesa moves no fractions of them. Errors: `amount_not_whole_shillings`. */
export function toWholeUnits<C extends Currency>(
  currency: C,
  amount: Fiat<NoInfer<C>>,
): Result<bigint, "amount_not_whole_shillings"> {
  const { whole } = splitUnits(amount, exponentOf(currency));
  return whole * minorUnitsPerUnit(currency) === amount
    ? ok(whole)
    : err(
        "amount_not_whole_shillings",
        `M-Pesa moves whole shillings; ${formatFiat(currency, amount)} has cents.`,
        "never",
      );
}

/** Rounds to whole main units, the smallest amount that M-Pesa can move. */
export function roundToWholeUnits<C extends Currency>(
  currency: C,
  amount: Fiat<NoInfer<C>>,
  rounding: Rounding,
): Fiat<C> {
  const scale = minorUnitsPerUnit(currency);
  return fiat(currency, divide(amount, scale, rounding) * scale);
}

function parseInteger<Amount extends bigint>(
  text: string,
  max: bigint,
  construct: (value: bigint) => Amount,
  format: (amount: Amount) => string,
): Result<Amount, AmountError> {
  if (!amountPattern.test(text)) {
    return err(
      "amount_malformed",
      "An amount must be a string of digits without sign, decimal point or leading zero.",
      "never",
    );
  }
  const value = BigInt(text);
  return value > max ? outOfRange(format(construct(max))) : ok(construct(value));
}

/** Digits, in groups of three with the same separator throughout or not grouped at all. */
const wholePattern = String.raw`(?<whole>\d{1,3}(?<gap>[, ])\d{3}(?:\k<gap>\d{3})*|\d{1,16})`;

function inputPattern(currency: Currency): RegExp {
  const units = [currency, ...currencies[currency].symbols]
    .map((unit) => unit.replaceAll(".", "\\."))
    .join("|");
  // "1,000/=" and "1,000/-" are a thousand shillings and no cents
  return new RegExp(
    `^(?:(?:${units})\\.?:?)?\\s*${wholePattern}(?:\\.(?<places>\\d+))?\\s*(?:/[=-]|=)?\\s*(?:(?:${units})\\.?|shillings?)?$`,
    "i",
  );
}

function outOfRange(max: string) {
  return err("amount_out_of_range", `The largest possible amount is ${max}.`, "never");
}

function groupThousands(value: bigint): string {
  return value.toString().replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
