import { fiat, inForce, mpesaB2cLimits, zeroMsat } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";
import { book, isSettled, settleExcess, withFile } from "../case-file.ts";
import type { Fact, FactType } from "../facts.ts";
import type { Refund } from "../case-file.ts";
import type { BuyOrder } from "../order.ts";
import { transfer } from "../postings.ts";
import type { Posting } from "../postings.ts";
import { orderTimes } from "../policy.ts";
import { openRefund, stepRefund } from "../refund.ts";
import type { BuyDraft, BuyRule } from "./drafts.ts";
import { close, openCase } from "./drafts.ts";
import { reversiblePayment } from "../case-file.ts";
import { creditFromSuspense } from "./credit.ts";
import * as post from "./postings.ts";

/**
 * Starts the refund of the whole payment: by reversal if its receipt is known, otherwise by a payout to the number. The fee
 * of a channel that was opened for the buy is not refunded: it was spent on chain, and the wallet keeps the channel.
 */
export function refund(order: BuyOrder, reason: string, now: number): BuyDraft {
  const amountKesCents = refundable(order, now);
  const opened = openRefund(
    order,
    {
      amountKesCents,
      way: reversiblePayment(order, amountKesCents) === undefined ? "payout" : "reversal",
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
  return {
    ...draft,
    next: { ...draft.next, state: "refunding", reason, deadlineAt, wakeAt: now },
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
  return afterRefundStep(order, stepped ?? { next: order }, overdue, now);
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
    const credit = after.from === "buys_undelivered" ? "none" : stepped.next.credit;
    const kept = keptForChannel(stepped.next, after);
    const next: BuyOrder = { ...kept.next, credit };
    const postings = [...(stepped.postings ?? []), ...kept.postings];
    if (credit === "none" && next.caseFile.suspenseKesCents === 0n) {
      return {
        ...stepped,
        postings,
        next: close(next, "refunded", order.reason),
        closesCases: isSettled(next),
      };
    }
    return withDraft({ ...stepped, postings }, openCase(next, "refunded_in_part", now));
  }
  if (after?.status === "failed" && order.extraDelivery === true) {
    const funded = creditFromSuspense(stepped.next);
    if (funded.next.credit === "undelivered") {
      const next = close(settleExcess(funded.next, order.terms.amountMsat), "paid", null);
      return {
        ...stepped,
        next,
        postings: [
          ...(stepped.postings ?? []),
          ...(funded.postings ?? []),
          post.satsDelivered(order, zeroMsat, "sats_receivable"),
        ],
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
      deadlineAt,
      wakeAt: stepped.next.caseFile.wakeAt ?? deadlineAt,
    },
    cases: overdue
      ? [...(stepped.cases ?? []), { code: "refund_overdue", detail }]
      : (stepped.cases ?? []),
  };
}

/** Books what a refund leaves out, the fee of the channel that was opened, as income. */
function keptForChannel(
  order: BuyOrder,
  { from, amountKesCents }: Refund,
): { readonly next: BuyOrder; readonly postings: readonly Posting[] } {
  const kept = order.terms.amountKesCents - amountKesCents;
  if (from !== "buys_undelivered" || !order.channelOpened || kept <= 0n)
    return { next: order, postings: [] };
  return book(
    order,
    "channel_fee_kept",
    transfer("KES", "fees_kes", "buys_undelivered", fiat("KES", kept)),
  );
}

function withDraft(first: BuyDraft, second: BuyDraft): BuyDraft {
  return {
    ...first,
    next: withFile(second.next, { wakeAt: null }),
    cases: [...(first.cases ?? []), ...(second.cases ?? [])],
  };
}
