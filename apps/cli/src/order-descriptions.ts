import type { Order, OrderState } from "@satsconnect/contracts";
import { orderReasonSentence } from "@satsconnect/contracts/failures";

/** Where the money is, in a sentence. */
export const stateWords: Readonly<Record<OrderState, string>> = {
  stk_requested: "M-Pesa asks for the PIN on the handset.",
  stk_unknown: "M-Pesa has not said whether the prompt was paid; it is being asked.",
  kes_received: "M-Pesa confirms that the shillings were paid.",
  paying: "The operator sends the sats to this wallet.",
  invoice_needed: "The operator waits for a fresh invoice from this wallet.",
  paid: "The sats have arrived in this wallet.",
  refunding: "The shillings are on their way back.",
  refunded: "The shillings went back.",
  invoice_open: "The operator waits for this wallet's payment.",
  held: "The operator holds the payment. It is not taken before M-Pesa has paid out.",
  payout_requested: "M-Pesa was asked to pay out.",
  payout_unknown: "M-Pesa has not said whether it paid out; it is being asked.",
  payout_confirmed: "M-Pesa has paid out.",
  returning: "M-Pesa refused: the payment is on its way back.",
  protective_claim: "Still no word from M-Pesa: the operator takes the payment and owes it.",
  owed: "The operator owes this amount and is finding out what M-Pesa did.",
  claimed: "The payment is complete.",
  cancelled: "It ended without an exchange. Nothing was taken, or all of it came back.",
  expired: "It ended in time without an exchange.",
  case: "A person looks at this order.",
};

/** How an order ended and why, for a receipt. */
export function endWords({
  kind,
  state,
  reason,
}: Pick<Order, "kind" | "state" | "reason">): string {
  if (reason === null) return stateWords[state];
  return `${stateWords[state]} ${orderReasonSentence(kind, reason)}`;
}
