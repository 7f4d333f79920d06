import { fiat, inForce, mpesaB2cLimits, subtractFiat } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";
import { book, isSettled, reversiblePayment, withFile } from "../case-file.ts";
import type { Fact, FactType } from "../facts.ts";
import type { BuyOrder } from "../order.ts";
import { orderTimes } from "../policy.ts";
import { transfer } from "../postings.ts";
import { openRefund, stepRefund } from "../refund.ts";
import type { BuyDraft, BuyRule } from "./drafts.ts";
import { close, openCase } from "./drafts.ts";
import { creditFromSuspense, deliveredBefore } from "./credit.ts";

/**
 * Starts the refund: by reversal if the receipt is known and everything is refunded, otherwise by a payout to the number.
 * The fee of a channel that was opened for the buy is not refunded: it was spent on chain, and the wallet keeps the channel.
 */
export function refund(order: BuyOrder, reason: string, now: number): BuyDraft {
  const amountKesCents = refundable(order, now);
  const isReversible =
    amountKesCents === order.terms.amountKesCents &&
    reversiblePayment(order, amountKesCents) !== undefined;
  const opened = openRefund(
    order,
    {
      amountKesCents,
      way: isReversible ? "reversal" : "payout",
      payoutId: order.payout.originatorConversationId,
      msisdn: order.msisdn,
      from: "buys_undelivered",
    },
    now,
  );
  return opened.ok ? refunding(opened.value, reason, now) : openCase(order, "refund_refused", now);
}

/** What was paid, without the whole shillings of a channel's fee that was spent; at least M-Pesa's smallest payout. */
function refundable(order: BuyOrder, now: number): Fiat<"KES"> {
  const { amountKesCents: paid, fees } = order.terms;
  const channel = fees.find(({ code }) => code === "channel_open");
  if (!order.channelOpened || channel === undefined) return paid;
  const kept = channel.amountKesCents - (channel.amountKesCents % 100n);
  const { min } = inForce(mpesaB2cLimits, now);
  return paid - kept < min ? paid : fiat("KES", paid - kept);
}

/** The order waits for the refund that `draft` has opened. */
export function refunding(draft: BuyDraft, reason: string, now: number): BuyDraft {
  const deadlineAt = now + orderTimes.caseReminderMs;
  const { refund: opened } = draft.next.caseFile;
  const next = withFile(draft.next, { refund: opened === null ? null : { ...opened, reason } });
  return {
    ...draft,
    next: { ...next, state: "refunding", reason, deadlineAt, wakeAt: now },
  };
}

const refundTransitions = {
  refunded: "the refund is proven made",
  paid: "M-Pesa refuses the refund, and the sats had arrived after all",
  case: "M-Pesa refuses the refund, or a part is still to be decided about",
} as const;

export function refundRule<Type extends FactType>(): BuyRule<Type> {
  return {
    to: refundTransitions,
    decide: (order, fact, now) => refundStepped(order, fact, now),
  };
}

function refundStepped(order: BuyOrder, fact: Fact, now: number): BuyDraft | null {
  // The sats arrived after all, or an operator decides: find out about the refund, but do not send it again.
  const mode = order.extraDelivery === true || order.state === "case" ? "query_only" : "send";
  const stepped = stepRefund(order, fact, now, mode);
  const overdue = order.state !== "case" && fact.type === "woken" && now >= (order.deadlineAt ?? 0);
  if (stepped === null && !overdue) return null;
  const draft = afterRefundStep(order, stepped ?? { next: order }, overdue, now);
  return fact.type === "float_short" && draft.next.state === "refunding"
    ? { ...draft, next: { ...draft.next, reason: "refund_waits_for_float" } }
    : draft;
}

/** The order's state after a step of its refund. */
export function afterRefundStep(
  order: BuyOrder,
  stepped: BuyDraft,
  overdue: boolean,
  now: number,
): BuyDraft {
  const { refund: after } = stepped.next.caseFile;
  if (after?.status === "made") {
    const kept = after.from === "buys_undelivered" ? keepChannelFee(stepped.next) : null;
    const credit = kept === null ? stepped.next.credit : "none";
    const next: BuyOrder = { ...(kept?.next ?? stepped.next), credit };
    const postings = [...(stepped.postings ?? []), ...(kept?.postings ?? [])];
    if (credit === "none" && next.caseFile.suspenseKesCents === 0n) {
      return {
        ...stepped,
        postings,
        next: close(next, "refunded", after.reason ?? order.reason),
        closesCases: isSettled(next),
      };
    }
    return withDraft({ ...stepped, postings }, openCase(next, "refunded_in_part", now));
  }
  if (after?.status === "failed" && order.extraDelivery === true) {
    const funded = creditFromSuspense(stepped.next);
    if (funded.next.credit === "undelivered") {
      const { next, postings = [] } = deliveredBefore(funded.next);
      return {
        ...stepped,
        next,
        postings: [...(stepped.postings ?? []), ...(funded.postings ?? []), ...postings],
        closesCases: isSettled(next),
      };
    }
  }
  if (after?.status === "failed") {
    return withDraft(stepped, openCase(stepped.next, "refund_refused", now));
  }
  if (order.state === "case") return stepped;
  const deadlineAt = overdue ? now + orderTimes.caseReminderMs : (order.deadlineAt ?? now);
  const detail = "The refund has been pending for too long.";
  return {
    ...stepped,
    next: {
      ...stepped.next,
      reason: after?.reason ?? order.reason,
      deadlineAt,
      wakeAt: stepped.next.caseFile.wakeAt ?? deadlineAt,
    },
    cases: overdue
      ? [...(stepped.cases ?? []), { code: "refund_overdue", detail }]
      : (stepped.cases ?? []),
  };
}

/** What of the shillings is not refunded paid for a channel, and is income like the fee of a delivered buy. */
function keepChannelFee(order: BuyOrder) {
  const refunded = order.caseFile.refund?.amountKesCents ?? order.terms.amountKesCents;
  const kept = subtractFiat(order.terms.amountKesCents, refunded);
  return kept === 0n
    ? { next: order, postings: [] }
    : book(order, "channel_fee_kept", transfer("KES", "fees_kes", "buys_undelivered", kept));
}

function withDraft(first: BuyDraft, second: BuyDraft): BuyDraft {
  return {
    ...first,
    next: withFile(second.next, { wakeAt: null }),
    cases: [...(first.cases ?? []), ...(second.cases ?? [])],
  };
}
