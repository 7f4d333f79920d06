import { expect, test } from "vitest";
import { Downtime } from "./downtime.ts";

test("reports a node that stays down for 15 s until it runs again, and no short restarts", () => {
  const downtime = new Downtime();
  expect(downtime.shouldReport(false, 1_000)).toBe(false);
  expect(downtime.shouldReport(true, 5_000)).toBe(false);
  expect(downtime.shouldReport(false, 10_000)).toBe(false);
  expect(downtime.shouldReport(false, 24_999)).toBe(false);
  expect(downtime.shouldReport(false, 25_000)).toBe(true);
  expect(downtime.shouldReport(true, 26_000)).toBe(false);
});
