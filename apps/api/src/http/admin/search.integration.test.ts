import { randomUUID } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { msat, valueOf } from "@satsconnect/money";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OrderSearchFilter } from "../../app/admin/ports.ts";
import type { OrderStore } from "../../app/orders/ports.ts";
import { searchQuery } from "../../adapters/postgres/order-files.ts";
import { createLightning } from "../../adapters/engine/lightning.ts";
import { decodeInvoice } from "../../domain/bolt11.ts";
import type { SellOrder } from "../../domain/order.ts";
import { change } from "../../domain/samples.ts";
import { startTestAdmin } from "../../testing/admin.ts";
import type { TestAdmin, TestBrowser } from "../../testing/admin.ts";
import { createTestDatabase, createTestOrderStore } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createTestEngine } from "../../testing/engine.ts";
import { makeInvoice } from "../../testing/invoice.ts";
import { storedOrders } from "../../testing/stored-orders.ts";
import { createTestOrders } from "../../testing/test-orders.ts";

/** So many that Postgres would rather not read them all. */
const otherOrders = 5_000;
const phone = "254722000111";
const name = "WANJIKU KAMAU M•••••";

let testDatabase: TestDatabase;
let store: OrderStore;
let admin: TestAdmin;
let wanjiku: TestBrowser;
let lost: Awaited<ReturnType<ReturnType<typeof storedOrders>["lostBuy"]>>;
let sold: SellOrder;
let invoice = "";
/** The wallet of the other orders. */
let crowded = "";

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  store = await createTestOrderStore(testDatabase);
  const orders = storedOrders(store, testDatabase);
  const engine = createTestEngine();
  const services = createTestOrders({ store, engine, now: Date.now });
  admin = await startTestAdmin({
    testDatabase,
    orders: services.orders,
    lightning: createLightning(engine),
  });
  wanjiku = await admin.enrol("wanjiku");
  invoice = makeInvoice({
    secretKey: secp256k1.utils.randomSecretKey(),
    amountMsat: msat(2_790_001n),
  });
  lost = await orders.lostBuy(777, { msisdn: phone });
  const opened = await orders.sell();
  if (opened.kind !== "sell") throw new Error("Not a sell");
  const named: SellOrder = { ...opened, terms: { ...opened.terms, recipientName: name } };
  const paid = change(
    named,
    {
      payout: { ...named.payout, status: "accepted", conversationIds: ["AG_20261130_7f3aconv"] },
      held: {
        invoice,
        paymentHash: valueOf(decodeInvoice(invoice)).paymentHash,
        invoiceExpiresAt: Date.now() + 60_000,
        receivedMsat: opened.terms.amountMsat,
        claimDeadlineHeight: 950,
        tipHeight: 800,
        seenAt: Date.now(),
      },
    },
    { keys: [{ kind: "payment_hash", value: valueOf(decodeInvoice(invoice)).paymentHash }] },
  );
  const committed = await store.commit(opened, paid, Date.now());
  if (committed.kind !== "committed" || committed.order.kind !== "sell") throw new Error("No sell");
  sold = committed.order;
  // Only a callback names this receipt, payer and request: no order has accepted them.
  await store.addEvidence({
    orderId: lost.id,
    kind: "prompt",
    body: JSON.stringify({
      Body: {
        stkCallback: {
          CheckoutRequestID: "ws_CO_30112026140512",
          CallbackMetadata: {
            Item: [
              { Name: "MpesaReceiptNumber", Value: "SKX9ONLYIN" },
              { Name: "PhoneNumber", Value: 254733999888 },
            ],
          },
        },
      },
    }),
    receivedAt: Date.now(),
    fromAddress: "196.201.214.200",
  });
  await store.addEvidence({
    orderId: sold.id,
    kind: "payout",
    body: JSON.stringify({
      Result: {
        ConversationID: "AG_20261130_only_in_evidence",
        ResultParameters: {
          ResultParameter: [
            { Key: "ReceiverPartyPublicName", Value: "254712345678 - Achieng Otieno" },
          ],
        },
      },
    }),
    receivedAt: Date.now(),
    fromAddress: "196.201.214.200",
  });
  const { database } = testDatabase;
  await database.query(
    `INSERT INTO wallets (id, node_id, created_at)
       SELECT gen_random_uuid(), '02' || md5(n::text) || md5('x' || n), now() FROM generate_series(1, 3000) n`,
  );
  crowded = randomUUID();
  await database.query("INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, now())", [
    crowded,
    `02${"cd".repeat(32)}`,
  ]);
  await database.query(
    `WITH q AS (
       INSERT INTO quotes (id, wallet_id, kind, body, created_at, expires_at)
         SELECT gen_random_uuid(), $1, 'buy', '{}', now(), now() FROM generate_series(1, $2) RETURNING id)
     INSERT INTO orders (id, wallet_id, quote_id, kind, state, version, amount_kes_cents, amount_msat, body, created_at, updated_at)
       SELECT gen_random_uuid(), $1, q.id, 'buy', 'expired', 1, 10000 + (random() * 90000)::int, o.amount_msat,
              o.body || jsonb_build_object('msisdn', '2547' || lpad((random() * 99999999)::int::text, 8, '0')),
              now() - random() * interval '300 days', now()
         FROM q, (SELECT * FROM orders WHERE id = $3) o`,
    [crowded, otherOrders, lost.id],
  );
  await database.query(
    `INSERT INTO order_keys (kind, value, order_id)
       SELECT 'mpesa_receipt', 'R' || substr(md5(id::text), 1, 9), id FROM orders WHERE state = 'expired';
     INSERT INTO evidence (order_id, number, kind, body, body_hash, received_at, from_address)
       SELECT id, 1, 'prompt', '{"CheckoutRequestID":"ws_CO_' || md5(id::text) || '"}', sha256(id::text::bytea), now(), 'x'
         FROM orders WHERE state = 'expired';
     INSERT INTO cases (order_id, code, detail, opened_at, resolved_at)
       SELECT id, 'late_payment', 'x', created_at, now() FROM orders WHERE state = 'expired'`,
  );
  await database.query("ANALYZE");
}, 60_000);
afterAll(async () => {
  await admin.close();
  await testDatabase.drop();
});

async function found(body: Parameters<typeof wanjiku.client<"findOrders">>[1]["body"]) {
  const answer = valueOf(await wanjiku.client("findOrders", { body }));
  return answer.orders.map(({ id }) => id);
}

describe("an order is found by", () => {
  test.each<[string, () => string, "lost" | "sold"]>([
    ["its receipt", () => lost.receipt, "lost"],
    ["its receipt in small letters with blanks", () => ` ${lost.receipt.toLowerCase()} `, "lost"],
    ["a receipt that only a callback names", () => "SKX9ONLYIN", "lost"],
    ["its phone number, as people write it", () => "0722 000 111", "lost"],
    ["a payer's number that only a callback names", () => "+254733999888", "lost"],
    ["its CheckoutRequestID", () => lost.caseFile.payments[0]?.checkoutRequestId ?? "", "lost"],
    ["a CheckoutRequestID that only a callback names", () => "ws_CO_30112026140512", "lost"],
    ["its id", () => lost.id, "lost"],
    ["its wallet", () => lost.walletId, "lost"],
    ["the first name", () => "wanjiku", "sold"],
    ["the beginning of both names", () => "Kam Wanj", "sold"],
    ["a name that only M-Pesa's result has", () => "Achieng Otieno", "sold"],
    ["its payment hash", () => valueOf(decodeInvoice(invoice)).paymentHash, "sold"],
    ["its invoice", () => `lightning:${invoice.toUpperCase()}`, "sold"],
    ["our OriginatorConversationID", () => sold.payout.originatorConversationId, "sold"],
    ["M-Pesa's ConversationID", () => "AG_20261130_7f3aconv", "sold"],
    ["a ConversationID that only a result names", () => "AG_20261130_only_in_evidence", "sold"],
  ])("%s", async (_name, text, which) => {
    const id = which === "lost" ? lost.id : sold.id;
    expect(await found({ text: text(), limit: 100 })).toContain(id);
  });

  test("its node, and its amount and time: “I paid and have nothing”", async () => {
    const { rows } = await testDatabase.database.query<{ node_id: string }>(
      "SELECT node_id FROM wallets WHERE id = $1",
      [sold.walletId],
    );
    expect(await found({ text: rows[0]?.node_id ?? "" })).toEqual([sold.id]);
    const from = new Date(lost.createdAt - 60_000).toISOString();
    const to = new Date(lost.createdAt + 60_000).toISOString();
    expect(await found({ amountKesCents: "77700", from, to })).toEqual([lost.id]);
    expect(await found({ amountKesCents: "77700", from, to, kind: "sell" })).toEqual([]);
    expect(await found({ amountKesCents: "77800", from, to })).toEqual([]);
  });

  test("nothing else, and an unknown text says so", async () => {
    for (const text of ["SKX0000000", "0799 999 999", "Nobody Atall", randomUUID()])
      expect(await found({ text })).toEqual([]);
    for (const body of [{ text: "%%%" }, { text: "" }, {}]) {
      const refused = await wanjiku.client("findOrders", { body });
      expect(refused).toMatchObject({ error: { code: "invalid_request" } });
    }
    for (const text of ["O'Brien & (co) | !x:*", "a'; DROP TABLE orders --", "\\ :* <-> x"])
      expect(await found({ text })).toEqual([]);
  });

  test("pages of many", async () => {
    const seen = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = valueOf(
        await wanjiku.client("findOrders", {
          body: { text: crowded, limit: 100, ...(cursor === undefined ? {} : { cursor }) },
        }),
      );
      for (const { id } of page.orders) seen.add(id);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined && seen.size < 500);
    expect(seen.size).toBe(500);
  });
});

describe("no search reads all orders or all evidence", () => {
  const day = { from: Date.now() - 86_400_000, to: Date.now() };
  test.each<[string, Partial<OrderSearchFilter>]>([
    ["receipt", { terms: [{ key: "receipt", value: "SKX9ONLYIN" }] }],
    ["phone", { terms: [{ key: "phone", value: phone }] }],
    ["name", { terms: [{ key: "name", value: "wanjiku kamau" }] }],
    ["payment hash", { terms: [{ key: "payment_hash", value: "ab".repeat(32) }] }],
    ["CheckoutRequestID", { terms: [{ key: "checkout_request_id", value: "ws_CO_1" }] }],
    ["ConversationID", { terms: [{ key: "conversation_id", value: "AG_20261130_7f3aconv" }] }],
    ["wallet", { terms: [{ key: "wallet", value: randomUUID() }] }],
    ["node", { terms: [{ key: "wallet", value: `02${"ab".repeat(32)}` }] }],
    ["order", { terms: [{ key: "order", value: randomUUID() }] }],
    ["amount and time", { ...day, terms: [] }],
    ["time", { ...day, terms: [] }],
    [
      "a receipt or a conversation id",
      {
        terms: [
          { key: "receipt", value: "SKX9ONLYIN" },
          { key: "conversation_id", value: "SKX9ONLYIN" },
        ],
      },
    ],
  ])("by %s", async (key, filter) => {
    const amount = key === "amount and time" ? { amountKesCents: lost.terms.amountKesCents } : {};
    const { text, values } = searchQuery({ terms: [], limit: 21, ...filter, ...amount });
    const { rows } = await testDatabase.database.query<{ "QUERY PLAN": string }>(
      `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) ${text}`,
      values,
    );
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    expect(plan).not.toMatch(/Seq Scan on (orders|evidence|order_keys|cases|wallets|quotes)/);
  });
});

test("the page of a lost buy has its evidence, keys, journals, cases, timeline and acts", async () => {
  const page = valueOf(await wanjiku.client("getOrder", { params: { orderId: lost.id } }));
  expect(page.order).toMatchObject({ msisdn: phone, mpesaReceipt: lost.receipt, openCases: 1 });
  expect(page.evidence).toMatchObject([
    { number: 1, kind: "prompt", fromAddress: "196.201.214.200", seen: false },
  ]);
  expect(page.evidence[0]?.raw).toContain("SKX9ONLYIN");
  expect(page.keys).toContainEqual({ kind: "mpesa_receipt", value: lost.receipt });
  expect(page.journals[0]?.entries.map(({ amount }) => BigInt(amount))).toEqual([
    77_700n,
    -77_700n,
  ]);
  expect(page.cases).toMatchObject([{ code: "payment_overdue", severity: "error" }]);
  expect(page.timeline.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(["opened", "event", "evidence", "journal", "case"]),
  );
  for (const { preview } of page.acts)
    for (const { entries } of preview?.postings ?? [])
      expect(entries.reduce((sum, { amount }) => sum + BigInt(amount), 0n)).toBe(0n);
});

test("the page of a sell has its HTLC with height and deadline", async () => {
  const page = valueOf(await wanjiku.client("getOrder", { params: { orderId: sold.id } }));
  expect(page.htlc).toMatchObject({
    direction: "inbound",
    claimDeadlineHeight: 950,
    tipHeight: 800,
    blocksLeft: 150,
    earlierHashes: [],
  });
  expect(page.order.recipientName).toBe(name);
});

test("open cases are listed oldest first, with their age", async () => {
  const list = valueOf(await wanjiku.client("listCases"));
  expect(list).toMatchObject({ open: 1, cases: [{ order: { id: lost.id } }] });
  const all = valueOf(await wanjiku.client("listCases", { query: { state: "all", limit: 100 } }));
  const ages = all.cases.map((entry) => entry.case.openedAt);
  expect(ages).toEqual([...ages].sort());
  expect(all.nextCursor).not.toBeNull();
});
