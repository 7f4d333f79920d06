import pg from "pg";
import type { Pool, PoolClient } from "pg";

const int8 = 20;
const numeric = 1700;

export type Database = Pool;
/** A pool, or a connection inside a transaction. */
export type Queryable = Pick<PoolClient, "query">;

/**
 * A connection pool that reads `bigint` columns as bigint and `numeric` columns as strings, so that no amount becomes a
 * float. The server cancels a statement after 15 seconds and ends a transaction that is idle for 15 seconds; waiting for a
 * connection fails after 5 seconds.
 */
export function createDatabase(
  connectionString: string,
  options: {
    /** The maximum number of connections. */
    readonly size: number;
    /** The `application_name` that the server shows for the connections. */
    readonly name: string;
    /** Called when an idle connection is lost, as when the server restarts. The pool opens a new one when needed. */
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
  // Node.js ends the process on an "error" event without a listener.
  pool.on("error", options.onConnectionLost ?? (() => {}));
  return pool;
}

/** Runs `work` in one transaction, which is committed when `work` returns and rolled back when it throws. */
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
    // A connection that failed to roll back is closed instead of going back to the pool.
    await client.query("ROLLBACK").catch((rollbackError: unknown) => {
      broken = rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
