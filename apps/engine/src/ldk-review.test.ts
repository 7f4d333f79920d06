import { expect, test } from "vitest";
import { ldkRefusals, ldkReview, maxDaysSinceReview } from "./ldk-review.ts";

const review = { lastFixes: [0, 2, 8], reviewedOn: "2027-01-01" };
const day = 86_400_000;
const reviewed = Date.parse(review.reviewedOn);
const refusals = (version: string, days: number, operator?: string) =>
  ldkRefusals(version, reviewed + days * day, operator, review);

test.each(["0.2.8", "0.2.10", "0.3.0", "1.0.0"])("accepts LDK %s", (version) => {
  expect(refusals(version, 0)).toEqual([]);
});

test.each(["0.2.7", "0.1.99", "0.2.8-rc1", "?"])(
  "refuses LDK %s and names the release",
  (version) => {
    const [reason, ...more] = refusals(version, 0);
    expect(reason).toContain(`LDK ${version} lacks published fixes`);
    expect(reason).toContain("0.2.8 or later");
    expect(more).toEqual([]);
  },
);

test("refuses a review of more than 30 days ago, and says what to do", () => {
  expect(refusals("0.2.8", maxDaysSinceReview)).toEqual([]);
  const [reason] = refusals("0.2.8", maxDaysSinceReview + 1);
  expect(reason).toMatch(/more than 30 days.*releases.*upgrade.*LDK_REVIEWED_ON/u);
});

test("accepts an operator's own review, unless it is old or in the future", () => {
  expect(refusals("0.2.8", 45, "2027-02-01")).toEqual([]);
  expect(refusals("0.2.8", 45, "2027-01-02")).toHaveLength(1);
  expect(refusals("0.2.8", 45, "2027-06-01")).toHaveLength(1);
});

test("a clock before the review is not trusted", () => {
  expect(refusals("0.2.8", -1)).toHaveLength(1);
});

test("our own review is a date that has passed, of a release", () => {
  expect(ldkReview.reviewedOn).toMatch(/^\d{4}-\d{2}-\d{2}$/u);
  expect(Date.parse(ldkReview.reviewedOn)).toBeLessThanOrEqual(Date.now());
  expect(ldkReview.lastFixes).toHaveLength(3);
});
