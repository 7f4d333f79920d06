import { expect, test } from "vitest";
import { percentile, rounded } from "./statistics.ts";

test("percentiles are by nearest rank, in any order", () => {
  const values = Array.from({ length: 100 }, (_value, index) => 100 - index);
  expect([0.5, 0.95, 0.99, 1].map((share) => percentile(values, share))).toEqual([50, 95, 99, 100]);
  expect(percentile([7], 0.5)).toBe(7);
  expect(() => percentile([], 0.5)).toThrow("No values");
});

test("figures are rounded to three significant digits", () => {
  expect([1234.5, 0.012345, 99.94].map(rounded)).toEqual([1230, 0.0123, 99.9]);
});
