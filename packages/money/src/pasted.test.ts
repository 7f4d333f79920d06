import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFiatInput, parseSatInput } from "./text.ts";
import { cleanPasted } from "./pasted.ts";
import { reportedCases } from "./testing/reported-cases.ts";

const everyCharacter = function* (): Generator<string> {
  for (let code = 0; code <= 0x10_ff_ff; code += 1)
    if (code < 0xd8_00 || code > 0xdf_ff) yield String.fromCodePoint(code);
};

describe("pasted text is cleaned", () => {
  test("of every character that Unicode calls ignorable, except the one that reverses text", () => {
    for (const character of everyCharacter())
      if (/\p{Default_Ignorable_Code_Point}/u.test(character) && character !== "\u202e")
        expect([character.codePointAt(0), cleanPasted(`1${character}2`)]).toEqual([
          character.codePointAt(0),
          "12",
        ]);
    expect(cleanPasted("1\u202e2")).toBe("1\u202e2");
  });

  test("so that digits of every script have the value that the script's readers give them", () => {
    let scripts = 0;
    for (const numberingSystem of Intl.supportedValuesOf("numberingSystem")) {
      const writer = new Intl.NumberFormat("en", { numberingSystem, useGrouping: false });
      const digits = Array.from({ length: 10 }, (_, digit) => writer.format(digit));
      if (!digits.every((digit) => /^\p{Nd}$/u.test(digit))) continue;
      scripts += 1;
      expect([numberingSystem, cleanPasted(digits.join(""))]).toEqual([
        numberingSystem,
        "0123456789",
      ]);
    }
    expect(scripts).toBeGreaterThan(50);
  });

  test("without making a digit of anything that is not one, or of one digit another", () => {
    for (const character of everyCharacter()) {
      const cleaned = cleanPasted(character);
      if (/\d/u.test(cleaned))
        expect([character, /^\p{Nd}$/u.test(character)]).toEqual([character, true]);
      expect(cleaned.length).toBeLessThanOrEqual(character.length);
    }
    for (const text of ["10²", "①⓪", "½", "Ⅻ", "十"]) expect(cleanPasted(text)).toBe(text);
  });

  test("once: cleaning it again changes nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const cleaned = cleanPasted(text);
        expect(cleanPasted(cleaned)).toBe(cleaned);
      }),
    );
  });

  test.each([
    ["ｌｎｂｃ１０ｕ１", "lnbc10u1"],
    ["a\u00a0b\u3000c\u202fd", "a b c d"],
    ["a\r\nb\u2028c", "a\nb\nc"],
    ["‐‑‒–—―−﹘－", "---------"],
    ["“a” ‘b’", "\"a\" 'b'"],
    ["１，０００／＝", "1,000/="],
    ["١٬٠٠٠٫٥٠", "1,000.50"],
  ])("%j becomes %j", (text, cleaned) => {
    expect(cleanPasted(text)).toBe(cleaned);
  });
});

describe("amounts as people write them", () => {
  const read = (text: string) => {
    const amount = parseFiatInput("KES", text);
    return amount.ok ? `${amount.value}n` : null;
  };

  test.each(reportedCases("kes-input"))("$id", ({ input, expected }) => {
    expect(read(String(input))).toBe(expected);
  });

  test.each([
    ["Kshs 1,000", "100000n"],
    ["Kshs. 1,000/=", "100000n"],
    ["K.Sh. 500", "50000n"],
    ["Sh 500", "50000n"],
    ["shs.500/-", "50000n"],
    ["1,000 KES", "100000n"],
    ["1000 shillings", "100000n"],
    ["KES\u202f1\u202f000.50", "100050n"],
    ["１，０００", "100000n"],
    ["٢٥٠", "25000n"],
    ["\u2068KES 250\u2069", "25000n"],
    ["1,000.50/=", "100050n"],
    ["KES: 20", "2000n"],
    ["1000 /–", "100000n"],
    ["500=", "50000n"],
    ["500 bob", "50000n"],
  ])("reads “%s”", (text, amount) => {
    expect(read(text)).toBe(amount);
  });

  test.each([
    "1000/50",
    "1000/",
    "1,000 000",
    "1.000,50",
    "1,000,50",
    "1'000",
    "10²",
    "½",
    "(1,000)",
    "−1000",
    "+1000",
    "1k",
    "1000 2000",
    "1,00,000",
    "\u202e0001",
    "KES",
    "/=",
    "1000/==",
    "KES 5 UGX",
  ])("does not guess what “%s” means", (text) => {
    expect(read(text)).toBeNull();
  });

  test("says how to write an amount that it cannot read", () => {
    expect(parseFiatInput("KES", "1.000,50")).toMatchObject({
      error: { message: expect.stringContaining("Write it like 1,000 or 1,000.50.") },
    });
  });

  test("whatever is around an amount, it is read as that amount or refused", () => {
    const around = fc.constantFrom("", " ", "\u00a0", "\u200b", "\ufeff", "\u2066", "\n");
    const before = fc.constantFrom("", "KES", "Ksh", "KShs.", "sh.", "kes:");
    const after = fc.constantFrom("", "/=", "/-", "=", "KES", "shillings", "／＝");
    const gap = fc.constantFrom(",", " ", "\u00a0", "\u202f", "");
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 9n }),
        fc.nat(99),
        gap,
        fc.tuple(around, before, around, after, around),
        (whole, cents, mark, [first, prefix, middle, suffix, last]) => {
          const digits = whole.toString().replaceAll(/\B(?=(?:\d{3})+$)/gu, mark);
          const places = cents === 0 ? "" : `.${String(cents).padStart(2, "0")}`;
          const text = first + prefix + middle + digits + places + middle + suffix + last;
          expect([text, read(text)]).toEqual([text, `${whole * 100n + BigInt(cents)}n`]);
        },
      ),
    );
  });

  test("reads satoshis with any blank between thousands, and no fractions of them", () => {
    expect(parseSatInput("2\u00a0500 sats")).toEqual({ ok: true, value: 2_500n });
    expect(parseSatInput("２，５００")).toEqual({ ok: true, value: 2_500n });
    for (const text of ["2.5", "2,500.0", "2,500 000", "sat", "2,500/="])
      expect(parseSatInput(text).ok).toBe(false);
  });
});
