import { sentInExcess } from "../case-file.ts";
import type { FactType } from "../facts.ts";
import type { LightningAttempt, SellOrder } from "../order.ts";
import { isProven, stepPayout } from "../payout.ts";
import { isDue, nextLightningPoll } from "../due.ts";
import {
  paidHash,
  provesNeverSent,
  provesUnsent,
  settledBy,
  wasReported,
  withReported,
} from "../lightning-proof.ts";
import { orderTimes } from "../policy.ts";
import type { SellDraft, SellRule } from "./drafts.ts";
import {
  pollAgain,
  close,
  endLost,
  escalate,
  isReturned,
  isUnknownToNode,
  noteIfLost,
  release,
  reportOf,
  openCase,
  withReport,
  withUnknown,
} from "./drafts.ts";
import * as post from "./postings.ts";

export const protectiveReported: SellRule<"lightning_reported"> = {
  to: {
    owed: "claimed, and the payout is still unknown",
    claimed: "claimed, and the payout is proven by now",
    cancelled: "the payment was failed back, and no payout was made",
    case: "the payment was failed back with an unknown payout",
  },
  decide: (order, { answer }, now) => {
    if (isUnknownToNode(answer)) {
      const { order: noted, isLost } = withUnknown(order, now);
      return isLost && order.payout.status === "failed"
        ? endLost(noted)
        : noteIfLost(order, "payment_gone_before_proof", now, pollAgain(order, now));
    }
    const report = reportOf(order, answer);
    if (report === null || report.state === "held" || report.state === "claiming")
      return pollAgain(order, now);
    const next = withReport(order, report);
    if (report.state === "succeeded") {
      if (order.payout.status === "confirmed") {
        return { next: close(next, "claimed", null), postings: [post.satsClaimed(next)] };
      }
      const failed = order.payout.status === "failed";
      return {
        next: owedTo(next, failed ? "refund_invoice_needed" : "payout_not_proven_in_time", now),
        postings: [
          post.satsClaimedProtectively(next),
          ...(failed ? [post.payoutReleased(order)] : []),
        ],
      };
    }
    if (isReturned(report) && order.payout.status === "failed")
      return release(next, "cancelled", "payment_returned");
    return openCase(next, "payment_gone_before_proof", now);
  },
};

/** The order's sats are claimed and owed to the holder, until a payout is proven or they are sent back. */
export function owedTo(
  order: SellOrder,
  reason: "refund_invoice_needed" | "payout_not_proven_in_time",
  now: number,
): SellOrder {
  const deadlineAt = now + orderTimes.owedReminderMs;
  const failed = reason === "refund_invoice_needed";
  return {
    ...order,
    state: "owed",
    reason,
    dueAt: now,
    deadlineAt,
    wakeAt: failed ? deadlineAt : Math.max(now, order.payout.dueAt),
  };
}

/** Owed sats are settled by the payout, once it is proven paid, or by sending the sats back to the holder. */
export function owedRule<Type extends FactType>(): SellRule<Type> {
  return {
    to: { claimed: "the payout is proven paid: nothing is owed" },
    decide: (order, fact, now) => {
      const stepped = stepPayout(order.payout, fact, now);
      const overdue = fact.type === "woken" && now >= (order.deadlineAt ?? 0);
      if (stepped === null && !overdue) return null;
      const { payout, keys = [], cases = [], effects = [] } = stepped ?? { payout: order.payout };
      const next = { ...order, payout, mpesaReceipt: payout.receipt ?? order.mpesaReceipt };
      const wasUnproven = !isProven(order.payout);
      if (payout.status === "confirmed" && wasUnproven) {
        return {
          next: close(next, "claimed", null),
          postings: [post.payoutPaid(order), post.owedSettled(order)],
          keys,
          cases,
        };
      }
      const failed = payout.status === "failed";
      const { next: released, postings } =
        failed && wasUnproven ? post.payoutReleasedNow(next) : { next, postings: [] };
      const deadlineAt =
        overdue || failed ? now + orderTimes.owedReminderMs : (order.deadlineAt ?? now);
      const reminder = {
        code: "owed_overdue",
        detail: "Sats have been owed to the holder for more than a week without progress.",
      };
      return {
        next: {
          ...released,
          reason: failed ? "refund_invoice_needed" : order.reason,
          deadlineAt,
          wakeAt: failed ? deadlineAt : payout.dueAt,
        },
        postings,
        cases: overdue ? [...cases, reminder] : cases,
        effects,
      };
    },
  };
}

export const owedInvoice: SellRule<"invoice_attached"> = {
  to: { refunding: "no payout was made: the sats are sent back" },
  decide: (order, fact, now) =>
    order.payout.status !== "failed" || order.held === null ? null : sendOwed(order, fact, now),
};

/** Sends owed sats to an invoice of the holder's. */
export function sendOwed(
  order: SellOrder,
  invoice: Pick<LightningAttempt, "invoice" | "paymentHash" | "invoiceExpiresAt">,
  now: number,
): SellDraft {
  const earlier = order.lightning;
  const lightning: LightningAttempt = {
    number: (earlier?.number ?? 0) + 1,
    earlierHashes: earlier === null ? [] : [...earlier.earlierHashes, earlier.paymentHash],
    invoice: invoice.invoice,
    paymentHash: invoice.paymentHash,
    invoiceExpiresAt: invoice.invoiceExpiresAt,
    amountMsat: order.held?.receivedMsat ?? order.terms.amountMsat,
    polls: 1,
    dueAt: now + orderTimes.callTimeoutMs,
  };
  return {
    next: {
      ...order,
      state: "refunding",
      reason: null,
      lightning,
      deadlineAt: now + orderTimes.lightningOverdueMs,
      wakeAt: lightning.dueAt,
    },
    keys: [{ kind: "payment_hash", value: lightning.paymentHash }],
    effects: [{ type: "pay_invoice" }],
  };
}

export const refundingWoken: SellRule<"woken"> = {
  to: {},
  decide: (order, _fact, now) => {
    const { lightning } = order;
    if (lightning === null || !isDue(order, lightning.dueAt, now)) return null;
    const attempt = {
      ...lightning,
      polls: lightning.polls + 1,
      dueAt: now + orderTimes.callTimeoutMs,
    };
    return escalate(order, "refund_overdue", now, {
      next: { ...order, lightning: attempt, wakeAt: attempt.dueAt },
      // The node knows this payment, or the holder was paid through an earlier invoice: only find out what became of it.
      effects: [
        order.repaidEarlier === true || wasReported(lightning)
          ? { type: "query_payment", paymentHash: lightning.paymentHash }
          : { type: "pay_invoice" },
      ],
    });
  },
};

export const refundingReported: SellRule<"lightning_reported"> = {
  to: {
    refunded: "the sats were sent back",
    owed: "the payment failed: another invoice is needed",
  },
  decide: (order, { answer }, now) => {
    if (order.lightning === null) return null;
    const lightning = withReported(order.lightning, answer);
    const report = answer.ok ? answer.value : null;
    if (report !== null && report.paymentHash !== lightning.paymentHash) {
      if (paidHash(lightning, answer) === null || order.repaidEarlier === true) return null;
      const detail = "An earlier invoice was paid while another payment is in flight.";
      return {
        next: { ...order, repaidEarlier: true },
        postings: [post.owedRepaid(order, report.feeMsat)],
        cases: [{ code: "earlier_invoice_paid", detail }],
      };
    }
    if (report?.state === "succeeded") {
      const repaid =
        order.repaidEarlier === true
          ? sentInExcess(order, { ...report, amountMsat: lightning.amountMsat })
          : { next: order, postings: [post.owedRepaid(order, report.feeMsat)] };
      return {
        next: close(repaid.next, "refunded", null),
        postings: repaid.postings,
      };
    }
    const isUnpaid =
      report?.state === "failed" ||
      provesUnsent(lightning, answer) ||
      provesNeverSent(lightning, answer, now);
    if (isUnpaid && order.repaidEarlier === true) return { next: close(order, "refunded", null) };
    if (isUnpaid) {
      const deadlineAt = now + orderTimes.owedReminderMs;
      return {
        next: {
          ...order,
          state: "owed",
          reason: "refund_invoice_needed",
          deadlineAt,
          wakeAt: deadlineAt,
        },
      };
    }
    const dueAt = nextLightningPoll(lightning, now);
    return { next: { ...order, lightning: { ...lightning, dueAt }, wakeAt: dueAt } };
  },
};

/** A repayment that was proven unpaid arrived after all: nothing is owed. */
export const owedReported: SellRule<"lightning_reported"> = {
  to: { refunded: "the sats were sent back after the payment was proven to have failed" },
  decide: (order, { answer }) => {
    const report = answer.ok ? answer.value : null;
    const { lightning } = order;
    if (lightning === null || report === null || paidHash(lightning, answer) === null) return null;
    const detail = `The payment ${report.paymentHash} succeeded in state ${order.state}.`;
    return {
      next: {
        ...close(order, "refunded", null),
        lightning: settledBy(lightning, report.paymentHash),
      },
      postings: [post.owedRepaid(order, report.feeMsat)],
      cases: [{ code: "payment_contradiction", detail }],
    };
  },
};
