import type { PaymentView } from "@satsconnect/wallet/client";
import { describe, expect, it } from "vitest";
import { moneyEn } from "../i18n/catalogues/money-screens.en.ts";
import { moneySw } from "../i18n/catalogues/money-screens.sw.ts";
import { fixtureNow, fixturePayment } from "../testing/fixture-wallet.ts";
import { paymentFailureMessage, paymentPath, paymentStatus } from "./payment-path.ts";
import { checkReceiveAmount, openingFee } from "./receive-amount.ts";

const first = {
  receivableMsat: "0",
  minMsat: "10000000",
  maxMsat: "1000000000",
  minOpeningFeeMsat: "2500000",
  openingFeePartsPerMillion: 5_000,
};

describe("an amount to receive", () => {
  it("knows a first payment's minimum, maximum and fee", () => {
    expect(checkReceiveAmount(0n, first)).toEqual({ kind: "amount_needed" });
    expect(checkReceiveAmount(9_999_999n, first)).toEqual({
      kind: "below_minimum",
      minimumMsat: 10_000_000n,
    });
    expect(checkReceiveAmount(10_000_000n, first)).toEqual({ kind: "opens_channel" });
    expect(checkReceiveAmount(1_000_000_001n, first)).toMatchObject({ kind: "above_maximum" });
    expect(openingFee(10_000_000n, first)).toBe(2_500_000n);
    expect(openingFee(900_000_001n, first)).toBe(4_500_001n);
    expect(openingFee(1n, { ...first, minOpeningFeeMsat: null })).toBeNull();
  });

  it("is free of charge within the inbound capacity", () => {
    const withCapacity = { ...first, receivableMsat: "80000000" };
    expect(checkReceiveAmount(80_000_000n, withCapacity)).toEqual({ kind: "fits" });
    expect(checkReceiveAmount(0n, withCapacity)).toEqual({ kind: "any" });
    expect(checkReceiveAmount(80_000_001n, withCapacity)).toEqual({ kind: "opens_channel" });
  });

  it("passes without terms, for the wallet to check", () => {
    expect(checkReceiveAmount(1n, null)).toEqual({ kind: "fits" });
    expect(checkReceiveAmount(0n, null)).toEqual({ kind: "any" });
  });
});

describe("the status of a payment", () => {
  const cases: readonly (readonly [string, Partial<PaymentView>, number])[] = [
    ["moving", {}, 0],
    ["waiting", { nodeState: "pending" }, 600_000],
    ["unknown", {}, 120_000],
    ["done", { state: "done" }, 600_000],
    ["failed", { state: "ended", failure: "noRoute" }, 0],
  ];
  it.each(cases)("is %s", (status, change, laterMs) => {
    expect(paymentStatus(fixturePayment(change), fixtureNow + laterMs)).toBe(status);
  });

  it("is never shown as failed without an answer", () => {
    const steps = paymentPath(fixturePayment(), "Njeri", fixtureNow + 9_000_000, moneyEn);
    expect(steps.map(({ state }) => state)).toEqual(["done", "late", "next"]);
  });

  it("has text for every step and failure", () => {
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
      for (const failure of failures) expect(paymentFailureMessage(failure, words)).not.toBe("");
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
