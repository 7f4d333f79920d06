import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { bech32 } from "@scure/base";
import { endOfTime, err, msat, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import {
  bytesOf,
  hasPayableFeatures,
  numberOf,
  packBits,
  readFields,
  tags,
} from "./bolt11-fields.ts";
import type { InvoiceFields } from "./bolt11-fields.ts";

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

const timestampWords = 7;
const signatureWords = 104;
const defaultExpirySeconds = 3_600n;
const defaultMinFinalCltv = 18n;
/** The longest text whose checksum the node verifies. */
const maxLength = 7_089;

/**
 * Decodes a BOLT 11 invoice and verifies its signature. This implementation is deliberately independent of the node's:
 * an invoice is used only if both decode it to the same values (`tests/invoice-readers.test.ts`). An end that no date can
 * express becomes `endOfTime`. Errors: `invoice_malformed`.
 */
export function decodeInvoice(text: string): Result<DecodedInvoice, "invoice_malformed"> {
  let decoded: { readonly prefix: string; readonly words: number[] };
  if (text.length > maxLength) return malformed("it is too long");
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
  const read = readFields(data.slice(timestampWords));
  if (typeof read === "string") return malformed(read);
  const { fields, isCanonical } = read;
  const payeeNodeId = payeeOf(prefix, data, words.slice(-signatureWords), fields.get(tags.payee));
  if (payeeNodeId === null) return malformed("its signature is not valid");
  const paymentHash = fields.get(tags.paymentHash);
  if (paymentHash === undefined) return malformed("it has no payment hash");
  if (!fields.has(tags.paymentSecret)) return malformed("it has no payment secret");
  const description = descriptionOf(fields);
  if (description === undefined) return malformed("it has no description");
  if (!hasPayableFeatures(fields.get(tags.features)))
    return malformed("it requires a feature that is not supported");
  const createdAtSeconds = numberOf(data.slice(0, timestampWords));
  const expiry = fields.get(tags.expiry);
  const expirySeconds = expiry === undefined ? defaultExpirySeconds : numberOf(expiry);
  // an invoice that never was valid is only shown
  if (!isCanonical && (expirySeconds > 0n || fields.has(tags.payee)))
    return malformed("its fields are not in their usual form");
  const cltv = fields.get(tags.minFinalCltv);
  const minFinalCltv = cltv === undefined ? defaultMinFinalCltv : numberOf(cltv);
  const endsAt = (createdAtSeconds + expirySeconds) * 1_000n;
  return ok({
    network: networks[match[1] as keyof typeof networks],
    amountMsat,
    paymentHash: bytesToHex(Uint8Array.from(bytesOf(paymentHash))),
    payeeNodeId,
    description,
    createdAt: Number(createdAtSeconds) * 1_000,
    expiresAt: endsAt < BigInt(endOfTime) ? Number(endsAt) : endOfTime,
    minFinalCltvExpiryDelta: Number(minFinalCltv),
  });
}

/** 18 million bitcoin: the node counts tenths of a millisatoshi in 64 bits, and takes a larger amount for none. */
const maxInvoiceMsat = (2n ** 64n - 1n) / 10n;

/** Millisatoshis per unit of the multiplier. `p` is a tenth of a millisatoshi, so it is handled separately. */
const msatPerUnit = { m: 100_000_000n, u: 100_000n, n: 100n } as const;

function amountOf(
  digits: string | undefined,
  multiplier: string | undefined,
): Msat | null | "invalid" {
  if (digits === undefined) return null;
  if (digits.length > 20 || digits.startsWith("0")) return "invalid";
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
  return value > maxInvoiceMsat ? "invalid" : msat(value);
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
      const payee = Uint8Array.from(bytesOf(payeeField));
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

function descriptionOf(fields: InvoiceFields["fields"]): string | null | undefined {
  const words = fields.get(tags.description);
  if (words === undefined) return fields.has(tags.descriptionHash) ? null : undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(bytesOf(words)),
    );
  } catch {
    return undefined;
  }
}

function malformed(reason: string) {
  return err("invoice_malformed", `This is not a valid Lightning invoice: ${reason}.`, "never");
}
