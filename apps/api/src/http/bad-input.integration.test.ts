import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problemSchema } from "@satsconnect/contracts";
import type { Order, ProblemCode, Quote } from "@satsconnect/contracts";
import { startTestApi } from "../testing/api.ts";
import type { TestApi } from "../testing/api.ts";
import { createTestOrderStore } from "../testing/database.ts";
import { makeInvoice } from "../testing/invoice.ts";
import { createTestNode, loginPayloadFor } from "../testing/login.ts";
import { createTestOrders, unregisteredMsisdn } from "../testing/test-orders.ts";

/** The owner opens the orders of these tests; the stranger is another wallet. */
type Holder = { readonly secretKey: Uint8Array; readonly token: string };

let api: TestApi;
let owner: Holder;
let stranger: Holder;
let offset = 0;
const now = () => Date.now() + offset;

beforeAll(async () => {
  api = await startTestApi({
    now,
    orderServices: async ({ testDatabase, engine }) =>
      createTestOrders({ store: await createTestOrderStore(testDatabase), engine, now }),
  });
  owner = await createHolder();
  stranger = await createHolder();
});
afterAll(() => api.close());

async function createHolder(): Promise<Holder> {
  const secretKey = secp256k1.utils.randomSecretKey();
  const session = await api.wallet(createTestNode(secretKey)).session.open();
  if (!session.ok) throw new Error(session.error.message);
  return { secretKey, token: session.value.accessToken };
}

type Sent = { readonly status: number; readonly body: unknown; readonly headers: Headers };

async function send(
  method: string,
  path: string,
  options: {
    readonly token?: string | null;
    readonly key?: string | null;
    readonly json?: unknown;
    readonly text?: string | Uint8Array<ArrayBuffer>;
    readonly headers?: Record<string, string>;
  } = {},
): Promise<Sent> {
  const body =
    options.text ?? (options.json === undefined ? undefined : JSON.stringify(options.json));
  const token = options.token === undefined ? owner.token : options.token;
  const key = options.key === undefined ? randomUUID() : options.key;
  const response = await fetch(api.url + path, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(key === null ? {} : { "idempotency-key": key }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? null : JSON.parse(text),
    headers: response.headers,
  };
}

function expectProblem(sent: Sent, status: number, code: ProblemCode): string {
  const problem = problemSchema.parse(sent.body);
  expect({ status: sent.status, code: problem.code }).toEqual({ status, code });
  expect(sent.headers.get("content-type")).toContain("application/problem+json");
  expect(problem.detail.length).toBeGreaterThan(10);
  return problem.detail;
}

async function quoteFor(json: object, holder = owner): Promise<Quote> {
  const sent = await send("POST", "/api/quotes", { json, token: holder.token });
  expect(sent).toMatchObject({ status: 201 });
  return sent.body as Quote;
}

const buyQuote = (holder = owner) => quoteFor({ kind: "buy", amountKesCents: "100000" }, holder);
const sellQuote = (holder = owner) =>
  quoteFor({ kind: "sell", amountKesCents: "30000", msisdn: "0712345678" }, holder);

function invoiceFor(
  quote: Quote,
  changed: Partial<Parameters<typeof makeInvoice>[0]> = {},
): string {
  return makeInvoice({
    secretKey: owner.secretKey,
    amountMsat: BigInt(quote.amountMsat),
    createdAtMs: now(),
    ...changed,
  });
}

const buy = (json: object, options: Parameters<typeof send>[2] = {}) =>
  send("POST", "/api/fiat/mpesa/buy", { json, ...options });
const sell = (json: object, options: Parameters<typeof send>[2] = {}) =>
  send("POST", "/api/fiat/mpesa/sell", { json, ...options });

describe("a request body", () => {
  test.each([
    ["that is cut off", '{"kind":"buy"', "body_malformed", 400],
    ["that is a JSON string", '"buy"', "body_malformed", 400],
    ["that is a JSON array", "[]", "invalid_request", 400],
    ["that is empty", "", "invalid_request", 400],
    ["of 65 KB", JSON.stringify({ kind: "x".repeat(65 * 1024) }), "body_too_large", 413],
    [
      "nested 30,000 levels deep",
      `${"[".repeat(30_000)}${"]".repeat(30_000)}`,
      "invalid_request",
      400,
    ],
    ["with a NUL character", '{"kind":"buy\\u0000"}', "invalid_request", 400],
  ] as const)("refuses a body %s", async (_name, text, code, status) => {
    expectProblem(await send("POST", "/api/quotes", { text }), status, code);
  });

  test.each([
    ["as a URL-encoded form", { "content-type": "application/x-www-form-urlencoded" }],
    ["as plain text", { "content-type": "text/plain" }],
    ["in an unknown charset", { "content-type": "application/json; charset=klingon" }],
    ["in an unknown content encoding", { "content-encoding": "snappy" }],
  ])("refuses a body sent %s", async (_name, headers) => {
    const sent = await send("POST", "/api/quotes", {
      text: '{"kind":"buy","amountKesCents":"100000"}',
      headers,
    });
    expectProblem(sent, 415, "content_type_unsupported");
  });

  test("refuses a body that claims to be gzip and is not", async () => {
    const sent = await send("POST", "/api/quotes", {
      text: "{}",
      headers: { "content-encoding": "gzip" },
    });
    expect(sent.status).toBe(400);
    problemSchema.parse(sent.body);
  });

  test("refuses a request that is not HTTP", async () => {
    const answer = await new Promise<string>((resolve) => {
      let received = "";
      const socket = connect(Number(new URL(api.url).port), "127.0.0.1", () =>
        socket.write("HELLO WORLD\r\n\r\n"),
      );
      socket.on("data", (data) => (received += String(data)));
      socket.on("close", () => resolve(received));
    });
    expect(answer).toContain("400 Bad Request");
    expect(problemSchema.parse(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).code).toBe(
      "invalid_request",
    );
  });
});

describe("request validation", () => {
  test("names an unknown field by its pointer", async () => {
    const sent = await send("POST", "/api/quotes", {
      json: { kind: "buy", amountKesCents: "100000", ammount: "1" },
    });
    expectProblem(sent, 400, "invalid_request");
    expect(sent.body).toMatchObject({
      errors: [{ pointer: "/body/ammount", code: "field_unknown" }],
    });
  });

  test.each([
    ["a JSON number", 100_000],
    ["negative", "-1"],
    ["a decimal", "1000.00"],
    ["in scientific notation", "1e5"],
    ["19 digits long", "9".repeat(19)],
    ["in digits that are not ASCII", "١٠٠"],
  ])("refuses an amount that is %s", async (_name, amountKesCents) => {
    expectProblem(
      await send("POST", "/api/quotes", { json: { kind: "buy", amountKesCents } }),
      400,
      "invalid_request",
    );
  });

  test("requires exactly one of the two amounts", async () => {
    expectProblem(
      await send("POST", "/api/quotes", { json: { kind: "buy" } }),
      400,
      "invalid_request",
    );
    const both = { kind: "buy", amountKesCents: "100000", amountMsat: "1000000" };
    expectProblem(await send("POST", "/api/quotes", { json: both }), 400, "invalid_request");
  });

  test("refuses unknown, repeated and malformed query parameters", async () => {
    expectProblem(await send("GET", "/api/orders?page=2"), 400, "invalid_request");
    expectProblem(await send("GET", "/api/orders?limit=1&limit=2"), 400, "invalid_request");
    expectProblem(await send("GET", "/api/orders?cursor=AAAA"), 400, "invalid_request");
  });
});

describe("a quote", () => {
  test.each([
    ["below the minimum", { kind: "buy", amountKesCents: "900" }, "amount_below_minimum"],
    ["above the maximum", { kind: "buy", amountKesCents: "25000100" }, "amount_above_maximum"],
    ["with cents", { kind: "buy", amountKesCents: "100050" }, "amount_not_whole_shillings"],
    ["of 0 msat", { kind: "buy", amountMsat: "0" }, "amount_below_minimum"],
    [
      "of 21 million bitcoin",
      { kind: "sell", amountMsat: "2100000000000000000", msisdn: "0712345678" },
      "amount_above_maximum",
    ],
    [
      "for a phone number that is too short",
      { kind: "sell", amountKesCents: "30000", msisdn: "12345" },
      "msisdn_invalid",
    ],
    [
      "for a landline",
      { kind: "sell", amountKesCents: "30000", msisdn: "+254 20 222 2222" },
      "msisdn_invalid",
    ],
    [
      "for a number in another country",
      { kind: "sell", amountKesCents: "30000", msisdn: "+255712345678" },
      "msisdn_invalid",
    ],
    [
      "for a number that is not registered with M-Pesa",
      { kind: "sell", amountKesCents: "30000", msisdn: unregisteredMsisdn },
      "recipient_not_registered",
    ],
  ] as const)("refuses a quote %s", async (_name, json, code) => {
    expectProblem(await send("POST", "/api/quotes", { json }), 422, code);
  });

  test("answers 404 for a quote of another wallet and for an unknown quote", async () => {
    const { id } = await buyQuote(stranger);
    expectProblem(await send("GET", `/api/quotes/${id}`), 404, "quote_not_found");
    expectProblem(await send("GET", `/api/quotes/${randomUUID()}`), 404, "quote_not_found");
    expectProblem(await send("GET", "/api/quotes/1"), 400, "invalid_request");
  });

  test("names the recipient of a sell and masks the phone number", async () => {
    expect((await sellQuote()).recipient).toEqual({
      msisdn: "2547•••••678",
      name: "WANJIKU M•••••",
    });
  });

  test("refuses a quote that has expired", async () => {
    const quote = await sellQuote();
    offset += 5 * 60_000;
    const sent = await sell({ quoteId: quote.id, msisdn: "0712345678" });
    offset = 0;
    expectProblem(sent, 409, "quote_expired");
  });

  test("opens only one order from a quote", async () => {
    const quote = await sellQuote();
    const body = { quoteId: quote.id, msisdn: "0712345678" };
    expect((await sell(body)).status).toBe(201);
    expectProblem(await sell(body), 409, "quote_used");
  });

  test("opens only one order for five requests with the same quote at once", async () => {
    const quote = await sellQuote();
    const body = { quoteId: quote.id, msisdn: "0712345678" };
    const answers = await Promise.all(Array.from({ length: 5 }, () => sell(body)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201, 409, 409, 409, 409,
    ]);
  });

  test("refuses a quote of the other kind, for another recipient or of another wallet", async () => {
    const bought = await buyQuote();
    expectProblem(
      await sell({ quoteId: bought.id, msisdn: "0712345678" }),
      409,
      "quote_kind_mismatch",
    );
    const sold = await sellQuote();
    expectProblem(
      await sell({ quoteId: sold.id, msisdn: "0712345679" }),
      409,
      "quote_recipient_mismatch",
    );
    expectProblem(
      await sell({ quoteId: sold.id, msisdn: "0712345678" }, { token: stranger.token }),
      404,
      "quote_not_found",
    );
    expectProblem(
      await sell({ quoteId: randomUUID(), msisdn: "0712345678" }),
      404,
      "quote_not_found",
    );
  });
});

describe("limits, proofs and prices", () => {
  test("a wallet sees its limits, with the tier and its reason", async () => {
    const sent = await send("GET", "/api/limits", { key: null });
    expect(sent.status).toBe(200);
    const { buy: limits } = sent.body as { readonly buy: readonly Record<string, unknown>[] };
    expect(limits[0]).toMatchObject({
      code: "daily_limit_exceeded",
      tier: "standard",
      reason: "Every wallet without a tier of its own.",
      maximumKesCents: "50000000",
      maximumOrders: null,
    });
    expect(limits.map(({ code }) => code)).toContain("new_device_limit_exceeded");
  });

  test("a code of no prompt proves nothing", async () => {
    const prove = (code: string) =>
      send("POST", "/api/numbers/proof", { key: null, json: { msisdn: "0712345678", code } });
    expectProblem(await prove("0000"), 422, "number_code_wrong");
    expectProblem(await prove("00000"), 400, "invalid_request");
  });

  test("an order whose shillings are not there gets no new price", async () => {
    const quote = await buyQuote();
    const opened = await buy({
      quoteId: quote.id,
      msisdn: "0712345678",
      invoice: invoiceFor(quote),
    });
    const { id } = opened.body as Order;
    expectProblem(await send("POST", `/api/orders/${id}/price`), 409, "order_state_conflict");
    expectProblem(
      await send("POST", `/api/orders/${id}/price`, { token: stranger.token }),
      404,
      "order_not_found",
    );
  });
});

describe("the invoice of a buy", () => {
  const cases: readonly (readonly [string, (quote: Quote) => string, ProblemCode])[] = [
    ["that cannot be decoded", () => `lnbcrt1${"q".repeat(60)}`, "invoice_malformed"],
    ["with a wrong checksum", (quote) => `${invoiceFor(quote).slice(0, -1)}b`, "invoice_malformed"],
    [
      "of another network",
      (quote) => invoiceFor(quote, { prefix: "lnbc" }),
      "invoice_wrong_network",
    ],
    [
      "that has expired",
      (quote) => invoiceFor(quote, { createdAtMs: now() - 7_200_000 }),
      "invoice_expired",
    ],
    [
      "that expires in 30 seconds",
      (quote) => invoiceFor(quote, { expirySeconds: 30 }),
      "invoice_expires_too_soon",
    ],
    [
      "without an amount",
      (quote) => invoiceFor(quote, { amountMsat: null }),
      "invoice_amount_missing",
    ],
    [
      "for one millisatoshi too much",
      (quote) => invoiceFor(quote, { amountMsat: BigInt(quote.amountMsat) + 1n }),
      "invoice_amount_mismatch",
    ],
    [
      "whose payment may be held for a day",
      (quote) => invoiceFor(quote, { minFinalCltvExpiryDelta: 144 }),
      "invoice_held_too_long",
    ],
    [
      "of another node",
      (quote) => invoiceFor(quote, { secretKey: stranger.secretKey }),
      "invoice_wrong_payee",
    ],
  ];
  test.each(cases)("8: refuses an invoice %s", async (_name, make, code) => {
    const quote = await buyQuote();
    const sent = await buy({ quoteId: quote.id, msisdn: "0712345678", invoice: make(quote) });
    expectProblem(sent, 422, code);
    // No order was opened, so the quote can still be used.
    const good = await buy({ quoteId: quote.id, msisdn: "0712345678", invoice: invoiceFor(quote) });
    expect(good).toMatchObject({ status: 201 });
  });

  test("refuses an invoice that another order already uses", async () => {
    const [first, second] = [await buyQuote(), await buyQuote()];
    const invoice = invoiceFor(first, { amountMsat: BigInt(second.amountMsat) });
    expect(second.amountMsat).toBe(first.amountMsat);
    expect((await buy({ quoteId: first.id, msisdn: "0712345678", invoice })).status).toBe(201);
    expectProblem(
      await buy({ quoteId: second.id, msisdn: "0712345678", invoice }),
      409,
      "invoice_already_used",
    );
  });

  test("refuses a phone number that is not a Kenyan mobile number", async () => {
    const quote = await buyQuote();
    expectProblem(
      await buy({ quoteId: quote.id, msisdn: "0812345678", invoice: invoiceFor(quote) }),
      422,
      "msisdn_invalid",
    );
  });
});

describe("checking an invoice before sending", () => {
  const check = (invoice: string, more: object = {}) =>
    send("POST", "/api/wallet/send", { json: { invoice, ...more } });
  const other = () => stranger.secretKey;

  test("returns the decoded invoice, the estimated fee and the fee limit", async () => {
    const invoice = makeInvoice({
      secretKey: other(),
      amountMsat: 5_000_000n,
      description: "Mangoes",
    });
    const sent = await check(invoice);
    expect(sent.status).toBe(201);
    expect(sent.body).toMatchObject({
      amountMsat: "5000000",
      description: "Mangoes",
      estimatedFeeMsat: "1000",
      feeLimitMsat: "50000",
    });
  });

  test("replaces a NUL character in the description", async () => {
    const invoice = makeInvoice({
      secretKey: other(),
      amountMsat: 5_000_000n,
      description: "Man\0goes",
    });
    const sent = await check(invoice);
    expect(sent.status).toBe(201);
    expect(sent.body).toMatchObject({ description: "Man\uFFFDgoes" });
  });

  test.each([
    ["that cannot be decoded", () => `lnbcrt1${"q".repeat(60)}`, {}, 422, "invoice_malformed"],
    ["of 5,000 characters", () => `lnbcrt1${"q".repeat(5_000)}`, {}, 400, "invalid_request"],
    [
      "of another network",
      () => makeInvoice({ secretKey: other(), prefix: "lntb", amountMsat: 1_000n }),
      {},
      422,
      "invoice_wrong_network",
    ],
    [
      "that has expired",
      () => makeInvoice({ secretKey: other(), amountMsat: 1_000n, createdAtMs: 1_700_000_000_000 }),
      {},
      422,
      "invoice_expired",
    ],
    [
      "without an amount when the request gives none",
      () => makeInvoice({ secretKey: other() }),
      {},
      422,
      "invoice_amount_missing",
    ],
    [
      "with another amount than the request",
      () => makeInvoice({ secretKey: other(), amountMsat: 1_000n }),
      { amountMsat: "2000" },
      422,
      "invoice_amount_mismatch",
    ],
    [
      "above the maximum amount",
      () => makeInvoice({ secretKey: other(), amountMsat: 10n ** 12n }),
      {},
      422,
      "amount_above_maximum",
    ],
    [
      "when the request gives an amount of 0",
      () => makeInvoice({ secretKey: other() }),
      { amountMsat: "0" },
      400,
      "invalid_request",
    ],
  ] as const)("refuses an invoice %s", async (_name, invoice, more, status, code) => {
    expectProblem(await check(invoice(), more), status, code);
  });

  test("refuses an invoice that was already paid", async () => {
    const quote = await sellQuote();
    const opened = (await sell({ quoteId: quote.id, msisdn: "0712345678" })).body as Order;
    api.engine.updatePayment(opened.paymentHash ?? "", { state: "PAYMENT_STATE_SUCCEEDED" });
    expectProblem(await check(opened.invoice ?? ""), 409, "invoice_already_paid");
  });

  test("answers 503 while the engine is unreachable and accepts a retry with the same key", async () => {
    const invoice = makeInvoice({ secretKey: other(), amountMsat: 1_000n });
    const key = randomUUID();
    api.engine.reachable = false;
    const refused = await send("POST", "/api/wallet/send", { json: { invoice }, key });
    api.engine.reachable = true;
    expectProblem(refused, 503, "engine_unavailable");
    expect(refused.headers.get("retry-after")).toBe("5");
    expect((await send("POST", "/api/wallet/send", { json: { invoice }, key })).status).toBe(201);
  });
});

describe("an idempotency key", () => {
  test("is required and must have 8 to 100 characters", async () => {
    const quote = await sellQuote();
    const json = { quoteId: quote.id, msisdn: "0712345678" };
    expectProblem(await sell(json, { key: null }), 400, "idempotency_key_missing");
    expectProblem(await sell(json, { key: "short" }), 400, "idempotency_key_invalid");
    expectProblem(await sell(json, { key: "x".repeat(101) }), 400, "idempotency_key_invalid");
  });

  test("replays the order for the same body and refuses another body", async () => {
    const quote = await sellQuote();
    const key = randomUUID();
    const json = { quoteId: quote.id, msisdn: "0712345678" };
    const first = await sell(json, { key });
    const again = await sell({ msisdn: "0712345678", quoteId: quote.id }, { key });
    expect(first.status).toBe(201);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    const another = await sell({ ...json, msisdn: "0712345679" }, { key });
    expectProblem(another, 409, "idempotency_key_reused");
  });

  test("opens one order for six requests at once and returns it to each", async () => {
    const quote = await sellQuote();
    const key = randomUUID();
    const all = await Promise.all(
      Array.from({ length: 6 }, () => sell({ quoteId: quote.id, msisdn: "0712345678" }, { key })),
    );
    expect(all.map(({ status }) => status)).toEqual(Array(6).fill(201));
    expect(new Set(all.map(({ body }) => (body as Order).id)).size).toBe(1);
  });

  test("replays a refusal that is final", async () => {
    const key = randomUUID();
    const json = { quoteId: randomUUID(), msisdn: "0712345678" };
    const first = await sell(json, { key });
    expectProblem(first, 404, "quote_not_found");
    const again = await sell(json, { key });
    expectProblem(again, 404, "quote_not_found");
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  test("is scoped to its wallet", async () => {
    const key = randomUUID();
    const [mine, theirs] = [await sellQuote(), await sellQuote(stranger)];
    const first = await sell({ quoteId: mine.id, msisdn: "0712345678" }, { key });
    const second = await sell(
      { quoteId: theirs.id, msisdn: "0712345678" },
      { key, token: stranger.token },
    );
    expect([first.status, second.status]).toEqual([201, 201]);
    expect((first.body as Order).id).not.toBe((second.body as Order).id);
  });
});

describe("an access token", () => {
  const protectedCalls = [
    ["GET", "/api/wallet/balance"],
    ["GET", "/api/orders"],
    ["GET", `/api/orders/${randomUUID()}`],
    ["GET", `/api/orders/${randomUUID()}/events`],
    ["GET", "/api/events"],
    ["GET", "/api/wallet/transactions"],
    ["GET", "/api/auth/devices"],
    ["POST", "/api/quotes"],
    ["POST", "/api/fiat/mpesa/buy"],
    ["POST", "/api/fiat/mpesa/sell"],
    ["POST", "/api/wallet/send"],
    ["POST", "/api/auth/logout"],
  ] as const;

  test.each(protectedCalls)("is required for %s %s", async (method, path) => {
    const missing = await send(method, path, { token: null });
    expectProblem(missing, 401, "token_missing");
    expect(missing.headers.get("www-authenticate")).toBe("Bearer");
    expectProblem(await send(method, path, { token: "x.y.z" }), 401, "token_invalid");
    const basic = await send(method, path, {
      token: null,
      headers: { authorization: "Basic YTpi" },
    });
    expectProblem(basic, 401, "token_invalid");
  });

  test("expires after ten minutes", async () => {
    offset += 10 * 60_000;
    const late = await send("GET", "/api/orders");
    offset = 0;
    expectProblem(late, 401, "token_expired");
  });

  test("is refused after its device was signed out", async () => {
    const { token } = await createHolder();
    expect((await send("POST", "/api/auth/logout", { token })).status).toBe(204);
    expectProblem(await send("GET", "/api/orders", { token }), 401, "device_revoked");
  });

  test("is not issued for an invalid, expired or replayed login", async () => {
    const login = (assertion: string) =>
      send("POST", "/api/auth/login", { json: { assertion }, token: null });
    const node = createTestNode();
    expectProblem(await login("a.b.c"), 401, "assertion_invalid");
    expectProblem(
      await login(node.sign(loginPayloadFor("http://elsewhere.test", now()))),
      401,
      "assertion_invalid",
    );
    expectProblem(
      await login(node.sign(loginPayloadFor(api.url, now() - 61_000))),
      401,
      "assertion_expired",
    );
    const assertion = node.sign(loginPayloadFor(api.url, now()));
    expect((await login(assertion)).status).toBe(200);
    expectProblem(await login(assertion), 401, "assertion_replayed");
    const refresh = await send("POST", "/api/auth/refresh", {
      json: { refreshToken: `scr_${"A".repeat(43)}` },
      token: null,
    });
    expectProblem(refresh, 401, "refresh_token_invalid");
  });
});

describe("another wallet's order", () => {
  test("cannot be read, followed, cancelled or given an invoice", async () => {
    const quote = await sellQuote();
    const { id } = (await sell({ quoteId: quote.id, msisdn: "0712345678" })).body as Order;
    const token = stranger.token;
    expectProblem(await send("GET", `/api/orders/${id}`, { token }), 404, "order_not_found");
    expectProblem(await send("GET", `/api/orders/${id}/events`, { token }), 404, "order_not_found");
    expectProblem(
      await send("POST", `/api/orders/${id}/cancel`, { token }),
      404,
      "order_not_found",
    );
    const invoice = makeInvoice({ secretKey: stranger.secretKey, amountMsat: 1_000n });
    expectProblem(
      await send("POST", `/api/orders/${id}/invoice`, { token, json: { invoice } }),
      404,
      "order_not_found",
    );
    expect((await send("GET", `/api/orders/${id}`)).status).toBe(200);
  });

  test("is not in the lists of a new wallet", async () => {
    const newcomer = await createHolder();
    expect((await send("GET", "/api/orders", { token: newcomer.token })).body).toEqual({
      orders: [],
      nextCursor: null,
    });
    expect((await send("GET", "/api/wallet/transactions", { token: newcomer.token })).body).toEqual(
      {
        transactions: [],
        nextCursor: null,
      },
    );
  });
});

describe("an unsupported request", () => {
  test("answers 404 for an unknown path and 405 for an unsupported method", async () => {
    expectProblem(await send("GET", "/api/nothing"), 404, "route_not_found");
    const wrong = await send("DELETE", "/api/quotes");
    expectProblem(wrong, 405, "method_not_allowed");
    expect(wrong.headers.get("allow")).toBe("POST");
  });

  test.each([
    "/api/orders/%zz",
    "/api/orders/%00",
    "/api/orders/..%2f..%2fetc",
    `/api/orders/${"a".repeat(3_000)}`,
  ])("refuses the malformed path %s", async (path) => {
    expectProblem(await send("GET", path), 400, "invalid_request");
  });

  test("answers 431 when the headers exceed 16 KB", async () => {
    const sent = await send("GET", "/api/orders", { headers: { "x-large": "x".repeat(20_000) } });
    expectProblem(sent, 431, "header_too_large");
  });
});

test("logs none of these requests as an error", () => {
  const errors = api
    .logged()
    .split("\n")
    .filter((line) => line.includes('"level":50'));
  expect(errors).toEqual([]);
});

test("logs no token, phone number or invoice", () => {
  const logged = api.logged();
  expect(logged).not.toContain(owner.token);
  expect(logged).not.toMatch(/254712345678|0712345678/);
  expect(logged).not.toMatch(/lnbcrt\d/);
});
