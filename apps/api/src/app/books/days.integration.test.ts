import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { err, kes, ok, rate } from "@satsconnect/money";
import { createBookingStore } from "../../adapters/postgres/booking-store.ts";
import { createComparisonStore } from "../../adapters/postgres/books-store.ts";
import { createDayStore } from "../../adapters/postgres/day-store.ts";
import { createCountStore, createFigureStore } from "../../adapters/postgres/figure-store.ts";
import { createLedger } from "../../adapters/postgres/ledger.ts";
import { createPullCursors } from "../../adapters/postgres/pull-cursors.ts";
import { createBookCases, createStatementStore } from "../../adapters/postgres/statement-store.ts";
import { nairobiDay } from "../../domain/books/statement-csv.ts";
import type { StatementLine } from "../../domain/books/statement-line.ts";
import { createTestDatabase } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { postForOrder, storeOrder } from "../../testing/booked-orders.ts";
import type { Price } from "../orders/ports.ts";
import { createBookings } from "./bookings.ts";
import { createDays } from "./days.ts";
import { createBookFigures } from "./figures.ts";
import type { PullRail } from "./ports.ts";
import { createPull } from "./pull.ts";
import { createStatements } from "./statements.ts";

const log = pino({ level: "silent" });
const dayMs = 24 * 3_600_000;
const roles = new Map([
  ["600111", "collecting"],
  ["600222", "payout"],
] as const);

let testDatabase: TestDatabase;
/** Noon in Nairobi of the first day. */
let start: number;
let price: Price | null;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  start = Date.parse(`${nairobiDay(Date.now())}T09:00:00Z`);
  price = null;
  await setTime(start);
  await ledger().open(
    [{ account: "mpesa_available", actual: 10_000_00n, before: 0n }],
    { counter_fees_earned: 0n, counter_on_chain_fees: 0n },
    start,
  );
});
afterEach(() => testDatabase.drop());

/** Sets the database's clock. */
async function setTime(at: number): Promise<void> {
  await testDatabase.database.query(
    `CREATE OR REPLACE FUNCTION books_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
       SELECT to_timestamp(${at / 1_000}) $$`,
  );
}

const ledger = () => createLedger(testDatabase.database);
const comparisons = () => createComparisonStore(testDatabase.database);
const days = () =>
  createDays({ store: createDayStore(testDatabase.database), ledger: ledger(), roles });
const figures = () =>
  createBookFigures({
    store: createFigureStore(testDatabase.database),
    counts: createCountStore(testDatabase.database),
    ledger: ledger(),
    comparisons: comparisons(),
    rates: {
      current: async () =>
        price === null ? err("rates_unavailable", "No price is available.", "safe") : ok(price),
    },
  });
const statements = () =>
  createStatements({
    store: createStatementStore(testDatabase.database),
    cases: createBookCases(testDatabase.database),
    roles,
    creditOrder: async () => false,
    log,
  });
const book = (reference: string, amount: bigint) =>
  createBookings({
    store: createBookingStore(testDatabase.database),
    ledger: ledger(),
    comparisons: comparisons(),
    now: Date.now,
  }).book({
    booking: { type: "capital_in", place: "mpesa_available", amountKesCents: kes(amount) },
    reference,
    operator: "wanjiku",
    reason: "Top-up",
  });
const close = (day: number, reason: string | null = "No statement in this test") =>
  days().close({ day: nairobiDay(day), operator: "wanjiku", reason });
const lineOf = (trialBalance: readonly { account: string }[], account: string) =>
  trialBalance.find((line) => line.account === account);

/** A statement file of the payout shortcode, with one movement on a day. */
const importFile = (at: number, cents: bigint, balance: bigint) => {
  const amount = (value: bigint) => `${value / 100n}.${String(value % 100n).padStart(2, "0")}`;
  const time = new Date(at + 3 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
  const text = `Receipt No.,Completion Time,Transaction Status,Paid In,Withdrawn,Balance\nUKN0000001,${time},Completed,${amount(cents)},,${amount(balance)}\n`;
  return statements().importFile({
    shortcode: "600222",
    account: "utility",
    text,
    fileHash: new Uint8Array(32),
    operator: "wanjiku",
  });
};

describe("the daily close", () => {
  test("signs each day's trial balance, and a day opens with the closing of the day before", async () => {
    await setTime(start + dayMs);
    await book("UKX0000001", 500n);
    await setTime(start + 2 * dayMs);
    const first = await close(start);
    const second = await close(start + dayMs);
    expect(first.ok && lineOf(first.value.trialBalance, "mpesa_available")).toMatchObject({
      opening: 0n,
      debits: 10_000_00n,
      closing: 10_000_00n,
    });
    expect(second.ok && lineOf(second.value.trialBalance, "mpesa_available")).toMatchObject({
      opening: 10_000_00n,
      debits: 500_00n,
      credits: 0n,
      closing: 10_500_00n,
    });
    expect((await days().list(10)).map(({ day, operator }) => [day, operator])).toEqual([
      [nairobiDay(start + dayMs), "wanjiku"],
      [nairobiDay(start), "wanjiku"],
    ]);
  });

  test("refuses a day that is not over, that is closed, or before the one that comes next", async () => {
    expect(await close(start)).toMatchObject({ error: { code: "day_not_over" } });
    await setTime(start + 3 * dayMs);
    await close(start);
    expect(await close(start)).toMatchObject({ error: { code: "day_closed" } });
    expect(await close(start + 2 * dayMs)).toMatchObject({ error: { code: "day_out_of_order" } });
  });

  test("cannot close a day with an unmatched line unless it is said why", async () => {
    await importFile(start + 3_600_000, 750_00n, 10_750_00n);
    await setTime(start + dayMs);
    expect(await close(start, null)).toMatchObject({
      error: {
        code: "day_not_clean",
        message: expect.stringContaining("Lines of the statement that are not judged yet: 1."),
      },
    });
    await statements().judge();
    expect(await close(start, null)).toMatchObject({
      error: { message: expect.stringContaining("Unmatched lines of the statement: 1.") },
    });
    const closed = await close(start, "Asked M-Pesa about UKN0000001");
    expect(closed).toMatchObject({
      value: { reason: "Asked M-Pesa about UKN0000001", findings: { unmatchedLines: 1 } },
    });
  });

  test("compares M-Pesa's balance with the ledger, by a file that was exported after the day", async () => {
    // Exported during the day: it does not have the day's last balance.
    await importFile(start + 3_600_000, 500_00n, 10_500_00n);
    await book("UKN0000001", 500n);
    await setTime(start + dayMs);
    await statements().judge();
    const early = await days().preview(nairobiDay(start));
    expect(early.findings.balances.find(({ shortcode }) => shortcode === "600222")).toMatchObject({
      statement: null,
      ledger: 10_500_00n,
    });
    await importFile(start + 3_600_000, 500_00n, 10_499_00n);
    const late = await days().preview(nairobiDay(start));
    expect(late.open).toContain(
      "M-Pesa's balance of 600222 (utility) differs from the books by -100 cents.",
    );
  });

  test("books what comes late on the first open day, and never changes a closed one", async () => {
    await setTime(start + 2 * dayMs);
    await close(start);
    await importFile(start + 3_600_000, 750_00n, 10_750_00n);
    await statements().judge();
    const { rows } = await testDatabase.database.query<{ day: string }>(
      "SELECT day::text FROM ledger_journals WHERE kind = 'statement_unmatched'",
    );
    expect(rows).toEqual([{ day: nairobiDay(start + dayMs) }]);
    await expect(
      testDatabase.database.query("UPDATE daily_closes SET reason = 'x'"),
    ).rejects.toThrow(/append-only/);
  });

  test("waits for journals that are being written, so that none is missing", async () => {
    await setTime(start + dayMs - 12 * 3_600_000);
    const slow = await testDatabase.database.connect();
    await slow.query("BEGIN");
    await slow.query(
      `SELECT post_dated_journal('slow', 'test', now(), '${nairobiDay(start)}',
         '[{"account": "mpesa_available", "currency": "KES", "amount": "100"},
           {"account": "capital_kes", "currency": "KES", "amount": "-100"}]')`,
    );
    await setTime(start + dayMs);
    const closing = close(start);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await slow.query("COMMIT");
    slow.release();
    const closed = await closing;
    expect(closed.ok && lineOf(closed.value.trialBalance, "mpesa_available")).toMatchObject({
      closing: 10_001_00n,
    });
  });
});

describe("figures", () => {
  test("show what was earned by kind, M-Pesa's and routing fees, and the excise duty of the day", async () => {
    const { database } = testDatabase;
    const order = await storeOrder(database, {
      kind: "buy",
      state: "paid",
      amountKesCents: 1_000_00n,
      fees: [
        { code: "spread", amountKesCents: 15_01n },
        { code: "routing", amountKesCents: 2_00n },
      ],
    });
    await postForOrder(database, order.id, "kes_received", {
      mpesa_collections: 1_000_00n,
      buys_undelivered: -1_000_00n,
    });
    await postForOrder(database, order.id, "sats_delivered", {
      buys_undelivered: 1_000_00n,
      exchange_kes: -982_99n,
      fees_kes: -17_01n,
    });
    const day = nairobiDay(start);
    const [shown] = await figures().days(day, day);
    expect(shown).toMatchObject({
      day,
      feesKesCents: { spread: 15_01n, routing: 2_00n, mpesa: 0n, channel_open: 0n, other: 0n },
      taxes: [{ kind: "excise_duty", baseKesCents: 17_01n, amountKesCents: 1_71n }],
    });
  });

  test("revalue the exchange at a price with its time", async () => {
    await testDatabase.database.query(
      `SELECT post_dated_journal('x', 'test', now(), NULL,
         '[{"account": "exchange_msat", "currency": "MSAT", "amount": "100000000"},
           {"account": "treasury", "currency": "MSAT", "amount": "-100000000"},
           {"account": "mpesa_available", "currency": "KES", "amount": "100000"},
           {"account": "exchange_kes", "currency": "KES", "amount": "-100000"}]')`,
    );
    expect(await figures().exposure()).toMatchObject({ rate: null, positionMsat: -100_000_000n });
    // 100,000 sat are worth KES 10,000: the operator is short by that and has received KES 1,000 for it.
    price = {
      rate: rate("KES", 10_000_000_00n),
      asOf: start,
      sources: [],
      extraSpreadPartsPerMillion: 0n,
    };
    expect(await figures().exposure()).toMatchObject({
      positionMsat: -100_000_000n,
      costKesCents: -1_000_00n,
      valueKesCents: -10_000_00n,
      gainKesCents: -9_000_00n,
      asOf: start,
    });
  });

  test("tell the state: a difference counts once it is the same in two comparisons", async () => {
    const differing = {
      figure: "treasury",
      currency: "MSAT",
      ledger: 5n,
      actual: 4n,
      difference: -1n,
    } as const;
    await comparisons().add([differing]);
    expect((await figures().state()).differences).toEqual([]);
    await comparisons().add([differing]);
    expect((await figures().state()).differences).toEqual([]);
    await setTime(start + 600_000);
    await comparisons().add([differing]);
    expect(await figures().state()).toMatchObject({
      isOpen: true,
      differences: [differing],
      openCases: 0,
      lastClosedDay: null,
      today: nairobiDay(start),
    });
  });
});

describe("Pull Transactions", () => {
  const lines: StatementLine[] = [];
  let windows: { from: number; to: number; offset: number }[];
  let answers: "ok" | "down";
  let registered: number;

  const rail: PullRail = {
    register: async () => {
      registered += 1;
      return ok(null);
    },
    query: async (window) => {
      windows.push(window);
      if (answers === "down") return err("timeout", "M-Pesa did not answer.", "unknown");
      return ok(
        lines
          .filter(({ completedAt }) => completedAt >= window.from && completedAt <= window.to)
          .slice(window.offset, window.offset + 2),
      );
    },
  };
  const pull = () =>
    createPull({
      rail,
      cursors: createPullCursors(testDatabase.database),
      store: createStatementStore(testDatabase.database),
      shortcode: "600111",
      log,
    });
  const stored = async () =>
    (await createStatementStore(testDatabase.database).list({ limit: 100 }))
      .map(({ receipt }) => receipt)
      .sort();
  const payment = (receipt: string, completedAt: number): StatementLine => ({
    receipt,
    isCharge: false,
    cents: 100n,
    completedAt,
    details: "",
    otherParty: "",
    accountReference: "",
    linkedReceipt: "",
  });

  beforeEach(() => {
    lines.length = 0;
    windows = [];
    answers = "ok";
    registered = 0;
  });

  test("reads every page once it is registered, again what may come late, and 48 hours every hour", async () => {
    lines.push(
      payment("UKN0000001", start - 40 * 3_600_000),
      payment("UKN0000002", start - 2_000),
      payment("UKN0000003", start - 1_000),
    );
    await pull().poll();
    expect(await stored()).toEqual(["UKN0000001", "UKN0000002", "UKN0000003"]);
    expect(windows.map(({ offset }) => offset)).toEqual([0, 2, 3]);
    // Listed late: it happened before what was read last.
    lines.push(payment("UKN0000004", start - 3_600_000));
    await setTime(start + 120_000);
    windows = [];
    await pull().poll();
    expect(await stored()).toContain("UKN0000004");
    expect((windows[0]?.to ?? 0) - (windows[0]?.from ?? 0)).toBe(2 * 3_600_000 + 120_000);
    await setTime(start + 3_600_000);
    windows = [];
    await pull().poll();
    expect((windows[0]?.to ?? 0) - (windows[0]?.from ?? 0)).toBeGreaterThan(47 * 3_600_000);
    expect(registered).toBe(1);
  });

  test("is polled by one process at a time, and goes on from where it was after a failure", async () => {
    answers = "down";
    await pull().poll();
    expect((await figures().state()).pull).toEqual({ pulledUntil: null, failure: "timeout" });
    answers = "ok";
    lines.push(payment("UKN0000001", start - 1_000));
    windows = [];
    await Promise.all([pull().poll(), pull().poll(), pull().poll()]);
    expect(windows.filter(({ offset }) => offset === 0)).toHaveLength(1);
    expect(await stored()).toEqual(["UKN0000001"]);
    expect((await figures().state()).pull).toEqual({ pulledUntil: start, failure: null });
  });

  test("notes the times that M-Pesa no longer gives out after three days without it", async () => {
    await pull().poll();
    await setTime(start + 3 * dayMs);
    await pull().poll();
    expect((await figures().state()).pullGaps).toMatchObject([
      { shortcode: "600111", from: start },
    ]);
  });
});
