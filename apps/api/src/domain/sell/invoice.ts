import { zeroMsat } from "@satsconnect/money";
import type { LightningReport } from "../facts.ts";
import type { HoldInvoice, SellOrder } from "../order.ts";
import { holdBlocks, orderTimes, paymentLimits } from "../policy.ts";
import { isDue } from "../due.ts";
import type { SellDraft, SellRule } from "./drafts.ts";
import {
  blocksLeft,
  claimedTooSoon,
  endLost,
  failPayment,
  isReturned,
  isUnknownToNode,
  queryPayment,
  release,
  reportOf,
  retryAt,
  unknownPayment,
  withReport,
  withUnknown,
} from "./drafts.ts";

export const makingInvoice: SellRule<"woken"> = {
  to: { expired: "the node made no invoice in time" },
  decide: (order, _fact, now) => {
    const { held } = order;
    if (held !== null) {
      if (!isDue(order, order.dueAt, now)) return null;
      const overdue = now >= (order.deadlineAt ?? 0);
      const deadlineAt = overdue ? now + orderTimes.stepMs : order.deadlineAt;
      return retryAt({ ...order, deadlineAt }, now + orderTimes.holdInvoicePollMs, [
        queryPayment(held),
      ]);
    }
    if (now >= order.payBy) return release(order, "expired", "engine_unavailable");
    return now < order.dueAt
      ? null
      : retryAt(order, now + orderTimes.callTimeoutMs, [{ type: "make_invoice" }]);
  },
};

export const invoiceMade: SellRule<"invoice_made"> = {
  to: { cancelled: "the node refuses to make an invoice" },
  decide: (order, { answer }, now) => {
    if (order.held !== null) return null;
    if (!answer.ok) {
      if (answer.retry === "never") return release(order, "cancelled", "invoice_refused");
      return retryAt(order, now + orderTimes.lightningPollMinMs, []);
    }
    const held: HoldInvoice = {
      ...answer.value,
      receivedMsat: zeroMsat,
      claimDeadlineHeight: 0,
      tipHeight: 0,
      seenAt: 0,
    };
    const dueAt = now + orderTimes.holdInvoicePollMs;
    const deadlineAt = Math.max(order.payBy, held.invoiceExpiresAt) + orderTimes.invoiceGraceMs;
    return {
      next: { ...order, held, dueAt, deadlineAt, wakeAt: dueAt },
      keys: [{ kind: "payment_hash", value: held.paymentHash }],
    };
  },
};

export const invoiceReported: SellRule<"lightning_reported"> = {
  to: {
    held: "the payment is held as agreed",
    returning: "held, but late, with a wrong amount, or for too few blocks",
    expired: "not paid in time",
    case: "the payment was claimed without a payout",
  },
  decide: (order, { answer, fromStream }, now) => {
    const report = reportOf(order, answer);
    if (isUnknownToNode(answer) && now >= order.payBy + orderTimes.invoiceGraceMs) {
      return { ...release(order, "expired", "not_paid"), cases: [unknownPayment] };
    }
    if (report === null) return null;
    switch (report.state) {
      case "held":
        return accept(order, report, now, fromStream === true);
      case "expired":
      case "returned":
      case "failed":
        return release(order, "expired", "not_paid");
      case "open":
        // The node closes the invoice by itself. A payment that still arrives is failed back from the final state.
        return now < order.payBy + orderTimes.invoiceGraceMs
          ? null
          : release(order, "expired", "not_paid");
      default:
        return claimedTooSoon(order, report, "claimed_without_payout", now);
    }
  },
};

/** @param isEvent the report is an event, which may be old: the node is asked again before money leaves. */
function accept(
  order: SellOrder,
  report: LightningReport,
  now: number,
  isEvent: boolean,
): SellDraft {
  const next = withReport(order, report, isEvent ? 0 : now);
  const excess = report.receivedMsat - order.terms.amountMsat;
  if (excess < 0n || excess > paymentLimits.maxOverpaymentMsat)
    return failPayment(next, "amount_mismatch", now);
  if (now > order.payBy) return failPayment(next, "paid_too_late", now);
  if (blocksLeft(report) < holdBlocks.minToStartPayout)
    return failPayment(next, "hold_too_short", now);
  return {
    next: {
      ...next,
      state: "held",
      reason: null,
      dueAt: now,
      lookAt: now + orderTimes.heldPollMs,
      deadlineAt: now + orderTimes.stepMs,
      wakeAt: now + orderTimes.stepMs,
    },
    effects: [{ type: "continue" }],
  };
}

/** Before the payout: the payment must still be held, with enough blocks left. */
export const heldReported: SellRule<"lightning_reported"> = {
  to: {
    returning: "too few blocks are left",
    cancelled: "the payment was failed back, or the node does not know it",
    case: "the payment was claimed without a payout",
  },
  decide: (order, { answer, fromStream }, now) => {
    if (isUnknownToNode(answer)) {
      // Nothing was paid out, so the order can end without the node's help.
      const { order: next, isLost } = withUnknown(order, now);
      return isLost ? endLost(next) : { next };
    }
    const report = reportOf(order, answer);
    if (report === null || (fromStream === true && report.state === "held")) return null;
    if (report.state === "held") {
      const next = withReport(order, report, now);
      return blocksLeft(report) < holdBlocks.minToStartPayout
        ? failPayment(next, "hold_too_short", now)
        : { next, effects: [{ type: "continue" }] };
    }
    if (isReturned(report)) return release(order, "cancelled", "payment_returned");
    return claimedTooSoon(order, report, "claimed_without_payout", now);
  },
};

export const holderCancels: SellRule<"holder_cancelled"> = {
  to: { cancelled: "the holder cancels" },
  decide: (order) => release(order, "cancelled", "cancelled_by_holder"),
};
