import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sampleQuote, sampleSell, sampleTime } from "../../domain/samples.ts";
import { createTestDatabase, createTestOrderStore } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { deleteUnusedQuotes } from "./unused-quotes.ts";

let testDatabase: TestDatabase;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.drop());

test("quotes that were not used are deleted once they are old, in batches; those of orders stay", async () => {
  const { database } = testDatabase;
  const store = await createTestOrderStore(testDatabase);
  const walletId = randomUUID();
  await database.query("INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, now())", [
    walletId,
    `02${"ab".repeat(32)}`,
  ]);
  const quote = async (expiresAt: number) => {
    const ids = { orderId: randomUUID(), quoteId: randomUUID(), walletId, tag: randomUUID() };
    await store.addQuote({ ...sampleQuote("sell", ids), expiresAt });
    return ids;
  };
  const used = await quote(sampleTime);
  const sell = sampleSell(used);
  const opened = await store.open(sell, {
    postings: [],
    keys: [],
    limits: { at: sampleTime, railDailyMax: sell.terms.amountKesCents },
  });
  expect(opened.ok).toBe(true);
  const young = await quote(sampleTime + 1);
  await database.query(
    `INSERT INTO quotes (id, wallet_id, kind, body, created_at, expires_at)
     SELECT gen_random_uuid(), $1, 'buy', '{}', $2, $2 FROM generate_series(1, 2500)`,
    [walletId, new Date(sampleTime - 1)],
  );
  expect(await deleteUnusedQuotes(database, sampleTime)).toBe(2_500);
  const { rows } = await database.query<{ id: string }>(
    "SELECT id FROM quotes ORDER BY expires_at",
  );
  expect(rows.map(({ id }) => id)).toEqual([used.quoteId, young.quoteId]);
});
