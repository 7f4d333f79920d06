import { msat } from "@satsconnect/money";
import { expect, test } from "vitest";
import { utf8ToText } from "../encoding/bytes.ts";
import { decodeEvent, decodePayment, encodeEvent, encodePayment } from "./codec.ts";
import type { NodeEvent } from "./events.ts";
import type { OutboundPayment } from "./payment.ts";

const payment: OutboundPayment = {
  number: 7,
  direction: "outbound",
  kind: "bolt11",
  state: "inFlight",
  paymentHash: "ab".repeat(32),
  paymentId: "cd".repeat(32),
  idempotencyKey: null,
  description: null,
  request: "lnbcrt1",
  payee: null,
  amountMsat: msat(1_000n),
  maxFeeMsat: msat(10n),
  feeMsat: null,
  failure: null,
  waitingFor: null,
  expiresAt: null,
  createdAt: 1,
  updatedAt: 1,
  finishedAt: null,
};
const event: NodeEvent = { sequence: 1, at: 1, tipHeight: 1, type: "payment", payment };

test("stores the maximum fee as feeLimitMsat and amounts as decimal strings", () => {
  const stored = `"amountMsat":"1000","feeLimitMsat":"10","feeMsat":null`;
  expect(utf8ToText(encodePayment(payment))).toContain(stored);
  expect(utf8ToText(encodeEvent(event))).toContain(stored);
  expect(utf8ToText(encodeEvent(event))).not.toContain("maxFeeMsat");
});

test("reads back the record and the event it stored", () => {
  expect(decodePayment(encodePayment(payment))).toEqual(payment);
  expect(decodeEvent(encodeEvent(event))).toEqual(event);
});
