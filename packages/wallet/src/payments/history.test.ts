import type { Order } from "@satsconnect/contracts";
import type { InboundPayment, OutboundPayment } from "@satsconnect/lightning";
import { msat } from "@satsconnect/money";
import { expect, test } from "vitest";
import { mergeHistory } from "./history.ts";

const common = {
  number: 1,
  idempotencyKey: null,
  description: null,
  createdAt: 1_000,
  updatedAt: 1_000,
  finishedAt: null,
  expiresAt: null,
} as const;

function inbound(change: Partial<InboundPayment>): InboundPayment {
  return {
    ...common,
    direction: "inbound",
    kind: "bolt11",
    paymentHash: "aa",
    state: "claimed",
    request: "lnbcrt1",
    amountMsat: msat(5_000n),
    receivedMsat: msat(4_900n),
    skimmedFeeMsat: msat(100n),
    maxSkimmedFeeMsat: null,
    hold: false,
    foreignHash: false,
    claimDeadlineHeight: null,
    ...change,
  };
}

function outbound(change: Partial<OutboundPayment>): OutboundPayment {
  return {
    ...common,
    direction: "outbound",
    kind: "bolt11",
    paymentHash: "bb",
    state: "succeeded",
    paymentId: "01",
    request: "lnbcrt1",
    payee: null,
    amountMsat: msat(7_000n),
    maxFeeMsat: msat(10n),
    feeMsat: msat(3n),
    failure: null,
    waitingFor: null,
    ...change,
  };
}

const order: Order = {
  id: "019ab0d5-7d3c-7cc2-9d31-2f0e5d8c1a11",
  kind: "sell",
  state: "claimed",
  final: true,
  quoteId: "019ab0d5-7d3c-7cc2-9d31-2f0e5d8c1a12",
  amountKesCents: "30000",
  amountMsat: "7000",
  rateKesPerBtc: "1",
  fees: [],
  msisdn: "2547•••••678",
  recipientName: "AMINA",
  invoice: null,
  paymentHash: "bb",
  invoiceExpiresAt: null,
  mpesaReceipt: "TKN1",
  reason: null,
  actions: [],
  priceUntil: "2026-11-23T09:17:00.000Z",
  offer: null,
  createdAt: new Date(2_000).toISOString(),
  updatedAt: new Date(3_000).toISOString(),
  deadlineAt: null,
};

test("merges an order and its payment into one entry, newest first", () => {
  const entries = mergeHistory([inbound({}), outbound({})], [order]);
  expect(entries.map(({ kind, at, feeMsat }) => ({ kind, at, feeMsat }))).toEqual([
    { kind: "sell", at: 2_000, feeMsat: 3n },
    { kind: "receive", at: 1_000, feeMsat: 100n },
  ]);
  expect(entries[0]?.order?.mpesaReceipt).toBe("TKN1");
  expect(entries[1]?.amountMsat).toBe(4_900n);
});

test("leaves out unpaid invoices and keeps pending payments", () => {
  const unpaid = inbound({ state: "open", receivedMsat: null });
  const moving = outbound({ paymentHash: "cc", state: "inFlight", feeMsat: null });
  expect(mergeHistory([unpaid, moving], []).map(({ kind, state }) => [kind, state])).toEqual([
    ["send", "moving"],
  ]);
});

test("shows a cancelled order as ended", () => {
  const [entry] = mergeHistory([], [{ ...order, state: "cancelled" }]);
  expect(entry?.state).toBe("ended");
});

test("shows the last of several attempts at one invoice", () => {
  const failed = outbound({ number: 1, state: "failed", failure: "noRoute", feeMsat: null });
  const paid = outbound({ number: 2 });
  expect(mergeHistory([paid, failed], []).map(({ state }) => state)).toEqual(["done"]);
});

test("shows a cancelled sell as moving while this wallet's payment is in flight", () => {
  const cancelled: Order = { ...order, state: "cancelled", reason: "mpesa_1" };
  const stateOf = (payment: OutboundPayment) => mergeHistory([payment], [cancelled])[0]?.state;
  expect(stateOf(outbound({ state: "inFlight" }))).toBe("moving");
  expect(stateOf(outbound({ state: "succeeded" }))).toBe("done");
  expect(stateOf(outbound({ state: "failed" }))).toBe("ended");
  expect(mergeHistory([], [cancelled])[0]?.state).toBe("ended");
});
