import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Database } from "./database.ts";

/** The wallets that use this watchtower, each known only by its key, and the last request of each. */
export type Wallets = {
  readonly has: (key: string) => boolean;
  /** Kept in memory: counting the rows takes longer the more there are. */
  readonly count: () => number;
  /**
   * Registers the wallet if it is new, and records that the sequence is used. Errors: `tower_sequence_used`, with the
   * highest sequence of this key so far.
   */
  readonly useSequence: (
    key: string,
    sequence: number,
    now: number,
  ) => Result<void, "tower_sequence_used"> & { readonly lastSequence?: number };
};

export function openWallets(database: Database): Wallets {
  const { use } = database;
  let count = Number(use(`SELECT count(*) AS n FROM wallets`).get()?.["n"]);
  const lastOf = (key: string): number | undefined => {
    const row = use(`SELECT "last_sequence" AS s FROM wallets WHERE "key" = ?`).get(key);
    return row === undefined ? undefined : Number(row["s"]);
  };
  return {
    has: (key) => lastOf(key) !== undefined,
    count: () => count,
    useSequence(key, sequence, now) {
      const last = lastOf(key);
      if (last !== undefined && sequence <= last) {
        const message = "This request's sequence, or a later one, was used already.";
        return { ...err("tower_sequence_used", message, "safe"), lastSequence: last };
      }
      use(
        `INSERT INTO wallets VALUES (?, ?, ?) ON CONFLICT ("key") DO UPDATE SET "last_sequence" = excluded."last_sequence"`,
      ).run(key, sequence, now);
      if (last === undefined) count += 1;
      return ok(undefined);
    },
  };
}
