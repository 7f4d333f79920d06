import { failure } from "./failure-code.ts";
import type { FailureCodes } from "./failure-code.ts";

/** Answers of the engine over gRPC that are not also problems of the REST API. */
export const engineFailures = {
  deadline_missing: failure("error", "The gRPC call has no deadline.", "never"),
  operator_only: failure(
    "critical",
    "A client without an operator's certificate called an operator's method.",
    "never",
  ),
  wallet_not_found: failure("info", "The wallet is not registered here.", "never"),
  payee_mismatch: failure("warn", "The invoice pays another node than the expected one.", "never"),
  payment_hash_used: failure("info", "The payment hash has already been used.", "never"),
  payment_claimed: failure("warn", "The held payment was already claimed.", "never"),
  payment_returned: failure("info", "The held payment was failed back to its payer.", "never"),
  cap_exceeded: failure(
    "error",
    "The payment exceeds the engine's limit for one payment or for a day.",
    "never",
  ),
  final_cltv_too_high: failure(
    "warn",
    "The invoice lets its recipient hold the payment for too many blocks.",
    "never",
  ),
  payments_paused: failure("warn", "The operator has paused outbound payments.", "safe"),
  channel_opens_paused: failure("warn", "The operator has paused the opening of channels.", "safe"),
  node_recovering: failure(
    "critical",
    "The engine runs in recovery mode and makes no payments.",
    "never",
  ),
  state_key_not_added: failure(
    "warn",
    "The last key of STATE_KEY_FILE is already the current one; add a new key as the last line.",
    "never",
  ),
  state_key_used: failure(
    "warn",
    "The last key of STATE_KEY_FILE has been in use before; add a new key as the last line.",
    "never",
  ),
  state_key_rotating: failure("info", "A rotation of the state key has not ended.", "safe"),
  state_key_unreadable: failure("error", "STATE_KEY_FILE cannot be read or unwrapped.", "safe"),
  chain_unreliable: failure(
    "error",
    "Bitcoin Core is unreachable, behind or on another network.",
    "safe",
  ),
  stream_broken: failure(
    "warn",
    "The payment stream broke; subscribe again from the last sequence.",
    "safe",
  ),
  bitcoind_unreachable: failure(
    "error",
    "Bitcoin Core cannot be reached or refuses the credentials.",
    "safe",
  ),
  bitcoind_refused: failure("error", "Bitcoin Core refused the request.", "never"),
} as const satisfies FailureCodes;

/** Reasons of a failed outbound payment (`FailureReason` in payment.proto), lower-cased by the API. */
export const paymentFailures = {
  no_route: failure("warn", "No route to the recipient was found within the fee limit."),
  recipient_rejected: failure("info", "The recipient's node rejected the payment."),
  recipient_offline: failure("info", "The recipient's node could not be reached."),
  treasury_empty: failure("error", "The operator's channels cannot send this amount."),
  retries_exhausted: failure("warn", "All attempts on all routes failed."),
  channel_open_failed: failure("warn", "The channel could not be opened.", "varies"),
  payment_failed: failure("warn", "The payment failed without a stated reason."),
} as const satisfies FailureCodes;

/** Failures inside the API: M-Pesa, the engine, price feeds, storage. Customers see a problem of the REST API instead. */
export const apiFailures = {
  pull_endless: failure("error", "Pull Transactions gives more pages than there can be.", "safe"),
  answer_unreadable: failure("error", "M-Pesa's answer cannot be read.", "unknown"),
  token_unavailable: failure("error", "M-Pesa did not issue an access token.", "safe"),
  number_refused: failure("info", "M-Pesa does not accept the customer's number.", "never"),
  amount_refused: failure("warn", "M-Pesa does not accept the amount.", "never"),
  mpesa_paused: failure(
    "warn",
    "M-Pesa did not answer several calls in a row, so this one was not sent.",
    "safe",
  ),
  subscriber_busy: failure("info", "Another M-Pesa prompt is open on the phone.", "never"),
  payout_duplicate: failure(
    "warn",
    "M-Pesa already knows this payout; its status is queried.",
    "unknown",
  ),
  network: failure("warn", "The connection failed.", "varies"),
  timeout: failure("warn", "There was no answer in time.", "unknown"),
  engine_answer_malformed: failure("error", "The engine's answer cannot be read.", "unknown"),
  feed_unavailable: failure("warn", "A price feed returned no price.", "safe"),
  conflict: failure("info", "The stored version has changed; fetch it and retry.", "never"),
  no_such_key: failure("info", "The backup has no object with this key.", "never"),
  auth: failure("info", "The backup server refused the access token twice.", "never"),
  store_full: failure("warn", "The backup exceeds the space that a wallet may use.", "never"),
  field_unknown: failure("info", "The request has a field that does not exist."),
} as const satisfies FailureCodes;

/** `reason` of an order that ended or waits. M-Pesa's own are `mpesa_` with its result code. */
export const orderFailures = {
  prompt_not_answered: failure("info", "Nobody answered the M-Pesa prompt in time."),
  prompt_not_confirmed: failure(
    "info",
    "M-Pesa has not confirmed the payment yet; its status is queried.",
  ),
  price_changed: failure(
    "info",
    "The price changed before the payment could be delivered; the customer accepts a new one or is refunded.",
  ),
  no_invoice_in_time: failure(
    "info",
    "The wallet did not give a new invoice in time; the customer is refunded.",
  ),
  refund_waits_for_float: failure(
    "error",
    "The refund waits until the utility account has enough float.",
  ),
  refund_asked: failure("info", "The customer asked for a refund."),
  refund_by_operator: failure("info", "An operator decided to refund the customer."),
  deliver_by_operator: failure("info", "An operator decided to deliver the sats again."),
  closed_by_operator: failure("info", "An operator closed the order."),
  not_paid: failure("info", "Nobody paid the invoice in time."),
  paid_too_late: failure("info", "The payment arrived after the quote had expired."),
  hold_too_short: failure("warn", "Too few blocks were left to pay out safely."),
  invoice_refused: failure("error", "The engine refused to make the invoice."),
  payment_hash_taken: failure("error", "The payment hash belongs to another order."),
  payout_not_made: failure("warn", "An operator found that M-Pesa made no payout."),
  payout_never_sent: failure("warn", "The payout was not requested from M-Pesa in time."),
  payout_not_proven_in_time: failure(
    "critical",
    "The HTLC was claimed before M-Pesa's payout was proven; the amount is owed to the customer.",
  ),
  refund_invoice_needed: failure(
    "warn",
    "The payout failed after the HTLC was claimed; the wallet must give an invoice for its sats.",
  ),
  cancelled_by_holder: failure("info", "The customer cancelled the order."),
} as const satisfies FailureCodes;

/** Why an operator's act on an order was refused. The message says it in one sentence. */
export const actFailures = {
  not_requested: failure("info", "The reversal was never requested from M-Pesa."),
  executed: failure("info", "An operator's act was carried out."),
  expired: failure("info", "Nobody approved an operator's act in time."),
  order_changed: failure("info", "The order has changed since the operator looked at it.", "never"),
  act_id_used: failure("info", "The id was used for another act.", "never"),
  receipt_used: failure("warn", "The receipt or id belongs to another order.", "never"),
} as const satisfies FailureCodes;

/** Codes of cases, which need manual review by an operator. An order in state `case` has the code as its reason. */
export const caseFailures = {
  statement_unmatched: failure(
    "error",
    "M-Pesa's statement has money that no order and no booking has; it is in kes_unmatched.",
  ),
  statement_credited: failure(
    "error",
    "M-Pesa's statement has a payment for an order that ended without it; deliver or refund.",
  ),
  statement_differs: failure(
    "error",
    "M-Pesa's statement has another amount than the books; the difference is in kes_unmatched.",
  ),
  statement_contradiction: failure(
    "error",
    "M-Pesa reports one transaction with two amounts; the first one is booked.",
  ),
  strange_callback: failure("warn", "A callback does not fit the order; it may be forged."),
  late_contradiction: failure(
    "critical",
    "Evidence after the end of the order contradicts how it ended.",
  ),
  late_payment: failure("error", "M-Pesa took the customer's money after the order had ended."),
  late_payment_unproven: failure(
    "error",
    "A late callback says that the customer paid, and M-Pesa's query does not confirm it.",
  ),
  late_key_taken: failure("error", "Late evidence names a receipt that belongs to another order."),
  payer_mismatch: failure(
    "error",
    "The payment came from another number than the one that was prompted.",
  ),
  payment_unstated: failure(
    "error",
    "M-Pesa confirms a payment but does not state the amount or the payer.",
  ),
  prompt_contradiction: failure(
    "critical",
    "M-Pesa's query denies a payment that it had confirmed before.",
  ),
  prompt_never_resolved: failure("error", "M-Pesa never confirmed whether the prompt was paid."),
  earlier_invoice_paid: failure("error", "An earlier invoice of the order was paid as well."),
  payment_unknown: failure(
    "critical",
    "The engine does not know a payment that it reported before: its database was lost or is another one.",
  ),
  delivered_and_refunded: failure(
    "critical",
    "The sats arrived while the customer was being refunded, or after it.",
  ),
  payment_contradiction: failure(
    "critical",
    "Reports about the Lightning payment contradict each other.",
  ),
  payment_overdue: failure(
    "error",
    "The Lightning payment has been in flight for longer than it should.",
  ),
  payment_forgotten: failure(
    "critical",
    "The node does not know a Lightning payment any more that it had reported: it was restored to an older state. The payment may have been made, so it is not sent again.",
  ),
  refund_refused: failure("error", "M-Pesa refused the refund."),
  refund_float_missing: failure("error", "The utility account has too little float for a refund."),
  refund_overdue: failure("error", "The refund takes too long."),
  refunded_in_part: failure(
    "error",
    "A part of the customer's shillings was refunded, and the rest waits for a decision.",
  ),
  reversal_unproven: failure(
    "error",
    "M-Pesa does not say whether a payment was reversed, or somebody else reversed it.",
  ),
  payment_reversed: failure(
    "critical",
    "M-Pesa took the customer's payment back after the operator had given its value.",
  ),
  delivery_failed: failure("error", "A late delivery of an order that had ended failed."),
  claimed_without_payout: failure(
    "critical",
    "The HTLC was claimed although nothing was paid out.",
  ),
  claimed_instead_of_returned: failure(
    "critical",
    "The HTLC was claimed although it had to be failed back.",
  ),
  claim_overdue: failure(
    "critical",
    "The HTLC has to be claimed and has not been; it is failed back at its claim deadline.",
  ),
  return_overdue: failure("error", "The HTLC has to be failed back and has not been."),
  payout_mismatch: failure(
    "critical",
    "M-Pesa's payout has another amount or recipient than the order.",
  ),
  payout_contradiction: failure(
    "critical",
    "M-Pesa's answers about the payout contradict each other.",
  ),
  payout_unknown: failure("error", "M-Pesa has not confirmed for too long whether it paid out."),
  payment_gone_before_proof: failure(
    "critical",
    "The HTLC was failed back before M-Pesa's payout was proven or ruled out.",
  ),
  payment_gone_after_payout: failure(
    "critical",
    "The HTLC was failed back after M-Pesa had paid out: the operator lost the amount.",
  ),
  owed_overdue: failure("error", "Sats are owed to the customer and nothing has moved for a week."),
} as const satisfies FailureCodes;
