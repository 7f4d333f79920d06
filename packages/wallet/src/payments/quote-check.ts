import type { Quote, QuoteRequest } from "@satsconnect/contracts";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

const msatPerBtc = 100_000_000_000n;
/** What a bitcoin may cost, in cents of a shilling: a hundredth and a thousand times of what it does, roughly. */
const leastRate = 10_000_000n;
const mostRate = 1_000_000_000_000n;
/** What rounding each line to cents can come to. */
const roundingCents = 10n;

/** "10844580.90" KES for a bitcoin → 1084458090 cents; null for what no bitcoin costs, or is no price at all. */
export function rateCents(kesPerBtc: unknown): bigint | null {
  if (typeof kesPerBtc !== "string" || !/^\d{1,15}(?:\.\d{1,2})?$/u.test(kesPerBtc)) return null;
  const [whole = "", parts = ""] = kesPerBtc.split(".");
  const cents = BigInt(whole + parts.padEnd(2, "0"));
  return cents >= leastRate && cents <= mostRate ? cents : null;
}

/**
 * A quote is what was asked for, and its own lines add up: what a person reads in shillings is what moves in bitcoin. So
 * a server that is not itself cannot have more paid than what its price says.
 */
export function checkQuote(request: QuoteRequest, quote: Quote): Result<Quote, "quote_wrong"> {
  const rate = rateCents(quote.rateKesPerBtc);
  const kesCents = amountOf(quote.amountKesCents);
  const msat = amountOf(quote.amountMsat);
  const fees = feesOf(quote);
  const holdsMs = Date.parse(quote.expiresAt) - Date.parse(quote.createdAt);
  if (quote.kind !== request.kind) return wrong("is for the other direction");
  if (rate === null) return wrong("has no price that can be");
  if (kesCents === null || msat === null || fees === null)
    return wrong("has amounts that are none");
  if (!(holdsMs > 0)) return wrong("never holds");
  const { amountKesCents, amountMsat } = request;
  if (amountKesCents !== undefined && BigInt(amountKesCents) !== kesCents)
    return wrong("is for other shillings");
  if (amountMsat !== undefined && BigInt(amountMsat) !== msat) return wrong("is for other sats");
  const worth = (msat * rate) / msatPerBtc;
  const said = quote.kind === "buy" ? kesCents - fees : kesCents + fees;
  const difference = worth > said ? worth - said : said - worth;
  return difference > roundingCents ? wrong("does not add up") : ok(quote);
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

const wrong = (what: string) =>
  err("quote_wrong" as const, `The server's price ${what}. Nothing was paid.`, "never");
