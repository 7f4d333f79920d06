import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

// The first byte of every encrypted value is the version of the scheme. Both are AES-256-GCM with the row as associated
// data; scheme 2 names its key.
/** Then nonce and ciphertext. */
const withoutKeyId = 1;
/** Then the key's id, nonce and ciphertext. */
const withKeyId = 2;
const idLength = 8;
const nonceLength = 12;

/** A value could not be decrypted: written under another key, modified, or moved from another row. */
export class DecryptionFailed extends Error {
  override readonly name = "DecryptionFailed";
}

/** Keys that encrypt a store's values. New values are written under the current key; the others only read. */
export type KeyRing = {
  /** Ids of all keys, in the order in which they were added. */
  readonly ids: () => readonly string[];
  /** The id of the key for new values. */
  readonly current: () => string;
  /**
   * Adds a key that can read, and returns its id. Adding a key twice is harmless.
   * @param key 32 bytes. Imported into Web Crypto; the caller wipes its own copy.
   */
  readonly add: (key: Uint8Array<ArrayBuffer>) => Promise<string>;
  /** Makes a key of the ring the current one. Resolves once the writes that began under another key have ended. */
  readonly use: (id: string) => Promise<void>;
  /** @param label the row that the value belongs to. */
  readonly encrypt: (label: string, value: Uint8Array) => Promise<Uint8Array>;
  /** @throws DecryptionFailed */
  readonly decrypt: (label: string, value: Uint8Array) => Promise<Uint8Array>;
  /** The id of the key that opens a value; undefined when none of the ring does. */
  readonly keyOf: (label: string, value: Uint8Array) => Promise<string | undefined>;
  /** The first bytes of all values under the current key. */
  readonly currentPrefix: () => Uint8Array;
  /** Runs the encryption and the write of values as one: `use` waits for it. */
  readonly writing: <Value>(work: () => Promise<Value>) => Promise<Value>;
};

/**
 * The id of a key, hex. It is derived from the key, so a file with another key is noticed before anything is read. It
 * reveals nothing about the key.
 */
export function keyId(key: Uint8Array): string {
  return bytesToHex(
    sha256(concatBytes(utf8ToBytes("satsconnect state key"), key)).subarray(0, idLength),
  );
}

/**
 * @param keys at least one; the last one is current.
 * @param options.nameKeys false: values do not name their key (scheme 1). For stores whose only key never changes.
 */
export async function newKeyRing(
  keys: readonly Uint8Array<ArrayBuffer>[],
  options: { readonly nameKeys: boolean } = { nameKeys: true },
): Promise<KeyRing> {
  const { subtle } = globalThis.crypto;
  const imported = new Map<string, CryptoKey>();
  const writes = new Set<Promise<unknown>>();
  let current = "";

  async function add(key: Uint8Array<ArrayBuffer>): Promise<string> {
    const id = keyId(key);
    if (!imported.has(id)) {
      const secret = await subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
      imported.set(id, secret);
    }
    return id;
  }

  function keyNamed(id: string): CryptoKey {
    const key = imported.get(id);
    if (key === undefined) throw new RangeError(`there is no key ${id}`);
    return key;
  }

  function prefixOf(id: string): Uint8Array {
    return options.nameKeys
      ? concatBytes(Uint8Array.of(withKeyId), hexToBytes(id))
      : Uint8Array.of(withoutKeyId);
  }

  /** @param sealed nonce and ciphertext. */
  async function open(
    key: CryptoKey,
    label: string,
    sealed: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    try {
      const plaintext = await subtle.decrypt(
        {
          name: "AES-GCM",
          iv: sealed.slice(0, nonceLength),
          additionalData: new Uint8Array(utf8ToBytes(label)),
        },
        key,
        sealed.slice(nonceLength),
      );
      return new Uint8Array(plaintext);
    } catch {
      return undefined;
    }
  }

  async function find(
    label: string,
    value: Uint8Array,
  ): Promise<{ readonly id: string; readonly plaintext: Uint8Array } | undefined> {
    if (value[0] === withKeyId) {
      const id = bytesToHex(value.slice(1, 1 + idLength));
      const key = imported.get(id);
      if (key === undefined)
        throw new DecryptionFailed(`${label} needs the key ${id}, which is missing`);
      const plaintext = await open(key, label, value.slice(1 + idLength));
      return plaintext === undefined ? undefined : { id, plaintext };
    }
    if (value[0] !== withoutKeyId)
      throw new DecryptionFailed(`${label} has an unknown encryption scheme`);
    for (const [id, key] of imported) {
      const plaintext = await open(key, label, value.slice(1));
      if (plaintext !== undefined) return { id, plaintext };
    }
    return undefined;
  }

  for (const key of keys) current = await add(key);
  if (current === "") throw new RangeError("a key ring needs a key");

  return {
    ids: () => [...imported.keys()],
    current: () => current,
    add,
    async use(id) {
      keyNamed(id);
      current = id;
      await Promise.allSettled(writes);
    },
    async encrypt(label, value) {
      const id = current;
      const nonce = globalThis.crypto.getRandomValues(new Uint8Array(nonceLength));
      const ciphertext = await subtle.encrypt(
        { name: "AES-GCM", iv: nonce, additionalData: new Uint8Array(utf8ToBytes(label)) },
        keyNamed(id),
        new Uint8Array(value),
      );
      return concatBytes(prefixOf(id), nonce, new Uint8Array(ciphertext));
    },
    async decrypt(label, value) {
      const found = await find(label, value);
      if (found === undefined)
        throw new DecryptionFailed(`${label} cannot be decrypted: wrong key, or modified`);
      return found.plaintext;
    },
    async keyOf(label, value) {
      return (await find(label, value).catch(() => undefined))?.id;
    },
    currentPrefix: () => prefixOf(current),
    async writing(work) {
      const write = work();
      writes.add(write);
      try {
        return await write;
      } finally {
        writes.delete(write);
      }
    },
  };
}
