import type { LightningReport } from "../facts.ts";
import type { HeldInvoice, SellOrder } from "../order.ts";
import { holdBlocks, orderTimes, paymentLimits } from "../policy.ts";
import type { SellDraft, SellRule } from "./moves.ts";
import {
  blocksLeft,
  handBack,
  isDue,
  isGone,
  look,
  release,
  reportOf,
  stay,
  toCase,
  withReport,
} from "./moves.ts";
import * as books from "./postings.ts";

export const makingInvoice: SellRule<"woken"> = {
  to: { expired: "no invoice in time" },
  decide: (order, _fact, now) => {
    const { held } = order;
    if (held !== null) {
      if (!isDue(order, order.dueAt, now)) return null;
      const overdue = now >= (order.deadlineAt ?? 0);
      const deadlineAt = overdue ? now + orderTimes.stepMs : order.deadlineAt;
      return stay({ ...order, deadlineAt }, now + orderTimes.holdInvoicePollMs, [look(held)]);
    }
    if (now >= order.payBy) return release(order, "expired", "engine_unavailable");
    return now < order.dueAt
      ? null
      : stay(order, now + orderTimes.callTimeoutMs, [{ type: "make_invoice" }]);
  },
};

export const invoiceMade: SellRule<"invoice_made"> = {
  to: { cancelled: "the node refuses" },
  decide: (order, { answer }, now) => {
    if (order.held !== null) return null;
    if (!answer.ok) {
      if (answer.retry === "never") return release(order, "cancelled", "invoice_refused");
      return stay(order, now + orderTimes.lightningPollMinMs, []);
    }
    const held: HeldInvoice = {
      ...answer.value,
      receivedMsat: books.nothing,
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
    held: "the payment is held and fits",
    returning: "held, but late, wrong or too short",
    expired: "nobody paid in time",
    case: "taken without us",
  },
  decide: (order, { answer }, now) => {
    const report = reportOf(order, answer);
    if (report === null) return null;
    switch (report.state) {
      case "held":
        return accept(order, report, now);
      case "expired":
      case "returned":
      case "failed":
        return release(order, "expired", "not_paid");
      case "open":
        // The node closes it by itself; what still arrives after that is handed back from the final state.
        return now < order.payBy + orderTimes.invoiceGraceMs
          ? null
          : release(order, "expired", "not_paid");
      default:
        return toCase(order, "claimed_without_payout", now);
    }
  },
};

function accept(order: SellOrder, report: LightningReport, now: number): SellDraft {
  const next = withReport(order, report, now);
  const excess = report.receivedMsat - order.terms.amountMsat;
  if (excess < 0n || excess > paymentLimits.maxOverpaymentMsat)
    return handBack(next, "amount_mismatch", now);
  if (now > order.payBy) return handBack(next, "paid_too_late", now);
  if (blocksLeft(report) < holdBlocks.minToStartPayout)
    return handBack(next, "hold_too_short", now);
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
    effects: [{ type: "go_on" }],
  };
}

/** The payment was held a while ago, and nothing was sent since: it has to be held still, and for long enough. */
export const heldReported: SellRule<"lightning_reported"> = {
  to: {
    returning: "not enough time is left",
    cancelled: "the payment went back",
    case: "taken without us",
  },
  decide: (order, { answer, told }, now) => {
    const report = reportOf(order, answer);
    if (report === null || (told === true && report.state === "held")) return null;
    if (report.state === "held") {
      const next = withReport(order, report, now);
      return blocksLeft(report) < holdBlocks.minToStartPayout
        ? handBack(next, "hold_too_short", now)
        : { next, effects: [{ type: "go_on" }] };
    }
    if (isGone(report)) return release(order, "cancelled", "payment_returned");
    return toCase(order, "claimed_without_payout", now);
  },
};

export const holderCancels: SellRule<"holder_cancelled"> = {
  to: { cancelled: "the holder changed their mind" },
  decide: (order) => release(order, "cancelled", "cancelled_by_holder"),
};
