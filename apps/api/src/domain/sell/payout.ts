import type { Fact, FactType } from "../facts.ts";
import type { SellOrder } from "../order.ts";
import { neverLeft, stepPayout } from "../payout.ts";
import { holdBlocks, orderTimes } from "../policy.ts";
import type { SellDraft, SellRule } from "./moves.ts";
import {
  again,
  blocksLeft,
  claim,
  close,
  handBack,
  isFresh,
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
  decide: (order, fact, now) => {
    const { held } = order;
    if (held === null) return null;
    if (isFresh(held, now)) return payoutStepped(order, fact, now, "send");
    // Nobody looked for a while: the process was down. Money is not sent on old word.
    const deadlineAt = now + orderTimes.stepMs;
    return { next: { ...order, deadlineAt, wakeAt: deadlineAt }, effects: [look(held)] };
  },
};

/** What every fact about the payout does while it is open; the same before and after it became unknown. */
const payoutTo = {
  payout_requested: "M-Pesa accepted it",
  payout_unknown: "time-out, 5xx, queue time-out, no result",
  payout_confirmed: "proven paid",
  returning: "proven not paid",
} as const;

export function payoutRule<Type extends FactType>(): SellRule<Type> {
  return { to: payoutTo, decide: (order, fact, now) => payoutStepped(order, fact, now, "ask") };
}

/** The node is looked at before anything is sent: what was held may have gone back since. */
export const awaitingWoken: SellRule<"woken"> = {
  to: payoutTo,
  decide: (order, fact, now) => {
    const { held, payout } = order;
    if (held === null) return null;
    const fresh = isFresh(held, now);
    const overdue = now >= (order.deadlineAt ?? 0);
    if (now >= order.lookAt || overdue || (now >= payout.dueAt && !fresh)) {
      const lookAt = now + (fresh ? lookInterval(held) : orderTimes.heldPollNearDeadlineMs);
      const deadlineAt = untilProtection(held, now);
      return { next: awake({ ...order, lookAt, deadlineAt }, now), effects: [look(held)] };
    }
    const mode = blocksLeft(held) > holdBlocks.minToSend ? "send" : "ask";
    const stepped = payoutStepped(order, fact, now, mode);
    if (stepped !== null) return stepped;
    return now >= (order.wakeAt ?? 0) ? { next: awake(order, now) } : null;
  },
};

export const awaitingReported: SellRule<"lightning_reported"> = {
  to: {
    payout_unknown: "the node does not answer: M-Pesa is asked",
    protective_claim: "12 blocks left, no proof",
    returning: "12 blocks left, nothing ever sent",
    cancelled: "the payment went back, nothing was sent",
    case: "the payment is gone, the payout is not known",
  },
  decide: (order, { answer, told }, now) => {
    const report = reportOf(order, answer);
    if (report === null && answer.ok && answer.value !== null) return null;
    // The node does not answer: M-Pesa can still be asked.
    if (report === null) return payoutStepped(order, { type: "woken" }, now, "ask");
    const next = withReport(order, report, told === true ? null : now);
    if (report.state === "held") {
      if (blocksLeft(next.held) > holdBlocks.protectiveClaim) {
        if (told === true) return null;
        const due = now >= order.payout.dueAt;
        return {
          next: awake({ ...next, deadlineAt: untilProtection(next.held, now) }, now),
          effects: due ? [{ type: "go_on" }] : [],
        };
      }
      if (neverLeft(order.payout)) return handBack(next, "payout_never_sent", now);
      return {
        next: {
          ...next,
          state: "protective_claim",
          reason: "payout_not_proven_in_time",
          dueAt: now + orderTimes.callTimeoutMs,
          deadlineAt: now + orderTimes.caseReminderMs,
          wakeAt: now + orderTimes.callTimeoutMs,
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
function payoutStepped(
  order: SellOrder,
  fact: Fact,
  now: number,
  mode: "send" | "ask",
): SellDraft | null {
  const stepped = stepPayout(order.payout, fact, now, mode);
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
          dueAt: now + orderTimes.callTimeoutMs,
          wakeAt: now + orderTimes.callTimeoutMs,
          deadlineAt: now + orderTimes.caseReminderMs,
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
  return awake({ ...order, state, reason: null, deadlineAt }, now);
}

/** The earlier of the payout's next step and the next look at the chain. */
function awake(order: SellOrder, now: number): SellOrder {
  const { dueAt } = order.payout;
  return { ...order, wakeAt: dueAt > now ? Math.min(dueAt, order.lookAt) : order.lookAt };
}
