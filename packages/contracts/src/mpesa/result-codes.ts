/*
 * Result codes of M-Pesa: how a payment ended, in a callback or in the answer to a query. The API decides by these
 * tables, and the app has its own text for each reason. The English sentences are in `sentences.ts`, which the app does
 * not load.
 */

/**
 * The proof that a code gives about the payment.
 * `succeeded`: it was made. `failed`: it was not made and never will be. `pending`: no result yet, query again.
 * `unanswered`: nobody answered the prompt; a late success is still possible. `unknown`: proves nothing, query again.
 */
export type ProviderOutcome = "succeeded" | "failed" | "pending" | "unanswered" | "unknown";

/** The party that can remove the cause. `nobody`: there is nothing to do. */
export type ProviderParty = "customer" | "operator" | "provider" | "nobody";

/** `reason` is a stable id for programs; several codes can share it. */
export type ProviderCode<
  Reason extends string = string,
  Outcome extends ProviderOutcome = ProviderOutcome,
> = {
  readonly outcome: Outcome;
  readonly reason: Reason;
  readonly mustAct: ProviderParty;
};

export function providerCode<const Reason extends string, const Outcome extends ProviderOutcome>(
  outcome: Outcome,
  reason: Reason,
  mustAct: ProviderParty,
): ProviderCode<Reason, Outcome> {
  return { outcome, reason, mustAct };
}

const code = providerCode;

/**
 * STK push: the `ResultCode` of the callback and of the query (portal page MpesaExpressSimulate; 4999 and 500.001.1001
 * are observed in queries only). A code that is not in the table proves nothing by itself; if callback and query agree
 * on it, the wait ends as if nobody had answered, and a late success still counts.
 */
export const stkResultCodes = {
  "0": code("succeeded", "paid", "nobody"),
  "1": code("failed", "balance_too_low", "customer"),
  "2": code("failed", "below_mpesa_minimum", "customer"),
  "3": code("failed", "above_mpesa_maximum", "customer"),
  "4": code("failed", "daily_limit_reached", "customer"),
  "8": code("failed", "operator_account_full", "operator"),
  "17": code("failed", "paid_twice_too_soon", "customer"),
  "26": code("failed", "mpesa_busy", "customer"),
  "1001": code("failed", "other_prompt_open", "customer"),
  "1019": code("unanswered", "prompt_expired", "customer"),
  "1025": code("failed", "prompt_not_sent", "customer"),
  "1031": code("unanswered", "prompt_expired", "customer"),
  "1032": code("failed", "cancelled_by_user", "customer"),
  "1036": code("unanswered", "phone_unreachable", "customer"),
  "1037": code("unanswered", "phone_unreachable", "customer"),
  "2001": code("failed", "wrong_pin", "customer"),
  "2028": code("failed", "request_rejected", "operator"),
  "4999": code("pending", "waiting_for_pin", "customer"),
  "8006": code("failed", "pin_locked", "customer"),
  "9999": code("failed", "prompt_not_sent", "customer"),
  "500.001.1001": code("pending", "no_result_yet", "provider"),
  SFC_IC0003: code("failed", "request_rejected", "operator"),
} as const;

/** STK push: our own names for refusals in the answer to the push itself. The others are in `request-codes.ts`. */
export const stkPushCodes = {
  subscriber_busy: code("failed", "other_prompt_open", "customer"),
  number_refused: code("failed", "number_refused", "customer"),
  amount_refused: code("failed", "amount_refused", "customer"),
} as const;

/** As `stkPushCodes`, for refusals in the answer to a payout request. */
export const b2cRequestCodes = {
  number_refused: code("failed", "number_refused", "customer"),
  amount_refused: code("failed", "amount_refused", "customer"),
} as const;

/**
 * B2C payout: the `ResultCode` of the result callback (portal pages BusinessToCustomer and AccountBalance). A code that is
 * not in the table is `unknown`: only a status query can prove how the payout ended.
 */
export const b2cResultCodes = {
  "0": code("succeeded", "paid", "nobody"),
  "1": code("failed", "operator_float_empty", "operator"),
  "2": code("failed", "below_mpesa_minimum", "operator"),
  "3": code("failed", "above_mpesa_maximum", "operator"),
  "4": code("failed", "daily_limit_reached", "customer"),
  "8": code("failed", "recipient_account_full", "customer"),
  "11": code("failed", "operator_account_inactive", "operator"),
  "15": code("unknown", "payment_known", "provider"),
  "17": code("unknown", "mpesa_failure", "provider"),
  "18": code("failed", "operator_credentials_refused", "operator"),
  "20": code("failed", "operator_user_refused", "operator"),
  "21": code("failed", "operator_user_not_permitted", "operator"),
  "22": code("failed", "operator_user_inactive", "operator"),
  "26": code("unknown", "mpesa_busy", "provider"),
  "2001": code("failed", "operator_credentials_refused", "operator"),
  "2006": code("failed", "operator_account_not_permitted", "operator"),
  "2028": code("failed", "operator_account_not_permitted", "operator"),
  "2040": code("failed", "recipient_not_registered", "customer"),
  "8006": code("failed", "operator_credentials_locked", "operator"),
  SFC_IC0003: code("failed", "recipient_not_registered", "customer"),
} as const;

type CodeIn<Table> = Table[keyof Table];
type MpesaResultCode =
  | CodeIn<typeof stkResultCodes>
  | CodeIn<typeof stkPushCodes>
  | CodeIn<typeof b2cRequestCodes>
  | CodeIn<typeof b2cResultCodes>;
export type MpesaResultReason = MpesaResultCode["reason"];

/** Reasons of a failed payment that a customer can act on. All other reasons concern the operator. */
export type MpesaCustomerReason = Exclude<
  Extract<MpesaResultCode, { readonly outcome: "failed" | "unanswered" }>["reason"],
  `operator_${string}` | "request_rejected"
>;

/** The entry of a code, or undefined for a code that is not in the table. */
export function findCode<Entry>(
  table: Readonly<Record<string, Entry>>,
  result: string,
): Entry | undefined {
  return Object.hasOwn(table, result) ? table[result] : undefined;
}

const prefix = "mpesa_";
const codes = {
  buy: { ...stkResultCodes, ...stkPushCodes },
  sell: { ...b2cResultCodes, ...b2cRequestCodes },
} as const;

/**
 * M-Pesa's code in an order's `reason` (`mpesa_<code>`); null for a reason of ours. A buy is paid in by STK push, a sell
 * is paid out by B2C, and the same code can have another meaning in each. `entry` is undefined for a code that is not in
 * the table.
 */
export function mpesaCodeOf(
  kind: keyof typeof codes,
  reason: string,
): { readonly code: string; readonly entry: ProviderCode<MpesaResultReason> | undefined } | null {
  if (!reason.startsWith(prefix)) return null;
  const result = reason.slice(prefix.length);
  return {
    code: result,
    entry: findCode<ProviderCode<MpesaResultReason>>(codes[kind], result),
  };
}
