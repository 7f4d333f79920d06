import {
  err,
  fiat,
  formatFiat,
  inForce,
  mpesaPayBillTariffs,
  ok,
  tariffFee,
  zeroMsat,
} from "@satsconnect/money";
import { orderLimits } from "../../domain/order-limits.ts";
import type { Fiat, Msat, Result } from "@satsconnect/money";
import type { OperatorSettings } from "../../domain/operator-settings.ts";
import type { OrderKind, Terms } from "../../domain/order.ts";
import { buyTerms, sellTerms } from "../../domain/quote.ts";
import type { RequestedAmount, Pricing, Quote } from "../../domain/quote.ts";
import { engineUnavailable } from "../engine-unavailable.ts";
import type { Clock, Ids, Lightning, OrderStore, PayoutRail, RateSource } from "./ports.ts";
import type { Orders, QuoteError } from "./use-cases.ts";

export type QuoteOptions = {
  readonly store: OrderStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly lightning: Lightning;
  readonly payouts: PayoutRail;
  readonly rates: RateSource;
  readonly settings: OperatorSettings;
};

/** Makes quotes. Refuses what would certainly fail later: limits, liquidity, an unregistered recipient. */
export function createQuoteMaker(options: QuoteOptions): Orders["createQuote"] {
  const { store, clock, ids, lightning, payouts, rates, settings } = options;

  async function buy(
    walletId: string,
    requested: RequestedAmount,
  ): Promise<Result<Quote, QuoteError>> {
    const price = await rates.current();
    if (!price.ok) return price;
    const pricing = pricingOf(settings, price.value);
    const withoutChannel = buyTerms(requested, pricing, zeroMsat);
    if (!withoutChannel.ok) return withoutChannel;
    const limits = checkLimits("buy", withoutChannel.value);
    if (!limits.ok) return limits;
    const [channelOpen, spendable] = await Promise.all([
      lightning.estimateChannelOpen({ walletId, amountMsat: withoutChannel.value.amountMsat }),
      lightning.spendableMsat(),
    ]);
    if (!channelOpen.ok) {
      return channelRefusals.has(channelOpen.error.code)
        ? liquidityExhausted()
        : engineUnavailable();
    }
    if (!spendable.ok) return engineUnavailable();
    const { needed, feeMsat, minAmountMsat } = channelOpen.value;
    const terms = needed ? buyTerms(requested, pricing, feeMsat) : withoutChannel;
    if (!terms.ok) return terms;
    if (needed && terms.value.amountMsat < minAmountMsat) {
      return tooSmallForChannel(minAmountMsat, pricing, feeMsat);
    }
    const finalLimits = checkLimits("buy", terms.value);
    if (!finalLimits.ok) return finalLimits;
    if (spendable.value < terms.value.amountMsat) return liquidityExhausted();
    const fee = tariffFee(inForce(mpesaPayBillTariffs, clock.now()), terms.value.amountKesCents);
    return save("buy", walletId, terms.value, price.value.sources, {
      msisdn: null,
      customerFee: fee.ok ? fee.value : fiat("KES", 0n),
    });
  }

  async function sell(
    walletId: string,
    requested: RequestedAmount,
    msisdn: string,
  ): Promise<Result<Quote, QuoteError>> {
    const price = await rates.current();
    if (!price.ok) return price;
    const withoutName = sellTerms(requested, pricingOf(settings, price.value), null, clock.now());
    if (!withoutName.ok) return withoutName;
    const limits = checkLimits("sell", withoutName.value);
    if (!limits.ok) return limits;
    const recipient = await payouts.recipientName(msisdn);
    if (!recipient.ok) return recipient;
    const terms: Terms = { ...withoutName.value, recipientName: recipient.value.name };
    return save("sell", walletId, terms, price.value.sources, {
      msisdn,
      customerFee: fiat("KES", 0n),
    });
  }

  function checkLimits(
    kind: OrderKind,
    { amountKesCents }: Terms,
  ): Result<null, "amount_below_minimum" | "amount_above_maximum"> {
    const { min, max } = orderLimits(kind, clock.now(), settings.limits);
    if (amountKesCents < min) {
      return err("amount_below_minimum", `The minimum is ${formatFiat("KES", min)}.`, "never");
    }
    if (amountKesCents > max) {
      return err("amount_above_maximum", `The maximum is ${formatFiat("KES", max)}.`, "never");
    }
    return ok(null);
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
      expiresAt: createdAt + settings.quoteLifetimeMs[kind],
      orderId: null,
    };
    await store.addQuote(quote);
    return ok(quote);
  }

  return async ({ walletId, kind, amountKesCents, amountMsat, msisdn }) => {
    const requested = requestedAmount(amountKesCents, amountMsat);
    if (kind === "buy") return buy(walletId, requested);
    if (msisdn === null) throw new Error("A quote for a sell needs the recipient's number");
    return sell(walletId, requested, msisdn);
  };
}

/** The engine answers, but opens no channel now: feerate, limits or coins. */
const channelRefusals: ReadonlySet<string> = new Set(["channel_open_failed", "insufficient_funds"]);

function pricingOf(
  { spreadPartsPerMillion }: OperatorSettings,
  price: { readonly rate: Terms["rate"]; readonly extraSpreadPartsPerMillion: bigint },
): Pricing {
  return {
    rate: price.rate,
    spreadPartsPerMillion: spreadPartsPerMillion + price.extraSpreadPartsPerMillion,
  };
}

function requestedAmount(
  amountKesCents: Fiat<"KES"> | null,
  amountMsat: Msat | null,
): RequestedAmount {
  if (amountKesCents !== null && amountMsat === null) return { amountKesCents, amountMsat };
  if (amountKesCents === null && amountMsat !== null) return { amountKesCents, amountMsat };
  throw new Error("A quote takes exactly one of the two amounts");
}

function tooSmallForChannel(minAmountMsat: Msat, pricing: Pricing, channelFeeMsat: Msat) {
  const min = buyTerms(
    { amountKesCents: null, amountMsat: minAmountMsat },
    pricing,
    channelFeeMsat,
  );
  const action = min.ok
    ? `buy at least ${formatFiat("KES", min.value.amountKesCents)}`
    : "buy more";
  return err("amount_below_minimum", `Your first purchase opens a channel; ${action}.`, "never");
}

export function liquidityExhausted() {
  return err(
    "liquidity_exhausted",
    "The operator cannot send this amount right now. Buy less, or try again later.",
    "safe",
  );
}
