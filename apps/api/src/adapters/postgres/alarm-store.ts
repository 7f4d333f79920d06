import type { Database } from "@satsconnect/postgres";
import type { AlarmStore } from "../../app/alarms/money-checks.ts";

export function createAlarmStore(database: Database): AlarmStore {
  return {
    openCases: async () => {
      const { rows } = await database.query<{ count: bigint; oldest: Date | null }>(
        `SELECT count(*) AS count, min(opened_at) AS oldest
           FROM (SELECT opened_at FROM cases WHERE resolved_at IS NULL
                 UNION ALL SELECT opened_at FROM book_cases WHERE resolved_at IS NULL
                 ORDER BY opened_at LIMIT 1000) c`,
      );
      return {
        count: Number(rows[0]?.count ?? 0n),
        oldestAt: rows[0]?.oldest?.getTime() ?? null,
      };
    },
    paidOutSince: async (since) => {
      const { rows } = await database.query<{ cents: string }>(
        `SELECT coalesce(sum(amount_kes_cents), 0)::text AS cents FROM orders
          WHERE kind = 'sell' AND state = 'claimed' AND created_at >= $1`,
        [new Date(since)],
      );
      return BigInt(rows[0]?.cents ?? "0");
    },
    floatCents: async () => {
      const { rows } = await database.query<{ cents: string }>(
        "SELECT ledger_balance('mpesa_available')::text AS cents",
      );
      return BigInt(rows[0]?.cents ?? "0");
    },
    railFaults: async () => {
      const { rows } = await database.query<{ code: string; since: Date }>(
        "SELECT code, since FROM rail_faults ORDER BY since",
      );
      return rows.map(({ code, since }) => ({ code, since: since.getTime() }));
    },
    addRailFault: async (code, at) => {
      await database.query(
        `INSERT INTO rail_faults (code, since, last_at) VALUES ($1, $2, $2)
         ON CONFLICT (code) DO UPDATE SET last_at = excluded.last_at`,
        [code, new Date(at)],
      );
    },
    clearRailFaults: async () => {
      await database.query("DELETE FROM rail_faults");
    },
  };
}
