import { randomBytes, randomUUID } from "node:crypto";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createCallbackAddresses } from "../adapters/daraja/callback-addresses.ts";
import { startTestApi } from "../testing/api.ts";
import type { TestApi } from "../testing/api.ts";
import { createTestOrderStore } from "../testing/database.ts";
import { createTestOrders } from "../testing/test-orders.ts";

const elsewhere = "127.66.6.6";
let api: TestApi;
const sockets: Socket[] = [];

beforeAll(async () => {
  api = await startTestApi({
    rateLimitFactor: 1,
    maxStreams: 3,
    callbackSources: ["127.0.0.0/16", "2001:db8::/32"],
    orderServices: async ({ testDatabase, engine }) =>
      createTestOrders({ store: await createTestOrderStore(testDatabase), engine, now: Date.now }),
  });
});
afterAll(() => api.close());
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Sends raw text from a loopback address and returns what comes back within the time, or until the server closes. */
function exchange(text: string, localAddress = "127.0.0.1", forMs = 1_000): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect({
      port: Number(new URL(api.url).port),
      host: "127.0.0.1",
      localAddress,
    });
    sockets.push(socket);
    const timer = setTimeout(() => resolve(received), forMs);
    socket.on("error", () => resolve(received));
    socket.on("data", (data) => (received += String(data)));
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(received);
    });
    socket.write(text);
  });
}

function post(path: string, body: string, contentLength = body.length): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${contentLength}\r\n\r\n${body}`;
}

const pathOf = (url: string) => new URL(url).pathname;
const wrongPath = (id = randomUUID()) => `/callbacks/${"0".repeat(48)}/prompt/${id}`;

async function openOrder(): Promise<string> {
  const wallet = api.wallet();
  const request = { kind: "sell", amountKesCents: "30000", msisdn: "0712345678" } as const;
  const quote = await wallet.quotes.create(request);
  if (!quote.ok) throw new Error(quote.error.code);
  const order = await wallet.orders.sell(
    { quoteId: quote.value.id, msisdn: "0712345678" },
    { idempotencyKey: randomUUID() },
  );
  if (!order.ok) throw new Error(order.error.code);
  return order.value.id;
}

async function evidenceOf(orderId: string): Promise<readonly string[]> {
  const { rows } = await api.testDatabase.database.query<{ body: string }>(
    "SELECT body FROM evidence WHERE order_id = $1 ORDER BY number",
    [orderId],
  );
  return rows.map(({ body }) => body);
}

describe("35: a callback", () => {
  test("to a wrong URL is refused before its body is sent, and the connection ends", async () => {
    const answer = await exchange(post(wrongPath(), "", 65_000), "127.0.0.3");
    expect(answer).toContain("HTTP/1.1 404");
    expect(answer.toLowerCase()).toContain("connection: close");
    const kept = post(wrongPath(), "", 65_000).replace(
      "Connection: close",
      "Connection: keep-alive",
    );
    expect((await exchange(kept, "127.0.0.3")).toLowerCase()).toContain("connection: close");
  });

  test("to a genuine URL with a body larger than any of M-Pesa's is refused", async () => {
    const id = await openOrder();
    const path = pathOf(api.callbackAddresses.urlFor("payout", id));
    expect(await exchange(post(path, "x".repeat(17_000)))).toContain("HTTP/1.1 413");
    expect(await exchange(post(path, "x".repeat(15_000)))).toContain("HTTP/1.1 200");
    expect((await evidenceOf(id)).map(({ length }) => length)).toEqual([15_000]);
  });

  test("from an address that is not a source is refused and logged, and nothing is stored", async () => {
    const id = await openOrder();
    const path = pathOf(api.callbackAddresses.urlFor("payout", id));
    expect(await exchange(post(path, '{"forged":1}'), elsewhere)).toContain("HTTP/1.1 404");
    expect(await exchange(post(path, '{"genuine":1}'))).toContain("HTTP/1.1 200");
    expect(await evidenceOf(id)).toEqual(['{"genuine":1}']);
    expect(api.logged()).toContain("CALLBACK_SOURCES does not have its address");
  });

  test("is stored while somebody behind the same address tries wrong URLs", async () => {
    const statuses: string[] = [];
    for (let index = 0; index < 70; index += 1) {
      const answer = await exchange(post(wrongPath(), "{}"), "127.0.0.9");
      statuses.push(answer.slice(9, 12));
    }
    expect(statuses.slice(0, 60)).toEqual(Array.from({ length: 60 }, () => "404"));
    expect(statuses.at(-1)).toBe("429");
    const id = await openOrder();
    const path = pathOf(api.callbackAddresses.urlFor("payout", id));
    expect(await exchange(post(path, "{}"), "127.0.0.9")).toContain("HTTP/1.1 200");
  });

  test("to one URL again and again with other bodies does not fill the database", async () => {
    const id = await openOrder();
    const path = pathOf(api.callbackAddresses.urlFor("payout", id));
    for (let index = 0; index < 70; index += 1) await exchange(post(path, `{"n":${index}}`));
    expect(await evidenceOf(id)).toHaveLength(60);
  });
});

test("a callback secret is rotated while orders are open", () => {
  const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
  const secretOf = (url: string) => url.split("/")[4] ?? "";
  const before = createCallbackAddresses("https://api.test", [oldKey]);
  const during = createCallbackAddresses("https://api.test", [newKey, oldKey]);
  const after = createCallbackAddresses("https://api.test", [newKey]);
  const old = secretOf(before.urlFor("payout", "1"));
  expect(secretOf(during.urlFor("payout", "1"))).toBe(secretOf(after.urlFor("payout", "1")));
  expect([before, during, after].map((one) => one.isGenuine(old, "payout", "1"))).toEqual([
    true,
    true,
    false,
  ]);
});

test("wallets behind one carrier's address do not use up each other's requests", async () => {
  const statuses = new Set<number>();
  for (let wallets = 0; wallets < 5; wallets += 1) {
    const authorization = `Bearer ${await api.accessToken()}`;
    for (let index = 0; index < 160; index += 1) {
      const answer = await fetch(`${api.url}/api/orders`, { headers: { authorization } });
      await answer.arrayBuffer();
      statuses.add(answer.status);
    }
  }
  expect([...statuses]).toEqual([200]);
});

describe("event streams", () => {
  const open = async (localAddress?: string) => {
    const authorization = `Bearer ${await api.accessToken()}`;
    const answer = exchange(
      `GET /api/events HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`,
      localAddress,
      500,
    );
    return (await answer).slice(9, 12);
  };

  test("are bounded in all, and the address range with the most gives up its oldest", async () => {
    expect([await open(), await open(), await open()]).toEqual(["200", "200", "200"]);
    expect(await open()).toBe("503");
    expect(await open(elsewhere)).toBe("200");
    expect(api.streams.openStreams()).toBe(3);
    // Now two and one: the newcomer's range would have as many as the largest.
    expect(await open(elsewhere)).toBe("503");
    for (const socket of sockets.splice(0)) socket.destroy();
    await expect.poll(() => api.streams.openStreams()).toBe(0);
    expect(await open()).toBe("200");
  });
});
