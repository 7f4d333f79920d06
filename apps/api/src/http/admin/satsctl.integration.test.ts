import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { logEntryHash } from "@satsconnect/contracts/admin";
import type { FoundOrder, LogEntry, RecordedAct } from "@satsconnect/contracts/admin";
import { valueOf } from "@satsconnect/money";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLightning } from "../../adapters/engine/lightning.ts";
import { createActLog } from "../../adapters/postgres/act-log.ts";
import type { OrderStore } from "../../app/orders/ports.ts";
import { startTestAdmin } from "../../testing/admin.ts";
import type { TestAdmin, TestBrowser } from "../../testing/admin.ts";
import { createTestDatabase, createTestOrderStore } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createTestEngine } from "../../testing/engine.ts";
import { storedOrders } from "../../testing/stored-orders.ts";
import type { StoredOrders } from "../../testing/stored-orders.ts";
import { createTestOrders } from "../../testing/test-orders.ts";

const program = fileURLToPath(new URL("../../../../cli/src/satsctl.ts", import.meta.url));

let testDatabase: TestDatabase;
let store: OrderStore;
let orders: StoredOrders;
let admin: TestAdmin;
let wanjiku: TestBrowser;
let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "satsctl-"));
  testDatabase = await createTestDatabase();
  store = await createTestOrderStore(testDatabase);
  orders = storedOrders(store, testDatabase);
  const engine = createTestEngine();
  const services = createTestOrders({ store, engine, now: Date.now });
  admin = await startTestAdmin({
    testDatabase,
    orders: services.orders,
    lightning: createLightning(engine),
    fourEyesKes: 1_000,
  });
  wanjiku = await admin.enrol("wanjiku");
});
afterAll(async () => {
  await admin.close();
  await testDatabase.drop();
  rmSync(folder, { recursive: true, force: true });
});

type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** Runs satsctl as a person in a shell does, with the certificate of `name`. */
function satsctl(name: string, ...args: readonly string[]): Promise<Ran> {
  const { certificate, key, authority } = admin.identity(name);
  const file = (ending: string, text: string): string => {
    const whole = path.join(folder, `${name}.${ending}`);
    writeFileSync(whole, text, { mode: 0o600 });
    return whole;
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      {
        env: {
          ...process.env,
          SATSCTL_API: admin.mtlsUrl,
          SATSCTL_CERT: file("pem", certificate),
          SATSCTL_KEY: file("key", key),
          SATSCTL_CA: file("ca", authority),
        },
      },
      (error, out, err) => {
        resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err });
      },
    );
  });
}

async function json<Value>(...args: readonly string[]): Promise<Value> {
  const { out } = await satsctl("operator", ...args, "--json");
  return JSON.parse(out) as Value;
}

test("whoami names the certificate's operator", async () => {
  expect((await satsctl("otieno", "whoami")).out).toContain("otieno, by certificate, on regtest");
});

test("a lost buy is found by its receipt, read, and refunded", async () => {
  const lost = await orders.lostBuy(300);
  const table = await satsctl("operator", "find", lost.receipt);
  expect(table).toMatchObject({ code: 0, err: "" });
  expect(table.out).toMatch(/^opened +kind +state +amount/);
  expect(table.out).toContain(lost.id);
  const found = await json<{ orders: FoundOrder[] }>("find", lost.receipt);
  expect(found.orders.map(({ id }) => id)).toEqual([lost.id]);

  expect((await satsctl("operator", "cases")).out).toContain(lost.id);
  const page = await satsctl("operator", "order", lost.id);
  for (const part of [lost.receipt, "payment_overdue", "What may be done now", "refund:", "Ledger"])
    expect(page.out).toContain(part);

  // Without a terminal and without --yes it shows what it would do.
  const args = ["act", lost.id, "refund", "kes=300", "way=payout", "--reason", "never delivered"];
  const asked = await satsctl("operator", ...args);
  expect(asked).toMatchObject({ code: 2 });
  expect(asked.err).toContain("Nothing was done. Add --yes");
  expect((await store.find(lost.id))?.state).toBe("case");
  const done = await satsctl("operator", ...args, "--yes");
  expect(done).toMatchObject({ code: 0 });
  expect(done.out).toContain("executed");
  expect((await store.find(lost.id))?.state).toBe("refunding");
});

test("an act above the limit waits, and satsctl says where it is approved", async () => {
  const lost = await orders.lostBuy(2_000);
  const args = ["act", lost.id, "refund", "kes=2000", "way=payout", "-r", "never delivered", "-y"];
  const proposed = await json<{ act: RecordedAct }>(...args);
  expect(proposed.act.status).toBe("waiting");
  expect((await satsctl("operator", "acts", "--status", "waiting")).out).toContain(proposed.act.id);
  const approve = await satsctl("otieno", "approve", proposed.act.id);
  expect(approve.out).toContain("An approval is a passkey's signature");
  valueOf(await wanjiku.approve(proposed.act.id));
  const again = await satsctl("operator", "approve", proposed.act.id);
  expect(again).toMatchObject({ code: 1 });
  expect(again.err).toContain("does not wait");
  expect((await satsctl("operator", "log")).out).toContain("approved");
});

test("operators are listed, added with a link, and disabled", async () => {
  const added = await satsctl("operator", "operators", "add", "achieng", "-r", "night shift");
  expect(added.out).toMatch(/http:\/\/localhost:\d+\/#\/enrol\/sce_/);
  expect((await satsctl("operator", "operators")).out).toMatch(/achieng +link open until/);
  await satsctl("operator", "operators", "disable", "achieng", "-r", "has left");
  expect((await satsctl("operator", "operators")).out).toMatch(/achieng +disabled/);
  expect(await satsctl("achieng", "whoami")).toMatchObject({
    code: 1,
    err: expect.stringContaining("disabled") as string,
  });
});

test.each<[string, readonly string[], string]>([
  ["an unknown command", ["frobnicate"], "Unknown command"],
  ["an unknown option", ["find", "x", "--colour"], "--colour"],
  ["no text", ["find"], "Say what to look for"],
  ["an unknown key", ["find", "x", "--as", "colour"], "--as takes one of receipt, phone"],
  ["an order that is none", ["order", "x"], "params"],
  ["an unknown order", ["order", randomUUID()], "no such order"],
  ["an act without a reason", ["act", randomUUID(), "close"], "--reason"],
  ["a parameter without a value", ["act", randomUUID(), "refund", "kes"], "name=value"],
])("%s is answered with what to do", async (_name, args, text) => {
  const ran = await satsctl("operator", ...args, "--json");
  expect(ran.code).toBe(2);
  expect(JSON.parse(ran.out)).toMatchObject({
    type: "error",
    message: expect.stringContaining(text) as string,
  });
});

test("a certificate of another authority is refused with what to check", async () => {
  const other = await startTestAdmin({
    testDatabase,
    orders: { possibleActs: async () => null } as never,
  });
  const { certificate, key } = other.identity("operator");
  const cert = path.join(folder, "foreign.pem");
  const keyFile = path.join(folder, "foreign.key");
  writeFileSync(cert, certificate);
  writeFileSync(keyFile, key);
  const ran = await satsctl("operator", "whoami", "--cert", cert, "--key", keyFile);
  await other.close();
  expect(ran.code).toBe(1);
  expect(ran.err).toContain("ADMIN_MTLS_CLIENT_CA");
});

describe("log verify", () => {
  const { stringify } = JSON;

  /** Changes the log as somebody who owns the database could. */
  async function tamper(change: string, values: readonly unknown[] = []): Promise<void> {
    const { database } = testDatabase;
    await database.query("ALTER TABLE operator_acts DISABLE TRIGGER operator_acts_append_only");
    await database.query(change, [...values]);
    await database.query("ALTER TABLE operator_acts ENABLE TRIGGER operator_acts_append_only");
  }

  const entries = async () =>
    (await createActLog(testDatabase.database).read({ after: 0, limit: 500, newestFirst: false }))
      .entries;

  /** Rewrites entries, and the hashes of all that follow. */
  async function rewrite(changed: readonly LogEntry[]): Promise<void> {
    let previousHash = "0".repeat(64);
    for (const entry of changed) {
      const hash = logEntryHash({ ...entry, previousHash });
      await tamper(
        `UPDATE operator_acts SET body = $2, signature = $3, operator_id = $4, operator_name = $5,
            previous_hash = $6, hash = $7 WHERE number = $1`,
        [
          entry.number,
          entry.body,
          entry.signature === null ? null : stringify(entry.signature),
          entry.operator?.id ?? null,
          entry.operator?.name ?? null,
          previousHash,
          hash,
        ],
      );
      previousHash = hash;
    }
  }

  test("accepts the log as it is, and prints its head", async () => {
    const ran = await satsctl("operator", "log", "verify");
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.out).toMatch(/intact: \d+ entries, 1 approvals/);
    const head = /--head (\d+:[0-9a-f]{64})/.exec(ran.out)?.[1] ?? "";
    expect(await satsctl("operator", "log", "verify", "--head", head)).toMatchObject({ code: 0 });
  });

  test("notices a changed, a removed and a replaced entry, and a rewritten log", async () => {
    const before = await entries();
    const head = before.at(-1);
    const approval = before.find(({ step }) => step === "approved");
    const proposal = before.find(
      ({ step, actId }) => step === "proposed" && actId === approval?.actId,
    );
    if (head === undefined || approval === undefined || proposal === undefined)
      throw new Error("The log has no approval");
    const verify = async (...more: readonly string[]) => {
      const ran = await satsctl("operator", "log", "verify", ...more);
      expect(ran.code).toBe(1);
      expect(ran.err).toContain("NOT intact");
      return ran.err;
    };

    const body = proposal.body.replace("200000", "900000");
    await tamper("UPDATE operator_acts SET body = $2 WHERE number = $1", [proposal.number, body]);
    expect(await verify()).toContain(`Entry ${proposal.number} does not have the hash`);

    // With all hashes made anew, the second person's signature is not over this act.
    await rewrite(before.map((entry) => (entry === proposal ? { ...entry, body } : entry)));
    expect(await verify()).toContain("the signature is not over this act");
    expect(await verify("--head", `${head.number}:${head.hash}`)).toContain("was rewritten");
    await rewrite(before);
    expect((await satsctl("operator", "log", "verify")).code).toBe(0);

    // The approval of somebody who never enrolled this passkey; an approval by the proposer.
    await rewrite(
      before.map((entry) =>
        entry === approval ? { ...entry, operator: proposal.operator } : entry,
      ),
    );
    const own = await verify();
    expect(own).toContain("approved an act of their own");
    expect(own).toContain("never enrolled this passkey");

    await rewrite(before);
    await tamper("DELETE FROM operator_acts WHERE number = $1", [approval.number]);
    const removed = await verify();
    expect(removed).toContain("entries are missing");
    expect(removed).toContain("carried out without its approval");
    await tamper("DELETE FROM operator_acts WHERE number >= $1", [approval.number]);
    expect(await verify("--head", `${head.number}:${head.hash}`)).toContain("is missing");
  });
});

test("the books: a statement is imported, a line is explained by a booking, and a day is closed", async () => {
  // The books are open since two days ago.
  await testDatabase.database.query(
    `ALTER TABLE ledger_journals DISABLE TRIGGER ledger_journals_append_only;
     UPDATE ledger_journals SET at = at - interval '2 days' WHERE kind = 'opening';
     ALTER TABLE ledger_journals ENABLE TRIGGER ledger_journals_append_only`,
  );
  const yesterday = new Date(Date.now() - 21 * 3_600_000).toISOString().slice(0, 10);
  const file = path.join(folder, "statement.csv");
  writeFileSync(
    file,
    `Short Code,600222\nReceipt No.,Completion Time,Details,Transaction Status,Paid In,Withdrawn,Balance\nUKN9000001,${yesterday} 08:00:00,Deposit of funds,Completed,500.00,,1000500.00\n`,
  );
  const imported = await satsctl("operator", "statement", "import", file, "--shortcode", "600222");
  expect(imported).toMatchObject({ code: 0, err: "" });
  expect(imported.out).toContain("Lines: 1, new: 1.");
  expect((await satsctl("operator", "books", "lines", "--state", "unmatched")).out).toContain(
    "UKN9000001",
  );
  expect((await satsctl("operator", "books", "cases")).out).toContain("statement_unmatched");
  expect((await satsctl("operator", "books")).out).toContain("Unmatched statement lines: 1.");

  const wrong = await satsctl("operator", "books", "book", "capital_in", "place=mpesa_available");
  expect(wrong).toMatchObject({ code: 2 });
  const booked = await satsctl(
    "operator",
    ...["books", "book", "capital_in", "place=mpesa_available", "kes=500"],
    ...["--reference", "UKN9000001", "--reason", "float from the owner"],
  );
  expect(booked).toMatchObject({ code: 0, err: "" });
  expect((await satsctl("operator", "books", "list")).out).toContain("UKN9000001");
  // Every import judges the lines that wait.
  await satsctl("operator", "statement", "import", file, "--shortcode", "600222");
  expect((await satsctl("operator", "books", "lines", "--state", "unmatched")).out).toContain(
    "No lines.",
  );
  expect((await satsctl("operator", "books", "cases")).out).toContain("No cases.");

  const figures = ["books", "figures", "--from", yesterday, "--to", yesterday];
  expect((await satsctl("operator", ...figures)).out).toContain("Position 0 sat");
  const open = await satsctl("operator", "close", yesterday);
  expect(open.err).toContain("The statement of 600111 (utility) for this day is not imported.");
  const closed = await satsctl(
    "operator",
    ...["close", yesterday, "--despite", "the first day", "--yes"],
  );
  expect(closed.out).toContain(`Trial balance of ${yesterday}`);
  expect(closed).toMatchObject({ code: 0, err: "" });
  expect(
    (await satsctl("operator", "close", yesterday, "--despite", "again", "--yes")).err,
  ).toContain("is closed already");
}, 120_000);
