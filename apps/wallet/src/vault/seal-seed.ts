import { openBytes, sealBytes, sealOverheadBytes } from "./keys.ts";

/** The content of a vault slot. Stored as JSON under these names. */
export type Secret = {
  readonly mnemonic: string;
  readonly passphrase: string;
  readonly walletId: string;
};

/** Length in bytes to which every secret is padded, so that all slots look alike. */
const paddedBytes = 1_024;

/**
 * Encrypts a secret for a slot (`sealBytes`).
 * @throws RangeError for a passphrase that does not fit into the slot
 */
export function sealSeed(secret: Secret, key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(secret));
  if (text.length > paddedBytes) throw new RangeError("The passphrase is too long");
  const padded = new Uint8Array(paddedBytes).fill(0x20);
  padded.set(text);
  const sealed = sealBytes(padded, key, nonce);
  padded.fill(0);
  return sealed;
}

/** Decrypts a slot; null for another key, or for a slot of random bytes. */
export function unsealSeed(slot: Uint8Array, key: Uint8Array): Secret | null {
  const padded = openBytes(slot, key);
  return padded === null ? null : (JSON.parse(new TextDecoder().decode(padded)) as Secret);
}

/** Length of a slot in bytes. An unused slot is that many random bytes. */
export const slotBytes = paddedBytes + sealOverheadBytes;
