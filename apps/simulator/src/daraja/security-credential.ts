import {
  constants,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  privateDecrypt,
} from "node:crypto";
import type { KeyObject } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { selfSignedCertificate } from "@satsconnect/dev-certificates";
import type { Clock } from "../shared/clock.ts";

/** In the state folder. Clients encrypt their initiator password with this certificate. */
const certificateFileName = "daraja-certificate.pem";
const keyFileName = "daraja-key.pem";

export type CredentialKey = { readonly privateKey: KeyObject; readonly certificateFile: string };

/** Opens the key and certificate in the state folder; the first call creates them (RSA-2048, valid for ten years). */
export function openCredentialKey(stateDir: string, clock: Clock): CredentialKey {
  const keyFile = join(stateDir, keyFileName);
  const certificateFile = join(stateDir, certificateFileName);
  if (!existsSync(keyFile) || !existsSync(certificateFile)) {
    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const certificate = selfSignedCertificate("simulator.daraja.invalid", pair, clock.now());
    const key = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    writeAtomically(keyFile, key, 0o600);
    writeAtomically(certificateFile, certificate, 0o644);
  }
  return { privateKey: createPrivateKey(readFileSync(keyFile)), certificateFile };
}

/**
 * Decrypts a SecurityCredential: base64 of RSA PKCS#1 v1.5 (documented). The padding is removed by hand because Node.js
 * refuses this padding for decryption (CVE-2023-46809).
 * @returns the initiator's password, or null when it was not encrypted with our certificate.
 */
export function decryptCredential(key: KeyObject, credential: string): string | null {
  if (!/^[A-Za-z0-9+/]{343}=?$|^[A-Za-z0-9+/]{342}==$/.test(credential)) return null;
  const encrypted = Buffer.from(credential, "base64");
  if (encrypted.length !== 256) return null;
  let block: Buffer;
  try {
    block = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, encrypted);
  } catch {
    return null;
  }
  if (block[0] !== 0 || block[1] !== 2) return null;
  const separator = block.indexOf(0, 2);
  return separator < 10 ? null : block.subarray(separator + 1).toString("utf8");
}

/** Writes through a temporary file, so that a crash never leaves a partial file. */
function writeAtomically(file: string, content: string, mode: number): void {
  const temporary = `${file}.${createHash("sha256").update(content).digest("hex").slice(0, 8)}`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, file);
}
