import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

const nonceBytes = 24;

/**
 * Derives one key per slot from the stretched PIN and the device key (HKDF-SHA256). Neither suffices alone, and a PIN
 * that opens one slot reveals nothing about the other.
 */
export function slotKeys(
  stretched: Uint8Array,
  deviceKey: Uint8Array,
): readonly [Uint8Array, Uint8Array] {
  const keys = hkdf(
    sha256,
    concatBytes(stretched, deviceKey),
    undefined,
    utf8ToBytes("satsconnect vault slots 2"),
    64,
  );
  return [keys.subarray(0, 32), keys.subarray(32)];
}

/** The key of a wallet's preferences on this device, derived from its words alone. */
export function preferencesKey(mnemonic: string, passphrase: string): Uint8Array {
  return hkdf(
    sha256,
    utf8ToBytes(`${mnemonic}\n${passphrase}`),
    undefined,
    utf8ToBytes("satsconnect own 1"),
    32,
  );
}

/** Encrypts and authenticates bytes (XChaCha20-Poly1305). The 24-byte nonce is prepended. */
export function sealBytes(plain: Uint8Array, key: Uint8Array, nonce: Uint8Array): Uint8Array {
  return concatBytes(nonce, xchacha20poly1305(key, nonce).encrypt(plain));
}

/** Decrypts the result of `sealBytes`; null for another key or changed bytes. */
export function openBytes(sealed: Uint8Array, key: Uint8Array): Uint8Array | null {
  try {
    return xchacha20poly1305(key, sealed.subarray(0, nonceBytes)).decrypt(
      sealed.subarray(nonceBytes),
    );
  } catch {
    return null;
  }
}

/** Bytes that sealing adds: the nonce and the tag. */
export const sealOverheadBytes = nonceBytes + 16;
