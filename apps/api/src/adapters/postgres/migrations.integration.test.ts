import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, migrationsFolder } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createDatabase, inTransaction, migrate } from "@satsconnect/postgres";

let testDatabase: TestDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase({ migrated: false });
});
afterAll(() => testDatabase.drop());

async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "satsconnect-migrations-"));
  await Promise.all(Object.entries(files).map(([name, sql]) => writeFile(join(folder, name), sql)));
  return folder;
}

test("three processes that start at once apply each migration once", async () => {
  const others = Array.from({ length: 3 }, () =>
    createDatabase(testDatabase.url, { size: 2, name: "api-test" }),
  );
  try {
    const applied = await Promise.all(
      others.map((database) => migrate(database, migrationsFolder)),
    );
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    expect(await migrate(testDatabase.database, migrationsFolder)).toEqual([]);
  } finally {
    await Promise.all(others.map((database) => database.end()));
  }
});

test("a failed migration is rolled back and named in the error", async () => {
  const folder = await folderWith({
    "9001_bad.sql": "CREATE TABLE half (a int); SELECT nonsense();",
  });
  await expect(migrate(testDatabase.database, folder)).rejects.toThrow(/9001_bad\.sql/);
  const { rowCount } = await testDatabase.database.query(
    "SELECT 1 FROM pg_tables WHERE tablename = 'half'",
  );
  expect(rowCount).toBe(0);
});

test("a migration that was changed after it was applied is refused", async () => {
  await migrate(
    testDatabase.database,
    await folderWith({ "9002_good.sql": "CREATE TABLE whole (a int);" }),
  );
  const changed = await folderWith({ "9002_good.sql": "CREATE TABLE whole (a int, b int);" });
  await expect(migrate(testDatabase.database, changed)).rejects.toThrow(
    /9002_good\.sql was changed/,
  );
});

test("reads 64-bit integers exactly and rolls back a transaction that throws", async () => {
  await testDatabase.database.query("CREATE TABLE exact (value bigint)");
  await testDatabase.database.query("INSERT INTO exact VALUES ($1)", [9_007_199_254_740_993n]);
  const failing = inTransaction(testDatabase.database, async (transaction) => {
    await transaction.query("INSERT INTO exact VALUES (1)");
    throw new Error("stop");
  });
  await expect(failing).rejects.toThrow("stop");
  const { rows } = await testDatabase.database.query("SELECT value FROM exact");
  expect(rows).toEqual([{ value: 9_007_199_254_740_993n }]);
});
