import { shillings } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import { orderLimits } from "./order-limits.ts";

const now = Date.UTC(2026, 10, 23);
const none = { min: null, max: null, dailyMax: null };

describe("the limits of an order", () => {
  test("are M-Pesa's when the operator sets none; a buy has the payout's minimum", () => {
    for (const kind of ["buy", "sell"] as const) {
      expect(orderLimits(kind, now, none)).toEqual({
        min: shillings(10n),
        max: shillings(250_000n),
        dailyMax: shillings(500_000n),
      });
    }
  });

  test("are narrowed by the operator's, and never widened", () => {
    const narrow = { min: shillings(50n), max: shillings(20_000n), dailyMax: shillings(70_000n) };
    expect(orderLimits("sell", now, narrow)).toEqual(narrow);
    const wide = {
      min: shillings(1n),
      max: shillings(1_000_000n),
      dailyMax: shillings(1_000_000n),
    };
    expect(orderLimits("buy", now, wide)).toEqual(orderLimits("buy", now, none));
  });
});
