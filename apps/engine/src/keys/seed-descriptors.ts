import { createHash, createHmac } from "node:crypto";
import type { Configuration } from "../config.ts";

/** One entry of Bitcoin Core's `importdescriptors`. */
export type ImportedDescriptor = {
  readonly desc: string;
  readonly timestamp: number;
  readonly active: boolean;
  readonly internal?: boolean;
  readonly range: readonly [number, number];
};

/** LDK's `STATIC_PAYMENT_KEY_COUNT`. */
const staticPaymentKeys = 1_000;
const addresses = 10_000;

/**
 * Output descriptors, with private keys, of all coins that a seed alone finds: the on-chain wallet (BIP 84, decision 11),
 * and the balance that a peer's commitment transaction pays us (LDK's `possible_v2_counterparty_closed_balance_spks`:
 * P2WSH with one block's delay for channels with anchors, P2WPKH for others). HTLCs and the outputs of our own
 * commitment transactions need the channel's state.
 * @param seed 32 or 64 bytes.
 * @param timestamp seconds; Bitcoin Core scans blocks from then on.
 */
export function seedDescriptors(
  seed: Uint8Array,
  network: Configuration["NETWORK"],
  timestamp: number,
): readonly ImportedDescriptor[] {
  const coin = network === "bitcoin" ? 0 : 1;
  const master = masterKey(seed);
  // BIP 85, application HEX, 32 bytes: the seed of LDK's KeysManager
  const entropy = [83_696_968, 128_169, 32, coin].reduce(hardenedChild, master);
  const ldkSeed = hmac("bip-entropy-from-k", numberToBytes(entropy.secret)).subarray(0, 32);
  const wallet = extendedKey(master, network);
  const ldk = `${extendedKey(masterKey(ldkSeed), network)}/8h/*h`;
  const entry = (
    descriptor: string,
    active: boolean,
    last: number,
    internal?: boolean,
  ): ImportedDescriptor => ({
    desc: `${descriptor}#${descriptorChecksum(descriptor)}`,
    timestamp,
    active,
    ...(internal === undefined ? {} : { internal }),
    range: [0, last],
  });
  return [
    entry(`wpkh(${wallet}/84h/${coin}h/0h/0/*)`, true, addresses, false),
    entry(`wpkh(${wallet}/84h/${coin}h/0h/1/*)`, true, addresses, true),
    entry(`wsh(and_v(v:pk(${ldk}),older(1)))`, false, staticPaymentKeys - 1),
    entry(`wpkh(${ldk})`, false, staticPaymentKeys - 1),
  ];
}

/** A BIP 32 extended private key. */
type ExtendedKey = { readonly secret: bigint; readonly chainCode: Uint8Array };

const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function masterKey(seed: Uint8Array): ExtendedKey {
  const digest = hmac("Bitcoin seed", seed);
  return { secret: bytesToNumber(digest.subarray(0, 32)), chainCode: digest.subarray(32) };
}

function hardenedChild(parent: ExtendedKey, index: number): ExtendedKey {
  const data = Buffer.alloc(37);
  data.set(numberToBytes(parent.secret), 1);
  data.writeUInt32BE(0x8000_0000 + index, 33);
  const digest = hmac(parent.chainCode, data);
  return {
    secret: (bytesToNumber(digest.subarray(0, 32)) + parent.secret) % curveOrder,
    chainCode: digest.subarray(32),
  };
}

/** A master key as `xprv…` or `tprv…`. */
function extendedKey(key: ExtendedKey, network: Configuration["NETWORK"]): string {
  const payload = Buffer.concat([
    Buffer.from(network === "bitcoin" ? "0488ade4" : "04358394", "hex"),
    // depth, fingerprint of the parent, number of the child
    Buffer.alloc(9),
    key.chainCode,
    Buffer.alloc(1),
    numberToBytes(key.secret),
  ]);
  return base58(Buffer.concat([payload, sha256(sha256(payload)).subarray(0, 4)]));
}

function hmac(key: string | Uint8Array, data: Uint8Array): Buffer {
  return createHmac("sha512", key).update(data).digest();
}

function sha256(data: Uint8Array): Buffer {
  return createHash("sha256").update(data).digest();
}

function bytesToNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function numberToBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex");
}

/** For payloads that do not begin with a zero byte. */
function base58(bytes: Uint8Array): string {
  const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  let text = "";
  for (let rest = bytesToNumber(bytes); rest > 0n; rest /= 58n) {
    text = alphabet.charAt(Number(rest % 58n)) + text;
  }
  return text;
}

/** The checksum of an output descriptor (BIP 380). */
export function descriptorChecksum(descriptor: string): string {
  const inputs =
    "0123456789()[],'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#\"\\ ";
  const outputs = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  const generators = [
    0xf5dee51989n,
    0xa9fdca3312n,
    0x1bab10e32dn,
    0x3706b1677an,
    0x644d626ffdn,
  ] as const;
  let checksum = 1n;
  const add = (symbol: number): void => {
    const top = checksum >> 35n;
    checksum = ((checksum & 0x7ffffffffn) << 5n) ^ BigInt(symbol);
    for (const [bit, generator] of generators.entries()) {
      if (((top >> BigInt(bit)) & 1n) === 1n) checksum ^= generator;
    }
  };
  let group = 0;
  let inGroup = 0;
  for (const character of descriptor) {
    const position = inputs.indexOf(character);
    if (position < 0) throw new RangeError("a descriptor has a character that it may not have");
    add(position & 31);
    group = group * 3 + (position >> 5);
    inGroup += 1;
    if (inGroup === 3) {
      add(group);
      group = 0;
      inGroup = 0;
    }
  }
  if (inGroup > 0) add(group);
  for (let padding = 0; padding < 8; padding += 1) add(0);
  checksum ^= 1n;
  return Array.from({ length: 8 }, (_, index) =>
    outputs.charAt(Number((checksum >> BigInt(5 * (7 - index))) & 31n)),
  ).join("");
}
