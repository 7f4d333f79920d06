import { expect, test } from "vitest";
import { plainText } from "./plain-text.ts";

test("what turns the direction of writing, or cannot be seen, is left out", () => {
  expect(plainText("Naivas \u202E000,01 SEK\u202C")).toBe("Naivas 000,01 SEK");
  expect(plainText("\u2067Mama\u2069 \u200FNjeri\u200B")).toBe("Mama Njeri");
  expect(plainText("a\u0000b\u001b[31mc")).toBe("ab[31mc");
});

test("it is one line, and not longer than anybody reads", () => {
  expect(plainText("You pay:\r\n\r\n  KES 1\n")).toBe("You pay: KES 1");
  expect(plainText("x".repeat(9_000))).toHaveLength(641);
});

test("what people write stays as they wrote it", () => {
  for (const text of ["Kahawa ☕ kwa Wanjikũ", "می\u200Cخواهم", "👩‍🌾 Sukuma wiki", "शुल्क"])
    expect(plainText(text)).toBe(text);
});
