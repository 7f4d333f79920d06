import type { Draft, Rule } from "../decision.ts";
import type { CaseNote, Effect } from "../effects.ts";
import type { Answer, FactType, LightningReport } from "../facts.ts";
import type { HoldInvoice, SellOrder, SellState } from "../order.ts";
import { isProven, neverSent } from "../payout.ts";
import { holdBlocks, orderTimes } from "../policy.ts";
import type { Posting } from "../postings.ts";
import * as post from "./postings.ts";
import { isDue } from "../due.ts";

export type SellRule<Type extends FactType> = Rule<SellOrder, Type>;
export type SellDraft = Draft<SellOrder>;

/** Estimated time of the protective claim. Block heights alone decide about it; this is only when to check them. */
export function protectiveClaimAt(
  held: Pick<HoldInvoice, "claimDeadlineHeight" | "tipHeight"> | null,
  now: number,
): number {
  return now + Math.max(1, blocksLeft(held) - holdBlocks.protectiveClaim) * holdBlocks.intervalMs;
}

export function pollInterval(held: HoldInvoice): number {
  return blocksLeft(held) < 2 * holdBlocks.protectiveClaim
    ? orderTimes.heldPollNearDeadlineMs
    : orderTimes.heldPollMs;
}

export function blocksLeft(
  held: Pick<HoldInvoice, "claimDeadlineHeight" | "tipHeight"> | null,
): number {
  return held === null ? 0 : held.claimDeadlineHeight - held.tipHeight;
}

/** Whether the last report about the held payment is recent enough to send a payout. */
export function isFresh(held: HoldInvoice, now: number): boolean {
  return now - held.seenAt <= orderTimes.heldReportMaxAgeMs;
}

export function isReturned({ state }: LightningReport): boolean {
  return state === "returned" || state === "expired" || state === "failed";
}

/** The node's report about this order's held payment; null if there is none or it is about another payment. */
export function reportOf(
  order: SellOrder,
  answer: Answer<LightningReport | null>,
): LightningReport | null {
  if (!answer.ok || answer.value === null) return null;
  return answer.value.paymentHash === order.held?.paymentHash ? answer.value : null;
}

/**
 * @param queriedAt when the query was answered, if the report answers a query; null if it came from the event stream.
 */
export function withReport(
  order: SellOrder,
  report: LightningReport,
  queriedAt: number | null = null,
): SellOrder {
  if (order.held === null) return order;
  const { receivedMsat, claimDeadlineHeight, tipHeight } = report;
  const held: HoldInvoice = {
    ...order.held,
    receivedMsat: receivedMsat > 0n ? receivedMsat : order.held.receivedMsat,
    claimDeadlineHeight:
      claimDeadlineHeight > 0 ? claimDeadlineHeight : order.held.claimDeadlineHeight,
    tipHeight: Math.max(tipHeight, order.held.tipHeight),
    seenAt: queriedAt ?? order.held.seenAt,
  };
  return { ...order, held };
}

export function queryPayment({ paymentHash }: { readonly paymentHash: string }): Effect {
  return { type: "query_payment", paymentHash };
}

export function claim({ paymentHash }: { readonly paymentHash: string }): Effect {
  return { type: "claim_payment", paymentHash };
}

export function retryAt(order: SellOrder, dueAt: number, effects: readonly Effect[]): SellDraft {
  return { next: { ...order, dueAt, wakeAt: dueAt }, effects };
}

/** Polls again soon, because the node's answer was not final. */
export function pollAgain(order: SellOrder, now: number): SellDraft {
  const dueAt = now + orderTimes.lightningPollMinMs;
  return { next: { ...order, dueAt, wakeAt: dueAt } };
}

/** Retries claiming the held payment; past the deadline, also opens a case. */
export const retryClaim: SellRule<"woken"> = {
  to: {},
  decide: (order, _fact, now) => {
    if (order.held === null || !isDue(order, order.dueAt, now)) return null;
    const dueAt = now + orderTimes.callTimeoutMs;
    return escalate(order, "claim_overdue", now, {
      next: { ...order, dueAt, wakeAt: dueAt },
      effects: [claim(order.held)],
    });
  },
};

/** Keeps `draft`; past the state's deadline, also opens a case and sets the next deadline. */
export function escalate(order: SellOrder, code: string, now: number, draft: SellDraft): SellDraft {
  if (now < (order.deadlineAt ?? 0)) return draft;
  const detail = `The order has been ${order.state} for too long.`;
  return {
    ...draft,
    next: { ...draft.next, deadlineAt: now + orderTimes.caseReminderMs },
    cases: [...(draft.cases ?? []), { code, detail }],
  };
}

export function failPayment(order: SellOrder, reason: string, now: number): SellDraft {
  const dueAt = now + orderTimes.callTimeoutMs;
  return {
    next: {
      ...order,
      state: "returning",
      reason,
      dueAt,
      wakeAt: dueAt,
      deadlineAt: now + orderTimes.caseReminderMs,
    },
    effects:
      order.held === null ? [] : [{ type: "fail_payment", paymentHash: order.held.paymentHash }],
  };
}

/** Releases the float, if it was reserved. */
export function releasedFloat(order: SellOrder): readonly Posting[] {
  return order.floatReserved ? [post.payoutReleased(order)] : [];
}

/** Ends the order without a payout and releases its reserved float. */
export function release(
  order: SellOrder,
  state: "cancelled" | "expired",
  reason: string | null,
): SellDraft {
  return { next: close(order, state, reason), postings: releasedFloat(order) };
}

export function close(order: SellOrder, state: SellState, reason: string | null): SellOrder {
  return { ...order, state, reason, deadlineAt: null, wakeAt: null };
}

export function openCase(
  order: SellOrder,
  code: string,
  now: number,
): SellDraft & { readonly cases: readonly CaseNote[] } {
  const next: SellOrder = {
    ...order,
    state: "case",
    reason: code,
    deadlineAt: now + orderTimes.caseReminderMs,
  };
  return {
    next: { ...next, wakeAt: caseWake(next) },
    cases: [{ code, detail: `Opened in state ${order.state}.` }],
  };
}

export function caseWake(order: SellOrder): number {
  const deadlineAt = order.deadlineAt ?? 0;
  return isProven(order.payout) || neverSent(order.payout)
    ? deadlineAt
    : Math.min(order.payout.dueAt, deadlineAt);
}
