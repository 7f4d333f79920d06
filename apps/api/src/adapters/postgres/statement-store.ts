import { inTransaction } from "@satsconnect/postgres";
import type { Database, Queryable } from "@satsconnect/postgres";
import type { BookCase, BookCases, StatementStore, StoredLine } from "../../app/books/ports.ts";
import { entriesOfLine, ledgerAccountsOf } from "../../domain/books/statement-line.ts";
import type { LineFacts, ShortcodeRole, Verdict } from "../../domain/books/statement-line.ts";
import type { Account } from "../../domain/postings.ts";
import { writeEntries } from "./booking-store.ts";
import { jsonbText } from "./jsonb.ts";
import { readLineFacts } from "./statement-facts.ts";

type LineRow = {
  id: string;
  shortcode: string;
  account: string;
  receipt: string;
  is_charge: boolean;
  cents: bigint;
  completed_at: Date;
  details: string;
  other_party: string;
  account_reference: string;
  linked_receipt: string;
  source: string;
  state: string;
  order_id: string | null;
};

/** M-Pesa's statement lines in Postgres, and what became of each. */
export function createStatementStore(database: Database): StatementStore {
  return {
    add: (origin, lines, file) =>
      inTransaction(database, async (transaction) => {
        const { rows } = await transaction.query<{
          added: number;
          contradictions: string[] | null;
        }>(addLines, [
          origin.shortcode,
          origin.account,
          origin.source,
          jsonbText(lines.map((line) => ({ ...line, cents: String(line.cents) }))),
          "statement_contradiction",
        ]);
        const { added = 0, contradictions = null } = rows[0] ?? {};
        if (file !== null) {
          await transaction.query(
            `INSERT INTO statement_imports (shortcode, account, operator, file_hash, line_count, new_lines, day_ends)
              VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb)`,
            [
              origin.shortcode,
              origin.account,
              file.operator,
              Buffer.from(file.fileHash),
              lines.length,
              added,
              jsonbText(
                Object.fromEntries([...file.dayEnds].map(([day, cents]) => [day, String(cents)])),
              ),
            ],
          );
        }
        return { added, contradictions: contradictions ?? [] };
      }),

    judge: async (roleOf, judge, limit) => {
      const { rows } = await database.query<{ id: string }>(
        `SELECT id FROM statement_lines l WHERE state = 'new' OR (state = 'unmatched' AND (
           EXISTS (SELECT FROM order_keys k WHERE k.kind = 'mpesa_receipt' AND k.value = l.receipt)
           OR EXISTS (SELECT FROM bookings b WHERE b.reference = l.receipt)))
          ORDER BY judged_at NULLS FIRST, completed_at LIMIT $1`,
        [limit],
      );
      const judged: { line: StoredLine; verdict: Verdict }[] = [];
      for (const { id } of rows) {
        const one = await inTransaction(database, async (transaction) => {
          const line = await lockLine(transaction, id);
          if (line === null) return null;
          const role = roleOf(line.shortcode);
          const { facts, hintOrderId } = await readLineFacts(transaction, line, role);
          const now = await databaseTime(transaction);
          const verdict = judge(line, facts, now);
          await carryOut(transaction, line, role, verdict, facts, hintOrderId, now);
          return { line: { ...line, orderId: facts.order?.id ?? hintOrderId }, verdict };
        });
        if (one !== null) judged.push(one);
      }
      await resolveCreditCases(database);
      return judged;
    },

    list: async ({ state, limit }) => {
      const { rows } = await database.query<LineRow>(
        `SELECT * FROM statement_lines WHERE $1::text IS NULL OR state = $1
          ORDER BY completed_at DESC, receipt LIMIT $2`,
        [state ?? null, limit],
      );
      return rows.map(readLine);
    },

    tie: (lineId, reference, roleOf) =>
      inTransaction(database, async (transaction) => {
        const line = await lockLine(transaction, lineId);
        if (line?.state !== "unmatched") return "line_not_found";
        const role = roleOf(line.shortcode);
        const { rows } = await transaction.query<{ id: bigint; cents: string | null }>(
          `SELECT b.journal_id AS id, sum(e.amount) AS cents FROM bookings b
             LEFT JOIN ledger_entries e ON e.journal_id = b.journal_id AND e.account = ANY ($2)
            WHERE b.reference = $1 GROUP BY b.journal_id`,
          [reference, ledgerAccountsOf(role, line.account)],
        );
        const booking = rows[0];
        if (booking === undefined) return "booking_not_found";
        const { rowCount } = await transaction.query(
          `SELECT 1 FROM statement_lines
            WHERE journal_id = $1 AND shortcode = $2 AND account = $3 AND is_charge = $4`,
          [booking.id, line.shortcode, line.account, line.isCharge],
        );
        if (BigInt(booking.cents ?? "0") !== line.cents || rowCount !== 0) return "amount_differs";
        await match(transaction, line, role, booking.id, null, await databaseTime(transaction));
        return "tied";
      }),
  };
}

/**
 * Adds the lines that are not there. A line with the same receipt, account and direction is the same line; if its amount
 * differs, a case is opened.
 */
const addLines = `
  WITH given AS (
    SELECT l ->> 'receipt' AS receipt, (l ->> 'isCharge')::boolean AS is_charge, (l ->> 'cents')::bigint AS cents,
           to_timestamp((l ->> 'completedAt')::numeric / 1000) AS completed_at, l ->> 'details' AS details,
           l ->> 'otherParty' AS other_party, l ->> 'accountReference' AS account_reference,
           l ->> 'linkedReceipt' AS linked_receipt
      FROM jsonb_array_elements($4::jsonb) l
  ), added AS (
    INSERT INTO statement_lines (shortcode, account, source, receipt, is_charge, cents, completed_at, details, other_party,
                                 account_reference, linked_receipt, first_seen_at)
      SELECT $1, $2, $3, receipt, is_charge, cents, completed_at, details, other_party, account_reference, linked_receipt,
             books_clock() FROM given ORDER BY receipt, is_charge
      ON CONFLICT DO NOTHING RETURNING id
  ), contradictions AS (
    INSERT INTO book_cases (code, detail, line_id, order_id, opened_at)
      SELECT DISTINCT ON (s.id) $5,
             'M-Pesa reports the transaction ' || s.receipt || ' of ' || $1 || ' with two amounts: ' || s.cents || ' and '
               || g.cents || ' cents. The first one is booked.', s.id, s.order_id, books_clock()
        FROM given g JOIN statement_lines s ON s.shortcode = $1 AND s.account = $2 AND s.receipt = g.receipt
          AND s.is_charge = g.is_charge AND (s.cents > 0) = (g.cents > 0) AND s.cents <> g.cents
      ON CONFLICT DO NOTHING RETURNING line_id
  )
  SELECT (SELECT count(*)::integer FROM added) AS added,
         (SELECT array_agg(s.receipt) FROM contradictions c JOIN statement_lines s ON s.id = c.line_id) AS contradictions`;

async function databaseTime(transaction: Queryable): Promise<number> {
  const { rows } = await transaction.query<{ now: Date }>("SELECT books_clock() AS now");
  return rows[0]?.now.getTime() ?? 0;
}

async function lockLine(transaction: Queryable, id: string): Promise<StoredLine | null> {
  const { rows } = await transaction.query<LineRow>(
    `SELECT * FROM statement_lines WHERE id = $1 AND state IN ('new', 'unmatched')
      FOR NO KEY UPDATE SKIP LOCKED`,
    [id],
  );
  return rows[0] === undefined ? null : readLine(rows[0]);
}

/** Stores a verdict and books what it says. */
async function carryOut(
  transaction: Queryable,
  line: StoredLine,
  role: ShortcodeRole,
  verdict: Verdict,
  facts: LineFacts,
  hintOrderId: string | null,
  now: number,
): Promise<void> {
  const [account] = ledgerAccountsOf(role, line.account);
  const orderId = facts.order?.id ?? hintOrderId;
  switch (verdict.kind) {
    case "matched":
      await match(transaction, line, role, verdict.journalId, facts.order?.id ?? null, now);
      return;
    case "paired":
      if (line.state === "unmatched") break;
      await settle(
        transaction,
        line,
        "paired",
        await bookLine(transaction, line, account, "kes_unmatched", "statement_unmatched", now),
        orderId,
      );
      await transaction.query("UPDATE statement_lines SET state = 'paired' WHERE id = $1", [
        verdict.counterpartId,
      ]);
      await resolveCases(
        transaction,
        verdict.counterpartId,
        `Cancelled out by ${line.receipt}.`,
        now,
      );
      return;
    case "opening":
      await settle(transaction, line, "opening", null, orderId);
      return;
    case "charge":
      await settle(
        transaction,
        line,
        "booked",
        await bookLine(transaction, line, account, "mpesa_fees", "statement_charge", now),
        orderId,
      );
      return;
    case "differs": {
      const { difference, journalId } = verdict;
      const own = await bookLine(
        transaction,
        { ...line, cents: difference },
        account,
        "kes_unmatched",
        "statement_difference",
        now,
      );
      await match(transaction, line, role, journalId, facts.order?.id ?? null, now);
      await transaction.query("UPDATE statement_lines SET own_journal_id = $2 WHERE id = $1", [
        line.id,
        own,
      ]);
      await openCase(
        transaction,
        line,
        "statement_differs",
        `M-Pesa's statement has ${line.cents} cents for ${line.receipt}, the books have ${line.cents - difference}. The difference is in kes_unmatched.`,
        orderId,
        now,
      );
      return;
    }
    case "unmatched": {
      if (line.state === "unmatched") break;
      const own = await bookLine(
        transaction,
        line,
        account,
        "kes_unmatched",
        "statement_unmatched",
        now,
      );
      await settle(transaction, line, "unmatched", own, orderId);
      await openCase(
        transaction,
        line,
        "statement_unmatched",
        `M-Pesa's statement of ${line.shortcode} has ${line.cents} cents (${line.details}) that no order and no booking has. They are in kes_unmatched.`,
        orderId,
        now,
      );
      return;
    }
    case "credit":
    case "wait":
      break;
  }
  await transaction.query(
    "UPDATE statement_lines SET judged_at = books_clock(), order_id = coalesce($2, order_id) WHERE id = $1",
    [line.id, orderId],
  );
}

/** Ties a line to a journal. If the line was booked as unmatched before, that is taken back. */
async function match(
  transaction: Queryable,
  line: StoredLine,
  role: ShortcodeRole,
  journalId: bigint,
  orderId: string | null,
  now: number,
): Promise<void> {
  if (line.state === "unmatched") {
    const [account] = ledgerAccountsOf(role, line.account);
    await transaction.query(
      "SELECT post_dated_journal($1, 'statement_released', $2, NULL, $3::jsonb)",
      [
        `line:${line.id}`,
        new Date(now),
        jsonbText(writeEntries(entriesOfLine(account, "kes_unmatched", 0n - line.cents))),
      ],
    );
    await resolveCases(transaction, line.id, "The money was found in the books.", now);
  }
  await transaction.query(
    `UPDATE statement_lines SET state = 'matched', journal_id = $2, order_id = coalesce($3, order_id),
            judged_at = books_clock() WHERE id = $1`,
    [line.id, journalId, orderId],
  );
  if (orderId !== null) await openCreditCase(transaction, line, orderId, now);
  // The receipt belongs to this order for ever, also when no callback brought it.
  if (orderId !== null && !line.isCharge) {
    await transaction.query(
      `INSERT INTO order_keys (kind, value, order_id) VALUES ('mpesa_receipt', $1, $2) ON CONFLICT DO NOTHING`,
      [line.receipt, orderId],
    );
  }
}

/**
 * The statement credited an order that had ended, by an act with the line's id: an operator has to deliver or refund. The
 * case is resolved once the order's shillings have left suspense.
 */
async function openCreditCase(
  transaction: Queryable,
  line: StoredLine,
  orderId: string,
  now: number,
): Promise<void> {
  const { rowCount } = await transaction.query("SELECT 1 FROM order_acts WHERE id = $1", [line.id]);
  if (rowCount !== 1) return;
  await openCase(
    transaction,
    line,
    "statement_credited",
    `The payment ${line.receipt} of ${line.cents} cents is for an order that had ended without it. It is in the order's suspense: deliver or refund.`,
    orderId,
    now,
  );
}

/** Resolves the cases of credited orders whose shillings have left suspense. */
async function resolveCreditCases(database: Database): Promise<void> {
  await database.query(
    `UPDATE book_cases c SET resolved_at = books_clock(), resolution = 'The order was dealt with.'
       FROM orders o WHERE c.code = 'statement_credited' AND c.resolved_at IS NULL AND o.id = c.order_id
        AND o.case_file #>> '{suspenseKesCents,bigint}' = '0'`,
  );
}

/** Books a line on the day on which M-Pesa completed it, or on the first open day after it. */
async function bookLine(
  transaction: Queryable,
  line: StoredLine,
  account: Account<"KES">,
  counter: "kes_unmatched" | "mpesa_fees",
  kind: string,
  now: number,
): Promise<bigint> {
  const { rows } = await transaction.query<{ id: bigint }>(
    "SELECT post_dated_journal($1, $2, $3, nairobi_day($4), $5::jsonb) AS id",
    [
      `line:${line.id}`,
      kind,
      new Date(now),
      new Date(line.completedAt),
      jsonbText(writeEntries(entriesOfLine(account, counter, line.cents))),
    ],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error(`The line ${line.id} was not booked`);
  return id;
}

async function settle(
  transaction: Queryable,
  line: StoredLine,
  state: "paired" | "opening" | "booked" | "unmatched",
  ownJournalId: bigint | null,
  orderId: string | null,
): Promise<void> {
  await transaction.query(
    `UPDATE statement_lines SET state = $2, own_journal_id = $3, order_id = $4, judged_at = books_clock() WHERE id = $1`,
    [line.id, state, ownJournalId, orderId],
  );
}

async function openCase(
  transaction: Queryable,
  line: StoredLine,
  code: string,
  detail: string,
  orderId: string | null,
  now: number,
): Promise<void> {
  await transaction.query(
    `INSERT INTO book_cases (code, detail, line_id, order_id, opened_at) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT DO NOTHING`,
    [code, detail, line.id, orderId, new Date(now)],
  );
}

async function resolveCases(
  transaction: Queryable,
  lineId: string,
  resolution: string,
  now: number,
): Promise<void> {
  await transaction.query(
    "UPDATE book_cases SET resolved_at = $3, resolution = $2 WHERE line_id = $1 AND resolved_at IS NULL",
    [lineId, resolution, new Date(now)],
  );
}

function readLine(row: LineRow): StoredLine {
  return {
    id: row.id,
    shortcode: row.shortcode,
    account: row.account as StoredLine["account"],
    receipt: row.receipt,
    isCharge: row.is_charge,
    cents: row.cents,
    completedAt: row.completed_at.getTime(),
    details: row.details,
    otherParty: row.other_party,
    accountReference: row.account_reference,
    linkedReceipt: row.linked_receipt,
    source: row.source as StoredLine["source"],
    state: row.state as StoredLine["state"],
    orderId: row.order_id,
  };
}

type CaseRow = {
  id: string;
  code: string;
  detail: string;
  line_id: string | null;
  order_id: string | null;
  opened_at: Date;
  resolved_at: Date | null;
  resolution: string | null;
};

/** The cases of the books in Postgres. */
export function createBookCases(database: Database): BookCases {
  return {
    list: async ({ onlyOpen, limit }) => {
      const { rows } = await database.query<CaseRow>(
        `SELECT * FROM book_cases WHERE NOT $1 OR resolved_at IS NULL ORDER BY opened_at, id LIMIT $2`,
        [onlyOpen, limit],
      );
      return rows.map((row): BookCase => ({
        id: row.id,
        code: row.code,
        detail: row.detail,
        lineId: row.line_id,
        orderId: row.order_id,
        openedAt: row.opened_at.getTime(),
        resolvedAt: row.resolved_at?.getTime() ?? null,
        resolution: row.resolution,
      }));
    },
    countOpen: async () => {
      const { rows } = await database.query<{ open: number }>(
        "SELECT count(*)::integer AS open FROM book_cases WHERE resolved_at IS NULL",
      );
      return rows[0]?.open ?? 0;
    },
    resolve: async (caseId, resolution) => {
      const { rowCount } = await database.query(
        `UPDATE book_cases SET resolved_at = books_clock(), resolution = $2
          WHERE id = $1 AND resolved_at IS NULL`,
        [caseId, resolution],
      );
      return rowCount === 1;
    },
  };
}
