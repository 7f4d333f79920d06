import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  amountMsat,
  emptyAmount,
  checkAmount,
  amountOf,
  pressKey,
  swapUnit,
  tariffCharge,
  typedAmount,
} from "./amount-input.ts";
import type { AmountInput } from "./amount-input.ts";

const rate = 1_270_000_000n;
const limits = {
  minimumKesCents: 5_000n,
  maximumKesCents: 15_000_000n,
  dailyMaximumKesCents: 50_000_000n,
};

function type(text: string, input: AmountInput = emptyAmount): AmountInput {
  return text.split("").reduce(pressKey, input);
}

describe("the amount input", () => {
  it("takes digits without leading zeros, and erases", () => {
    expect(typedAmount(type("02000"))).toBe(2_000n);
    expect(pressKey(type("25"), "erase").digits).toBe("2");
    expect(pressKey(emptyAmount, "erase").digits).toBe("");
    expect(pressKey(type("25"), "extra").digits).toBe("25");
  });

  it("stops at the maximum number of digits", () => {
    expect(type("123456789").digits).toBe("1234567");
  });

  it("always holds a valid amount, whatever is pressed", () => {
    const keys = fc.constantFrom("0", "1", "5", "9", "erase", "extra", "-", "x");
    fc.assert(
      fc.property(fc.array(keys), (pressed) => {
        const input = pressed.reduce(pressKey, emptyAmount);
        expect(input.digits).toMatch(/^(?:[1-9]\d{0,6})?$/u);
      }),
    );
  });

  it("swaps its unit by the price, and stays unchanged without one", () => {
    expect(swapUnit(type("2000"), rate)).toEqual(amountOf("sats", 15_749n));
    expect(swapUnit(amountOf("sats", 15_749n), rate)).toEqual(amountOf("kes", 2_000n));
    expect(swapUnit(type("2000"), null)).toEqual(type("2000"));
    expect(swapUnit(emptyAmount, null)).toEqual({ unit: "sats", digits: "" });
  });
});

describe("an amount in bitcoin", () => {
  it("is the smallest number of whole satoshis worth what was typed", () => {
    fc.assert(
      fc.property(
        fc.bigInt(1n, 9_999_999n),
        fc.bigInt(100_000_000n, 99_999_999_999n),
        (kes, price) => {
          const msat = amountMsat(amountOf("kes", kes), price) ?? 0n;
          expect(msat % 1_000n).toBe(0n);
          expect(msat * price).toBeGreaterThanOrEqual(kes * 100n * 100_000_000_000n);
          expect((msat - 1_000n) * price).toBeLessThan(kes * 100n * 100_000_000_000n);
        },
      ),
    );
  });
});

describe("limits", () => {
  const judge = (text: string, spendableMsat: bigint | null = null) =>
    checkAmount({ input: type(text), kesCentsPerBtc: rate, limits, spendableMsat });

  it("are checked before a quote is requested", () => {
    expect(judge("")).toEqual({ code: "empty" });
    expect(judge("49")).toEqual({ code: "below_minimum", minimumKesCents: 5_000n });
    expect(judge("50")).toBeNull();
    expect(judge("150000")).toBeNull();
    expect(judge("150001")).toEqual({ code: "above_maximum", maximumKesCents: 15_000_000n });
  });

  it("check the spendable balance first", () => {
    expect(judge("2000", 1_000n)).toEqual({ code: "above_balance", spendableMsat: 1_000n });
    expect(judge("2000", 20_000_000n)).toBeNull();
  });

  it("pass an amount that cannot be checked without a price", () => {
    const input = amountOf("sats", 10n);
    expect(checkAmount({ input, kesCentsPerBtc: null, limits, spendableMsat: null })).toBeNull();
  });

  it("find the tariff band of an amount", () => {
    const bands = [
      { upToKesCents: "10000", feeKesCents: "0" },
      { upToKesCents: "50000", feeKesCents: "500" },
    ];
    expect(tariffCharge(bands, 10_000n)).toBe(0n);
    expect(tariffCharge(bands, 10_001n)).toBe(500n);
    expect(tariffCharge(bands, 50_001n)).toBeNull();
  });
});
