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

/** Where a value is stored. */
export type ValuePlace =
  | { readonly kind: "row"; readonly table: string; readonly key: string }
  | { readonly kind: "event"; readonly sequence: number };

/** A value as it is stored. */
export type StoredValue = { readonly place: ValuePlace; readonly value: Uint8Array };

/** The store, and access to all stored values for rewriting them while the node runs. */
export type PostgresStore = CommitStore & {
  /**
   * The next values after a place, rows before events, without those that begin with `except`.
   * @param limit of values looked at. `last` is the last of them, undefined when there were none.
   */
  readonly valuesAfter: (
    after: ValuePlace | undefined,
    limit: number,
    except: Uint8Array,
  ) => Promise<{
    readonly values: readonly StoredValue[];
    readonly looked: number;
    readonly last: ValuePlace | undefined;
  }>;
  /**
   * Replaces values that are still what they were; others, and rows that a commit is writing now, are left alone.
   * Returns how many were replaced. Never blocks a commit for longer than this one write.
   * @throws WriterFenced when this process is not the writer any more.
   */
  readonly replaceValues: (
    changes: readonly { readonly from: StoredValue; readonly to: Uint8Array }[],
  ) => Promise<number>;
  /** An SQL condition that is true while this process is the writer. Requires `open`. */
  readonly fence: () => string;
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
export function postgresStore(options: PostgresStoreOptions): PostgresStore {
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

  function fence(): string {
    if (writer === undefined) throw new Error("the store is not open");
    return `EXISTS (SELECT 1 FROM ${schema}.node_position WHERE writer = ${writer})`;
  }

  async function rowsAfter(
    after: { readonly table: string; readonly key: string },
    limit: number,
    except: Uint8Array,
  ): Promise<readonly (ValuePlace & { readonly value: Uint8Array | null })[]> {
    const { rows } = await pool.query<{ table: string; key: string; value: Uint8Array | null }>(
      `SELECT "table", "key", CASE WHEN substring("value" FOR $4) = $5 THEN NULL ELSE "value" END AS "value"
         FROM ${schema}.node_rows WHERE ("table", "key") > ($1, $2)
        ORDER BY "table", "key" LIMIT $3`,
      [after.table, after.key, limit, except.length, Buffer.from(except)],
    );
    return rows.map((row) => ({ kind: "row", ...row }));
  }

  async function eventsAfter(
    sequence: number,
    limit: number,
    except: Uint8Array,
  ): Promise<readonly (ValuePlace & { readonly value: Uint8Array | null })[]> {
    const { rows } = await pool.query<{ sequence: string; value: Uint8Array | null }>(
      `SELECT "sequence"::text AS sequence,
              CASE WHEN substring("value" FOR $3) = $4 THEN NULL ELSE "value" END AS "value"
         FROM ${schema}.node_events WHERE "sequence" > $1 ORDER BY node_events."sequence" LIMIT $2`,
      [sequence, limit, except.length, Buffer.from(except)],
    );
    return rows.map((row) => ({
      kind: "event",
      sequence: Number(row.sequence),
      value: row.value,
    }));
  }

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
    async valuesAfter(after, limit, except) {
      const found: (ValuePlace & { readonly value: Uint8Array | null })[] = [];
      if (after?.kind !== "event")
        found.push(...(await rowsAfter(after ?? { table: "", key: "" }, limit, except)));
      if (found.length < limit) {
        const sequence = after?.kind === "event" ? after.sequence : 0;
        found.push(...(await eventsAfter(sequence, limit - found.length, except)));
      }
      const places = found.map(({ value, ...place }) => ({ place, value }));
      return {
        values: places.flatMap(({ place, value }) =>
          value === null ? [] : [{ place, value: plain(value) }],
        ),
        looked: found.length,
        last: places.at(-1)?.place,
      };
    },
    async replaceValues(changes) {
      const rows = changes.flatMap(({ from: { place, value }, to }) =>
        place.kind === "row" ? [{ ...place, value, to }] : [],
      );
      const events = changes.flatMap(({ from: { place, value }, to }) =>
        place.kind === "event" ? [{ ...place, value, to }] : [],
      );
      // SKIP LOCKED: this statement never waits for a commit's row while it holds others, so the two cannot deadlock
      const replaced = await pool.query<{ writing: boolean; rows: number; events: number }>(
        `WITH stored AS (
           SELECT stored."table", stored."key", new."to" FROM ${schema}.node_rows stored
             JOIN unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[]) AS new ("table", "key", "from", "to")
               ON stored."table" = new."table" AND stored."key" = new."key" AND stored."value" = new."from"
            WHERE ${fence()}
              FOR UPDATE OF stored SKIP LOCKED
         ), put AS (
           UPDATE ${schema}.node_rows AS target SET "value" = stored."to" FROM stored
            WHERE target."table" = stored."table" AND target."key" = stored."key"
           RETURNING 1
         ), stored_events AS (
           SELECT stored."sequence", new."to" FROM ${schema}.node_events stored
             JOIN unnest($5::bigint[], $6::bytea[], $7::bytea[]) AS new ("sequence", "from", "to")
               ON stored."sequence" = new."sequence" AND stored."value" = new."from"
            WHERE ${fence()}
              FOR UPDATE OF stored SKIP LOCKED
         ), put_events AS (
           UPDATE ${schema}.node_events AS target SET "value" = stored_events."to" FROM stored_events
            WHERE target."sequence" = stored_events."sequence"
           RETURNING 1
         )
         SELECT ${fence()} AS writing, (SELECT count(*)::integer FROM put) AS rows,
                (SELECT count(*)::integer FROM put_events) AS events`,
        [
          rows.map((row) => row.table),
          rows.map((row) => row.key),
          rows.map((row) => Buffer.from(row.value)),
          rows.map((row) => Buffer.from(row.to)),
          events.map((event) => event.sequence),
          events.map((event) => Buffer.from(event.value)),
          events.map((event) => Buffer.from(event.to)),
        ],
      );
      const answer = replaced.rows[0];
      if (answer?.writing !== true) throw new WriterFenced("another writer has taken over");
      return answer.rows + answer.events;
    },
    fence,
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
