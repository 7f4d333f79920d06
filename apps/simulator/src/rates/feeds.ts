import { shillingsText, toJson, WrittenNumber } from "../shared/json.ts";
import type { Json } from "../shared/json.ts";
import { shifted } from "./walk.ts";
import type { Prices, PriceSource, Quote } from "./prices.ts";

export type FeedAnswer = {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
};

type Feed = {
  readonly source: PriceSource;
  readonly path: string;
  readonly shape: (quote: Quote) => Json;
};

/**
 * The feeds. Each path is `/rates/`, the source's name and the path at the real source. Evidence for the formats: Coinbase
 * observed on 2026-10-01; yadio, Kraken and open.er-api documented; Bitstamp community.
 */
const feeds: readonly Feed[] = [
  { source: "coinbase", path: "/rates/coinbase/v2/prices/BTC-KES/spot", shape: coinbase },
  { source: "yadio", path: "/rates/yadio/convert/1/BTC/KES", shape: yadio },
  { source: "kraken", path: "/rates/kraken/0/public/Ticker", shape: kraken },
  { source: "bitstamp", path: "/rates/bitstamp/api/v2/ticker/btcusd/", shape: bitstamp },
  { source: "er_api", path: "/rates/er-api/v6/latest/USD", shape: erApi },
];

/** The answer of the feed at a path; undefined when no feed has this path. */
export function answerFeed(
  prices: Prices,
  path: string,
  query: URLSearchParams,
): FeedAnswer | undefined {
  const feed = feeds.find((known) => known.path === path || known.path === `${path}/`);
  if (feed === undefined) return undefined;
  const quote = prices.quote(feed.source);
  if (quote === null) {
    return {
      status: 503,
      contentType: "text/html",
      body: "<html><body>503 Service Unavailable</body></html>",
    };
  }
  if (prices.behaviour(feed.source)?.behaviour === "malformed") {
    return { status: 200, contentType: "application/json", body: '{"data":{"amount":"not' };
  }
  const pair = query.get("pair");
  if (feed.source === "kraken" && pair !== "XBTUSD") {
    return json({ error: ["EQuery:Unknown asset pair"] });
  }
  return json(feed.shape(quote));
}

function json(body: Json): FeedAnswer {
  return { status: 200, contentType: "application/json; charset=utf-8", body: toJson(body) };
}

function coinbase({ price }: Quote): Json {
  return { data: { amount: shillingsText(price), base: "BTC", currency: "KES" } };
}

function yadio({ price, at }: Quote): Json {
  const result = new WrittenNumber(shillingsText(price));
  return { request: { amount: 1, from: "BTC", to: "KES" }, result, rate: result, timestamp: at };
}

/** The key in `result` differs from the requested pair, as in Kraken's API. */
function kraken({ price }: Quote): Json {
  const last = `${shillingsText(price)}0`;
  const ask = `${shillingsText(shifted(price, 5))}0`;
  return {
    error: [],
    result: {
      XXBTZUSD: {
        a: [ask, "1", "1.000"],
        b: [last, "2", "2.000"],
        c: [last, "0.00120000"],
        v: ["812.11402190", "1904.40931140"],
        p: [last, last],
        t: [21_430, 50_122],
        l: [
          `${shillingsText(shifted(price, -9_000))}0`,
          `${shillingsText(shifted(price, -12_000))}0`,
        ],
        h: [
          `${shillingsText(shifted(price, 9_000))}0`,
          `${shillingsText(shifted(price, 12_000))}0`,
        ],
        o: `${shillingsText(shifted(price, -2_000))}0`,
      },
    },
  };
}

function bitstamp({ price, at }: Quote): Json {
  const text = shillingsText(price);
  return {
    timestamp: Math.floor(at / 1000).toString(),
    open: shillingsText(shifted(price, -2_000)),
    high: shillingsText(shifted(price, 9_000)),
    low: shillingsText(shifted(price, -9_000)),
    last: text,
    volume: "1204.55120000",
    vwap: text,
    bid: text,
    ask: shillingsText(shifted(price, 10)),
    side: "0",
    open_24: shillingsText(shifted(price, -2_000)),
    percent_change_24: "0.20",
  };
}

function erApi({ price, at }: Quote): Json {
  const day = 24 * 3600;
  const updated = Math.floor(at / 1000);
  const rate = new WrittenNumber(
    `${price / 10_000n}.${(price % 10_000n).toString().padStart(4, "0")}`,
  );
  return {
    result: "success",
    provider: "https://www.exchangerate-api.com",
    documentation: "https://www.exchangerate-api.com/docs/free",
    terms_of_use: "https://www.exchangerate-api.com/terms",
    time_last_update_unix: updated,
    time_last_update_utc: new Date(updated * 1000).toUTCString(),
    time_next_update_unix: updated + day,
    time_next_update_utc: new Date((updated + day) * 1000).toUTCString(),
    time_eol_unix: 0,
    base_code: "USD",
    rates: { USD: 1, KES: rate },
  };
}
