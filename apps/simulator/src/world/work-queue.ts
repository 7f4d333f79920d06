import type { Database } from "../store/database.ts";
import { integer, text, word } from "../store/rows.ts";

/** Kinds of scheduled work. It is stored in the database, so it survives a restart. */
const workKinds = [
  "stk_prompt",
  "stk_answer",
  "stk_expire",
  "stk_late_payment",
  "payout_execute",
  "payout_queue_timeout",
  "inquiry_answer",
  "deliver",
] as const;
export type WorkKind = (typeof workKinds)[number];

export type Work = { readonly id: number; readonly kind: WorkKind; readonly subject: string };

export class WorkQueue {
  readonly #database: Database;
  #wake: () => void = () => {};

  constructor(database: Database) {
    this.#database = database;
  }

  /** Sets the callback for added work, so that the runner can adjust its timer. */
  onAdded(wake: () => void): void {
    this.#wake = wake;
  }

  /** Schedules work as part of the caller's transaction. */
  add(dueAt: number, kind: WorkKind, subject: string): void {
    this.#database.run(
      "INSERT INTO work (due_at, kind, subject) VALUES (?, ?, ?)",
      dueAt,
      kind,
      subject,
    );
    this.#wake();
  }

  /** The next work that is due, by due time and then by insertion. */
  nextDue(now: number): Work | undefined {
    const row = this.#database.get(
      "SELECT id, kind, subject FROM work WHERE due_at <= ? ORDER BY due_at, id LIMIT 1",
      now,
    );
    if (row === undefined) return undefined;
    return {
      id: integer(row, "id"),
      kind: word(row, "kind", workKinds),
      subject: text(row, "subject"),
    };
  }

  nextDueAt(): number | undefined {
    const row = this.#database.get("SELECT due_at FROM work ORDER BY due_at, id LIMIT 1");
    return row === undefined ? undefined : integer(row, "due_at");
  }

  remove(id: number): void {
    this.#database.run("DELETE FROM work WHERE id = ?", id);
  }
}
