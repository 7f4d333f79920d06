import { addFiat, zeroMsat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { book } from "../case-file.ts";
import { totalFees } from "../order.ts";
import type { SellOrder } from "../order.ts";
import { credit, debit, debitLessCredit, posting, transfer } from "../postings.ts";
import type { Account, Entry, Posting } from "../postings.ts";

/** Reserves the float when the payment is held, so that it is paid out or failed back at once. */
export function payoutReserved(order: SellOrder): Posting {
  return posting(
    "payout_reserved",
    transfer("KES", "mpesa_available", "mpesa_reserved", order.payout.amountKesCents),
  );
}

export function payoutReleased(order: SellOrder): Posting {
  return posting(
    "payout_released",
    transfer("KES", "mpesa_reserved", "mpesa_available", order.payout.amountKesCents),
  );
}

/** The payout is proven. M-Pesa's fee goes to the charges account, which M-Pesa bills later. */
export function payoutPaid(order: SellOrder): Posting {
  return posting("payout_paid", [
    ...transfer("KES", "mpesa_reserved", "sells_unclaimed", order.payout.amountKesCents),
    ...transfer("KES", "mpesa_charges", "mpesa_fees", order.payoutFeeKesCents),
  ]);
}

/** The sats are claimed; the exchange is complete. */
export function satsClaimed(order: SellOrder): Posting {
  return posting("sats_claimed", [
    ...claimedSats(order, "exchange_msat"),
    ...exchangedShillings(order),
  ]);
}

/** The sats are claimed without proof of a payout, so they are owed to the holder. */
export function satsClaimedProtectively(order: SellOrder): Posting {
  const received = receivedMsat(order);
  return posting(
    "sats_claimed_protectively",
    transfer("MSAT", "owed_to_holders", "treasury", received),
  );
}

/** The payout was made after all. */
export function owedSettled(order: SellOrder): Posting {
  const received = receivedMsat(order);
  const agreed = order.terms.amountMsat;
  return posting("owed_settled", [
    debit("MSAT", "owed_to_holders", received),
    credit("MSAT", "exchange_msat", agreed),
    debitLessCredit("MSAT", "overpayments", { debit: agreed, credit: received }),
    ...exchangedShillings(order),
  ]);
}

/** The payout was not made; everything received was sent back. */
export function owedRepaid(order: SellOrder, routingFeeMsat: Msat): Posting {
  return posting("owed_repaid", [
    ...transfer("MSAT", "treasury", "owed_to_holders", receivedMsat(order)),
    ...transfer("MSAT", "treasury", "routing_fees", routingFeeMsat),
  ]);
}

/** Frees the float of the payout, if it was reserved. After a payout that was sent again, under the journal's own number. */
export function payoutReleasedNow(order: SellOrder): {
  readonly next: SellOrder;
  readonly postings: readonly Posting[];
} {
  if (!order.floatReserved) return { next: order, postings: [] };
  return order.caseFile.earlierPayouts.length === 0
    ? { next: order, postings: order.floatReserved ? [payoutReleased(order)] : [] }
    : book(
        order,
        "payout_released_again",
        transfer("KES", "mpesa_reserved", "mpesa_available", order.payout.amountKesCents),
      );
}

/** A payout whose float was freed before was made after all. */
export function payoutPaidLate(order: SellOrder, to: Account<"KES">) {
  return book(order, "payout_paid_late", [
    ...transfer("KES", "mpesa_available", to, order.payout.amountKesCents),
    ...transfer("KES", "mpesa_charges", "mpesa_fees", order.payoutFeeKesCents),
  ]);
}

function claimedSats(order: SellOrder, to: Account<"MSAT">): readonly Entry[] {
  const received = receivedMsat(order);
  const agreed = order.terms.amountMsat;
  return [
    debit("MSAT", "treasury", received),
    credit("MSAT", to, agreed),
    debitLessCredit("MSAT", "overpayments", { debit: agreed, credit: received }),
  ];
}

function exchangedShillings(order: SellOrder): readonly Entry[] {
  const fees = totalFees(order.terms);
  return [
    credit("KES", "sells_unclaimed", order.terms.amountKesCents),
    debit("KES", "exchange_kes", addFiat(order.terms.amountKesCents, fees)),
    credit("KES", "fees_kes", fees),
  ];
}

function receivedMsat(order: SellOrder): Msat {
  return order.held?.receivedMsat ?? zeroMsat;
}
