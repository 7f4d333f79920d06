import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { createDatabase, migrate } from "@satsconnect/postgres";
import type { Database } from "@satsconnect/postgres";
import type { OrderStore } from "../app/orders/ports.ts";
import { createOrderStore } from "../adapters/postgres/order-store.ts";

export const migrationsFolder = fileURLToPath(new URL("../../migrations", import.meta.url));

export type TestDatabase = {
  readonly database: Database;
  readonly url: string;
  readonly drop: () => Promise<void>;
};

/** A new database on the server of DATABASE_URL, migrated, that nobody else uses. */
export async function createTestDatabase(
  options: { readonly migrated?: boolean } = {},
): Promise<TestDatabase> {
  const server = process.env["DATABASE_URL"];
  if (server === undefined)
    throw new Error("DATABASE_URL must name a Postgres server where databases can be created");
  const name = `test_${randomBytes(8).toString("hex")}`;
  await asAdministrator(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const database = createDatabase(url.href, { size: 10, name: "api-test" });
  if (options.migrated !== false) await migrate(database, migrationsFolder);
  return {
    database,
    url: url.href,
    drop: async () => {
      await database.end();
      await asAdministrator(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function asAdministrator(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The orders of a test in its database, with a million shillings and ten bitcoin to trade with. */
export async function createTestOrderStore({ database }: TestDatabase): Promise<OrderStore> {
  await database.query(
    `SELECT post_journals(ARRAY['opening'], ARRAY['opening'], now(), ARRAY[1, 1, 1, 1],
       ARRAY['mpesa_available', 'capital_kes', 'treasury', 'capital_msat'], ARRAY['KES', 'KES', 'MSAT', 'MSAT'],
       ARRAY[100000000, -100000000, 1000000000000, -1000000000000]::bigint[])`,
  );
  return createOrderStore(database);
}
