import { parseCrossRate, parseRate } from "@satsconnect/money";
import type { Rate, Result } from "@satsconnect/money";
import { pricePolicy } from "../../domain/policy.ts";
import type { Price, RateSource } from "../../app/orders/ports.ts";
import type { Feed, FetchFeed, Reading } from "./feeds.ts";
import { distancePartsPerMillion, medianPrice } from "./median.ts";
import type { SourcePrice } from "./median.ts";

export type RatesOptions = {
  readonly feeds: readonly Feed[];
  readonly fetchFeed: FetchFeed;
  readonly now: () => number;
};

type Good = { readonly rate: Rate<"KES">; readonly at: number };

/** The bitcoin price in shillings from independent feeds. All feeds are fetched in parallel, one round at a time. */
export function createRates({ feeds, fetchFeed, now }: RatesOptions): RateSource {
  let cached: { readonly answer: Result<Price, "rates_unavailable">; readonly at: number } | null =
    null;
  let fx: { readonly rate: string; readonly askedAt: number; readonly asOf: number } | null = null;
  let round: Promise<Result<Price, "rates_unavailable">> | null = null;
  const history: Good[] = [];
  let jumpedAt = -Infinity;

  async function shillingsForDollar(): Promise<string | null> {
    const feed = feeds.find(({ pair }) => pair === "USD/KES");
    if (feed === undefined) return null;
    if (fx === null || now() - fx.askedAt >= pricePolicy.fxCacheMs) {
      const answer = await fetchFeed(feed);
      if (answer.ok && answer.value.asOf !== null) {
        fx = { rate: answer.value.amount, askedAt: now(), asOf: answer.value.asOf };
      }
    }
    return fx !== null && now() - fx.asOf <= pricePolicy.fxMaxAgeMs ? fx.rate : null;
  }

  async function fetchPrice(): Promise<Result<Price, "rates_unavailable">> {
    const bitcoinFeeds = feeds.filter(({ pair }) => pair !== "USD/KES");
    const [dollar, ...readings] = await Promise.all([
      shillingsForDollar(),
      ...bitcoinFeeds.map((feed) => fetchFeed(feed)),
    ]);
    const at = now();
    const prices = readings.flatMap((reading, index): SourcePrice[] => {
      const feed = bitcoinFeeds[index];
      if (feed === undefined || !reading.ok) return [];
      const price = priceOf(feed, reading.value, dollar);
      if (price === null) return [];
      return [{ source: feed.name, rate: price, asOf: reading.value.asOf ?? at }];
    });
    const lastGood = history.at(-1)?.rate ?? null;
    const agreed = medianPrice(prices, { now: at, lastGood });
    if (!agreed.ok) return agreed;
    remember({ rate: agreed.value.rate, at });
    const widened =
      at - jumpedAt < pricePolicy.jumpWindowMs ? pricePolicy.jumpSpreadPartsPerMillion : 0n;
    return { ok: true, value: { ...agreed.value, extraSpreadPartsPerMillion: widened } };
  }

  function remember(good: Good): void {
    while (history[0] !== undefined && history[0].at < good.at - pricePolicy.jumpWindowMs)
      history.shift();
    const jumped = history.some(
      (earlier) =>
        distancePartsPerMillion(good.rate, earlier.rate) > pricePolicy.jumpPartsPerMillion,
    );
    if (jumped) jumpedAt = good.at;
    history.push(good);
  }

  return {
    current: async () => {
      if (cached !== null && now() - cached.at < pricePolicy.cacheMs) return cached.answer;
      round ??= fetchPrice().finally(() => {
        round = null;
      });
      const answer = await round;
      // Do not cache a failure: the next quote tries again.
      cached = answer.ok ? { answer, at: now() } : null;
      return answer;
    },
  };
}

/** A feed's price in shillings. A dollar price is multiplied by the dollar's price, without rounding. */
function priceOf(feed: Feed, { amount }: Reading, dollar: string | null): Rate<"KES"> | null {
  if (feed.pair === "BTC/KES") return valueOrNull(parseRate("KES", amount));
  return dollar === null ? null : valueOrNull(parseCrossRate("KES", amount, dollar));
}

function valueOrNull<Value>(result: Result<Value>): Value | null {
  return result.ok ? result.value : null;
}
