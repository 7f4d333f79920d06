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
    to: { refunded: "the refund is proven paid", case: "M-Pesa refuses the refund" },
    decide: (order, fact, now) => refundStepped(order, fact, now),
  };
}

function refundStepped(order: BuyOrder, fact: Fact, now: number): BuyDraft | null {
  const stepped = stepPayout(order.payout, fact, now);
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
