import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { member, parseRaw, textOf } from "../exact-json.ts";
import type { RawJson } from "../exact-json.ts";

/** A price as the feed's decimal text, and its time. */
export type Reading = {
  readonly amount: string;
  /** The feed's own timestamp in UTC milliseconds; null if it has none. */
  readonly asOf: number | null;
};

export type Feed = {
  readonly name: string;
  /** BTC/KES: shillings per bitcoin. BTC/USD: dollars per bitcoin. USD/KES: shillings per dollar. */
  readonly pair: "BTC/KES" | "BTC/USD" | "USD/KES";
  readonly url: string;
  /** Returns null if the answer is not for this pair. */
  readonly read: (body: RawJson) => Reading | null;
};

export type FeedUrls = {
  readonly coinbase: string;
  readonly yadio: string;
  readonly kraken: string;
  readonly bitstamp?: string;
  readonly fx: string;
};

/** The feeds at the given base URLs. */
export function feedsAt(urls: FeedUrls): readonly Feed[] {
  const feeds: Feed[] = [
    {
      name: "coinbase",
      pair: "BTC/KES",
      url: `${urls.coinbase}/v2/prices/BTC-KES/spot`,
      read: (body) => {
        const data = member(body, "data");
        const isPair =
          textOf(member(data, "base")) === "BTC" && textOf(member(data, "currency")) === "KES";
        return isPair ? reading(member(data, "amount"), null) : null;
      },
    },
    {
      // /convert gives shillings per bitcoin; /rate gives the inverse.
      name: "yadio",
      pair: "BTC/KES",
      url: `${urls.yadio}/convert/1/BTC/KES`,
      read: (body) => {
        const request = member(body, "request");
        const isPair =
          textOf(member(request, "from")) === "BTC" && textOf(member(request, "to")) === "KES";
        return isPair
          ? reading(member(body, "result"), milliseconds(member(body, "timestamp")))
          : null;
      },
    },
    {
      name: "kraken",
      pair: "BTC/USD",
      url: `${urls.kraken}/0/public/Ticker?pair=XBTUSD`,
      read: (body) => {
        const errors = member(body, "error");
        if (Array.isArray(errors) && errors.length > 0) return null;
        // The answer to XBTUSD is named XXBTZUSD.
        const last = member(member(member(body, "result"), "XXBTZUSD"), "c");
        return Array.isArray(last) ? reading(last[0] as RawJson | undefined, null) : null;
      },
    },
    {
      name: "fx",
      pair: "USD/KES",
      url: `${urls.fx}/v6/latest/USD`,
      read: (body) => {
        const isPair =
          textOf(member(body, "result")) === "success" &&
          textOf(member(body, "base_code")) === "USD";
        if (!isPair) return null;
        const asOf = seconds(member(body, "time_last_update_unix"));
        return asOf === null ? null : reading(member(member(body, "rates"), "KES"), asOf);
      },
    },
  ];
  const { bitstamp } = urls;
  if (bitstamp !== undefined) {
    feeds.push({
      name: "bitstamp",
      pair: "BTC/USD",
      url: `${bitstamp}/api/v2/ticker/btcusd/`,
      read: (body) => {
        const asOf = seconds(member(body, "timestamp"));
        return asOf === null ? null : reading(member(body, "last"), asOf);
      },
    });
  }
  return feeds;
}

export type FetchFeed = (feed: Feed) => Promise<Result<Reading, "feed_unavailable">>;

const timeoutMs = 4_000;
const maxAnswerLength = 200_000;

/** Fetches one feed's price. Errors: `feed_unavailable`. */
export function createFetchFeed(fetchResponse: typeof fetch = fetch): FetchFeed {
  return async (feed) => {
    try {
      const response = await fetchResponse(feed.url, {
        headers: { accept: "application/json" },
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      const body = response.ok && text.length <= maxAnswerLength ? parseRaw(text) : null;
      const read = body === null ? null : feed.read(body);
      return read === null ? unavailable(feed) : ok(read);
    } catch {
      return unavailable(feed);
    }
  };
}

function unavailable({ name }: Feed) {
  return err("feed_unavailable", `The price feed ${name} is unavailable.`, "safe");
}

function reading(amount: RawJson | undefined, asOf: number | null): Reading | null {
  const text = textOf(amount);
  return text === null || !/^\d{1,15}(?:\.\d{1,12})?$/.test(text) ? null : { amount: text, asOf };
}

function seconds(value: RawJson | undefined): number | null {
  const text = textOf(value);
  return text !== null && /^\d{9,10}$/.test(text) ? Number(text) * 1_000 : null;
}

function milliseconds(value: RawJson | undefined): number | null {
  const text = textOf(value);
  return text !== null && /^\d{12,13}$/.test(text) ? Number(text) : null;
}
