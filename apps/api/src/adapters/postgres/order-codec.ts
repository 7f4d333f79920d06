import type { Order, Terms } from "../../domain/order.ts";
import type { Posting } from "../../domain/postings.ts";
import { wakeHeightOf } from "../../domain/sell/deadline.ts";
import type { Quote } from "../../domain/quote.ts";
import { parseCurrency, rate, valueOf } from "@satsconnect/money";

/** Fields with a column of their own, because the database filters, sorts or decides by them. */
type Columns =
  | "id"
  | "walletId"
  | "quoteId"
  | "kind"
  | "state"
  | "version"
  | "reason"
  | "mpesaReceipt"
  | "createdAt"
  | "updatedAt"
  | "deadlineAt"
  | "wakeAt"
  | "evidenceCount"
  | "evidenceSeen";

export type OrderRow = {
  id: string;
  wallet_id: string;
  quote_id: string;
  kind: string;
  state: string;
  version: number;
  reason: string | null;
  mpesa_receipt: string | null;
  body: unknown;
  created_at: Date;
  updated_at: Date;
  deadline_at: Date | null;
  wake_at: Date | null;
  evidence_count: number;
  evidence_seen: number;
};

export const orderColumns = `id, wallet_id, quote_id, kind, state, version, reason, mpesa_receipt, body,
  created_at, updated_at, deadline_at, wake_at, evidence_count, evidence_seen`;

/** An order in the form that the database functions take. */
export function writeOrder(order: Order): object {
  const {
    id,
    walletId,
    quoteId,
    kind,
    state,
    version,
    reason,
    mpesaReceipt,
    createdAt,
    updatedAt: _updatedAt,
    deadlineAt,
    wakeAt,
    evidenceCount: _evidenceCount,
    evidenceSeen,
    ...body
  } = order;
  return {
    ...{ id, walletId, quoteId, kind, state, version, reason, mpesaReceipt },
    ...{ createdAt, deadlineAt, wakeAt, evidenceSeen },
    amountKesCents: String(order.terms.amountKesCents),
    amountMsat: String(order.terms.amountMsat),
    wakeHeight: wakeHeightOf(order),
    body: tag(body),
  };
}

export function readOrder(row: OrderRow): Order {
  const columns: Pick<Order, Columns> = {
    id: row.id,
    walletId: row.wallet_id,
    quoteId: row.quote_id,
    kind: row.kind as Order["kind"],
    state: row.state as Order["state"],
    version: row.version,
    reason: row.reason,
    mpesaReceipt: row.mpesa_receipt,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
    deadlineAt: row.deadline_at?.getTime() ?? null,
    wakeAt: row.wake_at?.getTime() ?? null,
    evidenceCount: row.evidence_count,
    evidenceSeen: row.evidence_seen,
  };
  const body = untag(row.body) as Omit<Order, Columns | "terms"> & { readonly terms: StoredTerms };
  return { ...body, terms: readTerms(body.terms), ...columns } as Order;
}

export function writeQuoteBody(quote: Quote): unknown {
  const { terms, customerMpesaFeeKesCents, msisdn, sources } = quote;
  return tag({ terms, customerMpesaFeeKesCents, msisdn, sources });
}

export function readQuoteBody(
  body: unknown,
): Pick<Quote, "terms" | "customerMpesaFeeKesCents" | "msisdn" | "sources"> {
  const { terms, ...rest } = untag(body) as Omit<ReturnType<typeof readQuoteBody>, "terms"> & {
    readonly terms: StoredTerms;
  };
  return { terms: readTerms(terms), ...rest };
}

/** Terms stored before migration 0104 have no `currency` (they are in KES), and have the price in `rate.kesCents`. */
type StoredTerms = Omit<Terms, "currency" | "rate"> & {
  readonly currency?: string;
  readonly rate: { readonly minorUnits?: bigint; readonly kesCents?: bigint; readonly btc: bigint };
};

/** @throws Error when the stored currency is not enabled. */
function readTerms({ currency, rate: price, ...rest }: StoredTerms): Terms {
  const known = valueOf(parseCurrency(currency ?? "KES"));
  const minorUnits = price.minorUnits ?? price.kesCents ?? 0n;
  return { currency: known, ...rest, rate: rate(known, minorUnits, price.btc) };
}

export function writePostings(postings: readonly Posting[]): object[] {
  return postings.map(({ kind, entries }) => ({
    kind,
    entries: entries.map((entry) => ({ ...entry, amount: String(entry.amount) })),
  }));
}

/** Stores a bigint as `{"bigint": "123"}`: JSON numbers are not exact for amounts of money. */
function tag(value: unknown): unknown {
  if (typeof value === "bigint") return { bigint: String(value) };
  if (Array.isArray(value)) return value.map(tag);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, tag(member)]));
}

function untag(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untag);
  if (typeof value !== "object" || value === null) return value;
  if ("bigint" in value && typeof value.bigint === "string") return BigInt(value.bigint);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, untag(member)]));
}
