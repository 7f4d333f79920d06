import { b2cResultCodes, findCode, stkPushCodes, stkResultCodes } from "../mpesa/result-codes.ts";
import type { MpesaResultReason, ProviderCode } from "../mpesa/result-codes.ts";

/*
 * `reason` of an order that ended or waits: one of our own codes, or `mpesa_` with M-Pesa's result code. Both are stored
 * and sent as they are. docs/errors.md explains our own, docs/provider-codes.md those of M-Pesa.
 */

/** Our own reasons that a customer can see, by the kind of order. Cases for an operator have others. */
export const orderReasons = {
  buy: [
    "prompt_not_answered",
    "prompt_not_confirmed",
    "no_invoice_in_time",
    "refund_asked",
    "closed_by_operator",
  ],
  sell: [
    "not_paid",
    "paid_too_late",
    "amount_mismatch",
    "hold_too_short",
    "payment_returned",
    "invoice_refused",
    "engine_unavailable",
    "payment_hash_taken",
    "payout_never_sent",
    "payout_not_proven_in_time",
    "refund_invoice_needed",
    "cancelled_by_holder",
    "closed_by_operator",
  ],
} as const;

export type OrderReason = (typeof orderReasons)[keyof typeof orderReasons][number];

type FailedReason<Entry> = Entry extends {
  readonly outcome: "failed" | "unanswered";
  readonly reason: infer Reason;
}
  ? Reason
  : never;
type FailedMpesaReason =
  | FailedReason<(typeof stkResultCodes)[keyof typeof stkResultCodes]>
  | FailedReason<(typeof b2cResultCodes)[keyof typeof b2cResultCodes]>;
/** M-Pesa's reasons that a customer can see, without those that only an operator can act on. */
export type MpesaCustomerReason = Exclude<
  FailedMpesaReason,
  `operator_${string}` | "request_rejected"
>;

const mpesaPrefix = "mpesa_";
const codes = { buy: { ...stkResultCodes, ...stkPushCodes }, sell: b2cResultCodes } as const;

/**
 * M-Pesa's code in an order's reason; null for a reason of ours. A buy is paid in by STK push, a sell is paid out by B2C,
 * and the same code can have another meaning in each. `entry` is undefined for a code that is not in the table.
 */
export function mpesaCodeOf(
  kind: keyof typeof codes,
  reason: string,
): { readonly code: string; readonly entry: ProviderCode<MpesaResultReason> | undefined } | null {
  if (!reason.startsWith(mpesaPrefix)) return null;
  const code = reason.slice(mpesaPrefix.length);
  return { code, entry: findCode<ProviderCode<MpesaResultReason>>(codes[kind], code) };
}
