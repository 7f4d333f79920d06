import type { Draft, Rule } from "../decision.ts";
import type { CaseNote, Effect } from "../effects.ts";
import type { Answer, FactType, LightningReport } from "../facts.ts";
import type { HeldInvoice, SellOrder, SellState } from "../order.ts";
import { isProven, neverLeft } from "../payout.ts";
import { holdBlocks, orderTimes } from "../policy.ts";
import * as books from "./postings.ts";

export type SellRule<Type extends FactType> = Rule<SellOrder, Type>;
export type SellDraft = Draft<SellOrder>;

/** About when the protective claim falls due: blocks are no clock. */
export function untilProtection(
  held: Pick<HeldInvoice, "claimDeadlineHeight" | "tipHeight"> | null,
  now: number,
): number {
  return now + Math.max(1, blocksLeft(held) - holdBlocks.protectiveClaim) * holdBlocks.intervalMs;
}

export function lookInterval(held: HeldInvoice): number {
  return blocksLeft(held) < 2 * holdBlocks.protectiveClaim
    ? orderTimes.heldPollNearDeadlineMs
    : orderTimes.heldPollMs;
}

export function blocksLeft(
  held: Pick<HeldInvoice, "claimDeadlineHeight" | "tipHeight"> | null,
): number {
  return held === null ? 0 : held.claimDeadlineHeight - held.tipHeight;
}

/** Whether what is known of the held payment is recent enough to send money on. */
export function isFresh(held: HeldInvoice, now: number): boolean {
  return now - held.seenAt <= orderTimes.heldReportMaxAgeMs;
}

export function isGone({ state }: LightningReport): boolean {
  return state === "returned" || state === "expired" || state === "failed";
}

/** What the node says of this order's held payment; null when it does not say, or speaks of another. */
export function reportOf(
  order: SellOrder,
  answer: Answer<LightningReport | null>,
): LightningReport | null {
  if (!answer.ok || answer.value === null) return null;
  return answer.value.paymentHash === order.held?.paymentHash ? answer.value : null;
}

/** @param askedAt when the report is the answer to a question of ours. */
export function withReport(
  order: SellOrder,
  report: LightningReport,
  askedAt: number | null = null,
): SellOrder {
  if (order.held === null) return order;
  const { receivedMsat, claimDeadlineHeight, tipHeight } = report;
  const held: HeldInvoice = {
    ...order.held,
    receivedMsat: receivedMsat > 0n ? receivedMsat : order.held.receivedMsat,
    claimDeadlineHeight:
      claimDeadlineHeight > 0 ? claimDeadlineHeight : order.held.claimDeadlineHeight,
    tipHeight: Math.max(tipHeight, order.held.tipHeight),
    seenAt: askedAt ?? order.held.seenAt,
  };
  return { ...order, held };
}

export function look({ paymentHash }: { readonly paymentHash: string }): Effect {
  return { type: "look_at_payment", paymentHash };
}

export function claim({ paymentHash }: { readonly paymentHash: string }): Effect {
  return { type: "claim_payment", paymentHash };
}

export function isDue(order: SellOrder, dueAt: number, now: number): boolean {
  return now >= dueAt || now >= (order.deadlineAt ?? 0);
}

export function stay(order: SellOrder, dueAt: number, effects: readonly Effect[]): SellDraft {
  return { next: { ...order, dueAt, wakeAt: dueAt }, effects };
}

/** The node answered, but not with an end: ask again soon. */
export function again(order: SellOrder, now: number): SellDraft {
  const dueAt = now + orderTimes.lightningPollMinMs;
  return { next: { ...order, dueAt, wakeAt: dueAt } };
}

export function retryClaim(order: SellOrder, code: string, now: number): SellDraft | null {
  if (order.held === null || !isDue(order, order.dueAt, now)) return null;
  return escalate(order, code, now, {
    next: {
      ...order,
      dueAt: now + orderTimes.callTimeoutMs,
      wakeAt: now + orderTimes.callTimeoutMs,
    },
    effects: [claim(order.held)],
  });
}

/** Past its deadline a state goes on trying, and a person hears of it. */
export function escalate(order: SellOrder, code: string, now: number, draft: SellDraft): SellDraft {
  if (now < (order.deadlineAt ?? 0)) return draft;
  const detail = `The order has been ${order.state} for longer than it should be.`;
  return {
    ...draft,
    next: { ...draft.next, deadlineAt: now + orderTimes.caseReminderMs },
    cases: [...(draft.cases ?? []), { code, detail }],
  };
}

export function handBack(order: SellOrder, reason: string, now: number): SellDraft {
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
      order.held === null
        ? []
        : [{ type: "hand_back_payment", paymentHash: order.held.paymentHash }],
  };
}

/** Ends without a payout: what was set aside for it is free again. */
export function release(
  order: SellOrder,
  state: "cancelled" | "expired",
  reason: string | null,
): SellDraft {
  return { next: close(order, state, reason), postings: [books.payoutReleased(order)] };
}

export function close(order: SellOrder, state: SellState, reason: string | null): SellOrder {
  return { ...order, state, reason, deadlineAt: null, wakeAt: null };
}

export function toCase(
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
    cases: [{ code, detail: `The order was ${order.state}.` }],
  };
}

export function caseWake(order: SellOrder): number {
  const deadlineAt = order.deadlineAt ?? 0;
  return isProven(order.payout) || neverLeft(order.payout)
    ? deadlineAt
    : Math.min(order.payout.dueAt, deadlineAt);
}
