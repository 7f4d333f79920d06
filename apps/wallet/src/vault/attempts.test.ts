import { expect, test } from "vitest";
import { afterWrong, noAttempts, triesLeft, wipes } from "./attempts.ts";
import type { Attempts } from "./attempts.ts";

function wrongTimes(times: number): Attempts {
  let attempts = noAttempts;
  for (let count = 0; count < times; count += 1) attempts = afterWrong(attempts, 1_000);
  return attempts;
}

test("two wrong PINs cost nothing, the third one a minute, and it grows from there", () => {
  expect(wrongTimes(2).lockedUntil).toBe(0);
  expect(wrongTimes(3).lockedUntil).toBe(61_000);
  expect(wrongTimes(4).lockedUntil).toBe(0);
  expect(wrongTimes(5).lockedUntil).toBe(301_000);
  expect(wrongTimes(9).lockedUntil - 1_000).toBe(2 * 3_600_000);
  expect(wrongTimes(23).lockedUntil - 1_000).toBe(4 * 3_600_000);
});

test("the tries that are left are told", () => {
  expect(triesLeft(noAttempts)).toBe(3);
  expect(triesLeft(wrongTimes(2))).toBe(1);
  expect(triesLeft(wrongTimes(3))).toBe(2);
  expect(triesLeft(wrongTimes(12))).toBe(1);
});

test("nothing is deleted but for who chose it, and never before the tenth", () => {
  expect(wipes(wrongTimes(10), false)).toBe(false);
  expect(wipes(wrongTimes(9), true)).toBe(false);
  expect(wipes(wrongTimes(10), true)).toBe(true);
});
