import type { Draft, Effect, Key, Rule, Table } from "./decision.ts";
import type { Answer, Fact, FactType, LightningReport, PromptAnswer } from "./facts.ts";
import * as books from "./buy-postings.ts";
import type { BuyOrder, BuyState, Prompt, PromptCallback } from "./order.ts";
import { newPayout, stepPayout } from "./payout.ts";
import { backoff, patience, timing } from "./timing.ts";

type BuyRule<Type extends FactType> = Rule<BuyOrder, Type>;
type BuyDraft = Draft<BuyOrder>;

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
          { status: "sending", sends: prompt.sends + 1, dueAt: now + timing.callMs },
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
  const givenUpAt = order.createdAt + timing.promptSilentMs;
  if (now >= givenUpAt) return toCase(order, "prompt_never_resolved", now);
  const deadlineAt = now < prompt.lateUntil ? order.deadlineAt : givenUpAt;
  return ask({ ...order, deadlineAt }, prompt.checkoutRequestId, now);
}

function ask(order: BuyOrder, checkoutRequestId: string, now: number): BuyDraft {
  const polls = order.prompt.polls + 1;
  const wait = backoff(timing.firstPromptPollMs, timing.slowestPromptPollMs, polls);
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
      const keys: readonly Key[] = [{ kind: "checkout_request_id", value: checkoutRequestId }];
      const callback =
        prompt.callback?.checkoutRequestId === checkoutRequestId ? prompt.callback : null;
      const known = withPrompt(order, {
        status: "accepted",
        checkoutRequestId,
        callback,
        dueAt: now + timing.firstPromptPollMs,
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
        if (prompt.sends >= patience.promptSends) {
          return { next: close(order, "cancelled", `mpesa_${answer.code}`) };
        }
        const wait = backoff(timing.lightningPollMs, timing.firstPromptPollMs, prompt.sends);
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
  const keys: readonly Key[] = receipt === null ? [] : [{ kind: "mpesa_receipt", value: receipt }];
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
      deadlineAt: now + timing.stepMs,
      wakeAt: now + timing.stepMs,
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

const startPaying: BuyRule<"woken"> = {
  to: { paying: "intent stored", invoice_needed: "the invoice has run out" },
  decide: (order, _fact, now) =>
    order.lightning.invoiceExpiresAt <= now + timing.invoiceMarginMs
      ? needInvoice(order, "invoice_expired", now)
      : pay(order, now),
};

function pay(order: BuyOrder, now: number): BuyDraft {
  const lightning = {
    ...order.lightning,
    polls: order.lightning.polls + 1,
    dueAt: now + timing.callMs,
  };
  return {
    next: {
      ...order,
      state: "paying",
      reason: order.state === "paying" ? order.reason : null,
      lightning,
      wakeAt: lightning.dueAt,
      deadlineAt: order.state === "paying" ? order.deadlineAt : now + timing.lightningOverdueMs,
    },
    effects: [{ type: "pay_invoice" }],
  };
}

const payAgain: BuyRule<"woken"> = {
  to: {},
  decide: (order, _fact, now) => {
    if (!isDue(order, order.lightning.dueAt, now)) return null;
    // The same key again: the node answers with what became of it.
    const draft = pay(order, now);
    if (now < (order.deadlineAt ?? 0)) return draft;
    const detail = "The Lightning payment has been under way for longer than it should be.";
    return {
      ...draft,
      next: { ...draft.next, deadlineAt: now + timing.lightningOverdueMs },
      cases: [{ code: "payment_overdue", detail }],
    };
  },
};

const paymentReported: BuyRule<"lightning_reported"> = {
  to: {
    paid: "the preimage is here",
    invoice_needed: "proven not paid",
    case: "an earlier invoice was paid too",
  },
  decide: (order, { answer }, now) => {
    const { lightning } = order;
    const report = reportOf(answer);
    if (report !== null && report.paymentHash !== lightning.paymentHash) {
      return report.state === "succeeded" ? toCase(order, "earlier_invoice_paid", now) : null;
    }
    if (report?.state === "succeeded") {
      return {
        next: close(order, "paid", null),
        postings: [books.satsDelivered(order, report.feeMsat)],
      };
    }
    if (report?.state === "failed")
      return needInvoice(order, report.failure ?? "payment_failed", now);
    // Refused before anything was sent, under a key that pays once: proof as well.
    if (!answer.ok && answer.retry === "never") return needInvoice(order, answer.code, now);
    const wait = backoff(timing.lightningPollMs, timing.slowestLightningPollMs, lightning.polls);
    return {
      next: { ...order, lightning: { ...lightning, dueAt: now + wait }, wakeAt: now + wait },
    };
  },
};

function needInvoice(order: BuyOrder, reason: string, now: number): BuyDraft {
  const deadlineAt = now + timing.invoiceNeededMs;
  return { next: { ...order, state: "invoice_needed", reason, deadlineAt, wakeAt: deadlineAt } };
}

const invoiceAttached: BuyRule<"invoice_attached"> = {
  to: { paying: "a fresh invoice" },
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

const invoiceTooLate: BuyRule<"woken"> = {
  to: { refunding: "no invoice in time" },
  decide: (order, _fact, now) =>
    now < (order.deadlineAt ?? 0) ? null : refund(order, "no_invoice_in_time", now),
};

const holderCancels: BuyRule<"holder_cancelled"> = {
  to: { refunding: "the holder asks" },
  decide: (order, _fact, now) => refund(order, "refund_asked", now),
};

const earlierPaymentReported: BuyRule<"lightning_reported"> = {
  to: { case: "an invoice was paid that was proven not to be" },
  decide: (order, { answer }, now) => {
    const report = reportOf(answer);
    return report?.state === "succeeded" && report.direction === "outbound"
      ? toCase(order, "payment_contradiction", now)
      : null;
  },
};

/** Back to the number that paid. The id was stored when the order was opened; the payout's own step sends it. */
function refund(order: BuyOrder, reason: string, now: number): BuyDraft {
  const deadlineAt = now + timing.caseMs;
  const next: BuyOrder = { ...order, state: "refunding", reason, deadlineAt, wakeAt: now };
  return { next, postings: [books.refundReserved(order)], effects: [{ type: "go_on" }] };
}

function refundRule<Type extends FactType>(): BuyRule<Type> {
  return {
    to: { refunded: "proven paid back", case: "M-Pesa refuses the refund" },
    decide: (order, fact, now) => refundStepped(order, fact, now),
  };
}

function refundStepped(order: BuyOrder, fact: Fact, now: number): BuyDraft | null {
  const stepped = stepPayout(order.payout, fact, now);
  const overdue = fact.type === "woken" && now >= (order.deadlineAt ?? 0);
  if (stepped === null && !overdue) return null;
  const payout = stepped?.payout ?? order.payout;
  const next = { ...order, payout };
  const { keys = [], cases = [], effects = [] } = stepped ?? {};
  if (payout.status === "confirmed") {
    return {
      next: close(next, "refunded", order.reason),
      postings: [books.refundPaid(order)],
      keys,
      cases,
    };
  }
  if (payout.status === "failed") return toCase(next, "refund_refused", now);
  const deadlineAt = overdue ? now + timing.caseMs : order.deadlineAt;
  const detail = "The refund has been under way for longer than it should be.";
  return {
    next: { ...next, deadlineAt, wakeAt: payout.dueAt },
    keys,
    cases: overdue ? [...cases, { code: "refund_overdue", detail }] : cases,
    effects,
  };
}

const caseWoken: BuyRule<"woken"> = {
  to: {},
  decide: (order, _fact, now) => {
    if (now < (order.deadlineAt ?? 0)) return null;
    // A person is reminded for as long as it takes.
    const deadlineAt = now + timing.caseMs;
    return { next: { ...order, deadlineAt, wakeAt: deadlineAt } };
  },
};

/** A prompt in a case is still asked about when word comes, so that the books follow M-Pesa. */
const caseCalledBack: BuyRule<"prompt_called_back"> = {
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

const caseQueried: BuyRule<"prompt_query_answered"> = {
  to: {},
  decide: (order, { answer }) =>
    answer.ok &&
    answer.value.status === "succeeded" &&
    order.credit === "none" &&
    order.prompt.status === "accepted"
      ? { next: { ...order, credit: "suspense" }, postings: [books.kesReceivedForCase(order)] }
      : null,
};

const caseResolved: BuyRule<"operator_resolved"> = {
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

/** The callback came after the query had already proven the payment: it brings the receipt. */
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

const keyTaken: BuyRule<"key_taken"> = {
  to: { case: "a number of M-Pesa's or a hash belongs to another order" },
  decide: (order, { kind }, now) => toCase(order, `${kind}_taken`, now),
};

const prompting = {
  woken: promptWoken,
  prompt_answered: promptAnswered,
  prompt_called_back: promptCalledBack,
  prompt_query_answered: promptQueried,
  key_taken: promptKeyTaken,
} as const;

/** M-Pesa to bitcoin. Nothing is credited without M-Pesa's own query, nothing is paid back without proof of no delivery. */
export const buyTable: Table<BuyOrder> = {
  stk_requested: prompting,
  stk_unknown: prompting,
  kes_received: { woken: startPaying, prompt_called_back: receiptCalledBack },
  paying: {
    woken: payAgain,
    lightning_reported: paymentReported,
    prompt_called_back: receiptCalledBack,
  },
  invoice_needed: {
    prompt_called_back: receiptCalledBack,
    woken: invoiceTooLate,
    invoice_attached: invoiceAttached,
    holder_cancelled: holderCancels,
    lightning_reported: earlierPaymentReported,
  },
  refunding: {
    prompt_called_back: receiptCalledBack,
    woken: refundRule(),
    payout_answered: refundRule(),
    payout_resulted: refundRule(),
    payout_timed_out: refundRule(),
    status_answered: refundRule(),
    status_resulted: refundRule(),
    key_taken: keyTaken,
  },
  case: {
    woken: caseWoken,
    prompt_called_back: caseCalledBack,
    prompt_query_answered: caseQueried,
    operator_resolved: caseResolved,
  },
  paid: {},
  refunded: {},
  cancelled: {},
  expired: {},
};

function isDue(order: BuyOrder, dueAt: number, now: number): boolean {
  return now >= dueAt || now >= (order.deadlineAt ?? 0);
}

function withPrompt(
  order: BuyOrder,
  changes: Partial<Prompt>,
  effects: readonly Effect[] = [],
): BuyDraft {
  const prompt = { ...order.prompt, ...changes };
  return { next: { ...order, prompt, wakeAt: prompt.dueAt }, effects };
}

function reportOf(answer: Answer<LightningReport | null>): LightningReport | null {
  return answer.ok ? answer.value : null;
}

function strange(detail: string) {
  return { code: "strange_callback", detail };
}

function close(order: BuyOrder, state: BuyState, reason: string | null): BuyOrder {
  return { ...order, state, reason, deadlineAt: null, wakeAt: null };
}

function toCase(order: BuyOrder, code: string, now: number): BuyDraft {
  const deadlineAt = now + timing.caseMs;
  return {
    next: { ...order, state: "case", reason: code, deadlineAt, wakeAt: deadlineAt },
    cases: [{ code, detail: `The order was ${order.state}.` }],
  };
}
