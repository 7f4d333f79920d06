import type { Fiat } from "@satsconnect/money";
import type { CaseNote, Effect, UniqueKey } from "./effects.ts";
import type { Answer, Fact, ReversalResult } from "./facts.ts";
import { backoff } from "./backoff.ts";
import { maxSends, orderTimes } from "./policy.ts";

/**
 * The reversal of one receipt, always in full. Daraja's reversal takes no id of ours, but M-Pesa reverses a receipt at
 * most once and says so ("already reversed"). Repeating the request is therefore safe, and reveals whether an unanswered
 * one arrived. A partial reversal would not be: nothing says that a second one is refused.
 */
export type Reversal = {
  readonly receipt: string;
  readonly amountKesCents: Fiat<"KES">;
  readonly status: ReversalStatus;
  readonly sends: number;
  /** A request was not answered, or not resulted: it may have been carried out. */
  readonly perhapsSent: boolean;
  /** M-Pesa's conversation ids from its answers to our requests. A result that names one of them is proof. */
  readonly conversationIds: readonly string[];
  /** The last result whose conversation id is not in `conversationIds`, so it proves nothing yet. */
  readonly unproven: ReversalResult | null;
  /** M-Pesa's receipt of the reversal itself. */
  readonly reversalReceipt: string | null;
  /** M-Pesa's code for the failure. */
  readonly failureCode: string | null;
  readonly startedAt: number;
  readonly dueAt: number;
};

/**
 * `unknown`: it may or may not have been made. `stuck`: M-Pesa says that somebody reversed the receipt, or gives no answer
 * for too long; a person looks it up. `confirmed` and `failed` are proven and never change.
 */
type ReversalStatus =
  | "intended"
  | "sending"
  | "accepted"
  | "unknown"
  | "stuck"
  | "confirmed"
  | "failed";

export type ReversalStep = {
  readonly reversal: Reversal;
  readonly effects: readonly Effect[];
  readonly keys: readonly UniqueKey[];
  readonly cases: readonly CaseNote[];
};

export function newReversal(
  receipt: string,
  amountKesCents: Fiat<"KES">,
  startedAt: number,
): Reversal {
  return {
    receipt,
    amountKesCents,
    status: "intended",
    sends: 0,
    perhapsSent: false,
    conversationIds: [],
    unproven: null,
    reversalReceipt: null,
    failureCode: null,
    startedAt,
    dueAt: startedAt,
  };
}

/** Applies a fact to a reversal. Returns null if nothing changes. */
export function stepReversal(
  reversal: Reversal,
  fact: Fact,
  now: number,
  mode: "send" | "query_only" = "send",
): ReversalStep | null {
  const { status } = reversal;
  if (status === "confirmed" || status === "failed") return null;
  switch (fact.type) {
    case "woken":
      return wake(reversal, now, mode);
    case "reversal_answered":
      return answered(reversal, fact.answer, now);
    case "reversal_resulted":
      return resulted(reversal, fact.result, now);
    case "reversal_timed_out":
      // M-Pesa received the request, and the outcome is unknown.
      return status === "stuck" ? null : later({ ...reversal, perhapsSent: true }, now);
    default:
      return null;
  }
}

const unsaid = "M-Pesa has not said whether the reversal was made.";

function wake(reversal: Reversal, now: number, mode: "send" | "query_only"): ReversalStep | null {
  if (reversal.status === "stuck" || now < reversal.dueAt) return null;
  if (mode === "query_only") {
    // Only repeating it would tell what became of it, and might make it.
    return reversal.sends === 0 ? failed(reversal, "not_requested") : stuck(reversal, unsaid);
  }
  // Any request before this one may have been carried out: its answer or its result is missing.
  const perhapsSent = reversal.perhapsSent || reversal.status !== "intended";
  if (perhapsSent && now >= reversal.startedAt + orderTimes.reversalGiveUpMs) {
    return stuck(reversal, unsaid);
  }
  return step(
    {
      ...reversal,
      status: "sending",
      perhapsSent,
      sends: reversal.sends + 1,
      dueAt: now + orderTimes.callTimeoutMs,
    },
    [{ type: "send_reversal" }],
  );
}

function answered(
  reversal: Reversal,
  answer: Answer<{ conversationId: string }>,
  now: number,
): ReversalStep | null {
  if (answer.ok) {
    const known: Reversal = {
      ...reversal,
      status: reversal.status === "stuck" ? "stuck" : "accepted",
      conversationIds: [...reversal.conversationIds, answer.value.conversationId],
      dueAt: now + orderTimes.reversalResultWaitMs,
    };
    const early = known.unproven;
    if (early === null || early.conversationId !== answer.value.conversationId) return step(known);
    // The result arrived before the answer to our own call.
    return resulted({ ...known, unproven: null }, early, now) ?? step(known);
  }
  if (reversal.status !== "sending") return null;
  switch (answer.retry) {
    case "unknown":
      return later({ ...reversal, perhapsSent: true }, now);
    case "never":
      // A refusal proves nothing about an earlier request.
      return reversal.perhapsSent ? later(reversal, now) : failed(reversal, answer.code);
    case "safe":
      return !reversal.perhapsSent && reversal.sends >= maxSends.reversalRefusedByGateway
        ? failed(reversal, answer.code)
        : step({
            ...reversal,
            status: reversal.perhapsSent ? "unknown" : "intended",
            dueAt: now + wait(reversal),
          });
  }
}

function resulted(reversal: Reversal, result: ReversalResult, now: number): ReversalStep | null {
  const named =
    result.conversationId !== null && reversal.conversationIds.includes(result.conversationId);
  if (!named) return step({ ...reversal, unproven: result });
  switch (result.status) {
    case "succeeded":
      return confirmed(reversal, result);
    case "already_reversed":
      // An earlier request of ours did it. Without one, somebody else did, and a payout would pay the payer twice.
      return reversal.perhapsSent
        ? confirmed(reversal, { ...result, receipt: null })
        : stuck(reversal, "M-Pesa says that this receipt was reversed already, and not by us.");
    case "failed":
      if (reversal.status === "stuck") return null;
      return reversal.perhapsSent ? later(reversal, now) : failed(reversal, result.code);
    case "unknown":
      return reversal.status === "stuck" ? null : later({ ...reversal, perhapsSent: true }, now);
  }
}

function confirmed(reversal: Reversal, { receipt }: Pick<ReversalResult, "receipt">): ReversalStep {
  return {
    ...step({ ...reversal, status: "confirmed", reversalReceipt: receipt }),
    keys: receipt === null ? [] : [{ kind: "mpesa_receipt", value: receipt }],
  };
}

function failed(reversal: Reversal, code: string): ReversalStep {
  return step({ ...reversal, status: "failed", failureCode: code });
}

function stuck(reversal: Reversal, detail: string): ReversalStep {
  return {
    ...step({ ...reversal, status: "stuck" }),
    cases: [{ code: "reversal_unproven", detail }],
  };
}

function later(reversal: Reversal, now: number): ReversalStep {
  return step({ ...reversal, status: "unknown", dueAt: now + wait(reversal) });
}

function wait({ sends }: Reversal): number {
  return backoff(orderTimes.reversalResultWaitMs, orderTimes.payoutPollMaxMs, Math.max(1, sends));
}

function step(reversal: Reversal, effects: readonly Effect[] = []): ReversalStep {
  return { reversal, effects, keys: [], cases: [] };
}
