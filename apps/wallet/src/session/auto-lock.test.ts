import { beforeEach, expect, test } from "vitest";
import { AutoLock } from "./auto-lock.ts";
import type { LockClock } from "./auto-lock.ts";

const second = 1_000;
const minute = 60 * second;

let wall: number;
let monotonic: number;
let timers: { at: number; run: () => void }[];
let locked: number;
let isKeptUnlocked: boolean;

const clock: LockClock = {
  now: () => wall,
  monotonic: () => monotonic,
  setTimer: (delayMs, run) => {
    const timer = { at: monotonic + delayMs, run };
    timers.push(timer);
    return () => (timers = timers.filter((one) => one !== timer));
  },
};

beforeEach(() => {
  wall = Date.parse("2026-11-23T09:15:00.000Z");
  monotonic = 0;
  timers = [];
  locked = 0;
  isKeptUnlocked = false;
});

function pass(byMs: number): void {
  for (let left = byMs; left > 0; left -= second) {
    wall += second;
    monotonic += second;
    for (const timer of timers.filter(({ at }) => at <= monotonic)) {
      timers = timers.filter((one) => one !== timer);
      timer.run();
    }
  }
}

function lockAfter(afterMs: number): AutoLock {
  return new AutoLock({
    afterMs,
    clock,
    isKeptUnlocked: () => isKeptUnlocked,
    lock: () => (locked += 1),
  });
}

test("locks after the chosen time in sight and untouched", () => {
  lockAfter(5 * minute);
  pass(5 * minute - second);
  expect(locked).toBe(0);
  pass(second);
  expect(locked).toBe(1);
});

test("restarts the time with every touch and key", () => {
  const idle = lockAfter(5 * minute);
  for (let count = 0; count < 20; count += 1) {
    pass(290 * second);
    idle.touch();
  }
  expect(locked).toBe(0);
  pass(5 * minute);
  expect(locked).toBe(1);
});

test("“immediately” applies out of sight; in sight it waits three minutes", () => {
  const idle = lockAfter(0);
  pass(3 * minute - second);
  expect(locked).toBe(0);
  pass(second);
  expect(locked).toBe(1);
  idle.touch();
  idle.hide(true);
  expect(locked).toBe(2);
});

test("does not lock behind a system dialog", () => {
  const idle = lockAfter(0);
  idle.hide(false);
  expect(locked).toBe(0);
});

test("locks on return when it was out of sight for too long, not while it is hidden", () => {
  const idle = lockAfter(minute);
  idle.hide(true);
  pass(59 * second);
  idle.show();
  expect(locked).toBe(0);
  idle.hide(true);
  pass(10 * minute);
  expect(locked).toBe(0);
  idle.show();
  expect(locked).toBe(1);
});

test("stays open for a code waiting to be paid, for as long as codes are valid", () => {
  const idle = lockAfter(minute);
  isKeptUnlocked = true;
  idle.touch();
  pass(14 * minute);
  expect(locked).toBe(0);
  pass(2 * minute);
  expect(locked).toBe(1);
});

test("restarts the time when the page that kept it open is left", () => {
  const idle = lockAfter(minute);
  isKeptUnlocked = true;
  pass(10 * minute);
  isKeptUnlocked = false;
  idle.keepUnlockedEnded();
  pass(3 * minute - second);
  expect(locked).toBe(0);
  pass(second);
  expect(locked).toBe(1);
});

test("locks at the first touch after the device slept, before the touch has an effect", () => {
  const idle = lockAfter(minute);
  wall += 8 * 60 * minute;
  idle.touch();
  expect(locked).toBe(1);
});

test("does not wait longer when the clock is set back", () => {
  const idle = lockAfter(minute);
  wall -= 24 * 60 * minute;
  pass(3 * minute);
  expect(locked).toBe(1);
  idle.touch();
  idle.hide(true);
  wall -= 24 * 60 * minute;
  pass(minute);
  idle.show();
  expect(locked).toBe(2);
});

test("never locks after it was stopped", () => {
  const idle = lockAfter(minute);
  idle.stop();
  pass(10 * minute);
  expect(locked).toBe(0);
});
