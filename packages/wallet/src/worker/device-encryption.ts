import { gcm } from "@noble/ciphers/aes.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { EntropySource } from "@satsconnect/lightning";
import { decodeBase64, encodeBase64 } from "../port/base64.ts";
import type { Notes } from "../storage/key-value-store.ts";

const salt = utf8ToBytes("satsconnect device 1");
const nonceLength = 12;

/** The keys under which this device keeps the node's state and the notes: of the seed, and of nothing else. */
export function deviceKeys(seed: Uint8Array): {
  readonly state: Uint8Array<ArrayBuffer>;
  readonly notes: Uint8Array<ArrayBuffer>;
} {
  const derive = (info: string): Uint8Array<ArrayBuffer> =>
    new Uint8Array(hkdf(sha256, seed, salt, utf8ToBytes(info), 32));
  return { state: derive("state"), notes: derive("notes") };
}

/** A note that was not written under this key, or was changed, or stands in another's place. */
class NoteBroken extends Error {
  override readonly name = "NoteBroken";
}

/** Notes whose values are sealed (AES-256-GCM), each bound to its key. The keys stay readable: they say nothing. */
export function sealedNotes(notes: Notes, key: Uint8Array, entropy: EntropySource): Notes {
  const own = key.slice();
  const seal = (name: string, value: string): string => {
    const nonce = entropy.bytes(nonceLength);
    const sealed = gcm(own, nonce, utf8ToBytes(name)).encrypt(utf8ToBytes(value));
    const all = new Uint8Array(nonceLength + sealed.length);
    all.set(nonce);
    all.set(sealed, nonceLength);
    return encodeBase64(all);
  };
  const open = (name: string, text: string): string => {
    const all = decodeBase64(text);
    try {
      if (all === undefined) throw new NoteBroken();
      const opened = gcm(own, all.subarray(0, nonceLength), utf8ToBytes(name)).decrypt(
        all.subarray(nonceLength),
      );
      return new TextDecoder().decode(opened);
    } catch {
      throw new NoteBroken("a note does not open: another key, or it was changed");
    }
  };
  return {
    get: async (name) => {
      const value = await notes.get(name);
      return value === undefined ? undefined : open(name, value);
    },
    put: (name, value) => notes.put(name, seal(name, value)),
    delete: (name) => notes.delete(name),
    list: async (prefix) =>
      (await notes.list(prefix)).map((note) => ({
        key: note.key,
        value: open(note.key, note.value),
      })),
  };
}

/** Those notes whose keys begin so, as if there were no others. */
export function notesUnder(notes: Notes, prefix: string): Notes {
  return {
    get: (key) => notes.get(prefix + key),
    put: (key, value) => notes.put(prefix + key, value),
    delete: (key) => notes.delete(prefix + key),
    list: async (under) =>
      (await notes.list(prefix + under)).map(({ key, value }) => ({
        key: key.slice(prefix.length),
        value,
      })),
  };
}
