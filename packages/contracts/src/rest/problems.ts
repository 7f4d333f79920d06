import type { Retry } from "@satsconnect/money";
import { z } from "zod";
import { components } from "./primitives.ts";

type ProblemDefinition = { readonly status: number; readonly title: string; readonly retry: Retry };

function problem(status: number, title: string, retry: Retry = "never"): ProblemDefinition {
  return { status, title, retry };
}

/**
 * Every failure that the API answers with, by its stable code. A program decides by `code` and `retry`, never by the
 * words. `retry: "unknown"` means that it may have happened: look before asking again.
 */
export const problems = {
  body_malformed: problem(400, "The body is not valid JSON"),
  body_too_large: problem(413, "The body is too large"),
  content_type_unsupported: problem(415, "The body must be JSON"),
  invalid_request: problem(400, "The request does not have the expected form"),
  header_too_large: problem(431, "The headers are too large"),
  route_not_found: problem(404, "There is nothing at this address"),
  method_not_allowed: problem(405, "This address does not know this method"),
  rate_limited: problem(429, "Too many requests", "safe"),
  internal_error: problem(500, "Something broke on our side", "unknown"),
  service_unavailable: problem(503, "The service cannot answer right now", "safe"),

  token_missing: problem(401, "An access token is needed"),
  token_invalid: problem(401, "The access token is not valid"),
  token_expired: problem(401, "The access token has expired", "safe"),
  device_revoked: problem(401, "This device was signed out"),
  assertion_invalid: problem(401, "The signed login is not valid"),
  assertion_expired: problem(401, "The signed login has expired", "safe"),
  assertion_replayed: problem(401, "The signed login was used before"),
  refresh_token_invalid: problem(401, "The refresh token is not valid"),
  refresh_token_reused: problem(401, "The refresh token was used before"),
  device_not_found: problem(404, "There is no such device"),

  idempotency_key_missing: problem(400, "An Idempotency-Key header is needed"),
  idempotency_key_invalid: problem(400, "The Idempotency-Key header is not valid"),
  idempotency_key_reused: problem(409, "The idempotency key was used with another body"),
  idempotency_in_progress: problem(
    409,
    "A request with this idempotency key is still being worked on",
    "safe",
  ),

  msisdn_invalid: problem(422, "The phone number is not a Kenyan mobile number"),
  amount_below_minimum: problem(422, "The amount is too small"),
  amount_above_maximum: problem(422, "The amount is too large"),
  amount_not_whole_shillings: problem(422, "M-Pesa moves whole shillings only"),
  daily_limit_exceeded: problem(422, "The daily limit would be exceeded"),
  recipient_not_registered: problem(422, "The number cannot receive M-Pesa"),

  quote_not_found: problem(404, "There is no such quote"),
  quote_expired: problem(409, "The quote has expired"),
  quote_used: problem(409, "The quote was used before"),
  quote_kind_mismatch: problem(409, "The quote is for the other direction"),
  quote_recipient_mismatch: problem(409, "The quote is for another recipient"),
  rates_unavailable: problem(503, "There is no trustworthy price right now", "safe"),

  invoice_malformed: problem(422, "This is not a Lightning invoice"),
  invoice_wrong_network: problem(422, "The invoice is for another network"),
  invoice_expired: problem(422, "The invoice has expired"),
  invoice_expires_too_soon: problem(422, "The invoice expires too soon"),
  invoice_already_paid: problem(409, "The invoice was paid before"),
  invoice_already_used: problem(409, "The invoice belongs to another order"),
  invoice_amount_missing: problem(422, "The invoice has no amount, so the request must say one"),
  invoice_amount_mismatch: problem(422, "The invoice's amount is not the agreed one"),
  invoice_wrong_payee: problem(422, "The invoice pays another node than this wallet"),
  payment_hash_used: problem(409, "The payment hash was used before"),

  order_not_found: problem(404, "There is no such order"),
  order_state_conflict: problem(409, "The order's state does not allow this"),
  float_exhausted: problem(503, "The operator cannot pay this amount out right now", "safe"),
  liquidity_exhausted: problem(503, "The operator cannot send this amount right now", "safe"),
  engine_unavailable: problem(503, "The Lightning node cannot be reached right now", "safe"),
  mpesa_unavailable: problem(503, "M-Pesa cannot be reached right now", "safe"),
} as const satisfies Record<string, ProblemDefinition>;

export type ProblemCode = keyof typeof problems;

export const problemCodes = Object.keys(problems) as [ProblemCode, ...ProblemCode[]];

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}

export const problemContentType = "application/problem+json";

export const problemSchema = z
  .strictObject({
    type: z.string().describe("An address that describes the code."),
    title: z.string().describe("The code in words; the same for every occurrence."),
    status: z.number().int().describe("The HTTP status."),
    code: z.enum(problemCodes).describe("What went wrong, stable, for programs."),
    detail: z.string().describe("This occurrence in a sentence for people."),
    retry: z
      .enum(["never", "safe", "unknown"])
      .describe(
        "`never`: the same request will fail again. `safe`: nothing happened, ask again. `unknown`: it may have happened, look first.",
      ),
    instance: z.string().describe("This request's correlation id, to be quoted to support."),
    errors: z
      .array(
        z.strictObject({
          pointer: z
            .string()
            .describe("Where: a JSON pointer into `body`, `query`, `params` or `headers`."),
          code: z.string(),
          detail: z.string(),
        }),
      )
      .optional()
      .describe("Each thing that is wrong with the request's form."),
  })
  .register(components, {
    id: "Problem",
    description: "A failure, RFC 9457.",
    examples: [
      {
        type: "/docs#problem-quote_expired",
        title: "The quote has expired",
        status: 409,
        code: "quote_expired",
        detail: "The quote ended at 09:16:30. Ask for a new one.",
        retry: "never",
        instance: "019ab0d5-7d3c-7cc2-9d31-2f0e5d8c1a11",
      },
    ],
  });

export type Problem = z.infer<typeof problemSchema>;
