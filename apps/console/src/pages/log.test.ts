import { logEntryHash } from "@satsconnect/contracts/admin";
import type { LogEntry } from "@satsconnect/contracts/admin";
import { expect, test } from "vitest";
import { firstBroken } from "./log.ts";

function chain(length: number): LogEntry[] {
  const entries: LogEntry[] = [];
  for (let number = 11; number < 11 + length; number += 1) {
    const entry: LogEntry = {
      number,
      actId: "019ab0d5-7d3c-7cc2-9d31-000000000301",
      step: "proposed",
      at: "2026-11-30T11:32:00.000Z",
      operator: null,
      via: "system",
      body: `{"n":${String(number)}}`,
      signature: null,
      previousHash: entries.at(-1)?.hash ?? "0".repeat(64),
      hash: "",
    };
    entries.push({ ...entry, hash: logEntryHash(entry) });
  }
  return entries;
}

test("a log that nobody changed fits", () => {
  expect(firstBroken(chain(5))).toBeNull();
  expect(firstBroken([])).toBeNull();
});

test("a changed, removed, added or reordered entry is found", () => {
  const [first, second, third, fourth] = chain(4);
  if (first === undefined || second === undefined || third === undefined || fourth === undefined)
    throw new Error("There are four entries");
  expect(firstBroken([first, { ...second, body: "{}" }, third])).toBe(12);
  expect(firstBroken([first, third, fourth])).toBe(13);
  expect(firstBroken([first, second, second, third])).toBe(12);
  expect(firstBroken([first, third, second])).toBe(13);
  // An entry whose own hash was made to fit does not fit the next one.
  const changed = { ...second, body: "{}" };
  expect(firstBroken([first, { ...changed, hash: logEntryHash(changed) }, third])).toBe(13);
});
