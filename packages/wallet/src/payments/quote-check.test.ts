import type { Quote } from "@satsconnect/contracts";
import { expect, test } from "vitest";
import { checkQuote, rateCents } from "./quote-check.ts";

const request = { kind: "sell", msisdn: "254712345678", amountKesCents: "30000" } as const;
const honest: Quote = {
  id: "q",
  kind: "sell",
  amountKesCents: "30000",
  amountMsat: "2854213",
  rateKesPerBtc: "10844580.90",
  fees: [
    { code: "spread", amountKesCents: "453", amountMsat: "41773" },
    { code: "mpesa", amountKesCents: "500", amountMsat: "46106" },
  ],
  customerMpesaFeeKesCents: "0",
  recipient: null,
  createdAt: "2026-11-23T09:15:00.000Z",
  expiresAt: "2026-11-23T09:17:00.000Z",
};

test("accepts a quote for the requested amount whose lines add up", () => {
  expect(checkQuote(request, honest).ok).toBe(true);
  const buy: Quote = {
    ...honest,
    kind: "buy",
    amountKesCents: "100000",
    amountMsat: "9082860",
    fees: [{ code: "spread", amountKesCents: "1501", amountMsat: "138412" }],
  };
  expect(checkQuote({ kind: "buy", amountKesCents: "100000" }, buy).ok).toBe(true);
  expect(checkQuote({ kind: "buy", amountMsat: "9082860" }, buy).ok).toBe(true);
});

test.each([
  ["asks for ten times the sats", { amountMsat: "28542130" }],
  ["hides a fee", { fees: honest.fees.slice(1), amountMsat: "3854213" }],
  ["is for a buy instead of a sell", { kind: "buy" as const }],
  ["pays out a different amount in shillings", { amountKesCents: "29000" }],
  ["has a price of zero", { rateKesPerBtc: "0.00" }],
  ["has a negative price", { rateKesPerBtc: "-10844580.90" }],
  ["has a malformed price", { rateKesPerBtc: "1e30" }],
  ["has an implausibly high price", { rateKesPerBtc: "999999999999999.00" }],
  ["has a malformed amount", { amountMsat: "many" }],
  ["has a negative fee", { fees: [{ ...honest.fees[0], amountKesCents: "-1" }] as never }],
  ["expires when it is created", { expiresAt: honest.createdAt }],
  ["has a malformed expiry", { expiresAt: "later" }],
])("refuses a quote that %s", (_name, change) => {
  expect(checkQuote(request, { ...honest, ...change })).toMatchObject({
    ok: false,
    error: { code: "quote_wrong" },
  });
});

test("parses plausible prices to the cent and refuses all others", () => {
  expect(rateCents("10844580.90")).toBe(1_084_458_090n);
  expect(rateCents("12700000")).toBe(1_270_000_000n);
  for (const malformed of [
    "",
    "0.00",
    "-5.00",
    "1e30",
    "5.00",
    "999999999999.00",
    null,
    12_700_000,
  ])
    expect(rateCents(malformed)).toBeNull();
});
