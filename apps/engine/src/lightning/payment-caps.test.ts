import fc from "fast-check";
import { msat } from "@satsconnect/money";
import { expect, test } from "vitest";
import { admitWithinCaps } from "./payment-caps.ts";

const caps = {
  paymentMsat: msat(1_000n),
  dailyMsat: msat(2_500n),
  inFlightMsat: msat(1_800n),
  inFlightToPayeeMsat: msat(1_200n),
};
const request = (amount: bigint, spent = 0n, inFlight = 0n, maxFee = 0n) => ({
  idempotencyKey: null,
  payee: null,
  amountMsat: msat(amount),
  maxFeeMsat: msat(maxFee),
  spentSince: async () => msat(spent),
  outstandingMsat: msat(inFlight),
  outstandingToPayeeMsat: msat(0n),
});
const admit = admitWithinCaps(caps, () => 0);

test("admits a payment up to the cap, its maximum fee included, and refuses one above it", async () => {
  expect((await admit(request(1_000n))).ok).toBe(true);
  expect(await admit(request(1_000n, 0n, 0n, 1n))).toMatchObject({
    ok: false,
    error: { code: "cap_exceeded", retry: "never" },
  });
});

test("counts payments in flight exactly", async () => {
  expect((await admit(request(1_000n, 800n, 800n))).ok).toBe(true);
  expect((await admit(request(1_000n, 801n, 801n))).ok).toBe(false);
});

test("7: a node that holds payments gets no more than its own part of what may be in flight", async () => {
  const held = (amount: bigint) => ({ ...request(1_000n), outstandingToPayeeMsat: msat(amount) });
  expect((await admit(held(200n))).ok).toBe(true);
  expect(await admit(held(201n))).toMatchObject({ error: { code: "cap_exceeded" } });
});

test("counts the payments of the last 24 hours exactly", async () => {
  let sinceMs = 0;
  const admitAt = admitWithinCaps(caps, () => 100_000_000);
  const spent = (amount: bigint) => async (since: number) => {
    sinceMs = since;
    return msat(amount);
  };
  expect((await admitAt({ ...request(1_000n), spentSince: spent(1_500n) })).ok).toBe(true);
  expect((await admitAt({ ...request(1_000n), spentSince: spent(1_501n) })).ok).toBe(false);
  expect(sinceMs).toBe(100_000_000 - 86_400_000);
});

test("no sequence of payments exceeds a cap", async () => {
  const payment = fc.record({ amount: fc.bigInt(1n, 1_200n), fee: fc.bigInt(0n, 50n) });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(payment, fc.boolean())), async (payments) => {
      let spent = 0n;
      let inFlight = 0n;
      for (const [{ amount, fee }, ends] of payments) {
        if (ends) inFlight = 0n;
        if ((await admit(request(amount, spent, inFlight, fee))).ok) {
          spent += amount + fee;
          inFlight += amount + fee;
          expect(amount + fee).toBeLessThanOrEqual(caps.paymentMsat);
        }
        expect(spent).toBeLessThanOrEqual(caps.dailyMsat);
        expect(inFlight).toBeLessThanOrEqual(caps.inFlightMsat);
      }
    }),
  );
});
