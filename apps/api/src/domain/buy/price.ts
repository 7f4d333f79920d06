import { orderTimes } from "../policy.ts";
import type { BuyRule } from "./drafts.ts";
import { covers, offerAt } from "./offer.ts";
import { needInvoice, pay } from "./payment.ts";

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

/** The price that the holder asked for. */
export const offerNewPrice: BuyRule<"priced"> = {
  to: {},
  decide: (order, { answer }, now) =>
    answer.ok ? { next: { ...order, offer: offerAt(order, answer.value, now) } } : null,
};

/** The terms at which an invoice for `amountMsat` may be paid now; null if no price for it is valid. */
export function priceFor(
  order: BuyOrder,
  amountMsat: Msat,
  now: number,
): Pick<BuyOrder, "terms" | "priceUntil"> | null {
  const { terms, priceUntil, offer } = order;
  if (now < priceUntil && amountMsat === terms.amountMsat) return { terms, priceUntil };
  if (offer === null || now >= offer.expiresAt) return null;
  if (amountMsat === offer.terms.amountMsat)
    return { terms: offer.terms, priceUntil: offer.expiresAt };
  return offer.coversPromise && amountMsat === terms.amountMsat
    ? { terms, priceUntil: offer.expiresAt }
    : null;
}

/** Whether the promised sats, and the channel they need, are worth no more than what was paid. */
function covers({ terms }: BuyOrder, { rate }: CurrentPrice): boolean {
  const paidMsat: bigint = fiatToMsat(terms.amountKesCents, rate, "floor");
  return terms.amountMsat + channelFee(terms) <= paidMsat;
}

/** Null if the shillings do not cover the fees at this price. */
function offerAt(order: BuyOrder, price: CurrentPrice, now: number): Offer | null {
  const { terms } = order;
  const { amountKesCents } = terms;
  const offered = buyTerms({ amountKesCents, amountMsat: null }, price, channelFee(terms));
  return offered.ok
    ? {
        terms: offered.value,
        expiresAt: now + price.validForMs,
        coversPromise: covers(order, price),
      }
    : null;
}

function channelFee({ fees }: Terms): Msat {
  return fees.find(({ code }) => code === "channel_open")?.amountMsat ?? zeroMsat;
}
