import { describe, expect, test } from "vitest";
import { jsonbText, storableText } from "./storable-text.ts";

describe("text for PostgreSQL", () => {
  test("loses nothing that can be stored", () => {
    expect(storableText("Chai ya asubuhi ☕\n")).toBe("Chai ya asubuhi ☕\n");
  });

  test("has a mark where something was that cannot be", () => {
    expect(storableText("a\0b\uD800c")).toBe("a\uFFFDb\uFFFDc");
    expect(jsonbText({ name: "JANE\0", parts: ["\uDC00", 1n.toString(), null] })).toBe(
      '{"name":"JANE\uFFFD","parts":["\uFFFD","1",null]}',
    );
  });
});
