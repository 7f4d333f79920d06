import { laneOf } from "../domain/lane.ts";
import { wakeHeightOf } from "../domain/sell/deadline.ts";
import type { OrderEvent } from "@satsconnect/contracts";
import { ok } from "@satsconnect/money";
import { openRefused } from "../app/orders/open-refusal.ts";
import type { UniqueKey } from "../domain/effects.ts";
import { isFinal } from "../domain/order.ts";
import type { Order } from "../domain/order.ts";
import { findImbalance } from "../domain/postings.ts";
import type { Account, Posting } from "../domain/postings.ts";
import type { Case, Evidence, OrderFilter, OrderStore } from "../app/orders/ports.ts";
import { newestFirst } from "../app/paging.ts";
import type { Quote } from "../domain/quote.ts";
import { emitsEvent } from "../domain/order-event.ts";

type Journal = {
  readonly orderId: string | null;
  readonly kind: string;
  readonly at: number;
  readonly entries: Posting["entries"];
};

export type MemoryOrderStore = OrderStore & {
  /** Posts a journal that belongs to no order: opening balances, income of the node. */
  readonly post: (kind: string, entries: Posting["entries"], at: number) => void;
  readonly balance: (account: Account) => bigint;
  readonly journals: () => readonly Journal[];
  readonly orders: () => readonly Order[];
  readonly caseCount: (orderId: string) => number;
  readonly evidenceOf: (orderId: string) => readonly Evidence[];
  /** The next time at which an order is due; null if none is. */
  readonly nextWakeAt: () => number | null;
  /** The lowest block height that an order waits for; null if none does. */
  readonly nextWakeHeight: () => number | null;
};

type Row = {
  order: Order;
  leaseUntil: number;
  /** The time at which new evidence makes the order due; null without new evidence. */
  evidenceAt: number | null;
};

function dueAt({ order, evidenceAt }: Row): number | null {
  if (order.wakeAt === null || evidenceAt === null) return order.wakeAt ?? evidenceAt;
  return Math.min(order.wakeAt, evidenceAt);
}

/** An in-memory order store for simulations and tests. Each call is atomic because it never awaits. */
export function createMemoryOrderStore(): MemoryOrderStore {
  const quotes = new Map<string, Quote>();
  const rows = new Map<string, Row>();
  const keys = new Map<string, string>();
  const journals: Journal[] = [];
  const posted = new Set<string>();
  const balances = new Map<Account, bigint>();
  const evidence = new Map<string, Evidence[]>();
  const events = new Map<string, OrderEvent[]>();
  const cases = new Map<string, Case>();

  function findTakenKey(
    orderId: string,
    requestedKeys: readonly UniqueKey[],
  ): UniqueKey | undefined {
    return requestedKeys.find((key) => (keys.get(keyName(key)) ?? orderId) !== orderId);
  }

  function postJournal(
    orderId: string | null,
    kind: string,
    entries: Posting["entries"],
    at: number,
  ) {
    const imbalance = findImbalance(entries);
    if (imbalance !== null) throw new Error(`${kind} ${imbalance}`);
    if (orderId !== null) {
      if (posted.has(`${orderId}:${kind}`))
        throw new Error(`${kind} was already posted for the order ${orderId}`);
      posted.add(`${orderId}:${kind}`);
    }
    journals.push({ orderId, kind, at, entries });
    for (const { account, amount } of entries) {
      balances.set(account, (balances.get(account) ?? 0n) + amount);
    }
  }

  function appendEvent(order: Order, at: number) {
    const walletEvents = events.get(order.walletId) ?? [];
    events.set(order.walletId, walletEvents);
    walletEvents.push({
      sequence: String(walletEvents.length + 1),
      orderId: order.id,
      kind: order.kind,
      state: order.state,
      reason: order.reason,
      at: new Date(at).toISOString(),
    });
  }

  return {
    addQuote: async (quote) => {
      quotes.set(quote.id, quote);
    },
    findQuote: async (walletId, quoteId) => {
      const quote = quotes.get(quoteId);
      return quote?.walletId === walletId ? quote : null;
    },
    open: async (order, { postings, keys: requestedKeys, dailyLimit }) => {
      const existing = rows.get(order.id);
      if (existing !== undefined) return ok(existing.order);
      const quote = quotes.get(order.quoteId);
      if (quote === undefined || quote.walletId !== order.walletId) {
        return openRefused("quote_not_found", dailyLimit.max);
      }
      if (quote.orderId !== null) {
        return openRefused("quote_used", dailyLimit.max);
      }
      const today = [...rows.values()]
        .map((row) => row.order)
        .filter(
          (other) =>
            other.walletId === order.walletId &&
            other.kind === order.kind &&
            other.terms.currency === order.terms.currency &&
            other.createdAt >= dailyLimit.since &&
            other.state !== "cancelled" &&
            other.state !== "expired",
        )
        .reduce(
          (total, { terms }) => total + terms.amountKesCents,
          order.terms.amountKesCents as bigint,
        );
      if (today > dailyLimit.max) {
        return openRefused("daily_limit_exceeded", dailyLimit.max);
      }
      if (findTakenKey(order.id, requestedKeys) !== undefined) {
        return openRefused("payment_hash_used", dailyLimit.max);
      }
      if ((balances.get("mpesa_available") ?? 0n) + availableFloatChange(postings) < 0n) {
        return openRefused("float_exhausted", dailyLimit.max);
      }
      quotes.set(quote.id, { ...quote, orderId: order.id });
      for (const key of requestedKeys) keys.set(keyName(key), order.id);
      for (const { kind, entries } of postings)
        postJournal(order.id, kind, entries, order.createdAt);
      rows.set(order.id, { order, leaseUntil: 0, evidenceAt: null });
      appendEvent(order, order.createdAt);
      return ok(order);
    },
    find: async (orderId) => rows.get(orderId)?.order ?? null,
    findByPaymentHash: async (paymentHash) => {
      const orderId = keys.get(keyName({ kind: "payment_hash", value: paymentHash }));
      return (orderId === undefined ? undefined : rows.get(orderId)?.order) ?? null;
    },
    list: async (walletId, filter) =>
      [...rows.values()]
        .map(({ order }) => order)
        .filter((order) => order.walletId === walletId && matches(order, filter))
        .sort(newestFirst)
        .slice(0, filter.limit),
    commit: async (read, decision, now) => {
      const row = rows.get(read.id);
      if (row === undefined) throw new Error(`The order ${read.id} does not exist`);
      const { order } = row;
      if (order.state !== read.state || order.version !== read.version) return { kind: "stale" };
      const key = findTakenKey(order.id, decision.keys);
      if (key !== undefined) return { kind: "key_taken", key };
      const { next } = decision;
      if (isFinal(order.state) && (next.state !== order.state || next.reason !== order.reason)) {
        throw new Error(`The order ${order.id} has ended and cannot change`);
      }
      for (const { kind, entries } of decision.postings) postJournal(order.id, kind, entries, now);
      for (const taken of decision.keys) keys.set(keyName(taken), order.id);
      for (const opened of decision.cases) {
        const name = `${order.id}:${opened.code}`;
        if (cases.has(name)) continue;
        cases.set(name, {
          id: name,
          orderId: order.id,
          ...opened,
          openedAt: now,
          resolvedAt: null,
        });
      }
      const final = isFinal(next.state);
      const saved: Order = {
        ...next,
        version: order.version + 1,
        updatedAt: isFinal(order.state) ? order.updatedAt : now,
        evidenceCount: order.evidenceCount,
        wakeAt: final ? null : next.wakeAt,
      };
      const unseen = saved.evidenceCount > saved.evidenceSeen;
      row.order = saved;
      row.evidenceAt = unseen ? ((final ? next.wakeAt : null) ?? now) : null;
      row.leaseUntil = 0;
      if (emitsEvent(order, saved)) appendEvent(saved, now);
      return { kind: "committed", order: saved };
    },
    addEvidence: async (piece) => {
      const row = rows.get(piece.orderId);
      if (row === undefined) return false;
      const list = evidence.get(piece.orderId) ?? [];
      evidence.set(piece.orderId, list);
      if (list.some(({ kind, body }) => kind === piece.kind && body === piece.body)) return true;
      list.push({ ...piece, number: list.length + 1 });
      row.leaseUntil = 0;
      row.order = { ...row.order, evidenceCount: list.length };
      row.evidenceAt = Math.min(row.evidenceAt ?? piece.receivedAt, piece.receivedAt);
      return true;
    },
    evidenceAfter: async (orderId, number) =>
      (evidence.get(orderId) ?? []).filter((piece) => piece.number > number),
    due: async (now, limit, leaseMs, lane) => {
      const found = [...rows.values()]
        .filter(({ order }) => lane === undefined || laneOf(order.kind, order.state) === lane)
        .filter((row) => (dueAt(row) ?? Infinity) <= now && row.leaseUntil <= now)
        .sort((left, right) => (dueAt(left) ?? 0) - (dueAt(right) ?? 0))
        .slice(0, limit);
      for (const row of found) row.leaseUntil = now + leaseMs;
      return found.map(({ order }) => order.id);
    },
    dueAtHeight: async (height, now, limit, leaseMs) => {
      const found = [...rows.values()]
        .filter((row) => (wakeHeightOf(row.order) ?? Infinity) <= height && row.leaseUntil <= now)
        .slice(0, limit);
      for (const row of found) row.leaseUntil = now + leaseMs;
      return found.map(({ order }) => order.id);
    },
    events: async (walletId, { orderId, afterSequence, limit }) =>
      (events.get(walletId) ?? [])
        .filter((event) => BigInt(event.sequence) > afterSequence)
        .filter((event) => orderId === null || event.orderId === orderId)
        .slice(0, limit),
    latestSequence: async (walletId) => BigInt(events.get(walletId)?.length ?? 0),
    cases: async ({ orderId }) =>
      [...cases.values()].filter((opened) => orderId === undefined || opened.orderId === orderId),

    post: (kind, entries, at) => postJournal(null, kind, entries, at),
    balance: (account) => balances.get(account) ?? 0n,
    journals: () => journals,
    orders: () => [...rows.values()].map(({ order }) => order),
    caseCount: (orderId) =>
      [...cases.values()].filter((opened) => opened.orderId === orderId).length,
    evidenceOf: (orderId) => evidence.get(orderId) ?? [],
    nextWakeHeight: () => {
      let next: number | null = null;
      for (const { order } of rows.values()) {
        const height = wakeHeightOf(order);
        if (height !== null && (next === null || height < next)) next = height;
      }
      return next;
    },
    nextWakeAt: () => {
      let next: number | null = null;
      for (const row of rows.values()) {
        const due = dueAt(row);
        if (due === null) continue;
        const at = Math.max(due, row.leaseUntil);
        if (next === null || at < next) next = at;
      }
      return next;
    },
  };
}

function keyName({ kind, value }: UniqueKey): string {
  return `${kind}:${value}`;
}

/** How much the postings change the available float, in cents: negative if they reserve some. */
function availableFloatChange(postings: readonly Posting[]): bigint {
  return postings
    .flatMap(({ entries }) => entries)
    .filter(({ account }) => account === "mpesa_available")
    .reduce((total, { amount }) => total + amount, 0n);
}

function matches(order: Order, filter: OrderFilter): boolean {
  const { kind, state, before, from, to } = filter;
  return (
    (kind === undefined || order.kind === kind) &&
    (state === undefined || order.state === state) &&
    (from === undefined || from === null || order.createdAt >= from) &&
    (to === undefined || to === null || order.createdAt < to) &&
    (before === undefined || before === null || newestFirst(order, before) > 0)
  );
}
