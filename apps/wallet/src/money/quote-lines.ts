import type { Order, Quote } from "@satsconnect/contracts";
import type { Fact, FeeLine } from "../design/fees.tsx";
import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";
import {
  centsOfRate,
  kesCentsOf,
  clockWithSeconds,
  kesExact,
  kesFigure,
  satsFigure,
} from "./format.ts";

export type QuoteSum = {
  readonly lines: readonly FeeLine[];
  readonly total: { readonly label: string; readonly amount: string };
  readonly facts: readonly Fact[];
};

/** A share in percent, with at most one decimal, rounded half up: `1`, `1.5`. */
export function percentOf(part: bigint, whole: bigint): string {
  if (whole <= 0n) return "0";
  const tenths = (part * 2_000n + whole) / (whole * 2n);
  return tenths % 10n === 0n
    ? (tenths / 10n).toString()
    : `${(tenths / 10n).toString()}.${(tenths % 10n).toString()}`;
}

type Priced = Pick<Quote, "kind" | "amountKesCents" | "fees">;

function fee(of: Priced, code: Quote["fees"][number]["code"]): bigint {
  return of.fees
    .filter((line) => line.code === code)
    .reduce((sum, line) => sum + BigInt(line.amountKesCents), 0n);
}

/** The sum of all fees of a quote or order, in KES cents. */
function allFees(of: Priced): bigint {
  return of.fees.reduce((sum, line) => sum + BigInt(line.amountKesCents), 0n);
}

/** The cost of a sell in KES cents: the payout and the fees on top. */
export function sellTotal(of: Priced): bigint {
  return BigInt(of.amountKesCents) + allFees(of);
}

type Lines = Pick<QuoteSum, "lines" | "total"> & {
  /** The amount received (buy) or paid out (sell), in KES cents. */
  readonly worth: bigint;
};

/** The lines of a buy: the amount paid minus each fee. The lines add up to the total exactly. */
function buyLines(of: Priced, words: MoneyWords): Lines {
  const { buy, receipt } = words;
  const paid = BigInt(of.amountKesCents);
  const spread = fee(of, "spread");
  const channel = fee(of, "channel_open");
  const routing = fee(of, "routing");
  const mpesa = fee(of, "mpesa");
  const worth = paid - allFees(of);
  const done = "state" in of;
  return {
    lines: [
      { sign: "", label: done ? receipt.youPaid : buy.youPay, amount: kesExact(paid) },
      { sign: "−", label: buy.feeOurs(percentOf(spread, paid)), amount: kesExact(spread) },
      { sign: "−", label: buy.feeMpesa, amount: kesExact(mpesa) },
      ...(channel > 0n
        ? [{ sign: "−", label: buy.feeChannel, amount: kesExact(channel) } as const]
        : []),
      { sign: "−", label: buy.feeRouting, amount: kesExact(routing) },
    ],
    total: { label: done ? receipt.youGot : buy.total, amount: kesExact(worth) },
    worth,
  };
}

/** The lines of a sell: the payout plus each fee. The total is what leaves this phone. */
function sellLines(of: Priced, words: MoneyWords): Lines {
  const { sell, receipt } = words;
  const done = "state" in of;
  const gets = BigInt(of.amountKesCents);
  const spread = fee(of, "spread");
  const mpesa = fee(of, "mpesa");
  const routing = fee(of, "routing") + fee(of, "channel_open");
  return {
    lines: [
      { sign: "", label: done ? receipt.sellLabel : sell.payout, amount: kesExact(gets) },
      { sign: "+", label: sell.feeOurs(percentOf(spread, gets)), amount: kesExact(spread) },
      { sign: "+", label: sell.feeMpesa, amount: kesExact(mpesa) },
      ...(routing > 0n
        ? [{ sign: "+", label: words.buy.feeRouting, amount: kesExact(routing) } as const]
        : []),
    ],
    total: {
      label: done ? receipt.sold : sell.total,
      amount: kesExact(sellTotal(of)),
    },
    worth: gets,
  };
}

/** The lines of an order, for its receipt. */
export function orderLines(order: Order, words: MoneyWords): Lines {
  return order.kind === "buy" ? buyLines(order, words) : sellLines(order, words);
}

/**
 * The price breakdown of a buy's quote. What M-Pesa charges the customer on top is a separate fact, because it is not
 * deducted from the amount paid.
 */
export function buySum(quote: Quote, words: MoneyWords, phone: string): QuoteSum {
  const { buy } = words;
  const besides = BigInt(quote.customerMpesaFeeKesCents);
  const { lines, total } = buyLines(quote, words);
  return {
    lines,
    total,
    facts: [
      { label: buy.price, value: buy.priceValue(kesFigure(centsOfRate(quote.rateKesPerBtc))) },
      { label: buy.fromFact, value: buy.fromValue(phone) },
      ...(besides > 0n ? [{ label: buy.feeMpesaOwn, value: words.kes(kesExact(besides)) }] : []),
    ],
  };
}

/** The value that a buy delivers after fees, in KES cents at the quote's rate. */
export function buyWorth(quote: Quote, words: MoneyWords): bigint {
  return buyLines(quote, words).worth;
}

/** The price breakdown of a sell's quote, with the remaining balance where it is known. */
export function sellSum(
  quote: Quote,
  words: MoneyWords,
  balanceAfterMsat: bigint | null,
): QuoteSum {
  const { sell } = words;
  const { lines, total } = sellLines(quote, words);
  return {
    lines,
    total,
    facts: [
      { label: sell.totalSats, value: words.sats(satsFigure(BigInt(quote.amountMsat))) },
      {
        label: words.buy.price,
        value: words.buy.priceValue(kesFigure(centsOfRate(quote.rateKesPerBtc))),
      },
      ...(balanceAfterMsat === null
        ? []
        : [
            {
              label: sell.afterwards,
              value: words.kes(
                kesFigure(kesCentsOf(balanceAfterMsat, centsOfRate(quote.rateKesPerBtc))),
              ),
            },
          ]),
    ],
  };
}

/**
 * If the phone's clock differs from the operator's by more than this, the quote's times are shifted by the difference.
 */
const clockSlackMs = 30_000;

/**
 * Until when a quote is valid, to the second, and how much of its time is left.
 * @param heardAt when the quote arrived, by the clock of `now`: even a wrong clock advances at the right speed
 */
export function quoteTime(
  quote: Quote,
  now: number,
  heardAt: number,
): { readonly until: string; readonly leftMs: number; readonly share: number } {
  const created = Date.parse(quote.createdAt);
  const isClockWrong = Math.abs(heardAt - created) > clockSlackMs;
  const expires = Date.parse(quote.expiresAt) + (isClockWrong ? heardAt - created : 0);
  const leftMs = Math.max(0, expires - now);
  const whole = Math.max(1, Date.parse(quote.expiresAt) - created);
  return { until: clockWithSeconds(expires), leftMs, share: Math.min(1, leftMs / whole) };
}
