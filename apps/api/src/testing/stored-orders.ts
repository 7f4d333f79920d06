import { randomBytes, randomUUID } from "node:crypto";
import { fiat } from "@satsconnect/money";
import { emptyCaseFile } from "../domain/case-file.ts";
import type { BuyOrder, Order, SellOrder } from "../domain/order.ts";
import { posting, transfer } from "../domain/postings.ts";
import { change, opening, sampleBuy, sampleQuote, sampleSell } from "../domain/samples.ts";
import type { OrderStore } from "../app/orders/ports.ts";
import type { TestDatabase } from "./database.ts";

export type StoredOrders = {
  /** A buy whose shillings arrived under a receipt and whose sats were never delivered: a case. */
  readonly lostBuy: (kes: number, more?: Partial<BuyOrder>) => Promise<Order & { receipt: string }>;
  readonly sell: (more?: Partial<SellOrder>) => Promise<Order>;
};

/** Puts orders into the store without going through M-Pesa and the node. */
export function storedOrders(store: OrderStore, { database }: TestDatabase): StoredOrders {
  async function newIds() {
    const walletId = randomUUID();
    await database.query("INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, now())", [
      walletId,
      `02${randomBytes(32).toString("hex")}`,
    ]);
    const tag = randomBytes(9).toString("hex");
    return { orderId: randomUUID(), quoteId: randomUUID(), walletId, tag };
  }

  async function open<Of extends BuyOrder | SellOrder>(order: Of): Promise<Of> {
    const { id: orderId, quoteId, walletId } = order;
    await store.addQuote(sampleQuote(order.kind, { orderId, quoteId, walletId, tag: "" }));
    const opened = await store.open(order, opening(order));
    if (!opened.ok) throw new Error(opened.error.code);
    return order;
  }

  return {
    lostBuy: async (kes, more = {}) => {
      const ids = await newIds();
      const sample = sampleBuy(ids);
      const amountKesCents = fiat("KES", BigInt(kes) * 100n);
      const order = await open({
        ...sample,
        terms: { ...sample.terms, amountKesCents },
        ...more,
      });
      const receipt = `S${randomBytes(5).toString("hex").toUpperCase().slice(0, 9)}`;
      const checkoutRequestId = `ws_CO_${ids.tag}`;
      const later = Date.now() + 24 * 60 * 60_000;
      const decision = change<BuyOrder>(
        order,
        {
          state: "case",
          reason: "payment_overdue",
          credit: "none",
          mpesaReceipt: receipt,
          deadlineAt: later,
          wakeAt: later,
          caseFile: {
            ...emptyCaseFile,
            payments: [
              {
                checkoutRequestId,
                receipt,
                msisdn: order.msisdn,
                amountKesCents,
                reversal: "none",
              },
            ],
            suspenseKesCents: amountKesCents,
            journals: 1,
          },
        },
        {
          keys: [
            { kind: "mpesa_receipt", value: receipt },
            { kind: "checkout_request_id", value: checkoutRequestId },
          ],
          cases: [{ code: "payment_overdue", detail: "The node does not answer." }],
          postings: [
            posting("suspense_received:1", [
              ...transfer("KES", "kes_suspense", "mpesa_collections", amountKesCents),
            ]),
          ],
        },
      );
      const committed = await store.commit(order, decision, Date.now());
      if (committed.kind !== "committed") throw new Error(committed.kind);
      return { ...committed.order, receipt };
    },
    sell: async (more = {}) => open({ ...sampleSell(await newIds()), ...more }),
  };
}
