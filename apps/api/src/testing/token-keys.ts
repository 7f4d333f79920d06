import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type TokenKey = Record<string, unknown>;

export function newTokenKey(kid: string): TokenKey {
  const { privateKey } = generateKeyPairSync("ed25519");
  return { ...privateKey.export({ format: "jwk" }), kid, alg: "EdDSA", use: "sig" };
}

export function writeTokenKeys(keys: readonly TokenKey[]): string {
  const path = join(mkdtempSync(join(tmpdir(), "satsconnect-keys-")), "keys.json");
  writeFileSync(path, JSON.stringify({ keys }), { mode: 0o600 });
  return path;
}
