import type { Fact, FactType } from "../facts.ts";
import type { SellOrder } from "../order.ts";
import { neverLeft, stepPayout } from "../payout.ts";
import { timing } from "../timing.ts";
import type { SellDraft, SellRule } from "./moves.ts";
import {
  again,
  blocksLeft,
  claim,
  close,
  handBack,
  isGone,
  look,
  lookInterval,
  release,
  reportOf,
  retryClaim,
  toCase,
  untilProtection,
  withReport,
} from "./moves.ts";
import * as books from "./postings.ts";

export const payOut: SellRule<"woken"> = {
  to: { payout_requested: "intent stored" },
  decide: (order, fact, now) => payoutStepped(order, fact, now),
};

/** What every fact about the payout does while it is open; the same before and after it became unknown. */
const payoutTo = {
  payout_requested: "M-Pesa accepted it",
  payout_unknown: "time-out, 5xx, queue time-out, no result",
  payout_confirmed: "proven paid",
  returning: "proven not paid",
} as const;

export function payoutRule<Type extends FactType>(): SellRule<Type> {
  return { to: payoutTo, decide: (order, fact, now) => payoutStepped(order, fact, now) };
}

export const awaitingWoken: SellRule<"woken"> = {
  to: payoutTo,
  decide: (order, fact, now) => {
    const stepped = payoutStepped(order, fact, now);
    const { held } = order;
    const overdue = now >= (order.deadlineAt ?? 0);
    if (held === null || (now < order.lookAt && !overdue)) return stepped;
    const base = stepped?.next ?? order;
    const next = {
      ...base,
      lookAt: now + lookInterval(held),
      deadlineAt: untilProtection(held, now),
    };
    return { ...stepped, next: awake(next), effects: [...(stepped?.effects ?? []), look(held)] };
  },
};

export const awaitingReported: SellRule<"lightning_reported"> = {
  to: {
    protective_claim: "12 blocks left, no proof",
    returning: "12 blocks left, nothing ever sent",
    cancelled: "the payment went back, nothing was sent",
    case: "the payment is gone, the payout is not known",
  },
  decide: (order, { answer }, now) => {
    const report = reportOf(order, answer);
    if (report === null) return null;
    const next = withReport(order, report);
    if (report.state === "held") {
      if (blocksLeft(report) > timing.protectiveBlocks) {
        return blocksLeft(report) === blocksLeft(order.held)
          ? null
          : { next: awake({ ...next, deadlineAt: untilProtection(report, now) }) };
      }
      if (neverLeft(order.payout)) return handBack(next, "payout_never_sent", now);
      return {
        next: {
          ...next,
          state: "protective_claim",
          reason: "payout_not_proven_in_time",
          dueAt: now + timing.callMs,
          deadlineAt: now + timing.caseMs,
          wakeAt: now + timing.callMs,
        },
        effects: [claim(report)],
      };
    }
    if (isGone(report) && neverLeft(order.payout))
      return release(next, "cancelled", "payment_returned");
    return toCase(next, "payment_gone_before_proof", now);
  },
};

export const confirmedWoken: SellRule<"woken"> = {
  to: {},
  decide: (order, _fact, now) => retryClaim(order, "claim_overdue", now),
};

export const confirmedReported: SellRule<"lightning_reported"> = {
  to: { claimed: "the node has the sats", case: "the payment is gone" },
  decide: (order, { answer }, now) => {
    const report = reportOf(order, answer);
    if (report === null || report.state === "held") return again(order, now);
    if (report.state === "claiming") return again(order, now);
    if (report.state === "succeeded") {
      return {
        next: close(withReport(order, report), "claimed", null),
        postings: [books.satsClaimed(withReport(order, report))],
      };
    }
    return toCase(withReport(order, report), "payment_gone_after_payout", now);
  },
};

/** Steps the payout of a sell whose payment is held, and follows it. */
function payoutStepped(order: SellOrder, fact: Fact, now: number): SellDraft | null {
  const stepped = stepPayout(order.payout, fact, now);
  if (stepped === null) return null;
  const { payout, keys, cases } = stepped;
  const next = { ...order, payout, mpesaReceipt: payout.receipt ?? order.mpesaReceipt };
  const rest = { keys, cases, effects: stepped.effects };
  switch (payout.status) {
    case "confirmed": {
      const confirmed = { ...next, state: "payout_confirmed", reason: null } as const;
      return {
        ...rest,
        next: {
          ...confirmed,
          dueAt: now + timing.callMs,
          wakeAt: now + timing.callMs,
          deadlineAt: now + timing.caseMs,
        },
        postings: [books.payoutPaid(order)],
        effects: order.held === null ? [] : [claim(order.held)],
      };
    }
    case "failed":
      return { ...rest, ...handBack(next, `mpesa_${payout.failureCode ?? "refused"}`, now) };
    case "unknown":
      return { ...rest, next: awaiting(next, "payout_unknown", now) };
    default:
      // Sending again does not make what is unknown known.
      return {
        ...rest,
        next: awaiting(next, payout.perhapsSent ? "payout_unknown" : "payout_requested", now),
      };
  }
}

function awaiting(
  order: SellOrder,
  state: "payout_requested" | "payout_unknown",
  now: number,
): SellOrder {
  const deadlineAt =
    order.state === "payout_requested" || order.state === "payout_unknown"
      ? order.deadlineAt
      : untilProtection(order.held, now);
  return awake({ ...order, state, reason: null, deadlineAt });
}

/** The earlier of the payout's next step and the next look at the chain. */
function awake(order: SellOrder): SellOrder {
  return { ...order, wakeAt: Math.min(order.payout.dueAt, order.lookAt) };
}
