import { createHash, randomBytes } from "node:crypto";

const dayMs = 24 * 3_600_000;
export const refreshTokenLifetimeMs = 60 * dayMs;
/** A session ends this long after its login, however often it is refreshed. */
export const sessionLifetimeMs = 90 * dayMs;
/** A used token works once more within this time and with the node's signature, for a phone that got no answer. */
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
  readonly sessionStartedAt: number;
  /** Whether it was replaced before it was used, because the answer with it seemed lost. */
  readonly superseded: boolean;
  /** Whether a token that was issued for this one has been used. */
  readonly successorUsed: boolean;
};

export type RefreshDecision = "rotate" | "rotate_again" | "expired" | "session_over" | "reused";

/**
 * Decides about a presented token (RFC 9700, section 4.14.2). A token may be used once. If it is presented again within
 * the grace period, with a signature of the wallet's node, and its successor is unused, the answer was probably lost, so
 * it is exchanged again and its successor superseded. Any other reuse means that two parties have the token, and so does a
 * superseded token: its answer had arrived.
 * @param signed whether the wallet's node signed this request.
 */
export function decideRefresh(
  token: PresentedToken,
  signed: boolean,
  nowMs: number,
): RefreshDecision {
  if (token.sessionRevoked) return "session_over";
  if (token.superseded) return "reused";
  if (token.usedAt === null) {
    const ended = nowMs >= token.sessionStartedAt + sessionLifetimeMs;
    return ended || token.expiresAt <= nowMs ? "expired" : "rotate";
  }
  const mayBeLostAnswer =
    signed && !token.successorUsed && nowMs - token.usedAt <= lostAnswerGraceMs;
  return mayBeLostAnswer ? "rotate_again" : "reused";
}
