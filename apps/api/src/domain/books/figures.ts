import { divide, msat, msatToFiat } from "@satsconnect/money";
import type { Rate } from "@satsconnect/money";
import type { Account } from "../postings.ts";

/** The operator's income and costs of one day in Nairobi, in cents and millisatoshis. */
export type DayFigures = {
  /** `2026-11-23`. */
  readonly day: string;
  /** Fees of exchanges completed on the day, by the quote's fee lines. `other`: fees that are not as quoted. */
  readonly feesKesCents: Readonly<Record<FeeKind, bigint>>;
  readonly mpesaFeesKesCents: bigint;
  readonly lossesKesCents: bigint;
  readonly taxesPaidKesCents: bigint;
  readonly routingFeesMsat: bigint;
  readonly nodeIncomeMsat: bigint;
  readonly nodeExpensesMsat: bigint;
  readonly overpaymentsMsat: bigint;
  readonly lossesMsat: bigint;
};

export const feeKinds = ["spread", "mpesa", "channel_open", "routing", "other"] as const;
export type FeeKind = (typeof feeKinds)[number];

export type TaxRate = {
  readonly kind: string;
  /** `2025-07-01`. */
  readonly effectiveFrom: string;
  readonly partsPerMillion: bigint;
  readonly source: string;
};

export type TaxLine = {
  readonly kind: string;
  readonly baseKesCents: bigint;
  readonly partsPerMillion: bigint;
  readonly effectiveFrom: string;
  readonly amountKesCents: bigint;
};

/**
 * The taxes on one day's fees, at the rates in force on that day. The base is every fee that customers were charged, also
 * those that pass costs on, and the amount is rounded up: the careful reading of the Act. A day without a rate has no line.
 */
export function taxesOf(figures: DayFigures, rates: readonly TaxRate[]): readonly TaxLine[] {
  const fees = feeKinds.reduce((sum, kind) => sum + figures.feesKesCents[kind], 0n);
  const base = fees < 0n ? 0n : fees;
  const kinds = [...new Set(rates.map(({ kind }) => kind))].toSorted();
  return kinds.flatMap((kind) => {
    const rate = rates
      .filter((one) => one.kind === kind && one.effectiveFrom <= figures.day)
      .toSorted((left, right) => (left.effectiveFrom < right.effectiveFrom ? -1 : 1))
      .at(-1);
    if (rate === undefined) return [];
    const { partsPerMillion, effectiveFrom } = rate;
    const amountKesCents = divide(base * partsPerMillion, 1_000_000n, "ceil");
    return [{ kind, baseKesCents: base, partsPerMillion, effectiveFrom, amountKesCents }];
  });
}

/** The exchange's gain or loss by the price, if its position were closed at `rate`. */
export type Exposure = {
  /** Above zero: the operator holds more sats than it started with; below: it has sold more than it bought (short). */
  readonly positionMsat: bigint;
  /** Shillings paid for the position; below zero: received for it. Fees are not in it. */
  readonly costKesCents: bigint;
  /** The position at the rate. */
  readonly valueKesCents: bigint;
  /** `value` less `cost`. */
  readonly gainKesCents: bigint;
};

/** Revalues the exchange accounts at a price. */
export function exposureOf(balance: (account: Account) => bigint, rate: Rate<"KES">): Exposure {
  const positionMsat = 0n - balance("exchange_msat");
  const costKesCents = balance("exchange_kes");
  const size: bigint = msatToFiat(
    msat(positionMsat < 0n ? 0n - positionMsat : positionMsat),
    rate,
    "floor",
  );
  const valueKesCents = positionMsat < 0n ? 0n - size : size;
  return { positionMsat, costKesCents, valueKesCents, gainKesCents: valueKesCents - costKesCents };
}
