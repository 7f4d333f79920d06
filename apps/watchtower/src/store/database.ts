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
  CREATE TABLE IF NOT EXISTS appointments (
    "id" INTEGER PRIMARY KEY,
    "key" TEXT NOT NULL REFERENCES wallets,
    "channel" BLOB NOT NULL,
    "locator" BLOB NOT NULL,
    "blob" BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS appointments_by_locator ON appointments ("locator", "key");
  CREATE INDEX IF NOT EXISTS appointments_by_channel ON appointments ("key", "channel");
  CREATE TABLE IF NOT EXISTS appointment_usage (
    "key" TEXT PRIMARY KEY REFERENCES wallets,
    "appointments" INTEGER NOT NULL,
    "bytes" INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS closed_channels (
    "key" TEXT NOT NULL REFERENCES wallets,
    "channel" BLOB NOT NULL,
    "height" INTEGER NOT NULL,
    PRIMARY KEY ("key", "channel")
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS closed_channels_by_height ON closed_channels ("height");
  CREATE TABLE IF NOT EXISTS blocks (
    "height" INTEGER PRIMARY KEY,
    "hash" TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS breaches (
    "id" INTEGER PRIMARY KEY,
    "appointment" INTEGER NOT NULL UNIQUE,
    "txid" TEXT NOT NULL,
    "output" INTEGER NOT NULL,
    "found_height" INTEGER NOT NULL,
    "deadline_blocks" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "position_height" INTEGER NOT NULL,
    "ended_height" INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS justice_transactions (
    "txid" TEXT PRIMARY KEY,
    "breach" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "fee_rate" INTEGER NOT NULL,
    "bytes" BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS justice_transactions_by_breach ON justice_transactions ("breach");
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
