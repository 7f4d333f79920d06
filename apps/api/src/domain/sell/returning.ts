import type { FactType } from "../facts.ts";
import { stepPayout } from "../payout.ts";
import { orderTimes } from "../policy.ts";
import { isDue } from "../due.ts";
import type { SellRule } from "./drafts.ts";
import {
  claimedTooSoon,
  endLost,
  pollAgain,
  escalate,
  isReturned,
  isUnknownToNode,
  release,
  reportOf,
  openCase,
  withReport,
  withUnknown,
} from "./drafts.ts";

export const returningWoken: SellRule<"woken"> = {
  to: {},
  decide: (order, _fact, now) => {
    const { held } = order;
    if (held === null || !isDue(order, order.dueAt, now)) return null;
    return escalate(order, "return_overdue", now, {
      next: {
        ...order,
        dueAt: now + orderTimes.callTimeoutMs,
        wakeAt: now + orderTimes.callTimeoutMs,
      },
      effects: [{ type: "fail_payment", paymentHash: held.paymentHash }],
    });
  },
};

export const returningReported: SellRule<"lightning_reported"> = {
  to: {
    cancelled: "the payment was failed back, or the node does not know it",
    case: "the payment was claimed instead",
  },
  decide: (order, { answer }, now) => {
    if (isUnknownToNode(answer)) {
      const { order: next, isLost } = withUnknown(order, now);
      return isLost ? endLost(next) : pollAgain(next, now);
    }
    const report = reportOf(order, answer);
    if (report === null || report.state === "held" || report.state === "open")
      return pollAgain(order, now);
    if (isReturned(report)) return release(withReport(order, report), "cancelled", order.reason);
    return claimedTooSoon(order, report, "claimed_instead_of_returned", now);
  },
};

/**
 * Facts about a payout that is already proven. A contradiction opens a case, and a claim that a refused payout was made
 * is checked by a status query. The state does not change.
 */
export function notedContradictionRule<Type extends FactType>(): SellRule<Type> {
  return {
    to: {},
    decide: (order, fact, now) => {
      const stepped = stepPayout(order.payout, fact, now, "query_only");
      if (stepped === null) return null;
      const { payout, cases, effects } = stepped;
      return { next: { ...order, payout }, cases, effects };
    },
  };
}

/** As `notedContradictionRule`, and stops the return of the payment. */
export function contradictionRule<Type extends FactType>(): SellRule<Type> {
  const noted = notedContradictionRule<Type>();
  return {
    to: { case: "M-Pesa's answers contradict each other" },
    decide: (order, fact, now) => {
      const draft = noted.decide(order, fact, now);
      const { cases = [], next } = draft ?? { next: order };
      if (draft === null || cases.length === 0) return draft;
      return { ...openCase(next, "payout_contradiction", now), cases };
    },
  };
}
