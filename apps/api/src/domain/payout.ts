import type { Fiat } from "@satsconnect/money";
import type { CaseNote, Effect, UniqueKey } from "./effects.ts";
import type { Answer, Fact, PayoutResult, StatusResult } from "./facts.ts";
import { backoff } from "./backoff.ts";
import { maxSends, orderTimes } from "./policy.ts";

/**
 * One payout over M-Pesa: of a sell, or the refund of a buy. One id for its whole life, chosen before anything is sent:
 * M-Pesa executes an id once, so sending the same again is how an unanswered send is found out about.
 */
export type Payout = {
  /** Ours, at most 20 letters and digits. */
  readonly originatorConversationId: string;
  readonly amountKesCents: Fiat<"KES">;
  readonly msisdn: string;
  readonly status: PayoutStatus;
  readonly sends: number;
  /** A send was not answered: the payment may exist although a later send is refused. */
  readonly perhapsSent: boolean;
  /** M-Pesa has said that it knows the id. */
  readonly arrived: boolean;
  /** M-Pesa's own ids of our sends, out of its answers. A result that names one of them is proof. */
  readonly conversationIds: readonly string[];
  /** A result that names no conversation that we know of (yet). */
  readonly unproven: PayoutResult | null;
  readonly statusQueries: number;
  /** As `conversationIds`, of our status queries. */
  readonly statusConversationIds: readonly string[];
  readonly unprovenStatus: StatusResult | null;
  readonly receipt: string | null;
  /** Why it failed, in M-Pesa's code. */
  readonly failureCode: string | null;
  /** When there is something to do next. */
  readonly dueAt: number;
};

/**
 * `intended`: stored, nothing sent. `sending`: a call may be under way. `accepted`: M-Pesa will answer later.
 * `unknown`: it may or may not have been paid. `confirmed` and `failed` are proven, and never change.
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

/** Whether it is certain that M-Pesa never got it. */
export function neverLeft(payout: Payout): boolean {
  return payout.status === "intended" && !payout.perhapsSent && !payout.arrived;
}

/**
 * Takes in a fact about a payout. Null when it changes nothing.
 * @param mode `ask`: nothing is sent any more, not even again; only its status is asked for.
 */
export function stepPayout(
  payout: Payout,
  fact: Fact,
  now: number,
  mode: "send" | "ask" = "send",
): PayoutStep | null {
  switch (fact.type) {
    case "woken":
      return wake(payout, now, mode);
    case "payout_answered":
      return isProven(payout) ? null : sendAnswered(payout, fact.answer, now);
    case "payout_resulted":
      return resulted(payout, fact.result, now);
    case "payout_timed_out":
      return isProven(payout) ? null : askStatus({ ...payout, arrived: true }, now);
    case "status_answered":
      return isProven(payout) ? null : statusAnswered(payout, fact.answer, now);
    case "status_resulted":
      return statusResulted(payout, fact.result, now);
    default:
      return null;
  }
}

function wake(payout: Payout, now: number, mode: "send" | "ask"): PayoutStep | null {
  if (isProven(payout) || now < payout.dueAt) return null;
  if (mode === "ask") {
    if (neverLeft(payout)) return null;
    const perhapsSent = payout.perhapsSent || payout.status === "sending";
    return askStatus({ ...payout, perhapsSent }, now);
  }
  switch (payout.status) {
    case "intended":
      return send(payout, now);
    case "sending":
      // Whoever made the call died before its answer was stored.
      return sendAgainOrAsk({ ...payout, perhapsSent: true }, now);
    case "accepted":
      return askStatus(payout, now);
    default:
      return payout.arrived ? askStatus(payout, now) : sendAgainOrAsk(payout, now);
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

/** The same id again tells whether it arrived; in turns with asking, for when sending is refused. */
function sendAgainOrAsk(payout: Payout, now: number): PayoutStep {
  return payout.sends > payout.statusQueries + 1 ? askStatus(payout, now) : send(payout, now);
}

function askStatus(payout: Payout, now: number): PayoutStep {
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
    // The result was quicker than the answer to our own call.
    return early.conversationId === answer.value.conversationId
      ? (resulted({ ...known, unproven: null }, early, now) ?? step(known))
      : askStatus(known, now);
  }
  if (answer.code === "payout_duplicate") return askStatus({ ...payout, arrived: true }, now);
  const maybeThere = payout.perhapsSent || payout.arrived;
  switch (answer.retry) {
    case "unknown":
      return step({
        ...payout,
        status: "unknown",
        perhapsSent: true,
        dueAt: now + orderTimes.payoutResendMs,
      });
    case "never":
      // A refusal says nothing about an earlier send of the same id.
      return maybeThere ? askStatus(payout, now) : failed(payout, answer.code);
    case "safe": {
      if (!maybeThere && payout.sends >= maxSends.payoutRefusedByGateway) {
        return failed(payout, answer.code);
      }
      const wait = backoff(orderTimes.payoutResendMs, orderTimes.payoutPollMaxMs, payout.sends);
      return step({ ...payout, status: maybeThere ? "unknown" : "intended", dueAt: now + wait });
    }
  }
}

function resulted(payout: Payout, result: PayoutResult, now: number): PayoutStep | null {
  const named =
    result.conversationId !== null && payout.conversationIds.includes(result.conversationId);
  if (isProven(payout)) return named ? contradiction(payout, result.status, result.code) : null;
  if (!named) {
    const held = { ...payout, unproven: result };
    // While our own call is under way its answer tells which conversation is ours.
    return payout.status === "sending" ? step(held) : askStatus(held, now);
  }
  switch (result.status) {
    case "succeeded":
      return confirmed(payout, result, now);
    case "failed":
      // With more than one send, the other one may have been the one that was paid.
      return payout.perhapsSent ? askStatus(payout, now) : failed(payout, result.code);
    case "unknown":
      return askStatus(payout, now);
  }
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
      // Never a proof that it will not be paid; but now the same id may be sent again.
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
    const detail = "M-Pesa reports a payout to another number or of another amount than ours.";
    return { ...askStatus(payout, now), cases: [{ code: "payout_mismatch", detail }] };
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
  const detail = `The payout was proven ${payout.status}; M-Pesa now says ${claimed} (${code}).`;
  return { ...step(payout), cases: [{ code: "payout_contradiction", detail }] };
}

function step(payout: Payout, effects: readonly Effect[] = []): PayoutStep {
  return { payout, effects, keys: [], cases: [] };
}
