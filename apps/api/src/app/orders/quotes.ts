import {
  err,
  fiat,
  formatFiat,
  inForce,
  mpesaB2cLimits,
  mpesaPayBillTariffs,
  mpesaStkLimits,
  ok,
  tariffFee,
  zeroMsat,
} from "@satsconnect/money";
import type { Fiat, Msat, Result } from "@satsconnect/money";
import type { OrderKind, Terms } from "../../domain/order.ts";
import { buyTerms, sellTerms } from "../../domain/quote.ts";
import type { AmountAsked, Quote } from "../../domain/quote.ts";
import type { Clock, Ids, Lightning, OrderStore, PayoutRail, RateSource } from "./ports.ts";
import type { Orders, QuoteError } from "./use-cases.ts";

export type QuoteOptions = {
  readonly store: OrderStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly lightning: Lightning;
  readonly payouts: PayoutRail;
  readonly rates: RateSource;
  /** The operator's margin: 1 % is 10,000. */
  readonly spreadPartsPerMillion: bigint;
};

export type AmountLimits = {
  readonly min: Fiat<"KES">;
  readonly max: Fiat<"KES">;
  readonly dailyMax: Fiat<"KES">;
};

const quoteLifeMs = { buy: 90_000, sell: 120_000 } as const;

/**
 * What M-Pesa lets through at a time. A buy has the payout's minimum too: what cannot be delivered has to go back.
 */
export function limitsFor(kind: OrderKind, now: number): AmountLimits {
  const payout = inForce(mpesaB2cLimits, now);
  if (kind === "sell") return payout;
  const prompt = inForce(mpesaStkLimits, now);
  return { ...prompt, min: prompt.min > payout.min ? prompt.min : payout.min };
}

/** Promises a price. Everything that can be known to fail later fails here, before anybody commits to anything. */
export function quoteMaker(options: QuoteOptions): Orders["createQuote"] {
  const { store, clock, ids, lightning, payouts, rates } = options;

  async function buy(walletId: string, asked: AmountAsked): Promise<Result<Quote, QuoteError>> {
    const price = await rates.current();
    if (!price.ok) return price;
    const pricing = pricingOf(options, price.value);
    const free = buyTerms(asked, pricing, zeroMsat);
    if (!free.ok) return free;
    const within = withinLimits("buy", free.value, clock.now());
    if (!within.ok) return within;
    const [opening, room] = await Promise.all([
      lightning.estimateChannelOpen({ walletId, amountMsat: free.value.amountMsat }),
      lightning.spendableMsat(),
    ]);
    if (!opening.ok || !room.ok) return engineUnavailable();
    const { needed, feeMsat, minimumAmountMsat } = opening.value;
    const terms = needed ? buyTerms(asked, pricing, feeMsat) : free;
    if (!terms.ok) return terms;
    if (needed && terms.value.amountMsat < minimumAmountMsat) return tooSmallForChannel();
    const stillWithin = withinLimits("buy", terms.value, clock.now());
    if (!stillWithin.ok) return stillWithin;
    if (room.value < terms.value.amountMsat) {
      return err(
        "liquidity_exhausted",
        "The operator cannot send this amount right now. Try a smaller one, or later.",
        "safe",
      );
    }
    const fee = tariffFee(inForce(mpesaPayBillTariffs, clock.now()), terms.value.amountKesCents);
    return save("buy", walletId, terms.value, price.value.sources, {
      msisdn: null,
      customerFee: fee.ok ? fee.value : fiat("KES", 0n),
    });
  }

  async function sell(
    walletId: string,
    asked: AmountAsked,
    msisdn: string,
  ): Promise<Result<Quote, QuoteError>> {
    const price = await rates.current();
    if (!price.ok) return price;
    const pricing = pricingOf(options, price.value);
    const nameless = sellTerms(asked, pricing, null, clock.now());
    if (!nameless.ok) return nameless;
    const within = withinLimits("sell", nameless.value, clock.now());
    if (!within.ok) return within;
    const recipient = await payouts.recipientName(msisdn);
    if (!recipient.ok) return recipient;
    const terms: Terms = { ...nameless.value, recipientName: recipient.value.name };
    return save("sell", walletId, terms, price.value.sources, {
      msisdn,
      customerFee: fiat("KES", 0n),
    });
  }

  async function save(
    kind: OrderKind,
    walletId: string,
    terms: Terms,
    sources: Quote["sources"],
    { msisdn, customerFee }: { readonly msisdn: string | null; readonly customerFee: Fiat<"KES"> },
  ): Promise<Result<Quote, QuoteError>> {
    const createdAt = clock.now();
    const quote: Quote = {
      id: ids.uuid(),
      walletId,
      kind,
      terms,
      customerMpesaFeeKesCents: customerFee,
      msisdn,
      sources,
      createdAt,
      expiresAt: createdAt + quoteLifeMs[kind],
      orderId: null,
    };
    await store.addQuote(quote);
    return ok(quote);
  }

  return async ({ walletId, kind, amountKesCents, amountMsat, msisdn }) => {
    const asked = askedAmount(amountKesCents, amountMsat);
    if (kind === "buy") return buy(walletId, asked);
    if (msisdn === null) throw new Error("A sell's quote needs its recipient");
    return sell(walletId, asked, msisdn);
  };
}

function pricingOf(
  { spreadPartsPerMillion }: QuoteOptions,
  price: { readonly rate: Terms["rate"]; readonly widenedPartsPerMillion: bigint },
) {
  return {
    rate: price.rate,
    spreadPartsPerMillion: spreadPartsPerMillion + price.widenedPartsPerMillion,
  };
}

function askedAmount(amountKesCents: Fiat<"KES"> | null, amountMsat: Msat | null): AmountAsked {
  if (amountKesCents !== null && amountMsat === null) return { amountKesCents, amountMsat };
  if (amountKesCents === null && amountMsat !== null) return { amountKesCents, amountMsat };
  throw new Error("A quote is asked for by exactly one of two amounts");
}

function withinLimits(
  kind: OrderKind,
  { amountKesCents }: Terms,
  now: number,
): Result<null, "amount_below_minimum" | "amount_above_maximum"> {
  const { min, max } = limitsFor(kind, now);
  if (amountKesCents < min) {
    return err(
      "amount_below_minimum",
      `The smallest amount is ${formatFiat("KES", min)}.`,
      "never",
    );
  }
  if (amountKesCents > max) {
    return err("amount_above_maximum", `The largest amount is ${formatFiat("KES", max)}.`, "never");
  }
  return ok(null);
}

function tooSmallForChannel() {
  return err(
    "amount_below_minimum",
    "A first purchase opens a channel and has to be larger than that.",
    "never",
  );
}

function engineUnavailable() {
  return err(
    "engine_unavailable",
    "The Lightning node cannot be reached right now. Try again in a moment.",
    "safe",
  );
}
