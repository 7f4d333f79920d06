import { createCipheriv, createDecipheriv, createECDH, createHash, hkdfSync } from "node:crypto";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { parseTcpAddress } from "../transport/tcp.ts";

/*
 * Clients that cost an attacker almost nothing, to attack a node's listeners over real sockets. All of 127.0.0.0/8 is the
 * loopback interface on Linux, so an attacker can be in another address range than honest peers.
 */

/** A TCP connection that says nothing. `isOpen` turns false when the node closes it. */
export type HostileSocket = { readonly socket: Socket; readonly isOpen: () => boolean };

/** Connects from a loopback address of the caller's choice. Never rejects: a refused connection is not open. */
export function silentSocket(address: string, localAddress: string): Promise<HostileSocket> {
  const target = parseTcpAddress(address);
  if (target === undefined) throw new Error(`${address} is not host:port`);
  const socket = connect({ ...target, localAddress });
  let open = true;
  socket.on("error", () => {});
  socket.resume();
  socket.once("end", () => {
    open = false;
  });
  socket.once("close", () => {
    open = false;
  });
  return new Promise((resolve) => {
    const done = (): void => resolve({ socket, isOpen: () => open });
    socket.once("connect", done);
    socket.once("close", done);
  });
}

/**
 * A peer that completes the BOLT 8 handshake with a new key, sends `init` (BOLT 1), answers pings, and does nothing more.
 * Resolves once `init` is sent, or the node has hung up.
 */
export async function idlePeer(
  address: string,
  nodeId: string,
  localAddress: string,
): Promise<HostileSocket> {
  const hostile = await silentSocket(address, localAddress);
  const { socket } = hostile;
  const handshake = startHandshake(Buffer.from(nodeId, "hex"));
  let received = Buffer.alloc(0);
  let session: Session | undefined;
  const take = (length: number): Buffer => {
    const taken = received.subarray(0, length);
    received = received.subarray(length);
    return taken;
  };
  const started = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    socket.on("data", (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (session === undefined) {
        if (received.length < 50) return;
        session = handshake.finish(take(50));
        socket.write(Buffer.concat([session.third, session.encrypt(initMessage())]));
        resolve();
      }
      for (const message of session.decrypt(() => received, take)) {
        if (message.readUInt16BE() === ping) socket.write(session.encrypt(pongTo(message)));
      }
    });
  });
  socket.write(handshake.first);
  await started;
  return hostile;
}

const ping = 18;

function pongTo(message: Buffer): Buffer {
  const length = message.readUInt16BE(2);
  const pong = Buffer.alloc(4 + length);
  pong.writeUInt16BE(ping + 1);
  pong.writeUInt16BE(length, 2);
  return pong;
}

/** `init` with the features that LDK asks of a peer: static remote keys, payment secrets, anchors, channel types. */
function initMessage(): Buffer {
  let bits = 0n;
  for (const bit of [1n, 9n, 13n, 15n, 17n, 23n, 45n]) bits |= 1n << bit;
  const features = Buffer.from(bits.toString(16).padStart(12, "0"), "hex");
  const length = Buffer.alloc(2);
  length.writeUInt16BE(features.length);
  return Buffer.concat([Buffer.from([0, 16, 0, 0]), length, features]);
}

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
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

type Session = {
  readonly third: Buffer;
  readonly encrypt: (message: Buffer) => Buffer;
  /** The messages that have arrived completely. Keys are not rotated: an idle peer ends before its 500th message. */
  readonly decrypt: (
    received: () => Buffer,
    take: (length: number) => Buffer,
  ) => Generator<Buffer, void>;
};

/** The initiator's side of the handshake Noise_XK (BOLT 8). */
function startHandshake(theirKey: Buffer) {
  const ephemeral = newKey();
  const ours = newKey();
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
      const [sending, receiving] = derive(chaining, Buffer.alloc(0));
      let count = 0;
      let opened = 0;
      let expected: number | undefined;
      return {
        third: Buffer.concat([Buffer.from([0]), sealedKey, last]),
        encrypt(message) {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(message.length);
          return Buffer.concat([
            seal(sending, count++, Buffer.alloc(0), length),
            seal(sending, count++, Buffer.alloc(0), message),
          ]);
        },
        *decrypt(received, take) {
          for (;;) {
            const size = expected === undefined ? 18 : expected + 16;
            if (received().length < size) return;
            const plain = open(receiving, opened++, Buffer.alloc(0), take(size));
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
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
const bytesOf = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex");

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

function newKey(): { readonly secret: bigint; readonly publicKey: Buffer } {
  const pair = createECDH("secp256k1");
  pair.generateKeys();
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
