import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, test } from "vitest";
import { newTokenKey, writeTokenKeys } from "../../testing/token-keys.ts";
import { accessTokenLifetimeMs, createAccessTokens } from "./access-token.ts";
import { readTokenKeys } from "../../adapters/token-key-file.ts";

const issuer = "https://api.example";
const now = Date.parse("2026-11-23T09:00:00Z");
const principal = { walletId: "wallet", nodeId: "02ab", deviceId: "device", sessionId: "session" };

const oldKey = newTokenKey("2026-10");
const newKey = newTokenKey("2026-11");
const oldKeys = await readTokenKeys(writeTokenKeys([oldKey]));
const rotatedKeys = await readTokenKeys(writeTokenKeys([newKey, { ...oldKey, d: undefined }]));
const newKeysOnly = await readTokenKeys(writeTokenKeys([newKey]));

describe("an access token", () => {
  test("identifies the principal for ten minutes", async () => {
    const tokens = createAccessTokens(issuer, () => newKeysOnly);
    const { token, expiresAt } = await tokens.issue(principal, now, false);
    expect(expiresAt).toBe(now + accessTokenLifetimeMs);
    expect(await tokens.verify(token, now + accessTokenLifetimeMs - 1_000)).toEqual({
      ok: true,
      value: { ...principal, signed: false },
    });
    expect(await tokens.verify(token, now + accessTokenLifetimeMs)).toMatchObject({
      error: { code: "token_expired" },
    });
  });

  test("is valid only while its key is in the key file", async () => {
    const { token } = await createAccessTokens(issuer, () => oldKeys).issue(principal, now, false);
    expect(await createAccessTokens(issuer, () => rotatedKeys).verify(token, now)).toMatchObject({
      ok: true,
    });
    expect(await createAccessTokens(issuer, () => newKeysOnly).verify(token, now)).toMatchObject({
      error: { code: "token_invalid" },
    });
  });

  test("is signed with the first private key of the file", () => {
    expect(rotatedKeys.signing.kid).toBe("2026-11");
    expect(rotatedKeys.published.map(({ kid }) => kid)).toEqual(["2026-11", "2026-10"]);
    expect(JSON.stringify(rotatedKeys.published)).not.toContain(String(newKey["d"]));
  });

  test.each([
    ["another issuer", { issuer: "https://other.example" }],
    ["another audience", { audience: "somebody" }],
    ["another type", { type: "JWT" }],
    ["no subject", { subject: "" }],
  ])("with %s is refused", async (_name, changed) => {
    const terms = {
      issuer,
      audience: "satsconnect-api",
      type: "at+jwt",
      subject: "wallet",
      ...changed,
    };
    const jwt = new SignJWT({ node: "n", dev: "d", sid: "s" })
      .setProtectedHeader({ alg: "EdDSA", typ: terms.type, kid: newKeysOnly.signing.kid })
      .setIssuer(terms.issuer)
      .setAudience(terms.audience)
      .setIssuedAt(now / 1_000)
      .setExpirationTime(now / 1_000 + 60);
    if (terms.subject !== "") jwt.setSubject(terms.subject);
    const token = await jwt.sign(newKeysOnly.signing.key);
    expect(await createAccessTokens(issuer, () => newKeysOnly).verify(token, now)).toMatchObject({
      error: { code: "token_invalid" },
    });
  });

  test("is refused without a signature, or signed with the public key as an HMAC secret", async () => {
    const tokens = createAccessTokens(issuer, () => newKeysOnly);
    const unsecured = new UnsecuredJWT({ node: "n", dev: "d", sid: "s" })
      .setIssuer(issuer)
      .setAudience("satsconnect-api")
      .setSubject("wallet")
      .encode();
    const symmetric = await new SignJWT({ node: "n", dev: "d", sid: "s" })
      .setProtectedHeader({ alg: "HS256", typ: "at+jwt", kid: newKeysOnly.signing.kid })
      .setIssuer(issuer)
      .setAudience("satsconnect-api")
      .setSubject("wallet")
      .setIssuedAt(now / 1_000)
      .setExpirationTime(now / 1_000 + 60)
      .sign(new TextEncoder().encode(newKeysOnly.published[0]?.x));
    for (const token of [unsecured, symmetric, "", "a.b.c"]) {
      expect(await tokens.verify(token, now)).toMatchObject({ error: { code: "token_invalid" } });
    }
  });
});

test.each([
  ["no keys", []],
  ["a key without a kid", [{ ...newKey, kid: undefined }]],
  ["a key on another curve", [{ ...newKey, crv: "X25519" }]],
  ["only public keys", [{ ...newKey, d: undefined }]],
])("a key file with %s is refused", async (_name, keys) => {
  await expect(readTokenKeys(writeTokenKeys(keys))).rejects.toThrow("TOKEN_KEYS_FILE");
});
