import {
  err,
  fiat,
  formatFiat,
  inForce,
  maxRoutingFee,
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
import { orderTimes } from "../../domain/policy.ts";
import { exceededLimit } from "../../domain/trade-limits.ts";
import type { LimitCode, LimitQuery } from "../../domain/trade-limits.ts";
import type { CurrentPrice } from "../../domain/facts.ts";
import { engineUnavailable } from "../engine-unavailable.ts";
import { openRefused } from "./open-refusal.ts";
import type { Clock, Ids, Lightning, OrderStore, PayoutRail } from "./ports.ts";
import type { Prices } from "./prices.ts";
import type { Holder, Orders, QuoteError } from "./use-cases.ts";

export type QuoteOptions = {
  readonly store: OrderStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly lightning: Lightning;
  readonly payouts: PayoutRail;
  readonly prices: Prices;
  readonly settings: Pick<OperatorSettings, "limits">;
  /** Counts one look-up of a recipient's name against the wallet's budget. */
  /** See `LimitQuery`. */
  readonly countFactor?: number;
  readonly allowNameLookup: (walletId: string) => Promise<Result<void, "rate_limited">>;
};

/** Makes quotes. Refuses what would certainly fail later: limits, liquidity, an unregistered recipient. */
export function createQuoteMaker(options: QuoteOptions): Orders["createQuote"] {
  const { store, clock, ids, lightning, payouts, prices, settings } = options;

  async function buy(
    { walletId, nodeId, deviceId = null }: Holder,
    requested: RequestedAmount,
  ): Promise<Result<Quote, QuoteError>> {
    const price = await prices.current("buy");
    if (!price.ok) return price;
    const pricing = price.value;
    const withoutChannel = buyTerms(requested, pricing, zeroMsat);
    if (!withoutChannel.ok) return withoutChannel;
    const limits = checkLimits("buy", withoutChannel.value);
    if (!limits.ok) return limits;
    const { amountMsat } = withoutChannel.value;
    const [channelOpen, admitted] = await Promise.all([
      lightning.estimateChannelOpen({ walletId, amountMsat }),
      admitBuy(lightning, nodeId, amountMsat),
    ]);
    if (!channelOpen.ok) {
      return channelRefusals.has(channelOpen.error.code)
        ? liquidityExhausted()
        : engineUnavailable();
    }
    if (!admitted.ok) return admitted;
    const { needed, feeMsat, minAmountMsat } = channelOpen.value;
    const terms = needed ? buyTerms(requested, pricing, feeMsat) : withoutChannel;
    if (!terms.ok) return terms;
    if (needed && terms.value.amountMsat < minAmountMsat) {
      return tooSmallForChannel(minAmountMsat, pricing, feeMsat);
    }
    const finalLimits = checkLimits("buy", terms.value);
    if (!finalLimits.ok) return finalLimits;
    const tradable = await checkTradeLimits(
      { walletId, deviceId, msisdn: null },
      "buy",
      terms.value,
    );
    if (!tradable.ok) return tradable;
    const fee = tariffFee(inForce(mpesaPayBillTariffs, clock.now()), terms.value.amountKesCents);
    return save("buy", walletId, terms.value, price.value, {
      msisdn: null,
      customerFee: fee.ok ? fee.value : fiat("KES", 0n),
    });
  }

  async function sell(
    { walletId, deviceId = null }: Holder,
    requested: RequestedAmount,
    msisdn: string,
  ): Promise<Result<Quote, QuoteError>> {
    const price = await prices.current("sell");
    if (!price.ok) return price;
    const withoutName = sellTerms(requested, price.value, null, clock.now());
    if (!withoutName.ok) return withoutName;
    const limits = checkLimits("sell", withoutName.value);
    if (!limits.ok) return limits;
    const tradable = await checkTradeLimits(
      { walletId, deviceId, msisdn },
      "sell",
      withoutName.value,
    );
    if (!tradable.ok) return tradable;
    if ((await store.availableFloat()) < withoutName.value.amountKesCents) return floatExhausted();
    const recipientName = await nameOf(walletId, msisdn);
    if (!recipientName.ok) return recipientName;
    const terms: Terms = { ...withoutName.value, recipientName: recipientName.value };
    return save("sell", walletId, terms, price.value, {
      msisdn,
      customerFee: fiat("KES", 0n),
    });
  }

  /** M-Pesa is asked once a day about a number that the wallet pays, and a wallet may ask about a few new ones. */
  async function nameOf(
    walletId: string,
    msisdn: string,
  ): Promise<
    Result<string | null, "recipient_not_registered" | "mpesa_unavailable" | "rate_limited">
  > {
    const since = clock.now() - orderTimes.recipientNameMs;
    const known = await store.knownRecipientName(walletId, msisdn, since);
    if (known !== undefined) return ok(known);
    const allowed = await options.allowNameLookup(walletId);
    if (!allowed.ok) return allowed;
    const recipient = await payouts.recipientName(msisdn);
    return recipient.ok ? ok(recipient.value.name) : recipient;
  }

  /** Limits that depend on what the wallet and the number have traded; `open` checks them again. */
  async function checkTradeLimits(
    whose: Pick<LimitQuery, "walletId" | "deviceId" | "msisdn">,
    kind: OrderKind,
    { amountKesCents }: Terms,
  ): Promise<Result<null, LimitCode>> {
    const at = clock.now();
    const railDailyMax = orderLimits(kind, at, settings.limits).dailyMax;
    const { countFactor = 1 } = options;
    const limits = await store.limits({ ...whose, kind, at, railDailyMax, countFactor });
    const exceeded = exceededLimit(limits, amountKesCents);
    if (exceeded === null) return ok(null);
    const { code, amount, count } = exceeded;
    return openRefused({ code, max: amount?.max ?? null, maxCount: count?.max ?? null });
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
    { sources, validForMs }: Pick<Quote, "sources"> & Pick<CurrentPrice, "validForMs">,
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
      expiresAt: createdAt + validForMs,
      orderId: null,
    };
    await store.addQuote(quote);
    return ok(quote);
  }

  return async ({ kind, amountKesCents, amountMsat, msisdn, ...holder }) => {
    const requested = requestedAmount(amountKesCents, amountMsat);
    if (kind === "buy") return buy(holder, requested);
    if (msisdn === null) throw new Error("A quote for a sell needs the recipient's number");
    return sell(holder, requested, msisdn);
  };
}

/** The engine answers, but opens no channel now: feerate, limits or coins. */
const channelRefusals: ReadonlySet<string> = new Set(["channel_open_failed", "insufficient_funds"]);

/**
 * Whether the node would pay this amount to the wallet now: enough coins, within its own caps, and not paused. Asked before
 * a person pays for a buy that would not be delivered.
 */
export async function admitBuy(
  lightning: Pick<Lightning, "checkPayment" | "spendableMsat">,
  nodeId: string,
  amountMsat: Msat,
): Promise<Result<null, "liquidity_exhausted" | "engine_unavailable">> {
  const [checked, spendable] = await Promise.all([
    lightning.checkPayment({ nodeId, amountMsat, maxFeeMsat: maxRoutingFee(amountMsat) }),
    lightning.spendableMsat(),
  ]);
  if (!checked.ok && paymentRefusals.has(checked.error.code)) return liquidityExhausted();
  if (!checked.ok || !spendable.ok) return engineUnavailable();
  return spendable.value < amountMsat ? liquidityExhausted() : ok(null);
}

const paymentRefusals: ReadonlySet<string> = new Set([
  "cap_exceeded",
  "payments_paused",
  "node_recovering",
]);

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

export function floatExhausted() {
  return err(
    "float_exhausted",
    "The operator cannot pay out this amount right now. Sell less, or try again later.",
    "safe",
  );
}

function liquidityExhausted() {
  return err(
    "liquidity_exhausted",
    "The operator cannot send this amount right now. Buy less, or try again later.",
    "safe",
  );
}
