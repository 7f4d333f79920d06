import fc from "fast-check";
import { expect, test } from "vitest";
import {
  fiat,
  inForce,
  kes,
  mpesaB2cLimits,
  mpesaB2cTariffs,
  mpesaPayBillTariffs,
  mpesaStkLimits,
  tariffFee,
} from "./index.ts";

const today = Date.parse("2026-11-23T00:00:00Z");

test.each([
  [100n, 0n],
  [101n, 5n],
  [1_500n, 5n],
  [1_501n, 9n],
  [20_001n, 13n],
  [250_000n, 13n],
])("a payout of KES %s costs KES %s", (amount, fee) => {
  expect(tariffFee(inForce(mpesaB2cTariffs, today), kes(amount))).toEqual({
    ok: true,
    value: kes(fee),
  });
});

test("an amount above the last band is refused", () => {
  expect(tariffFee(inForce(mpesaB2cTariffs, today), kes(250_001n))).toMatchObject({
    error: { code: "amount_above_tariff" },
  });
});

test("every amount within the limits has a fee, and the fee never falls as the amount grows", () => {
  for (const tariff of [...mpesaB2cTariffs, ...mpesaPayBillTariffs]) {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 25_000_000n }),
        fc.bigInt({ min: 0n, max: 25_000_000n }),
        (left, right) => {
          const [low, high] = left < right ? [left, right] : [right, left];
          const lowFee = tariffFee(tariff, fiat("KES", low));
          const highFee = tariffFee(tariff, fiat("KES", high));
          if (!lowFee.ok || !highFee.ok)
            throw new Error("No band covers an amount within the limits");
          expect(lowFee.value <= highFee.value).toBe(true);
        },
      ),
    );
  }
});

test("the entry in force is the latest one that has started, in any list order", () => {
  const entries = [{ effectiveFrom: 30 }, { effectiveFrom: 10 }, { effectiveFrom: 20 }];
  expect(inForce(entries, 25)).toEqual({ effectiveFrom: 20 });
  expect(inForce(entries, 30)).toEqual({ effectiveFrom: 30 });
  expect(() => inForce(entries, 9)).toThrow(RangeError);
});

test("a tariff takes effect at midnight in Nairobi", () => {
  expect(new Date(inForce(mpesaB2cLimits, today).effectiveFrom).toISOString()).toBe(
    "2023-07-31T21:00:00.000Z",
  );
});

test("the limits are ordered, and a payout of the largest amount has a fee", () => {
  for (const limits of [...mpesaStkLimits, ...mpesaB2cLimits]) {
    expect(limits.min <= limits.max && limits.max <= limits.dailyMax).toBe(true);
  }
  const { max } = inForce(mpesaB2cLimits, today);
  expect(tariffFee(inForce(mpesaB2cTariffs, today), max)).toMatchObject({ ok: true });
});
