import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { pino } from "pino";
import { SubscriptionBroken } from "@satsconnect/contracts/grpc";
import type { EngineClient } from "@satsconnect/contracts/grpc";
import { FailureReason, PaymentDirection, PaymentState } from "@satsconnect/contracts/grpc/payment";
import type { Payment, PaymentEvent } from "@satsconnect/contracts/grpc/payment";
import { createTestDatabase } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createTestEngine } from "../../testing/engine.ts";
import { createEngineCursor } from "../postgres/engine-cursor.ts";
import { createLightning, lightningReport } from "./lightning.ts";
import { subscribeToPaymentEvents } from "./payment-events.ts";

const log = pino({ level: "silent" });
let testDatabase: TestDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.drop());
beforeEach(() => testDatabase.database.query("UPDATE engine_cursor SET sequence = 0"));

const payment: Payment = {
  paymentHash: "aa".repeat(32),
  direction: PaymentDirection.OUTBOUND,
  state: PaymentState.FAILED,
  amountMsat: 1_000n,
  receivedMsat: 0n,
  feeMsat: 0n,
  failureReason: FailureReason.RECIPIENT_OFFLINE,
  claimDeadlineHeight: 0,
  idempotencyKey: "order:1:pay",
  updatedAtMs: 0n,
  invoiceExpiresAtMs: 0n,
  channelOpened: false,
};

/** An engine whose stream sends the events 1 to `last` and breaks after every `breakEvery` events. */
function createStreamingEngine(
  last: bigint,
  breakEvery: bigint,
): { engine: EngineClient; resumedAfter: bigint[] } {
  const resumedAfter: bigint[] = [];
  const engine: EngineClient = {
    ...createTestEngine(),
    payment: {
      ...createTestEngine().payment,
      paymentStream: (afterSequence) => {
        resumedAfter.push(afterSequence);
        let cancelled = false;
        return {
          cancel: () => {
            cancelled = true;
          },
          async *[Symbol.asyncIterator](): AsyncGenerator<PaymentEvent> {
            for (
              let sequence = afterSequence + 1n;
              sequence <= last && !cancelled;
              sequence += 1n
            ) {
              yield { sequence, payment, tipHeight: 1 };
              if (sequence % breakEvery === 0n) {
                throw new SubscriptionBroken({
                  code: "grpc_unavailable",
                  message: "The stream broke",
                  retry: "unknown",
                });
              }
            }
          },
        };
      },
    },
  };
  return { engine, resumedAfter };
}

test("takes every event in order, resumes after interruptions, and continues from the stored cursor", async () => {
  const { engine, resumedAfter } = createStreamingEngine(5n, 2n);
  const taken: bigint[] = [];
  const events = subscribeToPaymentEvents({
    engine,
    cursor: createEngineCursor(testDatabase.database),
    onEvent: async ({ sequence }) => void taken.push(sequence),
    log,
  });
  await expect.poll(() => taken, { timeout: 10_000 }).toEqual([1n, 2n, 3n, 4n, 5n]);
  await events.stop();
  expect(resumedAfter.slice(0, 3)).toEqual([0n, 2n, 4n]);
  const again = createStreamingEngine(5n, 100n);
  const more = subscribeToPaymentEvents({
    engine: again.engine,
    cursor: createEngineCursor(testDatabase.database),
    onEvent: async () => {},
    log,
  });
  await expect.poll(() => again.resumedAfter.length).toBeGreaterThan(0);
  await more.stop();
  expect(again.resumedAfter[0]).toBe(5n);
});

test("delivers an event again when processing it failed, and skips none", async () => {
  const { engine } = createStreamingEngine(3n, 100n);
  const attempts: bigint[] = [];
  const events = subscribeToPaymentEvents({
    engine,
    cursor: createEngineCursor(testDatabase.database),
    onEvent: async ({ sequence }) => {
      attempts.push(sequence);
      if (attempts.length === 2) throw new Error("the database is unreachable");
    },
    log,
  });
  await expect.poll(() => attempts, { timeout: 10_000 }).toEqual([1n, 2n, 2n, 3n]);
  await events.stop();
});

test("maps the state and failure of a payment to a Lightning report", () => {
  expect(lightningReport(payment, 7)).toEqual({
    paymentHash: payment.paymentHash,
    direction: "outbound",
    state: "failed",
    receivedMsat: 0n,
    feeMsat: 0n,
    failure: "recipient_offline",
    channelOpened: false,
    changedAt: 0,
    claimDeadlineHeight: 0,
    tipHeight: 7,
  });
  for (const state of Object.values(PaymentState)) {
    const known = state !== PaymentState.UNSPECIFIED && state !== PaymentState.UNRECOGNIZED;
    expect(lightningReport({ ...payment, state }, 7) !== null).toBe(known);
  }
});

test("2: tells an unknown payment from an unreachable engine", async () => {
  const engine = createTestEngine();
  const lightning = createLightning(engine);
  expect(await lightning.status("bb".repeat(32))).toEqual({ ok: true, value: null });
  engine.reachable = false;
  expect(await lightning.status("bb".repeat(32))).toMatchObject({
    ok: false,
    error: { retry: "unknown" },
  });
  expect(
    await lightning.failPayment({ idempotencyKey: "order:1:refund", paymentHash: "bb".repeat(32) }),
  ).toMatchObject({
    ok: false,
    error: { retry: "unknown" },
  });
});

test("returns the same invoice for the same order", async () => {
  const lightning = createLightning(createTestEngine());
  const request = {
    orderId: "019ab0d5-7d3c-7cc2-9d31-2f0e5d8c1a11",
    walletId: "w",
    amountMsat: 1_000_000n as never,
    description: "Sell",
    expirySeconds: 120,
    holdBlocks: 144,
  };
  expect(await lightning.newHoldInvoice(request)).toEqual(await lightning.newHoldInvoice(request));
});
