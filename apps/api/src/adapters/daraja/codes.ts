import type { Retry } from "@satsconnect/money";

/** What a code means for the money. */
export type CodeMeaning = {
  readonly code: string;
  /** Only for this wording, where one code means several things. */
  readonly message?: RegExp;
  readonly retry: Retry;
  readonly sentence: string;
  /** Our own code, where Daraja's means several things. */
  readonly as?: string;
};

const wait = "M-Pesa is busy. It is tried again in a moment.";
const unsure = "M-Pesa did not say whether it happened. It is being asked.";
const ours = "The request was refused because of a mistake on our side.";

/**
 * Error envelopes (`errorCode`) of all APIs, most particular first. `safe`: rejected at the gateway. Whatever is not in
 * the table is `unknown`.
 */
export const errorCodes: readonly CodeMeaning[] = [
  {
    code: "500.001.1001",
    message: /lock subscriber/i,
    as: "subscriber_busy",
    retry: "never",
    sentence:
      "Another M-Pesa prompt is open on this phone. Answer it, wait a minute and try again.",
  },
  {
    code: "500.001.1001",
    message: /merchant does not exist|wrong credentials/i,
    retry: "never",
    sentence: ours,
  },
  {
    code: "500.002.1001",
    message: /duplicate/i,
    as: "payout_duplicate",
    retry: "unknown",
    sentence: "M-Pesa knows this payment already. It is being asked what became of it.",
  },
  { code: "500.003.02", retry: "safe", sentence: wait },
  { code: "500.003.03", retry: "safe", sentence: wait },
  { code: "policies.ratelimit.SpikeArrestViolation", retry: "safe", sentence: wait },
  { code: "policies.ratelimit.QuotaViolation", retry: "safe", sentence: wait },
  { code: "500.003.1001", retry: "unknown", sentence: unsure },
  { code: "00.002.1001", retry: "unknown", sentence: unsure },
  { code: "400.002.02", retry: "never", sentence: ours },
  { code: "400.002.05", retry: "never", sentence: ours },
  { code: "400.003.02", retry: "never", sentence: ours },
  { code: "400.008.01", retry: "never", sentence: ours },
  { code: "400.008.02", retry: "never", sentence: ours },
  { code: "400.001", retry: "never", sentence: ours },
  { code: "404.001.01", retry: "never", sentence: ours },
  { code: "404.002.01", retry: "never", sentence: ours },
  { code: "404.003.01", retry: "never", sentence: ours },
  { code: "404.001.04", retry: "never", sentence: ours },
  { code: "405.001", retry: "never", sentence: ours },
  // A token that was refused twice: nothing happened, and another token may do.
  { code: "400.003.01", retry: "safe", sentence: wait },
  { code: "401.001", retry: "safe", sentence: wait },
  { code: "401.002.01", retry: "safe", sentence: wait },
  { code: "401.003.01", retry: "safe", sentence: wait },
  { code: "404.001.03", retry: "safe", sentence: wait },
];

/** A token that was refused: another is fetched and the request repeated, once. */
export const invalidTokenCodes: ReadonlySet<string> = new Set([
  "404.001.03",
  "401.002.01",
  "400.003.01",
  "401.001",
  "401.003.01",
]);

export const spikeArrestCodes: ReadonlySet<string> = new Set([
  "500.003.02",
  "policies.ratelimit.SpikeArrestViolation",
]);

/** `ResponseCode` of an acknowledgement other than 0 (portal page AccountBalance). Others are `unknown`. */
export const responseCodes: readonly CodeMeaning[] = [
  { code: "24", retry: "never", sentence: ours },
  { code: "25", retry: "never", sentence: ours },
  { code: "29", retry: "never", sentence: ours },
  { code: "100000005", retry: "never", sentence: ours },
  { code: "100000010", retry: "never", sentence: ours },
  { code: "26", retry: "safe", sentence: wait },
  { code: "100000002", retry: "safe", sentence: wait },
  { code: "100000011", retry: "safe", sentence: wait },
  { code: "100000000", retry: "unknown", sentence: unsure },
];

/** What a result code of a prompt means. `late`: nobody answered, and a late success can still come. */
export type PromptCode = {
  readonly code: string;
  readonly outcome: "paid" | "pending" | "late" | "failed";
  readonly sentence: string;
};

/** Callback and query (portal page MpesaExpressSimulate; 4999 and the errors of a query: observed). */
export const promptCodes: readonly PromptCode[] = [
  { code: "0", outcome: "paid", sentence: "M-Pesa confirms the payment." },
  { code: "4999", outcome: "pending", sentence: "Waiting for the M-Pesa PIN." },
  { code: "500.001.1001", outcome: "pending", sentence: "Waiting for M-Pesa." },
  { code: "1", outcome: "failed", sentence: "There is not enough money in the M-Pesa account." },
  { code: "2", outcome: "failed", sentence: "The amount is below M-Pesa's minimum." },
  { code: "3", outcome: "failed", sentence: "The amount is above what M-Pesa moves at once." },
  { code: "4", outcome: "failed", sentence: "M-Pesa's daily limit is reached." },
  { code: "8", outcome: "failed", sentence: "Our M-Pesa account cannot take this amount now." },
  {
    code: "17",
    outcome: "failed",
    sentence: "The same amount was paid a moment ago. Wait two minutes.",
  },
  { code: "26", outcome: "failed", sentence: "M-Pesa is busy. Try again in a minute." },
  { code: "1001", outcome: "failed", sentence: "Another M-Pesa prompt was open on the phone." },
  { code: "1019", outcome: "late", sentence: "The M-Pesa prompt ran out." },
  { code: "1025", outcome: "failed", sentence: "The M-Pesa prompt could not be sent." },
  { code: "9999", outcome: "failed", sentence: "The M-Pesa prompt could not be sent." },
  { code: "1031", outcome: "late", sentence: "The M-Pesa prompt ran out." },
  { code: "1036", outcome: "late", sentence: "The phone could not be reached." },
  { code: "1032", outcome: "failed", sentence: "The M-Pesa prompt was cancelled." },
  {
    code: "1037",
    outcome: "late",
    sentence: "The phone could not be reached, or nobody answered.",
  },
  { code: "2001", outcome: "failed", sentence: "The M-Pesa PIN was wrong." },
  { code: "2028", outcome: "failed", sentence: ours },
  { code: "8006", outcome: "failed", sentence: "The M-Pesa PIN is locked. Call 100 or 200." },
  { code: "SFC_IC0003", outcome: "failed", sentence: ours },
];

/** What a payout's result code proves. Whatever is not in the table proves nothing. */
export type PayoutCode = {
  readonly code: string;
  readonly outcome: "paid" | "failed" | "unknown";
  /** Who has to act. */
  readonly concerns: "recipient" | "operator" | "mpesa";
  readonly sentence: string;
};

/** Portal pages BusinessToCustomer and AccountBalance (15, 17, 26 and below 30). */
export const payoutCodes: readonly PayoutCode[] = [
  { code: "0", outcome: "paid", concerns: "mpesa", sentence: "M-Pesa has paid." },
  { code: "1", outcome: "failed", concerns: "operator", sentence: "Our M-Pesa float is empty." },
  {
    code: "2",
    outcome: "failed",
    concerns: "operator",
    sentence: "The amount is below M-Pesa's minimum.",
  },
  {
    code: "3",
    outcome: "failed",
    concerns: "operator",
    sentence: "The amount is above what M-Pesa moves at once.",
  },
  {
    code: "4",
    outcome: "failed",
    concerns: "recipient",
    sentence: "The recipient's daily M-Pesa limit is reached.",
  },
  {
    code: "8",
    outcome: "failed",
    concerns: "recipient",
    sentence: "The recipient's M-Pesa account would be too full.",
  },
  {
    code: "11",
    outcome: "failed",
    concerns: "operator",
    sentence: "Our M-Pesa account is not active.",
  },
  {
    code: "15",
    outcome: "unknown",
    concerns: "mpesa",
    sentence: "M-Pesa knows this payment already.",
  },
  {
    code: "17",
    outcome: "unknown",
    concerns: "mpesa",
    sentence: "M-Pesa reports an internal failure.",
  },
  {
    code: "18",
    outcome: "failed",
    concerns: "operator",
    sentence: "Our M-Pesa credentials were refused.",
  },
  { code: "20", outcome: "failed", concerns: "operator", sentence: "Our M-Pesa user was refused." },
  {
    code: "21",
    outcome: "failed",
    concerns: "operator",
    sentence: "Our M-Pesa user may not pay out.",
  },
  {
    code: "22",
    outcome: "failed",
    concerns: "operator",
    sentence: "Our M-Pesa user is not active.",
  },
  { code: "26", outcome: "unknown", concerns: "mpesa", sentence: "M-Pesa is busy." },
  {
    code: "2001",
    outcome: "failed",
    concerns: "operator",
    sentence: "Our M-Pesa credentials were refused.",
  },
  {
    code: "2006",
    outcome: "failed",
    concerns: "operator",
    sentence: "Our M-Pesa account does not allow it.",
  },
  {
    code: "2028",
    outcome: "failed",
    concerns: "operator",
    sentence: "Our M-Pesa account may not pay out.",
  },
  {
    code: "2040",
    outcome: "failed",
    concerns: "recipient",
    sentence: "The number is not registered for M-Pesa.",
  },
  {
    code: "8006",
    outcome: "failed",
    concerns: "operator",
    sentence: "Our M-Pesa credentials are locked.",
  },
  {
    code: "SFC_IC0003",
    outcome: "failed",
    concerns: "recipient",
    sentence: "The number is not on M-Pesa.",
  },
];

/** `TransactionStatus` of the payment that was asked for (portal page TransactionStatus). */
export const transactionStatuses: Readonly<Record<string, "succeeded" | "failed" | "pending">> = {
  Completed: "succeeded",
  Cancelled: "failed",
  Declined: "failed",
  Expired: "failed",
  Authorized: "pending",
  Initiated: "pending",
};

/** Result codes of a status query that say that M-Pesa has no such payment. */
export const notFoundCodes: ReadonlySet<string> = new Set(["2032"]);

export function meaningOf(
  table: readonly CodeMeaning[],
  code: string,
  message: string,
): { readonly code: string; readonly retry: Retry; readonly sentence: string } {
  const known = table.find(
    (entry) => entry.code === code && (entry.message?.test(message) ?? true),
  );
  if (known === undefined) return { code, retry: "unknown", sentence: unsure };
  return { code: known.as ?? code, retry: known.retry, sentence: known.sentence };
}
