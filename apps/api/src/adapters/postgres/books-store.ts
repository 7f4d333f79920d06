import type { Database } from "@satsconnect/postgres";
import type {
  BalanceRequests,
  Comparison,
  ComparisonStore,
} from "../../app/reconciliation/ports.ts";
import { jsonbText } from "./jsonb.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Requests for M-Pesa's balances, and their answers, in Postgres. */
export function createBalanceRequests(database: Database): BalanceRequests {
  return {
    share: async (newId, shortcode, maxAgeMs) => {
      const { rows } = await database.query<{ id: string }>(
        "SELECT share_balance_request($1, $2, $3 * interval '1 millisecond') AS id",
        [newId, shortcode, maxAgeMs],
      );
      return rows[0]?.id ?? newId;
    },
    answer: async (requestId, accounts) => {
      if (!uuid.test(requestId)) return;
      const texts = Object.fromEntries(
        [...accounts].map(([name, cents]) => [name, String(cents)] as const),
      );
      await database.query(
        `UPDATE mpesa_balances SET answered_at = books_clock(), accounts = $2::jsonb
          WHERE request_id = $1 AND answered_at IS NULL`,
        [requestId, jsonbText(texts)],
      );
    },
    find: async (requestId) => {
      const { rows } = await database.query<{ accounts: Record<string, string> | null }>({
        name: "find_mpesa_balances",
        text: "SELECT accounts FROM mpesa_balances WHERE request_id = $1",
        values: [requestId],
      });
      const accounts = rows[0]?.accounts ?? null;
      return accounts === null
        ? null
        : new Map(Object.entries(accounts).map(([name, cents]) => [name, BigInt(cents)]));
    },
  };
}

type StoredComparison = Record<"figure" | "currency" | "ledger" | "actual" | "difference", string>;

export function createComparisonStore(database: Database): ComparisonStore {
  return {
    isDue: async (intervalMs) => {
      const { rowCount } = await database.query(
        `SELECT 1 FROM book_comparisons WHERE at > books_clock() - $1 * interval '1 millisecond' LIMIT 1`,
        [intervalMs],
      );
      return rowCount === 0;
    },
    add: async (comparisons) => {
      const stored = comparisons.map((comparison) => ({
        ...comparison,
        ledger: String(comparison.ledger),
        actual: String(comparison.actual),
        difference: String(comparison.difference),
      }));
      await database.query("INSERT INTO book_comparisons (comparisons) VALUES ($1::jsonb)", [
        jsonbText(stored),
      ]);
    },
    latest: async (limit) => {
      const { rows } = await database.query<{ at: Date; comparisons: StoredComparison[] }>(
        "SELECT at, comparisons FROM book_comparisons ORDER BY id DESC LIMIT $1",
        [limit],
      );
      return rows.map(({ at, comparisons }) => ({
        at: at.getTime(),
        comparisons: comparisons.map(
          ({ figure, currency, ledger, actual, difference }): Comparison => ({
            figure: figure as Comparison["figure"],
            currency: currency as Comparison["currency"],
            ledger: BigInt(ledger),
            actual: BigInt(actual),
            difference: BigInt(difference),
          }),
        ),
      }));
    },
  };
}
