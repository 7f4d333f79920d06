import { maskMsisdn } from "@satsconnect/contracts";
import type { Order as OrderView, Quote as QuoteView } from "@satsconnect/contracts";
import { formatRate } from "@satsconnect/money";
import { holderActions, isFinal } from "../domain/order.ts";
import type { FeeLine, Order } from "../domain/order.ts";
import type { Quote } from "../domain/quote.ts";

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
    createdAt: time(order.createdAt),
    updatedAt: time(order.updatedAt),
    deadlineAt: order.deadlineAt === null ? null : time(order.deadlineAt),
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
