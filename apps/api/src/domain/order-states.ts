/** States of a buy (M-Pesa to bitcoin). */
export const buyStates = [
  "stk_requested",
  "stk_unknown",
  "kes_received",
  "paying",
  "invoice_needed",
  "paid",
  "refunding",
  "refunded",
  "cancelled",
  "expired",
  "case",
] as const;
export type BuyState = (typeof buyStates)[number];

/** States of a sell (bitcoin to M-Pesa). */
export const sellStates = [
  "invoice_open",
  "held",
  "payout_requested",
  "payout_unknown",
  "payout_confirmed",
  "claimed",
  "returning",
  "cancelled",
  "expired",
  "protective_claim",
  "owed",
  "refunding",
  "refunded",
  "case",
] as const;
export type SellState = (typeof sellStates)[number];

export type OrderState = BuyState | SellState;

/** In one of these states, an order never changes its state or reason again. Late evidence is still recorded. */
export const finalStates: ReadonlySet<OrderState> = new Set<OrderState>([
  "paid",
  "refunded",
  "claimed",
  "cancelled",
  "expired",
]);

export function isFinal(state: OrderState): boolean {
  return finalStates.has(state);
}
