import { randomBytes, randomUUID } from "node:crypto";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "@satsconnect/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLedger } from "./ledger.ts";
import { createTestDatabase, migrationsFolder } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { writeOrder, writeQuoteBody } from "./order-codec.ts";
import { createOrderStore } from "./order-store.ts";
import { opening, sampleBuy, sampleQuote, sampleSell } from "../../domain/samples.ts";

const migration = "0104_currencies.sql";
const tag = "a".repeat(18);
const names = (kind: string) => ({
  orderId: randomUUID(),
  quoteId: randomUUID(),
  walletId: wallet,
  tag: `${tag}${kind}`,
});
const wallet = randomUUID();
let testDatabase: TestDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase({ migrated: false });
});
afterAll(() => testDatabase.drop());

/** The body of a quote or an order in the stored form from before terms had a currency. */
function withoutCurrency(body: unknown): string {
  const copy = structuredClone(body) as {
    terms: { currency?: string; rate: Record<string, unknown> };
  };
  delete copy.terms.currency;
  const { minorUnits, btc } = copy.terms.rate;
  copy.terms.rate = { kesCents: minorUnits, btc };
  return JSON.stringify(copy);
}

test("the currency migration turns earlier rows into KES and leaves them usable", async () => {
  const { database } = testDatabase;
  const earlierMigrations = await mkdtemp(join(tmpdir(), "satsconnect-migrations-"));
  for (const name of await readdir(migrationsFolder)) {
    if (name < migration) await cp(join(migrationsFolder, name), join(earlierMigrations, name));
  }
  await migrate(database, earlierMigrations);
  await rm(earlierMigrations, { recursive: true });

  await database.query("INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, now())", [
    wallet,
    `02${randomBytes(32).toString("hex")}`,
  ]);
  await database.query(
    `SELECT post_journals(ARRAY['opening'], ARRAY['opening'], now(), ARRAY[1, 1, 1, 1],
       ARRAY['mpesa_available', 'capital_kes', 'treasury', 'capital_msat'],
       ARRAY[50000, -50000, 7, -7]::bigint[])`,
  );
  const sellNames = names("sell");
  const sell = sampleSell(sellNames);
  const buyNames = names("buy");
  for (const [kind, named] of [
    ["sell", sellNames],
    ["buy", buyNames],
  ] as const) {
    const quote = sampleQuote(kind, named);
    await database.query(
      `INSERT INTO quotes (id, wallet_id, kind, body, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
      [
        quote.id,
        wallet,
        kind,
        withoutCurrency(writeQuoteBody(quote)),
        new Date(quote.createdAt),
        new Date(quote.expiresAt),
      ],
    );
  }
  const { body, ...columns } = writeOrder(sell) as { body: unknown };
  const { rows } = await database.query<{ refusal: string | null }>(
    "SELECT open_order($1::jsonb) AS refusal",
    [
      JSON.stringify({
        order: { ...columns, body: JSON.parse(withoutCurrency(body)) },
        keys: opening(sell).keys,
        postings: [
          {
            kind: "payout_reserved",
            entries: [
              { account: "mpesa_reserved", amount: "30000" },
              { account: "mpesa_available", amount: "-30000" },
            ],
          },
        ],
        dailySince: 0,
        dailyMaximum: "50000000",
      }),
    ],
  );
  expect(rows).toEqual([{ refusal: null }]);

  expect(await migrate(database, migrationsFolder)).toContain(migration);

  const store = createOrderStore(database);
  expect(await store.find(sell.id)).toEqual(sell);
  expect(await store.findQuote(wallet, buyNames.quoteId)).toEqual(sampleQuote("buy", buyNames));
  const buy = sampleBuy(buyNames);
  expect(await store.open(buy, opening(buy))).toEqual({ ok: true, value: buy });
  for (const table of ["orders", "quotes"]) {
    const { rows: stored } = await database.query(`SELECT currency FROM ${table}`);
    expect(stored).toEqual([{ currency: "KES" }, { currency: "KES" }]);
  }
  const { rows: entries } = await database.query(
    `SELECT DISTINCT e.account, e.currency = a.currency AS agrees
       FROM ledger_entries e JOIN ledger_accounts a ON a.code = e.account`,
  );
  expect(entries).toHaveLength(5);
  expect(entries.every(({ agrees }) => agrees === true)).toBe(true);
  await expect(database.query("UPDATE ledger_entries SET currency = 'KES'")).rejects.toThrow(
    /append-only/,
  );
  const ledger = createLedger(database);
  expect(await ledger.balance("mpesa_reserved")).toBe(30_000n);
  expect(await ledger.balance("mpesa_available")).toBe(20_000n);
});
