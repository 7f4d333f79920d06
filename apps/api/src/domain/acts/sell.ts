import { ok, zeroMsat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { book, isSettled, withFile } from "../case-file.ts";
import type { LatePayout } from "../case-file.ts";
import { isFinal } from "../order.ts";
import type { LightningAttempt, Order, SellOrder } from "../order.ts";
import { isProven, neverSent, newPayout } from "../payout.ts";
import type { Payout } from "../payout.ts";
import { orderTimes } from "../policy.ts";
import { transfer } from "../postings.ts";
import { refuse } from "../refund.ts";
import { claim, close, failPayment } from "../sell/drafts.ts";
import type { SellDraft } from "../sell/drafts.ts";
import { owedTo, sendOwed } from "../sell/owed.ts";
import * as post from "../sell/postings.ts";
import type { ActContext, OperatorAct } from "./act.ts";
import {
  bookLatePayouts,
  ended,
  intoSuspense,
  refundFromSuspense,
  refundMade,
  refundNotMade,
  releaseSuspense,
  withLatePayout,
  writeOffExcess,
} from "./book.ts";
import type { Judged } from "./book.ts";

/** In a case with one of these reasons, the holder's sats are with us. */
const claimedReasons: ReadonlySet<string> = new Set([
  "claimed_without_payout",
  "claimed_instead_of_returned",
]);
/** In a case with one of these reasons, the holder's sats are back with the holder. */
const goneReasons: ReadonlySet<string> = new Set([
  "payment_gone_before_proof",
  "payment_gone_after_payout",
]);
const heldStates: ReadonlySet<string> = new Set(["payout_requested", "payout_unknown"]);

/** Decides an operator's act on a sell. Errors say in one sentence why the act is wrong in the order's state. */
export function judgeSellAct(
  order: SellOrder,
  act: OperatorAct,
  context: ActContext,
  now: number,
): Judged<SellOrder> {
  switch (act.type) {
    case "payout_made":
      return order.caseFile.refund?.status === "open"
        ? endedOrNot(refundMade(order, act.receipt))
        : payoutMade(order, act.receipt, now);
    case "payout_not_made":
      return order.caseFile.refund?.status === "open"
        ? endedOrNot(refundNotMade(order, now))
        : payoutNotMade(order, now);
    case "pay_out":
      return payOutAgain(order, context, now);
    case "repay_owed":
      return repay(order, context, now);
    case "made_after_all":
      return madeAfterAll(order, act.receipt, now);
    case "refund":
      return isFinal(order.state)
        ? refundFromSuspense(order, act, context, now)
        : refuse("A sell pays out by itself, or owes sats. There are no shillings to refund.");
    case "release_suspense":
      return endedOrNot(releaseSuspense(order, act));
    case "write_off":
      return writeOff(order, act.reason);
    case "close":
      return closeCase(order, act.reason);
    case "deliver":
    case "credit_receipt":
    case "payment_reversed":
      return refuse("This act is for buys: no shillings come in for a sell.");
  }
}

function endedOrNot(judged: Judged<SellOrder>): Judged<SellOrder> {
  return judged.ok ? ok(ended(judged.value)) : judged;
}

function confirmedPayout(order: SellOrder, receipt: string | null): SellOrder {
  const payout: Payout = { ...order.payout, status: "confirmed", receipt };
  return { ...order, payout, mpesaReceipt: receipt ?? order.mpesaReceipt };
}

function receiptKey(receipt: string | null) {
  return receipt === null ? [] : [{ kind: "mpesa_receipt", value: receipt } as const];
}

/** The payout is made, so the held payment is claimed. If it is gone, that opens a case of its own. */
function claimHeld(order: SellOrder, now: number): SellDraft {
  const dueAt = now + orderTimes.callTimeoutMs;
  return {
    next: {
      ...order,
      state: "payout_confirmed",
      reason: null,
      dueAt,
      wakeAt: dueAt,
      deadlineAt: now + orderTimes.caseReminderMs,
    },
    effects: order.held === null ? [] : [claim(order.held)],
    closesCases: true,
  };
}

function payoutMade(order: SellOrder, receipt: string, now: number): Judged<SellOrder> {
  const { status } = order.payout;
  if (order.state === "case" && order.held?.claimBooked === true) {
    return payoutMadeForOwed(order, receipt);
  }
  if (status === "failed") {
    return refuse(
      "The payout is proven not paid. If M-Pesa's records show it nevertheless, it was made after all.",
    );
  }
  if (status === "confirmed") {
    if (order.state !== "case" || goneReasons.has(order.reason ?? "")) {
      return refuse("The payout is proven paid already.");
    }
    return ok(claimHeld(order, now));
  }
  if (neverSent(order.payout)) return refuse("The payout was never sent.");
  const next = confirmedPayout(order, receipt);
  const keys = receiptKey(receipt);
  if (order.state === "owed") {
    return ok({
      next: close(next, "claimed", "closed_by_operator"),
      postings: [post.payoutPaid(order), post.owedSettled(order)],
      keys,
      closesCases: isSettled(next),
    });
  }
  if (order.state !== "case" && !heldStates.has(order.state)) {
    return refuse(`The order is ${order.state}: nobody has to look up its payout.`);
  }
  return ok({ ...claimHeld(next, now), postings: [post.payoutPaid(order)], keys });
}

/** In a case whose sats are booked as owed to the holder: the payout settles them. */
function payoutMadeForOwed(order: SellOrder, receipt: string): Judged<SellOrder> {
  if (order.payout.status === "failed" || neverSent(order.payout)) {
    return refuse("The payout is proven not paid. If it was paid, it was made after all.");
  }
  const known = order.payout.status === "confirmed";
  const next = close(known ? order : confirmedPayout(order, receipt), "claimed", order.reason);
  return ok({
    next,
    postings: [...(known ? [] : [post.payoutPaid(order)]), post.owedSettled(order)],
    keys: known ? [] : receiptKey(receipt),
    closesCases: isSettled(next),
  });
}

/** The claim of a case's sats, unless it is booked already. */
function claimed(order: SellOrder) {
  return order.held?.claimBooked === true ? [] : [post.satsClaimedProtectively(order)];
}

/** Whether the sats of a case are with us. */
function isClaimed(order: SellOrder): boolean {
  return claimedReasons.has(order.reason ?? "") || order.held?.claimBooked === true;
}

function payoutNotMade(order: SellOrder, now: number): Judged<SellOrder> {
  const { status } = order.payout;
  if (status === "confirmed") return notMadeAfterAll(order);
  if (order.state === "case") {
    if (isClaimed(order)) {
      if (!isProven(order.payout) && !neverSent(order.payout)) {
        return ok({ next: failedPayout(order) });
      }
      return refuse("The holder's sats are with us. Pay out again, or repay them.");
    }
    const failed = status === "failed" ? order : failedPayout(order);
    return ok({ ...failPayment(failed, "payout_not_made", now), closesCases: true });
  }
  if (status === "failed") return refuse("The payout is proven not paid already.");
  if (heldStates.has(order.state)) {
    return ok({ ...failPayment(failedPayout(order), "payout_not_made", now), closesCases: true });
  }
  if (order.state !== "owed") {
    return refuse(`The order is ${order.state}: nobody has to look up its payout.`);
  }
  const { next, postings } = post.payoutReleasedNow(order);
  const deadlineAt = now + orderTimes.owedReminderMs;
  return ok({
    next: {
      ...failedPayout(next),
      reason: "refund_invoice_needed",
      deadlineAt,
      wakeAt: deadlineAt,
    },
    postings,
  });
}

function failedPayout(order: SellOrder): SellOrder {
  return { ...order, payout: { ...order.payout, status: "failed", failureCode: "operator" } };
}

/** M-Pesa contradicts its proof of a payout after the sats were claimed: the shillings are owed to the recipient. */
function notMadeAfterAll(order: SellOrder): Judged<SellOrder> {
  const id = order.payout.originatorConversationId;
  if (order.state !== "claimed") return refuse("The payout is proven paid.");
  if (order.caseFile.latePayouts.some((late) => late.id === id)) {
    return refuse("This was booked before.");
  }
  const unmade = intoSuspense(
    order,
    "payout_unmade",
    "mpesa_available",
    order.payout.amountKesCents,
    transfer("KES", "mpesa_fees", "mpesa_charges", order.payoutFeeKesCents),
  );
  return ok({
    ...unmade,
    next: withLatePayout(unmade.next, { ...latePayout(order, null), claim: "unmade" }),
  });
}

function latePayout(order: SellOrder, receipt: string | null): LatePayout {
  return {
    id: order.payout.originatorConversationId,
    amountKesCents: order.payout.amountKesCents,
    account: "mpesa_available",
    feeKesCents: order.payoutFeeKesCents,
    claim: "made",
    receipt,
    booked: true,
  };
}

/** Sends the payout again under a new id. The earlier one is proven not paid. */
function payOutAgain(order: SellOrder, context: ActContext, now: number): Judged<SellOrder> {
  if (isFinal(order.state)) {
    const { suspenseKesCents } = order.caseFile;
    return suspenseKesCents === 0n
      ? refuse("Nothing is owed to the recipient.")
      : refundFromSuspense(
          order,
          { amountKesCents: suspenseKesCents, way: "payout" },
          context,
          now,
        );
  }
  // In a case a payout that was never sent is as good as a failed one; an owed one is about to be sent.
  const unpaid =
    order.payout.status === "failed" || (order.state === "case" && neverSent(order.payout));
  if (!unpaid) return refuse("The payout is not proven unpaid. It could be paid twice.");
  const again: SellOrder = withFile(
    {
      ...order,
      payout: newPayout(context.payoutId, order.msisdn, order.payout.amountKesCents),
    },
    { earlierPayouts: [...order.caseFile.earlierPayouts, order.payout] },
  );
  const owed = owedTo(again, "payout_not_proven_in_time", now);
  const draft = {
    keys: [{ kind: "originator_conversation_id", value: context.payoutId } as const],
    effects: [{ type: "continue" } as const],
    closesCases: true,
  };
  if (order.state === "case" && isClaimed(order)) {
    if (order.floatReserved) return ok({ ...draft, next: owed, postings: claimed(order) });
    return ok({
      ...draft,
      next: { ...owed, floatReserved: true },
      postings: [...claimed(order), post.payoutReserved(order)],
      reservesFloat: true,
    });
  }
  if (order.state !== "owed") {
    return refuse("The holder's sats are not with us. A payout now would be a gift.");
  }
  const { next, postings } = book(
    owed,
    "payout_reserved_again",
    transfer("KES", "mpesa_available", "mpesa_reserved", order.payout.amountKesCents),
  );
  return ok({ ...draft, next, postings, reservesFloat: true });
}

/** The holder gets the sats back instead of the shillings. */
function repay(order: SellOrder, { invoice }: ActContext, now: number): Judged<SellOrder> {
  if (isFinal(order.state)) return repayLate(order, invoice, now);
  const owed: SellOrder | null =
    order.state === "owed"
      ? order
      : order.state === "case" && isClaimed(order)
        ? owedTo(order, "refund_invoice_needed", now)
        : null;
  if (owed === null) return refuse("No sats are owed to the holder.");
  if (order.payout.status !== "failed" && !neverSent(order.payout)) {
    return refuse("The payout is not proven unpaid. The holder could be paid twice.");
  }
  if (order.state === "owed") {
    return invoice === null
      ? refuse("The wallet is asked for an invoice already. Give one of the holder's.")
      : ok(sendOwed(owed, invoice, now));
  }
  const { next, postings } = post.payoutReleasedNow(failedPayout(owed));
  const opened: SellDraft = {
    next,
    postings: [...claimed(order), ...postings],
    closesCases: true,
  };
  if (invoice === null) return ok(opened);
  const sent = sendOwed(next, invoice, now);
  return ok({ ...opened, ...sent, postings: opened.postings ?? [] });
}

/** Repays the sats of a sell that were claimed after it had ended. */
function repayLate(
  order: SellOrder,
  invoice: ActContext["invoice"],
  now: number,
): Judged<SellOrder> {
  const { owedMsat, delivery, journals } = order.caseFile;
  if (owedMsat === 0n) return refuse("No sats are owed to the holder.");
  if (delivery !== null) return refuse("The sats are on their way.");
  if (invoice === null) return refuse("Give an invoice of the holder's for the owed sats.");
  const dueAt = now + orderTimes.callTimeoutMs;
  const attempt: LightningAttempt = {
    ...invoice,
    number: journals + 1,
    amountMsat: owedMsat,
    earlierHashes: [],
    polls: 1,
    dueAt,
  };
  return ok({
    next: withFile(order, { delivery: attempt, journals: journals + 1, wakeAt: dueAt }),
    keys: [{ kind: "payment_hash", value: invoice.paymentHash }],
    effects: [{ type: "deliver_late" }],
  });
}

/** The late repayment is proven. */
export function repaidLate(order: SellOrder, feeMsat: Msat) {
  const { delivery, bookedHashes } = order.caseFile;
  return {
    next: withFile<Order>(order, {
      delivery: null,
      wakeAt: null,
      owedMsat: zeroMsat,
      bookedHashes: delivery === null ? bookedHashes : [...bookedHashes, delivery.paymentHash],
    }),
    postings: [post.owedRepaid(order, feeMsat)],
  };
}

function madeAfterAll(order: SellOrder, receipt: string | null, now: number): Judged<SellOrder> {
  const late = bookLatePayouts(order, receipt);
  if (late !== null) return ok(ended(late));
  if (order.payout.status !== "failed") {
    return refuse("Nothing of this order was proven to have failed and was made after all.");
  }
  if (receipt === null) return refuse("Give M-Pesa's receipt of the payout.");
  const keys = receiptKey(receipt);
  if (order.state === "case" && order.held?.claimBooked === true) {
    const next = close(confirmedPayout(order, receipt), "claimed", order.reason);
    return ok({
      next,
      postings: [post.payoutPaid(order), post.owedSettled(order)],
      keys,
      closesCases: isSettled(next),
    });
  }
  if (order.state === "case" && !goneReasons.has(order.reason ?? "")) {
    return ok({
      ...claimHeld(confirmedPayout(order, receipt), now),
      postings: [post.payoutPaid(order)],
      keys,
    });
  }
  if (order.state === "case") {
    // The float is still reserved, and the sats are back with the holder: what is left is to write it off.
    return ok({ next: confirmedPayout(order, receipt), postings: [post.payoutPaid(order)], keys });
  }
  if (order.state === "owed") {
    const { next, postings } = post.payoutPaidLate(order, "sells_unclaimed");
    return ok({
      next: close(confirmedPayout(next, receipt), "claimed", "closed_by_operator"),
      postings: [...postings, post.owedSettled(order)],
      keys,
      closesCases: true,
    });
  }
  if (!isFinal(order.state)) {
    return refuse(`The order is ${order.state}. Wait until it has ended.`);
  }
  if (order.caseFile.latePayouts.some(({ id }) => id === order.payout.originatorConversationId)) {
    return refuse("This was booked before.");
  }
  const { next, postings } = post.payoutPaidLate(order, "write_offs_kes");
  return ok(ended({ next: withLatePayout(next, latePayout(order, receipt)), postings, keys }));
}

/** The payout was made and the sats are back with the holder. */
function writeOff(order: SellOrder, reason: string): Judged<SellOrder> {
  if (reason.trim() === "") return refuse("State why the operator bears it.");
  if (order.caseFile.excessMsat > 0n && isFinal(order.state)) {
    return ok(ended(writeOffExcess(order)));
  }
  const lost =
    order.state === "case" &&
    order.payout.status === "confirmed" &&
    !isClaimed(order) &&
    goneReasons.has(order.reason ?? "");
  if (!lost) return refuse("Nothing is missing for this order, or it is not proven yet.");
  const { next, postings } = book(
    order,
    "written_off",
    transfer("KES", "sells_unclaimed", "write_offs_kes", order.payout.amountKesCents),
  );
  return ok({
    next: close(next, "cancelled", "closed_by_operator"),
    postings,
    closesCases: isSettled(next),
  });
}

function closeCase(order: SellOrder, reason: string): Judged<SellOrder> {
  if (reason.trim() === "") return refuse("State why nothing is left to do.");
  if (!isSettled(order)) {
    return refuse(
      "The order's case file is not settled: money is set aside, under way or unbooked.",
    );
  }
  if (order.state !== "case") return ok({ next: order, closesCases: true });
  if (!goneReasons.has(order.reason ?? "") || isClaimed(order)) {
    return refuse("Say first whether the payout was made: the sats are then claimed or returned.");
  }
  if (order.payout.status === "confirmed") return refuse("The payout was made. Write it off.");
  if (!isProven(order.payout) && !neverSent(order.payout)) {
    return refuse("It is not proven whether the payout was made.");
  }
  const { next, postings } = post.payoutReleasedNow(order);
  return ok({
    next: close(next, "cancelled", "closed_by_operator"),
    postings,
    closesCases: true,
  });
}
