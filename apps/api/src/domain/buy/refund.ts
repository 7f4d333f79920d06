import type { Fact, FactType } from "../facts.ts";
import type { BuyOrder } from "../order.ts";
import { stepPayout } from "../payout.ts";
import { orderTimes } from "../policy.ts";
import type { BuyDraft, BuyRule } from "./moves.ts";
import { close, toCase } from "./moves.ts";
import * as books from "./postings.ts";

/** Back to the number that paid. The id was stored when the order was opened; the payout's own step sends it. */
export function refund(order: BuyOrder, reason: string, now: number): BuyDraft {
  const deadlineAt = now + orderTimes.caseReminderMs;
  const next: BuyOrder = { ...order, state: "refunding", reason, deadlineAt, wakeAt: now };
  return { next, postings: [books.refundReserved(order)], effects: [{ type: "go_on" }] };
}

export function refundRule<Type extends FactType>(): BuyRule<Type> {
  return {
    to: { refunded: "proven paid back", case: "M-Pesa refuses the refund" },
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
      postings: [books.refundPaid(order)],
      keys,
      cases,
    };
  }
  if (payout.status === "failed") return toCase(next, "refund_refused", now);
  const deadlineAt = overdue ? now + orderTimes.caseReminderMs : order.deadlineAt;
  const detail = "The refund has been under way for longer than it should be.";
  return {
    next: { ...next, deadlineAt, wakeAt: payout.dueAt },
    keys,
    cases: overdue ? [...cases, { code: "refund_overdue", detail }] : cases,
    effects,
  };
}
