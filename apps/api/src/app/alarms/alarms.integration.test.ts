import { randomUUID } from "node:crypto";
import { ok, err, rate } from "@satsconnect/money";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createAlarmStore } from "../../adapters/postgres/alarm-store.ts";
import { createOrderStore } from "../../adapters/postgres/order-store.ts";
import { addAlarmMetrics } from "../../connect-alarms.ts";
import { alarmPolicy } from "../../domain/policy.ts";
import { createMetrics } from "../../http/metrics.ts";
import { createTestDatabase, createTestOrderStore } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { sampleQuote, sampleSell } from "../../domain/samples.ts";
import { createLogger } from "../logger.ts";
import type { PayoutRail, RateSource } from "../orders/ports.ts";
import type { Comparison } from "../reconciliation/ports.ts";
import { createAlarms } from "./alarms.ts";
import type { AlarmCheck, Alarms } from "./alarms.ts";
import { connectionChecks } from "./connection-checks.ts";
import { expiryCheck } from "./expiry-checks.ts";
import { moneyChecks } from "./money-checks.ts";
import type { AlarmStore } from "./money-checks.ts";
import { watchRailFaults } from "./rail-faults.ts";

const hour = 3_600_000;
const day = 24 * hour;
let now = Date.parse("2026-11-30T12:00:00Z");
let lines: string[] = [];
const log = createLogger("info", { write: (line: string) => void lines.push(line) });
const logged = () =>
  lines.map((line) => JSON.parse(line) as { level: number; msg: string; alarm?: string });

beforeEach(() => {
  lines = [];
});

function alarmsOf(...checks: readonly AlarmCheck[]): Alarms {
  return createAlarms({ checks, now: () => now, log });
}
const names = (alarms: Alarms) => alarms.current().map(({ name }) => name);

describe("an alarm", () => {
  test("is logged once when it begins, when it becomes critical and when it ends, and is a gauge", async () => {
    let severity: "warning" | "critical" | null = "warning";
    const alarms = alarmsOf({
      name: "x",
      find: async () => (severity === null ? [] : [{ name: "x_bad", severity, detail: "X." }]),
    });
    const metrics = createMetrics();
    addAlarmMetrics(metrics, alarms, () => now);
    for (let index = 0; index < 3; index += 1) await alarms.check();
    now += hour;
    severity = "critical";
    for (let index = 0; index < 3; index += 1) await alarms.check();
    expect(await metrics.text()).toContain(
      'satsconnect_alarm_age_seconds{alarm="x_bad",subject="",severity="critical"} 3600',
    );
    severity = null;
    for (let index = 0; index < 3; index += 1) await alarms.check();
    expect(logged().map(({ level, msg }) => [level, msg])).toEqual([
      [40, "alarm"],
      [50, "alarm"],
      [30, "alarm ended"],
    ]);
    expect(await metrics.text()).not.toContain("x_bad");
  });

  test("comes only after it has lasted, and begins when its reason began", async () => {
    let bad = true;
    const alarms = alarmsOf({
      name: "x",
      find: async () =>
        bad ? [{ name: "x_bad", severity: "warning", detail: "X.", afterMs: hour }] : [],
    });
    await alarms.check();
    bad = false;
    now += hour;
    await alarms.check();
    bad = true;
    await alarms.check();
    expect(names(alarms)).toEqual([]);
    const began = now;
    now += hour;
    await alarms.check();
    expect(alarms.current()).toMatchObject([{ name: "x_bad", since: began }]);
  });

  test("stays while its check fails, which is an alarm of its own", async () => {
    let fails = false;
    const alarms = alarmsOf({
      name: "x",
      find: async () => {
        if (fails) throw new Error("no database");
        return [{ name: "x_bad", severity: "critical", detail: "X." }];
      },
    });
    await alarms.check();
    fails = true;
    await alarms.check();
    now += 3 * 60_000;
    await alarms.check();
    expect(names(alarms)).toEqual(["x_bad", "check_failed"]);
  });
});

describe("with a database", () => {
  let testDatabase: TestDatabase;
  let store: AlarmStore;
  let comparisons: readonly Comparison[] = [];
  let opened = true;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    store = createAlarmStore(testDatabase.database);
    await createTestOrderStore(testDatabase);
  });
  afterAll(() => testDatabase.drop());

  const money = () =>
    alarmsOf(
      ...moneyChecks({
        store,
        comparisons: async () => comparisons,
        isOpeningBooked: async () => opened,
        floatAlarmHours: 12,
        now: () => now,
      }),
    );

  async function addSell(): Promise<string> {
    const ids = {
      orderId: randomUUID(),
      quoteId: randomUUID(),
      walletId: randomUUID(),
      tag: randomUUID(),
    };
    await testDatabase.database.query(
      "INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, now())",
      [ids.walletId, `02${randomUUID().replaceAll("-", "").repeat(2)}`],
    );
    const orders = createOrderStore(testDatabase.database);
    await orders.addQuote(sampleQuote("sell", ids));
    const sell = sampleSell(ids);
    const opening = await orders.open(
      { ...sell, createdAt: now - hour },
      { postings: [], keys: [], limits: { at: now, railDailyMax: sell.terms.amountKesCents } },
    );
    if (!opening.ok) throw new Error(opening.error.code);
    return ids.orderId;
  }

  test("an open case is an alarm since it was opened, and critical after half a day", async () => {
    const orderId = await addSell();
    const openedAt = new Date(now - hour);
    await testDatabase.database.query(
      "INSERT INTO cases (order_id, code, detail, opened_at) VALUES ($1, 'refund_refused', 'x', $2)",
      [orderId, openedAt],
    );
    const alarms = money();
    await alarms.check();
    expect(alarms.current()).toMatchObject([
      { name: "case_open", severity: "warning", since: openedAt.getTime() },
    ]);
    now += alarmPolicy.caseCriticalMs;
    await alarms.check();
    expect(alarms.current()).toMatchObject([{ name: "case_open", severity: "critical" }]);
    await testDatabase.database.query("UPDATE cases SET resolved_at = $1", [new Date(now)]);
    await alarms.check();
    expect(names(alarms)).toEqual([]);
  });

  test("38: a float that lasts fewer hours than configured is an alarm, from the payouts of a day", async () => {
    const alarms = money();
    await alarms.check();
    expect(names(alarms)).toEqual([]);
    const orderId = await addSell();
    // KES 1,000,000 of float; paid out in the last three hours: KES 1,000,000 in one sell.
    await testDatabase.database.query(
      `UPDATE orders SET state = 'claimed', deadline_at = NULL, wake_at = NULL, created_at = $2,
         amount_kes_cents = 100000000 WHERE id = $1`,
      [orderId, new Date(now - hour)],
    );
    await alarms.check();
    expect(alarms.current()).toMatchObject([{ name: "float_low", severity: "warning" }]);
    expect(alarms.current()[0]?.detail).toContain("lasts 3 hours");
    now += 25 * hour;
    await alarms.check();
    expect(names(alarms)).toEqual([]);
  });

  test("the need for float is read from the index of recent sells, not from all orders", async () => {
    const client = await testDatabase.database.connect();
    try {
      // An empty table would be scanned.
      await client.query("SET enable_seqscan = off");
      const { rows } = await client.query<{ "QUERY PLAN": string }>(
        `EXPLAIN SELECT coalesce(sum(amount_kes_cents), 0)::text AS cents FROM orders
          WHERE kind = 'sell' AND state = 'claimed' AND created_at >= now() - interval '1 day'`,
      );
      expect(rows.map((row) => row["QUERY PLAN"]).join("\n")).toContain("orders_claimed_sells");
    } finally {
      client.release(true);
    }
  });

  test("books that differ for longer than an order takes, and books that are not opened, are critical", async () => {
    const alarms = money();
    const differing: Comparison = {
      figure: "treasury",
      currency: "MSAT",
      ledger: 5n,
      actual: 3n,
      difference: -2n,
    };
    comparisons = [differing];
    opened = false;
    await alarms.check();
    expect(names(alarms)).toEqual([]);
    now += alarmPolicy.booksDifferMs;
    await alarms.check();
    expect(alarms.current()).toMatchObject([
      { name: "books_differ", subject: "treasury", severity: "critical" },
      { name: "books_not_opened", severity: "critical" },
    ]);
    comparisons = [{ ...differing, actual: 5n, difference: 0n }];
    opened = true;
    await alarms.check();
    expect(names(alarms)).toEqual([]);
  });

  test("43: a locked initiator (8006) is an alarm in every process until a payout succeeds", async () => {
    const rail = {
      readResult: (body: string) => JSON.parse(body) as ReturnType<PayoutRail["readResult"]>,
    } as PayoutRail;
    const [one, other] = [
      watchRailFaults(rail, store, () => now, log),
      watchRailFaults(rail, store, () => now, log),
    ];
    const [ofOne, ofOther] = [alarmsOf(one.check), alarmsOf(other.check)];
    const checkAll = async () => {
      await Promise.all([ofOne.check(), ofOther.check()]);
      return [ofOne, ofOther].map((alarms) => alarms.current().map(({ subject }) => subject));
    };
    const result = (code: string, status: string) => JSON.stringify({ code, status });
    // A customer's own reason is not the operator's fault.
    one.payouts.readResult(result("8", "failed"));
    expect(await checkAll()).toEqual([[], []]);
    one.payouts.readResult(result("8006", "failed"));
    await expect
      .poll(checkAll)
      .toEqual([["operator_credentials_locked"], ["operator_credentials_locked"]]);
    expect(ofOther.current()[0]).toMatchObject({ name: "payouts_refused", severity: "critical" });
    other.payouts.readResult(result("0", "succeeded"));
    await expect.poll(checkAll).toEqual([[], []]);
  });
});

describe("connections", () => {
  const price = {
    rate: rate("KES", 1_084_458_090n),
    asOf: 0,
    extraSpreadPartsPerMillion: 0n,
    sources: [
      { source: "coinbase", kesPerBtc: "1.00", asOf: 0, used: true },
      { source: "kraken", kesPerBtc: "9.00", asOf: 0, used: false },
    ],
  };

  test("an engine that is away, and feeds that are apart, are alarms", async () => {
    let rates: Awaited<ReturnType<RateSource["current"]>> = ok(price);
    let answers = true;
    const alarms = alarmsOf(
      ...connectionChecks({
        rates: { current: async () => rates },
        engineAnswers: async () => answers,
        paymentEventsConnected: () => true,
      }),
    );
    await alarms.check();
    now += alarmPolicy.feedUnusedMs;
    await alarms.check();
    expect(alarms.current()).toMatchObject([{ name: "feed_unused", subject: "kraken" }]);
    rates = err("rates_unavailable", "No price.", "safe");
    answers = false;
    await alarms.check();
    now += alarmPolicy.engineAwayMs;
    await alarms.check();
    expect(names(alarms)).toEqual(["engine_away", "feeds_apart"]);
  });
});

test("something that expires is an alarm two weeks before, and critical three days before", async () => {
  const at = now + 20 * day;
  const alarms = alarmsOf(
    expiryCheck(
      "certificates",
      async () => [
        { alarm: "certificate_expiring", subject: "ENGINE_TLS_CERT", at, detail: "Renew it." },
      ],
      () => now,
    ),
  );
  await alarms.check();
  expect(names(alarms)).toEqual([]);
  now = at - 10 * day;
  await alarms.check();
  expect(alarms.current()).toMatchObject([{ severity: "warning", since: at - 14 * day }]);
  expect(alarms.current()[0]?.detail).toContain("in 10 days");
  now = at + 1;
  await alarms.check();
  expect(alarms.current()).toMatchObject([{ severity: "critical" }]);
});
