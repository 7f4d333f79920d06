import { reportedCases } from "@satsconnect/money/reported-cases";
import fc from "fast-check";
import { expect, test } from "vitest";
import { moneyEn } from "../i18n/catalogues/money-screens.en.ts";
import { textOperators, winAnsiText } from "./pdf-text.ts";
import { receiptPdf } from "./receipt-pdf.ts";

const receiptOf = (value: string) => ({
  title: "Paid",
  label: "Sent",
  kes: "100",
  sats: "1,000 sats",
  lines: [],
  total: null,
  facts: [{ label: "To", value }],
  saying: null,
});
/** The texts of a file as its reader decodes them. */
const textsOf = (file: string): readonly string[] =>
  [...file.matchAll(/\(((?:[^()\\]|\\.)*)\) Tj/gu)].map(([, text = ""]) =>
    text.replaceAll(/\\(.)/gu, "$1"),
  );
/** The texts that the file gives to whoever copies from it. */
const copiedFrom = (file: string): readonly string[] =>
  [...file.matchAll(/ActualText <FEFF([0-9A-F]*)>/gu)].map(([, digits = ""]) =>
    (digits.match(/.{4}/gu) ?? [])
      .map((unit) => String.fromCharCode(Number.parseInt(unit, 16)))
      .join(""),
  );

test.each(reportedCases("pdf"))("a receipt has the name as written: $id", ({ input, expected }) => {
  const name = String(input);
  const file = String.fromCharCode(...receiptPdf(receiptOf(name), moneyEn));
  expect(textsOf(file)).toContain(expected);
  if (name !== expected) expect(copiedFrom(file)).toEqual([name]);
});

test("draws the accent of a Kikuyu vowel over its letter", () => {
  const [, drawn, , , accent] = textOperators(72, 100, 10, "R", "Mũ");
  expect(drawn).toBe("BT /R 10 Tf 72 100 Td (Mu) Tj ET");
  // after "Mu", back by half of the letter and half of the accent, then the small tilde
  expect(accent).toBe("BT /R 10 Tf 72 100 Td 3 Tr [(Mu) 444.5] TJ 0 Tr 0 Ts (\u0098) Tj 0 Ts ET");
});

test.each([
  ["Ng’ombe – “Café” €5 • ™", "Ng\u0092ombe \u0096 \u0093Café\u0094 \u00805 \u0095 \u0099"],
  ["Wanjiku\u0303", "Wanjiku"],
  ["ŋ ɛ ɔ ɓ", "n e o b"],
  ["Kwale (Diani) \\", "Kwale (Diani) \\"],
  ["中文 😀", "?? ?"],
  ["a\u0000\u0085b", "a??b"],
])("encodes %j", (text, encoded) => {
  expect(winAnsiText(text)).toBe(encoded);
});

test("whatever a name contains, the file has one byte for each character, and the name itself", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }), (name) => {
      const operators = textOperators(0, 0, 9, "B", name).join("\n");
      expect(operators).toMatch(/^[\u0020-\u007e\u0080-\u00ff\n]*$/u);
      const plain = winAnsiText(name);
      expect(textsOf(operators)[0]).toBe(plain);
      if (plain !== name)
        expect([plain === name.normalize("NFC") ? [name] : copiedFrom(operators)]).toEqual([
          [name],
        ]);
    }),
  );
});
