import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import { WriterFenced } from "../ports/commit-store.ts";
import type { CommitStore, Row, StoredEvent } from "../ports/commit-store.ts";

const schema = `
  CREATE TABLE IF NOT EXISTS node_rows (
    "table" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" BLOB NOT NULL,
    PRIMARY KEY ("table", "key")
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS node_events (
    "sequence" INTEGER PRIMARY KEY,
    "value" BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS node_position (
    "id" INTEGER PRIMARY KEY CHECK ("id" = 1),
    "commit_number" INTEGER NOT NULL,
    "last_sequence" INTEGER NOT NULL,
    "writer" INTEGER NOT NULL
  ) STRICT;
  INSERT INTO node_position VALUES (1, 0, 0, 0) ON CONFLICT DO NOTHING;
`;

/** A store in one SQLite file. Each commit is one transaction, flushed to disk (WAL, `synchronous=FULL`). */
export function sqliteStore(path: string): CommitStore {
  let database: DatabaseSync | undefined;
  let writer = 0;
  const statements = new Map<string, StatementSync>();
  const use = (sql: string): StatementSync => {
    if (database === undefined) throw new Error("the store is not open");
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const transaction = (work: () => void): void => {
    use("BEGIN IMMEDIATE").run();
    try {
      work();
      use("COMMIT").run();
    } catch (error) {
      if (database?.isTransaction === true) use("ROLLBACK").run();
      throw error;
    }
  };
  return {
    kind: "sqlite",
    async open() {
      database ??= openDatabase(path);
      let commitNumber = 0;
      let lastSequence = 0;
      transaction(() => {
        const row = use(
          `UPDATE node_position SET "writer" = "writer" + 1 RETURNING "commit_number" AS c, "last_sequence" AS s, "writer" AS w`,
        ).get();
        commitNumber = integer(row?.["c"]);
        lastSequence = integer(row?.["s"]);
        writer = integer(row?.["w"]);
      });
      return { commitNumber, lastSequence };
    },
    async commit(write) {
      transaction(() => {
        const lastSequence = write.events.at(-1)?.sequence ?? null;
        const moved = use(
          `UPDATE node_position SET "commit_number" = ?1, "last_sequence" = coalesce(?2, "last_sequence")
           WHERE "writer" = ?3 AND "commit_number" = ?1 - 1 AND "last_sequence" + ?4 = coalesce(?2, "last_sequence")`,
        ).run(write.number, lastSequence, writer, write.events.length);
        if (moved.changes !== 1) throw new WriterFenced("another writer has taken over");
        for (const { table, key, value } of write.rows) {
          if (value === undefined) {
            use(`DELETE FROM node_rows WHERE "table" = ? AND "key" = ?`).run(table, key);
          } else {
            use(
              `INSERT INTO node_rows VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "value" = excluded."value"`,
            ).run(table, key, value);
          }
        }
        for (const event of write.events) {
          use("INSERT INTO node_events VALUES (?, ?)").run(event.sequence, event.value);
        }
        if (write.forgetEventsThrough !== undefined) {
          use(`DELETE FROM node_events WHERE "sequence" <= ?`).run(write.forgetEventsThrough);
        }
      });
    },
    async read(table, key) {
      const row = use(`SELECT "value" AS v FROM node_rows WHERE "table" = ? AND "key" = ?`).get(
        table,
        key,
      );
      return row === undefined ? undefined : blob(row["v"]);
    },
    async list(table, range = {}) {
      const { prefix = "", after, descending = false, limit = -1 } = range;
      // keys are ASCII: the prefix followed by U+FFFF sorts after all of them
      const low = after !== undefined && !descending && after > prefix ? after : prefix;
      const high = `${prefix}\uffff`;
      const top = after !== undefined && descending && after < high ? after : high;
      const rows = use(
        `SELECT "key" AS k, "value" AS v FROM node_rows
         WHERE "table" = ?1 AND "key" >= ?2 AND "key" < ?3 AND (?4 IS NULL OR "key" <> ?4)
         ORDER BY "key" ${descending ? "DESC" : "ASC"} LIMIT ?5`,
      ).all(table, low, top, after ?? null, limit);
      return rows.map((row): Row => ({ key: text(row["k"]), value: blob(row["v"]) }));
    },
    async events(afterSequence, limit) {
      const rows = use(
        `SELECT "sequence" AS s, "value" AS v FROM node_events WHERE "sequence" > ? ORDER BY 1 LIMIT ?`,
      ).all(afterSequence, limit);
      return rows.map((row): StoredEvent => ({
        sequence: integer(row["s"]),
        value: blob(row["v"]),
      }));
    },
    async close() {
      statements.clear();
      database?.close();
      database = undefined;
    },
  };
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA busy_timeout = 5000");
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec(schema);
  return database;
}

function integer(value: unknown): number {
  if (typeof value !== "number")
    throw new TypeError("the SQLite file is damaged: expected a number");
  return value;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("the SQLite file is damaged: expected text");
  return value;
}

function blob(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array))
    throw new TypeError("the SQLite file is damaged: expected a blob");
  return value;
}
