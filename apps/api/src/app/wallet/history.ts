import type { Order, Transaction } from "@satsconnect/contracts";
import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { decodeCursor, newestFirst, toPage } from "../paging.ts";
import type { Position } from "../paging.ts";
import type {
  HistoryFilter,
  WalletInvoice,
  WalletPaymentStore,
  WalletSend,
} from "./payment-store.ts";

type HistoryQuery = {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly type?: Transaction["type"] | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

export type History = {
  readonly transactions: (
    walletId: string,
    query: HistoryQuery,
  ) => Promise<
    Result<
      { readonly entries: readonly Transaction[]; readonly nextCursor: string | null },
      "invalid_request"
    >
  >;
};

export type HistoryOptions = {
  readonly store: WalletPaymentStore;
  readonly listOrders: (walletId: string, filter: HistoryFilter) => Promise<readonly Order[]>;
  readonly now: () => number;
};

type Entry = Position & { readonly transaction: Transaction };

/** A wallet's orders and Lightning payments in one list, newest first. */
export function createHistory({ store, listOrders, now }: HistoryOptions): History {
  return {
    transactions: async (walletId, query) => {
      const position = query.cursor === undefined ? ok(null) : decodeCursor(query.cursor);
      if (!position.ok) return position;
      const filter: HistoryFilter = {
        before: position.value,
        from: query.from === undefined ? null : Date.parse(query.from),
        to: query.to === undefined ? null : Date.parse(query.to),
        limit: query.limit + 1,
      };
      const includes = (type: Transaction["type"]) =>
        query.type === undefined || query.type === type;
      const [orders, sends, invoices] = await Promise.all([
        includes("order") ? listOrders(walletId, filter) : [],
        includes("send") ? store.listSends(walletId, filter) : [],
        includes("receive") ? store.listInvoices(walletId, filter) : [],
      ]);
      const entries: Entry[] = [
        ...orders.map(orderEntry),
        ...sends.map((row) => sendEntry(row, now())),
        ...invoices.map(invoiceEntry),
      ].sort(newestFirst);
      const page = toPage(entries, query.limit, (entry) => entry);
      return ok({
        entries: page.entries.map(({ transaction }) => transaction),
        nextCursor: page.nextCursor,
      });
    },
  };
}

function orderEntry(order: Order): Entry {
  return {
    id: order.id,
    createdAt: Date.parse(order.createdAt),
    transaction: { type: "order", createdAt: order.createdAt, order },
  };
}

function sendEntry(row: WalletSend, now: number): Entry {
  const createdAt = new Date(row.createdAt).toISOString();
  return {
    id: row.id,
    createdAt: row.createdAt,
    transaction: {
      type: "send",
      id: row.id,
      state: row.expiresAt > now ? "handed_over" : "expired",
      paymentHash: row.paymentHash,
      payeeNodeId: row.payeeNodeId,
      amountMsat: String(row.amountMsat),
      estimatedFeeMsat: String(row.estimatedFeeMsat),
      description: row.description,
      createdAt,
      updatedAt: createdAt,
    },
  };
}

function invoiceEntry(row: WalletInvoice): Entry {
  return {
    id: row.id,
    createdAt: row.createdAt,
    transaction: {
      type: "receive",
      id: row.id,
      state: row.state,
      invoice: row.invoice ?? "",
      paymentHash: row.paymentHash,
      amountMsat: String(row.amountMsat),
      description: row.description,
      createdAt: new Date(row.createdAt).toISOString(),
      updatedAt: new Date(row.updatedAt).toISOString(),
    },
  };
}
