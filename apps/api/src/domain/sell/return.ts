import type { FactType } from "../facts.ts";
import { stepPayout } from "../payout.ts";
import { orderTimes } from "../policy.ts";
import type { SellRule } from "./moves.ts";
import { again, escalate, isDue, isGone, release, reportOf, toCase, withReport } from "./moves.ts";

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
      effects: [{ type: "hand_back_payment", paymentHash: held.paymentHash }],
    });
  },
};

export const returningReported: SellRule<"lightning_reported"> = {
  to: { cancelled: "the sats are back", case: "taken after all" },
  decide: (order, { answer }, now) => {
    const report = reportOf(order, answer);
    if (report === null || report.state === "held" || report.state === "open")
      return again(order, now);
    if (isGone(report)) return release(withReport(order, report), "cancelled", order.reason);
    return toCase(order, "claimed_instead_of_returned", now);
  },
};

/** Late word on a payout that was proven already: what agrees is nothing new, what contradicts is for a person. */
export function noteRule<Type extends FactType>(): SellRule<Type> {
  return {
    to: { case: "M-Pesa contradicts itself" },
    decide: (order, fact, now) => {
      const stepped = stepPayout(order.payout, fact, now);
      if (stepped === null || stepped.cases.length === 0) return null;
      const draft =
        order.state === "payout_confirmed"
          ? { next: order }
          : toCase(order, "payout_contradiction", now);
      return { ...draft, cases: stepped.cases };
    },
  };
}
