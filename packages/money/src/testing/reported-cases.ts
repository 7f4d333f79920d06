import { readFileSync } from "node:fs";
import path from "node:path";

/** An input from a public bug report: the right answer, and what this software answered when it was first tried. */
export type ReportedCase = {
  readonly id: string;
  readonly kind: string;
  readonly input: unknown;
  readonly expected: unknown;
  readonly source: string;
};

const file = path.join(import.meta.dirname, "../../../../tests/cases/public-reports.jsonl");

/** The cases of `tests/cases/public-reports.jsonl` of these kinds. @throws Error for a kind without cases */
export function reportedCases(...kinds: readonly string[]): readonly ReportedCase[] {
  const all = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ReportedCase);
  return kinds.flatMap((kind) => {
    const found = all.filter((reported) => reported.kind === kind);
    if (found.length === 0) throw new Error(`No reported case is of the kind “${kind}”`);
    return found;
  });
}
