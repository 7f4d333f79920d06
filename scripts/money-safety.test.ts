import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./support/paths.ts";

const page = "docs/money-safety.md";
const numbers = Array.from({ length: 46 }, (_, index) => index + 1);
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

/**
 * The numbers that names of tests begin with: `test("7: …`, `test.each(…)("7: …`, with the name on a line of its own, and
 * `name: "7: …"` of a case that a test is made of. The name of a `describe` does not count.
 */
function numbersIn(source: string): ReadonlySet<number> {
  const names = [
    /\b(?:test|it)(?:\.\w+)*\(\s*["'`](\d+): /gu,
    /\b(?:test|it)(?:\.\w+)+\([^;]*?\)\(\s*["'`](\d+): /gu,
    /\bname: ["'`](\d+): /gu,
  ];
  return new Set(names.flatMap((name) => [...source.matchAll(name)].map(([, n]) => Number(n))));
}

/** The cells of the rows of the table. */
const rows = read(page)
  .split("\n")
  .filter((line) => /^\| *\d+ *\|/u.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()));

describe("the 46 failures of docs/money-safety.md", () => {
  test("have one row each: what happens, what we do, and tests", () => {
    expect(rows.map(([, number]) => Number(number))).toEqual(numbers);
    for (const [, number, happens = "", answer = "", tests = ""] of rows)
      expect({ number, isComplete: happens !== "" && answer !== "" && tests !== "" }).toEqual({
        number,
        isComplete: true,
      });
  });

  test("have tests whose names begin with their number, where the page says", () => {
    const missing = rows.flatMap(([, number, , , tests = ""]) =>
      [...tests.matchAll(/\]\(([^)]+)\)/gu)]
        .map(([, link = ""]) => path.join(path.dirname(page), link))
        .filter((file) => !numbersIn(read(file)).has(Number(number)))
        .map((file) => `${String(number)}: ${file}`),
    );
    expect(missing).toEqual([]);
  });

  test("are all tested, and no test has a number beyond them", () => {
    const files = globSync("{apps,packages,scripts,tests}/**/*.ts", {
      cwd: root,
      exclude: ["**/node_modules", "**/dist"],
    }).filter((file) => /(?:\.test|conformance)\.ts$/u.test(file));
    const found = new Set(files.flatMap((file) => [...numbersIn(read(file))]));
    expect([...found].toSorted((a, b) => a - b)).toEqual(numbers);
  });
});
