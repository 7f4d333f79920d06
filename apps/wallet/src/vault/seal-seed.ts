import { openBytes, sealBytes, sealOverheadBytes } from "./keys.ts";

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
  const sealed = sealBytes(padded, key, nonce);
  padded.fill(0);
  return sealed;
}

/** Opens a slot; null where the key is another one's. */
export function unseal(slot: Uint8Array, key: Uint8Array): Secret | null {
  const padded = openBytes(slot, key);
  return padded === null ? null : (JSON.parse(new TextDecoder().decode(padded)) as Secret);
}

/** A slot that nothing opens, and that looks like any other. */
export const slotBytes = paddedBytes + sealOverheadBytes;
