import { createCipheriv, createDecipheriv, createECDH, createHash, hkdfSync } from "node:crypto";

/*
 * A peer without a node behind it: the handshake and the encryption of BOLT 8, for attacks on real nodes.
 */

/** Types of messages (BOLT 1 and BOLT 7). */
export const messageType = {
  init: 16,
  ping: 18,
  pong: 19,
  channelAnnouncement: 256,
  nodeAnnouncement: 257,
  channelUpdate: 258,
  queryShortChannelIds: 261,
  replyShortChannelIdsEnd: 262,
  gossipTimestampFilter: 265,
} as const;

/**
 * `init` with the features that LDK asks of a peer (static remote keys, payment secrets, anchors, channel types) and with
 * additional feature bits.
 */
export function initMessage(additional: readonly bigint[]): Buffer {
  let bits = 0n;
  for (const bit of [1n, 9n, 13n, 15n, 17n, 23n, 45n, ...additional]) bits |= 1n << bit;
  const features = Buffer.from(bits.toString(16).padStart(12, "0"), "hex");
  const length = Buffer.alloc(2);
  length.writeUInt16BE(features.length);
  return Buffer.concat([Buffer.from([0, 16, 0, 0]), length, features]);
}

/** The answer to a ping. */
export function pongTo(message: Buffer): Buffer {
  const length = message.readUInt16BE(2);
  const pong = Buffer.alloc(4 + length);
  pong.writeUInt16BE(messageType.pong);
  pong.writeUInt16BE(length, 2);
  return pong;
}

export const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  createHash("sha256").update(Buffer.concat(parts)).digest();

function derive(salt: Uint8Array, material: Uint8Array): readonly [Buffer, Buffer] {
  const out = Buffer.from(hkdfSync("sha256", material, salt, Buffer.alloc(0), 64));
  return [out.subarray(0, 32), out.subarray(32)];
}

function nonceOf(count: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32LE(count, 4);
  return nonce;
}

function seal(key: Uint8Array, count: number, data: Uint8Array, plain: Uint8Array): Buffer {
  const cipher = createCipheriv("chacha20-poly1305", key, nonceOf(count), { authTagLength: 16 });
  cipher.setAAD(data, { plaintextLength: plain.length });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function open(key: Uint8Array, count: number, data: Uint8Array, sealed: Buffer): Buffer {
  const cipher = createDecipheriv("chacha20-poly1305", key, nonceOf(count), { authTagLength: 16 });
  cipher.setAAD(data, { plaintextLength: sealed.length - 16 });
  cipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
}

export type Session = {
  readonly third: Buffer;
  readonly encrypt: (message: Buffer) => Buffer;
  /** The messages that have arrived completely. */
  readonly decrypt: (
    received: () => Buffer,
    take: (length: number) => Buffer,
  ) => Generator<Buffer, void>;
};

/** One direction of a connection. Its key is replaced after every 1,000 uses. */
class CipherState {
  #chaining: Buffer;
  #key: Buffer;
  #count = 0;

  constructor(chaining: Buffer, key: Buffer) {
    this.#chaining = chaining;
    this.#key = key;
  }

  seal(plain: Uint8Array): Buffer {
    return this.#rotated(seal(this.#key, this.#count, Buffer.alloc(0), plain));
  }

  open(sealed: Buffer): Buffer {
    return this.#rotated(open(this.#key, this.#count, Buffer.alloc(0), sealed));
  }

  #rotated(result: Buffer): Buffer {
    this.#count += 1;
    if (this.#count === 1_000) {
      [this.#chaining, this.#key] = derive(this.#chaining, this.#key);
      this.#count = 0;
    }
    return result;
  }
}

/**
 * The initiator's side of the handshake Noise_XK (BOLT 8). `secrets` are the ephemeral key and the initiator's own;
 * random ones when absent.
 */
export function startHandshake(theirKey: Buffer, secrets?: readonly [Uint8Array, Uint8Array]) {
  const ephemeral = newKey(secrets?.[0]);
  const ours = newKey(secrets?.[1]);
  let chaining = sha256(Buffer.from("Noise_XK_secp256k1_ChaChaPoly_SHA256"));
  let hash = sha256(chaining, Buffer.from("lightning"));
  hash = sha256(hash, theirKey);
  hash = sha256(hash, ephemeral.publicKey);
  let temporary: Buffer;
  [chaining, temporary] = derive(chaining, sharedSecret(ephemeral.secret, theirKey));
  const tag = seal(temporary, 0, hash, Buffer.alloc(0));
  hash = sha256(hash, tag);
  return {
    first: Buffer.concat([Buffer.from([0]), ephemeral.publicKey, tag]),
    finish(second: Buffer): Session {
      const theirEphemeral = second.subarray(1, 34);
      hash = sha256(hash, theirEphemeral);
      [chaining, temporary] = derive(chaining, sharedSecret(ephemeral.secret, theirEphemeral));
      open(temporary, 0, hash, second.subarray(34));
      hash = sha256(hash, second.subarray(34));
      const sealedKey = seal(temporary, 1, hash, ours.publicKey);
      hash = sha256(hash, sealedKey);
      [chaining, temporary] = derive(chaining, sharedSecret(ours.secret, theirEphemeral));
      const last = seal(temporary, 0, hash, Buffer.alloc(0));
      const [sendingKey, receivingKey] = derive(chaining, Buffer.alloc(0));
      const sending = new CipherState(chaining, sendingKey);
      const receiving = new CipherState(chaining, receivingKey);
      let expected: number | undefined;
      return {
        third: Buffer.concat([Buffer.from([0]), sealedKey, last]),
        encrypt(message) {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(message.length);
          return Buffer.concat([sending.seal(length), sending.seal(message)]);
        },
        *decrypt(received, take) {
          for (;;) {
            const size = expected === undefined ? 18 : expected + 16;
            if (received().length < size) return;
            const plain = receiving.open(take(size));
            if (expected === undefined) {
              expected = plain.readUInt16BE();
              continue;
            }
            expected = undefined;
            yield plain;
          }
        },
      };
    },
  };
}

// BOLT 8 hashes the whole point of a shared secret, and Node.js's ECDH returns only its x. The sign of y follows from a
// second multiplication: only one of the two points with this x, plus the peer's key, is (secret + 1) times that key.
const prime = 2n ** 256n - 2n ** 32n - 977n;
type Point = { readonly x: bigint; readonly y: bigint };

const modulo = (value: bigint): bigint => ((value % prime) + prime) % prime;
export const numberOf = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
export const bytesOf = (value: bigint): Buffer =>
  Buffer.from(value.toString(16).padStart(64, "0"), "hex");

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let bits = exponent; bits > 0n; bits >>= 1n) {
    if ((bits & 1n) === 1n) result = modulo(result * square);
    square = modulo(square * square);
  }
  return result;
}

/** The point with this x and the given sign of y. */
function pointAt(x: bigint, isOdd: boolean): Point {
  const y = power(modulo(x ** 3n + 7n), (prime + 1n) / 4n);
  return { x, y: (y % 2n === 1n) === isOdd ? y : prime - y };
}

function xOfSum(one: Point, other: Point): bigint {
  const slope = modulo(other.y - one.y) * power(modulo(other.x - one.x), prime - 2n);
  return modulo(slope * slope - one.x - other.x);
}

/** A key pair: of the secret, or a random one. */
export function newKey(secret?: Uint8Array): {
  readonly secret: bigint;
  readonly publicKey: Buffer;
} {
  const pair = createECDH("secp256k1");
  if (secret === undefined) pair.generateKeys();
  else pair.setPrivateKey(Buffer.from(secret));
  return {
    secret: numberOf(pair.getPrivateKey()),
    publicKey: pair.getPublicKey(null, "compressed"),
  };
}

function xOfProduct(secret: bigint, key: Buffer): bigint {
  const pair = createECDH("secp256k1");
  pair.setPrivateKey(bytesOf(secret));
  return numberOf(pair.computeSecret(key));
}

function sharedSecret(secret: bigint, key: Buffer): Buffer {
  const x = xOfProduct(secret, key);
  const their = pointAt(numberOf(key.subarray(1)), key[0] === 3);
  const isOdd = xOfSum(pointAt(x, true), their) === xOfProduct(secret + 1n, key);
  return sha256(Buffer.from([isOdd ? 3 : 2]), bytesOf(x));
}
