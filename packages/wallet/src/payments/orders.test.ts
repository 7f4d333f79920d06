import type { ApiClient, Order, Quote } from "@satsconnect/contracts";
import type { LightningNode } from "@satsconnect/lightning";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { beforeEach, expect, test } from "vitest";
import { openJournal } from "../storage/order-intents.ts";
import { memoryNotes } from "../storage/key-value-store.ts";
import { openBuy, openSell, resumeOrders } from "./orders.ts";
import type { OrderTools } from "./orders.ts";

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

/** An operator and a node, made up: what they were asked for, and what they answer. */
let now: number;
let asked: { readonly key: string; readonly quoteId: string }[];
let paid: string[];
let answer: (key: string) => Result<Order>;
let invoice: { amountMsat: bigint; payee: string; network: string; expiresAt: number };
let tools: OrderTools;
let made: { readonly key: string; readonly amountMsat: bigint }[];
let given: { readonly key: string; readonly invoice: string }[];
let givenAnswer: () => Result<Order>;
let reach: boolean;

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
  asked = [];
  paid = [];
  made = [];
  given = [];
  givenAnswer = () => ok(orderOf({ state: "refunding" }));
  reach = true;
  invoice = {
    amountMsat: 2_854_213n,
    payee: lsp,
    network: "regtest",
    expiresAt: start + 10 * minute,
  };
  answer = () => ok(orderOf());
  const ask = async (quoteId: string, key: string): Promise<Result<Order>> => {
    if (!reach) return err("network_unreachable", "The server cannot be reached.", "unknown");
    asked.push({ key, quoteId });
    return answer(key);
  };
  let ids = 0;
  tools = {
    lsp,
    now: () => now,
    newId: () => `entry-${String((ids += 1))}`,
    journal: openJournal(memoryNotes()),
    api: {
      orders: {
        sell: (body: { quoteId: string }, terms: { idempotencyKey: string }) =>
          ask(body.quoteId, terms.idempotencyKey),
        buy: (body: { quoteId: string }, terms: { idempotencyKey: string }) =>
          ask(body.quoteId, terms.idempotencyKey),
        get: async () => answer(""),
        freshInvoice: async (_id: string, text: string, terms: { idempotencyKey: string }) => {
          given.push({ key: terms.idempotencyKey, invoice: text });
          return givenAnswer();
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

test("one price is sold once, however often it is agreed to", async () => {
  await openSell(tools, quoteOf(), "254712345678");
  await openSell(tools, quoteOf(), "254712345678");
  expect(new Set(asked.map(({ key }) => key)).size).toBe(1);
  expect(paid).toHaveLength(1);
  expect(await tools.journal.all()).toHaveLength(1);
});

test("one price is bought once, however often it is agreed to", async () => {
  const quote = quoteOf({ kind: "buy" });
  answer = () => ok(orderOf({ kind: "buy", state: "stk_requested", invoice: "lnbcrt2" }));
  await openBuy(tools, quote, "254712345678");
  await openBuy(tools, quote, "254712345678");
  expect(new Set(asked.map(({ key }) => key)).size).toBe(1);
});

test("a sell that was told as failed is not paid by itself later", async () => {
  reach = false;
  const told = await openSell(tools, quoteOf(), "254712345678");
  expect(told).toMatchObject({ ok: false, error: { code: "network_unreachable", retry: "safe" } });
  reach = true;
  await resumeOrders(tools);
  expect(paid).toEqual([]);
});

test("a sell that was told as failed and is agreed to again is the same one", async () => {
  reach = false;
  await openSell(tools, quoteOf(), "254712345678");
  reach = true;
  expect((await openSell(tools, quoteOf(), "254712345678")).ok).toBe(true);
  expect(asked.map(({ key }) => key)).toEqual(["entry-1"]);
  expect(paid).toEqual(["sell:entry-1"]);
});

test("a sell that was interrupted goes on while its price holds", async () => {
  await tools.journal.write({ ...(await interrupted()) });
  now = start + minute;
  await resumeOrders(tools);
  expect(paid).toEqual(["sell:entry-1"]);
});

test("an old price is not paid, even where the operator takes it", async () => {
  await tools.journal.write({ ...(await interrupted()) });
  now = start + 60 * minute;
  invoice.expiresAt = now + 10 * minute;
  const [late] = await resumeOrders(tools);
  expect(late).toMatchObject({ ok: false, error: { code: "quote_expired" } });
  expect(paid).toEqual([]);
});

test("how long a price holds is counted by this phone's own clock, whatever the operator's says", async () => {
  now = start + 24 * 60 * minute;
  invoice.expiresAt = now + 10 * minute;
  expect((await openSell(tools, quoteOf(), "254712345678")).ok).toBe(true);
  expect(paid).toHaveLength(1);
});

test("a sell whose invoice ended while it was being paid is not told as failed", async () => {
  await openSell(tools, quoteOf(), "254712345678");
  now = start + 60 * minute;
  expect(await resumeOrders(tools)).toMatchObject([{ ok: true }]);
});

const owed = () => ok(orderOf({ state: "owed", actions: ["fresh_invoice"] }));

test("sats of a sell that are owed are asked for, all of them, with one invoice while it is not known", async () => {
  await openSell(tools, quoteOf(), "254712345678");
  answer = owed;
  givenAnswer = () => err("network_unreachable", "The server cannot be reached.", "unknown");
  await resumeOrders(tools);
  await resumeOrders(tools);
  expect(made).toEqual([{ key: "owed:entry-1:1", amountMsat: 2_854_213n }]);
  expect(new Set(given.map(({ key, invoice: text }) => key + text)).size).toBe(1);
});

test("sats that are owed again after they could not be delivered are asked for again", async () => {
  await openSell(tools, quoteOf(), "254712345678");
  answer = owed;
  await resumeOrders(tools);
  answer = () => ok(orderOf({ state: "refunding" }));
  await resumeOrders(tools);
  expect(given).toHaveLength(1);
  answer = owed;
  await resumeOrders(tools);
  expect(given.map(({ key }) => key)).toEqual(["owed:entry-1:1", "owed:entry-1:2"]);
});

test("an invoice that the operator refuses is followed by another one", async () => {
  await openSell(tools, quoteOf(), "254712345678");
  answer = owed;
  givenAnswer = () => err("invoice_expired", "The invoice has expired.", "never");
  await resumeOrders(tools);
  await resumeOrders(tools);
  expect(made.map(({ key }) => key)).toEqual(["owed:entry-1:1", "owed:entry-1:2"]);
});

test.each([
  ["another amount", () => (invoice.amountMsat = 2_854_214n)],
  ["another payee", () => (invoice.payee = `02${"c".repeat(64)}`)],
  ["another network", () => (invoice.network = "bitcoin")],
  ["fewer shillings", () => (answer = () => ok(orderOf({ amountKesCents: "29900" })))],
  ["another exchange", () => (answer = () => ok(orderOf({ quoteId: "quote-2" })))],
])("an operator's order for %s is not paid", async (_what, change) => {
  change();
  const sold = await openSell(tools, quoteOf(), "254712345678");
  expect(sold).toMatchObject({ ok: false, error: { code: "sell_invoice_wrong" } });
  await resumeOrders(tools);
  expect(paid).toEqual([]);
});

/** Killed between the intent and the first answer. */
async function interrupted() {
  const api = tools.api;
  const never = { orders: { sell: () => new Promise(() => undefined) } } as unknown as ApiClient;
  void openSell({ ...tools, api: never }, quoteOf(), "254712345678");
  await new Promise((resolve) => setTimeout(resolve, 5));
  const [entry] = await tools.journal.all();
  if (entry === undefined) throw new Error("no intent");
  tools = { ...tools, api };
  return entry;
}
