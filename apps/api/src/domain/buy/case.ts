import type { BuyOrder } from "../order.ts";
import { newPayout } from "../payout.ts";
import { orderTimes } from "../policy.ts";
import type { BuyRule } from "./drafts.ts";
import { close, openCase } from "./drafts.ts";
import { needInvoice } from "./payment.ts";
import { refund } from "./refund.ts";
import * as post from "./postings.ts";

export const caseWoken: BuyRule<"woken"> = {
  to: {},
  decide: (order, _fact, now) => {
    if (now < (order.deadlineAt ?? 0)) return null;
    // Repeat the reminder until an operator resolves the case.
    const deadlineAt = now + orderTimes.caseReminderMs;
    return { next: { ...order, deadlineAt, wakeAt: deadlineAt } };
  },
};

/** A callback in a case still triggers a query, so that the ledger follows M-Pesa. */
export const caseCalledBack: BuyRule<"prompt_called_back"> = {
  to: {},
  decide: (order, { callback }) =>
    order.credit === "none" &&
    callback.succeeded &&
    order.prompt.status === "accepted" &&
    callback.checkoutRequestId === order.prompt.checkoutRequestId
      ? {
          next: order,
          effects: [{ type: "query_prompt", checkoutRequestId: callback.checkoutRequestId }],
        }
      : null,
};

export const caseQueried: BuyRule<"prompt_query_answered"> = {
  to: {},
  decide: (order, { answer }) =>
    answer.ok &&
    answer.value.status === "succeeded" &&
    order.credit === "none" &&
    order.prompt.status === "accepted"
      ? { next: { ...order, credit: "suspense" }, postings: [post.kesReceivedForCase(order)] }
      : null,
};

export const caseResolved: BuyRule<"operator_resolved"> = {
  to: {
    invoice_needed: "an operator decides to deliver",
    refunding: "an operator decides to refund",
    cancelled: "an operator closes it: nothing was received",
  },
  decide: (order, { resolution, payoutId, by }, now) => {
    const cases = [{ code: `${resolution}_by_operator`, detail: `Decided by ${by}.` }];
    if (resolution === "close") {
      return order.credit === "none"
        ? { next: close(order, "cancelled", "closed_by_operator"), cases }
        : null;
    }
    if (order.credit === "none") return null;
    const postings = order.credit === "suspense" ? [post.caseReleased(order)] : [];
    const credited: BuyOrder = { ...order, credit: "undelivered" };
    if (resolution === "deliver") {
      // Deliver only if no refund can have been sent, and the sats have not arrived.
      if (order.payout.status !== "intended" || order.extraDelivery === true) return null;
      return { ...needInvoice(credited, "deliver_by_operator", now), postings, cases };
    }
    if (order.payout.status === "intended") {
      const draft = refund(credited, "refund_by_operator", now);
      return { ...draft, postings: [...postings, ...(draft.postings ?? [])], cases };
    }
    if (order.payout.status !== "failed") return null;
    // The earlier refund is proven not paid, so a new payout id is safe. Its float is still reserved.
    const payout = newPayout(payoutId, order.msisdn, order.terms.amountKesCents);
    return {
      ...refund({ ...credited, payout }, "refund_by_operator", now),
      postings,
      cases,
      keys: [{ kind: "originator_conversation_id", value: payoutId }],
    };
  },
};

export const keyTaken: BuyRule<"key_taken"> = {
  to: { case: "a receipt, id or payment hash belongs to another order" },
  decide: (order, { kind }, now) => openCase(order, `${kind}_taken`, now),
};
