import {
  constants,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  privateDecrypt,
  sign,
} from "node:crypto";
import type { KeyObject } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import type { Entropy } from "../entropy.ts";

/** The file in the state folder that a client encrypts its initiator password with. */
const certificateFileName = "daraja-certificate.pem";
const keyFileName = "daraja-key.pem";

export type CredentialKey = { readonly privateKey: KeyObject; readonly certificateFile: string };

/** Opens the key and certificate in the state folder, and makes them the first time: RSA-2048, ten years. */
export function openCredentialKey(stateDir: string, clock: Clock, entropy: Entropy): CredentialKey {
  const keyFile = join(stateDir, keyFileName);
  const certificateFile = join(stateDir, certificateFileName);
  if (!existsSync(keyFile) || !existsSync(certificateFile)) {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const certificate = selfSignedCertificate(
      privateKey,
      publicKey.export({ type: "spki", format: "der" }),
      clock.now(),
      entropy.bytes(16),
    );
    writeWhole(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }).toString(), 0o600);
    writeWhole(certificateFile, certificate, 0o644);
  }
  return { privateKey: createPrivateKey(readFileSync(keyFile)), certificateFile };
}

/**
 * Decrypts a SecurityCredential: base64 of RSA PKCS#1 v1.5 (documented). The padding is taken off by hand because
 * Node.js refuses this padding for decryption (CVE-2023-46809).
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

/** An X.509 v3 certificate, written by hand in DER (RFC 5280): Node.js reads certificates but makes none. */
function selfSignedCertificate(
  privateKey: KeyObject,
  publicKeyInfo: Uint8Array,
  now: number,
  serial: Uint8Array,
): string {
  const algorithm = sequence(objectIdentifier("2a864886f70d01010b"), Buffer.from([0x05, 0x00]));
  const name = sequence(
    tagged(
      0x31,
      sequence(objectIdentifier("550403"), tagged(0x0c, Buffer.from("simulator.daraja.invalid"))),
    ),
  );
  const years = (count: number) => new Date(now + count * 365 * 24 * 3600 * 1000);
  const time = (at: Date) =>
    tagged(0x18, Buffer.from(`${at.toISOString().replaceAll(/[-T:]/g, "").slice(0, 14)}Z`));
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.concat([Buffer.from([0x01]), serial])),
    algorithm,
    name,
    sequence(time(years(0)), time(years(10))),
    name,
    Buffer.from(publicKeyInfo),
  );
  const signature = sign("sha256", body, privateKey);
  const der = sequence(body, algorithm, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function objectIdentifier(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, "hex"));
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 0x100 ? Buffer.from([length]) : Buffer.from([length >> 8, length & 0xff]);
  return Buffer.concat([Buffer.from([tag, 0x80 | size.length]), size, content]);
}

/** Never leaves half a file behind. */
function writeWhole(file: string, content: string, mode: number): void {
  const temporary = `${file}.${createHash("sha256").update(content).digest("hex").slice(0, 8)}`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, file);
}
