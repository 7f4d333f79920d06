import { randomUUID } from "node:crypto";
import { actChallenge, canonicalJson } from "@satsconnect/contracts/admin";
import type { Act, AdminClient, LogEntry, RecordedAct } from "@satsconnect/contracts/admin";
import { valueOf } from "@satsconnect/money";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Order } from "../../domain/order.ts";
import type { OrderStore } from "../../app/orders/ports.ts";
import { createLightning } from "../../adapters/engine/lightning.ts";
import { startTestAdmin } from "../../testing/admin.ts";
import type { TestAdmin, TestBrowser } from "../../testing/admin.ts";
import { createTestDatabase, createTestOrderStore } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createTestEngine } from "../../testing/engine.ts";
import { storedOrders } from "../../testing/stored-orders.ts";
import type { StoredOrders } from "../../testing/stored-orders.ts";
import { createTestOrders } from "../../testing/test-orders.ts";

let testDatabase: TestDatabase;
let store: OrderStore;
let orders: StoredOrders;
let admin: TestAdmin;
let wanjiku: TestBrowser;
let otieno: TestBrowser;
let offset = 0;
const now = () => Date.now() + offset;
const fourEyesKes = 1_000;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  store = await createTestOrderStore(testDatabase);
  orders = storedOrders(store, testDatabase);
  const engine = createTestEngine();
  const services = createTestOrders({ store, engine, now });
  admin = await startTestAdmin({
    testDatabase,
    orders: services.orders,
    lightning: createLightning(engine),
    now,
    fourEyesKes,
  });
  wanjiku = await admin.enrol("wanjiku");
  otieno = await admin.enrol("otieno");
});
afterAll(async () => {
  await admin.close();
  await testDatabase.drop();
});

const refund = (kes: number): Act => ({
  type: "refund",
  amountKesCents: String(kes * 100),
  way: "payout",
});

async function propose(client: AdminClient, order: Order, act: Act, id: string = randomUUID()) {
  return client("proposeAct", {
    body: {
      id,
      orderId: order.id,
      orderVersion: order.version,
      act,
      reason: "the customer called",
    },
  });
}

/** A refund above the limit, which waits. */
async function waiting(kes = 1_500): Promise<{ order: Order; act: RecordedAct }> {
  const order = await orders.lostBuy(kes);
  const { act } = valueOf(await propose(wanjiku.client, order, refund(kes)));
  expect(act).toMatchObject({ status: "waiting", needsSecondPerson: true });
  return { order, act };
}

async function logOf(actId: string): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  for (;;) {
    const page = valueOf(
      await wanjiku.client("readLog", {
        query: { after: entries.at(-1)?.number ?? 0, limit: 500 },
      }),
    );
    entries.push(...page.entries);
    if (page.entries.length === 0) return entries.filter((entry) => entry.actId === actId);
  }
}

/** Each test begins with nobody having moved anything today. */
const nextDay = async () => {
  offset += 25 * 60 * 60_000;
  await wanjiku.signIn();
  await otieno.signIn();
};

describe("an act within the limit of one person", () => {
  test("is carried out at once, with the journals that were shown, and is in the log", async () => {
    await nextDay();
    const order = await orders.lostBuy(300);
    const page = valueOf(await wanjiku.client("getOrder", { params: { orderId: order.id } }));
    const release = { type: "release_suspense", amountKesCents: "30000" };
    expect(page.acts.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["refund", "release_suspense"]),
    );
    const preview = valueOf(
      await wanjiku.client("previewAct", {
        params: { orderId: order.id },
        body: { act: release },
      }),
    );
    expect(preview).toMatchObject({ amountKesCents: "30000", needsSecondPerson: false });
    expect(preview.postings.length).toBeGreaterThan(0);

    const { act } = valueOf(await propose(wanjiku.client, order, release));
    expect(act).toMatchObject({ status: "executed", outcome: { code: "executed" } });
    expect(act.postings).toEqual(preview.postings);
    const after = valueOf(await wanjiku.client("getOrder", { params: { orderId: order.id } }));
    for (const { kind, entries } of preview.postings)
      expect(after.journals).toContainEqual({ kind, entries, at: expect.any(String) as string });
    expect(after.actsSoFar).toMatchObject([{ id: act.id, status: "executed" }]);
    expect((await logOf(act.id)).map(({ step }) => step)).toEqual(["proposed", "executed"]);
  });

  test("the same request again changes nothing more; another one must have its own id", async () => {
    await nextDay();
    const order = await orders.lostBuy(300);
    const id = randomUUID();
    const first = valueOf(await propose(wanjiku.client, order, refund(300), id));
    const again = valueOf(await propose(wanjiku.client, order, refund(300), id));
    expect(again.act).toEqual(first.act);
    for (const other of [
      await propose(wanjiku.client, order, refund(200), id),
      await propose(otieno.client, order, refund(300), id),
    ])
      expect(other).toMatchObject({ error: { code: "act_id_reused" } });
    expect(await logOf(id)).toHaveLength(2);
  });

  test("many small acts of one person in a day add up to the limit, also at the same time", async () => {
    await nextDay();
    const lost = await Promise.all([1, 2, 3, 4, 5].map(() => orders.lostBuy(300)));
    const acts = await Promise.all(
      lost.map(async (order) => valueOf(await propose(wanjiku.client, order, refund(300))).act),
    );
    expect(acts.filter(({ status }) => status === "executed")).toHaveLength(3);
    expect(acts.filter(({ status }) => status === "waiting")).toHaveLength(2);
    // Another person has a limit of their own; the next day it begins anew.
    const other = await orders.lostBuy(300);
    expect(valueOf(await propose(otieno.client, other, refund(300))).act.status).toBe("executed");
    await nextDay();
    const later = await orders.lostBuy(300);
    expect(valueOf(await propose(wanjiku.client, later, refund(300))).act.status).toBe("executed");
  });
});

describe("an act above the limit", () => {
  test("does nothing until a second person has signed exactly it", async () => {
    const { order, act } = await waiting();
    expect((await store.find(order.id))?.state).toBe("case");
    const { act: done } = valueOf(await otieno.approve(act.id));
    expect(done).toMatchObject({
      status: "executed",
      proposedBy: { name: "wanjiku" },
      approvedBy: { name: "otieno" },
    });
    expect((await store.find(order.id))?.state).toBe("refunding");
    const [proposed, approved, executed] = await logOf(act.id);
    expect([proposed?.step, approved?.step, executed?.step]).toEqual([
      "proposed",
      "approved",
      "executed",
    ]);
    const client = JSON.parse(
      Buffer.from(approved?.signature?.clientDataJSON ?? "", "base64url").toString(),
    ) as { challenge: string };
    expect(client.challenge).toBe(actChallenge(proposed?.body ?? ""));
    expect(JSON.parse(proposed?.body ?? "")).toMatchObject({
      actId: act.id,
      subject: { orderId: order.id, orderVersion: order.version },
      act: { type: "refund", amountKesCents: "150000" },
      amountKesCents: "150000",
      postings: act.postings,
    });
  });

  test("cannot be approved by its proposer, with passkey or certificate", async () => {
    const { order, act } = await waiting();
    expect(await wanjiku.approve(act.id)).toMatchObject({
      error: { code: "second_person_required" },
    });
    // The signature itself, without asking for options first.
    const assertion = wanjiku.passkey.get({ challenge: actChallenge(act.canonical) });
    const direct = await wanjiku.client("approveAct", {
      params: { actId: act.id },
      body: { assertion },
    });
    expect(direct).toMatchObject({ error: { code: "second_person_required" } });
    // Another operator's session with the proposer's passkey.
    const borrowed = await otieno.client("approveAct", {
      params: { actId: act.id },
      body: { assertion },
    });
    expect(borrowed).toMatchObject({ error: { code: "passkey_invalid" } });
    for (const name of ["wanjiku", "otieno"]) {
      const certificate = await admin.satsctl(name)("approveAct", {
        params: { actId: act.id },
        body: { assertion },
      });
      expect(certificate).toMatchObject({ error: { code: "passkey_required" } });
    }
    expect((await store.find(order.id))?.state).toBe("case");
  });

  test("a signature over another act, a sign-in or a replayed one approves nothing", async () => {
    const first = await waiting();
    const second = await waiting();
    const approve = (assertion: ReturnType<typeof otieno.passkey.get>, actId = second.act.id) =>
      otieno.client("approveAct", { params: { actId }, body: { assertion } });
    const overFirst = otieno.passkey.get({ challenge: actChallenge(first.act.canonical) });
    expect(await approve(overFirst)).toMatchObject({ error: { code: "passkey_invalid" } });
    const { options } = valueOf(await otieno.client("loginOptions"));
    expect(await approve(otieno.passkey.get(options))).toMatchObject({
      error: { code: "passkey_invalid" },
    });
    const challenge = actChallenge(second.act.canonical);
    for (const forged of [
      { origin: "http://localhost:1" },
      { rpId: "evil.example" },
      { userVerified: false },
      { counter: 1 },
    ]) {
      expect(await approve(otieno.passkey.get({ challenge }, forged))).toMatchObject({
        error: { code: "passkey_invalid" },
      });
    }
    const altered = canonicalJson({
      ...(JSON.parse(second.act.canonical) as Record<string, string>),
      amountKesCents: "999999900",
    });
    expect(await approve(otieno.passkey.get({ challenge: actChallenge(altered) }))).toMatchObject({
      error: { code: "passkey_invalid" },
    });
    expect((await store.find(second.order.id))?.state).toBe("case");

    // It is what it says: an approval of the first act, until a later signature is counted.
    expect(await approve(overFirst, first.act.id)).toMatchObject({ ok: true });
    const right = otieno.passkey.get({ challenge });
    expect(await approve(right)).toMatchObject({ ok: true });
    expect(await approve(right)).toMatchObject({ error: { code: "act_ended" } });
    // An approval does not sign anybody in either.
    expect(await otieno.client("login", { body: { assertion: right } })).toMatchObject({
      error: { code: "challenge_expired" },
    });
  });

  test("two approvals at the same time carry it out once", async () => {
    const achieng = await admin.enrol("achieng");
    for (let round = 0; round < 3; round += 1) {
      const { order, act } = await waiting();
      const results = await Promise.all([
        otieno.approve(act.id),
        achieng.approve(act.id),
        otieno.approve(act.id),
      ]);
      expect(results.filter(({ ok }) => ok)).toHaveLength(1);
      const steps = (await logOf(act.id)).map(({ step }) => step);
      expect(steps).toEqual(["proposed", "approved", "executed"]);
      const { rows } = await testDatabase.database.query(
        "SELECT FROM order_acts WHERE order_id = $1",
        [order.id],
      );
      expect(rows).toHaveLength(1);
    }
  });

  test("an order that has changed since refuses it, and the log says so", async () => {
    const { order, act } = await waiting();
    const current = await store.find(order.id);
    if (current === null) throw new Error("The order is missing");
    const touched = { ...current, version: current.version + 1 };
    const nothing = { postings: [], keys: [], cases: [], effects: [] };
    await store.commit(current, { next: touched, ...nothing }, now());
    expect(await otieno.approve(act.id)).toMatchObject({ error: { code: "act_stale" } });
    expect(valueOf(await wanjiku.client("getAct", { params: { actId: act.id } }))).toMatchObject({
      status: "refused",
      outcome: { code: "act_stale" },
    });
    expect((await store.find(order.id))?.state).toBe("case");
    expect((await logOf(act.id)).map(({ step }) => step)).toEqual([
      "proposed",
      "approved",
      "refused",
    ]);
  });

  test("can be declined by anybody, once, and never approved afterwards", async () => {
    const { order, act } = await waiting();
    const decline = { params: { actId: act.id }, body: { reason: "not this customer" } };
    expect(valueOf(await wanjiku.client("declineAct", decline))).toMatchObject({
      status: "declined",
    });
    expect(await otieno.client("declineAct", decline)).toMatchObject({
      error: { code: "act_ended" },
    });
    expect(await otieno.approve(act.id)).toMatchObject({ error: { code: "act_ended" } });
    expect((await store.find(order.id))?.state).toBe("case");
  });

  test("expires after a day", async () => {
    const { act } = await waiting();
    await nextDay();
    expect(await otieno.approve(act.id)).toMatchObject({ error: { code: "act_ended" } });
  });
});

describe("the log", () => {
  test("has acts that were refused, also stale ones and ones that were never possible", async () => {
    await nextDay();
    const order = await orders.lostBuy(100);
    const id = randomUUID();
    expect(
      await propose(wanjiku.client, { ...order, version: order.version - 1 }, refund(100), id),
    ).toMatchObject({ error: { code: "act_stale" } });
    expect((await logOf(id)).map(({ step }) => step)).toEqual(["proposed", "refused"]);
    const other = randomUUID();
    expect(await propose(wanjiku.client, order, { type: "repay_owed" }, other)).toMatchObject({
      error: { code: "act_not_possible" },
    });
    expect((await logOf(other)).map(({ step }) => step)).toEqual(["proposed", "refused"]);
    for (const act of [
      { type: "refund" },
      { type: "refund", amountKesCents: "-5", way: "payout" },
      { type: "steal_everything" },
      { type: "pay_out", to: "254700000001" },
    ])
      expect(await propose(wanjiku.client, order, act)).toMatchObject({
        error: { code: "invalid_request" },
      });
    expect((await store.find(order.id))?.version).toBe(order.version);
  });

  test("cannot be changed or deleted in the database", async () => {
    const { database } = testDatabase;
    for (const change of [
      "UPDATE operator_acts SET body = '{}'",
      "DELETE FROM operator_acts",
      "TRUNCATE operator_acts",
    ])
      await expect(database.query(change)).rejects.toThrow(/append-only/);
  });

  test("an act that a stopped process had decided is carried out by the next one", async () => {
    const { order, act } = await waiting();
    // The process stops between the approval and the act.
    await testDatabase.database.query(
      `CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'stopped'; END $$;
       CREATE TRIGGER stop_here BEFORE INSERT ON order_acts FOR EACH ROW EXECUTE FUNCTION stop_here();`,
    );
    expect(await otieno.approve(act.id)).toMatchObject({ error: { code: "internal_error" } });
    await testDatabase.database.query("DROP TRIGGER stop_here ON order_acts");
    expect(await otieno.approve(act.id)).toMatchObject({ error: { code: "act_ended" } });
    expect((await store.find(order.id))?.state).toBe("case");
    offset += 2 * 60_000;
    const services = createTestOrders({ store, engine: createTestEngine(), now });
    const next = await startTestAdmin({ testDatabase, orders: services.orders, now, fourEyesKes });
    await expect
      .poll(async () => (await store.find(order.id))?.state, { timeout: 5_000 })
      .toBe("refunding");
    await expect
      .poll(async () => (await logOf(act.id)).map(({ step, via }) => `${step} ${via}`))
      .toEqual(["proposed passkey", "approved passkey", "executed system"]);
    await next.close();
  });
});

describe("who may act", () => {
  test("a passkey adds and disables operators only with a second person", async () => {
    const add = { id: randomUUID(), name: "kamau", reason: "new colleague" };
    const proposed = valueOf(await wanjiku.client("addOperator", { body: add }));
    expect(proposed).toMatchObject({ act: { status: "waiting" }, enrolment: null });
    expect(await wanjiku.approve(add.id)).toMatchObject({
      error: { code: "second_person_required" },
    });
    const approved = valueOf(await otieno.approve(add.id));
    expect(approved.enrolment?.url).toMatch(/#\/enrol\/sce_/);
    // Only whoever carried it out sees the link, and only then.
    expect(
      JSON.stringify(valueOf(await wanjiku.client("getAct", { params: { actId: add.id } }))),
    ).not.toContain("sce_");
    const remove = { id: randomUUID(), name: "otieno", reason: "a quarrel" };
    expect(valueOf(await wanjiku.client("disableOperator", { body: remove })).act.status).toBe(
      "waiting",
    );
    expect(await otieno.client("whoAmI")).toMatchObject({ ok: true });
  });

  test("a certificate adds nobody alone once two operators could approve each other", async () => {
    const eve = { id: randomUUID(), name: "eve", reason: "night shift" };
    const added = valueOf(await admin.satsctl("wanjiku")("addOperator", { body: eve }));
    expect(added).toMatchObject({
      act: { status: "waiting", via: "certificate" },
      enrolment: null,
    });
    // Enrolling a colleague anew, under the thief's own passkey, is the same thing.
    const anew = { id: randomUUID(), name: "otieno", reason: "lost his phone" };
    expect(valueOf(await admin.satsctl("wanjiku")("addOperator", { body: anew })).act.status).toBe(
      "waiting",
    );
    expect(await otieno.client("whoAmI")).toMatchObject({ ok: true });
    expect(await wanjiku.approve(eve.id)).toMatchObject({
      error: { code: "second_person_required" },
    });
    expect(valueOf(await otieno.approve(eve.id)).enrolment?.url).toMatch(/sce_/);
  });

  test("no phone number and no name is in the logs", async () => {
    await nextDay();
    const order = await orders.lostBuy(100);
    await wanjiku.client("findOrders", { body: { text: "0712 345 678" } });
    await wanjiku.client("getOrder", { params: { orderId: order.id } });
    await propose(wanjiku.client, order, refund(100));
    await propose(wanjiku.client, order, refund(100));
    expect(admin.logged()).not.toMatch(/712345678|712 345 678/);
    expect(admin.logged()).toContain("admin.findOrders");
  });
});
