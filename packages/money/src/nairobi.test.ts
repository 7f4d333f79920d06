import fc from "fast-check";
import { expect, test } from "vitest";
import { nairobiMidnight, nairobiOffsetMs, parseNairobiTime } from "./index.ts";

const dayMs = 24 * 3_600_000;

test("a time in Nairobi is three hours ahead of UTC", () => {
  expect(parseNairobiTime("2023-08-01T00:00:00")).toBe(Date.UTC(2023, 6, 31, 21));
  expect(parseNairobiTime("yesterday")).toBeNaN();
  expect(parseNairobiTime("2026-02-30T07:46:49")).toBeNaN();
  expect(parseNairobiTime("2026-04-31T00:00:00")).toBeNaN();
});

test("a day in Nairobi begins at 21:00 UTC and contains the given time", () => {
  expect(nairobiMidnight(Date.UTC(2026, 10, 23, 20, 59, 59, 999))).toBe(Date.UTC(2026, 10, 22, 21));
  expect(nairobiMidnight(Date.UTC(2026, 10, 23, 21))).toBe(Date.UTC(2026, 10, 23, 21));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (atMs) => {
      const midnight = nairobiMidnight(atMs);
      expect((midnight + nairobiOffsetMs) % dayMs).toBe(0);
      expect(midnight <= atMs && atMs < midnight + dayMs).toBe(true);
    }),
  );
});
