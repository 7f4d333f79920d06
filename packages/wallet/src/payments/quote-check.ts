import type { Quote, QuoteRequest } from "@satsconnect/contracts";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { quotePolicy } from "../policy.ts";

const msatPerBtc = 100_000_000_000n;
/** Parses "10844580.90" KES per bitcoin to 1084458090 cents. Null if it is malformed or not a plausible price. */
export function rateCents(kesPerBtc: unknown): bigint | null {
  if (typeof kesPerBtc !== "string" || !/^\d{1,15}(?:\.\d{1,2})?$/u.test(kesPerBtc)) return null;
  const [whole = "", decimals = ""] = kesPerBtc.split(".");
  const cents = BigInt(whole + decimals.padEnd(2, "0"));
  const { minKesCentsPerBtc, maxKesCentsPerBtc } = quotePolicy;
  return cents >= minKesCentsPerBtc && cents <= maxKesCentsPerBtc ? cents : null;
}

/**
 * Checks that a quote is for the requested amount and that its lines add up: the shillings and fees that the screen shows
 * equal the value of the bitcoin at the stated rate. A compromised server cannot make the wallet pay more than the price
 * it shows.
 */
export function checkQuote(request: QuoteRequest, quote: Quote): Result<Quote, "quote_wrong"> {
  const rate = rateCents(quote.rateKesPerBtc);
  const kesCents = amountOf(quote.amountKesCents);
  const msat = amountOf(quote.amountMsat);
  const fees = feesOf(quote);
  const validForMs = Date.parse(quote.expiresAt) - Date.parse(quote.createdAt);
  if (quote.kind !== request.kind) return wrong("is for a buy instead of a sell, or the reverse");
  if (rate === null) return wrong("has an implausible price");
  if (kesCents === null || msat === null || fees === null) return wrong("has a malformed amount");
  if (!(validForMs > 0)) return wrong("is never valid");
  const { amountKesCents, amountMsat } = request;
  if (amountKesCents !== undefined && BigInt(amountKesCents) !== kesCents)
    return wrong("is for a different amount in shillings");
  if (amountMsat !== undefined && BigInt(amountMsat) !== msat)
    return wrong("is for a different amount in sats");
  const worth = (msat * rate) / msatPerBtc;
  const stated = quote.kind === "buy" ? kesCents - fees : kesCents + fees;
  const difference = worth > stated ? worth - stated : stated - worth;
  return difference > quotePolicy.roundingKesCents ? wrong("does not add up") : ok(quote);
}

function feesOf({ fees }: Quote): bigint | null {
  if (!Array.isArray(fees)) return null;
  let sum = 0n;
  for (const line of fees) {
    const amount = amountOf(line.amountKesCents);
    if (amount === null) return null;
    sum += amount;
  }
  return sum;
}

function amountOf(text: unknown): bigint | null {
  return typeof text === "string" && /^\d{1,20}$/u.test(text) ? BigInt(text) : null;
}

const wrong = (problem: string) =>
  err("quote_wrong" as const, `The server's quote ${problem}. Nothing was paid.`, "never");
