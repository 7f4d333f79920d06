import type { Msat } from "@satsconnect/money";
import { totalFees } from "../order.ts";
import type { BuyOrder } from "../order.ts";
import { credit, debit, debitLessCredit, posting, transfer } from "../postings.ts";
import type { Account, Entry, Posting } from "../postings.ts";

/** M-Pesa confirmed the payment: the shillings are received, the bitcoin is still due. */
export function kesReceived(order: BuyOrder): Posting {
  return posting(
    "kes_received",
    transfer("KES", "buys_undelivered", order.collectedIn, order.terms.amountKesCents),
  );
}

/** @param from where the sats were taken: `sats_receivable` if they were booked as sent in excess before. */
export function satsDelivered(
  order: BuyOrder,
  routingFeeMsat: Msat,
  from: "treasury" | "sats_receivable" = "treasury",
): Posting {
  const entries = deliveredEntries(order, "buys_undelivered", routingFeeMsat, from);
  return posting("sats_delivered", entries);
}

/** The sats were given for the order's shillings, which were booked in `paidFor`. */
export function deliveredEntries(
  order: BuyOrder,
  paidFor: Account<"KES">,
  routingFeeMsat: Msat,
  from: "treasury" | "sats_receivable",
): readonly Entry[] {
  const fees = totalFees(order.terms);
  return [
    debit("KES", paidFor, order.terms.amountKesCents),
    debitLessCredit("KES", "exchange_kes", { debit: fees, credit: order.terms.amountKesCents }),
    credit("KES", "fees_kes", fees),
    ...transfer("MSAT", from, "exchange_msat", order.terms.amountMsat),
    ...transfer("MSAT", "treasury", "routing_fees", routingFeeMsat),
  ];
}
