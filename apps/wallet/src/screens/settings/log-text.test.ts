import { expect, test } from "vitest";
import { redact, logText } from "./log-text.ts";

test("redacts what could identify a payment, a key, a person or a session", () => {
  const key = `02${"ab".repeat(32)}`;
  expect(redact(`peer ${key} is gone`)).toBe("peer 02ababab… is gone");
  expect(redact(`paying lnbcrt10u1${"q".repeat(90)} now`)).toBe("paying (invoice) now");
  expect(redact("asked 254712345678, +254112345678 and 0712345678")).toBe(
    "asked (number), (number) and (number)",
  );
  expect(redact(`token ${"a".repeat(20)}.${"b".repeat(40)}.${"c".repeat(40)}`)).toBe(
    "token (token)",
  );
  expect(redact("block 840000, 12 peers")).toBe("block 840000, 12 peers");
});

test("starts each line with its time in Nairobi and its level", () => {
  expect(logText([{ at: 0, level: "warn", message: "late" }])).toBe("03:00:00 warn late");
});
