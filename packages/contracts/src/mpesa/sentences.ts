import type { MpesaRequestReason } from "./request-codes.ts";
import type { MpesaResultReason } from "./result-codes.ts";

export type MpesaReason = MpesaResultReason | MpesaRequestReason;

/** Each reason in an English sentence, for the terminal, logs and docs/provider-codes.md. The app has its own words. */
export const mpesaSentences: Readonly<Record<MpesaReason, string>> = {
  paid: "M-Pesa has made the payment.",
  waiting_for_pin: "M-Pesa is waiting for the PIN.",
  no_result_yet: "M-Pesa has no result yet.",
  balance_too_low: "There is not enough money in the M-Pesa account.",
  below_mpesa_minimum: "The amount is below M-Pesa's minimum.",
  above_mpesa_maximum: "The amount is above M-Pesa's maximum for one payment.",
  daily_limit_reached: "The M-Pesa account's daily limit has been reached.",
  paid_twice_too_soon: "The same amount was paid a moment ago. Wait two minutes and try again.",
  mpesa_busy: "M-Pesa is busy; the same request may succeed in a minute.",
  other_prompt_open:
    "Another M-Pesa prompt is open on this phone. Answer it, wait a minute and try again.",
  prompt_expired: "The M-Pesa prompt expired before it was answered.",
  prompt_not_sent: "The M-Pesa prompt could not be sent to the phone.",
  phone_unreachable: "The phone could not be reached, or nobody answered the M-Pesa prompt.",
  cancelled_by_user: "The M-Pesa prompt was cancelled by the user.",
  wrong_pin: "The M-Pesa PIN was wrong.",
  pin_locked: "The M-Pesa PIN is locked. Call Safaricom on 100 or 200 to unlock it.",
  recipient_account_full: "The recipient's M-Pesa account cannot hold this amount.",
  number_refused: "M-Pesa does not accept this phone number.",
  amount_refused: "M-Pesa does not accept this amount.",
  recipient_not_registered: "The number is not registered for M-Pesa.",
  operator_account_full: "The operator's M-Pesa account cannot take this amount now.",
  operator_float_empty: "The operator's M-Pesa float is too low for this payout.",
  operator_account_inactive: "The operator's M-Pesa account is not active.",
  operator_account_not_permitted: "The operator's M-Pesa account may not pay out.",
  operator_credentials_refused: "M-Pesa refused the operator's credentials.",
  operator_credentials_locked: "M-Pesa has locked the operator's credentials.",
  operator_user_refused: "M-Pesa refused the operator's API user.",
  operator_user_not_permitted: "The operator's API user may not pay out.",
  operator_user_inactive: "The operator's API user is not active.",
  request_rejected: "M-Pesa rejected the operator's request; its set-up is wrong.",
  payment_known: "M-Pesa already knows this payment. Its status is being queried.",
  payment_not_found: "M-Pesa does not know this payment.",
  not_paid_out: "M-Pesa did not make the payment.",
  mpesa_failure: "M-Pesa reports an internal failure. The payment's status is being queried.",
  outcome_unknown: "M-Pesa did not say whether it happened. Its status is being queried.",
};
