import { expect, test } from "vitest";
import { memoryNotes } from "./key-value-store.ts";
import { openPrices } from "./prices.ts";

test("an entry keeps the first price that it was given, over a restart", async () => {
  const notes = memoryNotes();
  const prices = await openPrices(notes);
  expect(prices.of("out/aa")).toBeNull();
  await prices.keep("out/aa", 1_088_573_400n);
  await prices.keep("out/aa", 999n);
  expect(prices.of("out/aa")).toBe(1_088_573_400n);
  expect((await openPrices(notes)).of("out/aa")).toBe(1_088_573_400n);
});
