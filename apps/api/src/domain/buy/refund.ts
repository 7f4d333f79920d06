import { compareRates, divide, fiat, inForce, mpesaB2cLimits } from "@satsconnect/money";
import type { Fiat, Rate } from "@satsconnect/money";
import { book, isSettled, reversiblePayment, withFile } from "../case-file.ts";
import type { Refund } from "../case-file.ts";
import type { Fact, FactType } from "../facts.ts";
import type { BuyOrder } from "../order.ts";
import { orderTimes } from "../policy.ts";
import { transfer } from "../postings.ts";
import type { Posting } from "../postings.ts";
import { openRefund, stepRefund } from "../refund.ts";
import type { BuyDraft, BuyRule } from "./drafts.ts";
import { close, openCase } from "./drafts.ts";
import { creditFromSuspense, deliveredBefore } from "./credit.ts";

/** Starts the refund. That of a payment that was held back needs the current price first: see `refundable`. */
export function startRefund(order: BuyOrder, reason: string, now: number): BuyDraft {
  if (order.heldBack !== true) return refund(order, reason, now, null);
  const wakeAt = now + orderTimes.stepMs;
  return {
    next: { ...order, refundAtPrice: reason, deadlineAt: wakeAt, wakeAt },
    effects: [{ type: "fetch_price" }],
  };
}

/** Starts the refund: by reversal if the receipt is known and everything is refunded, otherwise by a payout. */
export function refund(
  order: BuyOrder,
  reason: string,
  now: number,
  rate: Rate<"KES"> | null,
): BuyDraft {
  const amountKesCents = refundable(order, now, rate);
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

/**
 * What was paid, in whole shillings and at least M-Pesa's smallest payout, without
 *
 * - the fee of a channel that was opened for the buy: it was spent on chain, and the wallet keeps the channel;
 * - if the holder's node held the payment back and then refused it, by how much the price has fallen meanwhile. Otherwise
 *   waiting would cost nothing: whoever waits takes the sats if they rose, and the shillings if they fell.
 */
function refundable(order: BuyOrder, now: number, rate: Rate<"KES"> | null): Fiat<"KES"> {
  const { amountKesCents: paid, rate: agreed } = order.terms;
  const worth =
    rate === null || compareRates(rate, agreed) >= 0
      ? (paid as bigint)
      : divide(paid * rate.minorUnits * agreed.btc, rate.btc * agreed.minorUnits, "ceil");
  const amount = divide(worth - channelFeeKept(order), 100n, "ceil") * 100n;
  const { min } = inForce(mpesaB2cLimits, now);
  return amount < min ? min : fiat("KES", amount < paid ? amount : paid);
}

/** In cents, rounded down to whole shillings. */
function channelFeeKept({ channelOpened, terms }: BuyOrder): bigint {
  const fee = terms.fees.find(({ code }) => code === "channel_open")?.amountKesCents ?? 0n;
  return channelOpened ? fee - (fee % 100n) : 0n;
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
    const credit = after.from === "buys_undelivered" ? "none" : stepped.next.credit;
    const kept = keptFromRefund(stepped.next, after);
    const next: BuyOrder = { ...kept.next, credit };
    const postings = [...(stepped.postings ?? []), ...kept.postings];
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

/** Books what a refund leaves out: a channel's fee as income, and the fall of the price in the exchange. */
function keptFromRefund(
  order: BuyOrder,
  { from, amountKesCents }: Refund,
): { readonly next: BuyOrder; readonly postings: readonly Posting[] } {
  const kept = order.terms.amountKesCents - amountKesCents;
  const leavesOut = order.channelOpened || order.heldBack === true;
  if (from !== "buys_undelivered" || !leavesOut || kept <= 0n) return { next: order, postings: [] };
  const fee = channelFeeKept(order) < kept ? channelFeeKept(order) : kept;
  return book(order, "kept_from_refund", [
    ...transfer("KES", "fees_kes", "buys_undelivered", fiat("KES", fee)),
    ...transfer("KES", "exchange_kes", "buys_undelivered", fiat("KES", kept - fee)),
  ]);
}

function withDraft(first: BuyDraft, second: BuyDraft): BuyDraft {
  return {
    ...first,
    next: withFile(second.next, { wakeAt: null }),
    cases: [...(first.cases ?? []), ...(second.cases ?? [])],
  };
}
