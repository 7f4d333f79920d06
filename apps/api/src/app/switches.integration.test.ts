import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { kes } from "@satsconnect/money";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { listen } from "../adapters/postgres/notifications.ts";
import { createSwitchStore, switchesChannel } from "../adapters/postgres/switch-store.ts";
import { defaultOperatorSettings } from "../domain/operator-settings.ts";
import { createTestDatabase, createTestOrderStore } from "../testing/database.ts";
import type { TestDatabase } from "../testing/database.ts";
import { createTestEngine } from "../testing/engine.ts";
import { makeInvoice } from "../testing/invoice.ts";
import { createTestNode } from "../testing/login.ts";
import { createTestOrders } from "../testing/test-orders.ts";
import { createLogger } from "./logger.ts";
import { withStops } from "./orders/stopped-orders.ts";
import { createSwitches } from "./switches.ts";
import type { Switches } from "./switches.ts";

const log = createLogger("silent");
let testDatabase: TestDatabase;
let switches: Switches;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.drop());
beforeEach(async () => {
  switches = newProcess();
  await switches.reload();
  for (const { name, subject } of switches.inForce()) await change(name, null, subject);
});

/** The switches of one api process. */
function newProcess(): Switches {
  return createSwitches({
    store: createSwitchStore(testDatabase.database),
    configured: defaultOperatorSettings,
    now: Date.now,
    log,
  });
}

const change = (name: string, value: string | null, subject = "") =>
  switches.change({ actId: randomUUID(), name, subject, value, reason: "a test", by: "amina" });

describe("a switch", () => {
  test("is in force at once where it is changed, and in another process by its notification", async () => {
    const other = newProcess();
    await other.reload();
    const notifications = listen(testDatabase.url, switchesChannel, () => void other.reload(), log);
    try {
      await sleep(300);
      expect(await change("stop_buys", "on")).toMatchObject({ ok: true });
      expect(switches.settings.stops.buys).toBe(true);
      await expect.poll(() => other.settings.stops.buys, { timeout: 3_000 }).toBe(true);
      await change("stop_buys", null);
      await expect.poll(() => other.settings.stops.buys, { timeout: 3_000 }).toBe(false);
    } finally {
      await notifications.stop();
    }
  });

  test("is read by a process that missed the notification, and by one that starts later", async () => {
    const other = newProcess();
    await other.reload();
    await change("spread_parts_per_million", "30000");
    expect(other.settings.spreadPartsPerMillion).toBe(15_000n);
    await other.reload();
    expect(other.settings.spreadPartsPerMillion).toBe(30_000n);
  });

  test("falls back to what is configured when it is taken off, and every change stays in its history", async () => {
    await change("order_max_kes", "5000");
    expect(switches.settings.limits.max).toBe(kes(5_000n));
    await change("order_max_kes", null);
    expect(switches.settings.limits.max).toBe(null);
    const [last, first] = await switches.changes(null, 2);
    expect(first).toMatchObject({ name: "order_max_kes", value: "5000", by: "amina" });
    expect(last).toMatchObject({ name: "order_max_kes", value: null, reason: "a test" });
    expect(await switches.changes(last?.id ?? 0n, 1)).toEqual([first]);
  });

  test("is changed once by one act, however often it is carried out", async () => {
    const actId = randomUUID();
    const once = { actId, name: "stop_sells", subject: "", reason: "a test", by: "amina" };
    await switches.change({ ...once, value: "on" });
    await change("stop_sells", null);
    await switches.change({ ...once, value: "on" });
    expect(switches.settings.stops.sells).toBe(false);
  });

  test.each([
    ["spread_parts_per_million", "14999", true],
    ["spread_parts_per_million", "15001", false],
    ["order_daily_max_kes", "1000", false],
    ["stop_buys", "on", false],
  ])("%s of %s gives customers more than what is configured: %s", async (name, value, more) => {
    expect(await switches.check({ name, subject: "", value })).toEqual({
      ok: true,
      value: { givesMore: more },
    });
  });

  test("cannot lose its history, nor be changed past it", async () => {
    await change("stop_sells", "on");
    for (const statement of [
      "UPDATE switch_changes SET changed_by = 'nobody'",
      "DELETE FROM switch_changes",
      "INSERT INTO switches (name, subject, value, change_id) SELECT 'stop_buys', '', 'on', max(id) FROM switch_changes",
      "UPDATE switches SET value = 'off' WHERE name = 'stop_sells'",
    ]) {
      await expect(testDatabase.database.query(statement)).rejects.toMatchObject({ code: "SC001" });
    }
  });

  test.each([
    ["stop_everything", "", "on", "switch_unknown"],
    ["__proto__", "", "on", "switch_unknown"],
    ["stop_buys", "mpesa_stk", "on", "switch_subject_invalid"],
    ["stop_rail", "pigeon", "on", "switch_subject_invalid"],
    ["stop_rail", "", "on", "switch_subject_invalid"],
    ["stop_wallet", "all", "on", "switch_subject_invalid"],
    ["stop_phone", "0712345678", "on", "switch_subject_invalid"],
    ["stop_buys", "", "yes", "switch_value_invalid"],
    ["spread_parts_per_million", "", "-1", "switch_value_invalid"],
    ["spread_parts_per_million", "", "100001", "switch_value_invalid"],
    ["spread_parts_per_million", "", "1.5", "switch_value_invalid"],
    ["order_max_kes", "", "0", "switch_value_invalid"],
    ["order_max_kes", "", "9", "switch_value_invalid"],
  ])("%s of “%s” as %s is refused with %s", async (name, subject, value, code) => {
    expect(await change(name, value, subject)).toMatchObject({ ok: false, error: { code } });
    expect(switches.inForce()).toEqual([]);
  });
});

describe("orders", () => {
  let key: Uint8Array;
  const msisdn = "254712345678";
  let holder: { walletId: string; nodeId: string };
  let orders: ReturnType<typeof withStops>;

  beforeEach(async () => {
    const engine = createTestEngine();
    key = secp256k1.utils.randomSecretKey();
    const { nodeId } = createTestNode(key);
    holder = { walletId: randomUUID(), nodeId };
    await testDatabase.database.query(
      "INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, now())",
      [holder.walletId, nodeId],
    );
    const store = await createTestOrderStore(testDatabase);
    const { settings } = switches;
    orders = withStops(
      createTestOrders({ store, engine, now: Date.now, settings }).orders,
      settings,
    );
  });

  const quote = (kind: "buy" | "sell") =>
    orders.createQuote({
      ...holder,
      kind,
      amountKesCents: kes(1_000n),
      amountMsat: null,
      msisdn: kind === "sell" ? msisdn : null,
    });

  async function openBuy(quoteId: string, amountMsat: bigint, orderId = randomUUID()) {
    const invoice = makeInvoice({ secretKey: key, amountMsat });
    return orders.openBuy({ ...holder, orderId, quoteId, msisdn, invoice });
  }

  test.each([
    ["stop_buys", "", "buys_stopped"],
    ["stop_rail", "mpesa_stk", "rail_stopped"],
    ["stop_wallet", "wallet", "wallet_stopped"],
    ["stop_phone", msisdn, "phone_stopped"],
  ])("are refused after %s %s, from a quote that is still valid too", async (name, about, code) => {
    const subject = about === "wallet" ? holder.walletId : about;
    const buy = await quote("buy");
    if (!buy.ok) throw new Error(buy.error.code);
    await change(name, "on", subject);
    // The phone of a buy is not known before it is opened.
    if (name !== "stop_phone") {
      expect(await quote("buy")).toMatchObject({ ok: false, error: { code } });
    }
    expect(await openBuy(buy.value.id, buy.value.terms.amountMsat)).toMatchObject({
      ok: false,
      error: { code },
    });
    await change(name, null, subject);
    expect(await openBuy(buy.value.id, buy.value.terms.amountMsat)).toMatchObject({ ok: true });
  });

  test.each([
    ["stop_sells", "", "sells_stopped"],
    ["stop_rail", "mpesa_b2c", "rail_stopped"],
    ["stop_phone", msisdn, "phone_stopped"],
  ])("to sell are refused after %s %s", async (name, subject, code) => {
    await change(name, "on", subject);
    expect(await quote("sell")).toMatchObject({ ok: false, error: { code } });
    expect(await quote("buy")).toMatchObject({ ok: true });
  });

  test("that were opened before a stop are returned when the call that opened them is repeated", async () => {
    const buy = await quote("buy");
    if (!buy.ok) throw new Error(buy.error.code);
    const orderId = randomUUID();
    expect(await openBuy(buy.value.id, buy.value.terms.amountMsat, orderId)).toMatchObject({
      ok: true,
    });
    await change("stop_buys", "on");
    expect(await openBuy(buy.value.id, buy.value.terms.amountMsat, orderId)).toMatchObject({
      ok: true,
      value: { id: orderId },
    });
  });

  test("are quoted with the spread and within the limits that are in force", async () => {
    const before = await quote("buy");
    await change("spread_parts_per_million", "50000");
    const after = await quote("buy");
    if (!before.ok || !after.ok) throw new Error("no quote");
    expect(after.value.terms.amountMsat).toBeLessThan(before.value.terms.amountMsat);
    await change("order_max_kes", "999");
    expect(await quote("buy")).toMatchObject({ error: { code: "amount_above_maximum" } });
    await change("order_max_kes", null);
    await change("order_daily_max_kes", "999");
    expect(await openBuy(after.value.id, after.value.terms.amountMsat)).toMatchObject({
      error: { code: "daily_limit_exceeded" },
    });
  });
});
