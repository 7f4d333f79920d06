import { expect, test } from "vitest";
import { harmless, logText } from "./log-text.ts";

test("what could name a payment, a key, a person or a session is cut short", () => {
  const key = `02${"ab".repeat(32)}`;
  expect(harmless(`peer ${key} is gone`)).toBe("peer 02ababab… is gone");
  expect(harmless(`paying lnbcrt10u1${"q".repeat(90)} now`)).toBe("paying (invoice) now");
  expect(harmless("asked 254712345678, +254112345678 and 0712345678")).toBe(
    "asked (number), (number) and (number)",
  );
  expect(harmless(`token ${"a".repeat(20)}.${"b".repeat(40)}.${"c".repeat(40)}`)).toBe(
    "token (token)",
  );
  expect(harmless("block 840000, 12 peers")).toBe("block 840000, 12 peers");
});

test("lines carry their time in Nairobi and their level", () => {
  expect(logText([{ at: 0, level: "warn", message: "late" }])).toBe("03:00:00 warn late");
});
