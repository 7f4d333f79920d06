import { maskMsisdn } from "@satsconnect/contracts";
import type { Order as OrderView, Quote as QuoteView, WalletLimits } from "@satsconnect/contracts";
import { formatRate } from "@satsconnect/money";
import { holderActions, isFinal } from "../domain/order.ts";
import type { FeeLine, Order } from "../domain/order.ts";
import type { Quote } from "../domain/quote.ts";
import type { TradeLimit } from "../domain/trade-limits.ts";

/** A quote in the form of the REST contract. */
export function presentQuote(quote: Quote): QuoteView {
  const { terms } = quote;
  return {
    id: quote.id,
    kind: quote.kind,
    amountKesCents: String(terms.amountKesCents),
    amountMsat: String(terms.amountMsat),
    rateKesPerBtc: formatRate(terms.rate),
    fees: terms.fees.map(presentFee),
    customerMpesaFeeKesCents: String(quote.customerMpesaFeeKesCents),
    recipient:
      quote.msisdn === null
        ? null
        : { msisdn: maskMsisdn(quote.msisdn), name: terms.recipientName },
    createdAt: time(quote.createdAt),
    expiresAt: time(quote.expiresAt),
  };
}

/**
 * An order in the form of the REST contract. Only its holder may see it, and the phone number is masked even then.
 */
export function presentOrder(order: Order): OrderView {
  const { terms } = order;
  return {
    id: order.id,
    kind: order.kind,
    state: order.state,
    final: isFinal(order.state),
    quoteId: order.quoteId,
    amountKesCents: String(terms.amountKesCents),
    amountMsat: String(terms.amountMsat),
    rateKesPerBtc: formatRate(terms.rate),
    fees: terms.fees.map(presentFee),
    msisdn: maskMsisdn(order.msisdn),
    recipientName: terms.recipientName,
    ...presentPayment(order),
    mpesaReceipt: order.mpesaReceipt,
    reason: order.reason,
    actions: [...holderActions(order)],
    priceUntil: time(order.kind === "buy" ? order.priceUntil : order.payBy),
    offer: presentOffer(order),
    createdAt: time(order.createdAt),
    updatedAt: time(order.updatedAt),
    deadlineAt: order.deadlineAt === null ? null : time(order.deadlineAt),
  };
}

function presentOffer(order: Order): OrderView["offer"] {
  if (order.kind !== "buy" || order.state !== "invoice_needed" || order.offer === null) return null;
  const { terms, expiresAt, coversPromise } = order.offer;
  return {
    amountMsat: String(terms.amountMsat),
    rateKesPerBtc: formatRate(terms.rate),
    fees: terms.fees.map(presentFee),
    expiresAt: time(expiresAt),
    coversPromise,
  };
}

/** The wallet's limits in the form of the REST contract. */
export function presentLimits(limits: {
  readonly buy: readonly TradeLimit[];
  readonly sell: readonly TradeLimit[];
}): WalletLimits {
  return { buy: limits.buy.map(presentLimit), sell: limits.sell.map(presentLimit) };
}

function presentLimit({ code, tier, reason, amount, count }: TradeLimit): WalletLimits["buy"][0] {
  return {
    code,
    tier,
    reason,
    maximumKesCents: amount === null ? null : String(amount.max),
    usedKesCents: amount === null ? null : String(amount.used),
    maximumOrders: count?.max ?? null,
    usedOrders: count?.used ?? null,
  };
}

function presentPayment(
  order: Order,
): Pick<OrderView, "invoice" | "paymentHash" | "invoiceExpiresAt"> {
  const payment = order.kind === "buy" ? order.lightning : order.held;
  if (payment === null) return { invoice: null, paymentHash: null, invoiceExpiresAt: null };
  return {
    invoice: payment.invoice,
    paymentHash: payment.paymentHash,
    invoiceExpiresAt: time(payment.invoiceExpiresAt),
  };
}

function presentFee(fee: FeeLine): QuoteView["fees"][number] {
  return {
    code: fee.code,
    amountKesCents: String(fee.amountKesCents),
    amountMsat: String(fee.amountMsat),
  };
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
