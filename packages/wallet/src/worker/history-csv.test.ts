import { reportedCases } from "@satsconnect/money/reported-cases";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { HistoryItem } from "../port/calls.ts";
import { toCsv } from "./history-csv.ts";

const item = (description: string): HistoryItem => ({
  id: "out:1",
  kind: "send",
  state: "done",
  at: 1_796_027_221_300,
  amountMsat: "1000",
  feeMsat: "0",
  amountKesCents: "100",
  description,
  counterparty: null,
  paymentHash: null,
  orderId: null,
  orderState: null,
  mpesaReceipt: null,
  kesCentsPerBtc: null,
  deadlineAt: null,
});

/** The fields of each line, as a spreadsheet reads RFC 4180. */
function fieldsOf(csv: string): readonly (readonly string[])[] {
  const lines: string[][] = [];
  let line: string[] = [];
  for (const match of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gu)) {
    line.push(match[1] === undefined ? (match[2] ?? "") : match[1].replaceAll('""', '"'));
    if (match[3] === ",") continue;
    lines.push(line);
    line = [];
  }
  return lines;
}
const descriptionOf = (csv: string): string => {
  const lines = fieldsOf(csv.slice(1));
  expect(lines).toHaveLength(2);
  expect(lines[1]).toHaveLength(lines[0]?.length ?? 0);
  return lines[1]?.[7] ?? "";
};

test.each(reportedCases("csv"))("one field, no formula: $id", ({ input }) => {
  const text = String(input);
  const field = descriptionOf(toCsv([item(text)]));
  expect([text, `'${text}`]).toContain(field);
  if (/^[=+\-@＝＋－＠]/u.test(text)) expect(field).toBe(`'${text}`);
});

test.each(reportedCases("csv-encoding"))(
  "begins with a byte-order mark, so that Excel reads UTF-8: $id",
  () => {
    const name = "Wanjikũ’s Café";
    const bytes = new TextEncoder().encode(toCsv([item(name)]));
    expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    expect(descriptionOf(toCsv([item(name)]))).toBe(name);
  },
);

test("whatever a description contains, it is one field, as written, and no formula", () => {
  const sign = fc.constantFrom(
    "=",
    "+",
    "-",
    "@",
    "＝",
    "＋",
    "－",
    "＠",
    "﹦",
    "﹢",
    "−",
    "‐",
    "\t",
    "\r",
    " ",
    "\u200b",
    "\ufeff",
    "\u00a0",
    '"',
    ",",
    "\n",
    "1",
    "a",
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(sign, fc.string({ unit: "grapheme" })), { maxLength: 8 }),
      (parts) => {
        const text = parts.join("");
        const field = descriptionOf(toCsv([item(text)]));
        expect([text, `'${text}`]).toContain(field);
        expect(field).not.toMatch(/^[\s\u200b\ufeff]*[=+\-@＝＋－＠﹦﹢−]/u);
      },
    ),
  );
});
