import {
  b2cResultCodes,
  findCode,
  statusQueryCodes,
  stkResultCodes,
  transactionStatuses,
} from "@satsconnect/contracts/mpesa";
import {
  centsOf,
  valuesByKey,
  member,
  msisdnOf,
  parseRaw,
  signedCentsOf,
  textOf,
} from "../exact-json.ts";
import type {
  PayoutResult,
  PromptAnswer,
  PromptCallback,
  StatusResult,
} from "../../domain/facts.ts";
import type { RawJson } from "../exact-json.ts";

/*
 * Parsers of M-Pesa's callbacks and query answers. They accept codes as numbers or text, single items as objects and
 * several as arrays, repeated keys, keys without a value, and amounts with decimals. They check the form only: a callback
 * is never proof.
 */

/** An STK push callback (portal page MpesaExpressSimulate). Returns null if the text is not one. */
export function readPromptCallback(text: string): PromptCallback | null {
  const callback = member(member(parseRaw(text) ?? undefined, "Body"), "stkCallback");
  const checkoutRequestId = textOf(member(callback, "CheckoutRequestID"));
  const code = textOf(member(callback, "ResultCode"));
  if (checkoutRequestId === null || code === null) return null;
  const items = valuesByKey(member(member(callback, "CallbackMetadata"), "Item"), "Name");
  const item = (name: string) => items.get(name)?.at(0);
  return {
    checkoutRequestId,
    succeeded: code === "0",
    code,
    amountKesCents: centsOf(item("Amount")),
    receipt: receiptOf(item("MpesaReceiptNumber")),
    msisdn: msisdnOf(item("PhoneNumber")),
  };
}

/** The answer to an STK push query (portal page MpesaExpressQuery). Returns null if it cannot be read. */
export function readPromptAnswer(body: RawJson): PromptAnswer | null {
  const code = textOf(member(body, "ResultCode"));
  return code === null ? null : promptAnswer(code);
}

/** An unlisted code is not final by itself: the query is repeated, and the callback is compared with it. */
export function promptAnswer(code: string): PromptAnswer {
  switch (findCode(stkResultCodes, code)?.outcome) {
    case "succeeded":
      return { status: "succeeded" };
    case "failed":
      return { status: "failed", code };
    case "unanswered":
      return { status: "unanswered", code };
    case undefined:
      return { status: "unlisted", code };
    default:
      return { status: "pending", code };
  }
}

/** A payout's result (portal page BusinessToCustomer). Returns null if the text is not one. */
export function readPayoutResult(text: string): PayoutResult | null {
  const result = member(parseRaw(text) ?? undefined, "Result");
  const code = textOf(member(result, "ResultCode"));
  if (code === null) return null;
  const parameters = valuesByKey(
    member(member(result, "ResultParameters"), "ResultParameter"),
    "Key",
  );
  const parameter = (name: string) => parameters.get(name)?.at(0);
  const status = payoutStatus(code);
  const paid = status === "succeeded";
  return {
    conversationId: textOf(member(result, "ConversationID")),
    originatorConversationId: textOf(member(result, "OriginatorConversationID")),
    status,
    code,
    amountKesCents: paid ? centsOf(parameter("TransactionAmount")) : null,
    // A failure also has a TransactionID that looks like a receipt but is not one.
    receipt: paid
      ? (receiptOf(parameter("TransactionReceipt")) ??
        receiptOf(textOf(member(result, "TransactionID")) ?? undefined))
      : null,
    msisdn: paid ? partyNumber(parameter("ReceiverPartyPublicName")) : null,
  };
}

/**
 * The result of a status query (portal page TransactionStatus). The outer result code only tells whether the query
 * worked; the payment's own status is in `TransactionStatus`. Returns null if the text is not a result.
 */
export function readStatusResult(text: string): StatusResult | null {
  const result = member(parseRaw(text) ?? undefined, "Result");
  const code = textOf(member(result, "ResultCode"));
  if (code === null) return null;
  const parameters = valuesByKey(
    member(member(result, "ResultParameters"), "ResultParameter"),
    "Key",
  );
  const parameter = (name: string) => parameters.get(name)?.at(0);
  const statusText = parameter("TransactionStatus") ?? "";
  const status = queriedStatus(code, statusText);
  const paid = status === "succeeded";
  return {
    conversationId: textOf(member(result, "ConversationID")),
    status,
    code: code === "0" ? statusText : code,
    amountKesCents: paid ? centsOf(parameter("Amount")) : null,
    receipt: paid ? receiptOf(parameter("ReceiptNo")) : null,
    msisdn: paid ? creditedNumber(parameters) : null,
  };
}

function payoutStatus(code: string): PayoutResult["status"] {
  const outcome = findCode(b2cResultCodes, code)?.outcome;
  return outcome === "succeeded" || outcome === "failed" ? outcome : "unknown";
}

function queriedStatus(code: string, statusText: string): StatusResult["status"] {
  if (code !== "0") return Object.hasOwn(statusQueryCodes, code) ? "not_found" : "unknown";
  return findCode(transactionStatuses, statusText)?.outcome ?? "unknown";
}

export type AccountBalances = ReadonlyMap<string, bigint>;

/** The result of a balance query (portal page AccountBalance): cents by account name. Returns null if it is not one. */
export function readBalanceResult(text: string): AccountBalances | null {
  const result = member(parseRaw(text) ?? undefined, "Result");
  if (textOf(member(result, "ResultCode")) !== "0") return null;
  const parameters = valuesByKey(
    member(member(result, "ResultParameters"), "ResultParameter"),
    "Key",
  );
  const packed = parameters.get("AccountBalance")?.at(0);
  if (packed === undefined) return null;
  const balances = new Map<string, bigint>();
  for (const account of packed.split("&")) {
    const [name, currency, amount] = account.split("|");
    const cents = amount === undefined ? null : signedCentsOf(amount);
    if (name === undefined || currency !== "KES" || cents === null) return null;
    balances.set(name, cents);
  }
  return balances;
}

/** Receipts are ten capital letters and digits. The placeholder for "no transaction" ends in seven zeros. */
function receiptOf(text: string | undefined): string | null {
  return text !== undefined && /^[A-Z0-9]{10}$/.test(text) && !text.endsWith("0000000")
    ? text
    : null;
}

/** The number in `254705912645 - NICHOLAS JOHN SONGOK`. */
function partyNumber(text: string | undefined): string | null {
  return msisdnOf(text?.split(" - ", 1)[0]);
}

/** M-Pesa puts the receiver in `CreditPartyName`, or in a second `DebitPartyName`. */
function creditedNumber(parameters: ReadonlyMap<string, readonly string[]>): string | null {
  const named = partyNumber(parameters.get("CreditPartyName")?.at(0));
  if (named !== null) return named;
  const numbers = (parameters.get("DebitPartyName") ?? []).map(partyNumber);
  return numbers.find((number) => number !== null) ?? null;
}
