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

export function satsDelivered(order: BuyOrder, routingFeeMsat: Msat): Posting {
  return posting("sats_delivered", deliveredEntries(order, "buys_undelivered", routingFeeMsat));
}

/** The sats left the treasury for the order's shillings, which were booked in `from`. */
export function deliveredEntries(
  order: BuyOrder,
  from: Account<"KES">,
  routingFeeMsat: Msat,
): readonly Entry[] {
  const fees = totalFees(order.terms);
  return [
    debit("KES", from, order.terms.amountKesCents),
    debitLessCredit("KES", "exchange_kes", { debit: fees, credit: order.terms.amountKesCents }),
    credit("KES", "fees_kes", fees),
    ...transfer("MSAT", "treasury", "exchange_msat", order.terms.amountMsat),
    ...transfer("MSAT", "treasury", "routing_fees", routingFeeMsat),
  ];
}
