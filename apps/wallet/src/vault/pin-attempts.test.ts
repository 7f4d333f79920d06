import { expect, test } from "vitest";
import {
  afterCorrectPin,
  afterWrongPin,
  atCurrentClock,
  isLocked,
  noAttempts,
  attemptsLeft,
  shouldWipe,
} from "./pin-attempts.ts";
import type { PinAttempts } from "./pin-attempts.ts";

function wrongTimes(times: number): PinAttempts {
  let attempts = noAttempts;
  for (let count = 0; count < times; count += 1) attempts = afterWrongPin(attempts, 1_000);
  return attempts;
}

test("backs off from the third wrong PIN on, for longer each time", () => {
  expect(isLocked(wrongTimes(2), 1_000)).toBe(false);
  expect(wrongTimes(3).lockedUntil).toBe(61_000);
  expect(isLocked(wrongTimes(4), 1_000)).toBe(false);
  expect(wrongTimes(5).lockedUntil).toBe(301_000);
  expect(wrongTimes(9).lockedUntil - 1_000).toBe(2 * 3_600_000);
  expect(wrongTimes(23).lockedUntil - 1_000).toBe(4 * 3_600_000);
});

test("counts the attempts left before the next back-off", () => {
  expect(attemptsLeft(noAttempts)).toBe(3);
  expect(attemptsLeft(wrongTimes(2))).toBe(1);
  expect(attemptsLeft(wrongTimes(3))).toBe(2);
  expect(attemptsLeft(wrongTimes(12))).toBe(1);
});

test("wipes only where that was chosen, and not before the tenth failure", () => {
  expect(shouldWipe(wrongTimes(10), false)).toBe(false);
  expect(shouldWipe(wrongTimes(9), true)).toBe(false);
  expect(shouldWipe(wrongTimes(10), true)).toBe(true);
});

test("a correct PIN clears old failures but not recent ones", () => {
  expect(afterCorrectPin(wrongTimes(2), 2_000)).toEqual(wrongTimes(2));
  expect(afterCorrectPin(wrongTimes(2), 1_000 + 10 * 60_000)).toEqual(noAttempts);
});

test("restarts the back-off when the clock was set back, without making it longer", () => {
  const day = 24 * 3_600_000;
  const ahead = { ...wrongTimes(3), at: 365 * day, lockedUntil: 365 * day + 60_000 };
  expect(atCurrentClock(ahead, day)).toEqual({ wrong: 3, at: day, lockedUntil: day + 60_000 });
  expect(atCurrentClock(wrongTimes(3), 2_000)).toEqual(wrongTimes(3));
});
