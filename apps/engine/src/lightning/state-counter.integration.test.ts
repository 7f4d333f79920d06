import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encryptedStore } from "@satsconnect/lightning";
import { postgresStore } from "@satsconnect/lightning/nodejs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLogger } from "../logger.ts";
import { createTestDatabase } from "../testing/database.ts";
import type { TestDatabase } from "../testing/database.ts";
import { StateBehind, withStateCounter } from "./state-counter.ts";

const folder = mkdtempSync(join(tmpdir(), "counter-"));
const tables = ["node_rows", "node_events", "node_position"];
let prepared: TestDatabase;
beforeAll(async () => {
  prepared = await createTestDatabase();
});
afterAll(async () => {
  await prepared.drop();
  rmSync(folder, { recursive: true });
});

/** The engine's store on this database. */
const open = async (recovery: boolean) =>
  withStateCounter(
    await encryptedStore(postgresStore({ pool: prepared.database }), new Uint8Array(32).fill(7)),
    { file: join(folder, "seed.commits"), recovery, logger: createLogger("silent") },
  );

test("21: a Postgres database restored from an older dump is refused, and opens only to recover", async () => {
  const store = await open(false);
  await store.open();
  const commitAndRelease = async (number: number): Promise<void> => {
    const row = { table: "t", key: "k", value: Uint8Array.of(number) };
    await store.commit({ number, rows: [row], events: [] });
    await store.released?.(number);
  };
  for (const number of [1, 2, 3]) await commitAndRelease(number);
  for (const table of tables)
    await prepared.database.query(`CREATE TABLE dump_${table} AS TABLE lightning.${table}`);
  for (const number of [4, 5, 6]) await commitAndRelease(number);
  await store.close();

  const current = await open(false);
  expect(await current.open()).toMatchObject({ commitNumber: 6 });
  await current.close();
  for (const table of tables) {
    await prepared.database.query(`DELETE FROM lightning.${table}`);
    await prepared.database.query(`INSERT INTO lightning.${table} TABLE dump_${table}`);
  }
  await expect((await open(false)).open()).rejects.toThrow(StateBehind);
  const recovering = await open(true);
  expect(await recovering.open()).toMatchObject({ commitNumber: 3 });
  await recovering.close();
});
