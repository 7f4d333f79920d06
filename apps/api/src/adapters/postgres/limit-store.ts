import type { Database } from "@satsconnect/postgres";
import type { OrderStore } from "../../app/orders/ports.ts";
import type { LimitCode } from "../../domain/trade-limits.ts";

type LimitRow = {
  code: string;
  tier: string;
  reason: string;
  max_amount: bigint | null;
  used_amount: bigint | null;
  max_count: number | null;
  used_count: number | null;
};

/** The state that admits an order besides its quote: limits, the float, and proven numbers. */
export function createLimitStore(
  database: Database,
): Pick<
  OrderStore,
  "limits" | "availableFloat" | "knownRecipientName" | "promptReferences" | "proveNumber"
> {
  return {
    limits: async ({ walletId, deviceId, msisdn, kind, at, railDailyMax, countFactor = 1 }) => {
      const { rows } = await database.query<LimitRow>(
        `SELECT l.*, t.reason FROM order_limits($1, $2, $3, $4, 'KES', $5, $6, $7) WITH ORDINALITY
           AS l (code, tier, max_amount, used_amount, max_count, used_count, place)
           JOIN limit_tiers t ON t.name = l.tier ORDER BY l.place`,
        [walletId, deviceId, msisdn, kind, new Date(at), railDailyMax, countFactor],
      );
      return rows.map((row) => ({
        code: row.code as LimitCode,
        tier: row.tier,
        reason: row.reason,
        amount:
          row.max_amount === null ? null : { max: row.max_amount, used: row.used_amount ?? 0n },
        count: row.max_count === null ? null : { max: row.max_count, used: row.used_count ?? 0 },
      }));
    },

    availableFloat: async () => {
      const { rows } = await database.query<{ balance: string }>(
        "SELECT ledger_balance('mpesa_available')::text AS balance",
      );
      return BigInt(rows[0]?.balance ?? "0");
    },

    knownRecipientName: async (walletId, msisdn, since) => {
      const { rows } = await database.query<{ name: string | null }>(
        `SELECT body #>> '{terms,recipientName}' AS name FROM quotes
          WHERE wallet_id = $1 AND kind = 'sell' AND body ->> 'msisdn' = $2 AND created_at >= $3
          ORDER BY created_at DESC LIMIT 1`,
        [walletId, msisdn, new Date(since)],
      );
      return rows[0]?.name;
    },

    promptReferences: async (walletId, msisdn, since) => {
      const { rows } = await database.query<{ reference: string }>(
        `SELECT body #>> '{prompt,accountReference}' AS reference FROM orders
          WHERE wallet_id = $1 AND msisdn = $2 AND kind = 'buy' AND created_at >= $3`,
        [walletId, msisdn, new Date(since)],
      );
      return rows.map(({ reference }) => reference);
    },

    proveNumber: async (walletId, msisdn, at) => {
      await database.query(
        "INSERT INTO wallet_numbers (wallet_id, msisdn, proven_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [walletId, msisdn, new Date(at)],
      );
    },
  };
}
