import type { Fiat } from "@satsconnect/money";
import type { CaseNote, Effect, UniqueKey } from "./effects.ts";
import type { Answer, Fact, PayoutResult, StatusResult } from "./facts.ts";
import { backoff } from "./backoff.ts";
import { maxSends, orderTimes } from "./policy.ts";

/**
 * One M-Pesa payout: the payout of a sell, or the refund of a buy. Every send uses the id chosen before the first one.
 * M-Pesa executes an id once, so resending the same id reveals whether an unanswered send arrived.
 */
export type Payout = {
  /** Our id, at most 20 letters and digits. */
  readonly originatorConversationId: string;
  readonly amountKesCents: Fiat<"KES">;
  readonly msisdn: string;
  readonly status: PayoutStatus;
  readonly sends: number;
  /** A send was not answered, so the payment may exist even if a later send is refused. */
  readonly perhapsSent: boolean;
  /** M-Pesa has confirmed that it knows the id. */
  readonly arrived: boolean;
  /** M-Pesa's conversation ids from its answers to our sends. A result that names one of them is proof. */
  readonly conversationIds: readonly string[];
  /** The last result whose conversation id is not in `conversationIds`, so it proves nothing yet. */
  readonly unproven: PayoutResult | null;
  readonly statusQueries: number;
  /** Like `conversationIds`, for our status queries. */
  readonly statusConversationIds: readonly string[];
  readonly unprovenStatus: StatusResult | null;
  readonly receipt: string | null;
  /** M-Pesa's code for the failure. */
  readonly failureCode: string | null;
  /** When to act next. */
  readonly dueAt: number;
};

/**
 * `intended`: stored, nothing sent. `sending`: a call may be in progress. `accepted`: M-Pesa will send a result.
 * `unknown`: it may or may not have been paid. `confirmed` and `failed` are proven and never change.
 */
type PayoutStatus = "intended" | "sending" | "accepted" | "unknown" | "confirmed" | "failed";

export type PayoutStep = {
  readonly payout: Payout;
  readonly effects: readonly Effect[];
  readonly keys: readonly UniqueKey[];
  readonly cases: readonly CaseNote[];
};

export function newPayout(
  originatorConversationId: string,
  msisdn: string,
  amountKesCents: Fiat<"KES">,
): Payout {
  return {
    originatorConversationId,
    amountKesCents,
    msisdn,
    status: "intended",
    sends: 0,
    perhapsSent: false,
    arrived: false,
    conversationIds: [],
    unproven: null,
    statusQueries: 0,
    statusConversationIds: [],
    unprovenStatus: null,
    receipt: null,
    failureCode: null,
    dueAt: 0,
  };
}

export function isProven(payout: Payout): boolean {
  return payout.status === "confirmed" || payout.status === "failed";
}

/** Whether it is certain that M-Pesa never received the payout. */
export function neverSent(payout: Payout): boolean {
  return payout.status === "intended" && !payout.perhapsSent && !payout.arrived;
}

/**
 * Applies a fact to a payout. Returns null if nothing changes.
 * @param mode `query_only`: never send or resend the payout; only query its status.
 */
export function stepPayout(
  payout: Payout,
  fact: Fact,
  now: number,
  mode: "send" | "query_only" = "send",
): PayoutStep | null {
  switch (fact.type) {
    case "woken":
      return wake(payout, now, mode);
    case "payout_answered":
      return isProven(payout)
        ? lateAnswer(payout, fact.answer)
        : sendAnswered(payout, fact.answer, now);
    case "payout_resulted":
      return resulted(payout, fact.result, now);
    case "payout_timed_out":
      return isProven(payout) ? null : queryStatus({ ...payout, arrived: true }, now);
    case "status_answered":
      return statusAnswered(payout, fact.answer, now);
    case "status_resulted":
      return statusResulted(payout, fact.result, now);
    default:
      return null;
  }
}

function wake(payout: Payout, now: number, mode: "send" | "query_only"): PayoutStep | null {
  if (isProven(payout) || now < payout.dueAt) return null;
  if (mode === "query_only") {
    if (neverSent(payout)) return null;
    const perhapsSent = payout.perhapsSent || payout.status === "sending";
    return queryStatus({ ...payout, perhapsSent }, now);
  }
  switch (payout.status) {
    case "intended":
      return send(payout, now);
    case "sending":
      // The process stopped before it stored the answer.
      return resendOrQuery({ ...payout, perhapsSent: true }, now);
    case "accepted":
      return queryStatus(payout, now);
    default:
      return payout.arrived ? queryStatus(payout, now) : resendOrQuery(payout, now);
  }
}

function send(payout: Payout, now: number): PayoutStep {
  return step(
    {
      ...payout,
      status: "sending",
      sends: payout.sends + 1,
      dueAt: now + orderTimes.callTimeoutMs,
    },
    [{ type: "send_payout" }],
  );
}

/** Resending the same id reveals whether it arrived. Alternates with status queries, in case every send is refused. */
function resendOrQuery(payout: Payout, now: number): PayoutStep {
  return payout.sends > payout.statusQueries + 1 ? queryStatus(payout, now) : send(payout, now);
}

function queryStatus(payout: Payout, now: number): PayoutStep {
  const statusQueries = payout.statusQueries + 1;
  const wait = backoff(orderTimes.payoutResultWaitMs, orderTimes.payoutPollMaxMs, statusQueries);
  return step({ ...payout, status: "unknown", statusQueries, dueAt: now + wait }, [
    { type: "query_payout" },
  ]);
}

function sendAnswered(
  payout: Payout,
  answer: Answer<{ conversationId: string }>,
  now: number,
): PayoutStep {
  if (answer.ok) {
    const known: Payout = {
      ...payout,
      status: "accepted",
      arrived: true,
      conversationIds: [...payout.conversationIds, answer.value.conversationId],
      dueAt: now + orderTimes.payoutResultWaitMs,
    };
    const early = known.unproven;
    if (early === null) return step(known);
    // The result arrived before the answer to our own call.
    return early.conversationId === answer.value.conversationId
      ? (resulted({ ...known, unproven: null }, early, now) ?? step(known))
      : queryStatus(known, now);
  }
  if (answer.code === "payout_duplicate") return queryStatus({ ...payout, arrived: true }, now);
  const mayExist = payout.perhapsSent || payout.arrived;
  switch (answer.retry) {
    case "unknown":
      return step({
        ...payout,
        status: "unknown",
        perhapsSent: true,
        dueAt: now + orderTimes.payoutResendMs,
      });
    case "never":
      // A refusal proves nothing about an earlier send of the same id.
      return mayExist ? queryStatus(payout, now) : failed(payout, answer.code);
    case "safe": {
      if (!mayExist && payout.sends >= maxSends.payoutRefusedByGateway) {
        return failed(payout, answer.code);
      }
      const wait = backoff(orderTimes.payoutResendMs, orderTimes.payoutPollMaxMs, payout.sends);
      return step({ ...payout, status: mayExist ? "unknown" : "intended", dueAt: now + wait });
    }
  }
}

/** An answer to a send after the outcome was proven: a result that names its conversation can contradict the proof. */
function lateAnswer(payout: Payout, answer: Answer<{ conversationId: string }>): PayoutStep | null {
  if (!answer.ok || payout.conversationIds.includes(answer.value.conversationId)) return null;
  const conversationIds = [...payout.conversationIds, answer.value.conversationId];
  return step({ ...payout, conversationIds });
}

function resulted(payout: Payout, result: PayoutResult, now: number): PayoutStep | null {
  const named =
    result.conversationId !== null && payout.conversationIds.includes(result.conversationId);
  if (isProven(payout)) {
    if (named) return contradiction(payout, result.status, result.code);
    return claimsOurs(payout, result) ? askAgain(payout) : null;
  }
  if (!named) {
    const held = { ...payout, unproven: result };
    // A send is in progress; its answer will name our conversation.
    return payout.status === "sending" ? step(held) : queryStatus(held, now);
  }
  switch (result.status) {
    case "succeeded":
      return confirmed(payout, result, now);
    case "failed":
      // With more than one send, another one may have been paid.
      return payout.perhapsSent ? queryStatus(payout, now) : failed(payout, result.code);
    case "unknown":
      return queryStatus(payout, now);
  }
}

/**
 * Whether a result claims that a payout was made which is not known to be: it names our own id. Not proof, because our
 * refused call returned no conversation id; a status query can prove it.
 */
export function claimsOurs(payout: Payout, result: PayoutResult): boolean {
  return (
    payout.status !== "confirmed" &&
    result.status === "succeeded" &&
    result.originatorConversationId === payout.originatorConversationId
  );
}

/** Queries a payout whose outcome was believed proven. */
function askAgain(payout: Payout): PayoutStep {
  return step({ ...payout, statusQueries: payout.statusQueries + 1 }, [{ type: "query_payout" }]);
}

function statusAnswered(
  payout: Payout,
  answer: Answer<{ conversationId: string }>,
  now: number,
): PayoutStep | null {
  if (!answer.ok) return null;
  const known: Payout = {
    ...payout,
    statusConversationIds: [...payout.statusConversationIds, answer.value.conversationId],
    unprovenStatus: null,
  };
  const early = payout.unprovenStatus;
  if (early === null || early.conversationId !== answer.value.conversationId) return step(known);
  return statusResulted(known, early, now) ?? step(known);
}

function statusResulted(payout: Payout, result: StatusResult, now: number): PayoutStep | null {
  const named =
    result.conversationId !== null && payout.statusConversationIds.includes(result.conversationId);
  if (isProven(payout)) return named ? contradiction(payout, result.status, result.code) : null;
  if (!named) return step({ ...payout, unprovenStatus: result });
  switch (result.status) {
    case "succeeded":
      return confirmed(payout, result, now);
    case "failed":
      return failed(payout, result.code);
    case "not_found":
      // Not proof that it will never be paid, but the same id may be sent again.
      return step({ ...payout, arrived: false });
    case "pending":
    case "unknown":
      return null;
  }
}

function confirmed(
  payout: Payout,
  result: Pick<PayoutResult, "amountKesCents" | "msisdn" | "receipt">,
  now: number,
): PayoutStep {
  const wrong =
    (result.amountKesCents !== null && result.amountKesCents !== payout.amountKesCents) ||
    (result.msisdn !== null && result.msisdn !== payout.msisdn);
  if (wrong) {
    const detail =
      "M-Pesa reports a payout with a different recipient or amount than this order's.";
    return { ...queryStatus(payout, now), cases: [{ code: "payout_mismatch", detail }] };
  }
  return {
    ...step({ ...payout, status: "confirmed", receipt: result.receipt }),
    keys: result.receipt === null ? [] : [{ kind: "mpesa_receipt", value: result.receipt }],
  };
}

function failed(payout: Payout, code: string): PayoutStep {
  return step({ ...payout, status: "failed", failureCode: code });
}

function contradiction(payout: Payout, claimed: string, code: string): PayoutStep | null {
  const opposite = payout.status === "confirmed" ? "failed" : "succeeded";
  if (claimed !== opposite) return null;
  const detail = `The payout was proven ${payout.status}; M-Pesa now reports ${claimed} (code ${code}).`;
  return { ...step(payout), cases: [{ code: "payout_contradiction", detail }] };
}

function step(payout: Payout, effects: readonly Effect[] = []): PayoutStep {
  return { payout, effects, keys: [], cases: [] };
}
