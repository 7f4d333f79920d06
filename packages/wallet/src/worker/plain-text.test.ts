import { expect, test } from "vitest";
import { plainText } from "./plain-text.ts";

test("removes bidirectional controls and invisible characters", () => {
  expect(plainText("Naivas \u202E000,01 SEK\u202C")).toBe("Naivas 000,01 SEK");
  expect(plainText("\u2067Mama\u2069 \u200FNjeri\u200B")).toBe("Mama Njeri");
  expect(plainText("a\u0000b\u001b[31mc")).toBe("ab[31mc");
});

test("joins lines and cuts long text", () => {
  expect(plainText("You pay:\r\n\r\n  KES 1\n")).toBe("You pay: KES 1");
  expect(plainText("x".repeat(9_000))).toHaveLength(641);
});

test("keeps ordinary text of any script unchanged", () => {
  for (const text of ["Kahawa ☕ kwa Wanjikũ", "می\u200Cخواهم", "👩‍🌾 Sukuma wiki", "शुल्क"])
    expect(plainText(text)).toBe(text);
});
