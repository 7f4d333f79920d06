import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Database } from "@satsconnect/postgres";
import type { Order } from "../domain/order.ts";
import type { LimitQuery, TradeLimit } from "../domain/trade-limits.ts";
import type { OrderStore } from "../app/orders/ports.ts";
import { createOrderStore } from "../adapters/postgres/order-store.ts";

/** Real stores know UUIDs only. The same name is always the same id. */
function uuidOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

function stored<Some extends Order>(order: Some): Some {
  const { id, walletId, quoteId } = order;
  return { ...order, id: uuidOf(id), walletId: uuidOf(walletId), quoteId: uuidOf(quoteId) };
}

export type Shadow = {
  readonly wrap: (store: OrderStore) => OrderStore;
  readonly isBusy: () => boolean;
  /** The first difference between the two stores; null while there is none. */
  readonly difference: () => string | null;
};

/**
 * Makes every change of a simulated store in Postgres too, in the same order, and compares what both answer and what both
 * then hold: what is simulated in memory is what the SQL functions do.
 */
export function createShadow(database: Database): Shadow {
  const postgres = createOrderStore(database);
  const wallets = new Set<string>();
  let queue: Promise<unknown> = Promise.resolve();
  let pending = 0;
  let difference: string | null = null;

  async function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    pending += 1;
    const turn = queue.then(work);
    queue = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      pending -= 1;
    }
  }

  function compare(what: string, inMemory: unknown, inPostgres: unknown): void {
    if (difference !== null || isDeepStrictEqual(plain(inMemory), plain(inPostgres))) return;
    difference = `${what}: ${text(inMemory)} in memory, ${text(inPostgres)} in Postgres`;
  }

  /** The outcome of a call; an exception is one too. */
  async function outcome<Value>(work: () => Promise<Value>, of: (value: Value) => unknown) {
    try {
      return of(await work());
    } catch (error) {
      return error instanceof Error ? "exception" : String(error);
    }
  }

  async function addWallet(walletId: string): Promise<void> {
    if (wallets.has(walletId)) return;
    wallets.add(walletId);
    await database.query("INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, now())", [
      uuidOf(walletId),
      `02${createHash("sha256").update(walletId).digest("hex")}`,
    ]);
  }

  async function compareOrder(memory: OrderStore, orderId: string): Promise<void> {
    const known = await memory.find(orderId);
    const inPostgres = await postgres.find(uuidOf(orderId));
    compare(`the order ${orderId}`, known === null ? null : stored(known), inPostgres);
    compare("the float", await memory.availableFloat(), await postgres.availableFloat());
  }

  async function compareLimits(
    memory: OrderStore,
    { walletId, deviceId, msisdn, kind }: Order,
    limits: Pick<LimitQuery, "at" | "railDailyMax" | "countFactor">,
  ): Promise<void> {
    const query = { walletId, deviceId, msisdn, kind, ...limits };
    const numbers = (found: readonly TradeLimit[]) =>
      found.map(({ code, amount, count }) => ({ code, amount, count }));
    compare(
      `the limits of ${walletId}`,
      numbers(await memory.limits(query)),
      numbers(await postgres.limits({ ...query, walletId: uuidOf(walletId) })),
    );
  }

  function wrap(memory: OrderStore): OrderStore {
    return {
      ...memory,
      addQuote: (quote) =>
        inTurn(async () => {
          await addWallet(quote.walletId);
          const { id, walletId } = quote;
          await postgres.addQuote({ ...quote, id: uuidOf(id), walletId: uuidOf(walletId) });
          await memory.addQuote(quote);
        }),
      open: (order, opening) =>
        inTurn(async () => {
          await compareLimits(memory, order, opening.limits);
          const real = await outcome(
            () => postgres.open(stored(order), opening),
            (value) => (value.ok ? "opened" : value.error.code),
          );
          const answer = await memory.open(order, opening);
          compare(`opening ${order.id}`, answer.ok ? "opened" : answer.error.code, real);
          await compareOrder(memory, order.id);
          return answer;
        }),
      commit: (order, decision, now, act) =>
        inTurn(async () => {
          const real = await outcome(
            () =>
              postgres.commit(
                stored(order),
                { ...decision, next: stored(decision.next) },
                now,
                act === undefined ? undefined : { ...act, id: uuidOf(act.id) },
              ),
            ({ kind }) => kind,
          );
          const answer = await memory.commit(order, decision, now, act);
          compare(`a change of ${order.id} in ${order.state}`, answer.kind, real);
          await compareOrder(memory, order.id);
          return answer;
        }),
      addEvidence: (evidence) =>
        inTurn(async () => {
          const real = await postgres.addEvidence({
            ...evidence,
            orderId: uuidOf(evidence.orderId),
          });
          const answer = await memory.addEvidence(evidence);
          compare(`evidence of ${evidence.orderId}`, answer, real);
          return answer;
        }),
      proveNumber: (walletId, msisdn, at) =>
        inTurn(async () => {
          await addWallet(walletId);
          await postgres.proveNumber(uuidOf(walletId), msisdn, at);
          await memory.proveNumber(walletId, msisdn, at);
        }),
    };
  }

  return { wrap, isBusy: () => pending > 0, difference: () => difference };
}

/** Members that are absent and those that are undefined are the same. */
function plain(value: unknown): unknown {
  return JSON.parse(text(value));
}

function text(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? "null";
}

function sorted(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
