import { secp256k1 } from "@noble/curves/secp256k1.js";

/*
 * The tagged fields of a BOLT 11 invoice, in words of five bits.
 */

export const tags = {
  paymentHash: 1,
  route: 3,
  features: 5,
  expiry: 6,
  fallback: 9,
  description: 13,
  paymentSecret: 16,
  payee: 19,
  descriptionHash: 23,
  minFinalCltv: 24,
  metadata: 27,
} as const;

/** Which of several fields of one tag counts: the first, or none because only one is allowed. */
const single: ReadonlySet<number> = new Set([
  tags.paymentHash,
  tags.description,
  tags.paymentSecret,
  tags.descriptionHash,
]);
/** BOLT 11: a reader must skip p, h, s and n fields of another length. */
const lengths: ReadonlyMap<number, number> = new Map([
  [tags.paymentHash, 52],
  [tags.descriptionHash, 52],
  [tags.paymentSecret, 52],
  [tags.payee, 53],
]);
const maxUint64 = 2n ** 64n - 1n;
const maxMinFinalCltv = 65_535n;
/** A node, a channel, two fees and a delta. */
const hopLength = 51;

export type InvoiceFields = {
  /** The fields by tag, the first where a tag repeats. */
  readonly fields: ReadonlyMap<number, readonly number[]>;
  /**
   * Whether the node would write them with the same words. It hashes what it would write itself, and finds another payee
   * in an invoice that was written otherwise.
   */
  readonly isCanonical: boolean;
};

/** Reads the fields of an invoice; the reason as a text if they are malformed. */
export function readFields(words: readonly number[]): InvoiceFields | string {
  let allCanonical = true;
  const fields = new Map<number, readonly number[]>();
  let position = 0;
  while (position < words.length) {
    const [tag, high, low] = words.slice(position, position + 3);
    if (tag === undefined || high === undefined || low === undefined) return "a field is truncated";
    const length = high * 32 + low;
    const value = words.slice(position + 3, position + 3 + length);
    if (value.length !== length) return "a field is truncated";
    position += 3 + length;
    if ((lengths.get(tag) ?? length) !== length) continue;
    const fault = faultOf(tag, value);
    if (fault !== null) return fault;
    allCanonical &&= isCanonical(tag, value);
    if (fields.has(tag) && single.has(tag)) return "a field that must be unique is repeated";
    if (!fields.has(tag)) fields.set(tag, value);
  }
  return fields.has(tags.description) && fields.has(tags.descriptionHash)
    ? "it has both a description and the hash of one"
    : { fields, isCanonical: allCanonical };
}

function faultOf(tag: number, value: readonly number[]): string | null {
  switch (tag) {
    case tags.expiry:
    case tags.minFinalCltv:
      // the value of one with leading zeros depends on the reader
      if (value.length > 1 && value[0] === 0) return "a number in it has leading zeros";
      return numberOf(value) > (tag === tags.expiry ? maxUint64 : maxMinFinalCltv)
        ? "a number in it is out of range"
        : null;
    case tags.payee:
      return isPublicKey(bytesOf(value)) ? null : "its payee is not a node";
    case tags.route:
      return isRoute(bytesOf(value)) ? null : "a route in it is malformed";
    case tags.fallback:
      return isFallback(value) ? null : "an address in it is malformed";
    default:
      return null;
  }
}

/** Whether the node would write the value with the same words. Values that it skips are hashed as they are. */
function isCanonical(tag: number, value: readonly number[]): boolean {
  switch (tag) {
    case tags.paymentHash:
    case tags.route:
    case tags.description:
    case tags.paymentSecret:
    case tags.payee:
    case tags.descriptionHash:
    case tags.metadata:
      return isPadded(value);
    case tags.fallback:
      return (value[0] ?? 0) > 18 || isPadded(value.slice(1));
    case tags.features:
    case tags.expiry:
    case tags.minFinalCltv:
      return value[0] !== 0;
    default:
      return true;
  }
}

/** Whether words hold whole bytes and fewer than five bits of padding, all zero. */
function isPadded(words: readonly number[]): boolean {
  const rest = (words.length * 5) % 8;
  return rest < 5 && ((words.at(-1) ?? 0) & ((1 << rest) - 1)) === 0;
}

function isRoute(bytes: readonly number[]): boolean {
  if (bytes.length % hopLength !== 0) return false;
  for (let at = 0; at < bytes.length; at += hopLength)
    if (!isPublicKey(bytes.slice(at, at + 33))) return false;
  return true;
}

/** Fallback addresses of unknown versions are skipped. */
function isFallback([version, ...program]: readonly number[]): boolean {
  if (version === undefined) return false;
  const { length } = bytesOf(program);
  if (version > 18) return true;
  if (version > 16) return length === 20;
  return version === 0 ? length === 20 || length === 32 : length >= 2 && length <= 40;
}

function isPublicKey(bytes: readonly number[]): boolean {
  try {
    secp256k1.Point.fromBytes(Uint8Array.from(bytes));
    return true;
  } catch {
    return false;
  }
}

/** Mandatory features (even bits) that a payer may not know; the node knows these. */
const varOnion = 8;
const paymentSecret = 14;
const basicMpp = 16;
const paymentMetadata = 48;
const trampoline = 56;
const known: ReadonlySet<number> = new Set([
  varOnion,
  paymentSecret,
  basicMpp,
  paymentMetadata,
  trampoline,
]);

/** Whether a payer who knows only the features of our node may pay: payment secrets are set, and no other is mandatory. */
export function hasPayableFeatures(words: readonly number[] | undefined): boolean {
  const bits = new Set<number>();
  for (const [at, word] of (words ?? []).toReversed().entries())
    for (let bit = 0; bit < 5; bit += 1) if (((word >> bit) & 1) === 1) bits.add(at * 5 + bit);
  return (
    (bits.has(paymentSecret) || bits.has(paymentSecret + 1)) &&
    [...bits].every((bit) => bit % 2 === 1 || known.has(bit))
  );
}

export function numberOf(words: readonly number[]): bigint {
  return words.reduce((total, word) => total * 32n + BigInt(word), 0n);
}

/** The bytes of words of five bits; remaining bits are dropped. */
export function bytesOf(words: readonly number[]): readonly number[] {
  return packBits(words, false);
}

/** Packs five-bit words into bytes. Remaining bits are padded with zeros if `pad` is true, and dropped otherwise. */
export function packBits(words: readonly number[], pad: boolean): number[] {
  const bytes: number[] = [];
  let value = 0;
  let bits = 0;
  for (const word of words) {
    value = ((value << 5) | word) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >> bits) & 0xff);
  }
  if (pad && bits > 0) bytes.push((value << (8 - bits)) & 0xff);
  return bytes;
}
