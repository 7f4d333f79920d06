import { expect, test } from "vitest";
import { asksPin } from "./pin-limit.ts";

/** KES 10,000,000 a bitcoin: a shilling is 10 sats. */
const rate = 1_000_000_000n;

test("the PIN is asked for above the limit, in shillings at the price of now", () => {
  expect(asksPin(10_000_000n, "100000", rate)).toBe(false);
  expect(asksPin(10_000_001n, "100000", rate)).toBe(true);
  expect(asksPin(10_000_000n, "100000", rate * 2n)).toBe(true);
});

test("without a price nobody knows what a limit is, so the PIN is asked for", () => {
  expect(asksPin(1n, "100000", null)).toBe(true);
});

test("a limit of nothing asks always", () => {
  expect(asksPin(1n, "0", rate)).toBe(true);
});
