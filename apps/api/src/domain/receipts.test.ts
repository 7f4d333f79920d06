import { describe, expect, test } from "vitest";
import { decide } from "./decide.ts";
import type { Decision } from "./decision.ts";
import type { Fact, PromptCallback } from "./facts.ts";
import { judgeLate, lateEffect } from "./late.ts";
import type { BuyOrder, SellOrder } from "./order.ts";
import { sampleBuy, sampleSell, sampleTime } from "./samples.ts";

const ids = { orderId: "order-1", quoteId: "quote-1", walletId: "wallet-1", tag: "1" };
const now = sampleTime + 30_000;
const checkoutRequestId = "ws_CO_1";
const receipt = "UKN0000001";

const sample = sampleBuy(ids);
const callback: PromptCallback = {
  checkoutRequestId,
  succeeded: true,
  code: "0",
  amountKesCents: sample.terms.amountKesCents,
  receipt,
  msisdn: sample.msisdn,
};
const prompted: BuyOrder = {
  ...sample,
  prompt: { ...sample.prompt, status: "accepted", sends: 1, checkoutRequestId },
};
const confirmed: Fact = {
  type: "prompt_query_answered",
  answer: { ok: true, value: { status: "succeeded" } },
};

/** The sum that a decision moves on the accounts of M-Pesa, in cents. */
function movedOnMpesa(decision: Decision | null): bigint {
  return (decision?.postings ?? [])
    .flatMap(({ entries }) => entries)
    .filter(({ account }) => ["mpesa_collections", "mpesa_available"].includes(account))
    .reduce((sum, { amount }) => sum + amount, 0n);
}

describe("a receipt belongs to one order for ever", () => {
  test("32: of a buy that its callback and the query prove", () => {
    const decision = decide(
      { ...prompted, prompt: { ...prompted.prompt, callback } },
      confirmed,
      now,
    );
    expect(decision?.keys).toContainEqual({ kind: "mpesa_receipt", value: receipt });
    expect(movedOnMpesa(decision)).toBe(sample.terms.amountKesCents);
  });

  test("32: of a buy whose callback comes after the query proved it", () => {
    const paid = decide(prompted, confirmed, now);
    if (paid === null) throw new Error("The query decides");
    const decision = decide(paid.next, { type: "prompt_called_back", callback }, now + 1_000);
    expect(decision?.keys).toContainEqual({ kind: "mpesa_receipt", value: receipt });
    expect(movedOnMpesa(decision)).toBe(0n);
  });

  test("of a payout that M-Pesa's result proves", () => {
    const sell = sampleSell(ids);
    const paying: SellOrder = {
      ...sell,
      state: "payout_requested",
      held: {
        invoice: "lnbcrt1",
        paymentHash: "hash",
        invoiceExpiresAt: now + 60_000,
        receivedMsat: sell.terms.amountMsat,
        claimDeadlineHeight: 1_000,
        tipHeight: 800,
        seenAt: now,
      },
      payout: { ...sell.payout, status: "accepted", sends: 1, conversationIds: ["AG_1"] },
    };
    const decision = decide(
      paying,
      {
        type: "payout_resulted",
        result: {
          conversationId: "AG_1",
          originatorConversationId: sell.payout.originatorConversationId,
          status: "succeeded",
          code: "0",
          amountKesCents: sell.payout.amountKesCents,
          receipt,
          msisdn: sell.payout.msisdn,
        },
      },
      now,
    );
    expect(decision?.keys).toContainEqual({ kind: "mpesa_receipt", value: receipt });
  });
});

describe("a payment that arrives after the order has ended", () => {
  const expired: BuyOrder = {
    ...prompted,
    state: "expired",
    reason: "prompt_not_answered",
    deadlineAt: null,
    wakeAt: null,
  };

  test("31: is booked and takes its receipt, besides the case that it opens", () => {
    const fact: Fact = { type: "prompt_called_back", callback };
    expect(lateEffect(expired, fact)).toMatchObject({ type: "query_prompt" });
    const { decision, settled } = judgeLate(expired, fact, confirmed, now, now + 1_000);
    expect(settled).toBe(true);
    expect(movedOnMpesa(decision)).toBe(sample.terms.amountKesCents);
    expect(decision.cases).not.toEqual([]);
    expect(decision.keys).toContainEqual({ kind: "mpesa_receipt", value: receipt });
  });

  test("is not booked while M-Pesa's query gives no definite answer", () => {
    const pending: Fact = {
      type: "prompt_query_answered",
      answer: { ok: true, value: { status: "pending", code: "4999" } },
    };
    const fact: Fact = { type: "prompt_called_back", callback };
    const { decision, settled } = judgeLate(expired, fact, pending, now, now + 1_000);
    expect(settled).toBe(false);
    expect(movedOnMpesa(decision)).toBe(0n);
  });
});
