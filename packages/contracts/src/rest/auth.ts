import { z } from "zod";
import { components, lineText, nodeIdText, timestamp, uuid } from "./primitives.ts";

const assertionText = z
  .string()
  .min(1)
  .max(4_096)
  .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, {
    error: "The assertion must be a compact JWS: three base64url parts.",
  });

export const loginRequest = z
  .strictObject({
    assertion: assertionText.describe(
      "A compact JWS signed by the wallet's node key. Header exactly {alg: ES256K, typ: satsconnect-login+jwt, kid: node id}; payload {aud: this server's origin, iat, exp (at most 60 s later), nonce, device: {id, name}}.",
    ),
  })
  .register(components, {
    id: "LoginRequest",
    examples: [
      {
        assertion:
          "eyJhbGciOiJFUzI1NksiLCJ0eXAiOiJzYXRzY29ubmVjdC1sb2dpbitqd3QiLCJraWQiOiIwMmVlYzcyIn0.eyJhdWQiOiJodHRwczovL2FwaS5leGFtcGxlIn0.c2lnbmF0dXJl",
      },
    ],
  });

/** Payload of the assertion. Times are seconds since 1970-01-01 UTC, as in a JWT (RFC 7519). */
export const loginPayload = z.strictObject({
  aud: z.string().max(500),
  iat: z.number().int(),
  exp: z.number().int(),
  nonce: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/),
  device: z.strictObject({
    id: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/),
    name: z.string().trim().min(1).pipe(lineText(80)),
  }),
});
export type LoginPayload = z.infer<typeof loginPayload>;

const refreshTokenText = z
  .string()
  .regex(/^scr_[A-Za-z0-9_-]{43}$/)
  .describe(
    "Opaque. Each use returns the next token; using one twice ends the session. A session ends after 90 days at the latest.",
  );

export const sessionTokens = z
  .strictObject({
    accessToken: z
      .string()
      .describe(
        "A JWT (EdDSA) for `Authorization: Bearer`. Its public keys are at /.well-known/jwks.json.",
      ),
    accessTokenExpiresAt: timestamp,
    refreshToken: refreshTokenText,
    refreshTokenExpiresAt: timestamp,
    walletId: uuid,
    nodeId: nodeIdText,
    deviceId: uuid,
  })
  .register(components, {
    id: "Session",
    description: "The tokens of one device.",
    examples: [
      {
        accessToken:
          "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6IjIwMjYtMTEifQ.e30.c2lnbmF0dXJl",
        accessTokenExpiresAt: "2026-11-23T09:25:00.000Z",
        refreshToken: "scr_Vw3Zk0mA0o8Yv1m2pQeRkT9sLxUuJ6bHcDfGgNnIiOo",
        refreshTokenExpiresAt: "2027-01-22T09:15:00.000Z",
        walletId: "019ab0d5-7d3c-7cc2-9d31-2f0e5d8c1a10",
        nodeId: "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619",
        deviceId: "019ab0d5-7d3c-7cc2-9d31-2f0e5d8c1a12",
      },
    ],
  });
export type SessionTokens = z.infer<typeof sessionTokens>;

export const refreshRequest = z
  .strictObject({
    refreshToken: refreshTokenText,
    assertion: assertionText
      .optional()
      .describe(
        "As for a login. Without it the new access token cannot write backups, and a refresh whose answer was lost cannot be repeated.",
      ),
  })
  .register(components, {
    id: "RefreshRequest",
    examples: [{ refreshToken: "scr_Vw3Zk0mA0o8Yv1m2pQeRkT9sLxUuJ6bHcDfGgNnIiOo" }],
  });

export const device = z
  .strictObject({
    id: uuid,
    name: z.string(),
    current: z.boolean().describe("This is the device that sent the request."),
    createdAt: timestamp,
    lastSeenAt: timestamp,
  })
  .register(components, { id: "Device", description: "A device that is signed in." });

export const deviceList = z
  .strictObject({ devices: z.array(device) })
  .register(components, { id: "DeviceList" });

export const deviceParams = z.strictObject({ deviceId: uuid });

export const jsonWebKeySet = z
  .strictObject({
    keys: z.array(
      z.strictObject({
        kty: z.literal("OKP"),
        crv: z.literal("Ed25519"),
        x: z.string(),
        kid: z.string(),
        alg: z.literal("EdDSA"),
        use: z.literal("sig"),
      }),
    ),
  })
  .register(components, {
    id: "JsonWebKeySet",
    description: "Public keys of access tokens (RFC 7517, RFC 8037).",
  });
