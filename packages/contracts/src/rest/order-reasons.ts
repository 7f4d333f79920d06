/*
 * `reason` of an order that ended or waits: one of our own codes, or `mpesa_` with M-Pesa's result code. Both are stored
 * and sent as they are. docs/errors.md explains our own, docs/provider-codes.md those of M-Pesa.
 */

/** Our own reasons that a customer can see, by the kind of order. The reasons of cases are in `caseFailures`. */
export const orderReasons = {
  buy: [
    "prompt_not_answered",
    "prompt_not_confirmed",
    "no_invoice_in_time",
    "price_changed",
    "rates_unavailable",
    "refund_asked",
    "closed_by_operator",
    "buys_stopped",
    "rail_stopped",
    "wallet_stopped",
    "phone_stopped",
  ],
  sell: [
    "not_paid",
    "paid_too_late",
    "amount_mismatch",
    "hold_too_short",
    "payment_returned",
    "invoice_refused",
    "engine_unavailable",
    "float_exhausted",
    "payment_hash_taken",
    "payout_never_sent",
    "payout_not_proven_in_time",
    "refund_invoice_needed",
    "cancelled_by_holder",
    "closed_by_operator",
    "rail_stopped",
    "wallet_stopped",
    "phone_stopped",
  ],
} as const;

export type OrderReason = (typeof orderReasons)[keyof typeof orderReasons][number];
