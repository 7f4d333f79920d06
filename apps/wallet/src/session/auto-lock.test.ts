import { beforeEach, expect, test } from "vitest";
import { AutoLock } from "./auto-lock.ts";
import type { LockClock } from "./auto-lock.ts";

const second = 1_000;
const minute = 60 * second;

let wall: number;
let steady: number;
let timers: { at: number; run: () => void }[];
let locked: number;
let isHeld: boolean;

const clock: LockClock = {
  now: () => wall,
  steady: () => steady,
  after: (delayMs, run) => {
    const timer = { at: steady + delayMs, run };
    timers.push(timer);
    return () => (timers = timers.filter((one) => one !== timer));
  },
};

beforeEach(() => {
  wall = Date.parse("2026-11-23T09:15:00.000Z");
  steady = 0;
  timers = [];
  locked = 0;
  isHeld = false;
});

function pass(byMs: number): void {
  for (let left = byMs; left > 0; left -= second) {
    wall += second;
    steady += second;
    for (const timer of timers.filter(({ at }) => at <= steady)) {
      timers = timers.filter((one) => one !== timer);
      timer.run();
    }
  }
}

function lockAfter(afterMs: number): AutoLock {
  return new AutoLock({ afterMs, clock, isHeld: () => isHeld, lock: () => (locked += 1) });
}

test("in sight and untouched it locks after the time that was chosen", () => {
  lockAfter(5 * minute);
  pass(5 * minute - second);
  expect(locked).toBe(0);
  pass(second);
  expect(locked).toBe(1);
});

test("every touch and every key begins the time anew", () => {
  const idle = lockAfter(5 * minute);
  for (let count = 0; count < 20; count += 1) {
    pass(290 * second);
    idle.touch();
  }
  expect(locked).toBe(0);
  pass(5 * minute);
  expect(locked).toBe(1);
});

test("“at once” is for out of sight: who reads has three minutes", () => {
  const idle = lockAfter(0);
  pass(3 * minute - second);
  expect(locked).toBe(0);
  pass(second);
  expect(locked).toBe(1);
  idle.touch();
  idle.hide(true);
  expect(locked).toBe(2);
});

test("a question of the system's own in front of it is not out of sight for good", () => {
  const idle = lockAfter(0);
  idle.hide(false);
  expect(locked).toBe(0);
});

test("out of sight it locks on the way back, and not while a payment comes in behind", () => {
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

test("a code that waits to be paid keeps it open for as long as codes live, and no longer", () => {
  const idle = lockAfter(minute);
  isHeld = true;
  idle.touch();
  pass(14 * minute);
  expect(locked).toBe(0);
  pass(2 * minute);
  expect(locked).toBe(1);
});

test("when what held it open has gone, one has the whole time to see what came of it", () => {
  const idle = lockAfter(minute);
  isHeld = true;
  pass(10 * minute);
  isHeld = false;
  idle.released();
  pass(3 * minute - second);
  expect(locked).toBe(0);
  pass(second);
  expect(locked).toBe(1);
});

test("a device that slept is locked by the first touch after it, before that touch does anything", () => {
  const idle = lockAfter(minute);
  wall += 8 * 60 * minute;
  idle.touch();
  expect(locked).toBe(1);
});

test("a clock that is set back makes it no longer", () => {
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

test("nothing happens any more once it was stopped", () => {
  const idle = lockAfter(minute);
  idle.stop();
  pass(10 * minute);
  expect(locked).toBe(0);
});
