import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";
import { ByteReader } from "../encoding/byte-buffer.ts";
import { doubleSha256, toDisplayId } from "./hash.ts";

export type ParsedTransaction = {
  /** In display order. */
  readonly txid: string;
  readonly bytes: Uint8Array;
  /** The outputs it spends, each as `txid:index`. */
  readonly spends: readonly string[];
  readonly outputs: readonly { readonly valueSat: bigint; readonly scriptHex: string }[];
  /** The inputs' sequence numbers. */
  readonly sequences: readonly number[];
  readonly lockTime: number;
  /** The inputs' witnesses: empty lists without any. */
  readonly witness: readonly (readonly Uint8Array[])[];
  /** Length without marker, flag and witnesses, in bytes. */
  readonly strippedLength: number;
};

/** @throws RangeError when the bytes are not exactly one transaction. */
export function parseTransaction(bytes: Uint8Array): ParsedTransaction {
  const reader = new ByteReader(bytes);
  reader.raw(4);
  const hasWitness = bytes[4] === 0 && bytes[5] === 1;
  if (hasWitness) reader.raw(2);
  const bodyStart = reader.position;
  const spends: string[] = [];
  const sequences: number[] = [];
  for (let left = reader.compactSize(); left > 0; left--) {
    spends.push(`${toDisplayId(reader.raw(32))}:${reader.u32()}`);
    reader.raw(reader.compactSize());
    sequences.push(reader.u32());
  }
  const outputs: { valueSat: bigint; scriptHex: string }[] = [];
  for (let left = reader.compactSize(); left > 0; left--) {
    const valueSat = BigInt(reader.u64());
    outputs.push({ valueSat, scriptHex: bytesToHex(reader.raw(reader.compactSize())) });
  }
  const bodyEnd = reader.position;
  const witness = spends.map(() => {
    const items: Uint8Array[] = [];
    if (!hasWitness) return items;
    for (let left = reader.compactSize(); left > 0; left--)
      items.push(reader.raw(reader.compactSize()));
    return items;
  });
  const lockTime = reader.raw(4);
  if (!reader.done) throw new RangeError("bytes after the transaction");
  // BIP 141: the id leaves the witnesses out
  const stripped = concatBytes(bytes.subarray(0, 4), bytes.subarray(bodyStart, bodyEnd), lockTime);
  return {
    txid: toDisplayId(doubleSha256(stripped)),
    bytes,
    spends,
    outputs,
    sequences,
    lockTime: new DataView(lockTime.buffer, lockTime.byteOffset, 4).getUint32(0, true),
    witness,
    strippedLength: stripped.length,
  };
}

/**
 * True for a commitment transaction. BOLT 3 marks them in two fields: the lock time's highest byte is 0x20, that of the
 * only input's sequence 0x80. No other transaction of a node looks like that.
 */
export function isCommitmentTransaction(bytes: Uint8Array): boolean {
  const { lockTime, sequences } = parseTransaction(bytes);
  return (
    lockTime >>> 24 === 0x20 &&
    sequences.length === 1 &&
    sequences.every((sequence) => sequence >>> 24 === 0x80)
  );
}

/** A transaction's id in display order. Undefined when the bytes are not exactly one transaction. */
export function transactionId(bytes: Uint8Array): string | undefined {
  try {
    return parseTransaction(bytes).txid;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * The height that a coinbase transaction names at the start of its script (BIP 34, a rule of consensus). Undefined for
 * any other transaction, and for coinbases from before that rule.
 */
export function coinbaseHeight(bytes: Uint8Array): number | undefined {
  if (transactionId(bytes) === undefined) return undefined;
  const reader = new ByteReader(bytes);
  reader.raw(4);
  if (bytes[4] === 0 && bytes[5] === 1) reader.raw(2);
  if (reader.compactSize() !== 1) return undefined;
  const isNew = reader.raw(32).every((byte) => byte === 0) && reader.u32() === 0xffff_ffff;
  if (!isNew) return undefined;
  const script = reader.raw(reader.compactSize());
  const [first = 0] = script;
  // OP_1 to OP_16
  if (first >= 0x51 && first <= 0x60) return first - 0x50;
  if (first === 0 || first > 4 || script.length <= first) return undefined;
  return script.subarray(1, 1 + first).reduceRight((height, byte) => height * 256 + byte, 0);
}
