import type { BuyOrder } from "../order.ts";
import { isDue, nextLightningPoll } from "../due.ts";
import { orderTimes } from "../policy.ts";
import type { BuyDraft, BuyRule } from "./drafts.ts";
import { close, reportOf, openCase } from "./drafts.ts";
import { priceFor } from "./price.ts";
import { refund } from "./refund.ts";
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
    effects: [{ type: "pay_invoice" }],
  };
}

export const payAgain: BuyRule<"woken"> = {
  to: {},
  decide: (order, _fact, now) => {
    if (!isDue(order, order.lightning.dueAt, now)) return null;
    // Repeat the call with the same idempotency key: the node returns the payment's current state.
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
    case: "an earlier invoice was paid as well",
  },
  decide: (order, { answer }, now) => {
    const { lightning } = order;
    const report = reportOf(answer);
    const failed = {
      ...order,
      channelOpened: order.channelOpened || report?.channelOpened === true,
    };
    if (report !== null && report.paymentHash !== lightning.paymentHash) {
      return report.state === "succeeded" ? openCase(order, "earlier_invoice_paid", now) : null;
    }
    if (report?.state === "succeeded") {
      return {
        next: close(order, "paid", null),
        postings: [post.satsDelivered(order, report.feeMsat)],
      };
    }
    if (report?.state === "failed")
      return needInvoice(failed, report.failure ?? "payment_failed", now);
    // A refusal is proof too: nothing was sent, and the node pays an idempotency key at most once.
    if (!answer.ok && answer.retry === "never") return needInvoice(order, answer.code, now);
    const dueAt = nextLightningPoll(lightning, now);
    return { next: { ...order, lightning: { ...lightning, dueAt }, wakeAt: dueAt } };
  },
};

export function needInvoice(order: BuyOrder, reason: string, now: number): BuyDraft {
  const deadlineAt = now + orderTimes.freshInvoiceMs;
  return { next: { ...order, state: "invoice_needed", reason, deadlineAt, wakeAt: deadlineAt } };
}

export const invoiceAttached: BuyRule<"invoice_attached"> = {
  to: { paying: "the holder provided a fresh invoice" },
  decide: (order, { invoice, paymentHash, amountMsat, invoiceExpiresAt }, now) => {
    const price = priceFor(order, amountMsat, now);
    if (price === null) return null;
    const { lightning } = order;
    const fresh: BuyOrder = {
      ...order,
      ...price,
      offer: null,
      lightning: {
        ...lightning,
        number: lightning.number + 1,
        earlierHashes: [...lightning.earlierHashes, lightning.paymentHash],
        invoice,
        paymentHash,
        amountMsat,
        invoiceExpiresAt,
        polls: 0,
      },
    };
    return { ...pay(fresh, now), keys: [{ kind: "payment_hash", value: paymentHash }] };
  },
};

export const invoiceTooLate: BuyRule<"woken"> = {
  to: { refunding: "no fresh invoice in time" },
  decide: (order, _fact, now) =>
    now < (order.deadlineAt ?? 0) ? null : refund(order, "no_invoice_in_time", now),
};

export const holderCancels: BuyRule<"holder_cancelled"> = {
  to: { refunding: "the holder asks for a refund" },
  decide: (order, _fact, now) => refund(order, "refund_asked", now),
};

export const earlierPaymentReported: BuyRule<"lightning_reported"> = {
  to: { case: "an invoice was paid after it was proven unpaid" },
  decide: (order, { answer }, now) => {
    const report = reportOf(answer);
    return report?.state === "succeeded" && report.direction === "outbound"
      ? openCase(order, "payment_contradiction", now)
      : null;
  },
};
