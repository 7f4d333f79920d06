import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

const digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const timestampLength = 7;
const signatureLength = 104;
const checksumLength = 6;
const tagExpiry = 6;
const tagPayee = 19;
const payeeLength = 53;
const tagMinFinalCltv = 24;
/** The core hands an HTLC's CLTV expiry on as 32 bits. No payee needs more than 16. */
const maxMinFinalCltv = 65_535n;
/** The core counts tenths of a millisatoshi in 64 bits. */
const maxInvoiceMsat = (2n ** 64n - 1n) / 10n;
const msatPerUnit = { "": 100_000_000_000n, m: 100_000_000n, u: 100_000n, n: 100n } as const;

/**
 * A fault of an invoice that the core accepts, and that other readers take for another payment or another time; null for
 * none. The core reads an amount above 18 million bitcoin as no amount, simnet as regtest, and numbers with leading
 * zeros. It has verified the checksum and the fields' lengths.
 */
export function invoiceFault(text: string): string | null {
  const { prefix, data } = split(text);
  const match = /^ln(?:bcrt|bc|tbs|tb)(?:(\d+)([munp])?)?$/u.exec(prefix);
  if (match === null) return "its prefix is not one of bitcoin, testnet, signet or regtest";
  const [, amount, unit = ""] = match;
  if (amount !== undefined && !isAmount(amount, unit)) return "its amount is out of range";
  for (const [tag, value] of fieldsOf(data)) {
    if (tag !== tagExpiry && tag !== tagMinFinalCltv) continue;
    if (value.length > 1 && value[0] === 0) return "a number in it has leading zeros";
    if (tag === tagMinFinalCltv && numberOf(value) > maxMinFinalCltv)
      return "its CLTV expiry is out of range";
  }
  return null;
}

/**
 * The node that signed an invoice, recovered from the text itself. The core hashes the fields as it would write them, so
 * for an invoice that its node has written otherwise, with padding that is not zero for example, it finds another node.
 * Null if the invoice names its node, against which the core has verified the signature.
 */
export function signerOf(text: string): string | null {
  const { prefix, data } = split(text);
  if (fieldsOf(data).some(([tag, value]) => tag === tagPayee && value.length === payeeLength))
    return null;
  const signature = bytesOf(data.slice(-signatureLength));
  const signed = bytesOf([...data.slice(0, -signatureLength), 0, 0]);
  const length = Math.ceil(((data.length - signatureLength) * 5) / 8);
  const message = Uint8Array.from([
    ...new TextEncoder().encode(prefix),
    ...signed.slice(0, length),
  ]);
  const recoverable = Uint8Array.from([signature[64] ?? 0, ...signature.slice(0, 64)]);
  return bytesToHex(secp256k1.recoverPublicKey(recoverable, sha256(message), { prehash: false }));
}

/** The words of five bits between the prefix and the checksum. */
function split(text: string): { readonly prefix: string; readonly data: readonly number[] } {
  const invoice = text
    .trim()
    .toLowerCase()
    .replace(/^lightning:/u, "");
  const separator = invoice.lastIndexOf("1");
  const data = Array.from(invoice.slice(separator + 1, -checksumLength), (character) =>
    digits.indexOf(character),
  );
  return { prefix: invoice.slice(0, separator), data };
}

/** Tags and values, in words. */
function fieldsOf(data: readonly number[]): readonly (readonly [number, readonly number[]])[] {
  const words = data.slice(timestampLength, -signatureLength);
  const fields: (readonly [number, readonly number[]])[] = [];
  for (let at = 0; at + 3 <= words.length;) {
    const [tag = 0, high = 0, low = 0] = words.slice(at, at + 3);
    const end = at + 3 + high * 32 + low;
    fields.push([tag, words.slice(at + 3, end)]);
    at = end;
  }
  return fields;
}

function numberOf(words: readonly number[]): bigint {
  return words.reduce((total, word) => total * 32n + BigInt(word), 0n);
}

/** Whole bytes; the bits that remain are dropped. */
function bytesOf(words: readonly number[]): readonly number[] {
  const bytes: number[] = [];
  let buffer = 0;
  let bits = 0;
  for (const word of words) {
    buffer = ((buffer << 5) | word) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((buffer >> bits) & 0xff);
  }
  return bytes;
}

function isAmount(amount: string, unit: string): boolean {
  if (amount.startsWith("0")) return false;
  const value =
    unit === "p"
      ? BigInt(amount) / 10n
      : BigInt(amount) * msatPerUnit[unit as keyof typeof msatPerUnit];
  return value <= maxInvoiceMsat;
}
