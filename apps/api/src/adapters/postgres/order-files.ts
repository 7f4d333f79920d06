import type { Database } from "@satsconnect/postgres";
import type {
  FoundOrder,
  OrderFile,
  OrderFiles,
  OrderJournal,
  OrderSearchFilter,
  SearchTerm,
} from "../../app/admin/ports.ts";
import type { Evidence } from "../../app/orders/ports.ts";
import { orderColumns, readOrder } from "./order-codec.ts";
import type { OrderRow } from "./order-codec.ts";
import { readCase } from "./case-row.ts";
import type { CaseRow } from "./case-row.ts";
import { toDateOrNull } from "./timestamps.ts";

/** The operator's view of orders in Postgres: searches by every identifier, each by an index (migration 0111). */
export function createOrderFiles(database: Database): OrderFiles {
  return {
    search: async (filter) => {
      const { text, values } = searchQuery(filter);
      const { rows } = await database.query<FoundRow>(text, values);
      return rows.map(readFound);
    },

    open: async (orderId) => {
      const { rows } = await database.query<OrderRow>(
        `SELECT ${orderColumns} FROM orders WHERE id = $1`,
        [orderId],
      );
      const [row] = rows;
      if (row === undefined) return null;
      const [evidence, journals, events, cases, keys] = await Promise.all([
        database.query<EvidenceRow>(
          `SELECT number, kind, body, received_at, from_address FROM evidence
            WHERE order_id = $1 ORDER BY number`,
          [orderId],
        ),
        database.query<JournalRow>(
          `SELECT j.id, j.kind, j.at, e.account, a.currency, e.amount FROM ledger_journals j
             JOIN ledger_entries e ON e.journal_id = j.id JOIN ledger_accounts a ON a.code = e.account
            WHERE j.order_id = $1 ORDER BY j.id, e.line`,
          [orderId],
        ),
        database.query<{ at: Date; state: string; reason: string | null }>(
          "SELECT at, state, reason FROM order_events WHERE order_id = $1 ORDER BY sequence",
          [orderId],
        ),
        database.query<CaseRow>(
          "SELECT * FROM cases WHERE order_id = $1 ORDER BY opened_at, code",
          [orderId],
        ),
        database.query<{ kind: string; value: string }>(
          "SELECT kind, value FROM order_keys WHERE order_id = $1 ORDER BY kind, value",
          [orderId],
        ),
      ]);
      return {
        order: readOrder(row),
        stored: storedFields(row),
        evidence: evidence.rows.map((one) => readEvidence(orderId, one)),
        journals: readJournals(journals.rows),
        events: events.rows.map(({ at, state, reason }) => ({ at: at.getTime(), state, reason })),
        cases: cases.rows.map(readCase),
        keys: keys.rows,
      };
    },

    cases: async ({ openOnly, after, limit }) => {
      const { rows } = await database.query<CaseRow & { order_id: string }>(
        `SELECT * FROM cases WHERE (NOT $1 OR resolved_at IS NULL)
            AND ($2::timestamptz IS NULL OR (opened_at, id) > ($2, $3::uuid))
          ORDER BY opened_at, id LIMIT $4`,
        [openOnly, toDateOrNull(after?.createdAt), after?.id ?? null, limit],
      );
      const orders = await database.query<FoundRow>(
        `SELECT ${foundColumns} FROM orders o WHERE o.id = ANY ($1)`,
        [rows.map((row) => row.order_id)],
      );
      const found = new Map(orders.rows.map((row) => [row.id, readFound(row)]));
      return rows.flatMap((row) => {
        const order = found.get(row.order_id);
        return order === undefined ? [] : [{ case: readCase(row), found: order }];
      });
    },

    openCases: async () => {
      const { rows } = await database.query<{ count: bigint; oldest: Date | null }>(
        "SELECT count(*) AS count, min(opened_at) AS oldest FROM cases WHERE resolved_at IS NULL",
      );
      return {
        count: Number(rows[0]?.count ?? 0n),
        oldestOpenedAt: rows[0]?.oldest?.getTime() ?? null,
      };
    },
  };
}

const foundColumns = `${orderColumns
  .split(",")
  .map((column) => `o.${column.trim()}`)
  .join(
    ", ",
  )}, (SELECT count(*) FROM cases c WHERE c.order_id = o.id AND c.resolved_at IS NULL) AS open_cases`;

/** The query of a search; exported so that tests can have it explained. */
export function searchQuery(filter: OrderSearchFilter): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const conditions: string[] = [];
  if (filter.terms.length > 0) {
    const sources = filter.terms.flatMap((term) => sourcesOf(term, parameter));
    conditions.push(`o.id IN (${sources.join(" UNION ")})`);
  }
  if (filter.kind !== undefined) conditions.push(`o.kind = ${parameter(filter.kind)}`);
  if (filter.amountKesCents !== undefined)
    conditions.push(`o.amount_kes_cents = ${parameter(filter.amountKesCents)}`);
  if (filter.from !== undefined)
    conditions.push(`o.created_at >= ${parameter(new Date(filter.from))}`);
  if (filter.to !== undefined) conditions.push(`o.created_at < ${parameter(new Date(filter.to))}`);
  if (filter.before !== undefined && filter.before !== null) {
    const at = parameter(new Date(filter.before.createdAt));
    conditions.push(`(o.created_at, o.id) < (${at}, ${parameter(filter.before.id)}::uuid)`);
  }
  const text = `SELECT ${foundColumns} FROM orders o WHERE ${conditions.join(" AND ")}
     ORDER BY o.created_at DESC, o.id DESC LIMIT ${parameter(filter.limit)}`;
  return { text, values };
}

/** Subqueries that give the ids of orders that a term names. */
function sourcesOf({ key, value }: SearchTerm, parameter: (value: unknown) => string): string[] {
  const byKey = (kind: string) =>
    `SELECT order_id FROM order_keys WHERE kind = '${kind}' AND value = ${parameter(value)}`;
  const inEvidence = (word: string) =>
    `SELECT order_id FROM evidence WHERE evidence_words(body) @> ARRAY[${parameter(word)}]`;
  switch (key) {
    case "receipt":
      return [byKey("mpesa_receipt"), inEvidence(value)];
    case "payment_hash":
      return [byKey("payment_hash")];
    case "checkout_request_id":
      return [byKey("checkout_request_id"), inEvidence(value.toUpperCase())];
    case "conversation_id":
      return [
        byKey("originator_conversation_id"),
        `SELECT id FROM orders WHERE order_conversation_ids(body) ? ${parameter(value)}`,
        `SELECT id FROM orders WHERE case_file IS NOT NULL
           AND order_conversation_ids(case_file) ? ${parameter(value)}`,
        inEvidence(value.toUpperCase()),
      ];
    case "phone":
      return [
        `SELECT id FROM orders WHERE body ->> 'msisdn' = ${parameter(value)}`,
        inEvidence(value),
      ];
    case "name": {
      const words = value.split(" ");
      const query = words.map((word) => `${word}:*`).join(" & ");
      const inNames = words.map((word) => word.toUpperCase());
      return [
        `SELECT id FROM orders WHERE order_name_words(body) @@ to_tsquery('simple', ${parameter(query)})`,
        `SELECT order_id FROM evidence WHERE evidence_words(body) @> ${parameter(inNames)}::text[]`,
      ];
    }
    case "wallet":
      return value.includes("-")
        ? [`SELECT id FROM orders WHERE wallet_id = ${parameter(value)}::uuid`]
        : [
            `SELECT id FROM orders WHERE wallet_id =
               (SELECT id FROM wallets WHERE node_id = ${parameter(value)})`,
          ];
    case "order":
      return [`SELECT id FROM orders WHERE id = ${parameter(value)}::uuid`];
  }
}

type FoundRow = OrderRow & { open_cases: bigint };

function readFound(row: FoundRow): FoundOrder {
  return { order: readOrder(row), openCases: Number(row.open_cases) };
}

/** Every stored field of an order, for whoever has to see what no other view shows. */
function storedFields({ body, ...columns }: OrderRow): OrderFile["stored"] {
  return { ...columns, body };
}

type EvidenceRow = {
  number: number;
  kind: string;
  body: string;
  received_at: Date;
  from_address: string;
};

function readEvidence(orderId: string, row: EvidenceRow): Evidence {
  return {
    orderId,
    number: row.number,
    kind: row.kind as Evidence["kind"],
    body: row.body,
    receivedAt: row.received_at.getTime(),
    fromAddress: row.from_address,
  };
}

type JournalRow = {
  id: bigint;
  kind: string;
  at: Date;
  account: string;
  currency: "KES" | "MSAT";
  amount: bigint;
};

function readJournals(rows: readonly JournalRow[]): readonly OrderJournal[] {
  const journals = new Map<bigint, { kind: string; at: number; entries: JournalRow[] }>();
  for (const row of rows) {
    const journal = journals.get(row.id) ?? { kind: row.kind, at: row.at.getTime(), entries: [] };
    journal.entries.push(row);
    journals.set(row.id, journal);
  }
  return [...journals.values()].map(({ kind, at, entries }) => ({
    kind,
    at,
    entries: entries.map(({ account, currency, amount }) => ({ account, currency, amount })),
  }));
}
