import { bytesOf, keyWithSecret, numberOf, sha256 } from "./noise.ts";
import type { NoiseKey } from "./noise.ts";
import { messageType } from "./peer-messages.ts";

/** Order of secp256k1. */
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** The genesis block of regtest, in wire order. */
export const regtestChain = Buffer.from(
  "06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f",
  "hex",
);

const keys = new Map<string, NoiseKey>();

function keyOf(name: string): NoiseKey {
  const key = keys.get(name) ?? keyWithSecret(numberOf(sha256(Buffer.from(name))));
  keys.set(name, key);
  return key;
}

function inverse(value: bigint): bigint {
  let [previous, rest] = [order, value];
  let [before, factor] = [0n, 1n];
  while (rest !== 0n) {
    const quotient = previous / rest;
    [previous, rest] = [rest, previous - quotient * rest];
    [before, factor] = [factor, before - quotient * factor];
  }
  return ((before % order) + order) % order;
}

// One nonce for all signatures makes thousands of them fast. It gives the keys away, which are worth nothing.
const nonce = keyWithSecret(numberOf(sha256(Buffer.from("nonce"))));
const r = numberOf(nonce.publicKey.subarray(1)) % order;
const inverseNonce = inverse(nonce.secret);

/** An ECDSA signature of the double SHA-256 of `message`, 64 bytes. */
function sign(key: NoiseKey, message: Uint8Array): Buffer {
  const digest = numberOf(sha256(sha256(message)));
  const s = (inverseNonce * (digest + r * key.secret)) % order;
  return Buffer.concat([bytesOf(r), bytesOf(s > order / 2n ? order - s : s)]);
}

function shortChannelId(height: number, transactionIndex: number): Buffer {
  const id = Buffer.alloc(8);
  id.writeUIntBE(height, 0, 3);
  id.writeUIntBE(transactionIndex, 3, 3);
  return id;
}

function updateOf(id: Buffer, key: NoiseKey, direction: 0 | 1, timestamp: number): Buffer {
  const terms = Buffer.alloc(32);
  terms.writeUInt32BE(timestamp, 0);
  terms.writeUInt8(1, 4);
  terms.writeUInt8(direction, 5);
  terms.writeUInt16BE(40, 6);
  terms.writeBigUInt64BE(1n, 8);
  terms.writeUInt32BE(1_000, 16);
  terms.writeUInt32BE(1, 20);
  terms.writeBigUInt64BE(1_000_000_000n, 24);
  const contents = Buffer.concat([regtestChain, id, terms]);
  return Buffer.concat([typeOf(messageType.channelUpdate), sign(key, contents), contents]);
}

function typeOf(type: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(type);
  return bytes;
}

/**
 * The announcement of a channel that does not exist, with valid signatures, and both its updates (BOLT 7), at this place
 * in the chain. `timestamp` is in seconds since 1970.
 */
export function inventChannel(
  seed: string,
  height: number,
  transactionIndex: number,
  timestamp: number,
): readonly Buffer[] {
  const key = (name: string): NoiseKey => keyOf(`${seed} ${name}`);
  const nodes = [key("one"), key("two")].toSorted((one, other) =>
    Buffer.compare(one.publicKey, other.publicKey),
  );
  const [first, second] = nodes as [NoiseKey, NoiseKey];
  const [bitcoin1, bitcoin2] = [key("bitcoin one"), key("bitcoin two")];
  const id = shortChannelId(height, transactionIndex);
  const four = [first, second, bitcoin1, bitcoin2];
  const contents = Buffer.concat([
    Buffer.alloc(2),
    regtestChain,
    id,
    ...four.map(({ publicKey }) => publicKey),
  ]);
  return [
    Buffer.concat([
      typeOf(messageType.channelAnnouncement),
      ...four.map((one) => sign(one, contents)),
      contents,
    ]),
    updateOf(id, first, 0, timestamp),
    updateOf(id, second, 1, timestamp),
  ];
}
