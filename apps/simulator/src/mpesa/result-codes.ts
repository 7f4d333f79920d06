/**
 * How certain a rule about M-Pesa is. `documented`: on Daraja's own pages. `observed`: seen in real requests, with a record
 * of when and how. `community`: claimed in several places without a record. `assumed`: our own guess, which code under
 * test must not rely on.
 */
export type Evidence = "documented" | "observed" | "community" | "assumed";

type ResultCode = {
  /** As a string; callbacks contain numeric codes as numbers. */
  readonly code: string;
  readonly evidence: Evidence;
  /** The ResultDesc in a callback or result. */
  readonly callback: string;
  /** The ResultDesc in the answer to an STK query, if it differs. Clients must not match on descriptions. */
  readonly query?: string;
};

const success = "The service request is processed successfully.";

/** M-Pesa Express (portal page MpesaExpressSimulate; 17 and 4999 also seen in 2026). */
export const stkResults = {
  success: { code: "0", evidence: "documented", callback: success },
  insufficient: {
    code: "1",
    evidence: "documented",
    callback: "The balance is insufficient for the transaction.",
  },
  belowMinimum: {
    code: "2",
    evidence: "documented",
    callback: "Declined due to limit rule: less than the minimum transaction amount.",
  },
  aboveMaximum: {
    code: "3",
    evidence: "documented",
    callback: "Declined due to limit rule: greater than the maximum transaction amount.",
  },
  dailyLimit: {
    code: "4",
    evidence: "documented",
    callback: "Declined due to limit rule: would exceed daily transfer limit.",
  },
  organisationFull: {
    code: "8",
    evidence: "documented",
    callback: "Declined due to limit rule: would exceed the maximum balance.",
  },
  repeated: { code: "17", evidence: "documented", callback: "Rule limited." },
  expired: { code: "1019", evidence: "documented", callback: "Transaction has expired." },
  pushFailed: {
    code: "1025",
    evidence: "documented",
    callback: "An error occurred while sending a push request.",
  },
  cancelled: {
    code: "1032",
    evidence: "observed",
    callback: "Request cancelled by user",
    query: "Request Cancelled by user.",
  },
  unanswered: {
    code: "1037",
    evidence: "observed",
    callback: "No response from user.",
    query: "DS timeout user cannot be reached.",
  },
  wrongPin: {
    code: "2001",
    evidence: "documented",
    callback: "The initiator information is invalid.",
  },
  notPermitted: {
    code: "2028",
    evidence: "documented",
    callback: "The request is not permitted according to product assignment.",
  },
  pinLocked: {
    code: "8006",
    evidence: "documented",
    callback: "The security credential is locked.",
  },
  noOperator: {
    code: "SFC_IC0003",
    evidence: "documented",
    callback: "The operator does not exist.",
  },
} as const satisfies Record<string, ResultCode>;

/** B2C (portal page BusinessToCustomer). */
export const payoutResults = {
  success: { code: "0", evidence: "documented", callback: success },
  insufficient: {
    code: "1",
    evidence: "documented",
    callback: "The balance is insufficient for the transaction.",
  },
  belowMinimum: {
    code: "2",
    evidence: "documented",
    callback: "Declined due to limit rule",
  },
  aboveMaximum: {
    code: "3",
    evidence: "documented",
    callback: "Declined due to limit rule: greater than the maximum transaction amount.",
  },
  dailyLimit: {
    code: "4",
    evidence: "documented",
    callback: "Declined due to limit rule: would exceed daily transfer limit",
  },
  recipientFull: {
    code: "8",
    evidence: "documented",
    callback: "Declined due to limit rule: would exceed the maximum balance.",
  },
  debitPartyInvalid: {
    code: "11",
    evidence: "documented",
    callback: "The DebitParty is in an invalid state.",
  },
  initiatorNotAllowed: {
    code: "21",
    evidence: "documented",
    callback: "The initiator is not allowed to initiate this request",
  },
  initiatorWrong: {
    code: "2001",
    evidence: "documented",
    callback: "The initiator information is invalid.",
  },
  accountInactive: {
    code: "2006",
    evidence: "documented",
    callback: "Declined due to account rule: The account status does not allow this transaction.",
  },
  notPermitted: {
    code: "2028",
    evidence: "documented",
    callback: "The request is not permitted according to product assignment.",
  },
  recipientUnregistered: {
    code: "2040",
    evidence: "documented",
    callback:
      "Credit Party customer type (Unregistered or Registered Customer) can't be supported by the service.",
  },
  initiatorLocked: {
    code: "8006",
    evidence: "documented",
    callback: "The security credential is locked",
  },
  noOperator: {
    code: "SFC_IC0003",
    evidence: "documented",
    callback: "The operator does not exist.",
  },
} as const satisfies Record<string, ResultCode>;

/** Transaction Status, Account Balance and Reversal (portal pages of these names). */
export const inquiryResults = {
  success: { code: "0", evidence: "documented", callback: success },
  initiatorWrong: payoutResults.initiatorWrong,
  initiatorLocked: payoutResults.initiatorLocked,
  insufficient: payoutResults.insufficient,
  /** Observed for a status query with an unknown receipt: a number, no parameters. */
  notFound: {
    code: "2032",
    evidence: "observed",
    callback: "The transaction receipt number does not exist.",
  },
  alreadyReversed: {
    code: "R000001",
    evidence: "documented",
    callback: "The transaction has already been reversed.",
  },
  originalInvalid: {
    code: "R000002",
    evidence: "documented",
    callback: "The OriginalTransactionID is invalid.",
  },
} as const satisfies Record<string, ResultCode>;

export type StkResult = keyof typeof stkResults;
export type PayoutResult = keyof typeof payoutResults;

/** The description of a result code; a generic one for a code that only a fault uses. */
export function stkDescription(code: string, where: "callback" | "query"): string {
  const known: ResultCode | undefined = Object.values(stkResults).find(
    (result) => result.code === code,
  );
  if (known === undefined) return "The transaction was declined.";
  return where === "query" ? (known.query ?? known.callback) : known.callback;
}

export function payoutDescription(code: string): string {
  const known: ResultCode | undefined = Object.values(payoutResults).find(
    (result) => result.code === code,
  );
  return known?.callback ?? "The transaction was declined.";
}

/** In callbacks and results, numeric codes are JSON numbers, the others strings (documented). */
export function codeInCallback(code: string): number | string {
  return /^\d+$/.test(code) ? Number(code) : code;
}
