import { expect, test } from "vitest";
import { parseRaw } from "../exact-json.ts";
import { readPulledLines } from "./pull-transactions.ts";

const line = {
  transactionId: "yzlyrEsRG1",
  trxDate: "2020-08-05T10:13:00Z",
  msisdn: 722000000,
  sender: "UAT2",
  transactiontype: "c2b-pay-bill-debit",
  billreference: "37207636392",
  amount: "168.00",
  organizationname: "Daraja Pull API Test",
};
const read = (change: object) =>
  readPulledLines(
    parseRaw(JSON.stringify({ ResponseCode: "1000", Response: [[line]], ...change })) ?? "",
  );

test("reads the documented answer", () => {
  expect(read({})).toEqual({
    ok: true,
    value: [
      {
        receipt: "YZLYRESRG1",
        isCharge: false,
        cents: 16_800n,
        completedAt: Date.parse("2020-08-05T10:13:00Z"),
        details: "c2b-pay-bill-debit",
        otherParty: "722000000 - UAT2",
        accountReference: "37207636392",
        linkedReceipt: "",
      },
    ],
  });
});

test("reads an empty answer, also one that is written as text", () => {
  expect(read({ ResponseCode: "1001", Response: [[]] })).toEqual({ ok: true, value: [] });
  expect(read({ ResponseCode: "1001", Response: "[[]]" })).toEqual({ ok: true, value: [] });
});

test("reads amounts as numbers and times without a zone in Nairobi, and several inner lists", () => {
  const other = {
    ...line,
    transactionId: "UKN0000001",
    amount: 250.5,
    trxDate: "2026-11-23 10:15:00",
  };
  expect(read({ Response: [[line], [other]] })).toMatchObject({
    ok: true,
    value: [{}, { cents: 25_050n, completedAt: Date.parse("2026-11-23T07:15:00Z") }],
  });
});

test.each([
  ["an amount", { amount: "a lot" }],
  ["a receipt", { transactionId: "" }],
  ["a time", { trxDate: "yesterday" }],
])("reads nothing if one line has no readable %s", (_name, change) => {
  expect(read({ Response: [[line, { ...line, ...change }]] })).toMatchObject({
    error: { code: "answer_unreadable" },
  });
});
