import { errors, jwtVerify, SignJWT } from "jose";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { TokenKeys } from "./token-keys.ts";

export const accessTokenLifetimeMs = 10 * 60_000;
const audience = "satsconnect-api";
const type = "at+jwt";

/** The device and session that a token is for. */
export type SessionPrincipal = {
  readonly walletId: string;
  readonly nodeId: string;
  readonly deviceId: string;
  readonly sessionId: string;
};

/** The authenticated sender of a request. */
export type Principal = SessionPrincipal & {
  /**
   * Whether the wallet's node key signed when this access token was issued, at most its lifetime ago. A refresh token
   * alone gives access tokens that are not signed for.
   */
  readonly signed: boolean;
};

export type AccessTokens = {
  /** `expiresAt` in UTC milliseconds. */
  readonly issue: (
    principal: SessionPrincipal,
    nowMs: number,
    signed: boolean,
  ) => Promise<{ readonly token: string; readonly expiresAt: number }>;
  /** Errors: `token_invalid`, `token_expired`. */
  readonly verify: (
    token: string,
    nowMs: number,
  ) => Promise<Result<Principal, "token_invalid" | "token_expired">>;
};

/**
 * Access tokens: JWTs (RFC 9068) signed with Ed25519 and valid for ten minutes. No other algorithm or type is accepted.
 */
export function createAccessTokens(issuer: string, keys: () => TokenKeys): AccessTokens {
  return {
    issue: async (principal, nowMs, signed) => {
      const { kid, key } = keys().signing;
      const issuedAt = Math.floor(nowMs / 1_000);
      const expiresAt = issuedAt + accessTokenLifetimeMs / 1_000;
      const token = await new SignJWT({
        node: principal.nodeId,
        dev: principal.deviceId,
        sid: principal.sessionId,
        // RFC 9068: when the holder authenticated actively.
        ...(signed ? { auth_time: issuedAt } : {}),
      })
        .setProtectedHeader({ alg: "EdDSA", typ: type, kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(principal.walletId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .sign(key);
      return { token, expiresAt: expiresAt * 1_000 };
    },
    verify: async (token, nowMs) => {
      try {
        const { payload } = await jwtVerify(
          token,
          ({ kid }) => {
            const key = kid === undefined ? undefined : keys().verifying.get(kid);
            if (key === undefined) throw new errors.JWSInvalid("unknown key");
            return key;
          },
          {
            algorithms: ["EdDSA"],
            typ: type,
            issuer,
            audience,
            requiredClaims: ["sub", "exp", "iat"],
            currentDate: new Date(nowMs),
          },
        );
        return principalFrom(payload);
      } catch (error) {
        if (error instanceof errors.JWTExpired) {
          return err("token_expired", "The access token has expired. Refresh it.", "safe");
        }
        if (error instanceof errors.JOSEError) return invalid();
        throw error;
      }
    },
  };
}

function principalFrom(
  payload: Readonly<Record<string, unknown>>,
): Result<Principal, "token_invalid"> {
  const { sub, node, dev, sid } = payload;
  if (
    typeof sub !== "string" ||
    typeof node !== "string" ||
    typeof dev !== "string" ||
    typeof sid !== "string"
  ) {
    return invalid();
  }
  const signed = payload["auth_time"] !== undefined;
  return ok({ walletId: sub, nodeId: node, deviceId: dev, sessionId: sid, signed });
}

function invalid() {
  return err("token_invalid", "The access token is not valid. Sign in again.", "never");
}
