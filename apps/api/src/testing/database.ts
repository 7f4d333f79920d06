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

/** Creates a database on the server of `DATABASE_URL` for one test file, and applies the migrations. */
export async function createTestDatabase(
  options: { readonly migrated?: boolean } = {},
): Promise<TestDatabase> {
  const server = process.env["DATABASE_URL"];
  if (server === undefined)
    throw new Error("DATABASE_URL must name a Postgres server where databases can be created");
  const name = `test_${randomBytes(8).toString("hex")}`;
  await runOnServer(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const database = createDatabase(url.href, { size: 10, name: "api-test" });
  if (options.migrated !== false) await migrate(database, migrationsFolder);
  return {
    database,
    url: url.href,
    drop: async () => {
      await database.end();
      await runOnServer(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function runOnServer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** An order store whose ledger starts with KES 1,000,000 of float and 10 BTC in the treasury. */
export async function createTestOrderStore({ database }: TestDatabase): Promise<OrderStore> {
  await database.query(
    `SELECT post_journals(ARRAY['opening'], ARRAY['opening'], now(), ARRAY[1, 1, 1, 1],
       ARRAY['mpesa_available', 'capital_kes', 'treasury', 'capital_msat'], ARRAY['KES', 'KES', 'MSAT', 'MSAT'],
       ARRAY[100000000, -100000000, 1000000000000, -1000000000000]::bigint[])`,
  );
  // Tests of the HTTP routes open many orders for one wallet and number; the limits have tests of their own.
  await database.query(
    "UPDATE limit_tiers SET hourly_orders = 10000, unfinished_orders = 10000, unproven_prompts = 10000",
  );
  return createOrderStore(database);
}
