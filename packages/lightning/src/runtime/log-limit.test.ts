import { expect, test } from "vitest";
import { corePolicy } from "../model/policy.ts";
import { SimulatedClock } from "../simulation/clock.ts";
import { LogLimit } from "./log-limit.ts";

const { burst, perSecond } = corePolicy.logLines;

test("lets a burst through, then so many lines a second, and counts what it drops", async () => {
  const clock = new SimulatedClock(0);
  const limit = new LogLimit(clock);
  const admitted = (lines: number): number =>
    Array.from({ length: lines }, () => limit.admit()).filter((line) => line !== undefined).length;
  expect(admitted(burst + 500)).toBe(burst);
  await clock.advance(1_000);
  expect(limit.admit()).toBe(500);
  expect(admitted(500)).toBe(perSecond - 1);
  await clock.advance(3_600_000);
  expect(admitted(2 * burst)).toBe(burst);
});
