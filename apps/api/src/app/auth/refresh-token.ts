import { createHash, randomBytes } from "node:crypto";

export const refreshTokenLifeMs = 60 * 24 * 3_600_000;
/** How long a token that was exchanged works once more, for a phone that never saw the answer. */
export const lostAnswerGraceMs = 60_000;

/** 256 bits without meaning; the prefix lets secret scanners recognise a leaked one. */
export function newRefreshToken(): string {
  return `scr_${randomBytes(32).toString("base64url")}`;
}

export function refreshTokenHash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** What the database knows about a refresh token that somebody presents. Times in ms. */
export type PresentedToken = {
  readonly expiresAt: number;
  readonly usedAt: number | null;
  readonly sessionRevoked: boolean;
  /** Whether a token that was given for this one has been used itself. */
  readonly successorUsed: boolean;
};

export type RefreshDecision = "rotate" | "rotate_again" | "expired" | "session_over" | "reused";

/**
 * What to do with a presented token (RFC 9700, §4.14). A token is used once. When its answer may have been lost — it
 * comes again within the grace, and nobody has used what was given for it — it is exchanged again; any other reuse
 * means that two parties hold it.
 */
export function decideRefresh(token: PresentedToken, nowMs: number): RefreshDecision {
  if (token.sessionRevoked) return "session_over";
  if (token.usedAt === null) return token.expiresAt <= nowMs ? "expired" : "rotate";
  const answerMayBeLost = !token.successorUsed && nowMs - token.usedAt <= lostAnswerGraceMs;
  return answerMayBeLost ? "rotate_again" : "reused";
}
