import { msat } from "@satsconnect/money";
import { expect, test } from "vitest";
import { admitWithin } from "./caps.ts";

const caps = { paymentMsat: msat(1_000n), dailyMsat: msat(2_500n) };
const asking = (amount: bigint, spent: bigint) => ({
  idempotencyKey: null,
  payee: null,
  amountMsat: msat(amount),
  feeLimitMsat: msat(0n),
  spentSince: async () => msat(spent),
});

test("a payment up to the limit is admitted, one above it is not, fee limit included", async () => {
  const admit = admitWithin(caps, () => 0);
  expect((await admit(asking(1_000n, 0n))).ok).toBe(true);
  expect((await admit({ ...asking(1_000n, 0n), feeLimitMsat: msat(1n) })).ok).toBe(false);
});

test("what was spent in the last 24 hours counts, to the last unit", async () => {
  let askedSince = 0;
  const admit = admitWithin(caps, () => 100_000_000);
  const spent = (amount: bigint) => async (since: number) => {
    askedSince = since;
    return msat(amount);
  };
  expect((await admit({ ...asking(1_000n, 0n), spentSince: spent(1_500n) })).ok).toBe(true);
  const refused = await admit({ ...asking(1_000n, 0n), spentSince: spent(1_501n) });
  expect(refused).toMatchObject({ ok: false, error: { code: "cap_exceeded", retry: "never" } });
  expect(askedSince).toBe(100_000_000 - 86_400_000);
});
