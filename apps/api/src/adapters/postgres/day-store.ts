import { err, ok } from "@satsconnect/money";
import { inTransaction } from "@satsconnect/postgres";
import type { Database, Queryable } from "@satsconnect/postgres";
import type { ClosedDay, DayStore, StatementKey } from "../../app/books/ports.ts";
import type { DayFindings, TrialLine } from "../../domain/books/day.ts";
import { jsonbText } from "./jsonb.ts";

/** SQLSTATE lock_not_available: another transaction writes journals for longer than we wait. */
const lockTimeout = "55P03";

/** Closed days in Postgres, append-only. */
export function createDayStore(database: Database): DayStore {
  return {
    preview: (day, accounts) =>
      inTransaction(database, async (transaction) => {
        const last = await lastClose(transaction);
        const isClosed = last !== null && day <= last.day;
        if (isClosed) {
          const { rows } = await transaction.query<CloseRow>(
            `${selectCloses} WHERE day = $1::date`,
            [day],
          );
          if (rows[0] !== undefined) return readClose(rows[0]);
        }
        const trialBalance = await trialBalanceOf(transaction, isClosed ? null : last, day);
        return {
          trialBalance,
          findings: await findingsOf(transaction, day, accounts, trialBalance),
        };
      }),

    close: async ({ day, operator, reason }, accounts, decide) => {
      try {
        return await inTransaction(database, async (transaction) => {
          await transaction.query("SET LOCAL lock_timeout = '5s'");
          // Writers of journals that began are done, and later ones see that the day is closed.
          await transaction.query("LOCK TABLE ledger_journals IN SHARE ROW EXCLUSIVE MODE");
          const { rows: days } = await transaction.query<{ today: string; next: string | null }>(
            `SELECT nairobi_day(books_clock())::text AS today, (SELECT (max(day) + 1)::text FROM daily_closes) AS next`,
          );
          const { today = "", next = null } = days[0] ?? {};
          if (day >= today) return err("day_not_over", `${day} is not over in Nairobi.`, "never");
          if (next !== null && day < next)
            return err("day_closed", `${day} is closed already.`, "never");
          if (next !== null && day > next)
            return err("day_out_of_order", `Close ${next} first.`, "never");
          const last = await lastClose(transaction);
          const trialBalance = await trialBalanceOf(transaction, last, day);
          const findings = await findingsOf(transaction, day, accounts, trialBalance);
          const decided = decide(trialBalance, findings);
          if (!decided.ok) return decided;
          const { rows } = await transaction.query<CloseRow>(
            `INSERT INTO daily_closes (day, operator, reason, trial_balance, findings)
               VALUES ($1::date, $2, $3, $4::jsonb, $5::jsonb)
             RETURNING day::text, closed_at, operator, reason, trial_balance, findings`,
            [day, operator, reason, jsonbText(textsOf(trialBalance)), jsonbText(textsOf(findings))],
          );
          const [closed] = rows;
          if (closed === undefined) throw new Error(`The close of ${day} was not stored`);
          return ok(readClose(closed));
        });
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === lockTimeout) {
          return err(
            "day_close_busy",
            "Journals are being written without a pause. Try again in a moment.",
            "safe",
          );
        }
        throw error;
      }
    },

    list: async (limit) => {
      const { rows } = await database.query<CloseRow>(
        `${selectCloses} ORDER BY daily_closes.day DESC LIMIT $1`,
        [limit],
      );
      return rows.map(readClose);
    },
  };
}

type CloseRow = {
  day: string;
  closed_at: Date;
  operator: string;
  reason: string | null;
  trial_balance: unknown;
  findings: unknown;
};
const selectCloses =
  "SELECT day::text, closed_at, operator, reason, trial_balance, findings FROM daily_closes";

async function lastClose(transaction: Queryable): Promise<ClosedDay | null> {
  const { rows } = await transaction.query<CloseRow>(
    `${selectCloses} ORDER BY daily_closes.day DESC LIMIT 1`,
  );
  return rows[0] === undefined ? null : readClose(rows[0]);
}

/** Opening balances are the closing ones of the day before; without one, everything before the day is in its movements. */
async function trialBalanceOf(
  transaction: Queryable,
  last: ClosedDay | null,
  day: string,
): Promise<readonly TrialLine[]> {
  const { rows } = await transaction.query<{
    account: TrialLine["account"];
    currency: TrialLine["currency"];
    debits: string;
    credits: string;
  }>(
    `SELECT a.code AS account, a.currency, coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0) AS debits,
            coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0) AS credits
       FROM ledger_accounts a
       LEFT JOIN (ledger_entries e JOIN ledger_journals j ON j.id = e.journal_id
                   AND j.day <= $1::date AND ($2::date IS NULL OR j.day > $2::date)) ON e.account = a.code
      GROUP BY a.code, a.currency ORDER BY a.currency, a.code`,
    [day, last?.day ?? null],
  );
  return rows.map(({ account, currency, ...sums }) => {
    const opening = last?.trialBalance.find((line) => line.account === account)?.closing ?? 0n;
    const [debits, credits] = [BigInt(sums.debits), BigInt(sums.credits)];
    return { account, currency, opening, debits, credits, closing: opening + debits - credits };
  });
}

async function findingsOf(
  transaction: Queryable,
  day: string,
  accounts: readonly StatementKey[],
  trialBalance: readonly TrialLine[],
): Promise<DayFindings> {
  const { rows } = await transaction.query<{ waiting: number; unmatched: number }>(
    `SELECT count(*) FILTER (WHERE state = 'new')::integer AS waiting,
            count(*) FILTER (WHERE state = 'unmatched')::integer AS unmatched
       FROM statement_lines WHERE state IN ('new', 'unmatched') AND nairobi_day(completed_at) <= $1::date`,
    [day],
  );
  const balances = [];
  for (const { shortcode, account, ledger } of accounts) {
    // A file that was exported before the day was over does not have its last balance.
    const { rows: ends } = await transaction.query<{ cents: string }>(
      `SELECT e.value AS cents FROM statement_imports i, jsonb_each_text(i.day_ends) e
        WHERE i.shortcode = $1 AND i.account = $2 AND e.key::date <= $3::date AND nairobi_day(i.imported_at) > $3::date
        ORDER BY e.key DESC, i.imported_at DESC LIMIT 1`,
      [shortcode, account, day],
    );
    const booked = trialBalance
      .filter((line) => ledger.includes(line.account))
      .reduce((sum, { closing }) => sum + closing, 0n);
    const statement = ends[0] === undefined ? null : BigInt(ends[0].cents);
    balances.push({ shortcode, account, statement, ledger: booked });
  }
  return {
    waitingLines: rows[0]?.waiting ?? 0,
    unmatchedLines: rows[0]?.unmatched ?? 0,
    balances,
  };
}

/** Amounts as text, because JSON numbers are not exact. */
function textsOf(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(textsOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, textsOf(one)]));
}

type Stored<Value> = {
  readonly [Name in keyof Value]: Value[Name] extends bigint ? string : Value[Name];
};

function readClose(row: CloseRow): ClosedDay {
  const lines = row.trial_balance as readonly Stored<TrialLine>[];
  const findings = row.findings as Omit<DayFindings, "balances"> & {
    readonly balances: readonly (Omit<DayFindings["balances"][number], "statement" | "ledger"> & {
      readonly statement: string | null;
      readonly ledger: string;
    })[];
  };
  return {
    day: row.day,
    closedAt: row.closed_at.getTime(),
    operator: row.operator,
    reason: row.reason,
    trialBalance: lines.map((line) => ({
      ...line,
      opening: BigInt(line.opening),
      debits: BigInt(line.debits),
      credits: BigInt(line.credits),
      closing: BigInt(line.closing),
    })),
    findings: {
      ...findings,
      balances: findings.balances.map((balance) => ({
        ...balance,
        statement: balance.statement === null ? null : BigInt(balance.statement),
        ledger: BigInt(balance.ledger),
      })),
    },
  };
}
