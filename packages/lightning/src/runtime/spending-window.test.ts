import { msat } from "@satsconnect/money";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { OutboundPayment } from "../model/payment.ts";
import { SpendingWindow } from "./spending-window.ts";

const hour = 3_600_000;

function payment(number: number, createdAt: number, amount: bigint): OutboundPayment {
  return {
    number,
    createdAt,
    state: "inFlight",
    amountMsat: msat(amount),
    maxFeeMsat: msat(10n),
    feeMsat: null,
  } as OutboundPayment;
}

function costSince(payments: readonly OutboundPayment[], since: number): bigint {
  return payments
    .filter(({ createdAt, state }) => createdAt >= since && state !== "failed")
    .reduce(
      (sum, { amountMsat, feeMsat, maxFeeMsat }) => sum + amountMsat + (feeMsat ?? maxFeeMsat),
      0n,
    );
}

test("agrees with a sum over all payments, whatever happens to them and whenever it is asked", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.record({ does: fc.constant("pay" as const), amount: fc.bigInt(1n, 1_000n) }),
          fc.record({ does: fc.constantFrom("fail" as const, "succeed" as const), at: fc.nat() }),
          fc.record({ does: fc.constant("wait" as const), ms: fc.nat(9 * hour) }),
          fc.record({ does: fc.constant("ask" as const), backMs: fc.nat(48 * hour) }),
        ),
        { maxLength: 120 },
      ),
      async (steps) => {
        let now = 1_000 * hour;
        const all: OutboundPayment[] = [];
        const window = new SpendingWindow(async (since) => {
          const found = all.filter(({ createdAt }) => createdAt >= since);
          // time for other payments to change while the store is read
          await Promise.resolve();
          return found;
        });
        const put = (changed: OutboundPayment): void => {
          all[changed.number - 1] = changed;
          window.note(changed);
        };
        for (const step of steps) {
          if (step.does === "wait") now += step.ms;
          else if (step.does === "pay") put(payment(all.length + 1, now, step.amount));
          else if (step.does === "ask") {
            const since = now - step.backMs;
            const before = costSince(all, since);
            const asked = window.since(since, () => all.slice(-2));
            // It counts or not, depending on whether the store had to be read.
            put(payment(all.length + 1, now, 5n));
            expect([before, costSince(all, since)]).toContain(await asked);
            expect(await window.since(since, () => [])).toBe(costSince(all, since));
          } else {
            const found = all[step.at % Math.max(1, all.length)];
            if (found === undefined || found.state !== "inFlight") continue;
            put(
              step.does === "fail"
                ? { ...found, state: "failed" }
                : { ...found, state: "succeeded", feeMsat: msat(3n) },
            );
          }
        }
        expect(await window.since(now - 24 * hour, () => [])).toBe(costSince(all, now - 24 * hour));
      },
    ),
    { seed: 9, numRuns: 300 },
  ));

test("reads the store once for a day that moves on, and forgets what is older", async () => {
  let now = 1_000 * hour;
  let reads = 0;
  const all: OutboundPayment[] = [];
  const window = new SpendingWindow(async (since) => {
    reads += 1;
    return all.filter(({ createdAt }) => createdAt >= since);
  });
  for (let number = 1; number <= 6_000; number++) {
    now += 60_000;
    const one = payment(number, now, 1_000n);
    all.push(one);
    window.note(one);
    const since = now - 24 * hour;
    expect(await window.since(since, () => [])).toBe(
      BigInt(Math.min(number, 24 * 60 + 1)) * 1_010n,
    );
  }
  expect(reads).toBe(1);
  // Another caller, whose clock is a little behind, does not make it read again.
  await window.since(now - 24 * hour - 60_000, () => []);
  expect(reads).toBe(1);
  expect(await window.since(0, () => [])).toBe(6_000n * 1_010n);
  expect(reads).toBe(2);
});
