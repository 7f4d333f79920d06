import { err, ok } from "./result.ts";
import type { Result } from "./result.ts";

/**
 * The fiat currencies that the code can express, by ISO 4217 code. `exponent` is how many decimal places of the main
 * unit one minor unit is: KES 1 is 100 cents; UGX and RWF have no minor unit. `symbols` are the abbreviations,
 * besides the code, that people write beside an amount, without the dot that may follow them.
 */
export const currencies = {
  KES: { exponent: 2, symbols: ["KSh", "KShs", "K.Sh", "K.Shs", "Sh", "Shs", "bob"] },
  TZS: { exponent: 2, symbols: ["TSh", "TShs", "Sh", "Shs"] },
  UGX: { exponent: 0, symbols: ["USh", "UShs", "Sh", "Shs"] },
  RWF: { exponent: 0, symbols: ["FRw", "RF"] },
} as const satisfies Record<
  string,
  { readonly exponent: number; readonly symbols: readonly string[] }
>;

export type Currency = keyof typeof currencies;

/** The exponent as a literal type: `ExponentOf<"KES">` is 2, `ExponentOf<"UGX">` is 0. */
export type ExponentOf<C extends Currency> = (typeof currencies)[C]["exponent"];

/** The currencies that orders may use. Add a currency here to enable it. */
export const enabledCurrencies = ["KES"] as const satisfies readonly Currency[];

export type EnabledCurrency = (typeof enabledCurrencies)[number];

export function exponentOf<C extends Currency>(currency: C): ExponentOf<C> {
  return currencies[currency].exponent;
}

/** How many minor units make one main unit: 100 for KES, 1 for UGX. */
export function minorUnitsPerUnit(currency: Currency): bigint {
  return 10n ** BigInt(exponentOf(currency));
}

/**
 * Checks a currency code from outside: a request, a stored row, an M-Pesa message.
 * Errors: `currency_not_enabled`, also for a code that is unknown.
 */
export function parseCurrency(code: string): Result<EnabledCurrency, "currency_not_enabled"> {
  const currency = enabledCurrencies.find((enabled) => enabled === code);
  return currency === undefined
    ? err(
        "currency_not_enabled",
        `“${code.slice(0, 10)}” is not an enabled currency; use ${enabledCurrencies.join(", ")}.`,
        "never",
      )
    : ok(currency);
}
