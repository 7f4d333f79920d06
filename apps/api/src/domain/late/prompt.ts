import * as post from "../buy/postings.ts";
import { mismatch } from "../buy/prompt.ts";
import type { Decision } from "../decision.ts";
import type { Fact } from "../facts.ts";
import type { BuyOrder } from "../order.ts";
import { orderTimes } from "../policy.ts";
import { unchanged } from "./verdict.ts";
import type { LateVerdict } from "./verdict.ts";

/** Judges a prompt's callback after the buy has ended, by M-Pesa's answer to a query. */
export function latePrompt(
  order: BuyOrder,
  fact: Extract<Fact, { type: "prompt_called_back" }>,
  answer: Fact | null,
  receivedAt: number,
  now: number,
): LateVerdict {
  const { callback } = fact;
  if (isCredited(order)) return { decision: afterCredit(order, fact), settled: true };
  if (answer?.type !== "prompt_query_answered")
    return { decision: unchanged(order), settled: true };
  const status = answer.answer.ok ? answer.answer.value.status : "pending";
  if (status === "failed" || status === "unanswered") {
    const detail = "A callback claims a payment that M-Pesa's query denies.";
    return {
      decision: { ...unchanged(order), cases: [{ code: "strange_callback", detail }] },
      settled: true,
    };
  }
  if (status === "pending" || status === "unlisted") {
    if (now < receivedAt + orderTimes.promptGiveUpMs)
      return { decision: unchanged(order), settled: false };
    const detail =
      "A callback claims a payment, and M-Pesa's query gave no definite answer in time.";
    return {
      decision: { ...unchanged(order), cases: [{ code: "late_payment_unproven", detail }] },
      settled: true,
    };
  }
  const ours =
    order.prompt.status === "accepted" &&
    callback.checkoutRequestId === order.prompt.checkoutRequestId;
  const mismatchCode = ours ? null : mismatch(unacknowledged(order), callback);
  if (mismatchCode !== null) {
    const detail = `An STK push that may be this order's was paid (${mismatchCode}). Nothing is booked.`;
    return {
      decision: { ...unchanged(order), cases: [{ code: "late_payment_unproven", detail }] },
      settled: true,
    };
  }
  const detail = `A payment in KES arrived after the order ended as ${order.state}. It is booked in suspense.`;
  return {
    decision: {
      ...unchanged(order),
      postings: [post.kesReceivedForCase(order)],
      keys: [
        ...(callback.checkoutRequestId === order.prompt.checkoutRequestId
          ? []
          : [{ kind: "checkout_request_id", value: callback.checkoutRequestId } as const]),
        ...(callback.receipt === null
          ? []
          : [{ kind: "mpesa_receipt", value: callback.receipt } as const]),
      ],
      cases: [{ code: "late_payment", detail }],
    },
    settled: true,
  };
}

function afterCredit(
  order: BuyOrder,
  { callback }: Extract<Fact, { type: "prompt_called_back" }>,
): Decision {
  const agrees =
    callback.succeeded && callback.checkoutRequestId === order.prompt.checkoutRequestId;
  if (!agrees) {
    const detail = "The callback contradicts M-Pesa's own query.";
    return { ...unchanged(order), cases: [{ code: "strange_callback", detail }] };
  }
  const known = callback.receipt === null || callback.receipt === order.mpesaReceipt;
  return {
    ...unchanged(order),
    keys: known ? [] : [{ kind: "mpesa_receipt", value: callback.receipt ?? "" }],
  };
}

/** The order as if M-Pesa had not answered our own call, so that the callback alone identifies the STK push. */
function unacknowledged(order: BuyOrder): BuyOrder {
  return { ...order, prompt: { ...order.prompt, status: "unknown" } };
}

export function isCredited(order: BuyOrder): boolean {
  return order.credit !== "none";
}
