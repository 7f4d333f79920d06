import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { change, opening, sampleBuy, sampleQuote } from "../../domain/samples.ts";
import { createTestDatabase, createTestOrderStore } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createDatabaseClock, readDatabaseTime } from "./database-clock.ts";
import { createOrderStore } from "./order-store.ts";

const hour = 3_600_000;

describe("16: the database's clock", () => {
  let testDatabase: TestDatabase;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    await createTestOrderStore(testDatabase);
  });
  afterAll(() => testDatabase.drop());

  const read = () => readDatabaseTime(testDatabase.database);

  test.each([-36, 0, 36])("is the same for a process that is %d hours off", async (hours) => {
    const own = () => Date.now() + hours * hour;
    const clock = await createDatabaseClock(read, own);
    expect(Math.abs(clock.now() - (await read()))).toBeLessThan(2_000);
  });

  test("is read again after the process stood still, and until then nothing is stored", async () => {
    const walletId = "0192f4a4-0000-7000-8000-00000000c10c";
    await testDatabase.database.query(
      "INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, now())",
      [walletId, `02${"c1".repeat(32)}`],
    );
    let stoodStill = 0;
    const clock = await createDatabaseClock(read, () => performance.now() - stoodStill);
    const store = createOrderStore(testDatabase.database, clock);
    const names = {
      orderId: "0192f4a4-0000-7000-8000-00000000c10d",
      quoteId: "0192f4a4-0000-7000-8000-00000000c10e",
      walletId,
      tag: "clock",
    };
    await store.addQuote(sampleQuote("buy", names));
    const order = sampleBuy(names);
    expect((await store.open(order, opening(order))).ok).toBe(true);
    const moved = change(order, { state: "stk_unknown" });

    stoodStill = 36 * hour;
    expect(await store.commit(order, moved, clock.now())).toEqual({ kind: "stale" });
    expect((await store.find(order.id))?.state).toBe("stk_requested");
    // The refused commit has read the clock again.
    expect(Math.abs(clock.now() - (await read()))).toBeLessThan(2_000);
    expect((await store.commit(order, moved, clock.now())).kind).toBe("committed");
  });
});
