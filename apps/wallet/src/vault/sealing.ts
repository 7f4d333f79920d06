import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";

/** What a slot of the vault holds. */
export type Secret = {
  readonly mnemonic: string;
  readonly passphrase: string;
  readonly walletId: string;
};

/** Every slot is as long as every other, whatever is in it. */
const paddedBytes = 1_024;

/** Seals a secret; 24 bytes of nonce in front. @throws RangeError for a passphrase that no person types. */
export function seal(secret: Secret, key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(secret));
  if (text.length > paddedBytes) throw new RangeError("This passphrase is too long");
  const padded = new Uint8Array(paddedBytes).fill(0x20);
  padded.set(text);
  const sealed = xchacha20poly1305(key, nonce).encrypt(padded);
  padded.fill(0);
  const whole = new Uint8Array(nonce.length + sealed.length);
  whole.set(nonce);
  whole.set(sealed, nonce.length);
  return whole;
}

/** Opens a slot; null where the key is another one's. */
export function unseal(slot: Uint8Array, key: Uint8Array): Secret | null {
  try {
    const padded = xchacha20poly1305(key, slot.subarray(0, 24)).decrypt(slot.subarray(24));
    return JSON.parse(new TextDecoder().decode(padded)) as Secret;
  } catch {
    return null;
  }
}

/** A slot that nothing opens, and that looks like any other. */
export const slotBytes = 24 + paddedBytes + 16;
