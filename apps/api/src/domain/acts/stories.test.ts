import { fiat } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import { emptyCaseFile } from "../case-file.ts";
import type { CaseFile } from "../case-file.ts";
import { decide } from "../decide.ts";
import type { Decision } from "../decision.ts";
import type { Fact } from "../facts.ts";
import type { BuyOrder, Order, SellOrder } from "../order.ts";
import { findImbalance } from "../postings.ts";
import { sampleBuy, sampleSell, sampleTime } from "../samples.ts";
import type { OperatorAct } from "./act.ts";

const names = { orderId: "order", quoteId: "quote", walletId: "wallet", tag: "1" };
const now = sampleTime + 60_000;
const deadlineAt = sampleTime + 86_400_000;
const price = sampleBuy(names).terms.amountKesCents;

/** Applies acts and facts in order, each as the database would store it, and sums up what they booked. */
function tell(start: Order, ...steps: readonly (OperatorAct | Fact)[]) {
  let order = start;
  const balances = new Map<string, bigint>();
  let last: Decision | null = null;
  for (const step of steps) {
    const fact = isFact(step)
      ? step
      : ({
          type: "operator_acted",
          act: step,
          context: { by: "amina", payoutId: "OCnew", invoice: null },
        } as const);
    last = decide(order, fact, now);
    if (last === null) throw new Error(`${step.type} was refused in ${order.state}`);
    for (const { kind, entries } of last.postings) {
      expect(findImbalance(entries), `of ${kind}`).toBeNull();
      for (const { account, amount } of entries) {
        balances.set(account, (balances.get(account) ?? 0n) + amount);
      }
    }
    order = last.next;
  }
  return { order, last, balance: (account: string) => balances.get(account) ?? 0n };
}

function isFact(step: OperatorAct | Fact): step is Fact {
  return ["woken", "reversal_answered", "reversal_resulted", "payout_answered", "payout_resulted"]
    .concat("lightning_reported", "prompt_called_back", "float_short")
    .includes(step.type);
}

function buyIn(state: BuyOrder["state"], more: Partial<BuyOrder> = {}): BuyOrder {
  const times =
    state === "case" ? { deadlineAt, wakeAt: deadlineAt } : { deadlineAt: null, wakeAt: null };
  return { ...sampleBuy(names), state, ...times, ...more };
}

const inSuspense: CaseFile = {
  ...emptyCaseFile,
  payments: [
    {
      checkoutRequestId: "ws_CO_1",
      receipt: null,
      msisdn: null,
      amountKesCents: price,
      reversal: "none",
    },
  ],
  suspenseKesCents: price,
};
const woken: Fact = { type: "woken" };
const payoutAnswered: Fact = {
  type: "payout_answered",
  answer: { ok: true, value: { conversationId: "AG_1" } },
};
function payoutResulted(status: "succeeded" | "failed", conversationId = "AG_1"): Fact {
  return {
    type: "payout_resulted",
    result: {
      conversationId,
      originatorConversationId: null,
      status,
      code: status === "succeeded" ? "0" : "2040",
      amountKesCents: null,
      receipt: status === "succeeded" ? "SKN0000009" : null,
      msisdn: null,
    },
  };
}
const credit = (amount: bigint, msisdn: string | null): OperatorAct => ({
  type: "credit_receipt",
  receipt: "SKN0000001",
  amountKesCents: fiat("KES", amount),
  msisdn,
  completedAt: now,
});

describe("a case", () => {
  test("34: whose shillings were set aside is delivered, and the suspense is empty", () => {
    const { order, balance } = tell(buyIn("case", { caseFile: inSuspense }), {
      type: "deliver",
      invoice: null,
    });
    expect(order).toMatchObject({ state: "kes_received", credit: "undelivered" });
    expect(balance("kes_suspense")).toBe(price);
    expect(balance("buys_undelivered")).toBe(0n - price);
  });

  test("41: takes amount and payer from the statement, and gives exactly that back to that payer", () => {
    const refund = {
      type: "refund",
      amountKesCents: fiat("KES", price + 2_500n - 500n),
      way: "payout",
    } as const;
    const corrected = tell(
      buyIn("case", { caseFile: inSuspense }),
      credit(price + 2_000n, "254799000001"),
    );
    expect(corrected.balance("kes_suspense")).toBe(-2_000n);
    const { order, balance } = tell(
      corrected.order,
      refund,
      woken,
      woken,
      payoutAnswered,
      payoutResulted("succeeded"),
    );
    expect(order.caseFile.refund?.payout).toMatchObject({
      msisdn: "254799000001",
      amountKesCents: price + 2_000n,
      status: "confirmed",
    });
    expect(order.state).toBe("refunded");
    expect(balance("kes_suspense")).toBe(price + 2_000n);
    expect(balance("mpesa_available")).toBe(0n - price - 2_000n);
    expect(balance("mpesa_reserved")).toBe(0n);
  });

  test("41: whose payment was smaller than ours books the difference, and can still be refunded", () => {
    const { order, balance } = tell(
      buyIn("case", { caseFile: inSuspense }),
      credit(price - 5_000n, "254799000001"),
    );
    expect(order.caseFile.suspenseKesCents).toBe(price - 5_000n);
    expect(balance("mpesa_collections")).toBe(-5_000n);
    const act = { type: "deliver", invoice: null } as const;
    const context = { by: "amina", payoutId: "OCnew", invoice: null };
    expect(decide(order, { type: "operator_acted", act, context }, now)).toBeNull();
  });

  test("is refunded in two parts: between them it is a case again, and nothing is paid twice", () => {
    const part = (cents: bigint): OperatorAct => ({
      type: "refund",
      amountKesCents: fiat("KES", cents),
      way: "payout",
    });
    const first = tell(
      buyIn("case", { credit: "undelivered" }),
      part(10_000n),
      woken,
      woken,
      payoutAnswered,
      payoutResulted("succeeded"),
    );
    expect(first.order).toMatchObject({ state: "case", reason: "refunded_in_part" });
    expect(first.order.caseFile.suspenseKesCents).toBe(price - 10_000n);
    const second = tell(
      first.order,
      part(price - 10_000n),
      woken,
      woken,
      { ...payoutAnswered, answer: { ok: true, value: { conversationId: "AG_2" } } },
      payoutResulted("succeeded", "AG_2"),
    );
    expect(second.order.state).toBe("refunded");
    expect(second.order.caseFile.suspenseKesCents).toBe(0n);
    expect(second.last?.closesCases).toBe(true);
    expect(first.balance("mpesa_available") + second.balance("mpesa_available")).toBe(0n - price);
  });

  test("whose refund M-Pesa refused is paid out again under a new id, and the first may turn out made", () => {
    const act: OperatorAct = { type: "refund", amountKesCents: price, way: "payout" };
    const refused = tell(
      buyIn("case", { caseFile: inSuspense }),
      act,
      woken,
      woken,
      payoutAnswered,
      payoutResulted("failed"),
    );
    expect(refused.order).toMatchObject({ state: "case", reason: "refund_refused" });
    expect(refused.balance("mpesa_reserved")).toBe(0n);
    const late = tell(refused.order, payoutResulted("succeeded"));
    expect(late.order.caseFile.latePayouts).toMatchObject([{ claim: "made", booked: false }]);
    const { order, balance } = tell(late.order, { type: "made_after_all", receipt: null });
    expect(order.state).toBe("refunded");
    expect(balance("kes_suspense")).toBe(price);
  });

  test("38: waits with its refund until there is float for it", () => {
    const { order, last } = tell(
      buyIn("case", { caseFile: inSuspense }),
      { type: "refund", amountKesCents: price, way: "payout" },
      { type: "float_short", report: null },
    );
    expect(order.state).toBe("refunding");
    expect(order.wakeAt).toBeGreaterThan(now);
    expect(last?.cases).toMatchObject([{ code: "refund_float_missing" }]);
    const later = decide(order, woken, order.wakeAt ?? 0);
    expect(later?.reservesFloat).toBe(true);
  });
});

describe("the case file of an order that has ended", () => {
  test("31: gives a payment that only the statement knows back, and the order stays expired", () => {
    const { order, balance, last } = tell(
      buyIn("expired"),
      credit(price, "254712345678"),
      { type: "refund", amountKesCents: price, way: "reversal" },
      woken,
      { type: "reversal_answered", answer: { ok: true, value: { conversationId: "AG_1" } } },
      {
        type: "reversal_resulted",
        result: {
          conversationId: "AG_1",
          status: "succeeded",
          code: "0",
          amountKesCents: price,
          receipt: "SKN0000002",
        },
      },
    );
    expect(order.state).toBe("expired");
    expect(order.caseFile).toMatchObject({
      suspenseKesCents: 0n,
      refund: { status: "made" },
      wakeAt: null,
    });
    expect(last?.closesCases).toBe(true);
    expect(balance("mpesa_collections")).toBe(0n);
    expect(balance("kes_suspense")).toBe(0n);
  });

  test("pays a recipient again whose payout M-Pesa proved and then denied", () => {
    const sell: SellOrder = {
      ...sampleSell(names),
      state: "claimed",
      deadlineAt: null,
      wakeAt: null,
      payout: { ...sampleSell(names).payout, status: "confirmed", sends: 1 },
    };
    const { order, balance } = tell(
      sell,
      { type: "payout_not_made" },
      { type: "pay_out" },
      woken,
      woken,
      payoutAnswered,
      payoutResulted("succeeded"),
    );
    expect(order.state).toBe("claimed");
    expect(order.payout).toEqual(sell.payout);
    expect(balance("kes_suspense")).toBe(0n);
    expect(balance("mpesa_available")).toBe(0n);
    expect(balance("mpesa_fees")).toBe(0n);
  });

  test("books a payout that was made although it was proven not to be as a loss, once", () => {
    const sell: SellOrder = {
      ...sampleSell(names),
      state: "cancelled",
      deadlineAt: null,
      wakeAt: null,
      payout: { ...sampleSell(names).payout, status: "failed", sends: 1 },
    };
    const act: OperatorAct = { type: "made_after_all", receipt: "SKN0000007" };
    const { order, balance } = tell(sell, act);
    expect(order.state).toBe("cancelled");
    expect(balance("write_offs_kes")).toBe(sell.payout.amountKesCents);
    const context = { by: "amina", payoutId: "OCnew", invoice: null };
    expect(decide(order, { type: "operator_acted", act, context }, now)).toBeNull();
  });
});
