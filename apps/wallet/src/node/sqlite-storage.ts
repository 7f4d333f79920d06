import { WriterFenced } from "@satsconnect/lightning/store";
import type { CommitStore, Row, StoredEvent } from "@satsconnect/lightning/store";
import type { KeyValueStore } from "@satsconnect/wallet/host";

type SqlValue = string | number | Uint8Array | null;

/** The part of SQLite that wallet storage needs. Statements run one after another on one connection. */
export interface Sql {
  exec(text: string): Promise<void>;
  /** Resolves with the number of changed rows. */
  run(text: string, values: readonly SqlValue[]): Promise<number>;
  all(
    text: string,
    values: readonly SqlValue[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

/** One wallet's storage on this phone. */
export type SqliteStorage = {
  readonly store: () => CommitStore;
  readonly keyValueStore: KeyValueStore;
  readonly close: () => Promise<void>;
};

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS node_rows (
    "table" TEXT NOT NULL, "key" TEXT NOT NULL, "value" BLOB NOT NULL, PRIMARY KEY ("table", "key")
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS node_events ("sequence" INTEGER PRIMARY KEY, "value" BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS node_position (
    "id" INTEGER PRIMARY KEY CHECK ("id" = 1),
    "commit_number" INTEGER NOT NULL, "last_sequence" INTEGER NOT NULL, "writer" INTEGER NOT NULL
  );
  INSERT OR IGNORE INTO node_position VALUES (1, 0, 0, 0);
  CREATE TABLE IF NOT EXISTS notes ("key" TEXT PRIMARY KEY, "value" TEXT NOT NULL) WITHOUT ROWID;
`;
/** Appended to a prefix, sorts after every key with that prefix. Keys are ASCII. */
const beyond = "\uffff";

/** Opens wallet storage in a SQLite file. Each commit is one transaction, flushed to disk (`synchronous = FULL`). */
export async function openSqliteStorage(sql: Sql): Promise<SqliteStorage> {
  await sql.exec(schema);
  const enqueue = workQueue();
  const transaction = <Value>(work: () => Promise<Value>): Promise<Value> =>
    enqueue(async () => {
      await sql.exec("BEGIN IMMEDIATE");
      try {
        const value = await work();
        await sql.exec("COMMIT");
        return value;
      } catch (error) {
        // a failed COMMIT may already have ended the transaction
        await sql.exec("ROLLBACK").catch(() => undefined);
        throw error;
      }
    });
  return {
    store: () => sqlStore(sql, enqueue, transaction),
    keyValueStore: sqlKeyValueStore(sql, enqueue),
    close: () => enqueue(() => sql.close()),
  };
}

type Enqueue = <Value>(work: () => Promise<Value>) => Promise<Value>;

/** A queue that runs one piece of work at a time, so that no statement runs inside another caller's transaction. */
function workQueue(): Enqueue {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}

function sqlStore(sql: Sql, enqueue: Enqueue, transaction: Enqueue): CommitStore {
  let writer: number | undefined;
  const mustBeOpen = (): number => {
    if (writer === undefined) throw new Error("The store is not open");
    return writer;
  };
  return {
    kind: "sqlite",
    open: () =>
      transaction(async () => {
        await sql.run(`UPDATE node_position SET "writer" = "writer" + 1`, []);
        const [row] = await sql.all("SELECT * FROM node_position", []);
        writer = integer(row?.["writer"]);
        return {
          commitNumber: integer(row?.["commit_number"]),
          lastSequence: integer(row?.["last_sequence"]),
        };
      }),
    async commit(write) {
      const ownWriter = mustBeOpen();
      await transaction(async () => {
        const lastSequence = write.events.at(-1)?.sequence ?? null;
        const moved = await sql.run(
          `UPDATE node_position SET "commit_number" = ?1, "last_sequence" = coalesce(?2, "last_sequence")
           WHERE "writer" = ?3 AND "commit_number" = ?1 - 1 AND "last_sequence" + ?4 = coalesce(?2, "last_sequence")`,
          [write.number, lastSequence, ownWriter, write.events.length],
        );
        if (moved !== 1) throw new WriterFenced("Another writer has opened the store");
        for (const { table, key, value } of write.rows) {
          if (value === undefined)
            await sql.run(`DELETE FROM node_rows WHERE "table" = ? AND "key" = ?`, [table, key]);
          else
            await sql.run("INSERT OR REPLACE INTO node_rows VALUES (?, ?, ?)", [table, key, value]);
        }
        for (const { sequence, value } of write.events)
          await sql.run("INSERT INTO node_events VALUES (?, ?)", [sequence, value]);
        if (write.forgetEventsThrough !== undefined)
          await sql.run(`DELETE FROM node_events WHERE "sequence" <= ?`, [
            write.forgetEventsThrough,
          ]);
      });
    },
    read: (table, key) =>
      enqueue(async () => {
        mustBeOpen();
        const [row] = await sql.all(
          `SELECT "value" FROM node_rows WHERE "table" = ? AND "key" = ?`,
          [table, key],
        );
        return row === undefined ? undefined : blob(row["value"]);
      }),
    list: (table, range = {}) =>
      enqueue(async () => {
        mustBeOpen();
        const { prefix = "", after, descending = false, limit = -1 } = range;
        const low = after !== undefined && !descending && after > prefix ? after : prefix;
        const high = prefix + beyond;
        const top = after !== undefined && descending && after < high ? after : high;
        const rows = await sql.all(
          `SELECT "key", "value" FROM node_rows
           WHERE "table" = ?1 AND "key" >= ?2 AND "key" < ?3 AND (?4 IS NULL OR "key" <> ?4)
           ORDER BY "key" ${descending ? "DESC" : "ASC"} LIMIT ?5`,
          [table, low, top, after ?? null, limit],
        );
        return rows.map((row): Row => ({ key: text(row["key"]), value: blob(row["value"]) }));
      }),
    events: (afterSequence, limit) =>
      enqueue(async () => {
        mustBeOpen();
        const rows = await sql.all(
          `SELECT "sequence", "value" FROM node_events WHERE "sequence" > ? ORDER BY 1 LIMIT ?`,
          [afterSequence, limit],
        );
        return rows.map((row): StoredEvent => ({
          sequence: integer(row["sequence"]),
          value: blob(row["value"]),
        }));
      }),
    async close() {
      writer = undefined;
    },
  };
}

function sqlKeyValueStore(sql: Sql, enqueue: Enqueue): KeyValueStore {
  return {
    get: (key) =>
      enqueue(async () => {
        const [row] = await sql.all(`SELECT "value" FROM notes WHERE "key" = ?`, [key]);
        return row === undefined ? undefined : text(row["value"]);
      }),
    put: (key, value) =>
      enqueue(async () => {
        await sql.run("INSERT OR REPLACE INTO notes VALUES (?, ?)", [key, value]);
      }),
    delete: (key) =>
      enqueue(async () => {
        await sql.run(`DELETE FROM notes WHERE "key" = ?`, [key]);
      }),
    list: (prefix) =>
      enqueue(async () => {
        const rows = await sql.all(
          `SELECT "key", "value" FROM notes WHERE "key" >= ? AND "key" < ? ORDER BY "key"`,
          [prefix, prefix + beyond],
        );
        return rows.map((row) => ({ key: text(row["key"]), value: text(row["value"]) }));
      }),
  };
}

function integer(value: unknown): number {
  if (typeof value !== "number")
    throw new TypeError("The wallet's file is damaged: expected a number");
  return value;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("The wallet's file is damaged: expected text");
  return value;
}

function blob(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array))
    throw new TypeError("The wallet's file is damaged: expected bytes");
  return value;
}
