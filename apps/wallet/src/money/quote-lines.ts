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

export type PriceBreakdown = {
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

function fee(priced: Priced, code: Quote["fees"][number]["code"]): bigint {
  return priced.fees
    .filter((line) => line.code === code)
    .reduce((sum, line) => sum + BigInt(line.amountKesCents), 0n);
}

/** Total fees of a quote or order, in KES cents. */
function totalFees(priced: Priced): bigint {
  return priced.fees.reduce((sum, line) => sum + BigInt(line.amountKesCents), 0n);
}

/** The cost of a sell in KES cents: the payout and the fees on top. */
export function sellTotal(priced: Priced): bigint {
  return BigInt(priced.amountKesCents) + totalFees(priced);
}

type Lines = Pick<PriceBreakdown, "lines" | "total"> & {
  /** The amount received (buy) or paid out (sell), in KES cents. */
  readonly netKesCents: bigint;
};

/** The lines of a buy: the amount paid minus each fee. The lines add up to the total exactly. */
function buyLines(priced: Priced, words: MoneyWords): Lines {
  const { buy, receipt } = words;
  const paid = BigInt(priced.amountKesCents);
  const spread = fee(priced, "spread");
  const channel = fee(priced, "channel_open");
  const routing = fee(priced, "routing");
  const mpesa = fee(priced, "mpesa");
  const netKesCents = paid - totalFees(priced);
  const done = "state" in priced;
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
    total: { label: done ? receipt.youGot : buy.total, amount: kesExact(netKesCents) },
    netKesCents,
  };
}

/** The lines of a sell: the payout plus each fee. The total is what leaves this phone. */
function sellLines(priced: Priced, words: MoneyWords): Lines {
  const { sell, receipt } = words;
  const done = "state" in priced;
  const payout = BigInt(priced.amountKesCents);
  const spread = fee(priced, "spread");
  const mpesa = fee(priced, "mpesa");
  const routing = fee(priced, "routing") + fee(priced, "channel_open");
  return {
    lines: [
      { sign: "", label: done ? receipt.sellLabel : sell.payout, amount: kesExact(payout) },
      { sign: "+", label: sell.feeOurs(percentOf(spread, payout)), amount: kesExact(spread) },
      { sign: "+", label: sell.feeMpesa, amount: kesExact(mpesa) },
      ...(routing > 0n
        ? [{ sign: "+", label: words.buy.feeRouting, amount: kesExact(routing) } as const]
        : []),
    ],
    total: {
      label: done ? receipt.sold : sell.total,
      amount: kesExact(sellTotal(priced)),
    },
    netKesCents: payout,
  };
}

/** The lines of an order, for its receipt. */
export function orderLines(order: Order, words: MoneyWords): Lines {
  return order.kind === "buy" ? buyLines(order, words) : sellLines(order, words);
}

/**
 * The price breakdown of a buy's quote. M-Pesa's own charge to the customer is listed apart from the lines, because
 * it is not deducted from the amount paid.
 */
export function buyBreakdown(quote: Quote, words: MoneyWords, phone: string): PriceBreakdown {
  const { buy } = words;
  const customerFee = BigInt(quote.customerMpesaFeeKesCents);
  const { lines, total } = buyLines(quote, words);
  return {
    lines,
    total,
    facts: [
      { label: buy.price, value: buy.priceValue(kesFigure(centsOfRate(quote.rateKesPerBtc))) },
      { label: buy.fromFact, value: buy.fromValue(phone) },
      ...(customerFee > 0n
        ? [{ label: buy.feeMpesaOwn, value: words.kes(kesExact(customerFee)) }]
        : []),
    ],
  };
}

/** The value that a buy delivers after fees, in KES cents at the quote's rate. */
export function buyNetKesCents(quote: Quote, words: MoneyWords): bigint {
  return buyLines(quote, words).netKesCents;
}

/** The price breakdown of a sell's quote, with the remaining balance where it is known. */
export function sellBreakdown(
  quote: Quote,
  words: MoneyWords,
  balanceAfterMsat: bigint | null,
): PriceBreakdown {
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
 * The time when a quote expires, to the second, and how much of its validity is left.
 * @param receivedAt when the quote arrived, by the same clock as `now`: even a clock that is set wrong advances at
 * the right speed
 */
export function quoteTime(
  quote: Quote,
  now: number,
  receivedAt: number,
): { readonly until: string; readonly leftMs: number; readonly share: number } {
  const created = Date.parse(quote.createdAt);
  const isClockWrong = Math.abs(receivedAt - created) > clockSlackMs;
  const expires = Date.parse(quote.expiresAt) + (isClockWrong ? receivedAt - created : 0);
  const leftMs = Math.max(0, expires - now);
  const whole = Math.max(1, Date.parse(quote.expiresAt) - created);
  return { until: clockWithSeconds(expires), leftMs, share: Math.min(1, leftMs / whole) };
}
