import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { root } from "./support/paths.ts";

/*
 * `tests/cases/public-reports.jsonl` has inputs from people's public bug reports with the right answer. Each kind of them
 * is tested beside what it tests, by `reportedCases("kind")`, or by hand in a whole system.
 */

const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

/** Kinds whose cases are acts in a running system: where they are tested, and by which test. */
const drills: Readonly<Record<string, readonly [file: string, name: string]>> = {
  "clock-app": ["tests/browser/phone-clock.test.ts", "3 minutes fast"],
  "storage-cut": ["tests/browser/pasted.test.ts", "opens its storage again"],
  "storage-evicted": ["tests/browser/pasted.test.ts", "comes back with its balance after"],
  "restore-empty": ["tests/browser/pasted.test.ts", "says when no wallet has them"],
  "number-page": ["apps/wallet/src/screens/parts/number-page.test.tsx", "takes a pasted number"],
  "cli-pay-text": ["tests/terminal.test.ts", "buys, sends, receives, sells"],
  "stk-code-app": ["apps/api/src/domain/buy/prompt.test.ts", "is told at once"],
};
/** Kinds without a test. An upgrade under an open page, which was right when it was tried, needs two builds of the app. */
const untested = ["upgrade"];

test("every kind of reported case is tested", () => {
  const kinds = new Set(
    read("tests/cases/public-reports.jsonl")
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly kind: string }).kind),
  );
  const tests = globSync("{packages,apps,tests}/**/*.test.{ts,tsx}", {
    cwd: root,
    exclude: ["**/node_modules/**", "**/dist/**"],
  }).map(read);
  const calls = tests.flatMap((text) => text.match(/reportedCases\([^)]*\)/gu) ?? []).join("\n");
  const without = [...kinds].filter((kind) => !calls.includes(`"${kind}"`) && !(kind in drills));
  expect(without).toEqual(untested);
  for (const [kind, [file, name]] of Object.entries(drills)) {
    expect([kind, kinds.has(kind)]).toEqual([kind, true]);
    expect(read(file)).toContain(name);
  }
});
