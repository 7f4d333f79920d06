import { msat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import type { Queryable } from "@satsconnect/postgres";
import type { Position } from "../../app/paging.ts";

export type WalletSendRow = {
  readonly id: string;
  readonly paymentHash: string;
  readonly payeeNodeId: string;
  readonly amountMsat: Msat;
  readonly estimatedFeeMsat: Msat;
  readonly description: string;
  readonly createdAt: number;
  readonly expiresAt: number;
};

export type WalletInvoiceState = "open" | "held" | "claimed" | "returned" | "expired";

export type WalletInvoiceRow = {
  readonly id: string;
  readonly walletId: string;
  readonly paymentHash: string;
  readonly amountMsat: Msat;
  readonly description: string;
  readonly expirySeconds: number;
  readonly invoice: string | null;
  readonly state: WalletInvoiceState;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number | null;
};

export type HistoryFilter = {
  readonly before: Position | null;
  readonly from: number | null;
  readonly to: number | null;
  readonly limit: number;
};

/** Repeating it with the same id changes nothing. */
export async function insertWalletSend(
  database: Queryable,
  walletId: string,
  row: WalletSendRow,
): Promise<void> {
  await database.query(
    `INSERT INTO wallet_sends
       (id, wallet_id, payment_hash, payee_node_id, amount_msat, estimated_fee_msat, description, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING`,
    [
      row.id,
      walletId,
      row.paymentHash,
      row.payeeNodeId,
      row.amountMsat,
      row.estimatedFeeMsat,
      row.description,
      new Date(row.createdAt),
      new Date(row.expiresAt),
    ],
  );
}

/** Writes the intent, or finds it again. Null when the payment hash belongs to another one. */
export async function insertWalletInvoice(
  database: Queryable,
  row: Pick<
    WalletInvoiceRow,
    "id" | "walletId" | "paymentHash" | "amountMsat" | "description" | "expirySeconds" | "createdAt"
  >,
): Promise<WalletInvoiceRow | null> {
  await database.query(
    `INSERT INTO wallet_invoices
       (id, wallet_id, payment_hash, amount_msat, description, expiry_seconds, state, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $7) ON CONFLICT DO NOTHING`,
    [
      row.id,
      row.walletId,
      row.paymentHash,
      row.amountMsat,
      row.description,
      row.expirySeconds,
      new Date(row.createdAt),
    ],
  );
  const { rows } = await database.query<InvoiceRecord>(
    "SELECT * FROM wallet_invoices WHERE id = $1",
    [row.id],
  );
  return rows[0] === undefined ? null : invoiceFrom(rows[0]);
}

export async function setWalletInvoice(
  database: Queryable,
  id: string,
  made: { readonly invoice: string; readonly expiresAt: number; readonly now: number },
): Promise<void> {
  await database.query(
    "UPDATE wallet_invoices SET invoice = $2, expires_at = $3, updated_at = $4 WHERE id = $1 AND invoice IS NULL",
    [id, made.invoice, new Date(made.expiresAt), new Date(made.now)],
  );
}

/** Moves an invoice on, by its payment hash; final states stay. False when it is not a wallet's. */
export async function advanceWalletInvoice(
  database: Queryable,
  paymentHash: string,
  state: WalletInvoiceState,
  now: number,
): Promise<boolean> {
  const { rowCount } = await database.query(
    `UPDATE wallet_invoices
        SET state = CASE WHEN state IN ('open', 'held') THEN $2 ELSE state END, updated_at = $3
      WHERE payment_hash = $1`,
    [paymentHash, state, new Date(now)],
  );
  return rowCount === 1;
}

type SendRecord = {
  id: string;
  payment_hash: string;
  payee_node_id: string;
  amount_msat: bigint;
  estimated_fee_msat: bigint;
  description: string;
  created_at: Date;
  expires_at: Date;
};

export async function listWalletSends(
  database: Queryable,
  walletId: string,
  filter: HistoryFilter,
): Promise<readonly WalletSendRow[]> {
  const { rows } = await database.query<SendRecord>(
    `SELECT * FROM wallet_sends WHERE wallet_id = $1 AND ${historyCondition} ORDER BY created_at DESC, id DESC LIMIT $6`,
    historyValues(walletId, filter),
  );
  return rows.map((row) => ({
    id: row.id,
    paymentHash: row.payment_hash,
    payeeNodeId: row.payee_node_id,
    amountMsat: msat(row.amount_msat),
    estimatedFeeMsat: msat(row.estimated_fee_msat),
    description: row.description,
    createdAt: row.created_at.getTime(),
    expiresAt: row.expires_at.getTime(),
  }));
}

type InvoiceRecord = {
  id: string;
  wallet_id: string;
  payment_hash: string;
  amount_msat: bigint;
  description: string;
  expiry_seconds: number;
  invoice: string | null;
  state: WalletInvoiceState;
  created_at: Date;
  updated_at: Date;
  expires_at: Date | null;
};

export async function listWalletInvoices(
  database: Queryable,
  walletId: string,
  filter: HistoryFilter,
): Promise<readonly WalletInvoiceRow[]> {
  const { rows } = await database.query<InvoiceRecord>(
    `SELECT * FROM wallet_invoices WHERE wallet_id = $1 AND invoice IS NOT NULL AND ${historyCondition}
      ORDER BY created_at DESC, id DESC LIMIT $6`,
    historyValues(walletId, filter),
  );
  return rows.map(invoiceFrom);
}

function invoiceFrom(row: InvoiceRecord): WalletInvoiceRow {
  return {
    id: row.id,
    walletId: row.wallet_id,
    paymentHash: row.payment_hash,
    amountMsat: msat(row.amount_msat),
    description: row.description,
    expirySeconds: row.expiry_seconds,
    invoice: row.invoice,
    state: row.state,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
    expiresAt: row.expires_at?.getTime() ?? null,
  };
}

const historyCondition = `($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
  AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5)`;

function historyValues(walletId: string, { before, from, to, limit }: HistoryFilter): unknown[] {
  const date = (milliseconds: number | null | undefined) =>
    milliseconds === null || milliseconds === undefined ? null : new Date(milliseconds);
  return [walletId, date(before?.createdAt), before?.id ?? null, date(from), date(to), limit];
}
