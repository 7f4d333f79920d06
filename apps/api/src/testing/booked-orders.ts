import { randomBytes, randomUUID } from "node:crypto";
import type { Database } from "@satsconnect/postgres";

export type StoredOrder = {
  readonly id: string;
  readonly accountReference: string;
};

/**
 * Stores an order as far as the books know orders: its state, amount and account reference. Its postings are added with
 * `postForOrder`.
 */
export async function storeOrder(
  database: Database,
  order: {
    readonly kind: "buy" | "sell";
    readonly state: string;
    readonly amountKesCents: bigint;
    readonly payout?: object;
    readonly fees?: readonly { readonly code: string; readonly amountKesCents: bigint }[];
  },
): Promise<StoredOrder> {
  const [id, walletId, quoteId] = [randomUUID(), randomUUID(), randomUUID()];
  const accountReference = randomBytes(6).toString("hex").toUpperCase();
  const ended = ["paid", "refunded", "claimed", "cancelled", "expired"].includes(order.state);
  const nodeId = `02${randomBytes(32).toString("hex")}`;
  await database.query("INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, now())", [
    walletId,
    nodeId,
  ]);
  await database.query(
    `INSERT INTO quotes (id, wallet_id, kind, body, created_at, expires_at)
      VALUES ($1, $2, $3, '{}', now(), now())`,
    [quoteId, walletId, order.kind],
  );
  const body = {
    prompt: { accountReference },
    msisdn: "254700000001",
    ...(order.payout === undefined ? {} : { payout: order.payout }),
    terms: {
      currency: "KES",
      fees: (order.fees ?? []).map(({ code, amountKesCents }) => ({
        code,
        amountKesCents: { bigint: String(amountKesCents) },
        amountMsat: { bigint: "0" },
      })),
    },
  };
  await database.query(
    `INSERT INTO orders (id, wallet_id, quote_id, kind, state, version, amount_kes_cents, amount_msat, body, created_at,
                         updated_at, deadline_at, wake_at)
      VALUES ($1, $2, $3, $4, $5, 1, $6, 1000, $7::jsonb, now(), now(),
              CASE WHEN $8 THEN NULL ELSE now() END, CASE WHEN $8 THEN NULL ELSE now() END)`,
    [
      id,
      walletId,
      quoteId,
      order.kind,
      order.state,
      order.amountKesCents,
      JSON.stringify(body),
      ended,
    ],
  );
  return { id, accountReference };
}

/** Posts one journal of an order: amounts by account in KES, which must sum to zero. */
export async function postForOrder(
  database: Database,
  orderId: string,
  kind: string,
  amounts: Readonly<Record<string, bigint>>,
): Promise<void> {
  const entries = Object.entries(amounts).map(([account, amount]) => ({
    account,
    currency: "KES",
    amount: String(amount),
  }));
  await database.query("SELECT post_order_journals($1, now(), $2::jsonb)", [
    orderId,
    JSON.stringify([{ kind, entries }]),
  ]);
}
