import type { Queryable } from "@satsconnect/postgres";
import { ledgerAccountsOf } from "../../domain/books/statement-line.ts";
import type { LineFacts, ShortcodeRole } from "../../domain/books/statement-line.ts";
import type { StoredLine } from "../../app/books/ports.ts";

export type FoundFacts = {
  readonly facts: LineFacts;
  /** An order that the line mentions but that cannot have it, for a person to look at. */
  readonly hintOrderId: string | null;
};

/** Everything that decides what a statement line is, as the database has it now. */
export async function readLineFacts(
  transaction: Queryable,
  line: StoredLine,
  role: ShortcodeRole,
): Promise<FoundFacts> {
  const { receipt, linkedReceipt, cents } = line;
  const accounts = ledgerAccountsOf(role, line.account);
  const { rows: orders } = await transaction.query<OrderRow>(findOrders, [
    receipt,
    cents > 0n && line.account === "utility" ? line.accountReference : "",
    linkedReceipt,
    line.account === "utility" && !line.isCharge && cents < 0n ? String(-cents) : "",
    line.otherParty,
  ]);
  const order = orders.find(({ hint }) => !hint) ?? null;
  const { rows: journals } = await transaction.query<{ id: bigint; cents: string }>(
    `SELECT j.id, sum(e.amount) AS cents FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id
      WHERE (j.order_id = $1 OR (j.kind = 'booking' AND j.reference = $2)) AND e.account = ANY ($3)
        AND NOT EXISTS (SELECT FROM statement_lines s WHERE s.journal_id = j.id AND s.shortcode = $4 AND s.account = $5
                         AND s.is_charge = $6)
      GROUP BY j.id HAVING sum(e.amount) <> 0 ORDER BY j.id`,
    [order?.id ?? null, receipt, accounts, line.shortcode, line.account, line.isCharge],
  );
  const { rows: others } = await transaction.query<OtherRow>(findOthers, [
    line.id,
    receipt,
    linkedReceipt,
    cents,
    new Date(line.completedAt),
    line.shortcode,
  ]);
  const other = others[0];
  return {
    facts: {
      order:
        order === null
          ? null
          : { id: order.id, isUncredited: order.uncredited, isOpen: order.open },
      journals: journals.map((journal) => ({
        journalId: journal.id,
        cents: BigInt(journal.cents),
      })),
      mayBeOpenPayout: other?.open_payout ?? false,
      counterpartId: other?.counterpart ?? null,
      isBeforeOpening: other?.before_opening ?? false,
    },
    hintOrderId: orders.find(({ hint }) => hint)?.id ?? null,
  };
}

type OrderRow = { id: string; hint: boolean; uncredited: boolean; open: boolean };

/**
 * The order that has the receipt, or whose STK push carried the line's account number and has no other receipt, or whose
 * payout of this amount to this number was proven without a receipt. A hint: an order whose account number was used
 * again, or whose receipt the line reverses.
 */
const findOrders = `
  WITH found AS (
    SELECT order_id AS id, 1 AS rank, false AS hint FROM order_keys WHERE kind = 'mpesa_receipt' AND value = $1
    UNION ALL
    SELECT id, 2, coalesce(mpesa_receipt <> $1, false)
      FROM orders WHERE kind = 'buy' AND $2 <> '' AND body #>> '{prompt,accountReference}' = $2
    UNION ALL
    SELECT id, 4, false FROM orders
      WHERE $4 <> '' AND body #>> '{payout,amountKesCents,bigint}' = $4 AND body #>> '{payout,status}' = 'confirmed'
        AND body #>> '{payout,receipt}' IS NULL AND left($5, 12) = body #>> '{payout,msisdn}'
    UNION ALL
    SELECT order_id, 3, true FROM order_keys WHERE kind = 'mpesa_receipt' AND $3 <> '' AND value = $3
  )
  SELECT o.id, f.hint,
         o.kind = 'buy' AND o.state IN ('expired', 'cancelled', 'case') AND NOT EXISTS (
           SELECT FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id
            WHERE j.order_id = o.id AND e.account IN ('mpesa_available', 'mpesa_reserved', 'mpesa_collections')
            GROUP BY j.id HAVING sum(e.amount) > 0) AS uncredited,
         NOT o.final AND o.state <> 'case' AS open
    FROM found f JOIN orders o ON o.id = f.id ORDER BY f.hint, f.rank`;

type OtherRow = { open_payout: boolean; counterpart: string | null; before_opening: boolean };

const findOthers = `
  SELECT $4::bigint < 0 AND EXISTS (
           SELECT FROM orders WHERE NOT final AND body #>> '{payout,amountKesCents,bigint}' = (-$4::bigint)::text
             AND body #>> '{payout,status}' IN ('sending', 'accepted', 'unknown')) AS open_payout,
         (SELECT id FROM statement_lines WHERE id <> $1 AND state = 'unmatched' AND cents = -$4::bigint
             AND (receipt IN ($2, $3) OR (linked_receipt <> '' AND linked_receipt = $2))
           ORDER BY completed_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) AS counterpart,
         coalesce($5 <= (SELECT coalesce((SELECT max(b.requested_at) FROM mpesa_balances b
                                           WHERE b.shortcode = $6 AND b.answered_at <= j.at), j.at)
                           FROM ledger_journals j WHERE j.kind = 'opening' AND j.reference = 'opening'), false)
           AS before_opening`;
