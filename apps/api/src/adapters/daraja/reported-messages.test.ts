import { reportedCases } from "@satsconnect/money/reported-cases";
import type { ReportedCase } from "@satsconnect/money/reported-cases";
import { describe, expect, test } from "vitest";
import { centsOf, msisdnOf, parseRaw } from "../exact-json.ts";
import {
  readPayoutResult,
  readPromptAnswer,
  readPromptCallback,
  readStatusResult,
} from "./messages.ts";
import { readNairobiTime } from "./nairobi-time.ts";

/* Bodies that M-Pesa has sent to others, from their public reports. */

/** The fields of the message, of which the expected answer names some; amounts as `100n`. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, member: unknown) =>
      typeof member === "bigint" ? `${member}n` : member,
    ),
  );

function expectRead(found: unknown, expected: unknown): void {
  if (expected === null) expect(found).toBeNull();
  else expect(plain(found)).toMatchObject(expected as object);
}

/** The report keeps the beginning of a long body; these are its ends, after the key of the receiver's name. */
const receivers: Readonly<Record<string, string>> = {
  "b2c-ok": "254712345678 - JOHN DOE",
  "b2c-refarray": "254712345678 - JOHN DOE",
  "b2c-apostrophe": "254712345678 - MARY NG'ANG'A",
  "b2c-localname": "0712345678 - JOHN DOE",
  "b2c-nohyphen": "254712345678 JOHN DOE",
};
function bodyOf({ id, input }: ReportedCase): string {
  const text = String(input);
  if (!text.endsWith("…")) return text;
  const references =
    id === "b2c-refarray" ? '[{"Key":"a"},{"Key":"QueueTimeoutURL","Value":"x"}]' : '{"Key":"a"}';
  const name = '"ReceiverPartyPublicName';
  const end = `${name}","Value":"${receivers[id] ?? ""}"}]},"ReferenceData":{"ReferenceItem":${references}}}}`;
  return text.slice(0, text.lastIndexOf(name)) + end;
}

describe("messages of public reports", () => {
  test.each(reportedCases("stk-callback", "callback-body"))("$id", ({ input, expected }) => {
    expectRead(readPromptCallback(String(input)), expected);
  });

  test.each(reportedCases("stk-callback-number"))("$id", ({ expected, ...reported }) => {
    const text = bodyOf({ expected, ...reported });
    expectRead(
      text.includes("stkCallback") ? readPromptCallback(text) : readPayoutResult(text),
      expected,
    );
  });

  test.each(reportedCases("b2c-result"))("$id", ({ expected, ...reported }) => {
    expectRead(readPayoutResult(bodyOf({ expected, ...reported })), expected);
  });

  test.each(reportedCases("status-result"))("$id", ({ input, expected }) => {
    expectRead(readStatusResult(String(input)), expected);
  });

  test.each(reportedCases("stk-query"))("$id", ({ input, expected }) => {
    expectRead(readPromptAnswer(parseRaw(String(input))), expected);
  });

  test.each(reportedCases("nairobi-time"))("$id", ({ input, expected }) => {
    expect(readNairobiTime(String(input))).toBe(expected);
  });
});

test("a number is read in every form of it, and never from a part of one or from a mask", () => {
  for (const text of [
    "254712345678",
    "+254712345678",
    "00254712345678",
    "0712345678",
    "712345678",
    "254 712 345 678",
    "0712-345-678",
    "\ufeff254712345678",
  ])
    expect([text, msisdnOf(text)]).toEqual([text, "254712345678"]);
  for (const text of [
    "2547****5678",
    "254712345678 JOHN",
    "25471234567",
    "2547123456789",
    "+0712345678",
    "9f86d081884c7d65",
    "",
  ])
    expect([text, msisdnOf(text)]).toEqual([text, null]);
});

test("an amount is read with commas between its thousands, and with no other ones", () => {
  for (const [text, cents] of [
    ["1,000.00", 100_000n],
    ["12,345,678", 1_234_567_800n],
    [" 300 ", 30_000n],
  ] as const)
    expect([text, centsOf(text)]).toEqual([text, cents]);
  for (const text of [
    "1,00",
    "1,0000",
    ",100",
    "1,000,",
    "1.000,00",
    "1000,000",
    "-1",
    "1,000.005",
  ])
    expect([text, centsOf(text)]).toEqual([text, null]);
});
