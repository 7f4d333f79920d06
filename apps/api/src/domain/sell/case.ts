import type { FactType } from "../facts.ts";
import { isProven, neverSent, stepPayout } from "../payout.ts";
import { orderTimes } from "../policy.ts";
import type { SellRule } from "./drafts.ts";
import { caseWake, close, openCase, reportOf, withReport } from "./drafts.ts";
import * as post from "./postings.ts";

/** Records facts about the payout without changing the order's state. Never sends a payout. */
export function recordPayoutRule<Type extends FactType>(): SellRule<Type> {
  return {
    to: {},
    decide: (order, fact, now) => {
      const stepped = stepPayout(order.payout, fact, now, "query_only");
      if (stepped === null) return null;
      const postings =
        stepped.payout.status === "confirmed" && !isProven(order.payout)
          ? [post.payoutPaid(order)]
          : [];
      return {
        next: {
          ...order,
          payout: stepped.payout,
          mpesaReceipt: stepped.payout.receipt ?? order.mpesaReceipt,
        },
        postings,
        keys: stepped.keys,
        cases: stepped.cases,
        effects: stepped.effects,
      };
    },
  };
}

export const caseWoken: SellRule<"woken"> = {
  to: {},
  decide: (order, fact, now) => {
    const stepped = recordPayoutRule<"woken">().decide(order, fact, now);
    if (now < (order.deadlineAt ?? 0)) {
      return stepped === null
        ? null
        : { ...stepped, next: { ...stepped.next, wakeAt: caseWake(stepped.next) } };
    }
    // Repeat the reminder until an operator resolves the case.
    const deadlineAt = now + orderTimes.caseReminderMs;
    const next = { ...(stepped?.next ?? order), deadlineAt };
    return { ...stepped, next: { ...next, wakeAt: caseWake(next) } };
  },
};

export function caseRule<Type extends FactType>(): SellRule<Type> {
  return {
    to: {},
    decide: (order, fact, now) => {
      const stepped = recordPayoutRule<Type>().decide(order, fact, now);
      return stepped === null
        ? null
        : { ...stepped, next: { ...stepped.next, wakeAt: caseWake(stepped.next) } };
    },
  };
}

/** In a case, an operator decides; the ledger still follows the node. */
export const caseReported: SellRule<"lightning_reported"> = {
  to: {},
  decide: (order, { answer }) => {
    const report = reportOf(order, answer);
    if (report?.state !== "succeeded" || order.held === null) return null;
    if (order.held.claimBooked === true) return null;
    const next = withReport(order, report);
    const held = { ...order.held, ...next.held, claimBooked: true as const };
    if (order.payout.status === "confirmed") {
      return { next: { ...next, held }, postings: [post.satsClaimed(next)] };
    }
    const detail = `The payment ${report.paymentHash} was claimed while the order is a case.`;
    return {
      next: { ...next, held },
      postings: [post.satsClaimedProtectively(next)],
      cases: [{ code: "claimed_without_payout", detail }],
    };
  },
};

export const caseResolved: SellRule<"operator_resolved"> = {
  to: { cancelled: "an operator closes it" },
  decide: (order, { resolution, by }) => {
    if (resolution !== "payout_made" && resolution !== "payout_not_made") return null;
    const { status } = order.payout;
    const proven = isProven(order.payout) || neverSent(order.payout);
    const made = proven ? status === "confirmed" : resolution === "payout_made";
    // If the payout's outcome is proven, the operator's resolution must agree with it.
    if (made !== (resolution === "payout_made")) return null;
    const paid = made && status !== "confirmed" ? [post.payoutPaid(order)] : [];
    return {
      next: close(order, "cancelled", "closed_by_operator"),
      postings: made ? [...paid, post.writtenOff(order)] : [post.payoutReleased(order)],
      cases: [{ code: "closed_by_operator", detail: `Closed by ${by}: ${resolution}.` }],
    };
  },
};

export const keyTaken: SellRule<"key_taken"> = {
  to: { case: "a receipt, id or payment hash belongs to another order" },
  decide: (order, { kind }, now) => openCase(order, `${kind}_taken`, now),
};
