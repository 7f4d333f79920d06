import { randomBytes } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bech32 } from "@scure/base";

export type InvoiceTerms = {
  readonly secretKey: Uint8Array;
  readonly prefix?: "lnbc" | "lntb" | "lntbs" | "lnbcrt";
  readonly amountMsat?: bigint | null;
  readonly paymentHash?: Uint8Array;
  readonly description?: string;
  readonly createdAtMs?: number;
  readonly expirySeconds?: number;
  readonly minFinalCltvExpiryDelta?: number;
};

/** A signed BOLT 11 invoice of a test node. */
export function makeInvoice(terms: InvoiceTerms): string {
  const {
    secretKey,
    prefix = "lnbcrt",
    amountMsat = null,
    paymentHash = randomBytes(32),
    description = "test",
    createdAtMs = Date.now(),
    expirySeconds = 3_600,
    minFinalCltvExpiryDelta,
  } = terms;
  const humanReadablePart = prefix + (amountMsat === null ? "" : `${amountMsat * 10n}p`);
  const data = [
    ...integerToWords(Math.floor(createdAtMs / 1_000), 7),
    ...taggedField(1, bech32.toWords(paymentHash)),
    ...taggedField(16, bech32.toWords(randomBytes(32))),
    ...taggedField(13, bech32.toWords(new TextEncoder().encode(description))),
    ...taggedField(6, integerToWords(expirySeconds)),
    ...(minFinalCltvExpiryDelta === undefined
      ? []
      : taggedField(24, integerToWords(minFinalCltvExpiryDelta))),
    ...taggedField(5, [16, 8, 0]),
  ];
  return signInvoice(humanReadablePart, data, secretKey);
}

/** Signs any data of an invoice, its fields in words of five bits, as its node would. */
export function signInvoice(
  humanReadablePart: string,
  data: readonly number[],
  secretKey: Uint8Array,
): string {
  const message = Buffer.concat([Buffer.from(humanReadablePart), packBits(data)]);
  const recovered = secp256k1.sign(sha256(message), secretKey, {
    prehash: false,
    format: "recovered",
  });
  const signature = Uint8Array.from([...recovered.slice(1), recovered[0] ?? 0]);
  return bech32.encode(humanReadablePart, [...data, ...bech32.toWords(signature)], false);
}

export function taggedField(tag: number, words: readonly number[]): number[] {
  return [tag, words.length >> 5, words.length & 31, ...words];
}

export function integerToWords(value: number, length?: number): number[] {
  const words: number[] = [];
  for (let remaining = value; remaining > 0; remaining = Math.floor(remaining / 32))
    words.unshift(remaining % 32);
  while (words.length < (length ?? 1)) words.unshift(0);
  return words;
}

function packBits(words: readonly number[]): Uint8Array {
  const bits = words.map((word) => word.toString(2).padStart(5, "0")).join("");
  const bytes = bits.match(/.{1,8}/g) ?? [];
  return Uint8Array.from(bytes.map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2)));
}
