import { randomBytes, randomUUIDv7 } from "node:crypto";
import { err, ok, rate } from "@satsconnect/money";
import { createLightning } from "../adapters/engine/lightning.ts";
import { defaultOperatorSettings } from "../domain/operator-settings.ts";
import type { OperatorSettings } from "../domain/operator-settings.ts";
import { decodeInvoice } from "../domain/bolt11.ts";
import { createOrders } from "../app/orders/orders.ts";
import type { OrderStore, PayoutRail, RateSource, StkRail } from "../app/orders/ports.ts";
import type { OrderServices } from "./api.ts";
import type { TestEngine } from "./engine.ts";

/** A phone number that is not registered with M-Pesa. */
export const unregisteredMsisdn = "254799999999";

export type TestOrdersOptions = {
  readonly store: OrderStore;
  readonly engine: TestEngine;
  readonly now: () => number;
  readonly settings?: OperatorSettings;
};

/**
 * The real order use cases over the given store, with an M-Pesa that accepts every request and never reports a
 * result.
 */
export function createTestOrders({
  store,
  engine,
  now,
  settings = defaultOperatorSettings,
}: TestOrdersOptions): OrderServices {
  const stk: StkRail = {
    push: async () => ok({ checkoutRequestId: `ws_CO_${randomUUIDv7()}` }),
    query: async () => ok({ status: "pending", code: "4999" }),
    readCallback: () => null,
  };
  const payouts: PayoutRail = {
    send: async () => ok({ conversationId: `AG_${randomUUIDv7()}` }),
    requestStatus: async () => ok({ conversationId: `AG_${randomUUIDv7()}` }),
    readResult: () => null,
    readStatusResult: () => null,
    recipientName: async (msisdn) =>
      msisdn === unregisteredMsisdn
        ? err("recipient_not_registered", "This number is not registered with M-Pesa.", "never")
        : ok({ name: "WANJIKU M•••••" }),
  };
  const rates: RateSource = {
    current: async () =>
      ok({
        rate: rate("KES", 1_084_458_090n),
        asOf: now(),
        sources: [],
        extraSpreadPartsPerMillion: 0n,
      }),
  };
  const orders = createOrders({
    store,
    clock: { now },
    ids: {
      uuid: () => randomUUIDv7(),
      payoutId: () => randomBytes(10).toString("hex").toUpperCase(),
      accountReference: () => randomBytes(6).toString("hex").toUpperCase(),
    },
    lightning: createLightning(engine),
    stk,
    payouts,
    reversals: {
      send: async () => ok({ conversationId: `AG_${randomUUIDv7()}` }),
      readResult: () => null,
    },
    rates,
    waker: { wake: (orderId) => void orders.wake(orderId) },
    network: "regtest",
    readInvoice: decodeInvoice,
    allowNameLookup: async () => ok(undefined),
    settings,
    onError: (error) => {
      throw error;
    },
  });
  return { orders, rates, events: { read: store.events, latestSequence: store.latestSequence } };
}
