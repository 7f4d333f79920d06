import { err, ok } from "./result.ts";
import type { Result } from "./result.ts";
import { shillings } from "./units.ts";
import type { KesCents } from "./units.ts";

/** A charge for amounts up to and including `upTo`, from where the band before ends. */
export type TariffBand = { readonly upTo: KesCents; readonly fee: KesCents };

/** What a rail charges from a day on. Tariffs change by a new entry, never by code. */
export type Tariff = {
  /** Midnight in Nairobi of the first day, as milliseconds since 1970. */
  readonly effectiveFrom: number;
  /** Where the figures were read. */
  readonly source: string;
  readonly bands: readonly TariffBand[];
};

/** What a rail moves at once and in a day, from a day on. */
export type RailLimits = {
  readonly effectiveFrom: number;
  readonly source: string;
  readonly minimum: KesCents;
  readonly maximum: KesCents;
  readonly dailyMaximum: KesCents;
};

/** Charged to the operator's account for a payout to a registered customer. */
export const mpesaB2cTariffs: readonly Tariff[] = [
  tariff("2023-08-01", "Safaricom B2C tariff form, August 2023", [
    [100, 0],
    [1_500, 5],
    [5_000, 9],
    [20_000, 11],
    [250_000, 13],
  ]),
];

/** Charged to the customer by M-Pesa for a payment to a PayBill on the customer-pays tariff. */
export const mpesaPayBillTariffs: readonly Tariff[] = [
  tariff("2023-08-01", "M-Pesa PayBill customer-pays (Mgao) tariff", [
    [100, 0],
    [500, 5],
    [1_000, 10],
    [1_500, 15],
    [2_500, 20],
    [3_500, 25],
    [5_000, 34],
    [7_500, 42],
    [10_000, 48],
    [15_000, 57],
    [20_000, 62],
    [25_000, 67],
    [30_000, 72],
    [35_000, 83],
    [40_000, 99],
    [45_000, 103],
    [250_000, 108],
  ]),
];

/** What one payment by prompt (STK push) may be, and what a person may pay in a day. */
export const mpesaStkLimits: readonly RailLimits[] = [
  {
    effectiveFrom: nairobiMidnight("2023-08-01"),
    source: "Daraja M-Pesa Express: result codes 2, 3 and 4",
    minimum: shillings(1n),
    maximum: shillings(250_000n),
    dailyMaximum: shillings(500_000n),
  },
];

/** What one payout (B2C) may be, and what a person may be paid in a day. */
export const mpesaB2cLimits: readonly RailLimits[] = [
  {
    effectiveFrom: nairobiMidnight("2023-08-01"),
    source: "Daraja B2C: result codes 2, 3 and 4",
    minimum: shillings(10n),
    maximum: shillings(250_000n),
    dailyMaximum: shillings(500_000n),
  },
];

/**
 * The entry in force at a time, whatever the order of the list.
 * @throws RangeError when none is in force yet: the list is wrong.
 */
export function inForce<Entry extends { readonly effectiveFrom: number }>(
  entries: readonly Entry[],
  atMs: number,
): Entry {
  let current: Entry | undefined;
  for (const entry of entries) {
    if (entry.effectiveFrom > atMs) continue;
    if (current === undefined || entry.effectiveFrom > current.effectiveFrom) current = entry;
  }
  if (current === undefined)
    throw new RangeError(`No entry is in force at ${new Date(atMs).toISOString()}`);
  return current;
}

/** What moving an amount costs. Errors: `amount_above_tariff`. */
export function tariffFee(of: Tariff, amount: KesCents): Result<KesCents, "amount_above_tariff"> {
  const band = of.bands.find(({ upTo }) => amount <= upTo);
  return band === undefined
    ? err("amount_above_tariff", "The amount is above the last band of the tariff.", "never")
    : ok(band.fee);
}

function tariff(
  day: string,
  source: string,
  bands: readonly (readonly [number, number])[],
): Tariff {
  return {
    effectiveFrom: nairobiMidnight(day),
    source,
    bands: bands.map(([upTo, fee]) => ({
      upTo: shillings(BigInt(upTo)),
      fee: shillings(BigInt(fee)),
    })),
  };
}

/** Kenya keeps UTC+3 the whole year. */
function nairobiMidnight(day: string): number {
  return Date.parse(`${day}T00:00:00+03:00`);
}
