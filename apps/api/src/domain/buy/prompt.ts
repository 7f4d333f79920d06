import type { UniqueKey } from "../effects.ts";
import type { PromptAnswer, PromptCallback } from "../facts.ts";
import type { BuyOrder, Prompt } from "../order.ts";
import { buyActs } from "../acts/rules.ts";
import { receive } from "../acts/receipts.ts";
import { backoff } from "../backoff.ts";
import { withFile } from "../case-file.ts";
import type { ReceivedPayment } from "../case-file.ts";
import { isDue } from "../due.ts";
import { maxSends, orderTimes } from "../policy.ts";
import { railFailureReason } from "../stops.ts";
import type { BuyDraft, BuyRule } from "./drafts.ts";
import { close, strangeCallback, openCase, withPrompt } from "./drafts.ts";
import * as post from "./postings.ts";

const promptTransitions = {
  stk_unknown: "timeout, HTTP 5xx, or the STK push was not answered",
  kes_received: "M-Pesa's query confirms the payment",
  cancelled: "refused by M-Pesa, or cancelled on the handset",
  expired: "not paid in time",
  case: "paid with a wrong amount or number, or no definite answer for 48 hours",
} as const;

const promptWoken: BuyRule<"woken"> = {
  to: promptTransitions,
  decide: (order, _fact, now) => {
    const { prompt } = order;
    if (!isDue(order, prompt.dueAt, now)) return null;
    switch (prompt.status) {
      case "intended":
        return withPrompt(
          order,
          { status: "sending", sends: prompt.sends + 1, dueAt: now + orderTimes.callTimeoutMs },
          [{ type: "push_prompt" }],
        );
      case "sending":
        // The process stopped before it stored the answer. Do not send a second STK push: the first may have arrived.
        return promptUnknown(order, now);
      default:
        return followPrompt(order, now);
    }
  },
};

/** Queries the STK push, or stops waiting for it. */
function followPrompt(order: BuyOrder, now: number): BuyDraft {
  const { prompt } = order;
  if (prompt.checkoutRequestId === null) {
    return { next: close(order, "expired", "prompt_not_answered") };
  }
  const giveUpAt = order.createdAt + orderTimes.promptGiveUpMs;
  if (now >= giveUpAt) return openCase(order, "prompt_never_resolved", now);
  const deadlineAt = now < prompt.lateUntil ? order.deadlineAt : giveUpAt;
  return queryPrompt({ ...order, deadlineAt }, prompt.checkoutRequestId, now);
}

function queryPrompt(order: BuyOrder, checkoutRequestId: string, now: number): BuyDraft {
  const polls = order.prompt.polls + 1;
  const wait = backoff(orderTimes.promptPollMinMs, orderTimes.promptPollMaxMs, polls);
  return withPrompt(order, { polls, dueAt: now + wait }, [
    { type: "query_prompt", checkoutRequestId },
  ]);
}

const promptAnswered: BuyRule<"prompt_answered"> = {
  to: promptTransitions,
  decide: (order, { answer }, now) => {
    const { prompt } = order;
    if (answer.ok) {
      const { checkoutRequestId } = answer.value;
      if (prompt.checkoutRequestId === checkoutRequestId) return null;
      const keys: readonly UniqueKey[] = [
        { kind: "checkout_request_id", value: checkoutRequestId },
      ];
      const callback =
        prompt.callback?.checkoutRequestId === checkoutRequestId ? prompt.callback : null;
      const known = withPrompt(order, {
        status: "accepted",
        checkoutRequestId,
        callback,
        dueAt: now + orderTimes.promptPollMinMs,
      }).next;
      if (prompt.callback === null) return { next: known, keys };
      // The callback arrived before the answer to our own call.
      const query = queryPrompt(known, checkoutRequestId, now);
      return callback === null
        ? {
            ...query,
            keys,
            cases: [
              strangeCallback("The callback named another STK push, before our call was answered."),
            ],
          }
        : { ...query, keys };
    }
    if (prompt.status !== "sending") return null;
    switch (answer.retry) {
      case "never":
        return { next: close(order, "cancelled", railFailureReason(answer.code)) };
      case "safe": {
        if (prompt.sends >= maxSends.prompt) {
          return { next: close(order, "cancelled", railFailureReason(answer.code)) };
        }
        const wait = backoff(
          orderTimes.lightningPollMinMs,
          orderTimes.promptPollMinMs,
          prompt.sends,
        );
        return withPrompt(order, { status: "intended", dueAt: now + wait });
      }
      case "unknown":
        return promptUnknown(order, now);
    }
  },
};

function promptUnknown(order: BuyOrder, now: number): BuyDraft {
  const unknown: BuyOrder = { ...order, state: "stk_unknown", reason: "prompt_not_confirmed" };
  const { callback } = order.prompt;
  if (callback !== null)
    return queryFromCallback(withPrompt(unknown, { status: "unknown" }).next, callback, now);
  return withPrompt(unknown, { status: "unknown", dueAt: order.prompt.lateUntil });
}

/**
 * Our call was not answered, so only the callback names the STK push. Takes its id and queries M-Pesa, which decides.
 */
function queryFromCallback(order: BuyOrder, callback: PromptCallback, now: number): BuyDraft {
  const { checkoutRequestId } = callback;
  const known = withPrompt(order, { checkoutRequestId, callback }).next;
  return {
    ...queryPrompt(known, checkoutRequestId, now),
    keys: [{ kind: "checkout_request_id", value: checkoutRequestId }],
  };
}

const promptCalledBack: BuyRule<"prompt_called_back"> = {
  to: promptTransitions,
  decide: (order, { callback }, now) => {
    const { prompt } = order;
    if (prompt.checkoutRequestId === null) {
      return prompt.status === "unknown"
        ? queryFromCallback(order, callback, now)
        : withPrompt(order, { callback: prompt.callback ?? callback });
    }
    if (callback.checkoutRequestId !== prompt.checkoutRequestId) {
      // An id that came from a callback can be replaced by another callback; an id from our own call cannot.
      if (prompt.status === "unknown") return queryFromCallback(order, callback, now);
      return {
        next: order,
        cases: [strangeCallback("The callback names another STK push than the one that was sent.")],
      };
    }
    // Until the query decides, a claim of success takes precedence over one of failure.
    const kept = prompt.callback?.succeeded === true ? prompt.callback : callback;
    const query = queryPrompt(
      withPrompt(order, { callback: kept }).next,
      prompt.checkoutRequestId,
      now,
    );
    const contradicts =
      prompt.callback !== null && prompt.callback.succeeded !== callback.succeeded;
    return contradicts
      ? { ...query, cases: [strangeCallback("Two callbacks contradict each other.")] }
      : query;
  },
};

const promptQueried: BuyRule<"prompt_query_answered"> = {
  to: promptTransitions,
  decide: (order, { answer }, now) => {
    if (!answer.ok) return null;
    const claimsSuccess = order.prompt.callback?.succeeded === true;
    switch (answer.value.status) {
      case "succeeded":
        return credit(order, now);
      case "failed":
        // M-Pesa contradicts itself: keep querying; after `promptGiveUpMs` this becomes a case.
        return claimsSuccess
          ? withAnswer(order, answer.value)
          : { next: close(order, "cancelled", `mpesa_${answer.value.code}`) };
      case "unanswered":
        if (claimsSuccess) return withAnswer(order, answer.value);
        return now >= order.prompt.lateUntil
          ? { next: close(order, "expired", "prompt_not_answered") }
          : withAnswer(
              { ...order, state: "stk_unknown", reason: "prompt_not_answered" },
              answer.value,
            );
      case "unlisted":
        return unlisted(order, answer.value, now);
      case "pending":
        return withAnswer(order, answer.value);
    }
  },
};

/**
 * M-Pesa reports a code that it does not document. If the callback has the same code, or none has come for a long time,
 * the customer is told that M-Pesa refused; until `lateUntil`, and afterwards as late evidence, a success still counts.
 */
function unlisted(
  order: BuyOrder,
  answer: PromptAnswer & { readonly status: "unlisted" },
  now: number,
): BuyDraft {
  const { callback, lateUntil } = order.prompt;
  const agreed = callback !== null && !callback.succeeded && callback.code === answer.code;
  const isOld = callback === null && now >= order.createdAt + orderTimes.promptUnlistedMs;
  if (!agreed && !isOld) return withAnswer(order, answer);
  const reason = `mpesa_${answer.code}`;
  return now >= lateUntil
    ? { next: close(order, "expired", reason) }
    : withAnswer({ ...order, state: "stk_unknown", reason }, answer);
}

/** Records an answer that decides nothing. */
function withAnswer(order: BuyOrder, { status }: PromptAnswer): BuyDraft {
  const lastAnswer = order.prompt.callback?.succeeded === true ? "pending" : status;
  return withPrompt(order, { lastAnswer });
}

/** Returns a code for how a successful callback contradicts the order; null if it agrees. */
export function mismatch(order: BuyOrder, callback: PromptCallback | null): string | null {
  const { amountKesCents = null, msisdn = null } = callback ?? {};
  if (amountKesCents !== null && amountKesCents !== order.terms.amountKesCents) {
    return "amount_mismatch";
  }
  if (msisdn !== null && msisdn !== order.msisdn) return "payer_mismatch";
  // If only a callback named the STK push, the callback must state both the amount and the payer.
  const unstated = amountKesCents === null || msisdn === null;
  return order.prompt.status !== "accepted" && unstated ? "payment_unstated" : null;
}

/** M-Pesa's own query confirmed the payment. The callback's amount and payer must match the order. */
function credit(order: BuyOrder, now: number): BuyDraft {
  const { prompt } = order;
  const callback = prompt.callback?.succeeded === true ? prompt.callback : null;
  const receipt = callback?.receipt ?? null;
  const keys: readonly UniqueKey[] =
    receipt === null ? [] : [{ kind: "mpesa_receipt", value: receipt }];
  // M-Pesa's acknowledged STK push takes this amount and no other. The statement is the last word: see `credit_receipt`.
  const payment: ReceivedPayment = {
    checkoutRequestId: prompt.checkoutRequestId,
    receipt,
    msisdn: callback?.msisdn ?? null,
    amountKesCents: order.terms.amountKesCents,
    reversal: "none",
  };
  const mismatchCode = mismatch(order, callback);
  if (mismatchCode !== null) {
    const draft = openCase(order, mismatchCode, now);
    // If M-Pesa acknowledged our STK push, money was received. Otherwise the payment may be another order's.
    if (prompt.status !== "accepted") return draft;
    // The callback's claims are no proof, its receipt included: an operator takes the receipt from the statement.
    const { next, postings = [] } = receive(draft.next, {
      ...payment,
      receipt: null,
      msisdn: null,
    });
    return { ...draft, next, postings };
  }
  return {
    next: {
      ...withFile(order, { payments: [payment] }),
      state: "kes_received",
      reason: null,
      credit: "undelivered",
      mpesaReceipt: receipt,
      deadlineAt: now + orderTimes.stepMs,
      wakeAt: now + orderTimes.stepMs,
    },
    postings: [post.kesReceived(order)],
    keys,
    effects: [{ type: "continue" }],
  };
}

const promptKeyTaken: BuyRule<"key_taken"> = {
  to: { case: "a receipt or id belongs to another order" },
  decide: (order, { kind }, now) =>
    // A callback that names another order's STK push does not concern this order.
    kind === "checkout_request_id" &&
    order.prompt.checkoutRequestId === null &&
    order.prompt.status === "unknown"
      ? {
          ...withPrompt(order, { callback: null, dueAt: order.prompt.lateUntil }),
          cases: [strangeCallback("The callback's STK push belongs to another order.")],
        }
      : openCase(order, `${kind}_taken`, now),
};

/** The query already proved the payment; the callback adds the receipt. */
const receiptCalledBack: BuyRule<"prompt_called_back"> = {
  to: {},
  decide: (order, { callback }) => {
    const { prompt, terms } = order;
    const agrees =
      callback.succeeded &&
      callback.checkoutRequestId === prompt.checkoutRequestId &&
      (callback.amountKesCents === null || callback.amountKesCents === terms.amountKesCents);
    if (!agrees) {
      return {
        next: order,
        cases: [strangeCallback("The callback contradicts M-Pesa's own query.")],
      };
    }
    const { receipt } = callback;
    if (receipt === null || receipt === order.mpesaReceipt) return null;
    if (order.mpesaReceipt !== null) {
      return {
        next: order,
        cases: [strangeCallback("The callback has a second, different receipt.")],
      };
    }
    return {
      next: { ...withReceipt(order, callback), mpesaReceipt: receipt },
      keys: [{ kind: "mpesa_receipt", value: receipt }],
    };
  },
};

/** Adds the callback's receipt to the booked payment of its STK push. */
export function withReceipt(order: BuyOrder, callback: PromptCallback): BuyOrder {
  return withFile(order, {
    payments: order.caseFile.payments.map((payment) =>
      payment.checkoutRequestId === callback.checkoutRequestId && payment.receipt === null
        ? { ...payment, receipt: callback.receipt, msisdn: callback.msisdn ?? payment.msisdn }
        : payment,
    ),
  });
}

/** The answer to our own STK push arrives after a callback had named it, and the query had proven it. */
export const promptAnsweredLate: BuyRule<"prompt_answered"> = {
  to: {},
  decide: (order, { answer }) => {
    if (!answer.ok || answer.value.checkoutRequestId === order.prompt.checkoutRequestId)
      return null;
    const { checkoutRequestId } = answer.value;
    const prompt: Prompt =
      order.credit === "none"
        ? { ...order.prompt, status: "accepted", checkoutRequestId }
        : order.prompt;
    return {
      next: { ...order, prompt },
      keys: [{ kind: "checkout_request_id", value: checkoutRequestId }],
      cases: [strangeCallback("A callback named another STK push than the answer to our call.")],
    };
  },
};

/** A query is answered after another one had proven the payment. */
const promptQueriedLate: BuyRule<"prompt_query_answered"> = {
  to: {},
  decide: (order, { answer }) => {
    if (!answer.ok || answer.value.status !== "failed") return null;
    const detail = `M-Pesa's query denies the payment with code ${answer.value.code}.`;
    return { next: order, cases: [{ code: "prompt_contradiction", detail }] };
  },
};

/** Facts about an STK push whose payment is proven. */
export const credited = {
  prompt_answered: promptAnsweredLate,
  prompt_called_back: receiptCalledBack,
  prompt_query_answered: promptQueriedLate,
} as const;

export const prompting = {
  woken: promptWoken,
  prompt_answered: promptAnswered,
  prompt_called_back: promptCalledBack,
  prompt_query_answered: promptQueried,
  key_taken: promptKeyTaken,
  operator_acted: buyActs({}),
} as const;
