import type { ApiClient, Order, Quote } from "@satsconnect/contracts";
import type { LightningNode } from "@satsconnect/lightning";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { beforeEach, expect, test } from "vitest";
import { openOrderIntents } from "../storage/order-intents.ts";
import { memoryKeyValueStore } from "../storage/key-value-store.ts";
import { openBuy, openSell, resumeOrders } from "./orders.ts";
import type { OrderDependencies } from "./orders.ts";

const lsp = `02${"a".repeat(64)}`;
const start = Date.parse("2026-11-23T09:15:00.000Z");
const minute = 60_000;

function quoteOf(change: Partial<Quote> = {}): Quote {
  return {
    id: "quote-1",
    kind: "sell",
    amountKesCents: "30000",
    amountMsat: "2854213",
    rateKesPerBtc: "10844580.90",
    fees: [],
    customerMpesaFeeKesCents: "0",
    recipient: null,
    createdAt: "2026-11-23T09:15:00.000Z",
    expiresAt: "2026-11-23T09:17:00.000Z",
    ...change,
  };
}

/** A fake operator and a fake node: the requests they received, and the answers they give. */
let now: number;
let orderRequests: { readonly key: string; readonly quoteId: string }[];
let paid: string[];
let answer: (key: string) => Result<Order>;
let invoice: { amountMsat: bigint; payee: string; network: string; expiresAt: number };
let dependencies: OrderDependencies;
let made: { readonly key: string; readonly amountMsat: bigint }[];
let offered: { readonly key: string; readonly invoice: string }[];
let freshInvoiceAnswer: () => Result<Order>;
let isReachable: boolean;
/** How far the operator's clock is ahead of the phone's. */
let operatorAheadMs: number;

function orderOf(change: Partial<Order> = {}): Order {
  return {
    ...quoteOf(),
    id: "order-1",
    state: "invoice_open",
    final: false,
    quoteId: "quote-1",
    msisdn: "2547•••••678",
    recipientName: null,
    invoice: "lnbcrt1",
    paymentHash: "00".repeat(32),
    invoiceExpiresAt: null,
    mpesaReceipt: null,
    reason: null,
    actions: [],
    updatedAt: "2026-11-23T09:15:00.000Z",
    deadlineAt: null,
    ...change,
  };
}

beforeEach(() => {
  now = start;
  orderRequests = [];
  paid = [];
  made = [];
  offered = [];
  freshInvoiceAnswer = () => ok(orderOf({ state: "refunding" }));
  isReachable = true;
  operatorAheadMs = 0;
  invoice = {
    amountMsat: 2_854_213n,
    payee: lsp,
    network: "regtest",
    expiresAt: start + 10 * minute,
  };
  answer = () => ok(orderOf());
  const ask = async (quoteId: string, key: string): Promise<Result<Order>> => {
    if (!isReachable) return err("network_unreachable", "The server cannot be reached.", "unknown");
    orderRequests.push({ key, quoteId });
    return answer(key);
  };
  let ids = 0;
  dependencies = {
    lsp,
    now: () => now,
    operatorNow: () => now + operatorAheadMs,
    newId: () => `entry-${String((ids += 1))}`,
    intents: openOrderIntents(memoryKeyValueStore()),
    api: {
      orders: {
        sell: (body: { quoteId: string }, terms: { idempotencyKey: string }) =>
          ask(body.quoteId, terms.idempotencyKey),
        buy: (body: { quoteId: string }, terms: { idempotencyKey: string }) =>
          ask(body.quoteId, terms.idempotencyKey),
        get: async () => answer(""),
        freshInvoice: async (_id: string, text: string, terms: { idempotencyKey: string }) => {
          offered.push({ key: terms.idempotencyKey, invoice: text });
          return freshInvoiceAnswer();
        },
      },
    } as unknown as ApiClient,
    node: {
      network: "regtest",
      nodeId: `03${"b".repeat(64)}`,
      decodeInvoice: () => ok({ ...invoice, paymentHash: "00".repeat(32) }),
      payment: async () => (paid.length === 0 ? undefined : { state: "inFlight" }),
      balances: async () => ({ receivableMsat: 10_000_000_000n }),
      createInvoice: async (request: { idempotencyKey: string; amountMsat: bigint }) => {
        const { idempotencyKey: key, amountMsat } = request;
        if (!made.some((one) => one.key === key)) made.push({ key, amountMsat });
        return ok({ request: `lnbcrt-${key}`, paymentHash: "11".repeat(32) });
      },
      pay: async (request: { idempotencyKey: string }) => {
        if (!paid.includes(request.idempotencyKey)) paid.push(request.idempotencyKey);
        return ok({});
      },
    } as unknown as LightningNode,
  };
});

test("opens one sell per quote, however often it is confirmed", async () => {
  await openSell(dependencies, quoteOf(), "254712345678");
  await openSell(dependencies, quoteOf(), "254712345678");
  expect(new Set(orderRequests.map(({ key }) => key)).size).toBe(1);
  expect(paid).toHaveLength(1);
  expect(await dependencies.intents.all()).toHaveLength(1);
});

test("a phone three minutes fast pays the operator's invoice of two minutes", async () => {
  operatorAheadMs = -3 * minute;
  invoice = { ...invoice, expiresAt: now + operatorAheadMs + 2 * minute };
  expect((await openSell(dependencies, quoteOf(), "254712345678")).ok).toBe(true);
  expect(paid).toHaveLength(1);
});

test("an operator whose clock stands still cannot make a sell be paid later than `payBy`", async () => {
  answer = () => ok(orderOf({ invoice: null }));
  await openSell(dependencies, quoteOf(), "254712345678");
  answer = () => ok(orderOf());
  now += 20 * minute;
  operatorAheadMs = -20 * minute;
  const [resumed] = await resumeOrders(dependencies);
  expect(resumed).toMatchObject({ ok: false, error: { code: "quote_expired" } });
  expect(paid).toHaveLength(0);
});

test("opens one buy per quote, however often it is confirmed", async () => {
  const quote = quoteOf({ kind: "buy" });
  answer = () => ok(orderOf({ kind: "buy", state: "stk_requested", invoice: "lnbcrt2" }));
  await openBuy(dependencies, quote, "254712345678");
  await openBuy(dependencies, quote, "254712345678");
  expect(new Set(orderRequests.map(({ key }) => key)).size).toBe(1);
});

test("does not pay a sell later after reporting that it failed", async () => {
  isReachable = false;
  const failed = await openSell(dependencies, quoteOf(), "254712345678");
  expect(failed).toMatchObject({
    ok: false,
    error: { code: "network_unreachable", retry: "safe" },
  });
  isReachable = true;
  await resumeOrders(dependencies);
  expect(paid).toEqual([]);
});

test("reuses the intent when a failed sell is confirmed again", async () => {
  isReachable = false;
  await openSell(dependencies, quoteOf(), "254712345678");
  isReachable = true;
  expect((await openSell(dependencies, quoteOf(), "254712345678")).ok).toBe(true);
  expect(orderRequests.map(({ key }) => key)).toEqual(["entry-1"]);
  expect(paid).toEqual(["sell:entry-1"]);
});

test("resumes an interrupted sell while its quote is valid", async () => {
  await dependencies.intents.write({ ...(await interrupted()) });
  now = start + minute;
  await resumeOrders(dependencies);
  expect(paid).toEqual(["sell:entry-1"]);
});

test("does not pay an expired quote, even if the operator's invoice is still valid", async () => {
  await dependencies.intents.write({ ...(await interrupted()) });
  now = start + 60 * minute;
  invoice.expiresAt = now + 10 * minute;
  const [late] = await resumeOrders(dependencies);
  expect(late).toMatchObject({ ok: false, error: { code: "quote_expired" } });
  expect(paid).toEqual([]);
});

test("measures a quote's validity on this device's clock, whatever time the operator has", async () => {
  now = start + 24 * 60 * minute;
  invoice.expiresAt = now + 10 * minute;
  expect((await openSell(dependencies, quoteOf(), "254712345678")).ok).toBe(true);
  expect(paid).toHaveLength(1);
});

test("does not report a sell as failed when its invoice expires while it is being paid", async () => {
  await openSell(dependencies, quoteOf(), "254712345678");
  now = start + 60 * minute;
  expect(await resumeOrders(dependencies)).toMatchObject([{ ok: true }]);
});

const owed = () => ok(orderOf({ state: "owed", actions: ["fresh_invoice"] }));

test("claims all sats owed from a sell with the same invoice until the operator answers", async () => {
  await openSell(dependencies, quoteOf(), "254712345678");
  answer = owed;
  freshInvoiceAnswer = () => err("network_unreachable", "The server cannot be reached.", "unknown");
  await resumeOrders(dependencies);
  await resumeOrders(dependencies);
  expect(made).toEqual([{ key: "owed:entry-1:1", amountMsat: 2_854_213n }]);
  expect(new Set(offered.map(({ key, invoice: text }) => key + text)).size).toBe(1);
});

test("claims owed sats with a new invoice after they could not be delivered", async () => {
  await openSell(dependencies, quoteOf(), "254712345678");
  answer = owed;
  await resumeOrders(dependencies);
  answer = () => ok(orderOf({ state: "refunding" }));
  await resumeOrders(dependencies);
  expect(offered).toHaveLength(1);
  answer = owed;
  await resumeOrders(dependencies);
  expect(offered.map(({ key }) => key)).toEqual(["owed:entry-1:1", "owed:entry-1:2"]);
});

test("offers a new invoice after the operator refuses one", async () => {
  await openSell(dependencies, quoteOf(), "254712345678");
  answer = owed;
  freshInvoiceAnswer = () => err("invoice_expired", "The invoice has expired.", "never");
  await resumeOrders(dependencies);
  await resumeOrders(dependencies);
  expect(made.map(({ key }) => key)).toEqual(["owed:entry-1:1", "owed:entry-1:2"]);
});

test.each([
  ["a different amount", () => (invoice.amountMsat = 2_854_214n)],
  ["a different payee", () => (invoice.payee = `02${"c".repeat(64)}`)],
  ["a different network", () => (invoice.network = "bitcoin")],
  ["fewer shillings", () => (answer = () => ok(orderOf({ amountKesCents: "29900" })))],
  ["a different quote", () => (answer = () => ok(orderOf({ quoteId: "quote-2" })))],
])("does not pay an operator's order for %s", async (_name, change) => {
  change();
  const sold = await openSell(dependencies, quoteOf(), "254712345678");
  expect(sold).toMatchObject({ ok: false, error: { code: "sell_invoice_wrong" } });
  await resumeOrders(dependencies);
  expect(paid).toEqual([]);
});

/** The intent of a sell that was killed before the first answer. */
async function interrupted() {
  const api = dependencies.api;
  const never = { orders: { sell: () => new Promise(() => undefined) } } as unknown as ApiClient;
  void openSell({ ...dependencies, api: never }, quoteOf(), "254712345678");
  await new Promise((resolve) => setTimeout(resolve, 5));
  const [intent] = await dependencies.intents.all();
  if (intent === undefined) throw new Error("no intent");
  dependencies = { ...dependencies, api };
  return intent;
}
