import { sentInExcess } from "../case-file.ts";
import type { CaseNote } from "../effects.ts";
import type { LightningReport } from "../facts.ts";
import type { BuyOrder, LightningAttempt } from "../order.ts";
import { isDue, nextLightningPoll } from "../due.ts";
import {
  amountOf,
  isForgotten,
  paidHash,
  provesNeverSent,
  provesUnsent,
  settledBy,
  wasReported,
  withReported,
} from "../lightning-proof.ts";
import { orderTimes } from "../policy.ts";
import type { BuyDraft, BuyRule } from "./drafts.ts";
import { close, openCase, reportOf } from "./drafts.ts";
import { priceFor } from "./offer.ts";
import { isStarted, withoutRefund } from "../refund.ts";
import { creditFromSuspense, deliveredBefore } from "./credit.ts";
import { startRefund } from "./refund.ts";
import * as post from "./postings.ts";

export const startPaying: BuyRule<"woken"> = {
  to: { paying: "the payment is about to be sent", invoice_needed: "the invoice has expired" },
  decide: (order, _fact, now) => {
    if (order.lightning.invoiceExpiresAt <= now + orderTimes.invoiceMarginMs)
      return needInvoice(order, "invoice_expired", now);
    if (now + orderTimes.priceMarginMs <= order.priceUntil) return pay(order, now);
    // The price has ended, or ends before the payment can start: check the current one first.
    const wakeAt = now + orderTimes.stepMs;
    return { next: { ...order, deadlineAt: wakeAt, wakeAt }, effects: [{ type: "fetch_price" }] };
  },
};

export function pay(order: BuyOrder, now: number): BuyDraft {
  const lightning = {
    ...order.lightning,
    polls: order.lightning.polls + 1,
    dueAt: now + orderTimes.callTimeoutMs,
  };
  return {
    next: {
      ...order,
      state: "paying",
      reason: order.state === "paying" ? order.reason : null,
      lightning,
      wakeAt: lightning.dueAt,
      deadlineAt: order.state === "paying" ? order.deadlineAt : now + orderTimes.lightningOverdueMs,
    },
    // The node knows this payment, or the holder was paid through an earlier invoice: only find out what became of it.
    effects: [
      order.extraDelivery === true || wasReported(lightning)
        ? { type: "query_payment", paymentHash: lightning.paymentHash }
        : { type: "pay_invoice" },
    ],
  };
}

export const payAgain: BuyRule<"woken"> = {
  to: {},
  decide: (order, _fact, now) => {
    if (!isDue(order, order.lightning.dueAt, now)) return null;
    // Repeat the call with the same idempotency key, until the node has reported the payment.
    const draft = pay(order, now);
    if (now < (order.deadlineAt ?? 0)) return draft;
    const detail = "The Lightning payment has been pending for too long.";
    return {
      ...draft,
      next: { ...draft.next, deadlineAt: now + orderTimes.lightningOverdueMs },
      cases: [{ code: "payment_overdue", detail }],
    };
  },
};

export const paymentReported: BuyRule<"lightning_reported"> = {
  to: {
    paid: "the payment succeeded",
    invoice_needed: "the payment is proven to have failed",
    case: "the node does not know a payment any more that it had reported",
  },
  decide: (order, { answer }, now) => {
    const lightning = withReported(order.lightning, answer);
    const report = reportOf(answer);
    const failed = {
      ...order,
      channelOpened: order.channelOpened || report?.channelOpened === true,
      heldBack:
        order.heldBack === true ||
        (report?.changedAt ?? 0) > order.priceUntil + orderTimes.heldBackMs,
    };
    if (report !== null && report.paymentHash !== lightning.paymentHash) {
      return paidHash(lightning, answer) === null || order.extraDelivery === true
        ? null
        : deliveredInExcess(order, report, {
            code: "earlier_invoice_paid",
            detail: "An earlier invoice was paid while another payment is in flight.",
          });
    }
    if (report?.state === "succeeded") {
      return {
        next: close(order, "paid", null),
        postings: [post.satsDelivered(order, report.feeMsat)],
      };
    }
    if (report?.state === "failed") return notPaid(failed, report.failure ?? "payment_failed", now);
    if (provesUnsent(lightning, answer) && !answer.ok) return notPaid(order, answer.code, now);
    if (provesNeverSent(lightning, answer, now)) return notPaid(order, "payment_unknown", now);
    if (isForgotten(lightning, answer, now)) return openCase(order, "payment_forgotten", now);
    const dueAt = nextLightningPoll(lightning, now);
    return { next: { ...order, lightning: { ...lightning, dueAt }, wakeAt: dueAt } };
  },
};

/** The current invoice is proven unpaid. If an earlier one was paid after all, the order is complete. */
function notPaid(order: BuyOrder, reason: string, now: number): BuyDraft {
  return order.extraDelivery === true ? deliveredBefore(order) : needInvoice(order, reason, now);
}

/** Books sats that the holder may have received twice, or besides a refund. The state goes on to its own proof. */
function deliveredInExcess(order: BuyOrder, report: LightningReport, opened: CaseNote): BuyDraft {
  const { next, postings } = sentInExcess(order, {
    ...report,
    amountMsat: amountOf(order.lightning, report.paymentHash),
  });
  return { next: { ...next, extraDelivery: true }, postings, cases: [opened] };
}

export function needInvoice(order: BuyOrder, reason: string, now: number): BuyDraft {
  const deadlineAt = now + orderTimes.freshInvoiceMs;
  return { next: { ...order, state: "invoice_needed", reason, deadlineAt, wakeAt: deadlineAt } };
}

/** All payment hashes up to and including this attempt's. None of them is ever paid again. */
export function earlierHashes(lightning: LightningAttempt): readonly string[] {
  return [...lightning.earlierHashes, lightning.paymentHash];
}

/** The attempt to pay another invoice, which keeps what is known of the earlier ones. */
export function nextAttempt(
  last: LightningAttempt,
  invoice: Pick<LightningAttempt, "invoice" | "paymentHash" | "amountMsat" | "invoiceExpiresAt">,
): LightningAttempt {
  return {
    ...last,
    ...invoice,
    number: last.number + 1,
    earlierHashes: earlierHashes(last),
    earlierAmounts: { ...last.earlierAmounts, [last.paymentHash]: last.amountMsat },
    polls: 0,
  };
}

export const invoiceAttached: BuyRule<"invoice_attached"> = {
  to: { paying: "the holder provided a fresh invoice" },
  decide: (order, { invoice, paymentHash, amountMsat, invoiceExpiresAt }, now) => {
    const price = priceFor(order, amountMsat, now);
    if (price === null) return null;
    const lightning = nextAttempt(order.lightning, {
      invoice,
      paymentHash,
      amountMsat,
      invoiceExpiresAt,
    });
    const fresh: BuyOrder = { ...order, ...price, offer: null, refundAtPrice: null, lightning };
    return { ...pay(fresh, now), keys: [{ kind: "payment_hash", value: paymentHash }] };
  },
};

export const invoiceTooLate: BuyRule<"woken"> = {
  to: { refunding: "no fresh invoice in time" },
  decide: (order, _fact, now) =>
    now < (order.deadlineAt ?? 0)
      ? null
      : startRefund(order, order.refundAtPrice ?? "no_invoice_in_time", now),
};

export const holderCancels: BuyRule<"holder_cancelled"> = {
  to: { refunding: "the holder asks for a refund" },
  decide: (order, _fact, now) => startRefund(order, "refund_asked", now),
};

/** An invoice that was proven unpaid was paid. The holder has what was bought, and the shillings are kept. */
export const lateSuccessReported: BuyRule<"lightning_reported"> = {
  to: {
    paid: "an invoice was paid after it was proven unpaid",
    case: "an invoice was paid after a part of the shillings was refunded",
  },
  decide: (order, { answer }, now) => {
    const report = reportOf(answer);
    if (report === null || paidHash(order.lightning, answer) === null) return null;
    const detail = `The payment ${report.paymentHash} succeeded in state ${order.state}.`;
    const { refund: open } = order.caseFile;
    if (order.state !== "refunding" || (open !== null && !isStarted(open))) {
      return keepShillings(order, report, detail, now);
    }
    return order.extraDelivery === true
      ? null
      : deliveredInExcess(order, report, { code: "delivered_and_refunded", detail });
  },
};

/** The holder has the sats, and a refund is not needed. */
function keepShillings(
  order: BuyOrder,
  report: LightningReport,
  detail: string,
  now: number,
): BuyDraft {
  const dropped = withoutRefund(order);
  const { next, postings = [] } = creditFromSuspense(dropped.next);
  const opened = { code: "payment_contradiction", detail };
  if (next.credit !== "undelivered") {
    const excess = deliveredInExcess(next, report, opened);
    const inCase = openCase(excess.next, "payment_contradiction", now);
    const booked = [...(dropped.postings ?? []), ...(excess.postings ?? [])];
    return { ...inCase, postings: booked };
  }
  // The invoice may be an earlier one, from before the holder accepted another price.
  const amountMsat = amountOf(order.lightning, report.paymentHash);
  const delivered: BuyOrder = { ...next, terms: { ...next.terms, amountMsat } };
  const lightning = settledBy(order.lightning, report.paymentHash);
  return {
    next: { ...close(delivered, "paid", null), lightning },
    postings: [
      ...(dropped.postings ?? []),
      ...postings,
      post.satsDelivered(delivered, report.feeMsat),
    ],
    cases: [opened],
  };
}

/** In a case, an operator decides; the ledger still follows the node. */
export const caseSuccessReported: BuyRule<"lightning_reported"> = {
  to: {},
  decide: (order, { answer }) => {
    const report = reportOf(answer);
    if (report === null || paidHash(order.lightning, answer) === null) return null;
    if (order.caseFile.bookedHashes.includes(report.paymentHash)) return null;
    const detail = `The payment ${report.paymentHash} succeeded while the order is a case.`;
    return deliveredInExcess(order, report, { code: "payment_contradiction", detail });
  },
};
