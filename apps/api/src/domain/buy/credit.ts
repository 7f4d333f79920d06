import { msat, subtractFiat, zeroMsat } from "@satsconnect/money";
import { book, settleExcess, withFile } from "../case-file.ts";
import type { BuyOrder } from "../order.ts";
import { transfer } from "../postings.ts";
import { close } from "./drafts.ts";
import type { BuyDraft } from "./drafts.ts";
import * as post from "./postings.ts";

/** Takes the order's price out of suspense, if there is as much and it is not credited yet. */
export function creditFromSuspense(order: BuyOrder): BuyDraft {
  const { suspenseKesCents } = order.caseFile;
  const { amountKesCents } = order.terms;
  if (order.credit === "undelivered" || suspenseKesCents < amountKesCents) return { next: order };
  const { next, postings } = book(
    order,
    "suspense_credited",
    transfer("KES", "buys_undelivered", "kes_suspense", amountKesCents),
  );
  return {
    next: {
      ...withFile(next, { suspenseKesCents: subtractFiat(suspenseKesCents, amountKesCents) }),
      credit: "undelivered",
    },
    postings,
  };
}

/** The order's sats were sent before and booked as sent in excess: they are what the shillings paid for. */
export function deliveredBefore(order: BuyOrder): BuyDraft {
  const delivered = withSentAmount(order);
  return {
    next: close(settleExcess(delivered, delivered.terms.amountMsat), "paid", null),
    postings: [post.satsDelivered(delivered, zeroMsat, "sats_receivable")],
  };
}

/** The order at the price of the invoice that was paid, which may be another one than the last that was agreed. */
export function withSentAmount(order: BuyOrder): BuyOrder {
  const { excessMsat } = order.caseFile;
  const { terms } = order;
  return excessMsat < terms.amountMsat
    ? { ...order, terms: { ...terms, amountMsat: msat(excessMsat) } }
    : order;
}
