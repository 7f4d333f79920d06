import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reportedCases } from "@satsconnect/money/reported-cases";
import { normalizeMsisdn } from "./msisdn.ts";
import { msisdnText } from "./primitives.ts";

const read = (text: string): string | null => {
  const number = normalizeMsisdn(text);
  return number.ok ? number.value : null;
};

describe("phone numbers as people paste them", () => {
  test.each(
    reportedCases("msisdn", "msisdn-prefix", "msisdn-marks", "msisdn-invisible", "msisdn-digits"),
  )("$id", ({ input, expected }) => {
    expect(read(String(input))).toBe(expected);
    // the API takes the same texts
    expect(msisdnText.safeParse(input).success).toBe(expected !== null);
  });

  test.each([
    "Mama Njeri 0712 345 678",
    "Mama Njeri\nSimu: +254 (0)712-345-678",
    "M: 0712 345 678",
    "📞 0712345678",
    "TEL;TYPE=CELL:+254712345678",
    "tel:0712345678;phone-context=+254",
    "TEL:%2B254712345678",
    "sms:+254712345678?body=habari",
    "https://wa.me/254712345678",
    "+254712345678 / 0712 345 678",
    "0712 345\n678",
    "“0712 345 678”",
    '="0712345678"',
    "<+254 712 345678>",
    "(+254) 712 345678",
    "254-0712-345-678",
    "0712·345·678",
    "0712‑345‑678.",
    "\u200e+254\u00a0712\u202f345\u2009678\u200e",
    "０７１２３４５６７８",
    "०७१२३४५६७८",
    "0️⃣7️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣",
  ])("reads %j", (text) => {
    expect(read(text)).toBe("254712345678");
  });

  test.each([
    "0712 345 678 or 0722 345 678",
    "0712 345 678/9",
    "0712345678 ext 5",
    "tel:+254712345678;ext=5",
    "House 5, 0712345678",
    "*334*0712345678#",
    "O712345678",
    "0712 345 67 o 8",
    "0712 345 678 o",
    "+0712345678",
    "+712345678",
    "++254712345678",
    "000254712345678",
    "2547•••••678",
    "2.54712E+11",
    "712345678.0",
    "+255712345678",
    "0712345678\u202e",
    "0712 345 67²",
    "0712+345678",
    "",
    "Mama Njeri",
    "0712345678 ".repeat(30),
  ])("does not guess which number %j is", (text) => {
    expect(read(text)).toBeNull();
  });

  test("asks to keep one of two numbers", () => {
    expect(normalizeMsisdn("0712 345 678; 0722 345 678")).toMatchObject({
      error: { message: "There is more than one number here. Keep the one to use." },
    });
  });

  const national = fc
    .tuple(fc.constantFrom("1", "7"), fc.integer({ min: 0, max: 99_999_999 }))
    .map(([first, rest]) => first + String(rest).padStart(8, "0"));
  const digitsOf = (zero: number) => (text: string) =>
    text.replaceAll(/\d/gu, (digit) => String.fromCodePoint(zero + Number(digit)));
  const scripts = [0x30, 0x6_60, 0x6_f0, 0x9_66, 0x9_e6, 0xff_10, 0x1_d7_ce].map(digitsOf);

  test("a number is read whatever its prefix, script, separators and invisible signs", () => {
    const separator = fc.constantFrom(
      "",
      " ",
      "-",
      ".",
      "\u00a0",
      "\u2011",
      "\u2013",
      "\u200b",
      ") (",
      "\u202f",
    );
    fc.assert(
      fc.property(
        national,
        fc.constantFrom(
          "",
          "0",
          "254",
          "+254",
          "+254 0",
          "00254",
          "(+254)",
          "+254 (0) ",
          "tel:+254",
        ),
        fc.array(separator, { minLength: 9, maxLength: 9 }),
        fc.constantFrom(...scripts),
        fc.constantFrom("", "\u2068", "\ufeff", "\u202a", " ", "“"),
        fc.constantFrom("", "\u2069", "\ufe0e", "\u202c", "\n", "”"),
        (number, prefix, separators, write, before, after) => {
          const spaced = Array.from(
            number,
            (digit, at) => digit + (at === 8 ? "" : separators[at]),
          ).join("");
          const text = before + write(prefix + spaced) + after;
          expect([text, read(text)]).toEqual([text, `254${number}`]);
        },
      ),
    );
  });

  test("a digit too many or too few is never made into a number", () => {
    fc.assert(
      fc.property(
        national,
        fc.constantFrom("0", "254", "+254", "+2540", "00254"),
        fc.nat(8),
        fc.integer({ min: 0, max: 9 }),
        fc.boolean(),
        (number, prefix, at, extra, longer) => {
          const wrong =
            number.slice(0, at) +
            (longer ? String(extra) : "") +
            number.slice(longer ? at : at + 1);
          // +254 0712… is a form of the same number
          fc.pre(!(longer && at === 0 && extra === 0));
          expect(read(prefix + wrong)).toBeNull();
        },
      ),
    );
  });
});
