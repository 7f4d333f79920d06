import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { bech32 } from "@scure/base";
import { err, maxMsat, msat, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";

/** BOLT 11 networks by the prefix after "ln". */
const networks = { bc: "bitcoin", tb: "testnet", tbs: "signet", bcrt: "regtest" } as const;
export type InvoiceNetwork = (typeof networks)[keyof typeof networks];

/** Times in UTC milliseconds. */
export type DecodedInvoice = {
  readonly network: InvoiceNetwork;
  /** Null if the payer chooses the amount. */
  readonly amountMsat: Msat | null;
  readonly paymentHash: string;
  /** The payee's node, recovered from the signature. */
  readonly payeeNodeId: string;
  /** Null if the invoice has only its hash. */
  readonly description: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly minFinalCltvExpiryDelta: number;
};

const tagPaymentHash = 1;
const tagFeatures = 5;
const tagExpiry = 6;
const tagDescription = 13;
const tagPaymentSecret = 16;
const tagPayee = 19;
const tagDescriptionHash = 23;
const tagMinFinalCltv = 24;

const timestampWords = 7;
const signatureWords = 104;
const defaultExpirySeconds = 3_600n;
const defaultMinFinalCltv = 18n;

/**
 * Decodes a BOLT 11 invoice and verifies its signature. This implementation is deliberately independent of the node's:
 * an invoice is used only if both decode it to the same values. Feature bits are not checked here; the node checks them.
 * Errors: `invoice_malformed`.
 */
export function decodeInvoice(text: string): Result<DecodedInvoice, "invoice_malformed"> {
  let decoded: { readonly prefix: string; readonly words: number[] };
  try {
    decoded = bech32.decode(text as `${string}1${string}`, false);
  } catch {
    return malformed("its checksum is wrong");
  }
  const { prefix, words } = decoded;
  const match = /^ln(bcrt|bc|tbs|tb)(?:(\d+)([munp])?)?$/.exec(prefix);
  if (match === null) return malformed("its prefix is not a Lightning prefix");
  if (words.length < timestampWords + signatureWords) return malformed("it is too short");
  const amountMsat = amountOf(match[2], match[3]);
  if (amountMsat === "invalid") return malformed("its amount is out of range");
  const data = words.slice(0, -signatureWords);
  const fields = fieldsOf(data.slice(timestampWords));
  if (fields === null) return malformed("a field is truncated");
  const payeeNodeId = payeeOf(prefix, data, words.slice(-signatureWords), fields.get(tagPayee));
  if (payeeNodeId === null) return malformed("its signature is not valid");
  const paymentHash = bytesOf(fields.get(tagPaymentHash), 32);
  if (paymentHash === null) return malformed("it has no payment hash");
  if (bytesOf(fields.get(tagPaymentSecret), 32) === null)
    return malformed("it has no payment secret");
  const description = descriptionOf(fields);
  if (description === undefined) return malformed("it has no description");
  const createdAtSeconds = numberOf(data.slice(0, timestampWords));
  const expirySeconds = numberOf(fields.get(tagExpiry)) ?? defaultExpirySeconds;
  const minFinalCltv = numberOf(fields.get(tagMinFinalCltv)) ?? defaultMinFinalCltv;
  if (createdAtSeconds === null || expirySeconds > maxExpirySeconds || minFinalCltv > 65_535n) {
    return malformed("a number in it is out of range");
  }
  const createdAt = Number(createdAtSeconds) * 1_000;
  return ok({
    network: networks[match[1] as keyof typeof networks],
    amountMsat,
    paymentHash: bytesToHex(paymentHash),
    payeeNodeId,
    description,
    createdAt,
    expiresAt: createdAt + Number(expirySeconds) * 1_000,
    minFinalCltvExpiryDelta: Number(minFinalCltv),
  });
}

/** A century. A longer expiry could exceed the range of `Date`. */
const maxExpirySeconds = 100n * 366n * 86_400n;

/** Millisatoshis per unit of the multiplier. `p` is a tenth of a millisatoshi, so it is handled separately. */
const msatPerUnit = { m: 100_000_000n, u: 100_000n, n: 100n } as const;

function amountOf(
  digits: string | undefined,
  multiplier: string | undefined,
): Msat | null | "invalid" {
  if (digits === undefined) return null;
  if (digits.length > 18 || digits.startsWith("0")) return "invalid";
  let value: bigint;
  if (multiplier === "p") {
    if (!digits.endsWith("0")) return "invalid";
    value = BigInt(digits) / 10n;
  } else {
    const unit =
      multiplier === undefined
        ? 100_000_000_000n
        : msatPerUnit[multiplier as keyof typeof msatPerUnit];
    value = BigInt(digits) * unit;
  }
  return value > maxMsat ? "invalid" : msat(value);
}

/** The first field of each tag. Only `f` and `r` may repeat, and neither is read here. */
function fieldsOf(words: readonly number[]): ReadonlyMap<number, readonly number[]> | null {
  const fields = new Map<number, readonly number[]>();
  let position = 0;
  while (position < words.length) {
    const [tag, high, low] = words.slice(position, position + 3);
    if (tag === undefined || high === undefined || low === undefined) return null;
    const length = high * 32 + low;
    const value = words.slice(position + 3, position + 3 + length);
    if (value.length !== length) return null;
    if (!fields.has(tag) && hasExpectedLength(tag, length)) fields.set(tag, value);
    position += 3 + length;
  }
  return fields;
}

/** BOLT 11: a reader must skip p, h, s and n fields of the wrong length. Feature bits are skipped too, being unused. */
function hasExpectedLength(tag: number, length: number): boolean {
  if (tag === tagPaymentHash || tag === tagDescriptionHash || tag === tagPaymentSecret)
    return length === 52;
  if (tag === tagPayee) return length === 53;
  return tag !== tagFeatures;
}

function payeeOf(
  prefix: string,
  data: readonly number[],
  signature: readonly number[],
  payeeField: readonly number[] | undefined,
): string | null {
  const message = new Uint8Array([...new TextEncoder().encode(prefix), ...packBits(data, true)]);
  const digest = sha256(message);
  const bytes = Uint8Array.from(packBits(signature, false));
  const recovery = bytes[64];
  if (recovery === undefined || recovery > 3) return null;
  try {
    if (payeeField !== undefined) {
      const payee = bytesOf(payeeField, 33);
      if (payee === null) return null;
      const valid = secp256k1.verify(bytes.slice(0, 64), digest, payee, {
        prehash: false,
        lowS: true,
        format: "compact",
      });
      return valid ? bytesToHex(payee) : null;
    }
    const recovered = secp256k1.recoverPublicKey(
      Uint8Array.from([recovery, ...bytes.slice(0, 64)]),
      digest,
      {
        prehash: false,
      },
    );
    return bytesToHex(recovered);
  } catch {
    return null;
  }
}

function descriptionOf(fields: ReadonlyMap<number, readonly number[]>): string | null | undefined {
  const words = fields.get(tagDescription);
  if (words === undefined) return fields.has(tagDescriptionHash) ? null : undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(
      Uint8Array.from(packBits(words, false)),
    );
  } catch {
    return undefined;
  }
}

function bytesOf(words: readonly number[] | undefined, length: number): Uint8Array | null {
  if (words === undefined) return null;
  const bytes = Uint8Array.from(packBits(words, false));
  return bytes.length === length ? bytes : null;
}

function numberOf(words: readonly number[] | undefined): bigint | null {
  if (words === undefined || words.length > 13) return null;
  return words.reduce((total, word) => total * 32n + BigInt(word), 0n);
}

/** Packs five-bit words into bytes. Remaining bits are padded with zeros if `pad` is true, and dropped otherwise. */
function packBits(words: readonly number[], pad: boolean): number[] {
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

function malformed(reason: string) {
  return err("invoice_malformed", `This is not a valid Lightning invoice: ${reason}.`, "never");
}
