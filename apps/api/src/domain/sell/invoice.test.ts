import { fiat, msat } from "@satsconnect/money";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "../decide.ts";
import type { Fact, LightningReport } from "../facts.ts";
import type { SellOrder } from "../order.ts";
import { paymentLimits } from "../policy.ts";
import { sampleSell, sampleTime } from "../samples.ts";

const sample = sampleSell({ orderId: "o", quoteId: "q", walletId: "w", tag: "1" });
const open: SellOrder = {
  ...sample,
  held: {
    invoice: "lnbcrt1held",
    paymentHash: "held",
    invoiceExpiresAt: sample.payBy,
    receivedMsat: msat(0n),
    claimDeadlineHeight: 0,
    tipHeight: 0,
    seenAt: 0,
  },
};

function report(receivedMsat: bigint): LightningReport {
  return {
    paymentHash: "held",
    direction: "inbound",
    state: "held",
    receivedMsat: msat(receivedMsat),
    feeMsat: msat(0n),
    failure: null,
    claimDeadlineHeight: 944,
    tipHeight: 800,
  };
}

function held(receivedMsat: bigint, now: number) {
  const fact: Fact = {
    type: "lightning_reported",
    answer: { ok: true, value: report(receivedMsat) },
  };
  const decision = decide(open, fact, now);
  if (decision === null) throw new Error("no decision");
  return decision;
}

const agreed = open.terms.amountMsat;

describe("the payment of a sell", () => {
  test("38: reserves the float when it is held, and not before", () => {
    const { next, postings } = held(agreed, sampleTime + 1_000);
    expect(next).toMatchObject({ state: "held", floatReserved: true });
    expect(postings.map(({ kind }) => kind)).toEqual(["payout_reserved"]);
    const cancelled = decide(open, { type: "holder_cancelled" }, sampleTime + 1_000);
    expect(cancelled).toMatchObject({ next: { state: "cancelled" }, postings: [] });
  });

  test("38: is failed back at once when the float does not cover the payout, and releases nothing", () => {
    const fact: Fact = { type: "float_short", report: report(agreed) };
    const failed = decide(open, fact, sampleTime + 1_000);
    expect(failed).toMatchObject({
      next: { state: "returning", reason: "float_exhausted", floatReserved: false },
      postings: [],
      effects: [{ type: "fail_payment", paymentHash: "held" }],
    });
    const returned: Fact = {
      type: "lightning_reported",
      answer: { ok: true, value: { ...report(agreed), state: "returned" } },
    };
    const ended = decide(failed?.next ?? open, returned, sampleTime + 2_000);
    expect(ended).toMatchObject({
      next: { state: "cancelled", reason: "float_exhausted" },
      postings: [],
    });
  });

  test("14: is failed back if it is held one millisecond after the quote's end", () => {
    expect(held(agreed, open.payBy).next.state).toBe("held");
    expect(held(agreed, open.payBy + 1).next).toMatchObject({
      state: "returning",
      reason: "paid_too_late",
    });
  });

  test("12: is taken from the agreed amount up to the largest overpayment, exactly", () => {
    const most = agreed + paymentLimits.maxOverpaymentMsat;
    for (const [amount, state] of [
      [agreed - 10_000n, "returning"],
      [agreed - 1n, "returning"],
      [agreed, "held"],
      [most, "held"],
      [most + 1n, "returning"],
    ] as const) {
      expect([amount, held(amount, sampleTime).next.state]).toEqual([amount, state]);
    }
    fc.assert(
      fc.property(fc.bigInt(1n, agreed - 1n), (amount) => {
        expect(held(amount, sampleTime).next).toMatchObject({
          state: "returning",
          reason: "amount_mismatch",
        });
      }),
    );
  });

  test("an order that was opened before floats were reserved at the payment keeps its reservation", () => {
    const old: SellOrder = { ...open, floatReserved: true };
    const fact: Fact = { type: "lightning_reported", answer: { ok: true, value: report(agreed) } };
    expect(decide(old, fact, sampleTime)?.postings).toEqual([]);
    const cancelled = decide(old, { type: "holder_cancelled" }, sampleTime);
    expect(cancelled?.postings.map(({ kind }) => kind)).toEqual(["payout_released"]);
    expect(old.payout.amountKesCents).toBe(fiat("KES", 30_000n));
  });
});
