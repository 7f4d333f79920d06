import { randomUUID } from "node:crypto";
import { fiat, msat } from "@satsconnect/money";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BuyOrder, SellOrder } from "../domain/order.ts";
import type { Account } from "../domain/postings.ts";
import { posting, transfer } from "../domain/postings.ts";
import type { OrderStore } from "../app/orders/ports.ts";
import {
  change,
  opening,
  sampleBuy,
  sampleQuote,
  sampleSell,
  sampleTime,
} from "../domain/samples.ts";
import type { SampleIds } from "../domain/samples.ts";

export type StoreUnderTest = {
  readonly store: OrderStore;
  /** Registers a wallet; does nothing in a store that does not know wallets. */
  readonly addWallet: (walletId: string) => Promise<void>;
  readonly fund: (cents: bigint) => Promise<void>;
  readonly balance: (account: Account) => Promise<bigint>;
  readonly close: () => Promise<void>;
};

/** The contract of every order store. The in-memory store and the Postgres store both pass it. */
export function orderStoreConformance(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(`the ${name} order store`, () => {
    let fixture: StoreUnderTest;
    let store: OrderStore;

    beforeAll(async () => {
      fixture = await create();
      store = fixture.store;
      await fixture.fund(1_000_000n);
    });
    afterAll(() => fixture.close());

    async function newIds(walletId?: string): Promise<SampleIds> {
      const wallet = walletId ?? randomUUID();
      if (walletId === undefined) await fixture.addWallet(wallet);
      const tag = randomUUID().replaceAll("-", "").slice(0, 18);
      return { orderId: randomUUID(), quoteId: randomUUID(), walletId: wallet, tag };
    }

    async function openBuy(walletId?: string): Promise<BuyOrder> {
      const named = await newIds(walletId);
      await store.addQuote(sampleQuote("buy", named));
      const order = sampleBuy(named);
      const opened = await store.open(order, opening(order));
      if (!opened.ok) throw new Error(opened.error.code);
      return order;
    }

    async function openSell(walletId?: string): Promise<SellOrder> {
      const named = await newIds(walletId);
      await store.addQuote(sampleQuote("sell", named));
      const order = sampleSell(named);
      const opened = await store.open(order, opening(order));
      if (!opened.ok) throw new Error(opened.error.code);
      return order;
    }

    test("returns orders and quotes exactly as stored", async () => {
      const buy = await openBuy();
      const sell = await openSell();
      expect(await store.find(buy.id)).toEqual(buy);
      expect(await store.find(sell.id)).toEqual(sell);
      expect(await store.findByPaymentHash(buy.lightning.paymentHash)).toEqual(buy);
      expect(await store.find(randomUUID())).toBeNull();
      const quote = await store.findQuote(buy.walletId, buy.quoteId);
      const named = { ...(await newIds()), quoteId: buy.quoteId, walletId: buy.walletId };
      expect(quote).toEqual({ ...sampleQuote("buy", named), orderId: buy.id });
      expect(await store.findQuote(sell.walletId, buy.quoteId)).toBeNull();
    });

    test("opens one order from a quote when eight are opened at once", async () => {
      const named = await newIds();
      await store.addQuote(sampleQuote("buy", named));
      const orders = Array.from({ length: 8 }, (_unused, index) =>
        sampleBuy({ ...named, orderId: randomUUID(), tag: `${named.tag}${index}` }),
      );
      const opened = await Promise.all(orders.map((order) => store.open(order, opening(order))));
      expect(opened.filter(({ ok }) => ok)).toHaveLength(1);
      const codes = opened.flatMap((one) => (one.ok ? [] : [one.error.code]));
      expect(new Set(codes)).toEqual(new Set(["quote_used"]));
    });

    test("opens an order once when the call is repeated", async () => {
      const named = await newIds();
      await store.addQuote(sampleQuote("sell", named));
      const order = sampleSell(named);
      const before = await fixture.balance("mpesa_reserved");
      for (let time = 0; time < 3; time += 1) {
        expect(await store.open(order, opening(order))).toEqual({ ok: true, value: order });
      }
      expect((await fixture.balance("mpesa_reserved")) - before).toBe(30_000n);
    });

    test("refuses a quote of another wallet", async () => {
      const named = await newIds();
      await store.addQuote(sampleQuote("buy", named));
      const otherWallet = await newIds();
      const order = sampleBuy({ ...otherWallet, quoteId: named.quoteId });
      expect(await store.open(order, opening(order))).toMatchObject({
        error: { code: "quote_not_found" },
      });
    });

    test("refuses a payment hash of another order and stores nothing", async () => {
      const first = await openBuy();
      const named = await newIds();
      await store.addQuote(sampleQuote("buy", named));
      const second = sampleBuy(named);
      const order = { ...second, lightning: first.lightning };
      expect(await store.open(order, opening(order))).toMatchObject({
        error: { code: "payment_hash_used" },
      });
      expect(await store.find(order.id)).toBeNull();
      expect((await store.findQuote(named.walletId, named.quoteId))?.orderId).toBeNull();
    });

    test("never reserves more than the available float when many orders open at once", async () => {
      const available = await fixture.balance("mpesa_available");
      const many = Number(available / 30_000n) + 5;
      const orders: SellOrder[] = [];
      for (let index = 0; index < many; index += 1) {
        const named = await newIds();
        await store.addQuote(sampleQuote("sell", named));
        orders.push(sampleSell(named));
      }
      const opened = await Promise.all(orders.map((order) => store.open(order, opening(order))));
      expect(opened.filter(({ ok }) => ok)).toHaveLength(Number(available / 30_000n));
      const codes = opened.flatMap((one) => (one.ok ? [] : [one.error.code]));
      expect(new Set(codes)).toEqual(new Set(["float_exhausted"]));
      expect(await fixture.balance("mpesa_available")).toBe(available % 30_000n);
      await fixture.fund(1_000_000n);
    });

    test("enforces the daily limit of a wallet when many orders open at once", async () => {
      const { walletId } = await newIds();
      const attempts = await Promise.all(
        Array.from({ length: 6 }, async () => {
          const named = await newIds(walletId);
          await store.addQuote(sampleQuote("buy", named));
          const order = sampleBuy(named);
          const dailyLimit = { since: sampleTime - 1, max: fiat("KES", 90_000n) };
          return store.open(order, { ...opening(order), dailyLimit });
        }),
      );
      expect(attempts.filter(({ ok }) => ok)).toHaveLength(3);
    });

    test("commits one of several changes made from the same version", async () => {
      const order = await openBuy();
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, () =>
          store.commit(order, change(order, { state: "stk_unknown" }), sampleTime + 1),
        ),
      );
      expect(outcomes.filter(({ kind }) => kind === "committed")).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === "stale")).toHaveLength(5);
      expect(await store.find(order.id)).toMatchObject({
        state: "stk_unknown",
        version: 2,
        updatedAt: sampleTime + 1,
      });
    });

    test("stores a change completely or not at all", async () => {
      const first = await openBuy();
      const second = await openBuy();
      const receipt = {
        kind: "mpesa_receipt",
        value: `R${first.payout.originatorConversationId}`,
      } as const;
      const credit = posting(
        "kes_received",
        transfer("KES", "buys_undelivered", "mpesa_available", fiat("KES", 30_000n)),
      );
      const openedCase = { code: "strange_callback", detail: "?" };
      const credited = (order: BuyOrder) =>
        change(
          order,
          { state: "kes_received", mpesaReceipt: receipt.value },
          {
            keys: [receipt],
            postings: [credit],
            cases: [openedCase],
          },
        );
      const before = await fixture.balance("buys_undelivered");
      const done = await store.commit(first, credited(first), sampleTime + 1);
      expect(done.kind).toBe("committed");
      // The same receipt for another order.
      expect(await store.commit(second, credited(second), sampleTime + 1)).toEqual({
        kind: "key_taken",
        key: receipt,
      });
      expect(await store.find(second.id)).toEqual(second);
      expect(await store.cases({ orderId: second.id })).toEqual([]);
      expect(await fixture.balance("buys_undelivered")).toBe(before - 30_000n);
      expect(
        await store.events(second.walletId, { orderId: null, afterSequence: 0n, limit: 9 }),
      ).toHaveLength(1);
      expect(await store.cases({ orderId: first.id })).toMatchObject([openedCase]);
    });

    test("posts each kind of posting once for an order", async () => {
      const order = await openSell();
      const again = change(order, { reason: "x" }, opening(order));
      await expect(store.commit(order, again, sampleTime + 1)).rejects.toThrow(
        /already posted|ledger_journals/,
      );
      expect(await store.find(order.id)).toEqual(order);
    });

    test("accepts unique keys that the order already holds", async () => {
      const order = await openBuy();
      const { keys } = opening(order);
      const outcome = await store.commit(order, change(order, {}, { keys }), sampleTime + 1);
      expect(outcome.kind).toBe("committed");
    });

    test("refuses a state change of a final order, but accepts a case", async () => {
      const order = await openBuy();
      const ended = await store.commit(
        order,
        change(order, { state: "cancelled", reason: "x", deadlineAt: null, wakeAt: null }),
        sampleTime + 1,
      );
      if (ended.kind !== "committed") throw new Error(ended.kind);
      const final = ended.order as BuyOrder;
      await expect(
        store.commit(final, change(final, { state: "expired" }), sampleTime + 2),
      ).rejects.toThrow(/has ended and cannot change/);
      await expect(
        store.commit(final, change(final, { reason: "y" }), sampleTime + 2),
      ).rejects.toThrow(/has ended and cannot change/);
      const late = { code: "late_payment", detail: "late" };
      const committed = await store.commit(
        final,
        change(final, {}, { cases: [late] }),
        sampleTime + 2,
      );
      expect(committed.kind).toBe("committed");
      expect(await store.find(order.id)).toMatchObject({ state: "cancelled", reason: "x" });
    });

    test("numbers evidence, stores the same body once, and makes the order due", async () => {
      const order = await openBuy();
      const postponed = await store.commit(
        order,
        change(order, { wakeAt: sampleTime + 800_000 }),
        sampleTime,
      );
      expect(postponed.kind).toBe("committed");
      const piece = {
        orderId: order.id,
        kind: "prompt" as const,
        receivedAt: sampleTime + 5,
        fromAddress: "196.201.214.200",
      };
      const bodies = ['{"a":1}', "<html>", '{"a":1}', "", "ünï•"];
      for (const body of bodies) expect(await store.addEvidence({ ...piece, body })).toBe(true);
      const stored = await store.evidenceAfter(order.id, 0);
      expect(stored.map(({ number, body }) => [number, body])).toEqual([
        [1, '{"a":1}'],
        [2, "<html>"],
        [3, ""],
        [4, "ünï•"],
      ]);
      expect(await store.evidenceAfter(order.id, 3)).toHaveLength(1);
      expect(await store.addEvidence({ ...piece, orderId: randomUUID(), body: "x" })).toBe(false);
      expect(await store.due(sampleTime + 4, 500, 1_000)).not.toContain(order.id);
      expect(await store.due(sampleTime + 5, 500, 1_000)).toContain(order.id);
      const read = await store.find(order.id);
      expect(read).toMatchObject({ evidenceCount: 4, evidenceSeen: 0, version: 2 });
    });

    test("keeps an order due until all its evidence is seen", async () => {
      const order = await openBuy();
      const piece = { orderId: order.id, kind: "prompt" as const, fromAddress: "x" };
      await store.addEvidence({ ...piece, body: "1", receivedAt: sampleTime });
      const read = (await store.find(order.id)) as BuyOrder;
      // A second piece of evidence arrives while the first is being decided.
      await store.addEvidence({ ...piece, body: "2", receivedAt: sampleTime + 1 });
      const wakeAt = sampleTime + 800_000;
      const first = await store.commit(
        read,
        change(read, { evidenceSeen: 1, wakeAt }),
        sampleTime + 2,
      );
      if (first.kind !== "committed") throw new Error(first.kind);
      expect(first.order).toMatchObject({ evidenceCount: 2, evidenceSeen: 1 });
      expect(await store.due(sampleTime + 2, 500, 1)).toContain(order.id);
      const after = first.order as BuyOrder;
      await store.commit(after, change(after, { evidenceSeen: 2 }), sampleTime + 4);
      expect(await store.due(sampleTime + 5, 500, 1)).not.toContain(order.id);
    });

    test("makes a final order due for late evidence, and again at the retry time of the commit", async () => {
      const order = await openBuy();
      const ended = await store.commit(
        order,
        change(order, { state: "expired", deadlineAt: null, wakeAt: null }),
        sampleTime + 1,
      );
      if (ended.kind !== "committed") throw new Error(ended.kind);
      expect(await store.due(sampleTime + 2, 500, 1)).not.toContain(order.id);
      const receivedAt = sampleTime + 10;
      const piece = { orderId: order.id, kind: "prompt" as const, fromAddress: "x" };
      await store.addEvidence({ ...piece, body: "late", receivedAt });
      expect(await store.due(receivedAt, 500, 1)).toContain(order.id);
      const read = (await store.find(order.id)) as BuyOrder;
      const again = change(read, { wakeAt: receivedAt + 60_000 });
      expect((await store.commit(read, again, receivedAt)).kind).toBe("committed");
      expect(await store.due(receivedAt + 59_999, 500, 1)).not.toContain(order.id);
      expect(await store.due(receivedAt + 60_000, 500, 1)).toContain(order.id);
      expect(await store.find(order.id)).toMatchObject({ state: "expired", wakeAt: null });
    });

    test("leases a due order to one sweeper until the lease ends", async () => {
      const order = await openBuy();
      const now = sampleTime + 20;
      const found = await Promise.all(Array.from({ length: 5 }, () => store.due(now, 500, 30_000)));
      expect(found.filter((ids) => ids.includes(order.id))).toHaveLength(1);
      expect(await store.due(now + 29_999, 500, 1)).not.toContain(order.id);
      expect(await store.due(now + 30_000, 500, 1)).toContain(order.id);
    });

    test("finds the orders whose deadline is at a block height, once per lease", async () => {
      const order = await openSell();
      const held = {
        invoice: "lnbcrt1",
        paymentHash: `height-${order.quoteId}`,
        invoiceExpiresAt: sampleTime,
        receivedMsat: order.terms.amountMsat,
        claimDeadlineHeight: 1_112,
        tipHeight: 1_000,
        seenAt: 1,
      };
      const waiting = change(order, { state: "payout_unknown", held });
      const done = await store.commit(order, waiting, sampleTime + 1);
      if (done.kind !== "committed") throw new Error(done.kind);
      const now = sampleTime + 2;
      expect(await store.dueAtHeight(1_099, now, 500, 30_000)).not.toContain(order.id);
      const found = await Promise.all(
        Array.from({ length: 5 }, () => store.dueAtHeight(1_100, now, 500, 30_000)),
      );
      expect(found.filter((ids) => ids.includes(order.id))).toHaveLength(1);
      const claimed = change(done.order as SellOrder, { state: "protective_claim" });
      await store.commit(done.order, claimed, sampleTime + 3);
      expect(await store.dueAtHeight(9_999, now + 60_000, 500, 1)).not.toContain(order.id);
    });

    test("42: leases the due orders of one lane only", async () => {
      const buy = await openBuy();
      const sell = await openSell();
      const now = sampleTime + 30;
      const found = await store.due(now, 500, 30_000, "lightning");
      expect(found).toContain(sell.id);
      expect(found).not.toContain(buy.id);
      expect(await store.due(now, 500, 30_000, "payout")).not.toContain(buy.id);
      expect(await store.due(now, 500, 30_000, "collection")).toContain(buy.id);
    });

    test("numbers the events of a wallet without gaps, in commit order", async () => {
      const { walletId } = await newIds();
      const [one, two] = [await openBuy(walletId), await openSell(walletId)];
      await Promise.all([
        store.commit(one, change(one, { state: "stk_unknown", reason: "a" }), sampleTime + 1),
        store.commit(two, change(two, { state: "held" }), sampleTime + 1),
      ]);
      const read = (await store.find(one.id)) as BuyOrder;
      // A change that the holder cannot see makes no event.
      await store.commit(read, change(read, { wakeAt: sampleTime + 5 }), sampleTime + 2);
      const all = await store.events(walletId, { orderId: null, afterSequence: 0n, limit: 99 });
      expect(all.map(({ sequence }) => sequence)).toEqual(["1", "2", "3", "4"]);
      expect(all.slice(0, 2).map(({ state }) => state)).toEqual(["stk_requested", "invoice_open"]);
      const ofOne = await store.events(walletId, { orderId: one.id, afterSequence: 1n, limit: 99 });
      expect(ofOne).toMatchObject([
        { orderId: one.id, state: "stk_unknown", reason: "a", kind: "buy" },
      ]);
      expect(await store.latestSequence(walletId)).toBe(4n);
      expect(await store.latestSequence((await newIds()).walletId)).toBe(0n);
      expect(
        await store.events(walletId, { orderId: null, afterSequence: 2n, limit: 1 }),
      ).toHaveLength(1);
    });

    test("lists the orders of a wallet newest first, in pages", async () => {
      const { walletId } = await newIds();
      const orders = [];
      for (let index = 0; index < 5; index += 1) {
        const named = await newIds(walletId);
        await store.addQuote(sampleQuote("buy", named));
        const order = { ...sampleBuy(named), createdAt: sampleTime + Math.floor(index / 2) };
        await store.open({ ...order, updatedAt: order.createdAt }, opening(order));
        orders.push(order);
      }
      const all = await store.list(walletId, { limit: 10 });
      expect(all).toHaveLength(5);
      const position = (order: { createdAt: number; id: string }) =>
        `${order.createdAt}${order.id}`;
      expect(all.map(position)).toEqual([...all.map(position)].sort().reverse());
      const first = await store.list(walletId, { limit: 2 });
      const last = first.at(-1);
      const rest = await store.list(walletId, { limit: 10, before: last ?? null });
      expect([...first, ...rest]).toEqual(all);
      expect(await store.list(walletId, { limit: 10, kind: "sell" })).toEqual([]);
      expect(await store.list(walletId, { limit: 10, state: "stk_requested" })).toHaveLength(5);
      expect(
        await store.list(walletId, { limit: 10, from: sampleTime + 1, to: sampleTime + 2 }),
      ).toHaveLength(2);
    });

    test("stores amounts above 2^53 exactly", async () => {
      const named = await newIds();
      await store.addQuote(sampleQuote("sell", named));
      const order = sampleSell(named);
      await store.open(order, opening(order));
      const amount = msat(9_007_199_254_740_993n);
      const held = {
        invoice: "lnbcrt1",
        paymentHash: `big-${named.tag}`,
        invoiceExpiresAt: sampleTime,
        receivedMsat: amount,
        claimDeadlineHeight: 1,
        tipHeight: 1,
        seenAt: 1,
      };
      await store.commit(order, change(order, { held }), sampleTime + 1);
      expect(await store.find(order.id)).toMatchObject({ held: { receivedMsat: amount } });
    });
  });
}
