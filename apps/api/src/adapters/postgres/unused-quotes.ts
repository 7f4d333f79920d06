import type { Database } from "@satsconnect/postgres";

/** Rows that one statement deletes, so that none holds its locks for long. */
const batch = 1_000;

/** Deletes quotes that no order used and that expired before a time. Returns how many. */
export async function deleteUnusedQuotes(
  database: Database,
  expiredBefore: number,
): Promise<number> {
  for (let deleted = 0; ;) {
    const { rowCount } = await database.query(
      `DELETE FROM quotes WHERE order_id IS NULL AND id IN (
         SELECT id FROM quotes WHERE order_id IS NULL AND expires_at < $1
          ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [new Date(expiredBefore), batch],
    );
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < batch) return deleted;
  }
}
