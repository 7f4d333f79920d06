import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { kes } from "@satsconnect/money";
import { createBookingStore } from "../../adapters/postgres/booking-store.ts";
import { createComparisonStore } from "../../adapters/postgres/books-store.ts";
import { createLedger } from "../../adapters/postgres/ledger.ts";
import { createBookCases, createStatementStore } from "../../adapters/postgres/statement-store.ts";
import type { StatementLine } from "../../domain/books/statement-line.ts";
import { createTestDatabase } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { postForOrder, storeOrder } from "../../testing/booked-orders.ts";
import { createBookings } from "./bookings.ts";
import { createStatements } from "./statements.ts";
import type { StatementsOptions } from "./statements.ts";

const log = pino({ level: "silent" });
const collecting = "600111";
const payout = "600222";
const start = Date.now();

let testDatabase: TestDatabase;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  // Opened an hour ago with KES 10,000 of float.
  await ledger().open(
    [{ account: "mpesa_available", actual: 10_000_00n, before: 0n }],
    { counter_fees_earned: 0n, counter_on_chain_fees: 0n },
    start - 3_600_000,
  );
});
afterEach(() => testDatabase.drop());

const ledger = () => createLedger(testDatabase.database);
const store = () => createStatementStore(testDatabase.database);
const cases = () => createBookCases(testDatabase.database);
const statements = (creditOrder: StatementsOptions["creditOrder"] = async () => false) =>
  createStatements({
    store: store(),
    cases: cases(),
    roles: new Map([
      [collecting, "collecting"],
      [payout, "payout"],
    ]),
    creditOrder,
    log,
  });
const bookings = () =>
  createBookings({
    store: createBookingStore(testDatabase.database),
    ledger: ledger(),
    comparisons: createComparisonStore(testDatabase.database),
    now: Date.now,
  });

/** The database's clock runs ahead by this much from now on. */
const passTime = (ms: number) =>
  testDatabase.database.query(
    `CREATE OR REPLACE FUNCTION books_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
       SELECT clock_timestamp() + interval '${ms} milliseconds' $$`,
  );

let receipts = 0;
const newReceipt = () => {
  receipts += 1;
  return `UKN${String(receipts).padStart(7, "0")}`;
};
const line = (cents: bigint, rest: Partial<StatementLine> = {}): StatementLine => ({
  receipt: newReceipt(),
  isCharge: false,
  cents,
  completedAt: start - 30 * 60_000,
  details: "Pay Bill Online",
  otherParty: "2547****0001 - AMINA KAMAU",
  accountReference: "",
  linkedReceipt: "",
  ...rest,
});
const add = (shortcode: string, lines: readonly StatementLine[]) =>
  store().add({ shortcode, account: "utility", source: "pull" }, lines, null);
const states = async () =>
  Object.fromEntries((await store().list({ limit: 100 })).map((one) => [one.receipt, one.state]));
const openCases = () => cases().list({ onlyOpen: true, limit: 100 });
const takeReceipt = (orderId: string, receipt: string) =>
  testDatabase.database.query(
    "INSERT INTO order_keys (kind, value, order_id) VALUES ('mpesa_receipt', $1, $2)",
    [receipt, orderId],
  );

/** A buy of KES 1,000 that is booked, as when its callback arrived. */
async function paidBuy(state = "paid") {
  const order = await storeOrder(testDatabase.database, {
    kind: "buy",
    state,
    amountKesCents: 1_000_00n,
  });
  await postForOrder(testDatabase.database, order.id, "kes_received", {
    mpesa_collections: 1_000_00n,
    buys_undelivered: -1_000_00n,
  });
  return order;
}

describe("a line of M-Pesa's statement", () => {
  test("is matched with the journal of the order that has its receipt", async () => {
    const { database } = testDatabase;
    const buy = await paidBuy();
    const sell = await storeOrder(database, {
      kind: "sell",
      state: "claimed",
      amountKesCents: 500_00n,
    });
    await postForOrder(database, sell.id, "payout_reserved", {
      mpesa_available: -500_00n,
      mpesa_reserved: 500_00n,
    });
    await postForOrder(database, sell.id, "payout_paid", {
      mpesa_reserved: -500_00n,
      sells_unclaimed: 500_00n,
    });
    const [received, paid] = [line(1_000_00n), line(-500_00n)];
    await takeReceipt(buy.id, received.receipt);
    await takeReceipt(sell.id, paid.receipt);
    await add(collecting, [received]);
    await add(payout, [paid]);
    await statements().judge();
    expect(await states()).toEqual({ [received.receipt]: "matched", [paid.receipt]: "matched" });
    expect(await openCases()).toEqual([]);
    expect(await ledger().balance("kes_unmatched")).toBe(0n);
  });

  test("is matched by the account number when no callback brought the receipt, and takes the receipt", async () => {
    const buy = await paidBuy();
    const received = line(1_000_00n, { accountReference: buy.accountReference });
    await add(collecting, [received]);
    await statements().judge();
    expect(await states()).toEqual({ [received.receipt]: "matched" });
    const { rows } = await testDatabase.database.query(
      "SELECT order_id FROM order_keys WHERE value = $1",
      [received.receipt],
    );
    expect(rows).toEqual([{ order_id: buy.id }]);
  });

  test("of a payout that was proven without a receipt is matched by its amount and recipient", async () => {
    const { database } = testDatabase;
    const sells = [];
    for (const msisdn of ["254700000001", "254700000002"]) {
      const sell = await storeOrder(database, {
        kind: "sell",
        state: "claimed",
        amountKesCents: 500_00n,
        payout: { status: "confirmed", receipt: null, msisdn, amountKesCents: { bigint: "50000" } },
      });
      await postForOrder(database, sell.id, "payout_paid", {
        mpesa_available: -500_00n,
        sells_unclaimed: 500_00n,
      });
      sells.push(sell);
    }
    const paid = line(-500_00n, { otherParty: "254700000002 - JOHN" });
    await add(payout, [paid]);
    await statements().judge();
    expect(await store().list({ limit: 1 })).toMatchObject([
      { state: "matched", orderId: sells[1]?.id },
    ]);
  });

  test("that pays for an order a second time by its account number is unmatched, and its case names the order", async () => {
    const buy = await paidBuy();
    const first = line(1_000_00n, { accountReference: buy.accountReference });
    const second = line(1_000_00n, { accountReference: buy.accountReference });
    await add(collecting, [first, second]);
    await statements().judge();
    expect(Object.values(await states()).sort()).toEqual(["matched", "unmatched"]);
    expect(await openCases()).toMatchObject([{ code: "statement_unmatched", orderId: buy.id }]);
  });

  test("31: credits the order whose push was never answered and whose callback was lost", async () => {
    const { database } = testDatabase;
    const buy = await storeOrder(database, {
      kind: "buy",
      state: "expired",
      amountKesCents: 1_000_00n,
    });
    const received = line(1_000_00n, { accountReference: buy.accountReference });
    await add(collecting, [received]);
    const credited: string[] = [];
    const books = statements(async (found, orderId) => {
      credited.push(`${found.receipt} ${orderId}`);
      await takeReceipt(orderId, found.receipt);
      await postForOrder(database, orderId, "kes_received_for_case", {
        mpesa_collections: 1_000_00n,
        kes_suspense: -1_000_00n,
      });
      return true;
    });
    await books.judge();
    await books.judge();
    expect(credited).toEqual([`${received.receipt} ${buy.id}`]);
    expect(await states()).toEqual({ [received.receipt]: "matched" });
    expect(await ledger().balance("mpesa_collections")).toBe(1_000_00n);
    expect(await openCases()).toEqual([]);
  });

  test("31: is booked with a case when the order cannot take it, so that no shilling is stranded", async () => {
    const buy = await storeOrder(testDatabase.database, {
      kind: "buy",
      state: "expired",
      amountKesCents: 1_000_00n,
    });
    const received = line(1_000_00n, { accountReference: buy.accountReference });
    await add(collecting, [received]);
    const books = statements();
    await books.judge();
    await books.judge();
    await books.judge();
    expect(await ledger().balance("mpesa_collections")).toBe(1_000_00n);
    expect(await ledger().balance("kes_unmatched")).toBe(-1_000_00n);
    expect(await openCases()).toMatchObject([{ code: "statement_unmatched", orderId: buy.id }]);
  });

  test("that nothing explains is booked once and becomes one case, also when two processes judge it", async () => {
    const stray = line(750_00n, { accountReference: "SCHOOL FEES" });
    await add(collecting, [stray]);
    await add(collecting, [stray]);
    await Promise.all([statements().judge(), statements().judge(), statements().judge()]);
    await statements().judge();
    expect(await ledger().balance("mpesa_collections")).toBe(750_00n);
    expect(await ledger().balance("kes_unmatched")).toBe(-750_00n);
    expect(await openCases()).toHaveLength(1);
  });

  test("waits a quarter of an hour for the callback that explains it", async () => {
    await add(collecting, [line(750_00n, { completedAt: start - 60_000 })]);
    await statements().judge();
    expect(Object.values(await states())).toEqual(["new"]);
    await passTime(15 * 60_000);
    await statements().judge();
    expect(Object.values(await states())).toEqual(["unmatched"]);
  });

  test("waits as long as its order is open, and for an open payout of its amount", async () => {
    const { database } = testDatabase;
    const buy = await storeOrder(database, {
      kind: "buy",
      state: "stk_unknown",
      amountKesCents: 1_000_00n,
    });
    const sell = await storeOrder(database, {
      kind: "sell",
      state: "payout_unknown",
      amountKesCents: 500_00n,
    });
    await database.query(
      `UPDATE orders SET body = body || '{"payout": {"status": "unknown", "amountKesCents": {"bigint": "50000"}}}'
        WHERE id = $1`,
      [sell.id],
    );
    await add(collecting, [line(1_000_00n, { accountReference: buy.accountReference })]);
    await add(payout, [line(-500_00n)]);
    await passTime(47 * 3_600_000);
    await statements().judge();
    expect(Object.values(await states())).toEqual(["new", "new"]);
    await passTime(49 * 3_600_000);
    await statements().judge();
    expect(Object.values(await states())).toEqual(["unmatched", "unmatched"]);
  });

  test("that was unmatched is taken back when the order books it late", async () => {
    const received = line(1_000_00n);
    await add(collecting, [received]);
    await statements().judge();
    expect(await ledger().balance("kes_unmatched")).toBe(-1_000_00n);
    const late = await paidBuy("expired");
    await takeReceipt(late.id, received.receipt);
    await statements().judge();
    expect(await states()).toEqual({ [received.receipt]: "matched" });
    expect(await ledger().balance("mpesa_collections")).toBe(1_000_00n);
    expect(await ledger().balance("kes_unmatched")).toBe(0n);
    expect(await openCases()).toEqual([]);
  });

  test("41: with another amount than the order books the difference and opens a case", async () => {
    const buy = await paidBuy();
    const received = line(900_00n);
    await takeReceipt(buy.id, received.receipt);
    await add(collecting, [received]);
    await statements().judge();
    expect(await ledger().balance("mpesa_collections")).toBe(900_00n);
    expect(await ledger().balance("kes_unmatched")).toBe(100_00n);
    expect(await openCases()).toMatchObject([{ code: "statement_differs", orderId: buy.id }]);
  });

  test("that was reported before with another amount opens a case and is not booked twice", async () => {
    const first = line(750_00n);
    await add(collecting, [first]);
    await statements().judge();
    const again = await add(collecting, [{ ...first, cents: 760_00n }]);
    expect(again).toEqual({ added: 0, contradictions: [first.receipt] });
    expect(await ledger().balance("mpesa_collections")).toBe(750_00n);
    expect((await openCases()).map(({ code }) => code).sort()).toEqual([
      "statement_contradiction",
      "statement_unmatched",
    ]);
  });

  test("40: the two sides of a move, or a payment and its reversal, cancel out", async () => {
    const received = line(400_00n);
    await add(collecting, [received, line(-400_00n, { linkedReceipt: received.receipt })]);
    await statements().judge();
    expect(Object.values(await states())).toEqual(["paired", "paired"]);
    const moved = newReceipt();
    await add(collecting, [line(-100_00n, { receipt: moved })]);
    await add(payout, [line(100_00n, { receipt: moved })]);
    await statements().judge();
    expect(Object.values(await states())).toEqual(["paired", "paired", "paired"]);
    expect(await ledger().balance("kes_unmatched")).toBe(0n);
    expect(await ledger().balance("mpesa_collections")).toBe(-100_00n);
    expect(await ledger().balance("mpesa_available")).toBe(10_100_00n);
    expect(await openCases()).toEqual([]);
  });

  test("of M-Pesa's charge is booked as an expense without a case", async () => {
    await add(collecting, [line(-5_00n, { isCharge: true })]);
    await statements().judge();
    expect(await ledger().balance("mpesa_fees")).toBe(5_00n);
    expect(await ledger().balance("mpesa_collections")).toBe(-5_00n);
    expect(await openCases()).toEqual([]);
  });

  test("from before the opening is in the opening balances", async () => {
    await add(collecting, [line(5_00n, { completedAt: start - 2 * 3_600_000 })]);
    await statements().judge();
    expect(Object.values(await states())).toEqual(["opening"]);
    expect(await ledger().balance("mpesa_collections")).toBe(0n);
  });
});

describe("an operator", () => {
  test("explains an unmatched line by a booking with its receipt", async () => {
    const topUp = line(2_000_00n, { details: "Deposit of funds" });
    await add(payout, [topUp]);
    await statements().judge();
    expect(await ledger().balance("mpesa_available")).toBe(12_000_00n);
    const booked = await bookings().book({
      booking: { type: "capital_in", place: "mpesa_available", amountKesCents: kes(2_000n) },
      reference: topUp.receipt.toLowerCase(),
      operator: "wanjiku",
      reason: "Top-up of the float",
    });
    expect(booked.ok).toBe(true);
    await statements().judge();
    expect(await ledger().balance("mpesa_available")).toBe(12_000_00n);
    expect(await ledger().balance("capital_kes")).toBe(-12_000_00n);
    expect(await ledger().balance("kes_unmatched")).toBe(0n);
    expect(await openCases()).toEqual([]);
  });

  test("ties an unmatched line to a booking that has another reference, once and only for the same amount", async () => {
    const [first, second] = [line(2_000_00n), line(2_000_00n)];
    await add(payout, [first, second]);
    await statements().judge();
    await bookings().book({
      booking: {
        type: "bank_transfer",
        from: "bank_kes",
        to: "mpesa_available",
        amountKesCents: kes(2_000n),
      },
      reference: "KCB 4711",
      operator: "wanjiku",
      reason: "Float from the bank",
    });
    const ids = (await store().list({ state: "unmatched", limit: 10 })).map(({ id }) => id);
    expect(await statements().tie(ids[0] ?? "", "none")).toMatchObject({
      error: { code: "booking_not_found" },
    });
    expect(await statements().tie(ids[0] ?? "", "kcb 4711")).toMatchObject({ ok: true });
    expect(await statements().tie(ids[0] ?? "", "kcb 4711")).toMatchObject({
      error: { code: "statement_line_not_found" },
    });
    expect(await statements().tie(ids[1] ?? "", "kcb 4711")).toMatchObject({
      error: { code: "booking_amount_differs" },
    });
    expect(await ledger().balance("mpesa_available")).toBe(14_000_00n);
    expect(await ledger().balance("kes_unmatched")).toBe(-2_000_00n);
    expect(await openCases()).toHaveLength(1);
  });

  test("books once for each reference, and a reference is not used for something else", async () => {
    const request = {
      booking: { type: "capital_out", place: "mpesa_available", amountKesCents: kes(100n) },
      reference: "UKX0000001",
      operator: "wanjiku",
      reason: "Owner's share",
    } as const;
    const results = await Promise.all([1, 2, 3, 4].map(() => bookings().book(request)));
    expect(results.every((result) => result.ok)).toBe(true);
    expect(await ledger().balance("mpesa_available")).toBe(9_900_00n);
    expect(
      await bookings().book({
        ...request,
        booking: { ...request.booking, amountKesCents: kes(101n) },
      }),
    ).toMatchObject({ error: { code: "booking_reference_used" } });
    expect(await bookings().list(10)).toMatchObject([
      { reference: "UKX0000001", operator: "wanjiku" },
    ]);
  });

  test("cannot take out more than the books have, also not twice at once", async () => {
    const take = (reference: string) =>
      bookings().book({
        booking: { type: "capital_out", place: "mpesa_available", amountKesCents: kes(6_000n) },
        reference,
        operator: "wanjiku",
        reason: "Owner's share",
      });
    const results = await Promise.all([take("UKX0000001"), take("UKX0000002")]);
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(results.find((result) => !result.ok)).toMatchObject({
      error: {
        code: "balance_too_small",
        message: "mpesa_available has KES 4,000 in the books, which is less than KES 6,000.",
      },
    });
  });
});
