import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  hkdfSync,
} from "node:crypto";
import type { Random } from "./random.ts";

/*
 * Both sides of the encrypted transport of BOLT 8, to speak to nodes without being one: as a peer that sends whatever it
 * likes, or between two nodes whose keys are known.
 */

/** A secp256k1 key. */
export type NoiseKey = { readonly secret: bigint; readonly publicKey: Buffer };

export type NoiseHandlers = {
  readonly write: (bytes: Buffer) => void;
  /** The handshake is complete: `send` may be called. */
  readonly ready: () => void;
  /** A decrypted Lightning message: type and payload (BOLT 1). */
  readonly message: (message: Buffer) => void;
};

/** One end of a connection. `receive` throws when the bytes are not what BOLT 8 asks for. */
export class NoiseLink {
  readonly #role: "initiator" | "responder";
  readonly #ours: NoiseKey;
  readonly #ephemeral: NoiseKey;
  readonly #handlers: NoiseHandlers;
  #theirs: Buffer | undefined;
  #act = 1;
  #received = Buffer.alloc(0);
  #chaining: Buffer;
  #hash: Buffer;
  #temporary: Buffer = Buffer.alloc(0);
  #theirEphemeral: Buffer = Buffer.alloc(0);
  #sending: Cipher | undefined;
  #receiving: Cipher | undefined;
  #expected: number | undefined;

  constructor(options: {
    readonly role: "initiator" | "responder";
    readonly ours: NoiseKey;
    readonly ephemeral: NoiseKey;
    /** The responder's node id, which the initiator knows. */
    readonly theirs?: Buffer;
    readonly handlers: NoiseHandlers;
  }) {
    this.#role = options.role;
    this.#ours = options.ours;
    this.#ephemeral = options.ephemeral;
    this.#theirs = options.theirs;
    this.#handlers = options.handlers;
    this.#chaining = sha256(Buffer.from("Noise_XK_secp256k1_ChaChaPoly_SHA256"));
    this.#hash = sha256(this.#chaining, Buffer.from("lightning"));
    this.#mix(options.role === "initiator" ? this.#known() : options.ours.publicKey);
  }

  /** The peer's node id, once it is known. */
  get peer(): Buffer | undefined {
    return this.#theirs;
  }

  get isReady(): boolean {
    return this.#sending !== undefined;
  }

  /** Sends the first act, as the initiator. */
  start(): void {
    this.#mix(this.#ephemeral.publicKey);
    this.#derive(sharedSecret(this.#ephemeral.secret, this.#known()));
    const tag = this.#seal(0, Buffer.alloc(0));
    this.#handlers.write(Buffer.concat([version, this.#ephemeral.publicKey, tag]));
  }

  receive(bytes: Uint8Array): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#step());
  }

  /** Encrypts and writes a message of at most 65,535 bytes. */
  send(message: Uint8Array): void {
    if (this.#sending === undefined) throw new Error("the handshake is not complete");
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    this.#handlers.write(
      Buffer.concat([this.#sending.seal(length), this.#sending.seal(Buffer.from(message))]),
    );
  }

  #step(): boolean {
    if (this.#receiving !== undefined) {
      const size = this.#expected === undefined ? 18 : this.#expected + 16;
      const sealed = this.#take(size);
      if (sealed === undefined) return false;
      const plain = this.#receiving.open(sealed);
      if (this.#expected === undefined) {
        this.#expected = plain.readUInt16BE();
      } else {
        this.#expected = undefined;
        this.#handlers.message(plain);
      }
      return true;
    }
    return this.#role === "initiator"
      ? this.#second()
      : this.#act === 1
        ? this.#first()
        : this.#third();
  }

  /** The responder reads the first act and answers. */
  #first(): boolean {
    const act = this.#take(50);
    if (act === undefined) return false;
    this.#theirEphemeral = act.subarray(1, 34);
    this.#mix(this.#theirEphemeral);
    this.#derive(sharedSecret(this.#ours.secret, this.#theirEphemeral));
    this.#open(0, act.subarray(34));
    this.#mix(this.#ephemeral.publicKey);
    this.#derive(sharedSecret(this.#ephemeral.secret, this.#theirEphemeral));
    const tag = this.#seal(0, Buffer.alloc(0));
    this.#handlers.write(Buffer.concat([version, this.#ephemeral.publicKey, tag]));
    this.#act = 3;
    return true;
  }

  /** The initiator reads the second act and sends the third. */
  #second(): boolean {
    const act = this.#take(50);
    if (act === undefined) return false;
    this.#theirEphemeral = act.subarray(1, 34);
    this.#mix(this.#theirEphemeral);
    this.#derive(sharedSecret(this.#ephemeral.secret, this.#theirEphemeral));
    this.#open(0, act.subarray(34));
    const key = this.#seal(1, this.#ours.publicKey);
    this.#derive(sharedSecret(this.#ours.secret, this.#theirEphemeral));
    const tag = this.#seal(0, Buffer.alloc(0));
    this.#handlers.write(Buffer.concat([version, key, tag]));
    const [sending, receiving] = derive(this.#chaining, Buffer.alloc(0));
    this.#begin(sending, receiving);
    return true;
  }

  /** The responder reads the third act. */
  #third(): boolean {
    const act = this.#take(66);
    if (act === undefined) return false;
    this.#theirs = this.#open(1, act.subarray(1, 50));
    this.#derive(sharedSecret(this.#ephemeral.secret, this.#theirs));
    this.#open(0, act.subarray(50));
    const [receiving, sending] = derive(this.#chaining, Buffer.alloc(0));
    this.#begin(sending, receiving);
    return true;
  }

  #begin(sending: Buffer, receiving: Buffer): void {
    this.#sending = new Cipher(sending, this.#chaining);
    this.#receiving = new Cipher(receiving, this.#chaining);
    this.#handlers.ready();
  }

  #known(): Buffer {
    if (this.#theirs === undefined) throw new Error("the initiator must know the responder's key");
    return this.#theirs;
  }

  #take(length: number): Buffer | undefined {
    if (this.#received.length < length) return undefined;
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  #mix(data: Uint8Array): void {
    this.#hash = sha256(this.#hash, data);
  }

  #derive(secret: Buffer): void {
    [this.#chaining, this.#temporary] = derive(this.#chaining, secret);
  }

  #seal(count: number, plain: Buffer): Buffer {
    const sealed = seal(this.#temporary, count, this.#hash, plain);
    this.#mix(sealed);
    return sealed;
  }

  #open(count: number, sealed: Buffer): Buffer {
    const plain = open(this.#temporary, count, this.#hash, sealed);
    this.#mix(sealed);
    return plain;
  }
}

/** The key of one direction, which changes after 1,000 uses. */
class Cipher {
  #key: Buffer;
  #chaining: Buffer;
  #count = 0;

  constructor(key: Buffer, chaining: Buffer) {
    this.#key = key;
    this.#chaining = chaining;
  }

  seal(plain: Buffer): Buffer {
    const sealed = seal(this.#key, this.#count, Buffer.alloc(0), plain);
    this.#used();
    return sealed;
  }

  open(sealed: Buffer): Buffer {
    const plain = open(this.#key, this.#count, Buffer.alloc(0), sealed);
    this.#used();
    return plain;
  }

  #used(): void {
    this.#count += 1;
    if (this.#count < 1_000) return;
    [this.#chaining, this.#key] = derive(this.#chaining, this.#key);
    this.#count = 0;
  }
}

const version = Buffer.from([0]);

export const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  createHash("sha256").update(Buffer.concat(parts)).digest();

function derive(salt: Uint8Array, material: Uint8Array): [Buffer, Buffer] {
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

// BOLT 8 hashes the whole point of a shared secret, and Node.js's ECDH returns only its x. The sign of y follows from a
// second multiplication: only one of the two points with this x, plus the peer's key, is (secret + 1) times that key.
const prime = 2n ** 256n - 2n ** 32n - 977n;
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
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

/** The key with this secret. */
export function keyWithSecret(secret: bigint): NoiseKey {
  const pair = createECDH("secp256k1");
  pair.setPrivateKey(bytesOf(secret));
  return { secret, publicKey: pair.getPublicKey(null, "compressed") };
}

/** A key that the seed of `random` decides. */
export function randomKey(random: Random): NoiseKey {
  return keyWithSecret((numberOf(random.bytes(32)) % (order - 2n)) + 1n);
}

/** The key of a node's identity, from the seed that it was opened with. The network is not Bitcoin's main one. */
export function nodeKeyOf(seed: Uint8Array): NoiseKey {
  // As in `wallet/keys.rs` of the core: BIP 85, then the first key of LDK's KeysManager.
  const entropy = hardenedKey(seed, [83_696_968, 128_169, 32, 1]);
  const ldkSeed = createHmac("sha512", "bip-entropy-from-k")
    .update(entropy)
    .digest()
    .subarray(0, 32);
  return keyWithSecret(numberOf(hardenedKey(ldkSeed, [0])));
}

/** The private key at a path of hardened steps (BIP 32). */
function hardenedKey(seed: Uint8Array, path: readonly number[]): Buffer {
  const master = createHmac("sha512", "Bitcoin seed").update(seed).digest();
  let key: Buffer = master.subarray(0, 32);
  let chain: Buffer = master.subarray(32);
  for (const step of path) {
    const index = Buffer.alloc(4);
    index.writeUInt32BE(step + 0x8000_0000);
    const child = createHmac("sha512", chain).update(version).update(key).update(index).digest();
    key = bytesOf((numberOf(child.subarray(0, 32)) + numberOf(key)) % order);
    chain = child.subarray(32);
  }
  return key;
}
