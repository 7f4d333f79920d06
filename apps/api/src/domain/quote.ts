import {
  divide,
  err,
  fiat,
  fiatToMsat,
  formatFiat,
  inForce,
  mpesaB2cTariffs,
  msat,
  msatPerBtc,
  msatToFiat,
  ok,
  partsPerMillionOfMsat,
  roundToWholeUnits,
  tariffFee,
  toWholeUnits,
} from "@satsconnect/money";
import type { Fiat, Msat, Rate, Result } from "@satsconnect/money";
import type { FeeLine, OrderKind, Terms } from "./order.ts";

export type PriceSource = {
  readonly source: string;
  readonly kesPerBtc: string;
  readonly asOf: number;
  readonly used: boolean;
};

export type Quote = {
  readonly id: string;
  readonly walletId: string;
  readonly kind: OrderKind;
  readonly terms: Terms;
  /** M-Pesa's fee that the holder pays on top of a buy; 0 for sells. */
  readonly customerMpesaFeeKesCents: Fiat<"KES">;
  /** Recipient's MSISDN; sells only. */
  readonly msisdn: string | null;
  readonly sources: readonly PriceSource[];
  readonly createdAt: number;
  readonly expiresAt: number;
  /** The order that used the quote; null while it is unused. */
  readonly orderId: string | null;
};

/** Exactly one of the two amounts. */
export type RequestedAmount =
  | { readonly amountKesCents: Fiat<"KES">; readonly amountMsat: null }
  | { readonly amountKesCents: null; readonly amountMsat: Msat };

export type Pricing = {
  readonly rate: Rate<"KES">;
  readonly spreadPartsPerMillion: bigint;
};

export type QuoteAmountError =
  | "amount_not_whole_shillings"
  | "amount_below_minimum"
  | "amount_above_maximum";

const million = 1_000_000n;

/**
 * Far above any order, and far below the ranges of `Msat` and `Fiat`: an amount within these bounds, in bitcoin and in
 * shillings, can be priced with any spread and fee without leaving those ranges.
 */
const maxQuotable = { msat: 10n ** 17n, kesCents: 10n ** 15n } as const;

/** Refuses amounts that are too large to be priced at all. Errors: `amount_above_maximum`. */
function checkQuotable(
  { amountKesCents, amountMsat }: RequestedAmount,
  { rate }: Pricing,
): Result<null, "amount_above_maximum"> {
  const msatOfBtc = rate.btc * msatPerBtc;
  const cents = amountKesCents ?? divide(amountMsat * rate.minorUnits, msatOfBtc, "ceil");
  // Terms are rounded to whole shillings.
  const inMsat = divide((cents + 100n) * msatOfBtc, rate.minorUnits, "ceil");
  return inMsat > maxQuotable.msat || cents > maxQuotable.kesCents
    ? err("amount_above_maximum", "The amount is larger than any order can be.", "never")
    : ok(null);
}

/**
 * The terms of a buy. The holder pays whole shillings, and the sats are rounded down by less than one millisatoshi; the
 * spread line contains the rounding remainder. Sats and fee lines sum to the amount paid, exactly in both currencies.
 * Errors: all of `QuoteAmountError`.
 */
export function buyTerms(
  requested: RequestedAmount,
  pricing: Pricing,
  channelFeeMsat: Msat,
): Result<Terms, QuoteAmountError> {
  const quotable = checkQuotable(requested, pricing);
  if (!quotable.ok) return quotable;
  const { rate, spreadPartsPerMillion } = pricing;
  let paid: Fiat<"KES">;
  let delivered: Msat;
  if (requested.amountKesCents !== null) {
    const whole = toWholeUnits("KES", requested.amountKesCents);
    if (!whole.ok) return whole;
    paid = requested.amountKesCents;
    const gross = fiatToMsat(paid, rate, "floor");
    const spread = partsPerMillionOfMsat(gross, spreadPartsPerMillion, "ceil");
    const remaining = gross - spread - channelFeeMsat;
    if (remaining <= 0n) return tooSmall();
    delivered = msat(remaining);
  } else {
    delivered = requested.amountMsat;
    if (delivered <= 0n) return tooSmall();
    const gross = divide(
      (delivered + channelFeeMsat) * million,
      million - spreadPartsPerMillion,
      "ceil",
    );
    paid = roundToWholeUnits("KES", msatToFiat(msat(gross), rate, "ceil"), "ceil");
  }
  const gross = fiatToMsat(paid, rate, "floor");
  const channelKesCents = msatToFiat(channelFeeMsat, rate, "half-even");
  const deliveredKesCents = msatToFiat(delivered, rate, "floor");
  const spread: FeeLine = {
    code: "spread",
    amountMsat: msat(gross - delivered - channelFeeMsat),
    amountKesCents: fiat("KES", paid - deliveredKesCents - channelKesCents),
  };
  const channel: FeeLine = {
    code: "channel_open",
    amountMsat: channelFeeMsat,
    amountKesCents: channelKesCents,
  };
  return ok({
    currency: rate.currency,
    amountKesCents: paid,
    amountMsat: delivered,
    rate,
    fees: channelFeeMsat > 0n ? [spread, channel] : [spread],
    recipientName: null,
  });
}

/**
 * The terms of a sell. The recipient gets whole shillings, and the sats are rounded up by less than one millisatoshi.
 * M-Pesa's fee for the payout is a separate line. Errors: all of `QuoteAmountError`.
 */
export function sellTerms(
  requested: RequestedAmount,
  pricing: Pricing,
  recipientName: string | null,
  now: number,
): Result<Terms, QuoteAmountError> {
  const quotable = checkQuotable(requested, pricing);
  if (!quotable.ok) return quotable;
  const { rate, spreadPartsPerMillion } = pricing;
  let recipientGets: Fiat<"KES">;
  let holderPays: Msat;
  if (requested.amountKesCents !== null) {
    const whole = toWholeUnits("KES", requested.amountKesCents);
    if (!whole.ok) return whole;
    recipientGets = requested.amountKesCents;
    const charge = payoutCharge(recipientGets, now);
    if (!charge.ok) return charge;
    const net = fiatToMsat(fiat("KES", recipientGets + charge.value), rate, "ceil");
    holderPays = msat(net + partsPerMillionOfMsat(net, spreadPartsPerMillion, "ceil"));
  } else {
    holderPays = requested.amountMsat;
    const net = msat(divide(holderPays * million, million + spreadPartsPerMillion, "floor"));
    const max = maxPayable(msatToFiat(net, rate, "floor"), now);
    if (!max.ok) return max;
    recipientGets = max.value;
  }
  const charge = payoutCharge(recipientGets, now);
  if (!charge.ok) return charge;
  const payoutMsat = fiatToMsat(recipientGets, rate, "ceil");
  const net = fiatToMsat(fiat("KES", recipientGets + charge.value), rate, "ceil");
  const spreadMsat = msat(holderPays - net);
  const spread: FeeLine = {
    code: "spread",
    amountMsat: spreadMsat,
    amountKesCents: msatToFiat(spreadMsat, rate, "half-even"),
  };
  const mpesa: FeeLine = {
    code: "mpesa",
    amountMsat: msat(net - payoutMsat),
    amountKesCents: charge.value,
  };
  return ok({
    currency: rate.currency,
    amountKesCents: recipientGets,
    amountMsat: holderPays,
    rate,
    fees: charge.value > 0n ? [spread, mpesa] : [spread],
    recipientName,
  });
}

/** M-Pesa's fee to the operator for a payout. Errors: `amount_above_maximum`. */
export function payoutCharge(
  amount: Fiat<"KES">,
  now: number,
): Result<Fiat<"KES">, "amount_above_maximum"> {
  const fee = tariffFee(inForce(mpesaB2cTariffs, now), amount);
  return fee.ok ? fee : aboveTariff(now);
}

/** The largest whole-shilling payout that `available` covers together with M-Pesa's fee. */
function maxPayable(
  available: Fiat<"KES">,
  now: number,
): Result<Fiat<"KES">, "amount_below_minimum" | "amount_above_maximum"> {
  const { bands } = inForce(mpesaB2cTariffs, now);
  let max: bigint = fiat("KES", 0n);
  let reached = fiat("KES", 0n);
  for (const { upTo, fee } of bands) {
    const remaining = available - fee;
    const fits = remaining <= 0n ? 0n : remaining < upTo ? remaining - (remaining % 100n) : upTo;
    if (fits > reached && fits > max) max = fits;
    reached = upTo;
  }
  if (max === 0n) return tooSmall();
  const last = bands.at(-1);
  return last !== undefined && available > last.upTo + last.fee
    ? aboveTariff(now)
    : ok(fiat("KES", max));
}

function aboveTariff(now: number) {
  const max = inForce(mpesaB2cTariffs, now).bands.at(-1)?.upTo ?? fiat("KES", 0n);
  return err(
    "amount_above_maximum",
    `M-Pesa pays at most ${formatFiat("KES", max)} per payout.`,
    "never",
  );
}

function tooSmall() {
  return err(
    "amount_below_minimum",
    "The amount does not cover the fees. Choose a larger amount.",
    "never",
  );
}
