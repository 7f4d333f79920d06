import { zeroMsat } from "@satsconnect/money";
import type { Fact, FactType } from "../facts.ts";
import type { BuyOrder } from "../order.ts";
import { stepPayout } from "../payout.ts";
import { orderTimes } from "../policy.ts";
import type { BuyDraft, BuyRule } from "./drafts.ts";
import { close, openCase } from "./drafts.ts";
import * as post from "./postings.ts";

/** Starts the refund to the number that paid, with the payout id stored when the order opened. */
export function refund(order: BuyOrder, reason: string, now: number): BuyDraft {
  const deadlineAt = now + orderTimes.caseReminderMs;
  const next: BuyOrder = { ...order, state: "refunding", reason, deadlineAt, wakeAt: now };
  return { next, postings: [post.refundReserved(order)], effects: [{ type: "continue" }] };
}

export function refundRule<Type extends FactType>(): BuyRule<Type> {
  return {
    to: {
      refunded: "the refund is proven paid",
      paid: "M-Pesa refuses the refund, and the sats had arrived after all",
      case: "M-Pesa refuses the refund",
    },
    decide: (order, fact, now) => refundStepped(order, fact, now),
  };
}

function refundStepped(order: BuyOrder, fact: Fact, now: number): BuyDraft | null {
  // The sats arrived after all: find out about the refund, but do not send it again.
  const mode = order.extraDelivery === true ? "query_only" : "send";
  const stepped = stepPayout(order.payout, fact, now, mode);
  const overdue = fact.type === "woken" && now >= (order.deadlineAt ?? 0);
  if (stepped === null && !overdue) return null;
  const payout = stepped?.payout ?? order.payout;
  const next = { ...order, payout };
  const { keys = [], cases = [], effects = [] } = stepped ?? {};
  if (payout.status === "confirmed") {
    return {
      next: close(next, "refunded", order.reason),
      postings: [post.refundPaid(order)],
      keys,
      cases,
    };
  }
  if (payout.status === "failed" && order.extraDelivery === true) {
    return {
      next: close(next, "paid", null),
      postings: [
        post.satsDelivered(order, zeroMsat, "sats_receivable"),
        post.refundReleased(order),
      ],
      keys,
      cases,
    };
  }
  if (payout.status === "failed") return openCase(next, "refund_refused", now);
  const deadlineAt = overdue ? now + orderTimes.caseReminderMs : order.deadlineAt;
  const detail = "The refund has been pending for too long.";
  return {
    next: { ...next, deadlineAt, wakeAt: payout.dueAt },
    keys,
    cases: overdue ? [...cases, { code: "refund_overdue", detail }] : cases,
    effects,
  };
}

/** In a case, records what becomes of a refund that was sent. Never sends one. */
export function recordRefundRule<Type extends FactType>(): BuyRule<Type> {
  return {
    to: { refunded: "the refund is proven paid" },
    decide: (order, fact, now) => {
      const stepped = stepPayout(order.payout, fact, now, "query_only");
      if (stepped === null) return null;
      const { payout, keys, cases, effects } = stepped;
      const next = { ...order, payout };
      return payout.status === "confirmed" && order.payout.status !== "confirmed"
        ? {
            next: close(next, "refunded", order.reason),
            postings: [post.refundPaid(order)],
            keys,
            cases,
          }
        : { next, keys, cases, effects };
    },
  };
}
