import type { Database } from "@satsconnect/postgres";
import type { BooksCounts, CountStore, FigureStore } from "../../app/books/ports.ts";
import { feeKinds } from "../../domain/books/figures.ts";
import type { DayFigures, FeeKind } from "../../domain/books/figures.ts";

type MovementRow = { day: string; account: string; amount: string };
type FeeRow = { day: string; code: string; cents: string };

/** Figures of the operator's income, from the ledger and the fee lines of orders. */
export function createFigureStore(database: Database): FigureStore {
  return {
    days: async (from, to) => {
      const { rows: movements } = await database.query<MovementRow>(
        `SELECT j.day::text AS day, e.account, sum(e.amount) AS amount
           FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id
          WHERE j.day BETWEEN $1::date AND $2::date GROUP BY j.day, e.account`,
        [from, to],
      );
      const { rows: fees } = await database.query<FeeRow>(feesByKind, [from, to]);
      const days = [...new Set(movements.map(({ day }) => day))].toSorted();
      return days.map((day): DayFigures => {
        const moved = (account: string) =>
          BigInt(
            movements.find((row) => row.day === day && row.account === account)?.amount ?? "0",
          );
        const feeOf = (kind: FeeKind) =>
          BigInt(fees.find((row) => row.day === day && row.code === kind)?.cents ?? "0");
        const quoted = feeKinds.reduce((sum, kind) => sum + feeOf(kind), 0n);
        return {
          day,
          feesKesCents: {
            spread: feeOf("spread"),
            mpesa: feeOf("mpesa"),
            channel_open: feeOf("channel_open"),
            routing: feeOf("routing"),
            // Whatever the ledger has beyond the quoted lines, so that the kinds sum up to the ledger's income.
            other: 0n - moved("fees_kes") - quoted,
          },
          mpesaFeesKesCents: moved("mpesa_fees"),
          lossesKesCents: moved("write_offs_kes"),
          taxesPaidKesCents: moved("taxes_kes"),
          routingFeesMsat: moved("routing_fees"),
          nodeIncomeMsat: 0n - moved("node_income"),
          nodeExpensesMsat: moved("node_expenses"),
          overpaymentsMsat: 0n - moved("overpayments"),
          lossesMsat: moved("write_offs_msat"),
        };
      });
    },
    taxRates: async () => {
      const { rows } = await database.query<{
        kind: string;
        effective_from: string;
        parts_per_million: bigint;
        source: string;
      }>(
        "SELECT kind, effective_from::text, parts_per_million, source FROM tax_rates ORDER BY kind, effective_from",
      );
      return rows.map((row) => ({
        kind: row.kind,
        effectiveFrom: row.effective_from,
        partsPerMillion: row.parts_per_million,
        source: row.source,
      }));
    },
  };
}

/** The fee lines of the orders whose fees were booked as quoted, by day. */
const feesByKind = `
  WITH earned AS (
    SELECT j.day, o.body #> '{terms,fees}' AS fees, -sum(e.amount) AS cents
      FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id AND e.account = 'fees_kes'
      JOIN orders o ON o.id = j.order_id
     WHERE j.day BETWEEN $1::date AND $2::date GROUP BY j.id, j.day, o.id
  )
  SELECT d.day::text AS day, f ->> 'code' AS code, sum((f #>> '{amountKesCents,bigint}')::bigint) AS cents
    FROM earned d, jsonb_array_elements(d.fees) f
   WHERE d.cents = (SELECT sum((l #>> '{amountKesCents,bigint}')::bigint) FROM jsonb_array_elements(d.fees) l)
   GROUP BY d.day, f ->> 'code'`;

type CountRow = {
  open_cases: number;
  waiting: number;
  unmatched: number;
  last_closed: string | null;
  today: string;
};

/** Counts of what is open in the books. */
export function createCountStore(database: Database): CountStore {
  return {
    counts: async () => {
      const { rows } = await database.query<CountRow>(
        `SELECT (SELECT count(*)::integer FROM book_cases WHERE resolved_at IS NULL) AS open_cases,
                (SELECT count(*)::integer FROM statement_lines WHERE state = 'new') AS waiting,
                (SELECT count(*)::integer FROM statement_lines WHERE state = 'unmatched') AS unmatched,
                (SELECT max(day)::text FROM daily_closes) AS last_closed,
                nairobi_day(books_clock())::text AS today`,
      );
      const { rows: cursors } = await database.query<{
        pulled_until: Date | null;
        failure: string | null;
      }>("SELECT pulled_until, failure FROM pull_cursors ORDER BY shortcode LIMIT 1");
      const { rows: gaps } = await database.query<{
        shortcode: string;
        from_at: Date;
        to_at: Date;
      }>("SELECT shortcode, from_at, to_at FROM pull_gaps ORDER BY from_at DESC LIMIT 20");
      const [row, cursor] = [rows[0], cursors[0]];
      return {
        openCases: row?.open_cases ?? 0,
        waitingLines: row?.waiting ?? 0,
        unmatchedLines: row?.unmatched ?? 0,
        lastClosedDay: row?.last_closed ?? null,
        today: row?.today ?? "",
        pull:
          cursor === undefined
            ? null
            : { pulledUntil: cursor.pulled_until?.getTime() ?? null, failure: cursor.failure },
        pullGaps: gaps.map(({ shortcode, from_at, to_at }) => ({
          shortcode,
          from: from_at.getTime(),
          to: to_at.getTime(),
        })),
      } satisfies BooksCounts;
    },
  };
}
