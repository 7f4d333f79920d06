import type { Draft, Rule } from "../decision.ts";
import type { CaseNote, Effect } from "../effects.ts";
import type { Answer, FactType, LightningReport } from "../facts.ts";
import type { HoldInvoice, SellOrder, SellState } from "../order.ts";
import { isProven, neverSent } from "../payout.ts";
import { holdBlocks, orderTimes } from "../policy.ts";
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
  const { unknownSince: _known, ...last } = order.held;
  const held: HoldInvoice = {
    ...last,
    receivedMsat: receivedMsat > 0n ? receivedMsat : order.held.receivedMsat,
    claimDeadlineHeight:
      claimDeadlineHeight > 0 ? claimDeadlineHeight : order.held.claimDeadlineHeight,
    tipHeight: Math.max(tipHeight, order.held.tipHeight),
    seenAt: queriedAt ?? order.held.seenAt,
  };
  return { ...order, held };
}

/** Whether the node answered that it does not know the order's payment: it lost it, or it is another node. */
export function isUnknownToNode(answer: Answer<LightningReport | null>): boolean {
  return answer.ok && answer.value === null;
}

type Unknown = {
  readonly order: SellOrder;
  /** The node has not known the payment for too long. */
  readonly isLost: boolean;
  /** As `isLost`, and its claim deadline has passed. */
  readonly isGone: boolean;
};

/** Records that the node does not know the payment. */
export function withUnknown(order: SellOrder, now: number): Unknown {
  if (order.held === null) return { order, isLost: false, isGone: false };
  const unknownSince = order.held.unknownSince ?? now;
  return {
    order: { ...order, held: { ...order.held, unknownSince } },
    isLost: now - unknownSince >= orderTimes.unknownHeldPaymentMs,
    isGone: now - unknownSince >= orderTimes.goneHeldPaymentMs,
  };
}

export const unknownPayment: CaseNote = {
  code: "payment_unknown",
  detail: "The node says that it does not know the payment that it held.",
};

/**
 * For an order whose payout was sent: keeps the draft, opens a case once the node has not known the payment for too long,
 * and leaves the order to a person once nothing can be claimed any more.
 * @param goneCode the case's code then.
 */
export function noteIfLost(
  order: SellOrder,
  goneCode: string,
  now: number,
  draft: SellDraft,
): SellDraft {
  const { order: noted, isLost, isGone } = withUnknown(order, now);
  const next = { ...draft.next, held: noted.held };
  if (isGone && next.state === order.state) {
    return { ...draft, ...openCase(next, goneCode, now), effects: [] };
  }
  const cases = draft.cases ?? [];
  return { ...draft, next, cases: isLost ? [...cases, unknownPayment] : cases };
}

/** Ends an order whose payment the node does not know, and for which no money was sent. */
export function endLost(order: SellOrder): SellDraft {
  return { ...release(order, "cancelled", unknownPayment.code), cases: [unknownPayment] };
}

/** The held payment was claimed although nothing was paid out: its sats are owed, and a person decides. */
export function claimedTooSoon(
  order: SellOrder,
  report: LightningReport,
  code: string,
  now: number,
): SellDraft {
  const next = withReport(order, report);
  const draft = openCase(next, code, now);
  if (report.state !== "succeeded" || next.held === null) return draft;
  const held: HoldInvoice = { ...next.held, claimBooked: true };
  return {
    ...draft,
    next: { ...draft.next, held },
    postings: [post.satsClaimedProtectively(next)],
  };
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

/**
 * Polls again, because the node's answer was not final: soon, or every minute while the node does not know the payment.
 */
export function pollAgain(order: SellOrder, now: number): SellDraft {
  const isUnknown = order.held?.unknownSince !== undefined;
  const wait = isUnknown ? orderTimes.lightningPollMaxMs : orderTimes.lightningPollMinMs;
  return retryAt(order, now + wait, []);
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

/** Ends the order without a payout and releases its reserved float. */
export function release(
  order: SellOrder,
  state: "cancelled" | "expired",
  reason: string | null,
): SellDraft {
  return { next: close(order, state, reason), postings: [post.payoutReleased(order)] };
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
