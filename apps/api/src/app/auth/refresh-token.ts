import { createHash, randomBytes } from "node:crypto";

export const refreshTokenLifetimeMs = 60 * 24 * 3_600_000;
/** A used token works once more within this time, for a phone that never received the answer. */
export const lostAnswerGraceMs = 60_000;

/** 256 random bits. The prefix lets secret scanners recognize a leaked token. */
export function newRefreshToken(): string {
  return `scr_${randomBytes(32).toString("base64url")}`;
}

export function refreshTokenHash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** A presented refresh token as stored. Times in UTC milliseconds. */
export type PresentedToken = {
  readonly expiresAt: number;
  readonly usedAt: number | null;
  readonly sessionRevoked: boolean;
  /** Whether a token that was issued for this one has been used. */
  readonly successorUsed: boolean;
};

export type RefreshDecision = "rotate" | "rotate_again" | "expired" | "session_over" | "reused";

/**
 * Decides about a presented token (RFC 9700, section 4.14.2). A token may be used once. If it is presented again within
 * the grace period and its successor is unused, the answer was probably lost, so it is exchanged again. Any other reuse
 * means that two parties have the token.
 */
export function decideRefresh(token: PresentedToken, nowMs: number): RefreshDecision {
  if (token.sessionRevoked) return "session_over";
  if (token.usedAt === null) return token.expiresAt <= nowMs ? "expired" : "rotate";
  const mayBeLostAnswer = !token.successorUsed && nowMs - token.usedAt <= lostAnswerGraceMs;
  return mayBeLostAnswer ? "rotate_again" : "reused";
}
