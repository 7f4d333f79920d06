import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrate } from "@satsconnect/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../testing/database.ts";
import type { TestDatabase } from "../testing/database.ts";
import { recordLdk, refuseOlderLdk } from "./ldk-version.ts";

let prepared: TestDatabase;
beforeAll(async () => {
  prepared = await createTestDatabase();
});
afterAll(() => prepared?.drop());

test("an engine with an older LDK than the last one refuses the database; a newer one takes it", async () => {
  const { database } = prepared;
  await refuseOlderLdk(database, "0.2.7");
  await recordLdk(database, "0.2.7");
  await refuseOlderLdk(database, "0.2.7");
  await expect(refuseOlderLdk(database, "0.2.6")).rejects.toThrow("LDK 0.2.7 has written");
  await expect(refuseOlderLdk(database, "0.1.10")).rejects.toThrow("LDK 0.2.7 has written");
  await refuseOlderLdk(database, "0.2.10");
  await recordLdk(database, "0.2.10");
  await expect(refuseOlderLdk(database, "0.2.7")).rejects.toThrow("LDK 0.2.10 has written");
  await refuseOlderLdk(database, "1.0.0");
});

test("an engine without the newest migration refuses the database", async () => {
  const migrations = fileURLToPath(new URL("../../migrations", import.meta.url));
  const older = mkdtempSync(join(tmpdir(), "migrations-"));
  const attempt = migrate(prepared.database, older, { refuseNewer: true });
  await expect(attempt).rejects.toThrow(
    /A newer version has used this database: .*0001_engine\.sql/u,
  );
  expect(await migrate(prepared.database, migrations, { refuseNewer: true })).toEqual([]);
  rmSync(older, { recursive: true });
});
