import fc from "fast-check";
import { msat } from "@satsconnect/money";
import { expect, test } from "vitest";
import { admitWithin } from "./payment-caps.ts";

const caps = { paymentMsat: msat(1_000n), dailyMsat: msat(2_500n), inFlightMsat: msat(1_800n) };
const asking = (amount: bigint, spent = 0n, underWay = 0n, feeLimit = 0n) => ({
  idempotencyKey: null,
  payee: null,
  amountMsat: msat(amount),
  maxFeeMsat: msat(feeLimit),
  spentSince: async () => msat(spent),
  outstandingMsat: msat(underWay),
});
const admit = admitWithin(caps, () => 0);

test("a payment up to the limit is admitted, one above it is not, fee limit included", async () => {
  expect((await admit(asking(1_000n))).ok).toBe(true);
  expect(await admit(asking(1_000n, 0n, 0n, 1n))).toMatchObject({
    ok: false,
    error: { code: "cap_exceeded", retry: "never" },
  });
});

test("what is under way leaves only so much room, to the last unit", async () => {
  expect((await admit(asking(1_000n, 800n, 800n))).ok).toBe(true);
  expect((await admit(asking(1_000n, 801n, 801n))).ok).toBe(false);
});

test("what was spent in the last 24 hours counts, to the last unit", async () => {
  let askedSince = 0;
  const admitAt = admitWithin(caps, () => 100_000_000);
  const spent = (amount: bigint) => async (since: number) => {
    askedSince = since;
    return msat(amount);
  };
  expect((await admitAt({ ...asking(1_000n), spentSince: spent(1_500n) })).ok).toBe(true);
  expect((await admitAt({ ...asking(1_000n), spentSince: spent(1_501n) })).ok).toBe(false);
  expect(askedSince).toBe(100_000_000 - 86_400_000);
});

test("whatever is asked in whatever order, no cap is passed", async () => {
  const payment = fc.record({ amount: fc.bigInt(1n, 1_200n), fee: fc.bigInt(0n, 50n) });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(payment, fc.boolean())), async (payments) => {
      let spent = 0n;
      let underWay = 0n;
      for (const [{ amount, fee }, ends] of payments) {
        if (ends) underWay = 0n;
        if ((await admit(asking(amount, spent, underWay, fee))).ok) {
          spent += amount + fee;
          underWay += amount + fee;
          expect(amount + fee).toBeLessThanOrEqual(caps.paymentMsat);
        }
        expect(spent).toBeLessThanOrEqual(caps.dailyMsat);
        expect(underWay).toBeLessThanOrEqual(caps.inFlightMsat);
      }
    }),
  );
});
