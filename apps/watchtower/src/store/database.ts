import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";

const schema = `
  CREATE TABLE IF NOT EXISTS wallets (
    "key" TEXT PRIMARY KEY,
    "last_sequence" INTEGER NOT NULL,
    "created_at" INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS heads (
    "key" TEXT PRIMARY KEY REFERENCES wallets,
    "counter" INTEGER NOT NULL,
    "sealed" TEXT NOT NULL,
    "stored_at" INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** One SQLite file. What a transaction has written is on disk when it returns (WAL, `synchronous = FULL`). */
export type Database = {
  /** A prepared statement, kept for the next use of the same text. */
  readonly use: (sql: string) => StatementSync;
  /** Runs everything or nothing. Transactions do not nest. */
  readonly transaction: <Value>(work: () => Value) => Value;
  readonly close: () => void;
};

/** @param file a path, or `:memory:` for tests */
export function openDatabase(file: string): Database {
  const database = new DatabaseSync(file);
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000",
  );
  database.exec(schema);
  const statements = new Map<string, StatementSync>();
  const use = (sql: string): StatementSync => {
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    use,
    transaction(work) {
      use("BEGIN IMMEDIATE").run();
      try {
        const value = work();
        use("COMMIT").run();
        return value;
      } catch (error) {
        if (database.isTransaction) use("ROLLBACK").run();
        throw error;
      }
    },
    close: () => {
      database.close();
    },
  };
}
