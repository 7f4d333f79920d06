import { orderTimes } from "../policy.ts";
import type { BuyRule } from "./drafts.ts";
import { covers, offerAt } from "./offer.ts";
import { needInvoice, pay } from "./payment.ts";
import { refund } from "./refund.ts";

/*
 * A buy's price ends with its quote. Shillings that are confirmed later are exchanged at the current price: for the
 * promised sats if the operator does not lose by it, and otherwise only for as many sats as the holder accepts, by giving
 * an invoice for exactly that amount. A holder who accepts no new price is refunded.
 */

/** The current price of a buy whose shillings are there. */
export const priceReceived: BuyRule<"priced"> = {
  to: {
    paying: "the current price covers the promised sats",
    invoice_needed: "the price has changed, or there is none",
  },
  decide: (order, { answer }, now) => {
    if (!answer.ok) return needInvoice(order, "rates_unavailable", now);
    if (covers(order, answer.value))
      return pay({ ...order, priceUntil: now + orderTimes.checkedPriceMs }, now);
    return needInvoice(
      { ...order, offer: offerAt(order, answer.value, now) },
      "price_changed",
      now,
    );
  },
};

export const priceRequested: BuyRule<"price_requested"> = {
  to: {},
  decide: (order) => ({ next: order, effects: [{ type: "fetch_price" }] }),
};

/** The price that the holder, or the refund of a payment that was held back, asked for. */
export const offerNewPrice: BuyRule<"priced"> = {
  to: {
    refunding: "a payment that was held back is refunded at the current price",
  },
  decide: (order, { answer }, now) => {
    if (!answer.ok) return null;
    const { refundAtPrice = null } = order;
    return refundAtPrice === null
      ? { next: { ...order, offer: offerAt(order, answer.value, now) } }
      : refund({ ...order, refundAtPrice: null }, refundAtPrice, now, answer.value.rate);
  },
};
