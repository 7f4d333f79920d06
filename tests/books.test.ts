import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../scripts/support/paths.ts";
import { waitFor } from "../scripts/support/processes.ts";
import { startTestSystem } from "./support/harness.ts";
import type { TestSystem } from "./support/harness.ts";
import { expectBooksInOrder } from "./support/invariants.ts";
import { buy, openOrder, openTestWallet, untilFinal } from "./support/wallets.ts";
import type { TestWallet } from "./support/wallets.ts";

/* The operator's books on the whole system: M-Pesa's own statement files, Pull Transactions and satsctl. */

let system: TestSystem;
let wallet: TestWallet;
let phone: string;
let database: pg.Client;

beforeAll(async () => {
  system = await startTestSystem("books");
  phone = await system.addCustomer("BOOKED KEEPER NJERI");
  wallet = await openTestWallet(system, "books");
  database = new pg.Client({ connectionString: system.system.databases.api });
  await database.connect();
}, 240_000);

afterAll(async () => {
  await database?.end();
  await wallet?.close();
  await system?.stop();
}, 60_000);

function satsctl(...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [path.join(root, "apps/cli/src/satsctl.ts"), "--home", system.system.home, ...args],
      (error, out, err) => (error === null ? resolve(out) : reject(new Error(err))),
    );
  });
}

async function control(method: "GET" | "POST", at: string, body?: object): Promise<string> {
  const response = await fetch(`${system.system.urls.simulator}/control/shortcodes/${at}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(await response.text());
  return response.text();
}

async function importStatement(shortcode: string, account: string): Promise<void> {
  const file = path.join(system.system.home, `${shortcode}-${account}.csv`);
  writeFileSync(
    file,
    await control("GET", `${shortcode}/${account}/statement.csv?fault=reordered`),
  );
  await satsctl("statement", "import", file, "--shortcode", shortcode, "--account", account);
}

async function linesByState(): Promise<Readonly<Record<string, number>>> {
  const { rows } = await database.query<{ name: string; lines: number }>(
    `SELECT shortcode || ' ' || account || ' ' || state AS name, count(*)::integer AS lines
       FROM statement_lines GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(({ name, lines }) => [name, lines]));
}

test("31: every line of M-Pesa's statement is in the books, and the books agree with M-Pesa", async () => {
  // Two buys, one of them without its callback, and a sell.
  await buy(system, wallet, phone, 300_000n);
  await system.mpesa.fault({ api: "stk", kind: "callback_lost", times: 1 });
  await buy(system, wallet, phone, 200_000n);
  const recipient = await system.addCustomer("PAID OUT OTIENO");
  const sell = await openOrder(wallet, { kind: "sell", kesCents: 100_000n, msisdn: recipient });
  expect((await untilFinal(wallet, sell.id, 60_000)).order.state).toBe("claimed");
  // The operator moves collections on the portal and tops the working account up, and books nothing.
  await control("POST", "600111/utility/transfers", { to: "600222:utility", amountCents: "40000" });
  await control("POST", "600222/working/deposits", { amountCents: "12300" });

  // Nothing may explain the lines for a quarter of an hour.
  await database.query(
    `CREATE OR REPLACE FUNCTION books_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
       SELECT clock_timestamp() + interval '20 minutes' $$`,
  );
  // At its start, the api reads Pull Transactions.
  await system.system.apps.api.kill();
  await system.system.apps.api.start();
  await waitFor(
    "the payments from Pull Transactions",
    async () => (await linesByState())["600111 utility matched"] === 2,
    60_000,
  );
  for (const [shortcode, account] of [
    ["600111", "utility"],
    ["600222", "utility"],
    ["600222", "working"],
    ["600222", "charges"],
  ] as const) {
    await importStatement(shortcode, account);
  }
  const expected = {
    "600111 utility matched": 2,
    "600111 utility paired": 1,
    "600222 utility matched": 1,
    "600222 utility opening": 1,
    "600222 utility paired": 1,
    "600222 working opening": 1,
    "600222 working unmatched": 1,
    "600222 charges matched": 1,
  };
  await waitFor(
    "every line to be judged",
    async () => Object.keys(await linesByState()).every((name) => !name.endsWith(" new")),
    60_000,
  );
  expect(await linesByState()).toEqual(expected);
  await expectBooksInOrder(system);
  expect(await satsctl("books", "cases")).toContain("12300 cents (Deposit of funds)");

  // Booked with the statement's receipt, the deposit is explained.
  const lines = JSON.parse(await satsctl("books", "lines", "--state", "unmatched", "--json")) as {
    readonly lines: readonly [{ readonly receipt: string }];
  };
  await satsctl(
    ...["books", "book", "capital_in", "place=mpesa_working", "kes=123"],
    ...["--reference", lines.lines[0].receipt, "--reason", "from the owner"],
  );
  await waitFor(
    "the case to be resolved",
    async () => (await satsctl("books", "cases")).includes("No cases."),
    60_000,
  );
  await expectBooksInOrder(system);
}, 300_000);
