import { WriterFenced } from "@satsconnect/lightning/store";
import type { CommitStore, Row, StoredEvent } from "@satsconnect/lightning/store";
import type { KeyValueStore } from "@satsconnect/wallet/host";

type SqlValue = string | number | Uint8Array | null;

/** As much of SQLite as a wallet's place needs. Statements run one after another, on one connection. */
export interface Sql {
  exec(text: string): Promise<void>;
  /** Resolves with the number of rows that changed. */
  run(text: string, values: readonly SqlValue[]): Promise<number>;
  all(
    text: string,
    values: readonly SqlValue[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

/** Everything that this phone keeps of one wallet. */
export type SqliteStorage = {
  readonly store: () => CommitStore;
  readonly notes: KeyValueStore;
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
/** After every key that begins with the text before it; keys are ASCII. */
const beyond = "\uffff";

/** A wallet's place in a SQLite file: each commit is one transaction, flushed to the disk before it counts. */
export async function openSqliteStorage(sql: Sql): Promise<SqliteStorage> {
  await sql.exec(schema);
  const inTurn = turns();
  const transaction = <Value>(work: () => Promise<Value>): Promise<Value> =>
    inTurn(async () => {
      await sql.exec("BEGIN IMMEDIATE");
      try {
        const value = await work();
        await sql.exec("COMMIT");
        return value;
      } catch (error) {
        // a COMMIT that failed may have ended the transaction itself
        await sql.exec("ROLLBACK").catch(() => undefined);
        throw error;
      }
    });
  return {
    store: () => sqlStore(sql, inTurn, transaction),
    notes: sqlNotes(sql, inTurn),
    close: () => inTurn(() => sql.close()),
  };
}

type InTurn = <Value>(work: () => Promise<Value>) => Promise<Value>;

/** One at a time: a statement of one must not come into the transaction of another. */
function turns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}

function sqlStore(sql: Sql, inTurn: InTurn, transaction: InTurn): CommitStore {
  let writer: number | undefined;
  const mustBeOpen = (): number => {
    if (writer === undefined) throw new Error("the store is not open");
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
      const own = mustBeOpen();
      await transaction(async () => {
        const lastSequence = write.events.at(-1)?.sequence ?? null;
        const moved = await sql.run(
          `UPDATE node_position SET "commit_number" = ?1, "last_sequence" = coalesce(?2, "last_sequence")
           WHERE "writer" = ?3 AND "commit_number" = ?1 - 1 AND "last_sequence" + ?4 = coalesce(?2, "last_sequence")`,
          [write.number, lastSequence, own, write.events.length],
        );
        if (moved !== 1) throw new WriterFenced("another writer has taken over");
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
      inTurn(async () => {
        mustBeOpen();
        const [row] = await sql.all(
          `SELECT "value" FROM node_rows WHERE "table" = ? AND "key" = ?`,
          [table, key],
        );
        return row === undefined ? undefined : blob(row["value"]);
      }),
    list: (table, range = {}) =>
      inTurn(async () => {
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
      inTurn(async () => {
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

function sqlNotes(sql: Sql, inTurn: InTurn): KeyValueStore {
  return {
    get: (key) =>
      inTurn(async () => {
        const [row] = await sql.all(`SELECT "value" FROM notes WHERE "key" = ?`, [key]);
        return row === undefined ? undefined : text(row["value"]);
      }),
    put: (key, value) =>
      inTurn(async () => {
        await sql.run("INSERT OR REPLACE INTO notes VALUES (?, ?)", [key, value]);
      }),
    delete: (key) =>
      inTurn(async () => {
        await sql.run(`DELETE FROM notes WHERE "key" = ?`, [key]);
      }),
    list: (prefix) =>
      inTurn(async () => {
        const rows = await sql.all(
          `SELECT "key", "value" FROM notes WHERE "key" >= ? AND "key" < ? ORDER BY "key"`,
          [prefix, prefix + beyond],
        );
        return rows.map((row) => ({ key: text(row["key"]), value: text(row["value"]) }));
      }),
  };
}

function integer(value: unknown): number {
  if (typeof value !== "number") throw new TypeError("the wallet's file is damaged: no number");
  return value;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("the wallet's file is damaged: no text");
  return value;
}

function blob(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError("the wallet's file is damaged: no bytes");
  return value;
}
