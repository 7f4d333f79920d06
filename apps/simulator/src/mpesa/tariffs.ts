import { kes, tariffFee } from "@satsconnect/money";
import type { Fiat, Tariff } from "@satsconnect/money";

/** Customer to customer, paid by the sender (community; without the reduction of August 2026). */
export const sendMoneyTariffs: readonly Tariff<"KES">[] = [
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

/** Maximum balance of a customer (documented: B2C result 8, KES 500,000). */
export const maxCustomerBalance: Fiat<"KES"> = kes(500_000n);
/** Maximum balance of an organisation's account (assumed; result 8 of M-Pesa Express gives no figure). */
export const maxOrganisationBalance: Fiat<"KES"> = kes(1_000_000_000n);

/** The fee for an amount. @throws RangeError when the amount is above the tariff's last band. */
export function feeFor(tariff: Tariff<"KES">, amount: Fiat<"KES">): Fiat<"KES"> {
  const fee = tariffFee(tariff, amount);
  if (!fee.ok)
    throw new RangeError(`No band of the tariff ${tariff.source} covers ${amount} cents`);
  return fee.value;
}

function band(upTo: number, fee: number): { upTo: Fiat<"KES">; fee: Fiat<"KES"> } {
  return { upTo: kes(BigInt(upTo)), fee: kes(BigInt(fee)) };
}
