import type { BuyOrder } from "../order.ts";
import { receive } from "../acts/receipts.ts";
import { orderTimes } from "../policy.ts";
import type { BuyRule } from "./drafts.ts";
import { openCase } from "./drafts.ts";

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
    isUnbooked(order) &&
    callback.succeeded &&
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
    answer.ok && answer.value.status === "succeeded" && isUnbooked(order)
      ? receive(order, {
          checkoutRequestId: order.prompt.checkoutRequestId,
          receipt: null,
          msisdn: null,
          amountKesCents: order.terms.amountKesCents,
          reversal: "none",
        })
      : null,
};

/** Whether M-Pesa acknowledged our STK push and no payment is booked for the order. */
function isUnbooked(order: BuyOrder): boolean {
  return (
    order.credit === "none" &&
    order.prompt.status === "accepted" &&
    order.caseFile.payments.length === 0
  );
}

export const keyTaken: BuyRule<"key_taken"> = {
  to: { case: "a receipt, id or payment hash belongs to another order" },
  decide: (order, { kind }, now) => openCase(order, `${kind}_taken`, now),
};
