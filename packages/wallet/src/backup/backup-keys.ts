import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { EntropySource } from "@satsconnect/lightning";
import { BackupDamaged } from "./byte-codec.ts";

const salt = utf8ToBytes("satsconnect backup 1");
const nonceLength = 24;

/**
 * Names and encrypts the backup's objects with keys from the seed. The operator sees random-looking names and
 * ciphertext. Each value is authenticated together with its store and name, so the server cannot swap one for another.
 */
export type BackupKeys = {
  /** VSS store id of this wallet's backup. */
  readonly storeId: string;
  /** The object name at the server: HMAC-SHA-256 of the label, truncated to 16 bytes, as hex. */
  readonly nameOf: (label: string) => string;
  /** XChaCha20-Poly1305 with a random 24-byte nonce, which comes first in the result. */
  readonly encrypt: (label: string, value: Uint8Array) => Uint8Array;
  /** @throws BackupDamaged if it was encrypted under another seed, for another label, or was changed */
  readonly decrypt: (label: string, encrypted: Uint8Array) => Uint8Array;
};

/** Derives the keys with HKDF-SHA-256 (RFC 5869). @param seed the BIP 39 seed; not kept */
export function backupKeys(seed: Uint8Array, entropy: EntropySource): BackupKeys {
  const derive = (info: string): Uint8Array => hkdf(sha256, seed, salt, utf8ToBytes(info), 32);
  const nameKey = derive("names");
  const valueKey = derive("values");
  const nameOf = (label: string): string =>
    bytesToHex(hmac(sha256, nameKey, utf8ToBytes(label)).subarray(0, 16));
  const storeId = nameOf("store");
  const boundTo = (label: string): Uint8Array => utf8ToBytes(`${storeId}/${label}`);
  return {
    storeId,
    nameOf,
    encrypt(label, value) {
      const nonce = entropy.bytes(nonceLength);
      const ciphertext = xchacha20poly1305(valueKey, nonce, boundTo(label)).encrypt(value);
      const all = new Uint8Array(nonceLength + ciphertext.length);
      all.set(nonce);
      all.set(ciphertext, nonceLength);
      return all;
    },
    decrypt(label, encrypted) {
      try {
        const nonce = encrypted.subarray(0, nonceLength);
        return xchacha20poly1305(valueKey, nonce, boundTo(label)).decrypt(
          encrypted.subarray(nonceLength),
        );
      } catch {
        throw new BackupDamaged("it cannot be decrypted: another seed was used, or it was changed");
      }
    },
  };
}
