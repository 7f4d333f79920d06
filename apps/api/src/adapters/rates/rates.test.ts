import { compareRates, err, formatRate, ok, parseRate, rate } from "@satsconnect/money";
import type { Rate } from "@satsconnect/money";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createFetchFeed, feedsAt } from "./feeds.ts";
import type { Feed, Reading } from "./feeds.ts";
import { median, medianPrice } from "./median.ts";
import { createRates } from "./rates.ts";

const start = Date.UTC(2026, 10, 23, 9, 0, 0);
const feeds = feedsAt({
  coinbase: "https://coinbase.test",
  yadio: "https://yadio.test",
  kraken: "https://kraken.test",
  bitstamp: "https://bitstamp.test",
  fx: "https://fx.test",
});

/** Responses in the form of the real services. */
const bodies: Readonly<Record<string, string>> = {
  coinbase: `{"data":{"amount":"10844580.9045","base":"BTC","currency":"KES"}}`,
  yadio: `{"request":{"amount":1,"from":"BTC","to":"KES"},"result":10839680.62,"rate":9.2e-8,"timestamp":${start - 5_000}}`,
  kraken: `{"error":[],"result":{"XXBTZUSD":{"a":["83750.1","1","1.0"],"b":["83750.0","1","1.0"],"c":["83700.00000","0.01"]}}}`,
  bitstamp: `{"last":"83710.5","bid":"83710","ask":"83711","timestamp":"${Math.floor(start / 1_000) - 3}"}`,
  fx: `{"result":"success","base_code":"USD","rates":{"USD":1,"KES":129.5},"time_last_update_unix":${Math.floor(start / 1_000) - 3_600}}`,
};

function fetchOf(responses: Readonly<Record<string, string | number>>): typeof fetch {
  return async (input) => {
    const address = input instanceof Request ? input.url : input;
    const answer = responses[new URL(address).hostname.replace(".test", "")];
    if (answer === undefined) throw new TypeError("fetch failed");
    return typeof answer === "number"
      ? new Response("<html>", { status: answer })
      : new Response(answer);
  };
}

function ratesOf(responses: Readonly<Record<string, string | number>>, now = () => start) {
  return createRates({ feeds, fetchFeed: createFetchFeed(fetchOf(responses)), now });
}

describe("the price of bitcoin in KES", () => {
  test("is the exact median of independent sources, and lists all", async () => {
    const price = await ratesOf(bodies).current();
    if (!price.ok) throw new Error(price.error.code);
    // 83,700 × 129.5 = 10,839,150; 83,710.5 × 129.5 = 10,840,509.75
    expect(price.value.sources).toEqual([
      { source: "coinbase", kesPerBtc: "10844580.90", asOf: start, used: true },
      { source: "yadio", kesPerBtc: "10839680.62", asOf: start - 5_000, used: true },
      { source: "kraken", kesPerBtc: "10839150.00", asOf: start, used: true },
      { source: "bitstamp", kesPerBtc: "10840509.75", asOf: start - 3_000, used: true },
    ]);
    // The two dollar prices count as one, 10,839,829.875, which lies between the two others.
    expect(price.value.rate).toEqual(rate("KES", 1_083_982_987_5n, 10n));
    expect(price.value.asOf).toBe(start - 5_000);
    expect(price.value.extraSpreadPartsPerMillion).toBe(0n);
  });

  test("excludes a source that is more than 3 % from the median", async () => {
    const outlier = bodies["coinbase"]?.replace("10844580.9045", "11500000") ?? "";
    const price = await ratesOf({ ...bodies, coinbase: outlier }).current();
    if (!price.ok) throw new Error(price.error.code);
    expect(price.value.sources.map(({ source, used }) => [source, used])).toEqual([
      ["coinbase", false],
      ["yadio", true],
      ["kraken", true],
      ["bitstamp", true],
    ]);
    // Halfway between 10,839,680.62 and 10,839,829.875.
    expect(formatRate(price.value.rate)).toBe("10839755.25");
  });

  test.each([
    ["only one source answers", { coinbase: bodies["coinbase"] ?? "" }],
    [
      "the USD/KES rate is missing and only one KES source is left",
      { ...bodies, fx: 500, yadio: 502 },
    ],
    [
      "two sources disagree",
      {
        coinbase: bodies["coinbase"] ?? "",
        yadio: (bodies["yadio"] ?? "").replace("10839680.62", "9000000"),
      },
    ],
    [
      "the USD/KES rate is two days old",
      {
        kraken: bodies["kraken"] ?? "",
        bitstamp: bodies["bitstamp"] ?? "",
        fx: (bodies["fx"] ?? "").replace(
          String(Math.floor(start / 1_000) - 3_600),
          String(Math.floor(start / 1_000) - 172_800),
        ),
      },
    ],
    [
      "only dollar prices are left, which share one dollar rate",
      { ...bodies, coinbase: 500, yadio: 502 },
    ],
    ["no source answers", {}],
  ])("is unavailable when %s", async (_name, responses) => {
    expect(await ratesOf(responses).current()).toMatchObject({
      ok: false,
      error: { code: "rates_unavailable", retry: "safe" },
    });
  });

  test.each([
    ["coinbase", `{"data":{"amount":"10844580","base":"BTC","currency":"UGX"}}`],
    ["coinbase", `{"data":{"amount":"-1","base":"BTC","currency":"KES"}}`],
    ["coinbase", `{"data":{"amount":"0","base":"BTC","currency":"KES"}}`],
    ["coinbase", `{"data":{"amount":"1e7","base":"BTC","currency":"KES"}}`],
    ["yadio", `{"request":{"from":"KES","to":"BTC"},"result":10839680.62,"timestamp":${start}}`],
    ["yadio", `{"bitcoin":{}}`],
    ["kraken", `{"error":["EQuery:Unknown asset pair"]}`],
    ["bitstamp", `{"last":"83710.5","timestamp":"1"}`],
    ["yadio", (bodies["yadio"] ?? "").replace(String(start - 5_000), String(start - 121_000))],
    [
      "bitstamp",
      (bodies["bitstamp"] ?? "").replace(
        String(Math.floor(start / 1_000) - 3),
        String(Math.floor(start / 1_000) + 60),
      ),
    ],
  ])("excludes %s when it answers %s", async (source, body) => {
    const price = await ratesOf({ ...bodies, [source]: body }).current();
    if (!price.ok) throw new Error(price.error.code);
    expect(price.value.sources.filter(({ used }) => used).map((one) => one.source)).not.toContain(
      source,
    );
  });

  test("is fetched once for concurrent quotes, again after ten seconds, and at once after a failure", async () => {
    let now = start;
    let fetches = 0;
    let unreachable = false;
    const fetchFeed = async (feed: Feed) => {
      if (feed.name === "coinbase") fetches += 1;
      await Promise.resolve();
      return unreachable
        ? err("feed_unavailable", "", "safe")
        : createFetchFeed(fetchOf(bodies))(feed);
    };
    const rates = createRates({ feeds, fetchFeed, now: () => now });
    await Promise.all([rates.current(), rates.current(), rates.current()]);
    now += 9_999;
    await rates.current();
    expect(fetches).toBe(1);
    now += 1;
    unreachable = true;
    expect((await rates.current()).ok).toBe(false);
    unreachable = false;
    expect((await rates.current()).ok).toBe(true);
    expect(fetches).toBe(3);
  });

  test("widens the spread for a minute when it jumps by more than 5 %", async () => {
    let now = start;
    let amount = "10000000";
    const fetchFeed = async ({ pair }: Feed) => {
      const inDollars = String(Number(amount) / 125);
      const price = { "BTC/KES": amount, "BTC/USD": inDollars, "USD/KES": "125" }[pair];
      return ok<Reading>({ amount: price, asOf: now });
    };
    const rates = createRates({ feeds, fetchFeed, now: () => now });
    const widened = async () => {
      const price = await rates.current();
      return price.ok && price.value.extraSpreadPartsPerMillion > 0n;
    };
    expect(await widened()).toBe(false);
    now += 20_000;
    amount = "10510000";
    expect(await widened()).toBe(true);
    now += 59_999;
    expect(await widened()).toBe(true);
    now += 60_001;
    expect(await widened()).toBe(false);
  });

  test("is refused at more than five times the last good price", async () => {
    let now = start;
    let amount = "10000000";
    const fetchFeed = async ({ pair }: Feed) =>
      pair === "BTC/KES" ? ok<Reading>({ amount, asOf: now }) : err("feed_unavailable", "", "safe");
    const rates = createRates({ feeds, fetchFeed, now: () => now });
    expect((await rates.current()).ok).toBe(true);
    now += 20_000;
    amount = "50000001";
    expect((await rates.current()).ok).toBe(false);
  });
});

/** Rates over feeds whose prices a test sets, in shillings, or in dollars for BTC/USD; null: unavailable. */
function movingRates() {
  let now = start;
  const prices: Record<string, string | null> = {
    coinbase: "10000000",
    yadio: "10000100",
    kraken: "80000",
    bitstamp: "80001",
    fx: "125",
  };
  let step = 0;
  const fetchFeed = async ({ name }: Feed) => {
    const amount = prices[name] ?? null;
    return amount === null
      ? err("feed_unavailable", "", "safe")
      : ok<Reading>({ amount, asOf: name === "coinbase" || name === "kraken" ? null : now });
  };
  const rates = createRates({ feeds, fetchFeed, now: () => now });
  return {
    /** Sets prices, lets time pass and moves all other prices by a little; returns the sources used, or null. */
    at: async (minutes: number, changes: Record<string, string | null> = {}) => {
      now = start + minutes * 60_000;
      step += 1;
      for (const [name, price] of Object.entries(prices)) {
        if (price !== null && name !== "fx") prices[name] = `${price.split(".")[0]}.${step + 10}`;
      }
      Object.assign(prices, changes);
      const price = await rates.current();
      if (!price.ok) return null;
      return price.value.sources.filter(({ used }) => used).map(({ source }) => source);
    },
  };
}

describe("a feed", () => {
  test("without a time of its own is ignored when its price stands still", async () => {
    const rates = movingRates();
    await rates.at(0, { coinbase: "10000000" });
    expect(await rates.at(5, { coinbase: "10000000" })).toContain("coinbase");
    expect(await rates.at(6, { coinbase: "10000000" })).toEqual(["yadio", "kraken", "bitstamp"]);
    expect(await rates.at(7, { coinbase: "10000001" })).toContain("coinbase");
  });

  test("that states a new time for an old price is ignored as well", async () => {
    const rates = movingRates();
    await rates.at(0, { yadio: "10000000" });
    expect(await rates.at(6, { yadio: "10000000" })).not.toContain("yadio");
  });

  test("that shares the dollar rate with another does not agree with it on a wrong one", async () => {
    const rates = movingRates();
    // The dollar rate is 20 % too high: both dollar prices are, and are outvoted.
    expect(await rates.at(0, { fx: "150" })).toEqual(["coinbase", "yadio"]);
    expect(await rates.at(1, { yadio: null })).toBeNull();
  });

  test("that jumps together with another waits for a third, or for ten minutes", async () => {
    const rates = movingRates();
    await rates.at(0);
    const jumped = { coinbase: "10600000", yadio: "10600000" };
    expect(await rates.at(1, { ...jumped, kraken: null, bitstamp: null })).toBeNull();
    expect(await rates.at(2, { ...jumped, kraken: "84800", bitstamp: null })).toEqual([
      "coinbase",
      "yadio",
      "kraken",
    ]);

    const alone = movingRates();
    await alone.at(0);
    expect(await alone.at(10, { ...jumped, kraken: null, bitstamp: null })).toBeNull();
    expect(await alone.at(10.5, { coinbase: "10600001", yadio: "10600001" })).toEqual([
      "coinbase",
      "yadio",
    ]);
  });

  test("that moves by less than 5 % needs no third", async () => {
    const rates = movingRates();
    await rates.at(0);
    const moved = { coinbase: "10450000", yadio: "10450000", kraken: null, bitstamp: null };
    expect(await rates.at(1, moved)).toEqual(["coinbase", "yadio"]);
  });
});

describe("the median", () => {
  const price = fc
    .bigInt({ min: 1n, max: 10n ** 15n })
    .chain((cents) => fc.bigInt({ min: 1n, max: 10n ** 6n }).map((btc) => rate("KES", cents, btc)));

  test("lies between the minimum and the maximum in any order", () => {
    fc.assert(
      fc.property(fc.array(price, { minLength: 1, maxLength: 9 }), (prices) => {
        const sorted = [...prices].sort(compareRates);
        const middle = median(prices);
        if (middle === null) throw new Error("no median");
        expect(compareRates(sorted[0] as Rate<"KES">, middle)).toBeLessThanOrEqual(0);
        expect(compareRates(sorted.at(-1) as Rate<"KES">, middle)).toBeGreaterThanOrEqual(0);
        expect(median([...prices].reverse())).toEqual(middle);
      }),
    );
  });

  test("stays between two honest sources when the third one lies", () => {
    const honest = ["10800000", "10810000"].map((text) => {
      const parsed = parseRate("KES", text);
      if (!parsed.ok) throw new Error(text);
      return parsed.value;
    });
    fc.assert(
      fc.property(price, (lie) => {
        const prices = [...honest, lie].map((one, index) => ({
          source: String(index),
          group: String(index),
          rate: one,
          asOf: start,
        }));
        const agreed = medianPrice(prices, { now: start, lastAccepted: null });
        if (!agreed.ok) throw new Error(agreed.error.code);
        expect(compareRates(agreed.value.rate, honest[0] as Rate<"KES">)).toBeGreaterThanOrEqual(0);
        expect(compareRates(agreed.value.rate, honest[1] as Rate<"KES">)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
