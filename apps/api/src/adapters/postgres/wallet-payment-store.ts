import { msat } from "@satsconnect/money";
import type { Queryable } from "@satsconnect/postgres";
import { toDateOrNull } from "./timestamps.ts";
import type {
  HistoryFilter,
  WalletInvoice,
  WalletInvoiceState,
  WalletPaymentStore,
  WalletSend,
} from "../../app/wallet/payment-store.ts";

export function createWalletPaymentStore(database: Queryable): WalletPaymentStore {
  return {
    insertSend: (walletId, send) => insertWalletSend(database, walletId, send),
    advanceInvoice: (paymentHash, state, now) =>
      advanceWalletInvoice(database, paymentHash, state, now),
    listSends: (walletId, filter) => listWalletSends(database, walletId, filter),
    listInvoices: (walletId, filter) => listWalletInvoices(database, walletId, filter),
  };
}

async function insertWalletSend(
  database: Queryable,
  walletId: string,
  row: WalletSend,
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

async function advanceWalletInvoice(
  database: Queryable,
  paymentHash: string,
  state: WalletInvoiceState,
  now: number,
): Promise<void> {
  await database.query(
    `UPDATE wallet_invoices
        SET state = CASE WHEN state IN ('open', 'held') THEN $2 ELSE state END, updated_at = $3
      WHERE payment_hash = $1`,
    [paymentHash, state, new Date(now)],
  );
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

async function listWalletSends(
  database: Queryable,
  walletId: string,
  filter: HistoryFilter,
): Promise<readonly WalletSend[]> {
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

async function listWalletInvoices(
  database: Queryable,
  walletId: string,
  filter: HistoryFilter,
): Promise<readonly WalletInvoice[]> {
  const { rows } = await database.query<InvoiceRecord>(
    `SELECT * FROM wallet_invoices WHERE wallet_id = $1 AND invoice IS NOT NULL AND ${historyCondition}
      ORDER BY created_at DESC, id DESC LIMIT $6`,
    historyValues(walletId, filter),
  );
  return rows.map(invoiceFrom);
}

function invoiceFrom(row: InvoiceRecord): WalletInvoice {
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
  return [
    walletId,
    toDateOrNull(before?.createdAt),
    before?.id ?? null,
    toDateOrNull(from),
    toDateOrNull(to),
    limit,
  ];
}
