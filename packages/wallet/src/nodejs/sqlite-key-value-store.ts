import { DatabaseSync } from "node:sqlite";
import type { KeyValueStore } from "../storage/key-value-store.ts";

/** A key-value store in one SQLite file. `put` resolves once the value is on disk (`synchronous = FULL`). */
export function sqliteKeyValueStore(file: string): KeyValueStore & { readonly close: () => void } {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000");
  database.exec(
    "CREATE TABLE IF NOT EXISTS note (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
  );
  const get = database.prepare("SELECT value FROM note WHERE key = ?");
  const put = database.prepare(
    "INSERT INTO note (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  );
  const remove = database.prepare("DELETE FROM note WHERE key = ?");
  const list = database.prepare(
    "SELECT key, value FROM note WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key",
  );
  return {
    get: async (key) => {
      const row = get.get(key);
      return row === undefined ? undefined : String(row["value"]);
    },
    put: async (key, value) => {
      put.run(key, value);
    },
    delete: async (key) => {
      remove.run(key);
    },
    list: async (prefix) =>
      list.all(prefix).map((row) => ({ key: String(row["key"]), value: String(row["value"]) })),
    close: () => {
      database.close();
    },
  };
}
