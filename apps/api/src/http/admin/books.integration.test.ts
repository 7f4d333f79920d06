import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AdminClient, BookAct } from "@satsconnect/contracts/admin";
import { valueOf } from "@satsconnect/money";
import { createLedger } from "../../adapters/postgres/ledger.ts";
import { createLightning } from "../../adapters/engine/lightning.ts";
import { nairobiDay } from "../../domain/books/statement-csv.ts";
import { change, opening, sampleBuy, sampleQuote } from "../../domain/samples.ts";
import type { BuyOrder } from "../../domain/order.ts";
import type { OrderStore } from "../../app/orders/ports.ts";
import { startTestAdmin } from "../../testing/admin.ts";
import type { TestAdmin, TestBrowser } from "../../testing/admin.ts";
import { createTestDatabase, createTestOrderStore } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createTestEngine } from "../../testing/engine.ts";
import { createTestOrders } from "../../testing/test-orders.ts";

let testDatabase: TestDatabase;
let store: OrderStore;
let admin: TestAdmin;
let client: AdminClient;
let otieno: TestBrowser;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  // KES 1,000,000 of float; the books are open.
  store = await createTestOrderStore(testDatabase);
  // Since two days ago.
  await testDatabase.database.query(
    `ALTER TABLE ledger_journals DISABLE TRIGGER ledger_journals_append_only;
     UPDATE ledger_journals SET at = at - interval '2 days';
     ALTER TABLE ledger_journals ENABLE TRIGGER ledger_journals_append_only`,
  );
  const engine = createTestEngine();
  const now = Date.now;
  const services = createTestOrders({ store, engine, now });
  admin = await startTestAdmin({
    testDatabase,
    orders: services.orders,
    lightning: createLightning(engine),
    rates: services.rates,
    now,
    fourEyesKes: 10_000,
  });
  client = (await admin.enrol("wanjiku")).client;
  otieno = await admin.enrol("otieno");
});
afterAll(async () => {
  await admin.close();
  await testDatabase.drop();
});

const act = (wanted: BookAct, id: string = randomUUID()) =>
  client("actOnBooks", { body: { id, act: wanted, reason: "as every day" } });
const balance = async (account: Parameters<ReturnType<typeof createLedger>["balance"]>[0]) =>
  createLedger(testDatabase.database).balance(account);
const header =
  "Receipt No.,Completion Time,Initiation Time,Details,Transaction Status,Paid In,Withdrawn,Balance,Balance Confirmed,Reason Type,Other Party Info,Linked Transaction ID,A/C No.";
const yesterday = nairobiDay(Date.now() - 24 * 3_600_000);
const row = (receipt: string, paidIn: string, reference: string) =>
  `${receipt},${yesterday} 10:00:00,${yesterday} 10:00:00,Pay Bill Online,Completed,${paidIn},,${paidIn},true,Pay Bill Online,254712345678 - AMINA,,${reference}`;

describe("the books of an operator", () => {
  test("are booked as acts in the log, once for each id and reference", async () => {
    const id = randomUUID();
    const move: BookAct = {
      type: "book",
      booking: {
        type: "bank_transfer",
        from: "mpesa_available",
        to: "bank_kes",
        reference: "KCB 1",
        amountKesCents: "500000",
      },
    };
    const done = valueOf(await act(move, id));
    expect(done.act).toMatchObject({
      status: "executed",
      subject: { kind: "books" },
      amountKesCents: "500000",
      postings: [{ kind: "booking" }],
    });
    expect((await act(move, id)).ok).toBe(true);
    expect((await act(move)).ok).toBe(true);
    expect(await balance("bank_kes")).toBe(5_000_00n);
    const { bookings } = valueOf(await client("listBookings"));
    expect(bookings).toMatchObject([{ reference: "KCB 1", operator: "wanjiku" }]);
  });

  test("refuse a wrong booking with a sentence, which the log keeps", async () => {
    const refused = await act({
      type: "book",
      booking: {
        type: "mpesa_bill",
        from: "mpesa_available",
        reference: "BILL 11/26",
        amountKesCents: "100",
      },
    });
    expect(refused).toMatchObject({
      error: {
        code: "balance_too_small",
        message:
          "M-Pesa's unbilled charges are KES 0; a bill cannot be more than that. Book the rest as a charge.",
      },
    });
    const { entries } = valueOf(await client("readLog", { query: { newestFirst: "true" } }));
    expect(entries[0]).toMatchObject({ step: "refused" });
  });

  test("need a second person above the limit, also for bitcoin at the price of now", async () => {
    // 1,000,000 sat are about KES 108,000.
    const out = valueOf(
      await act({
        type: "book",
        booking: { type: "bitcoin_out", reference: "TX 1", amountMsat: "1000000000" },
      }),
    );
    expect(out.act).toMatchObject({ status: "waiting", needsSecondPerson: true });
    const before = await balance("treasury");
    const approved = valueOf(await otieno.approve(out.act.id));
    expect(approved.act.status).toBe("executed");
    expect((await balance("treasury")) - before).toBe(-1_000_000_000n);
    const { bookings } = valueOf(await client("listBookings"));
    expect(bookings[0]).toMatchObject({ operator: "wanjiku and otieno" });
  });

  test("31: take a statement file: a lost push credits its order, stray money becomes a case", async () => {
    const ids = {
      orderId: randomUUID(),
      quoteId: randomUUID(),
      walletId: randomUUID(),
      tag: randomUUID().slice(0, 18),
    };
    await testDatabase.database.query(
      "INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, now())",
      [ids.walletId, `02${"cd".repeat(32)}`],
    );
    await store.addQuote(sampleQuote("buy", ids));
    const order: BuyOrder = sampleBuy(ids);
    valueOf(await store.open(order, opening(order)));
    // The push was not answered and its callback lost.
    const expired = change<BuyOrder>(order, {
      state: "expired",
      reason: "prompt_not_answered",
      deadlineAt: null,
      wakeAt: null,
    });
    expect((await store.commit(order, expired, Date.now())).kind).toBe("committed");
    const file = [
      header,
      row("UKN0000001", "300.00", order.prompt.accountReference),
      row("UKN0000002", "75.00", "FOR MAMA"),
    ].join("\n");
    const upload = () =>
      client("importStatement", { body: { shortcode: "600111", account: "utility", file } });
    expect(valueOf(await upload())).toMatchObject({ lines: 2, added: 2 });
    expect(valueOf(await upload())).toMatchObject({ lines: 2, added: 0 });
    const { lines } = valueOf(await client("listStatementLines"));
    expect(Object.fromEntries(lines.map(({ receipt, state }) => [receipt, state]))).toEqual({
      UKN0000001: "matched",
      UKN0000002: "unmatched",
    });
    expect(lines.find(({ receipt }) => receipt === "UKN0000001")?.orderId).toBe(order.id);
    expect((await balance("mpesa_collections")) + (await balance("mpesa_available"))).toBe(
      1_000_000_00n - 5_000_00n + 300_00n + 75_00n,
    );
    const { cases } = valueOf(await client("listBookCases"));
    expect(
      cases
        .map(({ code, orderId }) => [code, orderId])
        .toSorted((a, b) => ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1)),
    ).toEqual([
      ["statement_credited", order.id],
      ["statement_unmatched", null],
    ]);
    // Once an operator has dealt with it, the case is resolved.
    const refunded = valueOf(
      await client("proposeAct", {
        body: {
          id: randomUUID(),
          orderId: order.id,
          orderVersion: valueOf(await client("getOrder", { params: { orderId: order.id } }))
            .version,
          act: { type: "release_suspense", amountKesCents: "30000" },
          reason: "nobody asks for it",
        },
      }),
    );
    // More than one person may move in a day.
    expect(valueOf(await otieno.approve(refunded.act.id)).act.status).toBe("executed");
    await upload();
    expect(valueOf(await client("listBookCases")).cases.map(({ code }) => code)).toEqual([
      "statement_unmatched",
    ]);
  });

  test("are not changed by a file of another shortcode or one that cannot be read", async () => {
    const upload = (shortcode: string, file: string) =>
      client("importStatement", { body: { shortcode, account: "utility", file } });
    expect(await upload("600999", header)).toMatchObject({ error: { code: "shortcode_not_ours" } });
    expect(await upload("600222", `Short Code,600111\n${header}`)).toMatchObject({
      error: { code: "shortcode_differs" },
    });
    expect(await upload("600222", "<html>")).toMatchObject({
      error: { code: "statement_unreadable" },
    });
  });

  test("take a file of a million characters", async () => {
    const many = Array.from(
      { length: 6_000 },
      (_, index) =>
        `FAIL${String(index).padStart(6, "0")},${yesterday} 10:00:00,,${"x".repeat(150)},Failed,,,,,,,,`,
    );
    const imported = valueOf(
      await client("importStatement", {
        body: { shortcode: "600222", account: "utility", file: [header, ...many].join("\n") },
      }),
    );
    expect(imported).toMatchObject({ lines: 0, skipped: 6_000 });
  });

  test("are closed by the day: what is open has to be explained", async () => {
    await testDatabase.database.query(
      `CREATE OR REPLACE FUNCTION books_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
         SELECT clock_timestamp() + interval '1 day' $$`,
    );
    const today = nairobiDay(Date.now());
    const preview = valueOf(await client("previewDay", { params: { day: today } }));
    expect(preview.open.join(" ")).toContain("Unmatched lines of the statement: 1.");
    expect(await act({ type: "close_day", day: today })).toMatchObject({
      error: { code: "day_not_clean" },
    });
    const closed = valueOf(
      await act({ type: "close_day", day: today, despite: "asked M-Pesa about UKN0000002" }),
    );
    expect(closed.act.status).toBe("executed");
    const { days } = valueOf(await client("listClosedDays"));
    expect(days).toMatchObject([
      {
        day: today,
        operator: "wanjiku",
        reason: "asked M-Pesa about UKN0000002",
        unmatchedLines: 1,
      },
    ]);
  });

  test("tell income, taxes, exposure and their state", async () => {
    const day = nairobiDay(Date.now());
    const figures = valueOf(await client("readFigures", { query: { from: day, to: day } }));
    expect(figures.exposure).toMatchObject({ positionMsat: "0", rateKesPerBtc: "10844580.90" });
    expect(figures.days).toMatchObject([{ day, taxes: [{ kind: "excise_duty" }] }]);
    const state = valueOf(await client("booksState"));
    expect(state).toMatchObject({
      isOpen: true,
      unmatchedLines: 1,
      openCases: 1,
      lastClosedDay: day,
    });
  });
});
