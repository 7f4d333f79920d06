import type { Database } from "@satsconnect/postgres";
import type { PullCursors } from "../../app/books/ports.ts";

type Row = {
  now: Date;
  registered_at: Date | null;
  pulled_until: Date | null;
  wide_at: Date | null;
};

/** How far Pull Transactions was read, in Postgres, by the database's clock. */
export function createPullCursors(database: Database): PullCursors {
  return {
    lease: async (shortcode, leaseMs) => {
      const { rows } = await database.query<Row>(
        `INSERT INTO pull_cursors AS c (shortcode, lease_until)
           VALUES ($1, books_clock() + $2 * interval '1 millisecond')
         ON CONFLICT (shortcode) DO UPDATE SET lease_until = excluded.lease_until
           WHERE c.lease_until IS NULL OR c.lease_until <= books_clock()
         RETURNING books_clock() AS now, registered_at, pulled_until, wide_at`,
        [shortcode, leaseMs],
      );
      const row = rows[0];
      return row === undefined
        ? null
        : {
            now: row.now.getTime(),
            isRegistered: row.registered_at !== null,
            pulledUntil: row.pulled_until?.getTime() ?? null,
            wideAt: row.wide_at?.getTime() ?? null,
          };
    },
    setRegistered: async (shortcode) => {
      await database.query(
        "UPDATE pull_cursors SET registered_at = books_clock() WHERE shortcode = $1",
        [shortcode],
      );
    },
    advance: async (shortcode, { pulledUntil, wideAt, gap }) => {
      await database.query(
        `WITH moved AS (
           UPDATE pull_cursors SET pulled_until = $2, wide_at = coalesce($3, wide_at), lease_until = NULL, failure = NULL
             WHERE shortcode = $1)
         INSERT INTO pull_gaps (shortcode, from_at, to_at)
           SELECT $1, $4::timestamptz, $5::timestamptz WHERE $4 IS NOT NULL ON CONFLICT DO NOTHING`,
        [
          shortcode,
          new Date(pulledUntil),
          wideAt === null ? null : new Date(wideAt),
          gap === null ? null : new Date(gap[0]),
          gap === null ? null : new Date(gap[1]),
        ],
      );
    },
    fail: async (shortcode, code) => {
      await database.query(
        "UPDATE pull_cursors SET failure = $2, lease_until = NULL WHERE shortcode = $1",
        [shortcode, code],
      );
    },
  };
}
