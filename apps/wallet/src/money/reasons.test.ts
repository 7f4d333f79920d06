import { b2cResultCodes, stkPushCodes, stkResultCodes } from "@satsconnect/contracts/mpesa";
import { orderReasons } from "@satsconnect/contracts/order-reasons";
import { describe, expect, test } from "vitest";
import { moneyEn } from "../i18n/catalogues/money-screens.en.ts";
import { moneySw } from "../i18n/catalogues/money-screens.sw.ts";
import { reasonText, nextStepText } from "./reasons.ts";

const tables = {
  buy: { ...stkResultCodes, ...stkPushCodes },
  sell: b2cResultCodes,
} as const;
const kinds = ["buy", "sell"] as const;

describe.each(kinds)("a reason of a %s", (kind) => {
  const failing = Object.entries(tables[kind]).filter(
    ([, { outcome }]) => outcome === "failed" || outcome === "unanswered",
  );
  const reasons = [...failing.map(([code]) => `mpesa_${code}`), ...orderReasons[kind]];

  test.each(reasons)("%s has a sentence and a next step in both languages", (reason) => {
    for (const words of [moneyEn, moneySw]) {
      expect(Object.values(words.reason)).toContain(reasonText(kind, reason, words));
      expect(Object.values(words.end)).toContain(nextStepText(kind, reason, words));
    }
  });

  test("is never unclear where M-Pesa says who must act", () => {
    const unclear = failing.filter(
      ([code]) => reasonText(kind, `mpesa_${code}`, moneyEn) === moneyEn.reason.unclear,
    );
    expect(unclear).toEqual([]);
  });
});

test("the same code means another thing in a payout than in a prompt", () => {
  expect(reasonText("buy", "mpesa_1", moneyEn)).toBe(moneyEn.reason.shortOfMoney);
  expect(reasonText("sell", "mpesa_1", moneyEn)).toBe(moneyEn.reason.ours);
  expect(reasonText("buy", "mpesa_1032", moneyEn)).toBe(moneyEn.reason.cancelled);
});

test("an unknown reason is unclear, and an unknown code of a payout is the operator's", () => {
  for (const kind of kinds) expect(reasonText(kind, "x", moneyEn)).toBe(moneyEn.reason.unclear);
  expect(reasonText("buy", null, moneyEn)).toBe(moneyEn.reason.unclear);
  expect(reasonText("buy", "mpesa_77", moneyEn)).toBe(moneyEn.reason.unclear);
  expect(reasonText("sell", "mpesa_77", moneyEn)).toBe(moneyEn.reason.ours);
});
