import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createCircuit } from "./circuit.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const isTimeout = (outcome: string) => outcome === "timeout";
const hangs = async () => {
  await new Promise((resolve) => setTimeout(resolve, 25_000));
  return "timeout";
};
const answers = async () => "ok";

describe("42: calls to an API that hangs", () => {
  test("42: 400 of them are over after its first time-outs, and then none is made but a trial", async () => {
    const circuit = createCircuit(() => Date.now());
    let made = 0;
    const startedAt = Date.now();
    const all = Array.from({ length: 400 }, () =>
      circuit.run(() => {
        made += 1;
        return hangs();
      }, isTimeout),
    );
    await vi.advanceTimersByTimeAsync(25_000);
    const outcomes = await Promise.all(all);
    expect(Date.now() - startedAt).toBe(25_000);
    expect(made).toBe(6);
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(394);
    expect(circuit.isClosed()).toBe(false);
    expect(await circuit.run(answers, isTimeout)).toBeNull();

    await vi.advanceTimersByTimeAsync(15_000);
    const trial = circuit.run(hangs, isTimeout);
    // One trial at a time.
    expect(await circuit.run(answers, isTimeout)).toBeNull();
    await vi.advanceTimersByTimeAsync(25_000);
    expect(await trial).toBe("timeout");
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await circuit.run(answers, isTimeout)).toBe("ok");
    expect(circuit.isClosed()).toBe(true);
    expect(await circuit.run(answers, isTimeout)).toBe("ok");
  });

  test("a place that becomes free is given to the first that waits", async () => {
    const circuit = createCircuit(() => Date.now());
    const order: number[] = [];
    const all = Array.from({ length: 12 }, (_unused, index) =>
      circuit.run(async () => {
        order.push(index);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        return "ok";
      }, isTimeout),
    );
    await vi.advanceTimersByTimeAsync(5_000);
    expect(new Set(await Promise.all(all))).toEqual(new Set(["ok"]));
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test("a refusal is an answer and opens nothing", async () => {
    const circuit = createCircuit(() => Date.now());
    for (let call = 0; call < 50; call += 1) {
      expect(await circuit.run(async () => "refused", isTimeout)).toBe("refused");
    }
    expect(circuit.isClosed()).toBe(true);
  });
});
