import { shillings, tariffFee } from "@satsconnect/money";
import type { KesCents, Tariff } from "@satsconnect/money";

/** Customer to customer, charged to the sender (community; the cut of August 2026 is not in it). */
export const sendMoneyTariffs: readonly Tariff[] = [
  {
    effectiveFrom: Date.parse("2023-08-01T00:00:00+03:00"),
    source: "M-Pesa consumer tariff, as republished",
    bands: [
      band(100, 0),
      band(500, 7),
      band(1_000, 13),
      band(1_500, 23),
      band(2_500, 33),
      band(3_500, 53),
      band(5_000, 57),
      band(7_500, 78),
      band(10_000, 90),
      band(15_000, 100),
      band(20_000, 105),
      band(250_000, 108),
    ],
  },
];

/** What a customer may hold (documented: B2C result 8, KES 500,000). */
export const maxCustomerBalance: KesCents = shillings(500_000n);
/** What an organisation's account may hold (assumed; result 8 of M-Pesa Express has no figure). */
export const maxOrganisationBalance: KesCents = shillings(1_000_000_000n);

/** The fee for an amount that was checked against the rail's maximum before. */
export function feeFor(tariff: Tariff, amount: KesCents): KesCents {
  const fee = tariffFee(tariff, amount);
  if (!fee.ok) throw new RangeError(`No band of “${tariff.source}” covers ${amount} cents`);
  return fee.value;
}

function band(upTo: number, fee: number): { upTo: KesCents; fee: KesCents } {
  return { upTo: shillings(BigInt(upTo)), fee: shillings(BigInt(fee)) };
}
