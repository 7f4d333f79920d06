import type { Retry } from "@satsconnect/money";
import { z } from "zod";
import { components } from "./primitives.ts";

type ProblemDefinition = { readonly status: number; readonly title: string; readonly retry: Retry };

function problem(status: number, title: string, retry: Retry = "never"): ProblemDefinition {
  return { status, title, retry };
}

/**
 * Every problem that the API can return, by its stable code. Programs decide by `code` and `retry`, never by the title.
 * Severities are in `failures/rest.ts`; docs/errors.md lists both.
 */
export const problems = {
  body_malformed: problem(400, "The body is not valid JSON"),
  body_too_large: problem(413, "The body is too large"),
  content_type_unsupported: problem(415, "The body must be JSON"),
  invalid_request: problem(400, "The request is not valid"),
  header_too_large: problem(431, "The headers are too large"),
  route_not_found: problem(404, "There is no such endpoint"),
  method_not_allowed: problem(405, "The endpoint does not support this method"),
  rate_limited: problem(429, "Too many requests", "safe"),
  internal_error: problem(500, "Internal error", "unknown"),
  service_unavailable: problem(503, "The service is unavailable right now", "safe"),

  token_missing: problem(401, "An access token is required"),
  token_invalid: problem(401, "The access token is not valid"),
  token_expired: problem(401, "The access token has expired", "safe"),
  device_revoked: problem(401, "The device was signed out"),
  assertion_invalid: problem(401, "The signed login is not valid"),
  assertion_expired: problem(401, "The signed login has expired", "safe"),
  assertion_replayed: problem(401, "The signed login has already been used"),
  refresh_token_invalid: problem(401, "The refresh token is not valid"),
  refresh_token_reused: problem(401, "The refresh token has already been used"),
  device_not_found: problem(404, "There is no such device"),

  idempotency_key_missing: problem(400, "An Idempotency-Key header is required"),
  idempotency_key_invalid: problem(400, "The Idempotency-Key header is not valid"),
  idempotency_key_reused: problem(409, "The idempotency key was used with another request body"),
  idempotency_in_progress: problem(
    409,
    "A request with this idempotency key is still in progress",
    "safe",
  ),

  msisdn_invalid: problem(422, "The phone number is not a Kenyan mobile number"),
  amount_below_minimum: problem(422, "The amount is too small"),
  amount_above_maximum: problem(422, "The amount is too large"),
  amount_not_whole_shillings: problem(422, "M-Pesa moves whole shillings only"),
  daily_limit_exceeded: problem(422, "The daily limit would be exceeded"),
  monthly_limit_exceeded: problem(422, "The monthly limit would be exceeded"),
  new_device_limit_exceeded: problem(422, "The limit of a new device would be exceeded"),
  new_number_limit_exceeded: problem(422, "The limit of a new phone number would be exceeded"),
  phone_limit_exceeded: problem(422, "The limit of the phone number would be exceeded"),
  too_many_orders: problem(429, "Too many orders in an hour", "safe"),
  too_many_open_orders: problem(429, "Too many orders are open", "safe"),
  number_unproven: problem(422, "The phone number has to be proven first"),
  number_code_wrong: problem(422, "The code does not prove the phone number"),
  too_many_new_numbers: problem(429, "Too many new phone numbers today", "safe"),
  number_prompted_too_often: problem(429, "The phone number was prompted too often today", "safe"),
  recipient_not_registered: problem(422, "The number cannot receive M-Pesa"),

  quote_not_found: problem(404, "There is no such quote"),
  quote_expired: problem(409, "The quote has expired"),
  quote_used: problem(409, "The quote has already been used"),
  quote_kind_mismatch: problem(409, "The quote is for the other direction"),
  quote_recipient_mismatch: problem(409, "The quote is for another recipient"),
  rates_unavailable: problem(503, "No reliable price is available right now", "safe"),

  invoice_malformed: problem(422, "The text is not a Lightning invoice"),
  invoice_wrong_network: problem(422, "The invoice is for another network"),
  invoice_expired: problem(422, "The invoice has expired"),
  invoice_expires_too_soon: problem(422, "The invoice expires too soon"),
  invoice_already_paid: problem(409, "The invoice has already been paid"),
  invoice_already_used: problem(409, "The invoice belongs to another order"),
  invoice_amount_missing: problem(422, "The invoice has no amount, so the request must state one"),
  invoice_amount_mismatch: problem(422, "The invoice's amount does not match"),
  invoice_held_too_long: problem(422, "The invoice lets its payment be held for too long"),
  invoice_wrong_payee: problem(422, "The invoice pays another node than this wallet"),

  price_expired: problem(409, "The price has expired"),
  order_not_found: problem(404, "There is no such order"),
  order_state_conflict: problem(409, "The order's state does not allow this"),
  float_exhausted: problem(503, "The operator cannot pay this amount out right now", "safe"),
  liquidity_exhausted: problem(503, "The operator cannot send this amount right now", "safe"),
  engine_unavailable: problem(503, "The Lightning node cannot be reached right now", "safe"),
  mpesa_unavailable: problem(503, "M-Pesa cannot be reached right now", "safe"),
  buys_stopped: problem(503, "Buying is paused", "safe"),
  sells_stopped: problem(503, "Selling is paused", "safe"),
  rail_stopped: problem(503, "M-Pesa is paused", "safe"),
  wallet_stopped: problem(403, "Buying and selling is stopped for this wallet"),
  phone_stopped: problem(403, "Buying and selling is stopped for this phone number"),

  // The operator's admin API.
  operator_required: problem(401, "An operator's session or certificate is required"),
  operator_disabled: problem(403, "The operator has been disabled"),
  operator_not_found: problem(404, "There is no such operator"),
  origin_refused: problem(403, "The request comes from another site"),
  passkey_invalid: problem(401, "The passkey's signature is not valid"),
  passkey_required: problem(403, "This needs a passkey, in the console"),
  challenge_expired: problem(401, "The sign-in has expired or was used", "safe"),
  enrolment_invalid: problem(404, "The enrolment link is not valid any more"),
  act_not_found: problem(404, "There is no such act"),
  act_not_possible: problem(409, "The act is not possible now"),
  act_stale: problem(409, "The order has changed since the act was proposed"),
  act_ended: problem(409, "The act has already ended"),
  act_id_reused: problem(409, "The act's id was used for another act"),
  booking_not_possible: problem(422, "The booking is not possible"),
  balance_too_small: problem(409, "The books do not have this much"),
  top_up_not_shown: problem(409, "M-Pesa's balance does not show this top-up"),
  booking_reference_used: problem(409, "The reference belongs to another booking"),
  booking_not_found: problem(404, "There is no such booking"),
  booking_amount_differs: problem(409, "The booking does not fit the line"),
  books_not_open: problem(503, "The books are not open yet", "safe"),
  statement_unreadable: problem(422, "The file is not a statement of M-Pesa's portal"),
  statement_row_unreadable: problem(422, "A row of the statement cannot be read"),
  statement_line_not_found: problem(404, "There is no such unmatched line"),
  shortcode_not_ours: problem(422, "The shortcode is not the operator's"),
  shortcode_differs: problem(422, "The file is of another shortcode"),
  day_not_over: problem(409, "The day is not over"),
  day_closed: problem(409, "The day is closed already"),
  day_out_of_order: problem(409, "An earlier day has to be closed first"),
  day_not_clean: problem(409, "Something is open on this day"),
  day_close_busy: problem(503, "Journals are being written", "safe"),
  trial_balance_wrong: problem(500, "The trial balance does not balance"),
  switch_unknown: problem(404, "There is no such switch"),
  switch_subject_invalid: problem(422, "The switch does not take this subject"),
  switch_value_invalid: problem(422, "The switch does not take this value"),
  second_person_required: problem(403, "Another operator must approve the act"),
} as const satisfies Record<string, ProblemDefinition>;

export type ProblemCode = keyof typeof problems;

export const problemCodes = Object.keys(problems) as [ProblemCode, ...ProblemCode[]];

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}

export const problemContentType = "application/problem+json";

export const problemSchema = z
  .strictObject({
    type: z.string().describe("URL of the code's documentation."),
    title: z.string().describe("Short summary of the code; the same for every occurrence."),
    status: z.number().int().describe("The HTTP status."),
    code: z.enum(problemCodes).describe("Stable code, for programs."),
    detail: z.string().describe("Explanation of this occurrence, for people."),
    retry: z
      .enum(["never", "safe", "unknown"])
      .describe(
        "`never`: the same request will fail again. `safe`: nothing happened; retry. `unknown`: it may have happened; find out before retrying, or repeat with the same idempotency key.",
      ),
    instance: z.string().describe("Correlation id of the request; quote it to support."),
    errors: z
      .array(
        z.strictObject({
          pointer: z.string().describe("JSON pointer into `body`, `query`, `params` or `headers`."),
          code: z.string(),
          detail: z.string(),
        }),
      )
      .optional()
      .describe("Every error found by validating the request."),
  })
  .register(components, {
    id: "Problem",
    description: "A problem document (RFC 9457).",
    examples: [
      {
        type: "/docs#problem-quote_expired",
        title: "The quote has expired",
        status: 409,
        code: "quote_expired",
        detail: "The quote expired at 09:16:30. Request a new one.",
        retry: "never",
        instance: "019ab0d5-7d3c-7cc2-9d31-2f0e5d8c1a11",
      },
    ],
  });

export type Problem = z.infer<typeof problemSchema>;
