import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SessionTokens } from "../rest/auth.ts";
import { problems } from "../rest/problems.ts";
import type { ProblemCode } from "../rest/problems.ts";
import { createApiClient } from "./client.ts";
import { EventStreamRefused } from "./events.ts";
import { memorySessionStore } from "./session.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let server: Server;
let baseUrl: string;
let requests: { method: string; path: string; headers: IncomingMessage["headers"]; body: string }[];
let answers: Record<string, Answer>;
let issued: number;
let logins: number;

beforeEach(async () => {
  requests = [];
  issued = 0;
  logins = 0;
  answers = {
    "POST /api/auth/login": (_request, response) => {
      logins += 1;
      json(response, 200, tokens());
    },
    "POST /api/auth/refresh": (_request, response) => json(response, 200, tokens()),
  };
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      requests.push({ method, path: url, headers, body });
      const answer = answers[`${method} ${url.split("?")[0]}`];
      if (answer === undefined) problem(response, "route_not_found");
      else answer(request, response, body);
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function tokens(lifeMs = 600_000): SessionTokens {
  issued += 1;
  const later = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();
  return {
    accessToken: `access-${issued}`,
    accessTokenExpiresAt: later(lifeMs),
    refreshToken: `refresh-${issued}`,
    refreshTokenExpiresAt: later(lifeMs * 100),
    walletId: "019ab0d5-7d3c-7cc2-9d31-2f0e5d8c1a11",
    nodeId: `02${"a".repeat(64)}`,
    deviceId: "019ab0d5-7d3c-7cc2-9d31-2f0e5d8c1a12",
  };
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function problem(response: ServerResponse, code: ProblemCode): void {
  const { status, title, retry } = problems[code];
  json(response, status, {
    type: "/docs",
    title,
    status,
    code,
    detail: `${title}!`,
    retry,
    instance: "i",
  });
}

function client(
  options: {
    timeoutMs?: number;
    now?: () => number;
    sessionStore?: ReturnType<typeof memorySessionStore>;
  } = {},
) {
  return createApiClient({
    baseUrl,
    device: { id: "device-one", name: "A phone" },
    signLogin: async (payload) => JSON.stringify(payload),
    sessionStore: memorySessionStore(),
    ...options,
  });
}

const paths = () => requests.map(({ method, path }) => `${method} ${path}`);

describe("a session", () => {
  test("is opened once when several calls need it at the same time", async () => {
    answers["GET /api/wallet/balance"] = (_request, response) => json(response, 200, {});
    const api = client();
    await Promise.all([api.wallet.balance(), api.wallet.balance(), api.wallet.balance()]);
    expect(logins).toBe(1);
    const login = requests.find(({ path }) => path === "/api/auth/login");
    const payload = JSON.parse(JSON.parse(login?.body ?? "").assertion);
    expect(payload).toMatchObject({ aud: baseUrl, device: { id: "device-one" } });
    expect(payload.exp - payload.iat).toBe(60);
  });

  test("is refreshed once when the token of several calls is refused, and the calls are repeated", async () => {
    answers["GET /api/wallet/balance"] = (request, response) =>
      request.headers.authorization === "Bearer access-1"
        ? problem(response, "token_expired")
        : json(response, 200, { fine: true });
    const api = client();
    const all = await Promise.all([
      api.wallet.balance(),
      api.wallet.balance(),
      api.wallet.balance(),
    ]);
    expect(all.map((answer) => answer.ok)).toEqual([true, true, true]);
    expect(paths().filter((path) => path === "POST /api/auth/refresh")).toHaveLength(1);
  });

  test("is refreshed before its token expires", async () => {
    answers["POST /api/auth/login"] = (_request, response) => json(response, 200, tokens(5_000));
    answers["GET /api/wallet/balance"] = (_request, response) => json(response, 200, {});
    const api = client();
    await api.wallet.balance();
    await api.wallet.balance();
    expect(paths()).toContain("POST /api/auth/refresh");
  });

  test("is opened again after it was ended elsewhere", async () => {
    answers["POST /api/auth/refresh"] = (_request, response) =>
      problem(response, "refresh_token_reused");
    answers["GET /api/wallet/balance"] = (request, response) =>
      request.headers.authorization === "Bearer access-1"
        ? problem(response, "token_invalid")
        : json(response, 200, {});
    expect(await client().wallet.balance()).toMatchObject({ ok: true });
    expect(logins).toBe(2);
  });

  test("is kept when it cannot be refreshed now", async () => {
    answers["POST /api/auth/refresh"] = (_request, response) =>
      problem(response, "service_unavailable");
    answers["POST /api/auth/login"] = (_request, response) => {
      logins += 1;
      json(response, 200, tokens(5_000));
    };
    const api = client();
    await api.session.open();
    expect(await api.session.open()).toMatchObject({ error: { code: "service_unavailable" } });
    expect(logins).toBe(1);
  });
});

describe("a device with a wrong clock", () => {
  const day = 86_400_000;

  /** Accepts a login as the server does: signed within half a minute of now. */
  function strictLogin(): void {
    answers["POST /api/auth/login"] = (_request, response, body) => {
      const { iat, exp } = JSON.parse(JSON.parse(body).assertion);
      const second = Date.now() / 1_000;
      if (iat > second + 30) return problem(response, "assertion_invalid");
      if (exp <= second) return problem(response, "assertion_expired");
      json(response, 200, tokens());
    };
    answers["GET /api/info"] = (_request, response) =>
      json(response, 200, { time: new Date().toISOString() });
    answers["GET /api/wallet/balance"] = (_request, response) => json(response, 200, {});
  }

  test.each([-day, day])("that is off by %d ms signs in, and only once", async (byMs) => {
    strictLogin();
    const api = client({ now: () => Date.now() + byMs });
    for (let call = 0; call < 3; call += 1)
      expect(await api.wallet.balance()).toMatchObject({ ok: true });
    expect(issued).toBe(1);
  });

  test("does not renew its token before every call after a restart", async () => {
    strictLogin();
    answers["POST /api/auth/refresh"] = (_request, response) => json(response, 200, tokens());
    const sessionStore = memorySessionStore();
    await sessionStore.save(tokens());
    const api = client({ now: () => Date.now() + day, sessionStore });
    for (let call = 0; call < 4; call += 1) await api.wallet.balance();
    expect(paths().filter((path) => path === "POST /api/auth/refresh")).toHaveLength(1);
  });

  test("does not retry a login that was refused for another reason", async () => {
    answers["POST /api/auth/login"] = (_request, response) =>
      problem(response, "assertion_invalid");
    answers["GET /api/info"] = (_request, response) =>
      json(response, 200, { time: new Date().toISOString() });
    expect(await client().session.open()).toMatchObject({ error: { code: "assertion_invalid" } });
    expect(paths().filter((path) => path === "POST /api/auth/login")).toHaveLength(1);
  });
});

describe("a call", () => {
  test("returns the server's problem as a value", async () => {
    answers["GET /api/orders/x"] = (_request, response) => problem(response, "order_not_found");
    expect(await client().orders.get("x")).toEqual({
      ok: false,
      error: { code: "order_not_found", message: "There is no such order!", retry: "never" },
    });
  });

  test("that moves money is repeated with its key when the response is lost", async () => {
    let count = 0;
    answers["POST /api/fiat/mpesa/sell"] = (request, response) => {
      count += 1;
      if (count < 3) request.socket.destroy();
      else json(response, 201, { id: "order" });
    };
    const answer = await client().orders.sell(
      { quoteId: "q", msisdn: "0712345678" },
      { idempotencyKey: "my-key-1" },
    );
    expect(answer).toMatchObject({ ok: true, value: { id: "order" } });
    const sells = requests.filter(({ path }) => path === "/api/fiat/mpesa/sell");
    expect(sells.map(({ headers }) => headers["idempotency-key"])).toEqual([
      "my-key-1",
      "my-key-1",
      "my-key-1",
    ]);
  });

  test("without an idempotency key is never repeated", async () => {
    answers["POST /api/quotes"] = (request) => request.socket.destroy();
    expect(await client().quotes.create({ kind: "buy", amountMsat: "1" })).toMatchObject({
      error: { code: "network_unreachable", retry: "unknown" },
    });
    expect(paths().filter((path) => path === "POST /api/quotes")).toHaveLength(1);
  });

  test("returns answer_timed_out when there is no response in time", async () => {
    answers["POST /api/quotes"] = () => {};
    expect(
      await client({ timeoutMs: 200 }).quotes.create({ kind: "buy", amountMsat: "1" }),
    ).toMatchObject({
      error: { code: "answer_timed_out", retry: "unknown" },
    });
  });

  test("returns answer_malformed for a response that is not the API's", async () => {
    answers["POST /api/quotes"] = (_request, response) => response.writeHead(502).end("<html>");
    expect(await client().quotes.create({ kind: "buy", amountMsat: "1" })).toMatchObject({
      error: { code: "answer_malformed", retry: "unknown" },
    });
  });

  test("sends its query", async () => {
    answers["GET /api/orders"] = (_request, response) =>
      json(response, 200, { orders: [], nextCursor: null });
    await client().orders.list({ limit: 5, kind: "buy" });
    expect(paths()).toContain("GET /api/orders?limit=5&kind=buy");
  });
});

describe("a stream of events", () => {
  const event = (sequence: number) =>
    `id: ${sequence}\nevent: order\ndata: ${JSON.stringify({ sequence: String(sequence), state: "paid" })}\n\n`;

  test("resumes after the last event after every interruption", async () => {
    const connections: (string | undefined)[] = [];
    answers["GET /api/orders/x/events"] = (request, response) => {
      connections.push(String(request.headers["last-event-id"] ?? "none"));
      response.writeHead(200, { "content-type": "text/event-stream" });
      const next = connections.length * 2;
      response.write(`: hello\n\n${event(next - 1)}${event(next)}id: 99\ndata: cut`);
      setTimeout(() => request.socket.destroy(), 20);
    };
    const seen: string[] = [];
    for await (const { sequence } of client().orders.follow("x")) {
      seen.push(sequence);
      if (seen.length === 6) break;
    }
    expect(seen).toEqual(["1", "2", "3", "4", "5", "6"]);
    expect(connections).toEqual(["none", "2", "4"]);
  });

  test("ends when its signal aborts", async () => {
    answers["GET /api/events"] = (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(event(1));
    };
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const { sequence } of client().orders.followAll({
      signal: stop.signal,
      afterSequence: "0",
    })) {
      seen.push(sequence);
      stop.abort();
    }
    expect(seen).toEqual(["1"]);
  });

  test("throws EventStreamRefused when the server refuses it for good", async () => {
    answers["GET /api/orders/x/events"] = (_request, response) =>
      problem(response, "order_not_found");
    const stream = client().orders.follow("x");
    await expect(stream.next()).rejects.toThrow(EventStreamRefused);
  });

  test("renews an expired token", async () => {
    answers["GET /api/orders/x/events"] = (request, response) => {
      if (request.headers.authorization === "Bearer access-1")
        return problem(response, "token_expired");
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(event(1));
    };
    for await (const { sequence } of client().orders.follow("x")) {
      expect(sequence).toBe("1");
      break;
    }
  });
});

test("a refresh is signed, and signed again by the server's clock if this device's is wrong", async () => {
  const assertions: { iat: number }[] = [];
  answers["POST /api/auth/refresh"] = (_request, response, body) => {
    const { assertion } = JSON.parse(body) as { assertion: string };
    const { iat } = JSON.parse(assertion) as { iat: number };
    assertions.push({ iat });
    if (Math.abs(iat - Date.now() / 1_000) > 60) return problem(response, "assertion_expired");
    json(response, 200, tokens());
  };
  answers["GET /api/info"] = (_request, response) =>
    json(response, 200, { time: new Date().toISOString() });
  answers["GET /api/wallet/balance"] = (_request, response) => json(response, 200, {});
  const sessionStore = memorySessionStore();
  const api = client({ now: () => Date.now() - 3_600_000, sessionStore });
  await sessionStore.save(tokens(-3_600_001));
  expect(await api.wallet.balance()).toMatchObject({ ok: true });
  expect(assertions).toHaveLength(2);
  expect(logins).toBe(0);
});
