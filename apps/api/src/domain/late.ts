import type { Decision } from "./decision.ts";
import type { Effect } from "./effects.ts";
import type { Fact } from "./facts.ts";
import { misfit } from "./buy/prompt.ts";
import { isFinal } from "./order.ts";
import type { BuyOrder, Order } from "./order.ts";
import * as books from "./buy/postings.ts";
import { orderTimes } from "./policy.ts";

/*
 * Evidence that arrives when an order has ended. Rule 6: the state never changes. What the evidence claims is checked
 * with whoever can prove it; what is proven and contradicts the end is booked aside and becomes a case for a person.
 */

/** The call that has to be made before a late fact can be judged; null when none. */
export function lateEffect(order: Order, fact: Fact): Effect | null {
  if (!isFinal(order.state)) return null;
  if (order.kind === "buy" && fact.type === "prompt_called_back") {
    const claims = fact.callback.succeeded && !isCredited(order);
    if (!claims) return null;
    return { type: "query_prompt", checkoutRequestId: fact.callback.checkoutRequestId };
  }
  if (order.kind === "sell" && fact.type === "lightning_reported") {
    const report = fact.answer.ok ? fact.answer.value : null;
    const ended = order.state === "cancelled" || order.state === "expired";
    if (!ended || report?.state !== "held") return null;
    return { type: "hand_back_payment", paymentHash: report.paymentHash };
  }
  return null;
}

/**
 * What a late fact, and the answer to `lateEffect`, do. The state stays. `settled: false` asks to be woken with the same
 * evidence again.
 */
export function judgeLate(
  order: Order,
  fact: Fact,
  answer: Fact | null,
  receivedAt: number,
  now: number,
): { readonly decision: Decision; readonly settled: boolean } {
  if (order.kind === "buy" && fact.type === "prompt_called_back") {
    return latePrompt(order, fact, answer, receivedAt, now);
  }
  if (order.kind === "sell" && answer?.type === "lightning_reported") {
    const report = answer.answer.ok ? answer.answer.value : null;
    const back =
      report !== null && ["returned", "expired", "failed", "succeeded"].includes(report.state);
    return { decision: unchanged(order), settled: back };
  }
  const contradicts =
    (fact.type === "payout_resulted" &&
      fact.result.conversationId !== null &&
      order.payout.conversationIds.includes(fact.result.conversationId) &&
      isOpposite(order, fact.result.status)) ||
    (fact.type === "status_resulted" &&
      fact.result.conversationId !== null &&
      order.payout.statusConversationIds.includes(fact.result.conversationId) &&
      isOpposite(order, fact.result.status));
  const detail = `The order had ended as ${order.state} when M-Pesa said otherwise.`;
  return {
    decision: contradicts
      ? { ...unchanged(order), cases: [{ code: "late_contradiction", detail }] }
      : unchanged(order),
    settled: true,
  };
}

function latePrompt(
  order: BuyOrder,
  fact: Extract<Fact, { type: "prompt_called_back" }>,
  answer: Fact | null,
  receivedAt: number,
  now: number,
): { readonly decision: Decision; readonly settled: boolean } {
  const { callback } = fact;
  if (isCredited(order)) return { decision: afterCredit(order, fact), settled: true };
  if (answer?.type !== "prompt_query_answered")
    return { decision: unchanged(order), settled: true };
  const said = answer.answer.ok ? answer.answer.value.status : "pending";
  if (said === "failed" || said === "unanswered") {
    const detail = "A callback claimed a payment that M-Pesa's query denies.";
    return {
      decision: { ...unchanged(order), cases: [{ code: "strange_callback", detail }] },
      settled: true,
    };
  }
  if (said === "pending") {
    if (now < receivedAt + orderTimes.promptGiveUpMs)
      return { decision: unchanged(order), settled: false };
    const detail = "A callback claimed a payment; M-Pesa's query says neither yes nor no.";
    return {
      decision: { ...unchanged(order), cases: [{ code: "late_payment_unproven", detail }] },
      settled: true,
    };
  }
  const ours =
    order.prompt.status === "accepted" &&
    callback.checkoutRequestId === order.prompt.checkoutRequestId;
  const wrong = ours ? null : misfit(unacknowledged(order), callback);
  if (wrong !== null) {
    const detail = `A prompt was paid that may be this order's: ${wrong}. Nothing is booked.`;
    return {
      decision: { ...unchanged(order), cases: [{ code: "late_payment_unproven", detail }] },
      settled: true,
    };
  }
  const detail = `KES arrived after the order had ended as ${order.state}. They are set aside.`;
  return {
    decision: {
      ...unchanged(order),
      postings: [books.kesReceivedForCase(order)],
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
    const detail = "It does not agree with what M-Pesa's query proved.";
    return { ...unchanged(order), cases: [{ code: "strange_callback", detail }] };
  }
  const known = callback.receipt === null || callback.receipt === order.mpesaReceipt;
  return {
    ...unchanged(order),
    keys: known ? [] : [{ kind: "mpesa_receipt", value: callback.receipt ?? "" }],
  };
}

/** For a prompt that M-Pesa did not name in answer to our own call. */
function unacknowledged(order: BuyOrder): BuyOrder {
  return { ...order, prompt: { ...order.prompt, status: "unknown" } };
}

function isCredited(order: BuyOrder): boolean {
  return order.credit !== "none";
}

function isOpposite(order: Order, status: string): boolean {
  const paid = order.payout.status === "confirmed";
  return (paid && status === "failed") || (!paid && status === "succeeded");
}

function unchanged(order: Order): Decision {
  return { next: order, postings: [], keys: [], cases: [], effects: [] };
}
