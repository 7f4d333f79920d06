import { randomKey } from "./noise.ts";
import type { Random } from "./random.ts";

/*
 * Lightning messages that no honest node sends: built from the fields of BOLT 1, 2 and 7, or made out of real ones. The
 * seed decides everything.
 */

/** The identifiers of the node under attack that the generator uses, so that its messages get past the first check. */
export type Target = {
  /** Hash of the genesis block, as BOLT 0 writes it. */
  readonly chainHash: Buffer;
  /** Ids of channels that the node knows. */
  readonly channelIds?: readonly Buffer[];
};

type Field =
  | "chain"
  | "channel"
  | "point"
  | "hash"
  | "signature"
  | "u8"
  | "u16"
  | "u32"
  | "u64"
  | "onion"
  | "bytes"
  | "signatures"
  | "tlvs";

/** Message type → its fields in order. `bytes` and `signatures` have a length of two bytes in front. */
const shapes: Readonly<Record<number, readonly Field[]>> = {
  1: ["channel", "bytes"],
  2: ["channel", "u8"],
  7: ["bytes"],
  9: ["bytes"],
  16: ["bytes", "bytes", "tlvs"],
  17: ["channel", "bytes"],
  18: ["u16", "bytes"],
  19: ["bytes"],
  32: [
    ...(["chain", "hash", "u64", "u64", "u64", "u64", "u64", "u64", "u32", "u16", "u16"] as const),
    ...(["point", "point", "point", "point", "point", "point", "u8", "tlvs"] as const),
  ],
  33: [
    ...(["hash", "u64", "u64", "u64", "u64", "u32", "u16", "u16"] as const),
    ...(["point", "point", "point", "point", "point", "point", "tlvs"] as const),
  ],
  34: ["hash", "hash", "u16", "signature"],
  35: ["channel", "signature"],
  36: ["channel", "point", "tlvs"],
  38: ["channel", "bytes", "tlvs"],
  39: ["channel", "u64", "signature", "tlvs"],
  40: ["channel", "bytes", "bytes", "u64", "u32", "tlvs"],
  41: ["channel", "bytes", "bytes", "u64", "u32", "tlvs"],
  64: [
    ...(["chain", "hash", "u32", "u32", "u64", "u64", "u64", "u64", "u16", "u16", "u32"] as const),
    ...(["point", "point", "point", "point", "point", "point", "point", "u8", "tlvs"] as const),
  ],
  65: ["hash", "u64", "u64", "u64", "u64", "u32", "u16", "u16", "point", "point", "point", "tlvs"],
  66: ["channel", "u64", "bytes", "u32", "u32", "tlvs"],
  67: ["channel", "u64", "u64", "bytes"],
  70: ["channel"],
  71: ["channel", "hash", "bytes", "tlvs"],
  72: ["channel", "u32", "u32", "tlvs"],
  74: ["channel", "bytes"],
  80: ["channel", "u64", "u32", "u32", "point", "tlvs"],
  128: ["channel", "u64", "u64", "hash", "u32", "onion", "tlvs"],
  130: ["channel", "u64", "hash"],
  131: ["channel", "u64", "bytes"],
  132: ["channel", "signature", "signatures"],
  133: ["channel", "hash", "point"],
  134: ["channel", "u32"],
  135: ["channel", "u64", "hash", "u16"],
  136: ["channel", "u64", "u64", "hash", "point", "tlvs"],
  256: [
    ...(["signature", "signature", "signature", "signature", "bytes", "chain", "u64"] as const),
    ...(["point", "point", "point", "point"] as const),
  ],
  257: ["signature", "bytes", "u32", "point", "hash", "bytes"],
  258: ["signature", "chain", "u64", "u32", "u8", "u8", "u16", "u64", "u32", "u32", "u64"],
  259: ["channel", "u64", "signature", "signature"],
  261: ["chain", "bytes", "tlvs"],
  262: ["chain", "u8"],
  263: ["chain", "u32", "u32", "tlvs"],
  264: ["chain", "u32", "u32", "u8", "bytes", "tlvs"],
  265: ["chain", "u32", "u32"],
  513: ["point", "bytes"],
};

const types = Object.keys(shapes).map(Number);

/** Amounts and numbers at the edges of what a field can hold, and of what bitcoin's supply allows. */
const edges: readonly bigint[] = [
  ...[0n, 1n, 2n, 253n, 354n, 546n, 1_000n, 100_000n, 1_000_000n, 16_777_215n, 16_777_216n],
  ...[2_100_000_000_000_000n, 2_100_000_000_000_000_000n, 2n ** 15n, 2n ** 16n - 1n, 2n ** 31n],
  ...[2n ** 32n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n],
];

function pick<Value>(random: Random, values: readonly Value[]): Value {
  const value = values[random.below(values.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
}

function unsigned(bytes: number, value: bigint): Buffer {
  const limit = 1n << BigInt(bytes * 8);
  return Buffer.from((value % limit).toString(16).padStart(bytes * 2, "0"), "hex");
}

function number(random: Random, bytes: number): Buffer {
  return random.below(3) === 0
    ? Buffer.from(random.bytes(bytes))
    : unsigned(bytes, pick(random, edges));
}

/** A number in BOLT 1's `bigsize`, sometimes longer than it has to be. */
function bigSize(random: Random, value: bigint): Buffer {
  const minimal = value < 0xfdn ? 1 : value < 0x1_0000n ? 2 : value < 0x1_0000_0000n ? 4 : 8;
  const width = random.below(10) === 0 ? pick(random, [2, 4, 8]) : minimal;
  if (width === 1) return unsigned(1, value);
  const prefix = width === 2 ? 0xfd : width === 4 ? 0xfe : 0xff;
  return Buffer.concat([Buffer.from([prefix]), unsigned(width, value)]);
}

/** A stream of TLV records: unknown odd and even types, out of order, repeated, with lengths that are not true. */
function tlvs(random: Random): Buffer {
  const records: Buffer[] = [];
  for (let count = random.below(4); count > 0; count--) {
    const value = Buffer.from(random.bytes(random.below(40)));
    const length = random.below(6) === 0 ? pick(random, edges) : BigInt(value.length);
    const type = random.below(2) === 0 ? BigInt(random.below(8)) : pick(random, edges);
    records.push(bigSize(random, type), bigSize(random, length), value);
  }
  return Buffer.concat(records);
}

function fieldBytes(random: Random, field: Field, target: Target): Buffer {
  const wild = random.below(12) === 0;
  switch (field) {
    case "chain":
      return wild ? Buffer.from(random.bytes(32)) : target.chainHash;
    case "channel": {
      const known = target.channelIds ?? [];
      if (known.length > 0 && !wild) return pick(random, known);
      return random.below(4) === 0 ? Buffer.alloc(32) : Buffer.from(random.bytes(32));
    }
    case "point":
      return wild ? Buffer.from(random.bytes(33)) : randomKey(random).publicKey;
    case "hash":
      return Buffer.from(random.bytes(32));
    case "signature":
      return wild
        ? Buffer.alloc(64, 0xff)
        : Buffer.concat([Buffer.alloc(32, 1), Buffer.alloc(32, 2)]);
    case "u8":
      return Buffer.from(random.bytes(1));
    case "u16":
      return number(random, 2);
    case "u32":
      return number(random, 4);
    case "u64":
      return number(random, 8);
    case "onion":
      return Buffer.concat([Buffer.alloc(1), randomKey(random).publicKey, Buffer.alloc(1332, 7)]);
    case "bytes": {
      const value = Buffer.from(random.bytes(random.below(wild ? 2_000 : 60)));
      const length = random.below(8) === 0 ? random.below(65_536) : value.length;
      return Buffer.concat([unsigned(2, BigInt(length)), value]);
    }
    case "signatures": {
      const count = random.below(6);
      const claimed = random.below(5) === 0 ? random.below(65_536) : count;
      return Buffer.concat([unsigned(2, BigInt(claimed)), Buffer.alloc(count * 64, 1)]);
    }
    case "tlvs":
      return tlvs(random);
  }
}

/** The largest message that BOLT 8 can carry. */
const maxLength = 65_535;

/** A message of a known type with fields of the right shape and wild values, or of a random type with random bytes. */
export function hostileMessage(random: Random, target: Target): Buffer {
  if (random.below(8) === 0) {
    const type = random.below(2) === 0 ? random.below(65_536) : random.below(600);
    const length = random.below(20) === 0 ? maxLength - 2 : random.below(300);
    return Buffer.concat([unsigned(2, BigInt(type)), Buffer.from(random.bytes(length))]);
  }
  const type = pick(random, types);
  const fields = (shapes[type] ?? []).map((field) => fieldBytes(random, field, target));
  const message = Buffer.concat([unsigned(2, BigInt(type)), ...fields]).subarray(0, maxLength);
  return random.below(3) === 0 ? mutated(random, message) : message;
}

/** A message that differs from the given one in a few bytes, in its length, in a number, in its type or at its end. */
export function mutated(random: Random, message: Uint8Array): Buffer {
  const changed = Buffer.from(message);
  const at = 2 + random.below(Math.max(1, changed.length - 2));
  switch (random.below(8)) {
    case 0:
      return changed.subarray(0, 2 + random.below(Math.max(1, changed.length - 1)));
    case 1:
      return Buffer.concat([changed, tlvs(random)]).subarray(0, maxLength);
    case 2:
      return Buffer.concat([changed, Buffer.from(random.bytes(random.below(64_000)))]).subarray(
        0,
        maxLength,
      );
    case 3:
      changed.writeUInt16BE(random.below(3) === 0 ? random.below(65_536) : pick(random, types));
      return changed;
    case 4: {
      const width = pick(random, [1, 2, 4, 8]);
      unsigned(width, pick(random, edges)).copy(changed, at);
      return changed;
    }
    case 5: {
      // the first eight bytes after the channel's id: an HTLC's id, an amount, a commitment's number
      if (changed.length >= 42) unsigned(8, pick(random, edges)).copy(changed, 34);
      return changed;
    }
    default:
      for (let count = 1 + random.below(3); count > 0; count--) {
        const place = 2 + random.below(Math.max(1, changed.length - 2));
        if (place < changed.length) changed[place] = random.below(256);
      }
      return changed;
  }
}
