import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createRailBudget } from "./rail-budget.ts";

describe("43: the requests of a shortcode, shared by all processes", () => {
  let testDatabase: TestDatabase;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
  });
  afterAll(() => testDatabase.drop());

  test("43: are not more than the limit, however many processes take them at once", async () => {
    const processes = Array.from({ length: 3 }, () => createRailBudget(testDatabase.database, 5));
    const startedAt = performance.now();
    const waits = await Promise.all(
      Array.from({ length: 30 }, (_unused, index) =>
        (processes[index % 3] ?? createRailBudget(testDatabase.database, 5)).take("600992"),
      ),
    );
    const seconds = (performance.now() - startedAt) / 1_000;
    const taken = waits.filter((wait) => wait === 0).length;
    expect(taken).toBeGreaterThanOrEqual(5);
    expect(taken).toBeLessThanOrEqual(5 + Math.ceil(seconds * 5));
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(200);
    // Another shortcode has its own.
    expect(await createRailBudget(testDatabase.database, 5).take("174379")).toBe(0);
  });

  test("are paused in all of them after M-Pesa refused one", async () => {
    const [one, other] = [1, 2].map(() => createRailBudget(testDatabase.database, 1_000));
    expect(await one?.take("700000")).toBe(0);
    await one?.pause("700000", 60_000);
    expect(await other?.take("700000")).toBeGreaterThan(50_000);
  });
});
