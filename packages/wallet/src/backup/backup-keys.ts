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
 * What only the holder of the seed can do with a backup: name its objects, seal and open them. The operator sees random
 * names and sealed bytes; each value is bound to its store and name, so that none can take another's place.
 */
export type BackupKeys = {
  /** Which store of the wallet it is. */
  readonly storeId: string;
  /** The name under which the server keeps what is called so. */
  readonly nameOf: (label: string) => string;
  readonly seal: (label: string, value: Uint8Array) => Uint8Array;
  /** @throws BackupDamaged when it was sealed by another seed, for another label, or was changed. */
  readonly open: (label: string, sealed: Uint8Array) => Uint8Array;
};

/** @param seed the BIP 39 seed; not kept. What comes of it cannot be turned back into it (HKDF-SHA-256, RFC 5869). */
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
    seal(label, value) {
      const nonce = entropy.bytes(nonceLength);
      const sealed = xchacha20poly1305(valueKey, nonce, boundTo(label)).encrypt(value);
      const all = new Uint8Array(nonceLength + sealed.length);
      all.set(nonce);
      all.set(sealed, nonceLength);
      return all;
    },
    open(label, sealed) {
      try {
        const nonce = sealed.subarray(0, nonceLength);
        return xchacha20poly1305(valueKey, nonce, boundTo(label)).decrypt(
          sealed.subarray(nonceLength),
        );
      } catch {
        throw new BackupDamaged("the backup does not open: another seed, or it was changed");
      }
    },
  };
}
