import { reportedCases } from "@satsconnect/money/reported-cases";
import { expect, test } from "vitest";
import { operatorClock } from "./operator-clock.ts";

const right = Date.parse("2026-11-30T09:00:00Z");
const units = { min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How far the phone of a report was ahead: "phone +2min", "phone 0", "phone -1d". */
function aheadMsOf(text: string): number {
  const match = /phone ([+-]?\d+)(min|h|d)?/u.exec(text);
  if (match === null) throw new Error(`No clock in “${text}”`);
  return Number(match[1]) * (match[2] === undefined ? 1 : units[match[2] as keyof typeof units]);
}

test.each(reportedCases("clock"))(
  "a phone with the clock of $id makes and judges invoices by the operator's time",
  ({ input }) => {
    const ahead = aheadMsOf(String(input));
    const own = { now: () => right + ahead, after: () => () => undefined, soon: () => undefined };
    expect(operatorClock(own, () => -ahead).now()).toBe(right);
  },
);

test("a difference of years is not corrected", () => {
  const own = { now: () => right, after: () => () => undefined, soon: () => undefined };
  expect(operatorClock(own, () => 365 * units.d).now()).toBe(right);
});
