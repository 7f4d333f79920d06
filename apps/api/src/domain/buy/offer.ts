import { fiatToMsat, zeroMsat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import type { CurrentPrice } from "../facts.ts";
import type { BuyOrder, Offer, Terms } from "../order.ts";
import { buyTerms } from "../quote.ts";

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
export function covers({ terms }: BuyOrder, { rate }: CurrentPrice): boolean {
  const paidMsat: bigint = fiatToMsat(terms.amountKesCents, rate, "floor");
  return terms.amountMsat + channelFee(terms) <= paidMsat;
}

/** Null if the shillings do not cover the fees at this price. */
export function offerAt(order: BuyOrder, price: CurrentPrice, now: number): Offer | null {
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
