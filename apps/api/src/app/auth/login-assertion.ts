import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { loginPayload } from "@satsconnect/contracts";
import type { LoginPayload } from "@satsconnect/contracts";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

export type LoginAssertion = { readonly nodeId: string; readonly payload: LoginPayload };
export type AssertionError = "assertion_invalid" | "assertion_expired";

const maxLifetimeSeconds = 60;
/** How far a phone's clock may run ahead of ours. */
const maxClockAheadSeconds = 30;

/**
 * Verifies a login signed by a wallet's node: a compact JWS (RFC 7515) with ES256K (RFC 8812), the one allowed header, a
 * low-s signature by the key that the header names, this server as audience, and a lifetime of at most 60 s. The caller
 * must check that the nonce is new. Errors: `assertion_invalid`, `assertion_expired`.
 */
export function verifyLoginAssertion(
  assertion: string,
  audience: string,
  nowMs: number,
): Result<LoginAssertion, AssertionError> {
  const parts = assertion.split(".");
  const [header, payload, signature] = parts;
  if (
    parts.length !== 3 ||
    header === undefined ||
    payload === undefined ||
    signature === undefined
  ) {
    return invalid("it is not a compact JWS");
  }
  const nodeId = nodeIdFromHeader(header);
  if (nodeId === null) return invalid("its header must be exactly alg, typ and kid as documented");
  if (!isSignedBy(nodeId, `${header}.${payload}`, signature))
    return invalid("its signature does not match its key");
  const claims = loginPayload.safeParse(parseJson(decodeBase64Url(payload)));
  if (!claims.success) return invalid("its payload does not have the expected form");
  return checkClaims(nodeId, claims.data, audience, nowMs);
}

function checkClaims(
  nodeId: string,
  payload: LoginPayload,
  audience: string,
  nowMs: number,
): Result<LoginAssertion, AssertionError> {
  const now = nowMs / 1_000;
  if (payload.aud !== audience) return invalid(`its audience must be ${audience}`);
  if (payload.exp <= payload.iat || payload.exp - payload.iat > maxLifetimeSeconds) {
    return invalid(`it is valid for longer than ${maxLifetimeSeconds} seconds`);
  }
  if (payload.iat > now + maxClockAheadSeconds)
    return invalid("it was signed in the future; check this device's clock");
  if (payload.exp <= now)
    return err("assertion_expired", "The signed login has expired. Sign a new one.", "safe");
  return ok({ nodeId, payload });
}

/** The header must be exactly these bytes, so that no two parsers can read it differently. */
function nodeIdFromHeader(encoded: string): string | null {
  const text = decodeBase64Url(encoded);
  const match =
    text === null
      ? null
      : /^\{"alg":"ES256K","typ":"satsconnect-login\+jwt","kid":"(0[23][0-9a-f]{64})"\}$/.exec(
          text,
        );
  return match?.[1] ?? null;
}

function isSignedBy(nodeId: string, signed: string, encodedSignature: string): boolean {
  const signature = decodeBase64UrlBytes(encodedSignature);
  if (signature === null || signature.length !== 64) return false;
  try {
    return secp256k1.verify(signature, sha256(utf8ToBytes(signed)), hexToBytes(nodeId), {
      prehash: false,
      lowS: true,
      format: "compact",
    });
  } catch {
    // The key is not a point on the curve, or r or s is out of range.
    return false;
  }
}

function decodeBase64UrlBytes(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, "base64url");
  // Buffer ignores invalid characters. Accept only the canonical encoding.
  return bytes.toString("base64url") === text ? Uint8Array.from(bytes) : null;
}

function decodeBase64Url(text: string): string | null {
  const bytes = decodeBase64UrlBytes(text);
  if (bytes === null) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function invalid(reason: string) {
  return err("assertion_invalid", `The signed login is not valid: ${reason}.`, "never");
}
