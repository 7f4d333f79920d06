import type { Order } from "@satsconnect/contracts";
import type { Payment } from "@satsconnect/lightning";
import type { Msat } from "@satsconnect/money";
import { msat } from "@satsconnect/money";

/** One entry of the wallet's history: a Lightning payment, an order, or an order together with its payment. */
export type HistoryEntry = {
  readonly kind: "buy" | "sell" | "send" | "receive";
  readonly at: number;
  /** `moving`: not final. `done`: the money arrived. `ended`: no money moved, or all of it was returned. */
  readonly state: "moving" | "done" | "ended";
  readonly amountMsat: Msat;
  readonly feeMsat: Msat;
  readonly description: string | null;
  readonly paymentHash: string | null;
  readonly order: Order | null;
  readonly payment: Payment | null;
};

/** Summarises a payment's state for the history. */
export function stateOfPayment(payment: Payment): HistoryEntry["state"] {
  switch (payment.state) {
    case "succeeded":
    case "claimed":
      return "done";
    case "failed":
    case "returned":
    case "expired":
      return "ended";
    default:
      return "moving";
  }
}

function stateOfOrder(order: Order, payment: Payment | undefined): HistoryEntry["state"] {
  if (!order.final) return "moving";
  if (order.state === "paid" || order.state === "claimed") return "done";
  return payment !== undefined && isNotReturned(order, payment) ? stateOfPayment(payment) : "ended";
}

/** The operator reports that a sell was cancelled or expired, but this wallet's payment has not been failed back. */
function isNotReturned({ kind, state }: Order, payment: Payment): boolean {
  const isClosed = kind === "sell" && (state === "cancelled" || state === "expired");
  return isClosed && payment.direction === "outbound" && payment.state !== "failed";
}

function feeOf(payment: Payment | undefined): Msat {
  if (payment === undefined) return msat(0n);
  return (payment.direction === "outbound" ? payment.feeMsat : payment.skimmedFeeMsat) ?? msat(0n);
}

/**
 * Merges payments (given newest first) and orders into one list, newest first. An order and its payment become one
 * entry. Unpaid invoices are left out.
 */
export function mergeHistory(
  payments: readonly Payment[],
  orders: readonly Order[],
): readonly HistoryEntry[] {
  // Payments come newest first, so the latest attempt at an invoice is kept.
  const byHash = new Map<string, Payment>();
  for (const payment of payments)
    if (!byHash.has(payment.paymentHash)) byHash.set(payment.paymentHash, payment);
  const orderHashes = new Set(orders.map((order) => order.paymentHash));
  const entries: HistoryEntry[] = orders.map((order) => {
    const payment = order.paymentHash === null ? undefined : byHash.get(order.paymentHash);
    return {
      kind: order.kind,
      at: Date.parse(order.createdAt),
      state: stateOfOrder(order, payment),
      amountMsat: msat(BigInt(order.amountMsat)),
      feeMsat: feeOf(payment),
      description: order.recipientName,
      paymentHash: order.paymentHash,
      order,
      payment: payment ?? null,
    };
  });
  for (const payment of byHash.values()) {
    if (orderHashes.has(payment.paymentHash)) continue;
    const unpaid = payment.direction === "inbound" && payment.receivedMsat === null;
    if (unpaid) continue;
    entries.push({
      kind: payment.direction === "inbound" ? "receive" : "send",
      at: payment.createdAt,
      state: stateOfPayment(payment),
      amountMsat:
        (payment.direction === "inbound" ? payment.receivedMsat : payment.amountMsat) ?? msat(0n),
      feeMsat: feeOf(payment),
      description: payment.description,
      paymentHash: payment.paymentHash,
      order: null,
      payment,
    });
  }
  return entries.toSorted((one, other) => other.at - one.at);
}
