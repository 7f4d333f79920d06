import type { Currency } from "./currencies.ts";
import { parseNairobiTime } from "./nairobi.ts";
import { err, ok } from "./result.ts";
import type { Result } from "./result.ts";
import { kes } from "./units.ts";
import type { Fiat } from "./units.ts";

/** The fee for amounts above the previous band's `upTo`, up to and including this one's. */
export type TariffBand<C extends Currency> = { readonly upTo: Fiat<C>; readonly fee: Fiat<C> };

/** A payment rail's charges from `effectiveFrom` on. To change the tariff, add an entry. */
export type Tariff<C extends Currency> = {
  /** Midnight in Nairobi of the first day, as milliseconds since 1970. */
  readonly effectiveFrom: number;
  /** The published document with the figures. */
  readonly source: string;
  /** In ascending order. */
  readonly bands: readonly TariffBand<C>[];
};

/** Charged to the operator's account for a payout to a registered customer. */
export const mpesaB2cTariffs: readonly Tariff<"KES">[] = [
  kesTariff("2023-08-01", "Safaricom B2C tariff form, August 2023", [
    [100, 0],
    [1_500, 5],
    [5_000, 9],
    [20_000, 11],
    [250_000, 13],
  ]),
];

/** Charged to the customer by M-Pesa for a payment to a PayBill on the customer-pays tariff. */
export const mpesaPayBillTariffs: readonly Tariff<"KES">[] = [
  kesTariff("2023-08-01", "M-Pesa PayBill customer-pays (Mgao) tariff", [
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

/** The fee for moving an amount. Errors: `amount_above_tariff`. */
export function tariffFee<C extends Currency>(
  tariff: Tariff<C>,
  amount: Fiat<NoInfer<C>>,
): Result<Fiat<C>, "amount_above_tariff"> {
  const band = tariff.bands.find(({ upTo }) => amount <= upTo);
  return band === undefined
    ? err("amount_above_tariff", "The amount is above the last band of the tariff.", "never")
    : ok(band.fee);
}

function kesTariff(
  firstDay: string,
  source: string,
  bands: readonly (readonly [upTo: number, fee: number])[],
): Tariff<"KES"> {
  return {
    effectiveFrom: parseNairobiTime(`${firstDay}T00:00:00`),
    source,
    bands: bands.map(([upTo, fee]) => ({ upTo: kes(BigInt(upTo)), fee: kes(BigInt(fee)) })),
  };
}
