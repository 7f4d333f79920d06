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
  PaymentList.of({ payments: async () => known } as unknown as LightningNode);

const told = (one: Payment): NodeEvent =>
  ({ type: "payment", sequence: 1, payment: one }) as unknown as NodeEvent;

test("a payment that ends after the clock was set back has ended", async () => {
  const payments = await list(payment({ updatedAt: 90_000_000 }));
  expect(payments.hear(told(payment({ state: "succeeded", updatedAt: 5_000 })))).toBe(true);
  expect(payments.latest("aa", "outbound")?.state).toBe("succeeded");
});

test("what is told of a past that is over changes nothing", async () => {
  for (const state of ["succeeded", "failed"] as const) {
    const payments = await list(payment({ state }));
    expect(payments.hear(told(payment({ updatedAt: 9_000 })))).toBe(false);
    expect(payments.latest("aa", "outbound")?.state).toBe(state);
  }
});

test("what came in after its invoice had ended is not told as ended again", async () => {
  const inbound = { direction: "inbound" } as const;
  const payments = await list(payment({ ...inbound, state: "expired" }));
  expect(payments.hear(told(payment({ ...inbound, state: "claimed" })))).toBe(true);
  payments.hear(told(payment({ ...inbound, state: "expired" })));
  expect(payments.latest("aa", "inbound")?.state).toBe("claimed");
});
