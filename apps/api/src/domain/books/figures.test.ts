import { describe, expect, test } from "vitest";
import { taxesOf } from "./figures.ts";
import type { DayFigures } from "./figures.ts";
import { decideClose } from "./day.ts";
import type { TrialLine } from "./day.ts";

const figures = (day: string, spread: bigint): DayFigures => ({
  day,
  feesKesCents: { spread, mpesa: 0n, channel_open: 0n, routing: 0n, other: 0n },
  mpesaFeesKesCents: 0n,
  lossesKesCents: 0n,
  taxesPaidKesCents: 0n,
  routingFeesMsat: 0n,
  nodeIncomeMsat: 0n,
  nodeExpensesMsat: 0n,
  overpaymentsMsat: 0n,
  lossesMsat: 0n,
});
const rates = [
  { kind: "excise_duty", effectiveFrom: "2025-07-01", partsPerMillion: 100_000n, source: "Act" },
  { kind: "excise_duty", effectiveFrom: "2023-09-01", partsPerMillion: 0n, source: "none" },
];

describe("taxes", () => {
  test.each([
    ["2025-06-30", 0n],
    ["2025-07-01", 101n],
    ["2026-11-30", 101n],
  ])("are at the rate in force on %s, rounded up", (day, amountKesCents) => {
    expect(taxesOf(figures(day, 1_001n), rates)).toMatchObject([{ amountKesCents }]);
  });

  test("have no line before the first rate, and none on negative fees", () => {
    expect(taxesOf(figures("2020-01-01", 1_001n), rates)).toEqual([]);
    expect(taxesOf(figures("2026-01-01", -5n), rates)).toMatchObject([{ amountKesCents: 0n }]);
  });
});

test("a trial balance that does not balance is never signed, with a reason either", () => {
  const line = (
    account: TrialLine["account"],
    closing: bigint,
    debits: bigint,
    credits: bigint,
  ): TrialLine => ({
    account,
    currency: "KES",
    opening: 0n,
    debits,
    credits,
    closing,
  });
  const findings = { waitingLines: 0, unmatchedLines: 0, balances: [] };
  const good = [line("bank_kes", 5n, 5n, 0n), line("capital_kes", -5n, 0n, 5n)];
  expect(decideClose(good, findings, null)).toMatchObject({ ok: true });
  for (const bad of [
    [line("bank_kes", 5n, 5n, 0n), line("capital_kes", -4n, 0n, 4n)],
    [line("bank_kes", 6n, 5n, 0n), line("capital_kes", -6n, 0n, 5n)],
  ]) {
    expect(decideClose(bad, findings, "I want to")).toMatchObject({
      error: { code: "trial_balance_wrong" },
    });
  }
});
