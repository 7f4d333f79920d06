import { importJWK } from "jose";
import type { CryptoKey, JWK } from "jose";
import { z } from "zod";

const base64Url32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

const keyFileSchema = z.strictObject({
  keys: z
    .array(
      z.object({
        kty: z.literal("OKP"),
        crv: z.literal("Ed25519"),
        kid: z.string().min(1).max(100),
        x: base64Url32,
        d: base64Url32.optional(),
      }),
    )
    .min(1)
    .max(10),
});

type PublicJsonWebKey = {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
  readonly kid: string;
  readonly alg: "EdDSA";
  readonly use: "sig";
};

export type TokenKeys = {
  readonly signing: { readonly kid: string; readonly key: CryptoKey };
  /** By key id. Every key of the file verifies; the first one with a private part signs. */
  readonly verifying: ReadonlyMap<string, CryptoKey>;
  /** The public keys, as `/.well-known/jwks.json` serves them. */
  readonly published: readonly PublicJsonWebKey[];
};

/**
 * Parses an Ed25519 JWK set (RFC 7517, RFC 8037). To rotate, put the new key first and keep the old one until the last
 * token it signed has expired; its private part `d` may be removed. @throws Error if the text is not such a set.
 */
export async function parseTokenKeys(text: string): Promise<TokenKeys> {
  const parsed = keyFileSchema.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new Error("TOKEN_KEYS_FILE is not a JWK set of Ed25519 keys with `kid`");
  const { keys } = parsed.data;
  const signing = keys.find(({ d }) => d !== undefined);
  if (signing === undefined) throw new Error("TOKEN_KEYS_FILE has no private key to sign with");
  const published = keys.map(({ x, kid }): PublicJsonWebKey => ({
    kty: "OKP",
    crv: "Ed25519",
    x,
    kid,
    alg: "EdDSA",
    use: "sig",
  }));
  const verifying = await Promise.all(
    published.map(async (key) => [key.kid, await importKey(key)] as const),
  );
  return {
    signing: { kid: signing.kid, key: await importKey({ ...signing, alg: "EdDSA" } as JWK) },
    verifying: new Map(verifying),
    published,
  };
}

async function importKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, "EdDSA");
  if (key instanceof Uint8Array) throw new Error("TOKEN_KEYS_FILE holds a symmetric key");
  return key;
}
