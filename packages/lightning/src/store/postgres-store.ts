import type { Pool } from "pg";
import { WriterFenced } from "../ports/commit-store.ts";
import type { CommitStore, Row, StoredEvent, StoreWrite } from "../ports/commit-store.ts";

export type PostgresStoreOptions = {
  readonly pool: Pool;
  /** One schema per node, created if missing. Lower-case letters, digits and underscores. Default: `lightning`. */
  readonly schema?: string;
  /**
   * Duration of the writer's lease. Until it expires, `open` in another process rejects with `WriterFenced`, so that a
   * standby takes over only from a writer that has stopped. Renewed by every commit, and by a timer. Absent: no lease,
   * `open` always takes over.
   */
  readonly leaseMs?: number;
  /** Called when a renewal finds that another writer has taken over. Commits are rejected from then on. */
  readonly onFenced?: () => void;
};

const tables = (schema: string): string => `
  CREATE SCHEMA IF NOT EXISTS ${schema};
  CREATE TABLE IF NOT EXISTS ${schema}.node_rows (
    "table" text COLLATE "C" NOT NULL,
    "key" text COLLATE "C" NOT NULL,
    "value" bytea NOT NULL,
    PRIMARY KEY ("table", "key")
  );
  ALTER TABLE ${schema}.node_rows ALTER COLUMN "value" SET STORAGE EXTERNAL;
  CREATE TABLE IF NOT EXISTS ${schema}.node_events (
    "sequence" bigint PRIMARY KEY,
    "value" bytea NOT NULL
  );
  CREATE TABLE IF NOT EXISTS ${schema}.node_position (
    id integer PRIMARY KEY CHECK (id = 1),
    commit_number bigint NOT NULL,
    last_sequence bigint NOT NULL,
    writer bigint NOT NULL,
    lease_until timestamptz NOT NULL
  );
  INSERT INTO ${schema}.node_position VALUES (1, 0, 0, 0, '-infinity') ON CONFLICT DO NOTHING;
`;

/** Advisory lock: concurrent CREATE TABLE IF NOT EXISTS statements can fail in Postgres's catalogue. */
const createTablesLock = 7_283_645_002;

/**
 * A store in Postgres. Each commit is one statement, and so one transaction and one round trip. The statement checks the
 * fencing token (`writer`) and the previous commit's number: a writer that has been replaced cannot change anything.
 */
export function postgresStore(options: PostgresStoreOptions): CommitStore {
  const { pool, leaseMs } = options;
  const schema = options.schema ?? "lightning";
  if (!/^[a-z_][a-z0-9_]{0,40}$/u.test(schema)) throw new RangeError("not a valid schema name");
  let writer: bigint | undefined;
  let renewal: NodeJS.Timeout | undefined;
  let fenced = false;
  let opening = false;

  const lease =
    leaseMs === undefined ? "'-infinity'" : `now() + interval '${leaseMs} milliseconds'`;
  const commitSql = `
    WITH moved AS (
      UPDATE ${schema}.node_position
         SET commit_number = $1, last_sequence = coalesce($2, last_sequence), lease_until = ${lease}
       WHERE writer = $3 AND commit_number = $1 - 1 AND last_sequence + $4 = coalesce($2, last_sequence)
      RETURNING 1
    ), put AS (
      INSERT INTO ${schema}.node_rows
      SELECT * FROM unnest($5::text[], $6::text[], $7::bytea[]) WHERE EXISTS (SELECT 1 FROM moved)
      ON CONFLICT ("table", "key") DO UPDATE SET "value" = excluded."value"
    ), removed AS (
      DELETE FROM ${schema}.node_rows stored USING unnest($8::text[], $9::text[]) AS gone ("table", "key")
       WHERE stored."table" = gone."table" AND stored."key" = gone."key" AND EXISTS (SELECT 1 FROM moved)
    ), appended AS (
      INSERT INTO ${schema}.node_events
      SELECT * FROM unnest($10::bigint[], $11::bytea[]) WHERE EXISTS (SELECT 1 FROM moved)
    ), forgotten AS (
      DELETE FROM ${schema}.node_events WHERE "sequence" <= $12 AND EXISTS (SELECT 1 FROM moved)
    )
    SELECT count(*)::integer AS moved FROM moved`;

  async function renew(): Promise<void> {
    const token = writer;
    const renewed = await pool.query(
      `UPDATE ${schema}.node_position SET lease_until = ${lease} WHERE writer = $1`,
      [token],
    );
    // if this process has opened the store again meanwhile, it holds a newer token
    if (renewed.rowCount === 1 || fenced || opening || token !== writer) return;
    fenced = true;
    clearInterval(renewal);
    options.onFenced?.();
  }

  return {
    kind: "postgres",
    async open() {
      clearInterval(renewal);
      opening = true;
      const client = await pool.connect();
      try {
        await client.query("SELECT pg_advisory_lock($1)", [createTablesLock]);
        const { rows } = await client.query<{ missing: boolean }>(
          "SELECT to_regclass($1) IS NULL AS missing",
          [`${schema}.node_position`],
        );
        // a standby calls `open` repeatedly: DDL would lock the writer's tables each time
        if (rows[0]?.missing !== false) await client.query(tables(schema));
      } finally {
        await client.query("SELECT pg_advisory_unlock($1)", [createTablesLock]).catch(() => {});
        client.release();
      }
      // $1 is this process's earlier token: the lease holder may open again
      const mayOpen =
        leaseMs === undefined
          ? "($1::bigint IS NULL OR true)"
          : "(lease_until < now() OR writer = $1::bigint)";
      const opened = await pool.query<{ commit: string; sequence: string; writer: string }>(
        `UPDATE ${schema}.node_position SET writer = writer + 1, lease_until = ${lease}
          WHERE ${mayOpen}
        RETURNING commit_number::text AS commit, last_sequence::text AS sequence, writer::text AS writer`,
        [writer ?? null],
      );
      const row = opened.rows[0];
      if (row === undefined) throw new WriterFenced("another process runs this node");
      writer = BigInt(row.writer);
      opening = false;
      fenced = false;
      if (leaseMs !== undefined) {
        renewal = setInterval(() => {
          // if the database is unreachable, the next commit reports it
          renew().catch(() => {});
        }, leaseMs / 3);
        renewal.unref();
      }
      return { commitNumber: Number(row.commit), lastSequence: Number(row.sequence) };
    },
    async commit(write) {
      if (writer === undefined) throw new Error("the store is not open");
      if (fenced) throw new WriterFenced("another writer has taken over");
      // a named statement is planned once per connection: planning takes longer than the write
      const committed = await pool.query<{ moved: number }>({
        name: `commit ${schema}`,
        text: commitSql,
        values: parameters(write, writer),
      });
      if (committed.rows[0]?.moved !== 1) throw new WriterFenced("another writer has taken over");
    },
    async read(table, key) {
      const { rows } = await pool.query<{ value: Uint8Array }>(
        `SELECT "value" FROM ${schema}.node_rows WHERE "table" = $1 AND "key" = $2`,
        [table, key],
      );
      return rows[0] === undefined ? undefined : plain(rows[0].value);
    },
    async list(table, range = {}) {
      const { prefix = "", after, descending = false, limit } = range;
      const { rows } = await pool.query<{ key: string; value: Uint8Array }>(
        `SELECT "key", "value" FROM ${schema}.node_rows
          WHERE "table" = $1 AND starts_with("key", $2)
            AND ($3::text IS NULL OR "key" ${descending ? "<" : ">"} $3 COLLATE "C")
          ORDER BY "key" ${descending ? "DESC" : "ASC"} LIMIT $4`,
        [table, prefix, after ?? null, limit ?? null],
      );
      return rows.map((row): Row => ({ key: row.key, value: plain(row.value) }));
    },
    async events(afterSequence, limit) {
      const { rows } = await pool.query<{ sequence: string; value: Uint8Array }>(
        `SELECT "sequence"::text AS sequence, "value" FROM ${schema}.node_events
          WHERE "sequence" > $1 ORDER BY "sequence"::bigint LIMIT $2`,
        [afterSequence, limit],
      );
      return rows.map((row): StoredEvent => ({
        sequence: Number(row.sequence),
        value: plain(row.value),
      }));
    },
    async close() {
      clearInterval(renewal);
      if (writer === undefined) return;
      const closingWriter = writer;
      writer = undefined;
      // end the lease, so that a successor need not wait for it
      await pool
        .query(`UPDATE ${schema}.node_position SET lease_until = '-infinity' WHERE writer = $1`, [
          closingWriter,
        ])
        .catch(() => {});
    },
  };
}

/** Copies a Buffer: Buffers are not deeply equal to plain arrays in tests, and keep their shared pool alive. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function parameters(write: StoreWrite, writer: bigint): unknown[] {
  const put = write.rows.flatMap((row) =>
    row.value === undefined ? [] : [{ ...row, value: row.value }],
  );
  const removed = write.rows.filter((row) => row.value === undefined);
  return [
    write.number,
    write.events.at(-1)?.sequence ?? null,
    writer,
    write.events.length,
    put.map((row) => row.table),
    put.map((row) => row.key),
    put.map((row) => Buffer.from(row.value)),
    removed.map((row) => row.table),
    removed.map((row) => row.key),
    write.events.map((event) => event.sequence),
    write.events.map((event) => Buffer.from(event.value)),
    write.forgetEventsThrough ?? null,
  ];
}
