import { expect, test } from "vitest";
import { maxRoutingFee } from "./routing-fee.ts";
import { msat } from "./units.ts";

test("the routing fee limit is 1 %, rounded up, and at least 10 sat", () => {
  expect(maxRoutingFee(msat(0n))).toBe(10_000n);
  expect(maxRoutingFee(msat(1_000_000n))).toBe(10_000n);
  expect(maxRoutingFee(msat(1_000_001n))).toBe(10_001n);
  expect(maxRoutingFee(msat(250_000_000n))).toBe(2_500_000n);
});
