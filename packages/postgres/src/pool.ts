import pg from "pg";
import type { Pool, PoolClient } from "pg";

const int8 = 20;
const numeric = 1700;

export type Database = Pool;
/** What both a pool and a transaction can do. */
export type Queryable = Pick<PoolClient, "query">;

/**
 * A pool whose 64-bit integers are bigint and whose numerics stay text: neither is ever a float. A statement that waits
 * longer than 15 s is a fault, not patience.
 */
export function createDatabase(
  connectionString: string,
  options: {
    readonly size: number;
    /** What the server calls its connections. */
    readonly name: string;
    /** Told when a connection that nobody was using is lost, as in a restart of the server; the pool makes another. */
    readonly onConnectionLost?: (error: Error) => void;
  },
): Database {
  const pool = new pg.Pool({
    connectionString,
    max: options.size,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 15_000,
    idle_in_transaction_session_timeout: 15_000,
    application_name: options.name,
    types: {
      getTypeParser: (id: number, format?: "text" | "binary") => {
        if (id === int8) return BigInt;
        if (id === numeric) return (text: string) => text;
        return pg.types.getTypeParser(id, format);
      },
    },
  });
  // Without a listener Node.js would end the process.
  pool.on("error", options.onConnectionLost ?? (() => {}));
  return pool;
}

/** Runs `work` in one transaction: committed when it returns, rolled back when it throws. */
export async function inTransaction<Value>(
  database: Database,
  work: (transaction: PoolClient) => Promise<Value>,
): Promise<Value> {
  const client = await database.connect();
  let broken: Error | undefined;
  try {
    await client.query("BEGIN");
    const value = await work(client);
    await client.query("COMMIT");
    return value;
  } catch (error) {
    // A connection that cannot roll back is not given to anybody else.
    await client.query("ROLLBACK").catch((rollbackError: unknown) => {
      broken = rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
