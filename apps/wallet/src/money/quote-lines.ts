import type { Quote } from "@satsconnect/contracts";
import type { Fact, FeeLine } from "../design/fees.tsx";
import type { MoneyWords } from "../i18n/parts/money.en.ts";
import {
  centsOfRate,
  clockWithSeconds,
  kesExact,
  kesFigure,
  maskedPhone,
  satsFigureUp,
} from "./format.ts";

export type QuoteSum = {
  readonly lines: readonly FeeLine[];
  readonly total: { readonly label: string; readonly amount: string };
  readonly facts: readonly Fact[];
};

/** A part of a whole in percent, one decimal at most, rounded half up: `1`, `1.5`. */
export function percentOf(part: bigint, whole: bigint): string {
  if (whole <= 0n) return "0";
  const tenths = (part * 2_000n + whole) / (whole * 2n);
  return tenths % 10n === 0n
    ? (tenths / 10n).toString()
    : `${(tenths / 10n).toString()}.${(tenths % 10n).toString()}`;
}

function fee(quote: Quote, code: Quote["fees"][number]["code"]): bigint {
  return quote.fees
    .filter((line) => line.code === code)
    .reduce((sum, line) => sum + BigInt(line.amountKesCents), 0n);
}

/**
 * What a buy costs, line by line; the lines and the total add up exactly. What M-Pesa charges the holder besides stands
 * apart, because it is not taken from the shillings that are paid.
 */
export function buySum(quote: Quote, words: MoneyWords, phone: string): QuoteSum {
  const { buy } = words;
  const paid = BigInt(quote.amountKesCents);
  const spread = fee(quote, "spread");
  const channel = fee(quote, "channel_open");
  const routing = fee(quote, "routing");
  const mpesa = fee(quote, "mpesa");
  const besides = BigInt(quote.customerMpesaFeeKesCents);
  const lines: FeeLine[] = [
    { sign: "", label: buy.youPay, amount: kesExact(paid) },
    { sign: "−", label: buy.feeOurs(percentOf(spread, paid)), amount: kesExact(spread) },
    { sign: "−", label: buy.feeMpesa, amount: kesExact(mpesa) },
    ...(channel > 0n
      ? [{ sign: "−", label: buy.feeChannel, amount: kesExact(channel) } as const]
      : []),
    { sign: "−", label: buy.feeRouting, amount: kesExact(routing) },
  ];
  return {
    lines,
    total: { label: buy.total, amount: kesExact(paid - spread - channel - routing - mpesa) },
    facts: [
      { label: buy.price, value: buy.priceValue(kesFigure(centsOfRate(quote.rateKesPerBtc))) },
      { label: buy.fromFact, value: buy.fromValue(phone) },
      ...(besides > 0n ? [{ label: buy.feeMpesaOwn, value: words.kes(kesExact(besides)) }] : []),
    ],
  };
}

/** What the holder of a buy gets, in KES cents at the quote's own price: what the lines leave. */
export function buyWorth(quote: Quote): bigint {
  return quote.fees.reduce(
    (left, line) => left - BigInt(line.amountKesCents),
    BigInt(quote.amountKesCents),
  );
}

/** What a sell costs: the payout, and the fees on top; together what leaves this phone. */
export function sellSum(quote: Quote, words: MoneyWords, balanceMsat: bigint | null): QuoteSum {
  const { sell } = words;
  const gets = BigInt(quote.amountKesCents);
  const spread = fee(quote, "spread");
  const mpesa = fee(quote, "mpesa");
  const routing = fee(quote, "routing") + fee(quote, "channel_open");
  const afterwards = balanceMsat === null ? null : balanceMsat - BigInt(quote.amountMsat);
  return {
    lines: [
      { sign: "", label: sell.payout, amount: kesExact(gets) },
      { sign: "+", label: sell.feeOurs(percentOf(spread, gets)), amount: kesExact(spread) },
      { sign: "+", label: sell.feeMpesa, amount: kesExact(mpesa) },
      ...(routing > 0n
        ? [{ sign: "+", label: words.buy.feeRouting, amount: kesExact(routing) } as const]
        : []),
    ],
    total: { label: sell.total, amount: kesExact(gets + spread + mpesa + routing) },
    facts: [
      { label: sell.totalSats, value: words.sats(satsFigureUp(BigInt(quote.amountMsat))) },
      {
        label: words.buy.price,
        value: words.buy.priceValue(kesFigure(centsOfRate(quote.rateKesPerBtc))),
      },
      ...(quote.recipient === null
        ? []
        : [{ label: words.amount.number, value: maskedPhone(quote.recipient.msisdn) }]),
      ...(afterwards === null || afterwards < 0n
        ? []
        : [{ label: sell.afterwards, value: words.sats(satsFigureUp(afterwards)) }]),
    ],
  };
}

/** Until when a quote holds, to the second, and how much of it is left. */
export function quoteTime(
  quote: Quote,
  now: number,
): { readonly until: string; readonly leftMs: number; readonly share: number } {
  const created = Date.parse(quote.createdAt);
  const expires = Date.parse(quote.expiresAt);
  const leftMs = Math.max(0, expires - now);
  const whole = Math.max(1, expires - created);
  return { until: clockWithSeconds(expires), leftMs, share: Math.min(1, leftMs / whole) };
}
