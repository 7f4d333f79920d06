import type { Order, OrderState } from "@satsconnect/contracts";
import { orderReasonSentence } from "@satsconnect/contracts/failures";

/** Describes each order state for the holder. */
export const stateDescriptions: Readonly<Record<OrderState, string>> = {
  stk_requested: "Waiting for the M-Pesa PIN on the phone.",
  stk_unknown: "M-Pesa has not confirmed whether the STK push was paid; checking.",
  kes_received: "M-Pesa has confirmed the payment in shillings.",
  paying: "The operator is sending the sats to this wallet.",
  invoice_needed: "The operator needs a new invoice from this wallet.",
  paid: "The sats have arrived in this wallet.",
  refunding: "The shillings are being refunded.",
  refunded: "The shillings were refunded.",
  invoice_open: "The operator is waiting for this wallet's payment.",
  held: "The operator holds the payment and claims it only after M-Pesa has paid out.",
  payout_requested: "The payout was requested from M-Pesa.",
  payout_unknown: "M-Pesa has not confirmed whether it paid out; checking.",
  payout_confirmed: "M-Pesa has paid out.",
  returning: "M-Pesa refused the payout; the payment is being returned.",
  protective_claim:
    "No confirmation from M-Pesa before the deadline: the operator claims the payment and owes the amount.",
  owed: "The operator owes this amount until it is clear whether M-Pesa paid out.",
  claimed: "The payment is complete.",
  cancelled: "The order was cancelled. Nothing was charged, or everything was returned.",
  expired: "The order expired before anything was exchanged.",
  case: "This order is under manual review by the operator.",
};

/** The description of the state, followed by the sentence of its reason if there is one. */
export function describeOutcome({
  kind,
  state,
  reason,
}: Pick<Order, "kind" | "state" | "reason">): string {
  if (reason === null) return stateDescriptions[state];
  return `${stateDescriptions[state]} ${orderReasonSentence(kind, reason)}`;
}
