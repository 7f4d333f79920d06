import { expect, test } from "vitest";
import { needsPin, spendingGate } from "./spending-limit.ts";

/** KES 10,000,000 a bitcoin: a shilling is 10 sats. */
const rate = 1_000_000_000n;

test("the PIN is asked for above the limit, in shillings at the price of now", () => {
  expect(needsPin(10_000_000n, "100000", rate)).toBe(false);
  expect(needsPin(10_000_001n, "100000", rate)).toBe(true);
  expect(needsPin(10_000_000n, "100000", rate * 2n)).toBe(true);
});

test("without a price nobody knows what a limit is, so the PIN is asked for", () => {
  expect(needsPin(1n, "100000", null)).toBe(true);
});

test("a limit of nothing asks always", () => {
  expect(needsPin(1n, "0", rate)).toBe(true);
});

test("many small payments are no way around the limit: what left since the last PIN counts", async () => {
  let asked = 0;
  let given = true;
  const mayLeave = spendingGate(
    () => ({ limitKesCents: "100000", rate }),
    async () => {
      asked += 1;
      return given;
    },
  );
  for (let count = 0; count < 10; count += 1) expect(await mayLeave(1_000_000n)).toBe(true);
  expect(asked).toBe(0);
  given = false;
  expect(await mayLeave(1n)).toBe(false);
  expect(await mayLeave(1n)).toBe(false);
  expect(asked).toBe(2);
  given = true;
  expect(await mayLeave(1n)).toBe(true);
  expect(await mayLeave(10_000_000n)).toBe(true);
  expect(asked).toBe(3);
});
