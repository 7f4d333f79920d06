import type { Effect } from "./effects.ts";
import { unreadableEvidence } from "./effects.ts";
import type { Fact, FactType } from "./facts.ts";
import { isLatePayment, lateHeld, latePayment } from "./late/payment.ts";
import { latePayout, latePayoutQuery } from "./late/payout.ts";
import { isCredited, latePrompt } from "./late/prompt.ts";
import { nothing, unchanged } from "./late/verdict.ts";
import type { LateVerdict } from "./late/verdict.ts";
import { isFinal } from "./order.ts";
import type { Order, OrderKind } from "./order.ts";

/*
 * Evidence that arrives after an order has ended. The state never changes. The evidence is verified with M-Pesa or the
 * node; if it is proven and contradicts the final state, the money is booked and a case is opened.
 */

/** The facts that are judged after an order has ended, by kind of order. */
export const lateFacts: Readonly<Record<OrderKind, ReadonlySet<FactType>>> = {
  buy: new Set([
    "prompt_called_back",
    "lightning_reported",
    "payout_resulted",
    "status_resulted",
    "evidence_unreadable",
  ]),
  sell: new Set([
    "lightning_reported",
    "payout_resulted",
    "status_resulted",
    "evidence_unreadable",
  ]),
};

/** Whether a payment event of the node must be stored as evidence of an ended order. */
export function isLateEvidence(order: Order, fact: Fact): boolean {
  return isFinal(order.state) && fact.type === "lightning_reported" && isLatePayment(order, fact);
}

/** The call that verifies a late fact; null if none is needed. */
export function lateEffect(order: Order, fact: Fact): Effect | null {
  if (!isFinal(order.state)) return null;
  switch (fact.type) {
    case "prompt_called_back": {
      const claims = order.kind === "buy" && fact.callback.succeeded && !isCredited(order);
      if (!claims) return null;
      return { type: "query_prompt", checkoutRequestId: fact.callback.checkoutRequestId };
    }
    case "lightning_reported":
      return lateHeld(order, fact);
    default:
      return latePayoutQuery(order, fact);
  }
}

/** Decides about a late fact, given the answer to `lateEffect`'s call. The state never changes. */
export function judgeLate(
  order: Order,
  fact: Fact,
  answer: Fact | null,
  receivedAt: number,
  now: number,
): LateVerdict {
  switch (fact.type) {
    case "prompt_called_back":
      return order.kind === "buy"
        ? latePrompt(order, fact, answer, receivedAt, now)
        : nothing(order);
    case "lightning_reported":
      return latePayment(order, fact, answer);
    case "evidence_unreadable":
      return { decision: { ...unchanged(order), cases: [unreadableEvidence] }, settled: true };
    default:
      return latePayout(order, fact, answer, receivedAt, now);
  }
}
