import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, StatementSync } from "node:sqlite";
import { migrations } from "./schema.ts";
import type { Row } from "./rows.ts";

/** A value that SQLite stores. Money is passed as bigint. */
export type Value = SQLInputValue;

/**
 * The simulator's durable state. All calls are synchronous, so transactions never interleave. Integers are read as
 * numbers; node:sqlite throws for integers beyond 2^53 instead of rounding them.
 */
export class Database {
  readonly #sqlite: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;

  constructor(file: string) {
    this.#sqlite = new DatabaseSync(file, { enableForeignKeyConstraints: true });
    this.#sqlite.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    this.#migrate();
  }

  run(sql: string, ...values: readonly Value[]): { readonly changes: number; readonly id: number } {
    const { changes, lastInsertRowid } = this.#prepare(sql).run(...values);
    return { changes: Number(changes), id: Number(lastInsertRowid) };
  }

  get(sql: string, ...values: readonly Value[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  all(sql: string, ...values: readonly Value[]): readonly Row[] {
    return this.#prepare(sql).all(...values);
  }

  /** Runs `work` in a transaction. Nested calls join the outer transaction. */
  transaction<Result>(work: () => Result): Result {
    if (this.#depth > 0) return work();
    this.#sqlite.exec("BEGIN IMMEDIATE");
    this.#depth += 1;
    try {
      const result = work();
      this.#sqlite.exec("COMMIT");
      return result;
    } catch (error) {
      this.#sqlite.exec("ROLLBACK");
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  close(): void {
    this.#sqlite.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#sqlite.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #migrate(): void {
    const done = Number(this.get("PRAGMA user_version")?.["user_version"] ?? 0);
    if (done > migrations.length) {
      throw new Error(
        `The state has schema version ${done}, newer than this simulator's ${migrations.length}. Use a newer simulator or another STATE_DIR.`,
      );
    }
    for (const [index, sql] of migrations.entries()) {
      if (index < done) continue;
      this.transaction(() => {
        this.#sqlite.exec(sql);
        this.#sqlite.exec(`PRAGMA user_version = ${index + 1}`);
      });
    }
  }
}
