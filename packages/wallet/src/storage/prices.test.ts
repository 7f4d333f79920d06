import { expect, test } from "vitest";
import { memoryKeyValueStore } from "./key-value-store.ts";
import { openPrices } from "./prices.ts";

test("an entry keeps its first price across restarts", async () => {
  const store = memoryKeyValueStore();
  const prices = await openPrices(store);
  expect(prices.of("out/aa")).toBeNull();
  await prices.record("out/aa", 1_088_573_400n);
  await prices.record("out/aa", 999n);
  expect(prices.of("out/aa")).toBe(1_088_573_400n);
  expect((await openPrices(store)).of("out/aa")).toBe(1_088_573_400n);
});
