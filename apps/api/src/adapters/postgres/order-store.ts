import type { OrderEvent } from "@satsconnect/contracts";
import { ok } from "@satsconnect/money";
import type { Database } from "@satsconnect/postgres";
import type { DatabaseClock } from "./database-clock.ts";
import { jsonbText } from "./jsonb.ts";
import { createLimitStore } from "./limit-store.ts";
import { readCase } from "./case-row.ts";
import type { CaseRow } from "./case-row.ts";
import { toDateOrNull } from "./timestamps.ts";
import type { UniqueKey } from "../../domain/effects.ts";
import { statesOf } from "../../domain/lane.ts";
import { isFinal } from "../../domain/order.ts";
import type { Order } from "../../domain/order.ts";
import { openRefused } from "../../app/orders/open-refusal.ts";
import type { OpenRefusal } from "../../app/orders/open-refusal.ts";
import type { Evidence, OrderStore, StoredAct } from "../../app/orders/ports.ts";
import type { Quote } from "../../domain/quote.ts";
import {
  orderColumns,
  readAct,
  readOrder,
  readQuoteBody,
  writeAct,
  writeCaseFile,
  writeOrder,
  writePostings,
  writeQuoteBody,
} from "./order-codec.ts";
import type { OrderRow } from "./order-codec.ts";
import { emitsEvent } from "../../domain/order-event.ts";

/** SQLSTATEs raised by the database functions. */
const keyTaken = "SC003";
const floatExhausted = "SC004";
const actKnown = "SC007";
const clockSkewed = "SC006";

/** A decision by a time further from the database's is refused and made again. */
const maxSkewMs = 5_000;

/**
 * Orders in Postgres. Opening and committing are one database function call and one transaction each; constraints and
 * triggers enforce the rules on money and final states.
 */
export function createOrderStore(
  database: Database,
  /** The clock that decisions are made by. It is read again when a decision's time is not the database's. */
  clock?: Pick<DatabaseClock, "refresh">,
): OrderStore {
  async function find(orderId: string): Promise<Order | null> {
    const { rows } = await database.query<OrderRow>({
      name: "find_order",
      text: `SELECT ${orderColumns} FROM orders WHERE id = $1`,
      values: [orderId],
    });
    return rows[0] === undefined ? null : readOrder(rows[0]);
  }

  async function findAct(actId: string): Promise<StoredAct | null> {
    const { rows } = await database.query<ActRow>("SELECT * FROM order_acts WHERE id = $1", [
      actId,
    ]);
    return rows[0] === undefined ? null : readStoredAct(rows[0]);
  }

  return {
    addQuote: async (quote) => {
      await database.query(
        `INSERT INTO quotes (id, wallet_id, kind, body, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
        [
          quote.id,
          quote.walletId,
          quote.kind,
          JSON.stringify(writeQuoteBody(quote)),
          new Date(quote.createdAt),
          new Date(quote.expiresAt),
        ],
      );
    },

    findQuote: async (walletId, quoteId) => {
      const { rows } = await database.query<QuoteRow>(
        "SELECT * FROM quotes WHERE id = $1 AND wallet_id = $2",
        [quoteId, walletId],
      );
      return rows[0] === undefined ? null : readQuote(rows[0]);
    },

    open: async (order, { postings, keys, limits }) => {
      const request = {
        order: writeOrder(order),
        keys,
        postings: writePostings(postings),
        at: limits.at,
        railDailyMax: String(limits.railDailyMax),
        countFactor: limits.countFactor ?? 1,
      };
      let refusal: StoredRefusal | null;
      try {
        const { rows } = await database.query<{ refusal: StoredRefusal | null }>({
          name: "open_order",
          text: "SELECT open_order($1::jsonb) AS refusal",
          values: [jsonbText(request)],
        });
        refusal = rows[0]?.refusal ?? null;
      } catch (error) {
        if (takenKey(error) === null) throw error;
        refusal = { code: "payment_hash_used" };
      }
      if (refusal !== null) {
        const max = refusal.max ?? null;
        return openRefused({ ...refusal, max: max === null ? null : BigInt(max) });
      }
      const stored = await find(order.id);
      if (stored === null)
        throw new Error(`The order ${order.id} is missing right after it was opened`);
      return ok(stored);
    },

    find,

    ...createLimitStore(database),

    findByPaymentHash: async (paymentHash) => {
      const { rows } = await database.query<{ order_id: string }>(
        "SELECT order_id FROM order_keys WHERE kind = 'payment_hash' AND value = $1",
        [paymentHash],
      );
      return rows[0] === undefined ? null : find(rows[0].order_id);
    },

    list: async (walletId, { kind, state, before, from, to, limit }) => {
      const { rows } = await database.query<OrderRow>(
        `SELECT ${orderColumns} FROM orders
          WHERE wallet_id = $1 AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR state = $3)
            AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
            AND ($6::timestamptz IS NULL OR created_at >= $6) AND ($7::timestamptz IS NULL OR created_at < $7)
          ORDER BY created_at DESC, id DESC LIMIT $8`,
        [
          walletId,
          kind ?? null,
          state ?? null,
          toDateOrNull(before?.createdAt),
          before?.id ?? null,
          toDateOrNull(from),
          toDateOrNull(to),
          limit,
        ],
      );
      return rows.map(readOrder);
    },

    commit: async (read, decision, now, act) => {
      const final = isFinal(decision.next.state);
      const next: Order = { ...decision.next, wakeAt: final ? null : decision.next.wakeAt };
      const change = {
        order: writeOrder(next),
        keys: decision.keys,
        cases: decision.cases,
        postings: writePostings(decision.postings),
        news: emitsEvent(read, next),
        evidenceAt: final ? decision.next.wakeAt : null,
        caseFile: next.caseFile === read.caseFile ? null : writeCaseFile(next),
        caseWakeAt: next.caseFile.wakeAt,
        closesCases: decision.closesCases ?? false,
        reservesFloat: decision.reservesFloat ?? false,
        act: act === undefined ? null : { ...act, act: writeAct(act.act) },
        ...(clock === undefined ? {} : { maxSkewMs }),
      };
      try {
        const { rows } = await database.query<{ evidence_count: number | null }>({
          name: "commit_case",
          text: "SELECT commit_case($1, $2, $3, $4, $5::jsonb) AS evidence_count",
          values: [read.id, read.state, read.version, new Date(now), jsonbText(change)],
        });
        const evidenceCount = rows[0]?.evidence_count ?? null;
        if (evidenceCount === null) return { kind: "stale" };
        return {
          kind: "committed",
          order: {
            ...next,
            evidenceCount,
            version: read.version + 1,
            updatedAt: isFinal(read.state) ? read.updatedAt : now,
          },
        };
      } catch (error) {
        if (codeOf(error) === floatExhausted) return { kind: "float_short" };
        if (codeOf(error) === actKnown && act !== undefined) {
          const known = await findAct(act.id);
          if (known !== null) return { kind: "act_known", act: known };
        }
        if (clock !== undefined && codeOf(error) === clockSkewed) {
          await clock.refresh();
          return { kind: "stale" };
        }
        const key = takenKey(error);
        if (key === null) throw error;
        return { kind: "key_taken", key };
      }
    },

    findAct,

    acts: async (orderId) => {
      const { rows } = await database.query<ActRow>(
        "SELECT * FROM order_acts WHERE order_id = $1 ORDER BY number",
        [orderId],
      );
      return rows.map(readStoredAct);
    },

    addEvidence: async ({ orderId, kind, body, receivedAt, fromAddress }) => {
      const { rows } = await database.query<{ added: boolean }>(
        "SELECT add_evidence($1, $2, $3, $4, $5) AS added",
        [orderId, kind, body, new Date(receivedAt), fromAddress],
      );
      return rows[0]?.added === true;
    },

    evidenceAfter: async (orderId, number) => {
      const { rows } = await database.query<EvidenceRow>(
        `SELECT order_id, number, kind, body, received_at, from_address FROM evidence
          WHERE order_id = $1 AND number > $2 ORDER BY number`,
        [orderId, number],
      );
      return rows.map(readEvidence);
    },

    due: async (now, limit, leaseMs, lane) => {
      const { rows } = await database.query<{ id: string; due_at: Date }>(
        `UPDATE orders SET lease_until = $3 WHERE id IN (
           SELECT id FROM orders WHERE due_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)
              AND ($4::text[] IS NULL OR kind || ' ' || state = ANY ($4))
            ORDER BY due_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) RETURNING id, due_at`,
        [new Date(now), limit, new Date(now + leaseMs), lane === undefined ? null : statesOf(lane)],
      );
      return rows
        .sort((left, right) => left.due_at.getTime() - right.due_at.getTime())
        .map(({ id }) => id);
    },

    dueAtHeight: async (height, now, limit, leaseMs) => {
      const { rows } = await database.query<{ id: string }>({
        name: "orders_at_height",
        text: `UPDATE orders SET lease_until = $4 WHERE id IN (
           SELECT id FROM orders WHERE wake_height <= $1 AND (lease_until IS NULL OR lease_until <= $2)
            ORDER BY wake_height LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED) RETURNING id`,
        values: [height, new Date(now), limit, new Date(now + leaseMs)],
      });
      return rows.map(({ id }) => id);
    },

    events: async (walletId, { orderId, afterSequence, limit }) => {
      const { rows } = await database.query<EventRow>(
        `SELECT sequence, order_id, kind, state, reason, at FROM order_events
          WHERE wallet_id = $1 AND sequence > $2 AND ($3::uuid IS NULL OR order_id = $3)
          ORDER BY sequence LIMIT $4`,
        [walletId, afterSequence, orderId, limit],
      );
      return rows.map(readEvent);
    },

    latestSequence: async (walletId) => {
      const { rows } = await database.query<{ last: bigint }>(
        "SELECT last FROM wallet_event_sequences WHERE wallet_id = $1",
        [walletId],
      );
      return rows[0]?.last ?? 0n;
    },

    cases: async ({ orderId }) => {
      const { rows } = await database.query<CaseRow>(
        `SELECT * FROM cases WHERE $1::uuid IS NULL OR order_id = $1 ORDER BY opened_at, code`,
        [orderId ?? null],
      );
      return rows.map(readCase);
    },
  };
}

/** As `open_order` returns it. */
type StoredRefusal = {
  readonly code: OpenRefusal;
  readonly max?: string | null;
  readonly maxCount?: number | null;
};

type QuoteRow = {
  id: string;
  wallet_id: string;
  kind: string;
  body: unknown;
  created_at: Date;
  expires_at: Date;
  order_id: string | null;
};

function readQuote(row: QuoteRow): Quote {
  return {
    id: row.id,
    walletId: row.wallet_id,
    kind: row.kind as Quote["kind"],
    ...readQuoteBody(row.body),
    createdAt: row.created_at.getTime(),
    expiresAt: row.expires_at.getTime(),
    orderId: row.order_id,
  };
}

type EvidenceRow = {
  order_id: string;
  number: number;
  kind: string;
  body: string;
  received_at: Date;
  from_address: string;
};

function readEvidence(row: EvidenceRow): Evidence {
  return {
    orderId: row.order_id,
    number: row.number,
    kind: row.kind as Evidence["kind"],
    body: row.body,
    receivedAt: row.received_at.getTime(),
    fromAddress: row.from_address,
  };
}

type EventRow = {
  sequence: bigint;
  order_id: string;
  kind: string;
  state: string;
  reason: string | null;
  at: Date;
};

function readEvent(row: EventRow): OrderEvent {
  return {
    sequence: String(row.sequence),
    orderId: row.order_id,
    kind: row.kind as OrderEvent["kind"],
    state: row.state as OrderEvent["state"],
    reason: row.reason,
    at: row.at.toISOString(),
  };
}

type ActRow = {
  id: string;
  order_id: string;
  act: unknown;
  by: string;
  at: Date;
  from_state: string;
  to_state: string;
  journals: string[];
};

function readStoredAct(row: ActRow): StoredAct {
  return {
    id: row.id,
    orderId: row.order_id,
    act: readAct(row.act),
    by: row.by,
    at: row.at.getTime(),
    fromState: row.from_state as StoredAct["fromState"],
    toState: row.to_state as StoredAct["toState"],
    journals: row.journals,
  };
}

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

/** The key that belongs to another order, if the database refused the change for that reason; otherwise null. */
function takenKey(error: unknown): UniqueKey | null {
  if (codeOf(error) !== keyTaken || !(error instanceof Error) || !("detail" in error)) return null;
  return JSON.parse(String(error.detail)) as UniqueKey;
}
