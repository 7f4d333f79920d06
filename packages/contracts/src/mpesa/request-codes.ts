import type { Retry } from "@satsconnect/money";
import { providerCode } from "./result-codes.ts";
import type { ProviderCode } from "./result-codes.ts";

/*
 * How Daraja answers a request, before M-Pesa has any result: error envelopes, acknowledgements, and the result of a
 * status query. Server side only; how a payment ended is in `result-codes.ts`.
 */

/** A code in the answer to a request. `safe`: rejected before anything happened. `unknown`: it may have happened. */
export type RequestCode<Reason extends string = string> = ProviderCode<Reason> & {
  readonly code: string;
  readonly retry: Retry;
  /** Applies only when the message matches, where one code has several meanings. */
  readonly message?: RegExp;
  /** Our own code for this meaning. */
  readonly ownCode?: string;
};

const rejected = {
  ...providerCode("failed", "request_rejected", "operator"),
  retry: "never",
} as const;
const busy = { ...providerCode("failed", "mpesa_busy", "provider"), retry: "safe" } as const;
const unclear = {
  ...providerCode("unknown", "outcome_unknown", "provider"),
  retry: "unknown",
} as const;

/** `errorCode` of the error envelopes of all APIs; the first match applies. A code that is not listed is `unknown`. */
export const requestErrorCodes = [
  {
    code: "500.001.1001",
    message: /lock subscriber/i,
    ownCode: "subscriber_busy",
    ...providerCode("failed", "other_prompt_open", "customer"),
    retry: "never",
  },
  { code: "500.001.1001", message: /merchant does not exist|wrong credentials/i, ...rejected },
  {
    code: "500.002.1001",
    message: /duplicate/i,
    ownCode: "payout_duplicate",
    ...providerCode("unknown", "payment_known", "provider"),
    retry: "unknown",
  },
  { code: "500.003.02", ...busy },
  { code: "500.003.03", ...busy },
  { code: "policies.ratelimit.SpikeArrestViolation", ...busy },
  { code: "policies.ratelimit.QuotaViolation", ...busy },
  { code: "500.003.1001", ...unclear },
  { code: "00.002.1001", ...unclear },
  // M-Pesa names the field. `PartyA` of a push and `PartyB` of a payout are the customer's number; see `customerFields`.
  {
    code: "400.002.02",
    message: /customer's number/,
    ownCode: "number_refused",
    ...providerCode("failed", "number_refused", "customer"),
    retry: "never",
  },
  {
    code: "400.002.02",
    message: /invalid.*\bamount\b/i,
    ownCode: "amount_refused",
    ...providerCode("failed", "amount_refused", "customer"),
    retry: "never",
  },
  { code: "400.002.02", ...rejected },
  { code: "400.002.05", ...rejected },
  { code: "400.003.02", ...rejected },
  { code: "400.008.01", ...rejected },
  { code: "400.008.02", ...rejected },
  { code: "400.001", ...rejected },
  { code: "404.001.01", ...rejected },
  { code: "404.002.01", ...rejected },
  { code: "404.003.01", ...rejected },
  { code: "404.001.04", ...rejected },
  { code: "405.001", ...rejected },
  // An access token that was refused twice: nothing happened, and another token may be accepted.
  { code: "400.003.01", ...busy },
  { code: "401.001", ...busy },
  { code: "401.002.01", ...busy },
  { code: "401.003.01", ...busy },
  { code: "404.001.03", ...busy },
] as const satisfies readonly RequestCode[];

/** Codes of a refused access token. Others are recognized by `isTokenFault`. */
const tokenCodes: ReadonlySet<string> = new Set([
  "404.001.03",
  "401.002.01",
  "400.003.01",
  "401.001",
  "401.003.01",
]);

/**
 * Whether an answer says that the access token was refused: fetch another one and repeat the request once. The gateway
 * checks the token before it forwards a request, so nothing happened. Any answer with status 401 counts, whatever its
 * body, and any fault about a token counts, whatever its status.
 * @param code the code of the envelope or fault; empty if there is none.
 * @param text the message of the envelope or fault; empty if there is none.
 */
export function isTokenFault(status: number, code: string, text: string): boolean {
  return (
    status === 401 ||
    tokenCodes.has(code) ||
    /^(?:steps\.)?(?:keymanagement\.service|oauth\.v2)\./.test(code) ||
    /\b(?:access|bearer)[ _-]?token\b/i.test(text)
  );
}

/** Daraja's own words for a token whose application lacks the API: another token of it is refused as well. */
export function isMissingProduct(text: string): boolean {
  return /no apiproduct match/i.test(text);
}

/** The field that M-Pesa names in `Bad Request - Invalid <field>`; null if it names none. */
export function namedField(message: string): string | null {
  return /\bInvalid\s+([A-Za-z][A-Za-z0-9 ]{1,40}?)\s*\.?$/.exec(message)?.[1] ?? null;
}

/** Too many requests in a short time: pause before the next one. */
export const spikeArrestCodes: ReadonlySet<string> = new Set([
  "500.003.02",
  "policies.ratelimit.SpikeArrestViolation",
]);

/**
 * `ResponseCode` of an acknowledgement, other than 0 for accepted (portal page AccountBalance). A code that is not listed
 * is `unknown`.
 */
export const acknowledgementCodes = [
  { code: "24", ...rejected },
  { code: "25", ...rejected },
  { code: "29", ...rejected },
  { code: "100000005", ...rejected },
  { code: "100000010", ...rejected },
  { code: "26", ...busy },
  { code: "100000002", ...busy },
  { code: "100000011", ...busy },
  { code: "100000000", ...unclear },
] as const satisfies readonly RequestCode[];

/**
 * `TransactionStatus` in the result of a status query (portal page TransactionStatus). A word that is not listed proves
 * nothing.
 */
export const transactionStatuses = {
  Completed: providerCode("succeeded", "paid", "nobody"),
  Cancelled: providerCode("failed", "not_paid_out", "customer"),
  Declined: providerCode("failed", "not_paid_out", "customer"),
  Expired: providerCode("failed", "not_paid_out", "customer"),
  Authorized: providerCode("pending", "no_result_yet", "provider"),
  Initiated: providerCode("pending", "no_result_yet", "provider"),
} as const;

/**
 * `ResultCode` of a status query that M-Pesa could not answer. 2032 means that M-Pesa does not know the payment; it does
 * not prove that none was made.
 */
export const statusQueryCodes = {
  "2032": providerCode("unknown", "payment_not_found", "operator"),
} as const;

export type MpesaRequestReason =
  | (typeof requestErrorCodes)[number]["reason"]
  | (typeof acknowledgementCodes)[number]["reason"]
  | (typeof transactionStatuses)[keyof typeof transactionStatuses]["reason"]
  | (typeof statusQueryCodes)[keyof typeof statusQueryCodes]["reason"];

/** The meaning of a request's code. The returned `code` is our own where Daraja's has several meanings. */
export function requestCodeOf(
  table: readonly RequestCode<MpesaRequestReason>[],
  code: string,
  message: string,
): { readonly code: string; readonly retry: Retry; readonly reason: MpesaRequestReason } {
  const entry = table.find(
    (candidate) => candidate.code === code && (candidate.message?.test(message) ?? true),
  );
  if (entry === undefined) return { code, retry: unclear.retry, reason: unclear.reason };
  return { code: entry.ownCode ?? code, retry: entry.retry, reason: entry.reason };
}
