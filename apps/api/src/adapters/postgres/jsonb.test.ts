import { describe, expect, test } from "vitest";
import { storableText } from "../../app/storable-text.ts";
import { jsonbText } from "./jsonb.ts";

describe("text stored in PostgreSQL", () => {
  test("is unchanged when PostgreSQL can store it", () => {
    expect(storableText("Chai ya asubuhi ☕\n")).toBe("Chai ya asubuhi ☕\n");
  });

  test("has NUL and lone surrogates replaced with U+FFFD", () => {
    expect(storableText("a\0b\uD800c")).toBe("a\uFFFDb\uFFFDc");
    expect(jsonbText({ name: "JANE\0", parts: ["\uDC00", 1n.toString(), null] })).toBe(
      '{"name":"JANE\uFFFD","parts":["\uFFFD","1",null]}',
    );
  });
});
