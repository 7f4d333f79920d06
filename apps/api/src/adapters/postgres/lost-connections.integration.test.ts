import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import pg from "pg";
import { fiat } from "@satsconnect/money";
import type { OrderStore } from "../../app/orders/ports.ts";
import type { SellOrder } from "../../domain/order.ts";
import { posting, transfer } from "../../domain/postings.ts";
import { change, opening, sampleQuote, sampleSell, sampleTime } from "../../domain/samples.ts";
import { createTestDatabase, createTestOrderStore } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createLedger } from "./ledger.ts";

const orders = 6;
const steps = 10;
const eachStep = fiat("KES", 100n);
let fixture: TestDatabase;
let store: OrderStore;

beforeAll(async () => {
  fixture = await createTestDatabase();
  store = await createTestOrderStore(fixture);
});
afterAll(() => fixture.drop());

/** Ends connections of the api to its database again and again, as a failover to the standby does: some in the middle of a
 * commit, whose outcome the api does not learn. */
async function breakConnections(until: () => boolean): Promise<number> {
  const admin = new pg.Client({ connectionString: fixture.url });
  await admin.connect();
  let broken = 0;
  while (!until()) {
    const { rowCount } = await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
         ORDER BY state = 'active' DESC, random() LIMIT 4`,
    );
    broken += rowCount ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await admin.end();
  return broken;
}

/** Acts as a sweeper: reads the order again after any failure, and decides anew. */
async function repeated<Value>(
  work: () => Promise<Value>,
): Promise<{ value: Value; tries: number }> {
  for (let tries = 1; ; tries++) {
    try {
      return { value: await work(), tries };
    } catch (error) {
      if (tries > 500) throw error;
    }
  }
}

test("46: connections that break at any moment lose no change that was confirmed, and make none twice", async () => {
  let unanswered = 0;
  const run = async (number: number): Promise<{ id: string; confirmed: number }> => {
    const ids = {
      orderId: randomUUID(),
      quoteId: randomUUID(),
      walletId: randomUUID(),
      tag: `failover-${String(number)}`,
    };
    await repeated(() =>
      fixture.database.query(
        "INSERT INTO wallets (id, node_id, created_at) VALUES ($1, $2, now()) ON CONFLICT DO NOTHING",
        [ids.walletId, `02${String(number).padStart(64, "0")}`],
      ),
    );
    const opened = sampleSell(ids);
    await repeated(async () => {
      if ((await store.find(opened.id)) !== null) return;
      if ((await store.findQuote(ids.walletId, ids.quoteId)) === null)
        await store.addQuote(sampleQuote("sell", ids));
      const outcome = await store.open(opened, opening(opened));
      if (!outcome.ok) throw new Error(outcome.error.code);
    });
    let confirmed = 0;
    for (let step = 1; step <= steps; step++) {
      const { tries } = await repeated(async () => {
        const order = (await store.find(ids.orderId)) as SellOrder;
        // a commit whose answer was lost may have been made: then this step is done
        if (order.version > step) return;
        const postings = [
          posting(
            `refund_reserved:${step}`,
            transfer("KES", "mpesa_available", "mpesa_reserved", eachStep),
          ),
        ];
        const outcome = await store.commit(
          order,
          change(order, { reason: `step ${String(step)}` }, { postings }),
          sampleTime + step,
        );
        if (outcome.kind !== "committed") throw new Error(outcome.kind);
        confirmed = outcome.order.version;
      });
      if (tries > 1) unanswered += 1;
    }
    return { id: ids.orderId, confirmed };
  };
  let isOver = false;
  const breaking = breakConnections(() => isOver);
  const running = Promise.all(Array.from({ length: orders }, (_, number) => run(number)));
  const ended = await running.finally(() => {
    isOver = true;
  });
  expect(await breaking).toBeGreaterThan(5);
  expect(unanswered).toBeGreaterThan(0);
  for (const { id, confirmed } of ended) {
    const order = await store.find(id);
    expect(order).toMatchObject({ version: steps + 1, reason: `step ${String(steps)}` });
    expect(confirmed).toBeLessThanOrEqual(steps + 1);
  }
  const ledger = createLedger(fixture.database);
  const reserved = BigInt(orders * steps) * eachStep;
  expect(await ledger.balance("mpesa_reserved")).toBe(reserved);
  expect(await ledger.balance("mpesa_available")).toBe(100_000_000n - reserved);
  const { rows } = await fixture.database.query<{ sum: string }>(
    "SELECT coalesce(sum(amount), 0)::text AS sum FROM ledger_entries WHERE currency = 'KES'",
  );
  expect(rows).toEqual([{ sum: "0" }]);
});
