import { expect, test } from "vitest";
import { needsPin, spendingGate } from "./spending-limit.ts";

/** KES 10,000,000 a bitcoin: a shilling is 10 sats. */
const rate = 1_000_000_000n;

test("asks for the PIN above the limit in shillings at the current price", () => {
  expect(needsPin(10_000_000n, "100000", rate)).toBe(false);
  expect(needsPin(10_000_001n, "100000", rate)).toBe(true);
  expect(needsPin(10_000_000n, "100000", rate * 2n)).toBe(true);
});

test("asks for the PIN when there is no price", () => {
  expect(needsPin(1n, "100000", null)).toBe(true);
});

test("always asks with a limit of zero", () => {
  expect(needsPin(1n, "0", rate)).toBe(true);
});

test("counts everything sent since the last PIN, so that many small payments cannot get around the limit", async () => {
  let promptCount = 0;
  let isPinEntered = true;
  const maySend = spendingGate(
    () => ({ limitKesCents: "100000", rate }),
    async () => {
      promptCount += 1;
      return isPinEntered;
    },
  );
  for (let count = 0; count < 10; count += 1) expect(await maySend(1_000_000n)).toBe(true);
  expect(promptCount).toBe(0);
  isPinEntered = false;
  expect(await maySend(1n)).toBe(false);
  expect(await maySend(1n)).toBe(false);
  expect(promptCount).toBe(2);
  isPinEntered = true;
  expect(await maySend(1n)).toBe(true);
  expect(await maySend(10_000_000n)).toBe(true);
  expect(promptCount).toBe(3);
});
