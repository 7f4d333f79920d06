import type { Msat } from "@satsconnect/money";
import { totalFees } from "../order.ts";
import type { BuyOrder } from "../order.ts";
import { credit, debit, debitLessCredit, posting, transfer } from "../postings.ts";
import type { Posting } from "../postings.ts";

/** M-Pesa confirmed the payment: the shillings are received, the bitcoin is still due. */
export function kesReceived(order: BuyOrder): Posting {
  return posting(
    "kes_received",
    transfer("KES", "buys_undelivered", order.collectedIn, order.terms.amountKesCents),
  );
}

/** Shillings were received that need manual review first. */
export function kesReceivedForCase(order: BuyOrder): Posting {
  return posting(
    "kes_received_for_case",
    transfer("KES", "kes_suspense", order.collectedIn, order.terms.amountKesCents),
  );
}

export function caseReleased(order: BuyOrder): Posting {
  return posting(
    "case_released",
    transfer("KES", "buys_undelivered", "kes_suspense", order.terms.amountKesCents),
  );
}

/** @param from where the sats were taken: `sats_receivable` if they were booked as sent in excess before. */
export function satsDelivered(
  order: BuyOrder,
  routingFeeMsat: Msat,
  from: "treasury" | "sats_receivable" = "treasury",
): Posting {
  const fees = totalFees(order.terms);
  return posting("sats_delivered", [
    debit("KES", "buys_undelivered", order.terms.amountKesCents),
    debitLessCredit("KES", "exchange_kes", { debit: fees, credit: order.terms.amountKesCents }),
    credit("KES", "fees_kes", fees),
    ...transfer("MSAT", from, "exchange_msat", order.terms.amountMsat),
    ...transfer("MSAT", "treasury", "routing_fees", routingFeeMsat),
  ]);
}

/** Reserves the refund, so that the same float is not promised to a sell. */
export function refundReserved(order: BuyOrder): Posting {
  return posting(
    "refund_reserved",
    transfer("KES", "mpesa_available", "mpesa_reserved", order.payout.amountKesCents),
  );
}

/** The refund is not needed or will never be paid. */
export function refundReleased(order: BuyOrder): Posting {
  return posting(
    "refund_released",
    transfer("KES", "mpesa_reserved", "mpesa_available", order.payout.amountKesCents),
  );
}

export function refundPaid(order: BuyOrder): Posting {
  return posting("refund_paid", [
    ...transfer("KES", "mpesa_reserved", "buys_undelivered", order.payout.amountKesCents),
    ...transfer("KES", "mpesa_charges", "mpesa_fees", order.payoutFeeKesCents),
  ]);
}
