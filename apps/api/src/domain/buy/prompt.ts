import type { UniqueKey } from "../effects.ts";
import type { PromptAnswer, PromptCallback } from "../facts.ts";
import type { BuyOrder } from "../order.ts";
import { backoff } from "../backoff.ts";
import { maxSends, orderTimes } from "../policy.ts";
import type { BuyDraft, BuyRule } from "./moves.ts";
import { close, isDue, strange, toCase, withPrompt } from "./moves.ts";
import * as books from "./postings.ts";

const promptTo = {
  stk_unknown: "time-out, 5xx, or nobody answered the prompt",
  kes_received: "M-Pesa's query confirms it",
  cancelled: "refused, or cancelled on the handset",
  expired: "nobody paid in time",
  case: "paid, but not as asked; or no word for two days",
} as const;

const promptWoken: BuyRule<"woken"> = {
  to: promptTo,
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
        // Whoever sent it died before the answer was stored. There is no second prompt: it may have arrived.
        return promptUnknown(order, now);
      default:
        return followPrompt(order, now);
    }
  },
};

/** Asks what became of the prompt, or ends the waiting. */
function followPrompt(order: BuyOrder, now: number): BuyDraft {
  const { prompt } = order;
  if (prompt.checkoutRequestId === null) {
    return { next: close(order, "expired", "prompt_not_answered") };
  }
  const givenUpAt = order.createdAt + orderTimes.promptGiveUpMs;
  if (now >= givenUpAt) return toCase(order, "prompt_never_resolved", now);
  const deadlineAt = now < prompt.lateUntil ? order.deadlineAt : givenUpAt;
  return ask({ ...order, deadlineAt }, prompt.checkoutRequestId, now);
}

function ask(order: BuyOrder, checkoutRequestId: string, now: number): BuyDraft {
  const polls = order.prompt.polls + 1;
  const wait = backoff(orderTimes.promptPollMinMs, orderTimes.promptPollMaxMs, polls);
  return withPrompt(order, { polls, dueAt: now + wait }, [
    { type: "query_prompt", checkoutRequestId },
  ]);
}

const promptAnswered: BuyRule<"prompt_answered"> = {
  to: promptTo,
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
      // The callback was quicker than the answer to our own call.
      const asked = ask(known, checkoutRequestId, now);
      return callback === null
        ? { ...asked, keys, cases: [strange("It came before our own call was answered.")] }
        : { ...asked, keys };
    }
    if (prompt.status !== "sending") return null;
    switch (answer.retry) {
      case "never":
        return { next: close(order, "cancelled", `mpesa_${answer.code}`) };
      case "safe": {
        if (prompt.sends >= maxSends.prompt) {
          return { next: close(order, "cancelled", `mpesa_${answer.code}`) };
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
    return adopt(withPrompt(unknown, { status: "unknown" }).next, callback, now);
  return withPrompt(unknown, { status: "unknown", dueAt: order.prompt.lateUntil });
}

/** Our call was not answered, so only the callback says what M-Pesa calls the prompt. The query decides. */
function adopt(order: BuyOrder, callback: PromptCallback, now: number): BuyDraft {
  const { checkoutRequestId } = callback;
  const known = withPrompt(order, { checkoutRequestId, callback }).next;
  return {
    ...ask(known, checkoutRequestId, now),
    keys: [{ kind: "checkout_request_id", value: checkoutRequestId }],
  };
}

const promptCalledBack: BuyRule<"prompt_called_back"> = {
  to: promptTo,
  decide: (order, { callback }, now) => {
    const { prompt } = order;
    if (prompt.checkoutRequestId === null) {
      return prompt.status === "unknown"
        ? adopt(order, callback, now)
        : withPrompt(order, { callback: prompt.callback ?? callback });
    }
    if (callback.checkoutRequestId !== prompt.checkoutRequestId) {
      // What a callback brought, another callback can replace; what M-Pesa answered to our own call stands.
      if (prompt.status === "unknown") return adopt(order, callback, now);
      return { next: order, cases: [strange("Its prompt is not the one that was sent.")] };
    }
    // A claim of success outweighs one of failure until the query has spoken.
    const kept = prompt.callback?.succeeded === true ? prompt.callback : callback;
    const asked = ask(withPrompt(order, { callback: kept }).next, prompt.checkoutRequestId, now);
    const contradicts =
      prompt.callback !== null && prompt.callback.succeeded !== callback.succeeded;
    return contradicts
      ? { ...asked, cases: [strange("Two callbacks contradict each other.")] }
      : asked;
  },
};

const promptQueried: BuyRule<"prompt_query_answered"> = {
  to: promptTo,
  decide: (order, { answer }, now) => {
    if (!answer.ok) return null;
    const claimed = order.prompt.callback?.succeeded === true;
    switch (answer.value.status) {
      case "succeeded":
        return credit(order, now);
      case "failed":
        // M-Pesa says both: it goes on being asked, and after two days a person is.
        return claimed
          ? withAnswer(order, answer.value)
          : { next: close(order, "cancelled", `mpesa_${answer.value.code}`) };
      case "unanswered":
        if (claimed) return withAnswer(order, answer.value);
        return now >= order.prompt.lateUntil
          ? { next: close(order, "expired", "prompt_not_answered") }
          : withAnswer(
              { ...order, state: "stk_unknown", reason: "prompt_not_answered" },
              answer.value,
            );
      case "pending":
        return withAnswer(order, answer.value);
    }
  },
};

/** What an answer that is no end changes: nothing but what is remembered of it. */
function withAnswer(order: BuyOrder, { status }: PromptAnswer): BuyDraft {
  const lastAnswer = order.prompt.callback?.succeeded === true ? "pending" : status;
  return withPrompt(order, { lastAnswer });
}

/** What a successful callback says that does not fit the order; null when it all fits. */
export function misfit(order: BuyOrder, callback: PromptCallback | null): string | null {
  const { amountKesCents = null, msisdn = null } = callback ?? {};
  if (amountKesCents !== null && amountKesCents !== order.terms.amountKesCents) {
    return "amount_mismatch";
  }
  if (msisdn !== null && msisdn !== order.msisdn) return "payer_mismatch";
  // A prompt that M-Pesa never named to us, only a callback did, has to say what was paid and by whom.
  const unstated = amountKesCents === null || msisdn === null;
  return order.prompt.status !== "accepted" && unstated ? "payment_unstated" : null;
}

/** M-Pesa's own query confirms the payment. What the callback said has to agree with what was asked. */
function credit(order: BuyOrder, now: number): BuyDraft {
  const { prompt } = order;
  const callback = prompt.callback?.succeeded === true ? prompt.callback : null;
  const receipt = callback?.receipt ?? null;
  const keys: readonly UniqueKey[] =
    receipt === null ? [] : [{ kind: "mpesa_receipt", value: receipt }];
  const wrong = misfit(order, callback);
  if (wrong !== null) {
    const draft = toCase(order, wrong, now);
    // The prompt that M-Pesa named to us was paid, so our amount is in. Of any other nothing is known for sure.
    return prompt.status === "accepted"
      ? {
          ...draft,
          next: { ...draft.next, credit: "suspense", mpesaReceipt: receipt },
          postings: [books.kesReceivedForCase(order)],
          keys,
        }
      : draft;
  }
  return {
    next: {
      ...order,
      state: "kes_received",
      reason: null,
      credit: "undelivered",
      mpesaReceipt: receipt,
      deadlineAt: now + orderTimes.stepMs,
      wakeAt: now + orderTimes.stepMs,
    },
    postings: [books.kesReceived(order)],
    keys,
    effects: [{ type: "go_on" }],
  };
}

const promptKeyTaken: BuyRule<"key_taken"> = {
  to: { case: "a number of M-Pesa's belongs to another order" },
  decide: (order, { kind }, now) =>
    // A callback that names another order's prompt is none of ours.
    kind === "checkout_request_id" &&
    order.prompt.checkoutRequestId === null &&
    order.prompt.status === "unknown"
      ? {
          ...withPrompt(order, { callback: null, dueAt: order.prompt.lateUntil }),
          cases: [strange("Its prompt belongs to another order.")],
        }
      : toCase(order, `${kind}_taken`, now),
};

/** The callback came after the query had already proven the payment: it brings the receipt. */
export const receiptCalledBack: BuyRule<"prompt_called_back"> = {
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
        cases: [strange("It does not agree with what M-Pesa's query proved.")],
      };
    }
    const { receipt } = callback;
    if (receipt === null || receipt === order.mpesaReceipt) return null;
    if (order.mpesaReceipt !== null) {
      return { next: order, cases: [strange("It brings a second receipt.")] };
    }
    return {
      next: { ...order, mpesaReceipt: receipt },
      keys: [{ kind: "mpesa_receipt", value: receipt }],
    };
  },
};

export const prompting = {
  woken: promptWoken,
  prompt_answered: promptAnswered,
  prompt_called_back: promptCalledBack,
  prompt_query_answered: promptQueried,
  key_taken: promptKeyTaken,
} as const;
