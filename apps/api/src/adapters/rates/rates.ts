import { parseCrossRate, parseRate } from "@satsconnect/money";
import type { Rate, Result } from "@satsconnect/money";
import { pricePolicy } from "../../domain/policy.ts";
import type { Price, RateSource } from "../../app/orders/ports.ts";
import type { Feed, FetchFeed, Reading } from "./feeds.ts";
import { deviationPartsPerMillion, medianPrice } from "./median.ts";
import type { SourcePrice } from "./median.ts";

export type RatesOptions = {
  readonly feeds: readonly Feed[];
  readonly fetchFeed: FetchFeed;
  readonly now: () => number;
};

type AcceptedPrice = { readonly rate: Rate<"KES">; readonly at: number };

/** The bitcoin price in shillings from independent feeds, fetched in parallel. Concurrent callers share one fetch. */
export function createRates({ feeds, fetchFeed, now }: RatesOptions): RateSource {
  let cached: { readonly answer: Result<Price, "rates_unavailable">; readonly at: number } | null =
    null;
  let fx: { readonly rate: string; readonly fetchedAt: number; readonly asOf: number } | null =
    null;
  let ongoing: Promise<Result<Price, "rates_unavailable">> | null = null;
  const history: AcceptedPrice[] = [];
  let jumpedAt = -Infinity;
  /** The last price of each feed, and since when it has been the same. */
  const unchanged = new Map<string, { readonly amount: string; readonly since: number }>();

  /** Whether the feed's price moves. A feed that repeats one price may be stuck, also if it states a new time. */
  function moves({ name }: Feed, { amount }: Reading, at: number): boolean {
    const last = unchanged.get(name);
    if (last?.amount === amount) return at - last.since <= pricePolicy.maxStillMs;
    unchanged.set(name, { amount, since: at });
    return true;
  }

  async function shillingsPerDollar(): Promise<string | null> {
    const feed = feeds.find(({ pair }) => pair === "USD/KES");
    if (feed === undefined) return null;
    if (fx === null || now() - fx.fetchedAt >= pricePolicy.fxCacheMs) {
      const answer = await fetchFeed(feed);
      if (answer.ok && answer.value.asOf !== null) {
        fx = { rate: answer.value.amount, fetchedAt: now(), asOf: answer.value.asOf };
      }
    }
    return fx !== null && now() - fx.asOf <= pricePolicy.fxMaxAgeMs ? fx.rate : null;
  }

  async function fetchPrice(): Promise<Result<Price, "rates_unavailable">> {
    const bitcoinFeeds = feeds.filter(({ pair }) => pair !== "USD/KES");
    const [dollar, ...readings] = await Promise.all([
      shillingsPerDollar(),
      ...bitcoinFeeds.map((feed) => fetchFeed(feed)),
    ]);
    const at = now();
    const prices = readings.flatMap((reading, index): SourcePrice[] => {
      const feed = bitcoinFeeds[index];
      if (feed === undefined || !reading.ok || !moves(feed, reading.value, at)) return [];
      const price = priceOf(feed, reading.value, dollar);
      if (price === null) return [];
      // All dollar prices are multiplied by the same rate.
      const group = feed.pair === "BTC/USD" ? "dollar" : feed.name;
      return [{ source: feed.name, group, rate: price, asOf: reading.value.asOf ?? at }];
    });
    const last = history.at(-1);
    const isRecent = last !== undefined && at - last.at <= pricePolicy.jumpReferenceMs;
    const agreed = medianPrice(prices, {
      now: at,
      lastAccepted: last?.rate ?? null,
      jumpReference: isRecent ? last.rate : null,
    });
    if (!agreed.ok) return agreed;
    record({ rate: agreed.value.rate, at });
    const extraSpread =
      at - jumpedAt < pricePolicy.jumpWindowMs ? pricePolicy.jumpSpreadPartsPerMillion : 0n;
    return { ok: true, value: { ...agreed.value, extraSpreadPartsPerMillion: extraSpread } };
  }

  function record(price: AcceptedPrice): void {
    while (history[0] !== undefined && history[0].at < price.at - pricePolicy.jumpWindowMs)
      history.shift();
    const jumped = history.some(
      (earlier) =>
        deviationPartsPerMillion(price.rate, earlier.rate) > pricePolicy.jumpPartsPerMillion,
    );
    if (jumped) jumpedAt = price.at;
    history.push(price);
  }

  return {
    current: async () => {
      if (cached !== null && now() - cached.at < pricePolicy.cacheMs) return cached.answer;
      ongoing ??= fetchPrice().finally(() => {
        ongoing = null;
      });
      const answer = await ongoing;
      // Do not cache a failure: the next quote tries again.
      cached = answer.ok ? { answer, at: now() } : null;
      return answer;
    },
  };
}

/** A feed's price in shillings per bitcoin. A dollar price is multiplied by `dollar` (shillings per dollar) exactly. */
function priceOf(feed: Feed, { amount }: Reading, dollar: string | null): Rate<"KES"> | null {
  if (feed.pair === "BTC/KES") return valueOrNull(parseRate("KES", amount));
  return dollar === null ? null : valueOrNull(parseCrossRate("KES", amount, dollar));
}

function valueOrNull<Value>(result: Result<Value>): Value | null {
  return result.ok ? result.value : null;
}
