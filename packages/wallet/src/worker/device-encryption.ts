import { gcm } from "@noble/ciphers/aes.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { EntropySource } from "@satsconnect/lightning";
import { decodeBase64, encodeBase64 } from "../port/base64.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";

const salt = utf8ToBytes("satsconnect device 1");
const nonceLength = 12;

/**
 * Derives the keys that encrypt the node's state and the key-value store on this device, with HKDF-SHA-256 (RFC 5869) from
 * the seed alone. How the seed itself is protected is up to the app.
 */
export function deviceKeys(seed: Uint8Array): {
  readonly state: Uint8Array<ArrayBuffer>;
  readonly keyValues: Uint8Array<ArrayBuffer>;
} {
  const derive = (info: string): Uint8Array<ArrayBuffer> =>
    new Uint8Array(hkdf(sha256, seed, salt, utf8ToBytes(info), 32));
  return { state: derive("state"), keyValues: derive("notes") };
}

/** A value was encrypted under another key, was changed, or was moved to another key. */
class ValueDamaged extends Error {
  override readonly name = "ValueDamaged";
}

/**
 * Wraps a store and encrypts its values with AES-256-GCM under a random nonce, each authenticated together with its key.
 * The keys themselves stay readable; they contain no secrets.
 */
export function encryptedKeyValueStore(
  store: KeyValueStore,
  key: Uint8Array,
  entropy: EntropySource,
): KeyValueStore {
  const secret = key.slice();
  const encrypt = (name: string, value: string): string => {
    const nonce = entropy.bytes(nonceLength);
    const ciphertext = gcm(secret, nonce, utf8ToBytes(name)).encrypt(utf8ToBytes(value));
    const all = new Uint8Array(nonceLength + ciphertext.length);
    all.set(nonce);
    all.set(ciphertext, nonceLength);
    return encodeBase64(all);
  };
  const decrypt = (name: string, text: string): string => {
    const all = decodeBase64(text);
    try {
      if (all === undefined) throw new ValueDamaged();
      const plaintext = gcm(secret, all.subarray(0, nonceLength), utf8ToBytes(name)).decrypt(
        all.subarray(nonceLength),
      );
      return new TextDecoder().decode(plaintext);
    } catch {
      throw new ValueDamaged(
        "a stored value cannot be decrypted: another key was used, or it was changed",
      );
    }
  };
  return {
    get: async (name) => {
      const value = await store.get(name);
      return value === undefined ? undefined : decrypt(name, value);
    },
    put: (name, value) => store.put(name, encrypt(name, value)),
    delete: (name) => store.delete(name),
    list: async (prefix) =>
      (await store.list(prefix)).map((entry) => ({
        key: entry.key,
        value: decrypt(entry.key, entry.value),
      })),
  };
}
