/**
 * The LDK release that mainnet requires, and when somebody last compared it with
 * https://github.com/lightningdevkit/rust-lightning/releases. Change both together: a version alone becomes wrong as soon
 * as LDK publishes another fix.
 */
export const ldkReview = {
  /**
   * The release that carries the last fixes for security or funds that we know of. 0.2.8 of 2026-11-11: an invalid
   * cooperative close caused by a peer, claims of spent HTLC outputs, loss of funds after a channel request that was
   * answered late. It is published, but was not yet in the crates registry at the last review: until the core is built
   * with it, mainnet is refused.
   */
  lastFixes: [0, 2, 8],
  /** When a person last compared, `YYYY-MM-DD`. */
  reviewedOn: "2026-11-30",
} as const;

export type LdkReview = {
  readonly lastFixes: readonly number[];
  readonly reviewedOn: string;
};

const dayMs = 86_400_000;
/** LDK publishes fixes about once a month. */
export const maxDaysSinceReview = 30;

/**
 * Why this LDK may not hold real money; empty when it may.
 * @param operatorReviewedOn when the operator last compared, if after our own review.
 */
export function ldkRefusals(
  version: string,
  nowMs: number,
  operatorReviewedOn: string | undefined,
  review: LdkReview = ldkReview,
): readonly string[] {
  const reasons: string[] = [];
  const required = review.lastFixes.join(".");
  if (isOlder(version, review.lastFixes)) {
    reasons.push(
      `LDK ${version} lacks published fixes; upgrade to an engine whose core is built with LDK ${required} or later`,
    );
  }
  const looked = Math.max(
    ...[review.reviewedOn, operatorReviewedOn ?? ""]
      .map((date) => Date.parse(date))
      .filter((time) => time <= nowMs),
  );
  if (nowMs - looked > maxDaysSinceReview * dayMs) {
    reasons.push(
      `nobody has compared LDK with its releases for more than ${maxDaysSinceReview} days; look at ` +
        "https://github.com/lightningdevkit/rust-lightning/releases, upgrade the engine if there are fixes after " +
        `${required}, else set LDK_REVIEWED_ON to today`,
    );
  }
  return reasons;
}

function isOlder(version: string, required: readonly number[]): boolean {
  const numbers = version.split(".").map((part) => Number.parseInt(part, 10));
  for (const [index, min] of required.entries()) {
    const number = numbers[index] ?? Number.NaN;
    if (Number.isNaN(number) || number < min) return true;
    if (number > min) return false;
  }
  // A pre-release of the required version.
  return version.includes("-");
}
