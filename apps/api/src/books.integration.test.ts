import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { EngineClient } from "@satsconnect/contracts/grpc";
import { err, ok } from "@satsconnect/money";
import { createComparisonStore } from "./adapters/postgres/books-store.ts";
import { createLedger } from "./adapters/postgres/ledger.ts";
import { createBooks } from "./books.ts";
import type { Books } from "./books.ts";
import { createTestDatabase } from "./testing/database.ts";
import type { TestDatabase } from "./testing/database.ts";
import { createTestEngine } from "./testing/engine.ts";
import { postForOrder, storeOrder } from "./testing/booked-orders.ts";

/*
 * Two api processes on one database: whatever one of them asks M-Pesa or the node, the other may be answered, and what
 * both see is booked once.
 */

const log = pino({ level: "silent" });
let testDatabase: TestDatabase;
let processes: Books[];
let feesEarnedMsat: bigint;
/** M-Pesa's own accounts by shortcode, in cents. */
let mpesa: Map<string, { utility: bigint; working: bigint; charges: bigint }>;
/** Which process M-Pesa's next callback reaches. */
let callbacksTo: number;
/** Runs while M-Pesa prepares an answer. */
let beforeAnswer: () => Promise<void>;
let requested: string[];

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  processes = [];
  feesEarnedMsat = 0n;
  mpesa = new Map([
    ["600111", { utility: 0n, working: 0n, charges: 0n }],
    ["600222", { utility: 2_000_000_00n, working: 500_000_00n, charges: 0n }],
  ]);
  callbacksTo = 0;
  beforeAnswer = async () => {};
  requested = [];
});
afterEach(async () => {
  await Promise.all(processes.map((one) => one.stop()));
  await testDatabase.drop();
});

const money = (cents: bigint) => `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;

function startProcess(shortcodes: { collecting: string; payout: string }): Books {
  const base = createTestEngine();
  const engine: EngineClient = {
    ...base,
    node: {
      ...base.node,
      getTreasury: async (request, terms) => {
        const treasury = await base.node.getTreasury(request, terms);
        return treasury.ok
          ? ok({
              ...treasury.value,
              onChainConfirmedSat: 0n,
              channelsLocalMsat: 5_000_000n + feesEarnedMsat,
              feesEarnedMsat,
            })
          : treasury;
      },
    },
  };
  const books = createBooks({
    database: testDatabase.database,
    engine,
    requestBalance: async ({ shortcode, resultUrl }) => {
      requested.push(shortcode);
      const figures = mpesa.get(shortcode) ?? { utility: 0n, working: 0n, charges: 0n };
      const lines = [
        ["Working Account", figures.working],
        ["Utility Account", figures.utility],
        ["Charges Paid Account", figures.charges],
      ] as const;
      const packed = lines.map(([name, cents]) => `${name}|KES|${money(cents)}|0.00|0.00|0.00`);
      const body = JSON.stringify({
        Result: {
          ResultCode: 0,
          ResultParameters: {
            ResultParameter: [{ Key: "AccountBalance", Value: packed.join("&") }],
          },
        },
      });
      void beforeAnswer().then(() =>
        processes[callbacksTo]?.receiveBalance(resultUrl.split("/").at(-1) ?? "", body),
      );
      return ok({ conversationId: "AG_1" });
    },
    pull: null,
    rates: {
      current: async () => err("rates_unavailable", "No price is available.", "safe"),
    },
    creditOrder: async () => false,
    callbackAddresses: {
      urlFor: (kind, id) => `http://api.test/${kind}/${id}`,
      isGenuine: () => true,
    },
    collectingShortcode: shortcodes.collecting,
    payoutShortcode: shortcodes.payout,
    now: Date.now,
    log,
    intervals: { reconciliation: 10, checkpoints: 10 },
  });
  processes.push(books);
  return books;
}

const ledger = () => createLedger(testDatabase.database);
const opened = async () =>
  vi.waitFor(async () => expect(await ledger().isOpen()).toBe(true), 5_000);
const separate = { collecting: "600111", payout: "600222" };
const shared = { collecting: "600222", payout: "600222" };

describe("two api processes on one database", () => {
  test("book the node's income once", async () => {
    await Promise.all([startProcess(shared).start(), startProcess(shared).start()]);
    await opened();
    // Both processes see the counter grow again and again, each at its own moments.
    for (let step = 0; step < 60; step += 1) {
      feesEarnedMsat += 1_000n;
      await new Promise((resolve) => setTimeout(resolve, 7));
    }
    await vi.waitFor(
      async () => expect(await ledger().balance("node_income")).toBe(-60_000n),
      5_000,
    );
    expect(await ledger().balance("treasury")).toBe(5_060_000n);
  });

  test("get M-Pesa's balances whichever process the callback reaches", async () => {
    const [first, second] = [startProcess(separate), startProcess(separate)];
    callbacksTo = 1;
    await first.start();
    expect(await ledger().balance("mpesa_available")).toBe(2_000_000_00n);
    await second.start();
  });

  test("compare the collecting shortcode as well, with one request for each shortcode", async () => {
    mpesa.set("600111", { utility: 7_000_00n, working: 3_00n, charges: 0n });
    const books = [startProcess(separate), startProcess(separate)];
    await Promise.all(books.map((one) => one.start()));
    await opened();
    const store = createComparisonStore(testDatabase.database);
    await vi.waitFor(async () => expect((await store.latest(1)).length).toBe(1), 5_000);
    const [latest] = await store.latest(1);
    expect(latest?.comparisons.map(({ figure, difference }) => [figure, difference])).toEqual([
      ["mpesa_utility", 0n],
      ["mpesa_working", 0n],
      ["mpesa_charges", 0n],
      ["mpesa_collections", 0n],
      ["mpesa_collections_working", 0n],
      ["treasury", 0n],
    ]);
    // The openings ask afresh; the comparisons of both processes share those answers.
    expect(requested.filter((shortcode) => shortcode === "600111").length).toBeLessThanOrEqual(2);
  });
});

describe("the opening balances on a shared shortcode", () => {
  test("do not count a buy that is booked already as capital", async () => {
    const { id } = await storeOrder(testDatabase.database, {
      kind: "buy",
      state: "kes_received",
      amountKesCents: 1_000_00n,
    });
    await postForOrder(testDatabase.database, id, "kes_received", {
      mpesa_available: 1_000_00n,
      buys_undelivered: -1_000_00n,
    });
    mpesa.set("600222", { utility: 2_001_000_00n, working: 0n, charges: 0n });
    await startProcess(shared).start();
    await opened();
    expect(await ledger().balance("mpesa_available")).toBe(2_001_000_00n);
    expect(await ledger().balance("capital_kes")).toBe(-2_000_000_00n);
  });

  test("wait while a buy may have been paid that is not booked yet", async () => {
    const { database } = testDatabase;
    const { id } = await storeOrder(database, {
      kind: "buy",
      state: "stk_requested",
      amountKesCents: 1_000_00n,
    });
    mpesa.set("600222", { utility: 2_001_000_00n, working: 0n, charges: 0n });
    await startProcess(shared).start();
    expect(await ledger().isOpen()).toBe(false);
    await database.query("UPDATE orders SET state = 'kes_received' WHERE id = $1", [id]);
    await postForOrder(database, id, "kes_received", {
      mpesa_available: 1_000_00n,
      buys_undelivered: -1_000_00n,
    });
    await opened();
    expect(await ledger().balance("mpesa_available")).toBe(2_001_000_00n);
    expect(await ledger().balance("capital_kes")).toBe(-2_000_000_00n);
  });

  test("are taken again when an order is booked while M-Pesa answers", async () => {
    const { database } = testDatabase;
    const { id } = await storeOrder(database, {
      kind: "buy",
      state: "kes_received",
      amountKesCents: 1_000_00n,
    });
    let answers = 0;
    beforeAnswer = async () => {
      answers += 1;
      if (answers > 1) return;
      // M-Pesa has read its figures. The buy is paid and booked before they arrive.
      mpesa.set("600222", { utility: 2_001_000_00n, working: 0n, charges: 0n });
      await postForOrder(database, id, "kes_received", {
        mpesa_available: 1_000_00n,
        buys_undelivered: -1_000_00n,
      });
    };
    mpesa.set("600222", { utility: 2_000_000_00n, working: 0n, charges: 0n });
    await startProcess(shared).start();
    await opened();
    expect(answers).toBeGreaterThan(1);
    expect(await ledger().balance("mpesa_available")).toBe(2_001_000_00n);
  });
});

describe("the ledger's checkpoints", () => {
  /** Rows of entries that the float check reads, by the plan of the database's own function. */
  async function rowsRead(): Promise<number> {
    const { database } = testDatabase;
    const { rows: functions } = await database.query<{ prosrc: string }>(
      "SELECT prosrc FROM pg_proc WHERE proname = 'ledger_balance'",
    );
    const source = functions[0]?.prosrc.replaceAll("p_account", "'mpesa_available'") ?? "";
    const { rows } = await database.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${source}`,
    );
    const plan = rows[0]?.["QUERY PLAN"][0].Plan;
    if (plan === undefined) throw new Error("No plan");
    return scanned(plan);
  }

  type PlanNode = {
    readonly "Relation Name"?: string;
    readonly "Actual Rows": number;
    readonly "Actual Loops": number;
    readonly "Rows Removed by Filter"?: number;
    readonly Plans?: readonly PlanNode[];
  };

  function scanned(node: PlanNode): number {
    const own =
      node["Relation Name"] === "ledger_entries"
        ? node["Actual Rows"] * node["Actual Loops"] + (node["Rows Removed by Filter"] ?? 0)
        : 0;
    return own + (node.Plans ?? []).reduce((sum, inner) => sum + scanned(inner), 0);
  }

  test("keep the float check as cheap after 1,000 days as after one", async () => {
    const { database } = testDatabase;
    const addDays = (days: number) =>
      database.query(
        `WITH j AS (INSERT INTO ledger_journals (kind, reference, at)
                    SELECT 'day', gen_random_uuid()::text, now() FROM generate_series(1, $1::int * 20) RETURNING id)
         INSERT INTO ledger_entries (journal_id, line, account, currency, amount)
           SELECT id, 1, 'mpesa_available', 'KES', 100 FROM j
           UNION ALL SELECT id, 2, 'capital_kes', 'KES', -100 FROM j`,
        [days],
      );
    await startProcess(shared).start();
    await opened();
    // Transactions of other databases on the same server hold the checkpoints back as well.
    const moved = () =>
      vi.waitFor(async () => {
        const { rows } = await database.query<{ behind: boolean }>(
          `SELECT count(*) = 0 OR bool_or(before_transaction <= (SELECT max(written_by::text::bigint)
             FROM ledger_entries)::text::xid8) AS behind FROM ledger_checkpoints`,
        );
        expect(rows[0]?.behind).toBe(false);
      }, 30_000);
    const read: number[] = [];
    let days = 0;
    for (const more of [1, 99, 900]) {
      await addDays(more);
      days += more;
      await moved();
      await database.query("ANALYZE ledger_entries");
      read.push(await rowsRead());
      expect(await ledger().balance("mpesa_available")).toBe(2_000_000_00n + BigInt(days) * 2_000n);
    }
    // A table of a few rows is read whole; a large one by its index, from the checkpoint on.
    expect(Math.max(...read)).toBeLessThan(60);
  }, 120_000);
});
