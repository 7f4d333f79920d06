import type { Currency } from "./currencies.ts";
import { parseNairobiTime } from "./nairobi.ts";
import { kes } from "./units.ts";
import type { Fiat } from "./units.ts";

/** The limits of a payment rail from `effectiveFrom` on. To change the limits, add an entry. */
export type RailLimits<C extends Currency> = {
  /** Midnight in Nairobi of the first day, as milliseconds since 1970. */
  readonly effectiveFrom: number;
  readonly source: string;
  /** The smallest and the largest single payment. */
  readonly min: Fiat<C>;
  readonly max: Fiat<C>;
  /** The most that one person may pay, or be paid, per day from midnight to midnight in Nairobi. */
  readonly dailyMax: Fiat<C>;
};

/** Limits of a payment by STK push, the M-Pesa side of a buy. */
export const mpesaStkLimits: readonly RailLimits<"KES">[] = [
  {
    effectiveFrom: parseNairobiTime("2023-08-01T00:00:00"),
    source: "Daraja M-Pesa Express: result codes 2, 3 and 4",
    min: kes(1n),
    max: kes(250_000n),
    dailyMax: kes(500_000n),
  },
];

/** Limits of a B2C payout, the M-Pesa side of a sell and of a refund. */
export const mpesaB2cLimits: readonly RailLimits<"KES">[] = [
  {
    effectiveFrom: parseNairobiTime("2023-08-01T00:00:00"),
    source: "Daraja B2C: result codes 2, 3 and 4",
    min: kes(10n),
    max: kes(250_000n),
    dailyMax: kes(500_000n),
  },
];
