import { expect, test } from "vitest";
import { Downtime } from "./downtime.ts";

test("a node that starts again at once is no news; one that does not in a while is, until it runs", () => {
  const downtime = new Downtime();
  expect(downtime.isTold(false, 1_000)).toBe(false);
  expect(downtime.isTold(true, 5_000)).toBe(false);
  expect(downtime.isTold(false, 10_000)).toBe(false);
  expect(downtime.isTold(false, 24_999)).toBe(false);
  expect(downtime.isTold(false, 25_000)).toBe(true);
  expect(downtime.isTold(true, 26_000)).toBe(false);
});
