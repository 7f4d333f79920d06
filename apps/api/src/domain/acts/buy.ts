import { fiat, ok, subtractFiat, zeroMsat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { creditFromSuspense, deliveredBefore, withSentAmount } from "../buy/credit.ts";
import { earlierHashes, needInvoice, nextAttempt, pay } from "../buy/payment.ts";
import { deliveredEntries } from "../buy/postings.ts";
import { afterRefundStep, refunding } from "../buy/refund.ts";
import { close } from "../buy/drafts.ts";
import { book, hasOpenRefund, isSettled, settleExcess, withFile } from "../case-file.ts";
import type { Draft } from "../decision.ts";
import type { UniqueKey } from "../effects.ts";
import { isFinal } from "../order.ts";
import type { BuyOrder, LightningAttempt, Order } from "../order.ts";
import { newPayout } from "../payout.ts";
import { orderTimes } from "../policy.ts";
import { transfer } from "../postings.ts";
import { refuse } from "../refund.ts";
import type { ActContext, OperatorAct } from "./act.ts";
import {
  after,
  bookLatePayouts,
  ended,
  intoSuspense,
  refundFromSuspense,
  refundMade,
  refundNotMade,
  releaseSuspense,
  writeOffExcess,
} from "./book.ts";
import type { Judged } from "./book.ts";
import { creditReceipt, paymentReversed } from "./receipts.ts";

/** Decides an operator's act on a buy. Errors say in one sentence why the act is wrong in the order's state. */
export function judgeBuyAct(
  order: BuyOrder,
  act: OperatorAct,
  context: ActContext,
  now: number,
): Judged<BuyOrder> {
  switch (act.type) {
    case "deliver":
      return isFinal(order.state) ? deliverLate(order, context, now) : deliver(order, context, now);
    case "refund":
      return refund(order, act, context, now);
    case "pay_out": {
      const { refund: last } = order.caseFile;
      return last?.status === "failed"
        ? refund(order, { amountKesCents: last.amountKesCents, way: "payout" }, context, now)
        : refuse("No refund of this order is proven not paid.");
    }
    case "payout_made":
      return refundEnded(order, refundMade(order, act.receipt), now);
    case "payout_not_made":
      return refundEnded(order, refundNotMade(order, now), now);
    case "made_after_all":
      return madeAfterAll(order, act.receipt);
    case "credit_receipt":
      return creditReceipt(order, act);
    case "payment_reversed":
      return paymentReversed(order, act, now);
    case "release_suspense":
      return released(order, act);
    case "write_off":
      return writeOff(order, act.reason);
    case "close":
      return closeCase(order, act.reason);
    case "repay_owed":
      return refuse("A buy owes no sats. Deliver it, or refund it.");
  }
}

/** Everything in a case that came in is set aside first, so that it can be given back in parts. */
function setAside(order: BuyOrder): Draft<BuyOrder> {
  if (order.state !== "case" || order.credit !== "undelivered") return { next: order };
  const { next, postings } = intoSuspense(
    order,
    "set_aside",
    "buys_undelivered",
    order.terms.amountKesCents,
  );
  return { next: { ...next, credit: "none" }, postings };
}

/** Refuses acts on an order that is neither a case nor ended; otherwise null. */
function underWay({ state }: BuyOrder) {
  return state === "case" || isFinal(state)
    ? null
    : refuse(`The order is ${state}: it goes on by itself, and nobody has to act.`);
}

function inCase(order: BuyOrder): Judged<BuyOrder> {
  const waiting = underWay(order);
  if (waiting !== null) return waiting;
  if (order.caseFile.excessMsat > 0n) {
    return refuse("Sats of this order were sent after all. Book that, or write it off, first.");
  }
  return hasOpenRefund(order) || order.caseFile.delivery !== null
    ? refuse("A refund or delivery is under way. Wait until it has ended.")
    : ok({ next: order });
}

function deliver(
  order: BuyOrder,
  { invoice, payoutId }: ActContext,
  now: number,
): Judged<BuyOrder> {
  const allowed = inCase(order);
  if (!allowed.ok) return allowed;
  // An id that was used for a refund is not used for another one.
  const fresh = order.caseFile.refund !== null;
  const keys: readonly UniqueKey[] = fresh
    ? [{ kind: "originator_conversation_id", value: payoutId }]
    : [];
  const payout = fresh
    ? newPayout(payoutId, order.msisdn, order.terms.amountKesCents)
    : order.payout;
  return after(creditFromSuspense({ ...order, payout }), (funded) => {
    if (funded.credit !== "undelivered") {
      return refuse("Fewer shillings came in than the order costs. Refund them.");
    }
    if (invoice !== null) {
      const { lightning } = funded;
      if ([lightning.paymentHash, ...lightning.earlierHashes].includes(invoice.paymentHash)) {
        return refuse("This invoice was used before. Ask the holder for a new one.");
      }
      const { amountMsat } = funded.terms;
      const attempt = nextAttempt(lightning, { ...invoice, amountMsat });
      const priceUntil = now + orderTimes.checkedPriceMs;
      return ok({
        ...pay({ ...funded, offer: null, priceUntil, lightning: attempt }, now),
        keys: [...keys, { kind: "payment_hash", value: invoice.paymentHash }],
        closesCases: true,
      });
    }
    // The order's own invoice, if it was never tried. If it has expired, the wallet is asked for a fresh one.
    if (funded.lightning.polls > 0) {
      return ok({ ...needInvoice(funded, "deliver_by_operator", now), keys, closesCases: true });
    }
    const deadlineAt = now + orderTimes.stepMs;
    return ok({
      next: {
        ...funded,
        state: "kes_received",
        reason: "deliver_by_operator",
        deadlineAt,
        wakeAt: deadlineAt,
      },
      keys,
      effects: [{ type: "continue" }],
      closesCases: true,
    });
  });
}

/** Delivers an order that has ended. Its state stays; the payment is in its case file. */
function deliverLate(order: BuyOrder, { invoice }: ActContext, now: number): Judged<BuyOrder> {
  const allowed = inCase(order);
  if (!allowed.ok) return allowed;
  if (order.caseFile.suspenseKesCents < order.terms.amountKesCents) {
    return refuse(
      "Fewer shillings are set aside than the order costs. Credit the receipt first, or refund.",
    );
  }
  const { lightning } = order;
  const untried = lightning.polls === 0 && order.caseFile.delivery === null;
  const own =
    untried && lightning.invoiceExpiresAt > now + orderTimes.invoiceMarginMs ? lightning : null;
  const chosen = invoice ?? own;
  if (chosen === null) {
    return refuse("The order's invoice has expired or was tried. Give a new one of the holder's.");
  }
  if (invoice !== null && earlierHashes(lightning).includes(invoice.paymentHash)) {
    return refuse("This invoice was used before. Ask the holder for a new one.");
  }
  const { paymentHash, invoiceExpiresAt } = chosen;
  const delivery: LightningAttempt = {
    number: order.caseFile.journals + 1,
    invoice: chosen.invoice,
    paymentHash,
    invoiceExpiresAt,
    amountMsat: order.terms.amountMsat,
    earlierHashes: [],
    polls: 1,
    dueAt: now + orderTimes.callTimeoutMs,
  };
  return ok({
    // The number of the attempt is used up, whatever comes of it.
    next: withFile(order, {
      delivery,
      journals: order.caseFile.journals + 1,
      wakeAt: delivery.dueAt,
    }),
    keys: [{ kind: "payment_hash", value: paymentHash }],
    effects: [{ type: "deliver_late" }],
  });
}

function refund(
  order: BuyOrder,
  act: Pick<Extract<OperatorAct, { type: "refund" }>, "amountKesCents" | "way">,
  context: ActContext,
  now: number,
): Judged<BuyOrder> {
  const allowed = inCase(order);
  if (!allowed.ok) return allowed;
  const judged = after(setAside(order), (next) => refundFromSuspense(next, act, context, now));
  if (!judged.ok || isFinal(order.state)) return judged;
  return ok(refunding(judged.value, "refund_by_operator", now));
}

/** The order's state after an operator has said how its open refund ended. */
function refundEnded(order: BuyOrder, judged: Judged<BuyOrder>, now: number): Judged<BuyOrder> {
  if (!judged.ok) return judged;
  if (!isFinal(order.state) && order.state !== "refunding")
    return refuse("No refund is under way.");
  return ok(
    isFinal(order.state)
      ? ended(judged.value)
      : { ...afterRefundStep(order, judged.value, false, now), keys: judged.value.keys ?? [] },
  );
}

function madeAfterAll(order: BuyOrder, receipt: string | null): Judged<BuyOrder> {
  const waiting = underWay(order);
  if (waiting !== null) return waiting;
  if (hasOpenRefund(order)) return refuse("A refund is under way. Wait until it has ended.");
  if (order.caseFile.excessMsat > 0n) {
    const kept = keepShillings(order);
    if (kept !== null) return ok(kept);
  }
  return after(setAside(order), (aside) => {
    const booked = bookLatePayouts(aside, receipt) ?? bookFailedRefund(aside, receipt);
    if (booked === null) {
      return refuse("Nothing of this order was proven to have failed and was made after all.");
    }
    return ok(
      order.state === "case" && booked.next.caseFile.suspenseKesCents === 0n
        ? {
            ...booked,
            next: close(booked.next, "refunded", null),
            closesCases: isSettled(booked.next),
          }
        : ended(booked),
    );
  });
}

/** The sats were sent after all, so the shillings are ours; null if they are not here any more. */
function keepShillings(order: BuyOrder): Draft<BuyOrder> | null {
  const funded = creditFromSuspense(isFinal(order.state) ? { ...order, credit: "none" } : order);
  if (funded.next.credit !== "undelivered") return null;
  if (!isFinal(order.state)) {
    const { next, postings = [] } = deliveredBefore(funded.next);
    return {
      next,
      postings: [...(funded.postings ?? []), ...postings],
      closesCases: isSettled(next),
    };
  }
  const sent = withSentAmount(order);
  const booked = book(
    { ...settleExcess(funded.next, sent.terms.amountMsat), credit: order.credit },
    "delivered_late",
    deliveredEntries(sent, "buys_undelivered", zeroMsat, "sats_receivable"),
  );
  return ended({ ...booked, postings: [...(funded.postings ?? []), ...booked.postings] });
}

/** M-Pesa's records show the refund that M-Pesa's answers proved not paid. */
function bookFailedRefund(order: BuyOrder, receipt: string | null): Draft<BuyOrder> | null {
  const { refund: last, latePayouts } = order.caseFile;
  const id = last?.payout.originatorConversationId ?? "";
  if (last?.status !== "failed" || receipt === null) return null;
  if (latePayouts.some((late) => late.id === id)) return null;
  const late = {
    id,
    amountKesCents: last.amountKesCents,
    account: "mpesa_available",
    feeKesCents: last.feeKesCents,
    claim: "made",
    receipt,
    booked: false,
  } as const;
  return bookLatePayouts(withFile(order, { latePayouts: [...latePayouts, late] }), receipt);
}

function released(
  order: BuyOrder,
  act: Extract<OperatorAct, { type: "release_suspense" }>,
): Judged<BuyOrder> {
  const allowed = inCase(order);
  if (!allowed.ok) return allowed;
  const judged = after(setAside(order), (next) => releaseSuspense(next, act));
  if (!judged.ok) return judged;
  const { next } = judged.value;
  if (order.state !== "case" || next.caseFile.suspenseKesCents > 0n) return ok(ended(judged.value));
  return ok({
    ...judged.value,
    next: close(next, "cancelled", "closed_by_operator"),
    closesCases: isSettled(next),
  });
}

/**
 * The payer took the shillings back after the sats were delivered and will not pay again, or got the sats besides a
 * refund.
 */
function writeOff(order: BuyOrder, reason: string): Judged<BuyOrder> {
  const { reversedKesCents, excessMsat } = order.caseFile;
  if (reason.trim() === "") return refuse("State why the operator bears it.");
  const waiting = underWay(order);
  if (waiting !== null) return waiting;
  if (excessMsat > 0n) {
    const { extraDelivery: _, ...due } = order;
    // In a case, what the holder bought is now due as if nothing had been sent.
    return ok(ended(writeOffExcess(order.state === "case" ? due : order)));
  }
  if (reversedKesCents === 0n) return refuse("Nothing is missing for this order.");
  const { next, postings } = book(
    order,
    "written_off",
    transfer("KES", "reversed_by_payers", "write_offs_kes", reversedKesCents),
  );
  return ok(ended({ next: withFile(next, { reversedKesCents: fiat("KES", 0n) }), postings }));
}

function closeCase(order: BuyOrder, reason: string): Judged<BuyOrder> {
  if (reason.trim() === "") return refuse("State why nothing is left to do.");
  if (order.credit === "undelivered" && order.state === "case") {
    return refuse("Shillings came in for this order. Deliver it, or refund them.");
  }
  if (!isSettled(order)) {
    return refuse(
      "The order's case file is not settled: money is set aside, under way or unbooked.",
    );
  }
  if (order.state !== "case") return ok({ next: order, closesCases: true });
  return ok({ next: close(order, "cancelled", "closed_by_operator"), closesCases: true });
}

/** The late delivery is proven: the sats are the holder's, the shillings ours. */
export function deliveredLate(order: BuyOrder, feeMsat: Msat) {
  const { suspenseKesCents, delivery, bookedHashes } = order.caseFile;
  const booked = book(
    order,
    "delivered_late",
    deliveredEntries(order, "kes_suspense", feeMsat, "treasury"),
  );
  return {
    ...booked,
    next: withFile<Order>(booked.next, {
      delivery: null,
      wakeAt: null,
      suspenseKesCents: subtractFiat(suspenseKesCents, order.terms.amountKesCents),
      bookedHashes: delivery === null ? bookedHashes : [...bookedHashes, delivery.paymentHash],
    }),
  };
}
