import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestSimulator } from "../testing/test-simulator.ts";
import type { TestSimulator } from "../testing/test-simulator.ts";
import type { PriceBehaviour, PriceSource } from "./prices.ts";

let at: TestSimulator;
beforeEach(async () => {
  at = await openTestSimulator();
});
afterEach(() => at.close());

function set(source: PriceSource, behaviour: PriceBehaviour | null): void {
  at.simulator.prices.setBehaviour(source, behaviour);
}

const yadio = async () =>
  JSON.parse((await at.get("/rates/yadio/convert/1/BTC/KES")).body) as {
    readonly result: number;
    readonly timestamp: number;
  };

test("a frozen feed repeats its price and states a new time", async () => {
  set("yadio", "frozen");
  const first = await yadio();
  await at.pass(600_000);
  const second = await yadio();
  expect(second.result).toBe(first.result);
  expect(second.timestamp).toBe(first.timestamp + 600_000);
  set("yadio", null);
  expect((await yadio()).result).not.toBe(first.result);
});

test("a feed that has jumped goes on moving, 8 % higher", async () => {
  const before = (await yadio()).result;
  set("yadio", "jumped");
  const after = await yadio();
  expect(after.result / before).toBeCloseTo(1.08, 6);
  await at.pass(60_000);
  expect((await yadio()).result).not.toBe(after.result);
});
