import { zeroMsat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import type { CaseNote } from "../effects.ts";
import type { BuyOrder } from "../order.ts";
import { isDue, nextLightningPoll } from "../due.ts";
import { paidHash, provesNeverSent, provesUnsent, settledBy } from "../lightning-proof.ts";
import { neverSent } from "../payout.ts";
import { orderTimes } from "../policy.ts";
import { sentInExcess } from "../postings.ts";
import type { BuyDraft, BuyRule } from "./drafts.ts";
import { close, reportOf } from "./drafts.ts";
import { refund } from "./refund.ts";
import * as post from "./postings.ts";

export const startPaying: BuyRule<"woken"> = {
  to: { paying: "the payment is about to be sent", invoice_needed: "the invoice has expired" },
  decide: (order, _fact, now) =>
    order.lightning.invoiceExpiresAt <= now + orderTimes.invoiceMarginMs
      ? needInvoice(order, "invoice_expired", now)
      : pay(order, now),
};

function pay(order: BuyOrder, now: number): BuyDraft {
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
    // The holder was paid through an earlier invoice: only find out what became of this one.
    effects: [
      order.extraDelivery === true
        ? { type: "query_payment", paymentHash: lightning.paymentHash }
        : { type: "pay_invoice" },
    ],
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
  },
  decide: (order, { answer }, now) => {
    const { lightning } = order;
    const report = reportOf(answer);
    if (report !== null && report.paymentHash !== lightning.paymentHash) {
      return paidHash(lightning, answer) === null || order.extraDelivery === true
        ? null
        : deliveredInExcess(order, report.feeMsat, {
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
    if (report?.state === "failed") return notPaid(order, report.failure ?? "payment_failed", now);
    if (provesUnsent(lightning, answer) && !answer.ok) return notPaid(order, answer.code, now);
    if (provesNeverSent(lightning, answer, now)) return notPaid(order, "payment_unknown", now);
    const dueAt = nextLightningPoll(lightning, now);
    return { next: { ...order, lightning: { ...lightning, dueAt }, wakeAt: dueAt } };
  },
};

/** The current invoice is proven unpaid. If an earlier one was paid after all, the order is complete. */
function notPaid(order: BuyOrder, reason: string, now: number): BuyDraft {
  return order.extraDelivery === true
    ? {
        next: close(order, "paid", null),
        postings: [post.satsDelivered(order, zeroMsat, "sats_receivable")],
      }
    : needInvoice(order, reason, now);
}

/** Books sats that the holder may have received twice, or besides a refund. The state goes on to its own proof. */
export function deliveredInExcess(order: BuyOrder, feeMsat: Msat, opened: CaseNote): BuyDraft {
  return {
    next: { ...order, extraDelivery: true },
    postings: [sentInExcess(order.lightning.amountMsat, feeMsat)],
    cases: [opened],
  };
}

export function needInvoice(order: BuyOrder, reason: string, now: number): BuyDraft {
  const deadlineAt = now + orderTimes.freshInvoiceMs;
  return { next: { ...order, state: "invoice_needed", reason, deadlineAt, wakeAt: deadlineAt } };
}

export const invoiceAttached: BuyRule<"invoice_attached"> = {
  to: { paying: "the holder provided a fresh invoice" },
  decide: (order, { invoice, paymentHash, invoiceExpiresAt }, now) => {
    const { lightning } = order;
    const fresh: BuyOrder = {
      ...order,
      lightning: {
        ...lightning,
        number: lightning.number + 1,
        earlierHashes: [...lightning.earlierHashes, lightning.paymentHash],
        invoice,
        paymentHash,
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

/** An invoice that was proven unpaid was paid. The holder has what was bought, and the shillings are kept. */
export const lateSuccessReported: BuyRule<"lightning_reported"> = {
  to: { paid: "an invoice was paid after it was proven unpaid" },
  decide: (order, { answer }) => {
    const report = reportOf(answer);
    if (report === null || paidHash(order.lightning, answer) === null) return null;
    const detail = `The payment ${report.paymentHash} succeeded in state ${order.state}.`;
    const refunding = order.state === "refunding";
    if (!refunding || neverSent(order.payout)) {
      return {
        next: {
          ...close(order, "paid", null),
          lightning: settledBy(order.lightning, report.paymentHash),
        },
        postings: [
          post.satsDelivered(order, report.feeMsat),
          ...(refunding ? [post.refundReleased(order)] : []),
        ],
        cases: [{ code: "payment_contradiction", detail }],
      };
    }
    return order.extraDelivery === true
      ? null
      : deliveredInExcess(order, report.feeMsat, { code: "delivered_and_refunded", detail });
  },
};

/** In a case, an operator decides; the ledger still follows the node. */
export const caseSuccessReported: BuyRule<"lightning_reported"> = {
  to: {},
  decide: (order, { answer }) => {
    const report = reportOf(answer);
    if (report === null || paidHash(order.lightning, answer) === null) return null;
    if (order.extraDelivery === true) return null;
    const detail = `The payment ${report.paymentHash} succeeded while the order is a case.`;
    return deliveredInExcess(order, report.feeMsat, { code: "payment_contradiction", detail });
  },
};
