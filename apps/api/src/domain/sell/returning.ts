import type { FactType } from "../facts.ts";
import { stepPayout } from "../payout.ts";
import { orderTimes } from "../policy.ts";
import { isDue } from "../due.ts";
import type { SellRule } from "./drafts.ts";
import {
  pollAgain,
  escalate,
  isReturned,
  release,
  reportOf,
  openCase,
  withReport,
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
  to: { cancelled: "the payment was failed back", case: "the payment was claimed instead" },
  decide: (order, { answer }, now) => {
    const report = reportOf(order, answer);
    if (report === null || report.state === "held" || report.state === "open")
      return pollAgain(order, now);
    if (isReturned(report)) return release(withReport(order, report), "cancelled", order.reason);
    return openCase(order, "claimed_instead_of_returned", now);
  },
};

/** Facts about a payout that is already proven. A contradiction opens a case; anything else changes nothing. */
export function contradictionRule<Type extends FactType>(): SellRule<Type> {
  return {
    to: { case: "M-Pesa's answers contradict each other" },
    decide: (order, fact, now) => {
      const stepped = stepPayout(order.payout, fact, now);
      if (stepped === null || stepped.cases.length === 0) return null;
      const draft =
        order.state === "payout_confirmed"
          ? { next: order }
          : openCase(order, "payout_contradiction", now);
      return { ...draft, cases: stepped.cases };
    },
  };
}
