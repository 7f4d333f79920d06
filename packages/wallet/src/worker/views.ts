import type { LightningNode, Payment } from "@satsconnect/lightning";
import type { InvoiceDetails } from "@satsconnect/lightning";
import { mergeHistory, stateOfPayment } from "../payments/history.ts";
import type { HistoryEntry } from "../payments/history.ts";
import type { HistoryItem, InvoiceView, PaymentView } from "../port/calls.ts";
import { plainText } from "./plain-text.ts";
import type { Order } from "@satsconnect/contracts";
import { msatPerBtc } from "@satsconnect/money";
import type { Prices } from "../storage/prices.ts";

export function paymentView(payment: Payment): PaymentView {
  const isOutbound = payment.direction === "outbound";
  return {
    paymentHash: payment.paymentHash,
    direction: payment.direction,
    state: stateOfPayment(payment),
    nodeState: payment.state,
    amountMsat: text(
      isOutbound ? payment.amountMsat : (payment.receivedMsat ?? payment.amountMsat),
    ),
    feeMsat: text(isOutbound ? payment.feeMsat : payment.skimmedFeeMsat),
    maxFeeMsat: text(isOutbound ? payment.maxFeeMsat : payment.maxSkimmedFeeMsat),
    description: plain(payment.description),
    payee: isOutbound ? payment.payee : null,
    failure: isOutbound ? payment.failure : null,
    createdAt: payment.createdAt,
    finishedAt: payment.finishedAt,
    expiresAt: payment.expiresAt,
  };
}

export function invoiceView(
  invoice: string,
  details: InvoiceDetails,
  node: LightningNode | undefined,
): InvoiceView {
  return {
    invoice,
    network: details.network,
    paymentHash: details.paymentHash,
    amountMsat: text(details.amountMsat),
    description: plain(details.description),
    payee: details.payee,
    createdAt: details.createdAt,
    expiresAt: details.expiresAt,
    own: node?.nodeId === details.payee,
  };
}

/** The history, newest first, as items for the screens with the entries they come from. */
export function historyList(
  payments: readonly Payment[],
  orders: readonly Order[],
  prices: Pick<Prices, "of">,
): readonly { readonly item: HistoryItem; readonly entry: HistoryEntry }[] {
  return mergeHistory(payments, orders).map((entry) => ({
    item: historyItem(entry, prices),
    entry,
  }));
}

/** Id of the history entry of a payment without an order. */
export function entryId({
  direction,
  paymentHash,
}: Pick<Payment, "direction" | "paymentHash">): string {
  return `${direction === "inbound" ? "in" : "out"}/${paymentHash}`;
}

function historyItem(entry: HistoryEntry, prices: Pick<Prices, "of">): HistoryItem {
  const { order, payment } = entry;
  const id = order !== null ? `order/${order.id}` : payment === null ? "" : entryId(payment);
  const price = order === null ? prices.of(id) : null;
  return {
    id,
    kind: entry.kind,
    state: entry.state,
    at: entry.at,
    amountMsat: entry.amountMsat.toString(),
    feeMsat: entry.feeMsat.toString(),
    amountKesCents:
      order !== null
        ? valueOf(order)
        : price === null
          ? null
          : ((entry.amountMsat * price) / msatPerBtc).toString(),
    kesCentsPerBtc: price?.toString() ?? null,
    description: order === null ? plain(entry.description) : null,
    paymentHash: entry.paymentHash,
    orderId: order?.id ?? null,
    orderState: order?.state ?? null,
    deadlineAt: order === null || order.deadlineAt === null ? null : Date.parse(order.deadlineAt),
    mpesaReceipt: order?.mpesaReceipt ?? null,
    counterparty: order === null ? null : plain(order.recipientName ?? order.msisdn),
  };
}

/** In KES cents. For a completed buy: the amount paid minus fees. Otherwise the amount paid over M-Pesa. */
function valueOf(order: Order): string {
  if (order.kind !== "buy" || order.state !== "paid") return order.amountKesCents;
  const fees = order.fees.reduce((sum, fee) => sum + BigInt(fee.amountKesCents), 0n);
  return (BigInt(order.amountKesCents) - fees).toString();
}

/** Whether a history entry matches a search text. */
export function matchesSearch(item: HistoryItem, search: string): boolean {
  const searchText = search.trim().toLowerCase();
  const sats = (BigInt(item.amountMsat) / 1_000n).toString();
  const shillings =
    item.amountKesCents === null ? "" : (BigInt(item.amountKesCents) / 100n).toString();
  const fields = [
    item.description,
    item.counterparty,
    item.mpesaReceipt,
    item.paymentHash,
    item.kind,
  ];
  return (
    fields.some((field) => field?.toLowerCase().includes(searchText) === true) ||
    // amounts with thousands separators
    [sats, shillings].includes(searchText.replaceAll(/[\s,.]/gu, ""))
  );
}

function text(amount: bigint | null): string | null {
  return amount === null ? null : amount.toString();
}

function plain(untrusted: string | null): string | null {
  return untrusted === null ? null : plainText(untrusted);
}
