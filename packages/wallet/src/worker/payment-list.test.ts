import type { LightningNode, NodeEvent, Payment } from "@satsconnect/lightning";
import { expect, test } from "vitest";
import { PaymentList } from "./payment-list.ts";

const payment = (change: Partial<Payment>): Payment =>
  ({
    number: 1,
    direction: "outbound",
    paymentHash: "aa",
    state: "inFlight",
    updatedAt: 1_000,
    ...change,
  }) as Payment;

const list = (...known: readonly Payment[]): Promise<PaymentList> =>
  PaymentList.load({ payments: async () => known } as unknown as LightningNode);

const eventFor = (one: Payment): NodeEvent =>
  ({ type: "payment", sequence: 1, payment: one }) as unknown as NodeEvent;

test("applies a final state although the clock was set back", async () => {
  const payments = await list(payment({ updatedAt: 90_000_000 }));
  expect(payments.apply(eventFor(payment({ state: "succeeded", updatedAt: 5_000 })))).toBe(true);
  expect(payments.latest("aa", "outbound")?.state).toBe("succeeded");
});

test("ignores an event that is older than the final state", async () => {
  for (const state of ["succeeded", "failed"] as const) {
    const payments = await list(payment({ state }));
    expect(payments.apply(eventFor(payment({ updatedAt: 9_000 })))).toBe(false);
    expect(payments.latest("aa", "outbound")?.state).toBe(state);
  }
});

test("keeps a payment claimed after its invoice expired when the older event is repeated", async () => {
  const inbound = { direction: "inbound" } as const;
  const payments = await list(payment({ ...inbound, state: "expired" }));
  expect(payments.apply(eventFor(payment({ ...inbound, state: "claimed" })))).toBe(true);
  payments.apply(eventFor(payment({ ...inbound, state: "expired" })));
  expect(payments.latest("aa", "inbound")?.state).toBe("claimed");
});
