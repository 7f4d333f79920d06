import type { BuyOrder } from "../order.ts";
import { newPayout } from "../payout.ts";
import { orderTimes } from "../policy.ts";
import type { BuyRule } from "./moves.ts";
import { close, toCase } from "./moves.ts";
import { needInvoice } from "./payment.ts";
import { refund } from "./refund.ts";
import * as books from "./postings.ts";

export const caseWoken: BuyRule<"woken"> = {
  to: {},
  decide: (order, _fact, now) => {
    if (now < (order.deadlineAt ?? 0)) return null;
    // A person is reminded for as long as it takes.
    const deadlineAt = now + orderTimes.caseReminderMs;
    return { next: { ...order, deadlineAt, wakeAt: deadlineAt } };
  },
};

/** A prompt in a case is still asked about when word comes, so that the books follow M-Pesa. */
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
      ? { next: { ...order, credit: "suspense" }, postings: [books.kesReceivedForCase(order)] }
      : null,
};

export const caseResolved: BuyRule<"operator_resolved"> = {
  to: {
    invoice_needed: "a person: deliver",
    refunding: "a person: pay back",
    cancelled: "a person: nothing was received",
  },
  decide: (order, { resolution, payoutId, by }, now) => {
    const cases = [{ code: `${resolution}_by_operator`, detail: `Decided by ${by}.` }];
    if (resolution === "close") {
      return order.credit === "none"
        ? { next: close(order, "cancelled", "closed_by_operator"), cases }
        : null;
    }
    if (order.credit === "none") return null;
    const postings = order.credit === "suspense" ? [books.caseReleased(order)] : [];
    const credited: BuyOrder = { ...order, credit: "undelivered" };
    if (resolution === "deliver") {
      // Only if no refund can have been made.
      if (order.payout.status !== "intended") return null;
      return { ...needInvoice(credited, "deliver_by_operator", now), postings, cases };
    }
    if (order.payout.status === "intended") {
      const draft = refund(credited, "refund_by_operator", now);
      return { ...draft, postings: [...postings, ...(draft.postings ?? [])], cases };
    }
    if (order.payout.status !== "failed") return null;
    // Proven not paid, so another id is safe. The float stayed reserved.
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
  to: { case: "a number of M-Pesa's or a hash belongs to another order" },
  decide: (order, { kind }, now) => toCase(order, `${kind}_taken`, now),
};
