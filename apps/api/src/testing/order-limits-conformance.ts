import { randomInt, randomUUID } from "node:crypto";
import { fiat } from "@satsconnect/money";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BuyOrder, Order, OrderState } from "../domain/order.ts";
import {
  change,
  opening,
  sampleBuy,
  sampleQuote,
  sampleSell,
  sampleTime,
} from "../domain/samples.ts";
import type { SampleIds } from "../domain/samples.ts";
import type { StoreUnderTest } from "./order-store-conformance.ts";

const minute = 60_000;
const day = 86_400_000;

/** The limits that every order store enforces when an order is opened. */
export function orderLimitsConformance(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(`the limits of the ${name} order store`, () => {
    let fixture: StoreUnderTest;

    beforeAll(async () => {
      fixture = await create();
      await fixture.fund(100_000_000n);
    });
    afterAll(() => fixture.close());

    async function newWallet(): Promise<string> {
      const walletId = randomUUID();
      await fixture.addWallet(walletId);
      return walletId;
    }

    function newNumber(): string {
      return `2547${String(randomInt(100_000_000)).padStart(8, "0")}`;
    }

    type Terms = { readonly kes?: bigint; readonly at?: number; readonly railDailyMax?: bigint };

    /** Opens an order; returns it, or the code of the refusal. */
    async function open(
      kind: "buy" | "sell",
      walletId: string,
      msisdn: string,
      { kes = 300n, at = sampleTime, railDailyMax = 50_000_000n }: Terms = {},
    ): Promise<Order | string> {
      const tag = randomUUID().replaceAll("-", "").slice(0, 18);
      const named: SampleIds = {
        orderId: randomUUID(),
        quoteId: randomUUID(),
        walletId,
        tag,
        msisdn,
      };
      await fixture.store.addQuote(sampleQuote(kind, named));
      const sample = kind === "buy" ? sampleBuy(named) : sampleSell(named);
      const terms = { ...sample.terms, amountKesCents: fiat("KES", kes * 100n) };
      const order: Order = { ...sample, terms, createdAt: at, updatedAt: at };
      const limits = { at, railDailyMax: fiat("KES", railDailyMax) };
      const opened = await fixture.store.open(order, { ...opening(order), limits });
      return opened.ok ? opened.value : opened.error.code;
    }

    async function opened(...request: Parameters<typeof open>): Promise<Order> {
      const order = await open(...request);
      if (typeof order === "string") throw new Error(order);
      return order;
    }

    type Move = {
      readonly state: OrderState;
      readonly reason?: string;
      readonly deadlineAt: null;
      readonly wakeAt: null;
    };

    async function move(order: Order, next: Move) {
      const outcome = await fixture.store.commit(
        order,
        change<BuyOrder>(order as BuyOrder, next as Partial<BuyOrder>),
        order.createdAt + 1,
      );
      if (outcome.kind !== "committed") throw new Error(outcome.kind);
      return outcome.order;
    }

    const paid = { state: "paid", deadlineAt: null, wakeAt: null } as const;

    test("sums a wallet's months, and starts again with the next one in Nairobi", async () => {
      const walletId = await newWallet();
      // The standard tier's month is KES 3,000,000: 12 + 18 times 100,000.
      const first = Date.UTC(2026, 9, 31, 21, 0, 0);
      for (let index = 0; index < 12; index += 1) {
        const order = await opened("sell", walletId, newNumber(), {
          kes: 100_000n,
          at: first + index * 2 * day,
        });
        await move(order, { state: "claimed", deadlineAt: null, wakeAt: null });
      }
      for (let index = 0; index < 18; index += 1) {
        const order = await opened("sell", walletId, newNumber(), {
          kes: 100_000n,
          railDailyMax: 500_000_000n,
          at: first + 25 * day + index * 60 * minute,
        });
        await move(order, { state: "claimed", deadlineAt: null, wakeAt: null });
      }
      expect(
        await open("sell", walletId, newNumber(), {
          kes: 10n,
          railDailyMax: 500_000_000n,
          at: first + 30 * day - 1,
        }),
      ).toBe("monthly_limit_exceeded");
      expect(
        await open("sell", walletId, newNumber(), { kes: 10n, at: first + 30 * day }),
      ).toMatchObject({ kind: "sell" });
    });

    test("counts a failed sell that cost the operator, and no other order without an exchange", async () => {
      const walletId = await newWallet();
      const limit = { railDailyMax: 60_000n };
      const ended = { state: "cancelled", deadlineAt: null, wakeAt: null } as const;
      const harmless = await opened("sell", walletId, newNumber(), limit);
      await move(harmless, { ...ended, reason: "cancelled_by_holder" });
      const ours = await opened("sell", walletId, newNumber(), limit);
      await move(ours, { ...ended, reason: "float_exhausted" });
      const refused = await opened("sell", walletId, newNumber(), limit);
      await move(refused, { ...ended, reason: "mpesa_2040" });
      await opened("sell", walletId, newNumber(), limit);
      expect(await open("sell", walletId, newNumber(), { ...limit, kes: 10n })).toBe(
        "daily_limit_exceeded",
      );
    });

    test("limits what one phone number trades with all wallets, once it has taken part", async () => {
      const number = newNumber();
      const limit = { railDailyMax: 60_000n };
      // Strangers who ask for the number's money use up nothing of it.
      for (let stranger = 0; stranger < 4; stranger += 1)
        await opened("buy", await newWallet(), number, limit);
      await move(await opened("buy", await newWallet(), number, limit), paid);
      await move(await opened("buy", await newWallet(), number, limit), paid);
      expect(await open("buy", await newWallet(), number, { ...limit, kes: 10n })).toBe(
        "phone_limit_exceeded",
      );
    });

    test("keeps the first day of a phone number small", async () => {
      const walletId = await newWallet();
      const number = newNumber();
      const yesterday = sampleTime - day;
      await move(await opened("buy", walletId, number, { kes: 90_000n, at: yesterday }), paid);
      expect(await open("buy", walletId, number, { kes: 10_001n, at: yesterday + 1 })).toBe(
        "new_number_limit_exceeded",
      );
      expect(await open("buy", walletId, number, { kes: 150_000n })).toMatchObject({ kind: "buy" });
    });

    test("24: lets a wallet have ten orders that are not finished", async () => {
      const walletId = await newWallet();
      for (let index = 0; index < 10; index += 1) await opened("sell", walletId, newNumber());
      expect(await open("sell", walletId, newNumber())).toBe("too_many_open_orders");
    });

    test("lets a wallet open sixty orders in an hour, whatever became of them", async () => {
      const walletId = await newWallet();
      const ended = { state: "cancelled", deadlineAt: null, wakeAt: null } as const;
      for (let index = 0; index < 60; index += 1)
        await move(await opened("sell", walletId, newNumber()), ended);
      expect(await open("sell", walletId, newNumber())).toBe("too_many_orders");
      expect(
        await open("sell", walletId, newNumber(), { at: sampleTime + 60 * minute }),
      ).toMatchObject({ kind: "sell" });
    });

    test("prompts a number five times a day until it is proven by its code or a payment", async () => {
      const walletId = await newWallet();
      const number = newNumber();
      const cancelled = { state: "cancelled", deadlineAt: null, wakeAt: null } as const;
      for (let time = 0; time < 5; time += 1)
        await move(await opened("buy", walletId, number), cancelled);
      expect(await open("buy", walletId, number)).toBe("number_unproven");
      expect(await fixture.store.promptReferences(walletId, number, sampleTime)).toHaveLength(5);
      await fixture.store.proveNumber(walletId, number, sampleTime);
      await move(await opened("buy", walletId, number), cancelled);

      const payer = newNumber();
      await move(await opened("buy", walletId, payer), paid);
      for (let time = 0; time < 6; time += 1)
        await move(await opened("buy", walletId, payer), cancelled);
    });

    test("lets a wallet prompt four new numbers a day, and a number be prompted by twelve strangers' orders", async () => {
      const walletId = await newWallet();
      const cancelled = { state: "cancelled", deadlineAt: null, wakeAt: null } as const;
      for (let index = 0; index < 4; index += 1)
        await move(await opened("buy", walletId, newNumber()), cancelled);
      expect(await open("buy", walletId, newNumber())).toBe("too_many_new_numbers");

      const victim = newNumber();
      const owner = await newWallet();
      await move(await opened("buy", owner, victim), paid);
      for (let stranger = 0; stranger < 12; stranger += 1)
        await move(await opened("buy", await newWallet(), victim), cancelled);
      expect(await open("buy", await newWallet(), victim)).toBe("number_prompted_too_often");
      // The owner of the number is not affected.
      expect(await open("buy", owner, victim)).toMatchObject({ kind: "buy" });
    });
  });
}
