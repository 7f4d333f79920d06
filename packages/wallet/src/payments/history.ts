import type { Order } from "@satsconnect/contracts";
import type { Payment } from "@satsconnect/lightning";
import type { Msat } from "@satsconnect/money";
import { msat } from "@satsconnect/money";

/** One line of the wallet's history: a Lightning payment, an order, or an order with its payment. */
export type HistoryEntry = {
  readonly kind: "buy" | "sell" | "send" | "receive";
  readonly at: number;
  /** `moving`: not final. `done`: it arrived. `ended`: nothing was moved, or all of it came back. */
  readonly state: "moving" | "done" | "ended";
  readonly amountMsat: Msat;
  readonly feeMsat: Msat;
  readonly description: string | null;
  readonly paymentHash: string | null;
  readonly order: Order | null;
  readonly payment: Payment | null;
};

/** What became of a payment, for a person. */
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
  return payment !== undefined && isNotBack(order, payment) ? stateOfPayment(payment) : "ended";
}

/** The operator says of a sell that nothing came of it, and this wallet's own payment of it has not come back. */
function isNotBack({ kind, state }: Order, payment: Payment): boolean {
  const isOver = kind === "sell" && (state === "cancelled" || state === "expired");
  return isOver && payment.direction === "outbound" && payment.state !== "failed";
}

function feeOf(payment: Payment | undefined): Msat {
  if (payment === undefined) return msat(0n);
  return (payment.direction === "outbound" ? payment.feeMsat : payment.skimmedFeeMsat) ?? msat(0n);
}

/**
 * Orders and payments (newest first) in one list, newest first. An order and the payment that carries it are one entry; invoices that
 * nobody paid are left out.
 */
export function mergeHistory(
  payments: readonly Payment[],
  orders: readonly Order[],
): readonly HistoryEntry[] {
  // Newest first: of several attempts at one invoice the last one counts.
  const byHash = new Map<string, Payment>();
  for (const payment of payments)
    if (!byHash.has(payment.paymentHash)) byHash.set(payment.paymentHash, payment);
  const ofOrders = new Set(orders.map((order) => order.paymentHash));
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
    if (ofOrders.has(payment.paymentHash)) continue;
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
