import type { HeadPutAnswer, TowerHead } from "@satsconnect/contracts/watchtower";
import type { Database } from "./database.ts";

/** The newest head of each wallet's backup. */
export type Heads = {
  readonly get: (key: string) => TowerHead | null;
  /** Replaces a head by a newer one only. Repeating the last one is accepted. */
  readonly put: (key: string, head: TowerHead, now: number) => HeadPutAnswer;
};

export function openHeads({ use }: Database): Heads {
  const get = (key: string): TowerHead | null => {
    const row = use(`SELECT "counter", "sealed" FROM heads WHERE "key" = ?`).get(key);
    return row === undefined
      ? null
      : { counter: Number(row["counter"]), sealed: String(row["sealed"]) };
  };
  return {
    get,
    put(key, head, now) {
      const stored = get(key);
      if (stored !== null && stored.counter >= head.counter) {
        const accepted = stored.counter === head.counter && stored.sealed === head.sealed;
        return { accepted, head: stored };
      }
      use(
        `INSERT INTO heads VALUES (?, ?, ?, ?) ON CONFLICT ("key") DO UPDATE
         SET "counter" = excluded."counter", "sealed" = excluded."sealed", "stored_at" = excluded."stored_at"`,
      ).run(key, head.counter, head.sealed, now);
      return { accepted: true, head };
    },
  };
}
