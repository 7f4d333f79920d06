import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createDatabase, migrate } from "@satsconnect/postgres";
import type { Database } from "@satsconnect/postgres";

export type TestDatabase = { readonly database: Database; readonly drop: () => Promise<void> };

/** Creates and migrates a new database on the server of `DATABASE_URL`, for one test file. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env["DATABASE_URL"];
  if (server === undefined) throw new Error("DATABASE_URL must name a Postgres server");
  const administrator = createDatabase(server, { size: 1, name: "engine-test" });
  const name = `engine_test_${randomBytes(8).toString("hex")}`;
  await administrator.query(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const database = createDatabase(url.href, { size: 8, name: "engine-test" });
  await migrate(database, fileURLToPath(new URL("../../migrations", import.meta.url)));
  return {
    database,
    drop: async () => {
      await database.end();
      await administrator.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await administrator.end();
    },
  };
}
