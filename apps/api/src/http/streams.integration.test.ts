import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApiClient, Order, OrderEvent, Problem } from "@satsconnect/contracts";
import { listen } from "../adapters/postgres/notifications.ts";
import type { Notifications } from "../adapters/postgres/notifications.ts";
import { startTestApi } from "../testing/api.ts";
import type { TestApi } from "../testing/api.ts";
import { createTestOrderStore } from "../testing/database.ts";
import { createTestOrders } from "../testing/test-orders.ts";

let api: TestApi;
let notifications: Notifications;
let wallet: ApiClient;

beforeAll(async () => {
  api = await startTestApi({
    heartbeatMs: 300,
    orderServices: async ({ testDatabase, engine }) =>
      createTestOrders({ store: await createTestOrderStore(testDatabase), engine, now: Date.now }),
  });
  notifications = listen(
    api.testDatabase.url,
    "order_events",
    (walletId) => api.streams.wake(walletId),
    pino({ level: "silent" }),
  );
  wallet = api.wallet();
});
afterAll(async () => {
  await notifications.stop();
  await api.close();
});

async function value<Value>(
  answer: Promise<{ ok: true; value: Value } | { ok: false; error: { code: string } }>,
) {
  const settled = await answer;
  if (!settled.ok) throw new Error(settled.error.code);
  return settled.value;
}

async function openSell(of: ApiClient = wallet): Promise<Order> {
  const quote = await value(
    of.quotes.create({ kind: "sell", amountKesCents: "30000", msisdn: "0712345678" }),
  );
  return value(
    of.orders.sell({ quoteId: quote.id, msisdn: "0712345678" }, { idempotencyKey: randomUUID() }),
  );
}

const cancel = (order: Order, of: ApiClient = wallet) =>
  value(of.orders.cancel(order.id, { idempotencyKey: randomUUID() }));

async function take(events: AsyncGenerator<OrderEvent>, until: (event: OrderEvent) => boolean) {
  const taken: OrderEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (until(event)) break;
  }
  return taken;
}

describe("the event stream of an order", () => {
  test("sends every event of the order from the first, in sequence", async () => {
    const order = await openSell();
    const following = take(wallet.orders.follow(order.id), ({ state }) => state === "cancelled");
    await sleep(100);
    await cancel(order);
    const events = await following;
    expect(events[0]).toMatchObject({ orderId: order.id, kind: "sell", state: "invoice_open" });
    expect(events.at(-1)).toMatchObject({ state: "cancelled" });
    const sequences = events.map(({ sequence }) => BigInt(sequence));
    expect(sequences).toEqual(sequences.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  test("delivers an event before the next poll", async () => {
    const order = await openSell();
    const stream = wallet.orders.follow(order.id);
    await stream.next();
    await sleep(50);
    const started = performance.now();
    const rest = take(stream, ({ state }) => state === "cancelled");
    await cancel(order);
    await rest;
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test("resumes after the last event that the client received", async () => {
    const order = await openSell();
    await cancel(order);
    const all = await take(wallet.orders.follow(order.id), ({ state }) => state === "cancelled");
    const [first] = all;
    const rest = await take(
      wallet.orders.follow(order.id, { afterSequence: first?.sequence ?? "" }),
      ({ state }) => state === "cancelled",
    );
    expect(rest).toEqual(all.slice(1));
  });
});

describe("the event stream of a wallet", () => {
  test("starts with new events and carries every order of this wallet only", async () => {
    const [own, other] = [api.wallet(), api.wallet()];
    await cancel(await openSell(own), own);
    const stop = new AbortController();
    const received: OrderEvent[] = [];
    const following = (async () => {
      for await (const event of own.orders.followAll({ signal: stop.signal })) received.push(event);
    })();
    await expect.poll(() => api.streams.openStreams()).toBeGreaterThan(0);
    await sleep(100);
    const [one, , three] = [await openSell(own), await openSell(other), await openSell(own)];
    await expect
      .poll(() => new Set(received.map(({ orderId }) => orderId)), { timeout: 5_000 })
      .toEqual(new Set([one.id, three.id]));
    stop.abort();
    await following;
  });

  test("ends when the device is signed out", async () => {
    const own = api.wallet();
    const session = await value(own.session.open());
    const response = await fetch(`${api.url}/api/events`, {
      headers: { authorization: `Bearer ${session.accessToken}` },
    });
    const body = response.text();
    await value(own.session.logout());
    expect(await body).toContain("retry: 1000");
  });

  test("is refused with 429 when the wallet already has eight streams open", async () => {
    const own = api.wallet();
    const { accessToken } = await value(own.session.open());
    const stop = new AbortController();
    const follow = () =>
      fetch(`${api.url}/api/events`, {
        headers: { authorization: `Bearer ${accessToken}` },
        signal: stop.signal,
      });
    const opened = [];
    for (let count = 0; count < 9; count += 1) opened.push(await follow());
    expect(opened.map(({ status }) => status)).toEqual([
      200, 200, 200, 200, 200, 200, 200, 200, 429,
    ]);
    stop.abort();
    await expect.poll(() => api.streams.openStreams()).toBe(0);
  });

  test.each(["-1", "1e3", "x", "9".repeat(30)])(
    "refuses %j as Last-Event-ID",
    async (lastEventId) => {
      const { accessToken } = await value(wallet.session.open());
      const response = await fetch(`${api.url}/api/events`, {
        headers: { authorization: `Bearer ${accessToken}`, "last-event-id": lastEventId },
      });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: "invalid_request" });
    },
  );
});

describe("M-Pesa's callbacks", () => {
  const post = (url: string, body: string, headers: Record<string, string> = {}) =>
    fetch(url.replace("http://127.0.0.1:1", api.url), {
      method: "POST",
      body,
      headers: { "content-type": "application/json;charset=UTF-8", ...headers },
    });
  const stored = async (orderId: string) =>
    (
      await api.testDatabase.database.query(
        "SELECT kind, body FROM evidence WHERE order_id = $1 ORDER BY number",
        [orderId],
      )
    ).rows;

  test("are stored as received and answered with 200, whatever the body", async () => {
    const order = await openSell();
    const url = api.callbackAddresses.urlFor("payout", order.id);
    for (const body of ['{"Result":{"ResultCode":0}}', "<html>", "", '{"a":"\u0000"}']) {
      const response = await post(url, body);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ ResultCode: 0, ResultDesc: "Accepted" });
    }
    expect(await stored(order.id)).toContainEqual({
      kind: "payout",
      body: '{"Result":{"ResultCode":0}}',
    });
  });

  test("32: are stored once when they are sent several times", async () => {
    const order = await openSell();
    const url = api.callbackAddresses.urlFor("payout", order.id);
    await Promise.all(Array.from({ length: 4 }, () => post(url, '{"twice":true}')));
    expect(await stored(order.id)).toHaveLength(1);
  });

  test("are answered with 404 and not stored when the URL is forged", async () => {
    const [order, other] = [await openSell(), await openSell()];
    const url = api.callbackAddresses.urlFor("payout", order.id);
    const forged = [
      url.replace(order.id, other.id),
      url.replace("/payout/", "/prompt/"),
      url.replace(/callbacks\/\w/, "callbacks/x"),
      `${api.url}/callbacks/x/payout/${order.id}`,
      `${api.url}/callbacks/${"0".repeat(48)}/nothing/${order.id}`,
    ];
    for (const address of forged) {
      const response = await post(address, '{"Result":{"ResultCode":0}}');
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: "route_not_found" });
    }
    expect([...(await stored(order.id)), ...(await stored(other.id))]).toEqual([]);
  });

  test("are answered with 200 when the order does not exist", async () => {
    const response = await post(api.callbackAddresses.urlFor("prompt", randomUUID()), "{}");
    expect(response.status).toBe(200);
  });

  test("are refused when the body exceeds 64 KB", async () => {
    const order = await openSell();
    const response = await post(
      api.callbackAddresses.urlFor("payout", order.id),
      "x".repeat(70 * 1024),
    );
    expect(response.status).toBe(413);
  });

  test("have URLs without the words that Daraja rejects", () => {
    const url = api.callbackAddresses.urlFor("status-timeout", randomUUID());
    expect(url).not.toMatch(/m-?pesa|safaricom|exe|exec|cmd|sql|query/i);
  });
});

describe("the docs", () => {
  test("serve the OpenAPI document, and a page without scripts or third-party resources", async () => {
    const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as { paths: object };
    expect(document).toMatchObject({ openapi: "3.1.0" });
    const page = await fetch(`${api.url}/docs`);
    const html = await page.text();
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(html).not.toMatch(/<script|https?:\/\//);
    for (const path of Object.keys(document.paths)) expect(html).toContain(path);
    expect((await fetch(`${api.url}/docs/style.css`)).headers.get("content-type")).toContain(
      "text/css",
    );
  });

  test("have an anchor for the type of a problem", async () => {
    const html = await (await fetch(`${api.url}/docs`)).text();
    const problem = (await (await fetch(`${api.url}/api/orders`)).json()) as Problem;
    expect(html).toContain(`id="${problem.type.split("#")[1]}"`);
  });
});

test("health names the failed check, and the metrics count requests", async () => {
  api.engine.reachable = false;
  const degraded = await fetch(`${api.url}/health`);
  api.engine.reachable = true;
  expect([degraded.status, await degraded.json()]).toEqual([
    200,
    { status: "degraded", checks: { postgres: "ok", engine: "unavailable" } },
  ]);
  const monitored = await fetch(`${api.monitoringUrl}/health`);
  expect([monitored.status, await monitored.json()]).toMatchObject([200, { status: "ok" }]);
  // The port that everybody reaches does not show the business.
  expect((await fetch(`${api.url}/metrics`)).status).toBe(404);
  const metrics = await (await fetch(`${api.monitoringUrl}/metrics`)).text();
  expect(metrics).toMatch(
    /satsconnect_http_request_seconds_count\{method="POST",route="sell",status="201"\} \d/,
  );
});

test("CORS allows the configured origin and no other", async () => {
  const from = async (origin: string) =>
    (
      await fetch(`${api.url}/api/orders`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "idempotency-key",
        },
      })
    ).headers.get("access-control-allow-origin");
  expect(await from("http://wallet.test")).toBe("http://wallet.test");
  expect(await from("http://elsewhere.test")).toBeNull();
});

test("the history lists orders and invoices in pages, newest first", async () => {
  const own = api.wallet();
  const first = await openSell(own);
  // Made by an earlier release.
  await api.testDatabase.database.query(
    `INSERT INTO wallet_invoices (id, wallet_id, payment_hash, amount_msat, description, expiry_seconds, invoice, state,
                                  created_at, updated_at, expires_at)
     SELECT $1, wallet_id, $2, 250000, '', 3600, 'lnbcrt1xxxxxxxxxxxxxxxxxxxx', 'returned', clock_timestamp(),
            clock_timestamp(), clock_timestamp() FROM orders WHERE id = $3`,
    [randomUUID(), "ab".repeat(32), first.id],
  );
  const third = await openSell(own);
  const pageOne = await value(own.wallet.transactions({ limit: 2 }));
  expect(pageOne.transactions.map(({ type }) => type)).toEqual(["order", "receive"]);
  const pageTwo = await value(
    own.wallet.transactions({ limit: 2, cursor: pageOne.nextCursor ?? "" }),
  );
  expect(pageTwo.nextCursor).toBeNull();
  const orders = [...pageOne.transactions, ...pageTwo.transactions].flatMap((entry) =>
    entry.type === "order" ? [entry.order.id] : [],
  );
  expect(orders).toEqual([third.id, first.id]);
  expect((await value(own.wallet.transactions({ type: "receive" }))).transactions).toHaveLength(1);
  expect((await value(own.wallet.transactions({ to: first.createdAt }))).transactions).toEqual([]);
});
