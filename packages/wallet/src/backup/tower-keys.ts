import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { base64 } from "@scure/base";
import { towerKey } from "@satsconnect/contracts/watchtower";
import type { TowerHead, TowerKey } from "@satsconnect/contracts/watchtower";
import type { EntropySource } from "@satsconnect/lightning";
import { Reader, Writer } from "./byte-codec.ts";

const salt = utf8ToBytes("satsconnect watchtower 1");
const nonceLength = 24;
const format = 1;
/** Commits of one epoch that a counter can tell apart. The largest counter stays below 2^53 for 8,192 epochs. */
const commitsPerEpoch = 2 ** 40;
/** All heads have this length before encryption, so that their size says nothing. */
const contentLength = 64;

/** The position of a backup that a watchtower keeps: which device wrote which commit. */
export type WitnessedHead = {
  readonly epoch: number;
  readonly device: string;
  readonly commit: number;
};

/**
 * A wallet's keys for one watchtower. They come from the seed alone, and from no other key: the tower cannot tell which
 * Lightning node or which wallet of the operator's api they belong to, and two towers cannot tell that they serve the same
 * wallet.
 */
export type TowerKeys = {
  /** Signs requests to the tower. */
  readonly requests: TowerKey;
  /** Encrypts a head for the tower, which can read only its counter: XChaCha20-Poly1305. */
  readonly seal: (head: WitnessedHead) => TowerHead;
  /** Undefined for a head that this wallet did not seal for this tower. */
  readonly open: (head: TowerHead) => WitnessedHead | undefined;
};

/** Derives the keys with HKDF-SHA-256 (RFC 5869). @param seed the BIP 39 seed; not kept @param tower the tower's key */
export function towerKeys(seed: Uint8Array, tower: string, entropy: EntropySource): TowerKeys {
  const derive = (label: string): Uint8Array =>
    hkdf(sha256, seed, salt, utf8ToBytes(`${label} ${tower}`), 32);
  const sealingKey = derive("heads");
  const cipher = (nonce: Uint8Array, counter: number) =>
    xchacha20poly1305(sealingKey, nonce, utf8ToBytes(`${tower}/${String(counter)}`));
  return {
    requests: towerKey(derive("requests"), () => entropy.bytes(32)),
    seal(head) {
      const counter = head.epoch * commitsPerEpoch + head.commit;
      const content = new Uint8Array(contentLength);
      const { epoch, device, commit } = head;
      content.set(
        new Writer().number(format).number(epoch).raw(hexToBytes(device)).number(commit).finish(),
      );
      const nonce = entropy.bytes(nonceLength);
      const sealed = new Uint8Array([...nonce, ...cipher(nonce, counter).encrypt(content)]);
      return { counter, sealed: base64.encode(sealed) };
    },
    open({ counter, sealed }) {
      try {
        const bytes = base64.decode(sealed);
        const content = cipher(bytes.subarray(0, nonceLength), counter).decrypt(
          bytes.subarray(nonceLength),
        );
        const reader = new Reader(content);
        if (reader.number() !== format) return undefined;
        return {
          epoch: reader.number(),
          device: bytesToHex(reader.raw(16)),
          commit: reader.number(),
        };
      } catch {
        return undefined;
      }
    },
  };
}
