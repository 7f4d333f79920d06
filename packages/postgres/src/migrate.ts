import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PoolClient } from "pg";
import type { Database } from "./pool.ts";

/** Advisory lock that the migrating process holds. The number is arbitrary, but unique in this database. */
const advisoryLockKey = 7_283_645_001n;

/**
 * Applies the `.sql` files of a folder (`0001_name.sql`) that are not yet applied to this database, in order of their
 * names, each in its own transaction, and returns their names. Processes that start at the same time run one after
 * another: the first migrates while the others wait.
 * @param options.refuseNewer throws when the database has a migration that the folder does not have: a newer version of
 *   the program has used it.
 * @throws Error when a migration fails, or when an applied file has changed since.
 */
export async function migrate(
  database: Database,
  folder: string,
  options: { readonly refuseNewer: boolean } = { refuseNewer: false },
): Promise<readonly string[]> {
  const files = (await readdir(folder)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();
  const client = await database.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1)", [advisoryLockKey]);
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_migrations (
         name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const { rows } = await client.query<{ name: string; checksum: string }>(
      "SELECT name, checksum FROM schema_migrations",
    );
    const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]));
    const unknown = [...applied.keys()].filter((name) => !files.includes(name));
    if (options.refuseNewer && unknown.length > 0)
      throw new Error(
        `A newer version has used this database: it has the migration ${unknown.join(", ")}. Start that version`,
      );
    const newlyApplied: string[] = [];
    for (const name of files) {
      const sql = await readFile(join(folder, name), "utf8");
      const checksum = createHash("sha256").update(sql).digest("hex");
      const known = applied.get(name);
      if (known === checksum) continue;
      if (known !== undefined)
        throw new Error(
          `The migration ${name} was changed after it had been applied; restore it and add a new migration`,
        );
      await applyMigration(client, name, sql, checksum);
      newlyApplied.push(name);
    }
    return newlyApplied;
  } finally {
    await client.query("SELECT pg_advisory_unlock($1)", [advisoryLockKey]).catch(() => {});
    client.release();
  }
}

async function applyMigration(
  client: PoolClient,
  name: string,
  sql: string,
  checksum: string,
): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(sql);
    await client.query("INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", [
      name,
      checksum,
    ]);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw new Error(
      `The migration ${name} failed: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
