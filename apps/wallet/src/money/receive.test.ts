import type { PaymentView } from "@satsconnect/wallet/client";
import { describe, expect, it } from "vitest";
import { moneyEn } from "../i18n/parts/money.en.ts";
import { moneySw } from "../i18n/parts/money.sw.ts";
import { fixtureNow, fixturePayment } from "../testing/fixture-wallet.ts";
import { failureWords, paymentPath, standing } from "./payment-path.ts";
import { judgeReceive, openingFee } from "./receive.ts";

const first = {
  receivableMsat: "0",
  minMsat: "10000000",
  maxMsat: "1000000000",
  minOpeningFeeMsat: "2500000",
  openingFeePartsPerMillion: 5_000,
};

describe("what a code means before it is made", () => {
  it("tells a first payment's minimum, maximum and fee", () => {
    expect(judgeReceive(0n, first)).toEqual({ kind: "amount_needed" });
    expect(judgeReceive(9_999_999n, first)).toEqual({
      kind: "below_minimum",
      minimumMsat: 10_000_000n,
    });
    expect(judgeReceive(10_000_000n, first)).toEqual({ kind: "opens_channel" });
    expect(judgeReceive(1_000_000_001n, first)).toMatchObject({ kind: "above_maximum" });
    expect(openingFee(10_000_000n, first)).toBe(2_500_000n);
    expect(openingFee(900_000_001n, first)).toBe(4_500_001n);
    expect(openingFee(1n, { ...first, minOpeningFeeMsat: null })).toBeNull();
  });

  it("costs nothing where there is room", () => {
    const room = { ...first, receivableMsat: "80000000" };
    expect(judgeReceive(80_000_000n, room)).toEqual({ kind: "fits" });
    expect(judgeReceive(0n, room)).toEqual({ kind: "any" });
    expect(judgeReceive(80_000_001n, room)).toEqual({ kind: "opens_channel" });
  });

  it("lets the wallet judge what is not known", () => {
    expect(judgeReceive(1n, null)).toEqual({ kind: "fits" });
    expect(judgeReceive(0n, null)).toEqual({ kind: "any" });
  });
});

describe("where a payment stands", () => {
  const cases: readonly (readonly [string, Partial<PaymentView>, number])[] = [
    ["moving", {}, 0],
    ["waiting", { nodeState: "pending" }, 600_000],
    ["unknown", {}, 120_000],
    ["done", { state: "done" }, 600_000],
    ["failed", { state: "ended", failure: "noRoute" }, 0],
  ];
  it.each(cases)("is %s", (stands, change, laterMs) => {
    expect(standing(fixturePayment(change), fixtureNow + laterMs)).toBe(stands);
  });

  it("is never told as failed while the answer is out", () => {
    const steps = paymentPath(fixturePayment(), "Njeri", fixtureNow + 9_000_000, moneyEn);
    expect(steps.map(({ state }) => state)).toEqual(["done", "late", "next"]);
  });

  it("has words for every step and failure", () => {
    const failures = [
      "invoiceExpired",
      "noRoute",
      "recipientRejected",
      "recipientOffline",
      "capExceeded",
      "insufficientFunds",
      "retriesExhausted",
      "channelOpenFailed",
      "abandoned",
      "requestNotUsable",
      null,
    ];
    for (const words of [moneyEn, moneySw]) {
      for (const failure of failures) expect(failureWords(failure, words)).not.toBe("");
      for (const [, change, laterMs] of cases)
        for (const step of paymentPath(
          fixturePayment(change),
          "Njeri",
          fixtureNow + laterMs,
          words,
        ))
          expect(step.place === "" || step.detail === "").toBe(false);
    }
  });
});
