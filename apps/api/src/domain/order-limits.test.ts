import { kes } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import { orderLimits } from "./order-limits.ts";

const now = Date.UTC(2026, 10, 23);
const none = { min: null, max: null, dailyMax: null };

describe("order limits", () => {
  test("default to M-Pesa's limits; the minimum of a buy is that of a payout", () => {
    for (const kind of ["buy", "sell"] as const) {
      expect(orderLimits(kind, now, none)).toEqual({
        min: kes(10n),
        max: kes(250_000n),
        dailyMax: kes(500_000n),
      });
    }
  });

  test("are narrowed by the operator's limits and never widened", () => {
    const narrow = { min: kes(50n), max: kes(20_000n), dailyMax: kes(70_000n) };
    expect(orderLimits("sell", now, narrow)).toEqual(narrow);
    const wide = {
      min: kes(1n),
      max: kes(1_000_000n),
      dailyMax: kes(1_000_000n),
    };
    expect(orderLimits("buy", now, wide)).toEqual(orderLimits("buy", now, none));
  });
});
