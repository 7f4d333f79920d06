import { entropyToMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { reportedCases } from "@satsconnect/money/reported-cases";
import { newMnemonic, parseMnemonic, recoveryWordsIn, seedOf } from "./mnemonic.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

// Test vectors of BIP 39, all with the passphrase TREZOR.
test.each([
  [
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
    "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04",
  ],
  [
    "legal winner thank year wave sausage worth useful legal winner thank yellow",
    "2e8905819b8723fe2c1d161860e5ee1830318dbf49a83bd451cfb8440c28bd6fa457fe1296106559a3c80937a1c1069be3a3a5bd381ee6260e8d9739fce1f607",
  ],
  [
    "letter advice cage absurd amount doctor acoustic avoid letter advice cage above",
    "d71de856f81a8acc65e6fc851a38d4d7ec216fd0796d0a6827a3ad6ed5511a30fa280f12eb2e47ed2ac03b5c462a0358d18d69fe4f985ec81778c1b370b652a8",
  ],
  [
    "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong",
    "ac27495480225222079d7be181583751e86f571027b0497b5b5d11218e0a8a13332572917f0f8e5a589620c6f15b11c61dee327651a14c34e18231052e48c069",
  ],
])("derives the seed of “%s” as in BIP 39's test vectors", (words, seed) => {
  expect(hex(seedOf(words, "TREZOR"))).toBe(seed);
});

test("generates twelve valid words, different each time", () => {
  const made = Array.from({ length: 50 }, newMnemonic);
  expect(new Set(made).size).toBe(50);
  for (const words of made) {
    expect(words.split(" ")).toHaveLength(12);
    expect(parseMnemonic(words)).toEqual({ ok: true, value: words });
  }
});

test("accepts words in any case, separated by any whitespace", () => {
  const words = newMnemonic();
  fc.assert(
    fc.property(fc.constantFrom(" ", "  ", "\n", "\t "), fc.boolean(), (blank, upper) => {
      const typed = ` ${words.split(" ").join(blank)} `;
      expect(parseMnemonic(upper ? typed.toUpperCase() : typed)).toEqual({
        ok: true,
        value: words,
      });
    }),
  );
});

test("refuses a wrong mnemonic with the reason, and repeats none of its words", () => {
  const code = (text: string): string => {
    const parsed = parseMnemonic(text);
    if (parsed.ok) return "ok";
    for (const word of text.split(" ")) expect(parsed.error.message).not.toContain(` ${word} `);
    return parsed.error.code;
  };
  expect(code("legal winner thank")).toBe("words_count");
  expect(code("")).toBe("words_count");
  expect(code("legal winner thank year wave sausage worth useful legal winner thank maji")).toBe(
    "word_unknown",
  );
  expect(code("winner legal thank year wave sausage worth useful legal winner thank yellow")).toBe(
    "words_checksum",
  );
});

const legal = "legal winner thank year wave sausage worth useful legal winner thank yellow";

test.each(
  reportedCases("mnemonic", "mnemonic-paste", "mnemonic-abbrev").filter(
    ({ id }) => id !== "bip39-vectors",
  ),
)("words as people paste them: $id", ({ input, expected }) => {
  const parsed = parseMnemonic(String(input));
  expect(parsed.ok ? "read" : "refused").toBe(expected);
  if (parsed.ok) expect(parsed.value).toBe(legal);
});

test.each([
  "1. legal 7. worth\n2. winner 8. useful\n3. thank 9. legal\n4. year 10. winner\n5. wave 11. thank\n6. sausage 12. yellow",
  "1) legal 2) winner 3) thank 4) year 5) wave 6) sausage 1) worth 2) useful 3) legal 4) winner 5) thank 6) yellow",
  "legal 1 winner 2 thank 3 year 4 wave 5 sausage 6 worth 7 useful 8 legal 9 winner 10 thank 11 yellow 12",
  "0.legal 1.winner 2.thank 3.year 4.wave 5.sausage 6.worth 7.useful 8.legal 9.winner 10.thank 11.yellow",
  "Word 1: legal, Word 2: winner, Word 3: thank, Word 4: year, Word 5: wave, Word 6: sausage, Word 7: worth, Word 8: useful, Word 9: legal, Word 10: winner, Word 11: thank, Word 12: yellow",
  "①legal ②winner ③thank ④year ⑤wave ⑥sausage ⑦worth ⑧useful ⑨legal ⑩winner ⑪thank ⑫yellow",
  "“legal” | winner | thank / year · wave • sausage\u00a0worth\u3000useful; legal – winner — thank_yellow",
  "ｌｅｇａｌ winner thank year wave sausage worth useful LEGAL winner thank yellow",
  "legal winner thank year wave sausag worth useful legal winner thank yello",
])("reads %j", (text) => {
  expect(parseMnemonic(text)).toEqual({ ok: true, value: legal });
});

test.each([
  ["legal winner thank yea wave sausage worth useful legal winner thank yellow", "word_unknown"],
  ["legall winner thank year wave sausage worth useful legal winner thank yellow", "word_unknown"],
  ["lëgal winner thank year wave sausage worth useful legal winner thank yellow", "word_unknown"],
  [
    "1. winner 2. legal 3. thank 4. year 5. wave 6. sausage 7. worth 8. useful 9. legal 10. winner 11. thank 12. yellow",
    "words_checksum",
  ],
  ["1 2 3 4 5 6 7 8 9 10 11 12", "words_count"],
])("refuses %j", (text, code) => {
  expect(parseMnemonic(text)).toMatchObject({ error: { code } });
});

test("whatever separates or numbers the words, and however many of their letters were written, they are read", () => {
  const numbering = fc.constantFrom<(at: number) => string>(
    () => "",
    (at) => `${String(at + 1)}. `,
    (at) => `${String(at + 1)} `,
    (at) => `#${String(at)}:`,
    (at) => `(${String(at + 1).padStart(2, "0")})`,
  );
  const separator = fc.constantFrom(
    " ",
    "\n",
    ", ",
    "\u00a0",
    " - ",
    "\r\n\t",
    " \u200b",
    "; ",
    "|",
  );
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      numbering,
      separator,
      fc.boolean(),
      fc.boolean(),
      (entropy, number, between, short, upper) => {
        const words = entropyToMnemonic(entropy, wordlist);
        const text = words
          .split(" ")
          .map((word, at) => number(at) + (short ? word.slice(0, 4) : word))
          .join(between);
        expect(parseMnemonic(upper ? text.toUpperCase() : text)).toEqual({
          ok: true,
          value: words,
        });
      },
    ),
  );
});

test("counts words, not blanks or numbers", () => {
  expect(recoveryWordsIn("")).toEqual([]);
  expect(recoveryWordsIn("1. Legal, 2. winner")).toEqual(["legal", "winner"]);
});
