import type { Msat } from "@satsconnect/money";
import type { BuyOrder } from "../order.ts";
import { posting, transfer } from "../postings.ts";
import type { Posting } from "../postings.ts";

/** M-Pesa confirmed the payment: the shillings are received, the bitcoin is still due. */
export function kesReceived(order: BuyOrder): Posting {
  return posting(
    "kes_received",
    transfer("buys_undelivered", order.collectedIn, order.terms.amountKesCents),
  );
}

/** Shillings were received that need manual review first. */
export function kesReceivedForCase(order: BuyOrder): Posting {
  return posting(
    "kes_received_for_case",
    transfer("kes_suspense", order.collectedIn, order.terms.amountKesCents),
  );
}

export function caseReleased(order: BuyOrder): Posting {
  return posting(
    "case_released",
    transfer("buys_undelivered", "kes_suspense", order.terms.amountKesCents),
  );
}

export function satsDelivered(order: BuyOrder, routingFeeMsat: Msat): Posting {
  const fees = order.terms.fees.reduce((total, { amountKesCents }) => total + amountKesCents, 0n);
  return posting("sats_delivered", [
    ["buys_undelivered", order.terms.amountKesCents],
    ["exchange_kes", fees - order.terms.amountKesCents],
    ["fees_kes", -fees],
    ...transfer("treasury", "exchange_msat", order.terms.amountMsat),
    ...transfer("treasury", "routing_fees", routingFeeMsat),
  ]);
}

/** Reserves the refund, so that the same float is not promised to a sell. */
export function refundReserved(order: BuyOrder): Posting {
  return posting(
    "refund_reserved",
    transfer("mpesa_available", "mpesa_reserved", order.payout.amountKesCents),
  );
}

export function refundPaid(order: BuyOrder): Posting {
  return posting("refund_paid", [
    ...transfer("mpesa_reserved", "buys_undelivered", order.payout.amountKesCents),
    ...transfer("mpesa_charges", "mpesa_fees", order.payoutFeeKesCents),
  ]);
}
