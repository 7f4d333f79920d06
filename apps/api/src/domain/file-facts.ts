import { hasOpenRefund, isSettled, withFile } from "./case-file.ts";
import type { LatePayout } from "./case-file.ts";
import { deliveredLate } from "./acts/buy.ts";
import { repaidLate } from "./acts/sell.ts";
import type { Draft } from "./decision.ts";
import { nextLightningPoll } from "./due.ts";
import { provesNeverSent, provesUnsent, wasReported, withReported } from "./lightning-proof.ts";
import type { Fact } from "./facts.ts";
import { isFinal } from "./order.ts";
import type { LightningAttempt, Order } from "./order.ts";
import type { Payout } from "./payout.ts";
import { orderTimes } from "./policy.ts";
import { stepRefund } from "./refund.ts";

/*
 * Facts that concern an order's case file and not its state: the refund or the delivery of an order that has ended, and
 * reports that contradict an earlier proof. They never change the state; they open cases that acts can end.
 */

/** Decides about a fact that only concerns the case file. Null: it does not. */
export function decideFile(order: Order, fact: Fact, now: number): Draft<Order> | null {
  const contradicted = latePayoutMade(order, fact);
  if (contradicted !== null) return contradicted;
  if (!isFinal(order.state)) return null;
  if (hasOpenRefund(order)) {
    const stepped = stepRefund(order, fact, now);
    return stepped === null ? null : { ...stepped, closesCases: isSettled(stepped.next) };
  }
  return order.caseFile.delivery !== null
    ? stepDelivery(order, order.caseFile.delivery, fact, now)
    : null;
}

/** M-Pesa reports that a payout or reversal was made which was proven not to be. */
function latePayoutMade(order: Order, fact: Fact): Draft<Order> | null {
  const { earlierPayouts, refund } = order.caseFile;
  if (fact.type === "reversal_resulted") {
    const { conversationId, status, receipt } = fact.result;
    const reversal = refund?.reversal ?? null;
    if (reversal?.status !== "failed" || status !== "succeeded") return null;
    if (conversationId === null || !reversal.conversationIds.includes(conversationId)) return null;
    return withLate(order, {
      id: reversal.receipt,
      amountKesCents: reversal.amountKesCents,
      account: order.kind === "buy" ? order.collectedIn : "mpesa_collections",
      feeKesCents: withoutFee,
      receipt,
    });
  }
  if (fact.type !== "payout_resulted" && fact.type !== "status_resulted") return null;
  const { conversationId, status, receipt } = fact.result;
  if (status !== "succeeded" || conversationId === null) return null;
  const idsOf = (payout: Payout) =>
    fact.type === "payout_resulted" ? payout.conversationIds : payout.statusConversationIds;
  const payout = earlierPayouts.find((earlier) => idsOf(earlier).includes(conversationId));
  if (payout === undefined) return null;
  return withLate(order, {
    id: payout.originatorConversationId,
    amountKesCents: payout.amountKesCents,
    account: "mpesa_available",
    feeKesCents:
      refund?.payout.originatorConversationId === payout.originatorConversationId
        ? refund.feeKesCents
        : order.payoutFeeKesCents,
    receipt,
  });
}

const withoutFee = 0n as LatePayout["feeKesCents"];

function withLate(order: Order, late: Omit<LatePayout, "claim" | "booked">): Draft<Order> | null {
  const { latePayouts } = order.caseFile;
  if (latePayouts.some(({ id }) => id === late.id)) return null;
  const detail = `M-Pesa reports as made what was proven not to be made (${late.receipt ?? late.id}).`;
  return {
    next: withFile(order, {
      latePayouts: [...latePayouts, { ...late, claim: "made", booked: false }],
    }),
    cases: [{ code: "late_contradiction", detail }],
  };
}

function stepDelivery(
  order: Order,
  delivery: LightningAttempt,
  fact: Fact,
  now: number,
): Draft<Order> | null {
  if (fact.type === "woken") {
    if (now < delivery.dueAt) return null;
    const dueAt = now + orderTimes.callTimeoutMs;
    const again = { ...delivery, polls: delivery.polls + 1, dueAt };
    return {
      next: withFile(order, { delivery: again, wakeAt: dueAt }),
      effects: [
        wasReported(delivery)
          ? { type: "query_payment", paymentHash: delivery.paymentHash }
          : { type: "deliver_late" },
      ],
    };
  }
  if (fact.type !== "lightning_reported") return null;
  const report = fact.answer.ok ? fact.answer.value : null;
  if (report !== null && report.paymentHash !== delivery.paymentHash) return null;
  if (report?.state === "succeeded") {
    const { next, postings } =
      order.kind === "buy"
        ? deliveredLate(order, report.feeMsat)
        : repaidLate(order, report.feeMsat);
    return { next, postings, closesCases: isSettled(next) };
  }
  const unsent = provesUnsent(delivery, fact.answer) || provesNeverSent(delivery, fact.answer, now);
  if (report?.state === "failed" || unsent) {
    const code = report?.failure ?? (fact.answer.ok ? "payment_failed" : fact.answer.code);
    return {
      next: withFile(order, { delivery: null, wakeAt: null }),
      cases: [{ code: "delivery_failed", detail: `The late delivery failed (${code}).` }],
    };
  }
  const dueAt = nextLightningPoll(delivery, now);
  const known = withReported(delivery, fact.answer);
  return { next: withFile(order, { delivery: { ...known, dueAt }, wakeAt: dueAt }) };
}
