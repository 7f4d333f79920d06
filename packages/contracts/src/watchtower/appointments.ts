import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";

/**
 * Appointments: what a tower needs to punish a revoked commitment transaction, encrypted so that it can read it only once
 * that transaction is on the chain. Locator, key, cipher and nonce are those of the BOLT 13 draft and of The Eye of
 * Satoshi; the content differs, because it holds the same justice transaction with several fees. One blob holds all of
 * them: two blobs under one key and the fixed nonce would reveal each other.
 */
export const appointmentActions = { add: "appointments.add" } as const;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`, "u"));

/** Largest encrypted blob in bytes. Four transactions take about 1,000. */
const maxBlobBytes = 4_096;
/** Items of each kind in one request: 16 blobs of ordinary size take a third of the largest request. */
export const maxAppointmentsPerRequest = 16;

const appointmentSchema = z.strictObject({
  /** A random-looking name of the channel, the same for all its appointments. */
  channel: hex(16),
  /** The first 16 bytes of the revoked transaction's id, in internal byte order. */
  locator: hex(16),
  /** Base64. */
  blob: z
    .string()
    .regex(/^[A-Za-z0-9+/]+={0,2}$/u)
    .max(Math.ceil(maxBlobBytes / 3) * 4),
});
export type Appointment = z.infer<typeof appointmentSchema>;

/** Repeating a request is safe: an appointment with the locator of an earlier one is ignored. */
export const appointmentsAddSchema = z.strictObject({
  appointments: z.array(appointmentSchema).max(maxAppointmentsPerRequest),
  /** Channels that are closed. The tower keeps their appointments until the closing transaction is deep. */
  closed: z.array(hex(16)).max(maxAppointmentsPerRequest),
});
export type AppointmentsAdd = z.infer<typeof appointmentsAddSchema>;

/** The signed answer is the tower's receipt. */
export const appointmentsAddAnswerSchema = z.object({
  /** Appointments of this wallet that the tower has now. */
  watching: z.int().nonnegative(),
  /** The last block that the tower has searched. */
  height: z.int().nonnegative(),
});
export type AppointmentsAddAnswer = z.infer<typeof appointmentsAddAnswerSchema>;

/** The content of an appointment. */
export type Justice = {
  /** Amount of the output that the transactions spend. */
  readonly valueSat: bigint;
  /** Serialised and signed, with ascending fees, all for the same output of the revoked transaction. */
  readonly transactions: readonly Uint8Array[];
};

/** @param txid in display order, 64 hex digits */
export function locatorOf(txid: string): string {
  return bytesToHex(internalOrder(txid).subarray(0, 16));
}

/** Encrypts the content under the id of the transaction that it punishes. */
export function sealJustice(justice: Justice, txid: string): Uint8Array {
  return cipherOf(txid).encrypt(encodeJustice(justice));
}

/** Undefined if the blob was not made for this transaction, or is malformed. */
export function openJustice(blob: Uint8Array, txid: string): Justice | undefined {
  try {
    return decodeJustice(cipherOf(txid).decrypt(blob));
  } catch {
    return undefined;
  }
}

const format = 1;

/** The format, the value (u64), and each transaction with its length (u16). Integers are little endian. */
function encodeJustice({ valueSat, transactions }: Justice): Uint8Array {
  const length = transactions.reduce((sum, { length: bytes }) => sum + 2 + bytes, 9);
  const encoded = new Uint8Array(length);
  const view = new DataView(encoded.buffer);
  view.setUint8(0, format);
  view.setBigUint64(1, valueSat, true);
  let at = 9;
  for (const transaction of transactions) {
    view.setUint16(at, transaction.length, true);
    encoded.set(transaction, at + 2);
    at += 2 + transaction.length;
  }
  return encoded;
}

/** @throws RangeError if it ends too early */
function decodeJustice(encoded: Uint8Array): Justice | undefined {
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  if (view.getUint8(0) !== format) return undefined;
  const transactions: Uint8Array[] = [];
  for (let at = 9; at < encoded.length;) {
    const end = at + 2 + view.getUint16(at, true);
    if (end > encoded.length) return undefined;
    transactions.push(encoded.slice(at + 2, end));
    at = end;
  }
  return transactions.length === 0
    ? undefined
    : { valueSat: view.getBigUint64(1, true), transactions };
}

/** ChaCha20-Poly1305 under SHA-256 of the transaction id in internal byte order, with a nonce of zeros. */
function cipherOf(txid: string) {
  return chacha20poly1305(sha256(internalOrder(txid)), new Uint8Array(12));
}

function internalOrder(txid: string): Uint8Array {
  return hexToBytes(txid).reverse();
}
