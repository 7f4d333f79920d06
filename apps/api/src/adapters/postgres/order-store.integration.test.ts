import { randomBytes, randomUUID } from "node:crypto";
import { fiat } from "@satsconnect/money";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OrderStore } from "../../app/orders/ports.ts";
import { opening, sampleQuote, sampleSell, sampleTime } from "../../domain/samples.ts";
import { createTestDatabase } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createLedger } from "./ledger.ts";
import { orderLimitsConformance } from "../../testing/order-limits-conformance.ts";
import { orderStoreConformance } from "../../testing/order-store-conformance.ts";
import type { StoreUnderTest } from "../../testing/order-store-conformance.ts";
import { createOrderStore } from "./order-store.ts";

async function createPostgresFixture(): Promise<StoreUnderTest> {
  const { database, drop } = await createTestDatabase();
  const ledger = createLedger(database);
  return {
    store: createOrderStore(database),
    addWallet: async (walletId) => {
      await database.query("INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, now())", [
        walletId,
        `02${randomBytes(32).toString("hex")}`,
      ]);
    },
    fund: async (cents) => {
      await ledger.post(
        [
          {
            reference: randomBytes(8).toString("hex"),
            kind: "opening",
            entries: [
              { account: "mpesa_available", currency: "KES", amount: cents },
              { account: "capital_kes", currency: "KES", amount: -cents },
            ],
          },
        ],
        Date.now(),
      );
    },
    balance: (account) => ledger.balance(account),
    close: drop,
  };
}

orderStoreConformance("Postgres", createPostgresFixture);
orderLimitsConformance("Postgres", createPostgresFixture);

describe("tiers", () => {
  let fixture: TestDatabase;
  let store: OrderStore;
  const walletId = randomUUID();
  const deviceId = randomUUID();
  const query = { walletId, deviceId, msisdn: null, kind: "sell", at: sampleTime } as const;
  const limitsAt = (at: number) =>
    store.limits({ ...query, at, railDailyMax: fiat("KES", 50_000_000n) });
  const codesAt = async (at: number) => (await limitsAt(at)).map(({ code }) => code);

  beforeAll(async () => {
    fixture = await createTestDatabase();
    store = createOrderStore(fixture.database);
    await fixture.database.query(
      "INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, now())",
      [walletId, `02${randomBytes(32).toString("hex")}`],
    );
    await fixture.database.query(
      "INSERT INTO devices (id, wallet_id, client_id, name, created_at, last_seen_at) VALUES ($1, $2, 'client-1', 'phone', $3, $3)",
      [deviceId, walletId, new Date(sampleTime)],
    );
  });
  afterAll(() => fixture.drop());

  test("a device has a limit of its own in its first day", async () => {
    expect(await codesAt(sampleTime + 86_399_000)).toContain("new_device_limit_exceeded");
    expect(await codesAt(sampleTime + 86_401_000)).not.toContain("new_device_limit_exceeded");

    const named = { orderId: randomUUID(), quoteId: randomUUID(), walletId, tag: "device" };
    await store.addQuote(sampleQuote("sell", named));
    const sample = sampleSell(named);
    const terms = { ...sample.terms, amountKesCents: fiat("KES", 15_000_001n) };
    const order = { ...sample, deviceId, terms };
    expect(await store.open(order, opening(order))).toMatchObject({
      error: {
        code: "new_device_limit_exceeded",
        message: expect.stringContaining("150,000") as string,
      },
    });
  });

  test("a wallet's tier is a row with a reason, and applies at once", async () => {
    await fixture.database.query(
      "INSERT INTO wallet_tiers (wallet_id, tier, reason, set_by, set_at) VALUES ($1, 'restricted', 'case 12', 'amina', now())",
      [walletId],
    );
    const daily = (await limitsAt(sampleTime)).find(({ code }) => code === "daily_limit_exceeded");
    expect(daily).toMatchObject({ tier: "restricted", amount: { max: 1_000_000n, used: 0n } });
    expect(daily?.reason).not.toBe("");
  });
});
