import type { Fact, FactType } from "../facts.ts";
import type { SellOrder } from "../order.ts";
import { neverSent, stepPayout } from "../payout.ts";
import { holdBlocks, orderTimes } from "../policy.ts";
import type { SellDraft, SellRule } from "./drafts.ts";
import {
  pollAgain,
  blocksLeft,
  claim,
  close,
  endLost,
  failPayment,
  isFresh,
  isReturned,
  isUnknownToNode,
  noteIfLost,
  queryPayment,
  pollInterval,
  release,
  reportOf,
  openCase,
  protectiveClaimAt,
  withReport,
  withUnknown,
} from "./drafts.ts";
import * as post from "./postings.ts";

export const payOut: SellRule<"woken"> = {
  to: { payout_requested: "the payout is about to be sent" },
  decide: (order, fact, now) => {
    const { held } = order;
    if (held === null) return null;
    if (isFresh(held, now)) return payoutStepped(order, fact, now, "send");
    // The last report is too old, e.g. after downtime: query the payment before sending money.
    const deadlineAt = now + orderTimes.stepMs;
    return { next: { ...order, deadlineAt, wakeAt: deadlineAt }, effects: [queryPayment(held)] };
  },
};

/** Transitions of an open payout, the same before and after it becomes unknown. */
const payoutTransitions = {
  payout_requested: "M-Pesa accepted the payout request",
  payout_unknown: "timeout, HTTP 5xx, queue timeout, or no result",
  payout_confirmed: "the payout is proven paid",
  returning: "the payout is proven not paid",
} as const;

export function payoutRule<Type extends FactType>(): SellRule<Type> {
  return {
    to: payoutTransitions,
    decide: (order, fact, now) => payoutStepped(order, fact, now, "query_only"),
  };
}

/** Queries the held payment before sending a payout: the node may have failed it back since the last report. */
export const awaitingWoken: SellRule<"woken"> = {
  to: payoutTransitions,
  decide: (order, fact, now) => {
    const { held, payout } = order;
    if (held === null) return null;
    const fresh = isFresh(held, now);
    const overdue = now >= (order.deadlineAt ?? 0);
    if (now >= order.lookAt || overdue || (now >= payout.dueAt && !fresh)) {
      const lookAt = now + (fresh ? pollInterval(held) : orderTimes.heldPollNearDeadlineMs);
      const deadlineAt = protectiveClaimAt(held, now);
      return {
        next: withWakeTime({ ...order, lookAt, deadlineAt }, now),
        effects: [queryPayment(held)],
      };
    }
    const mode = blocksLeft(held) > holdBlocks.minToSend ? "send" : "query_only";
    const stepped = payoutStepped(order, fact, now, mode);
    if (stepped !== null) return stepped;
    return now >= (order.wakeAt ?? 0) ? { next: withWakeTime(order, now) } : null;
  },
};

export const awaitingReported: SellRule<"lightning_reported"> = {
  to: {
    payout_unknown: "the node does not answer: M-Pesa is queried",
    protective_claim: `${holdBlocks.protectiveClaim} blocks left, and no proof of the payout`,
    returning: `${holdBlocks.protectiveClaim} blocks left, and the payout was never sent`,
    cancelled: "the payment was failed back or is unknown to the node, and no payout was sent",
    case: "the payment was failed back with an unknown payout",
  },
  decide: (order, { answer, fromStream }, now) => {
    if (isUnknownToNode(answer)) {
      const { order: noted, isLost } = withUnknown(order, now);
      if (isLost && neverSent(order.payout)) return endLost(noted);
      // M-Pesa can still be queried; nothing is sent.
      const stepped = payoutStepped(noted, { type: "woken" }, now, "query_only");
      return noteIfLost(noted, "payment_gone_before_proof", now, stepped ?? { next: noted });
    }
    const report = reportOf(order, answer);
    if (report === null && answer.ok && answer.value !== null) return null;
    // The node does not answer, but M-Pesa can still be queried.
    if (report === null) return payoutStepped(order, { type: "woken" }, now, "query_only");
    const next = withReport(order, report, fromStream === true ? null : now);
    if (report.state === "held") {
      if (blocksLeft(next.held) > holdBlocks.protectiveClaim) {
        if (fromStream === true) return null;
        const due = now >= order.payout.dueAt;
        return {
          next: withWakeTime({ ...next, deadlineAt: protectiveClaimAt(next.held, now) }, now),
          effects: due ? [{ type: "continue" }] : [],
        };
      }
      if (neverSent(order.payout)) return failPayment(next, "payout_never_sent", now);
      return {
        next: {
          ...next,
          state: "protective_claim",
          reason: "payout_not_proven_in_time",
          dueAt: now + orderTimes.callTimeoutMs,
          deadlineAt: now + orderTimes.caseReminderMs,
          wakeAt: now + orderTimes.callTimeoutMs,
        },
        effects: [claim(report)],
      };
    }
    if (isReturned(report) && neverSent(order.payout))
      return release(next, "cancelled", "payment_returned");
    return openCase(next, "payment_gone_before_proof", now);
  },
};

export const confirmedReported: SellRule<"lightning_reported"> = {
  to: { claimed: "the payment is claimed", case: "the payment was failed back after the payout" },
  decide: (order, { answer }, now) => {
    const report = reportOf(order, answer);
    if (isUnknownToNode(answer)) {
      return noteIfLost(order, "payment_gone_after_payout", now, pollAgain(order, now));
    }
    if (report === null || report.state === "held") return pollAgain(order, now);
    if (report.state === "claiming") return pollAgain(order, now);
    if (report.state === "succeeded") {
      return {
        next: close(withReport(order, report), "claimed", null),
        postings: [post.satsClaimed(withReport(order, report))],
      };
    }
    return openCase(withReport(order, report), "payment_gone_after_payout", now);
  },
};

/** Applies a fact to the payout, and changes the order's state to match. */
function payoutStepped(
  order: SellOrder,
  fact: Fact,
  now: number,
  mode: "send" | "query_only",
): SellDraft | null {
  const stepped = stepPayout(order.payout, fact, now, mode);
  if (stepped === null) return null;
  const { payout, keys, cases } = stepped;
  const next = { ...order, payout, mpesaReceipt: payout.receipt ?? order.mpesaReceipt };
  const rest = { keys, cases, effects: stepped.effects };
  switch (payout.status) {
    case "confirmed": {
      const confirmed = { ...next, state: "payout_confirmed", reason: null } as const;
      return {
        ...rest,
        next: {
          ...confirmed,
          dueAt: now + orderTimes.callTimeoutMs,
          wakeAt: now + orderTimes.callTimeoutMs,
          deadlineAt: now + orderTimes.caseReminderMs,
        },
        postings: [post.payoutPaid(order)],
        effects: order.held === null ? [] : [claim(order.held)],
      };
    }
    case "failed":
      return { ...rest, ...failPayment(next, `mpesa_${payout.failureCode ?? "refused"}`, now) };
    case "unknown":
      return { ...rest, next: awaiting(next, "payout_unknown", now) };
    default:
      // A resend does not prove anything about the earlier send, so the payout stays unknown.
      return {
        ...rest,
        next: awaiting(next, payout.perhapsSent ? "payout_unknown" : "payout_requested", now),
      };
  }
}

function awaiting(
  order: SellOrder,
  state: "payout_requested" | "payout_unknown",
  now: number,
): SellOrder {
  const deadlineAt =
    order.state === "payout_requested" || order.state === "payout_unknown"
      ? order.deadlineAt
      : protectiveClaimAt(order.held, now);
  return withWakeTime({ ...order, state, reason: null, deadlineAt }, now);
}

/** Wakes the order at the payout's next step or the next query of the held payment, whichever is earlier. */
function withWakeTime(order: SellOrder, now: number): SellOrder {
  const { dueAt } = order.payout;
  return { ...order, wakeAt: dueAt > now ? Math.min(dueAt, order.lookAt) : order.lookAt };
}
