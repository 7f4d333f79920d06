import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

const nonceBytes = 24;

/**
 * One key a slot, of the stretched PIN and the device's key (HKDF-SHA256): neither opens anything alone, and a PIN that
 * opens one slot says nothing of the other.
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

/** The key under which a wallet keeps what is its own on this device: of its words, and of nothing else. */
export function preferencesKey(mnemonic: string, passphrase: string): Uint8Array {
  return hkdf(
    sha256,
    utf8ToBytes(`${mnemonic}\n${passphrase}`),
    undefined,
    utf8ToBytes("satsconnect own 1"),
    32,
  );
}

/** Seals bytes; the nonce (24 bytes) in front. */
export function sealBytes(plain: Uint8Array, key: Uint8Array, nonce: Uint8Array): Uint8Array {
  return concatBytes(nonce, xchacha20poly1305(key, nonce).encrypt(plain));
}

/** Opens what `sealBytes` made; null where the key is another one's. */
export function openBytes(sealed: Uint8Array, key: Uint8Array): Uint8Array | null {
  try {
    return xchacha20poly1305(key, sealed.subarray(0, nonceBytes)).decrypt(
      sealed.subarray(nonceBytes),
    );
  } catch {
    return null;
  }
}

/** How much longer a sealed text is than the plain one. */
export const sealOverheadBytes = nonceBytes + 16;
