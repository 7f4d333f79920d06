import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, equalBytes, fromDisplayId, toDisplayId } from "../core/bytes.ts";

/** What a block's 80 bytes say. */
export type Header = {
  readonly hash: string;
  readonly timeMs: number;
  readonly merkleRoot: Uint8Array;
};

const headerLength = 80;

function doubleSha256(bytes: Uint8Array): Uint8Array {
  return sha256(sha256(bytes));
}

/** Reads a header whose hash does its work: at or below the target that it names itself. Undefined for anything else. */
export function readHeader(header: Uint8Array): Header | undefined {
  if (header.length !== headerLength) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const hash = doubleSha256(header);
  const compact = view.getUint32(72, true);
  const size = compact >>> 24;
  const mantissa = BigInt(compact & 0x7f_ffff);
  const target = size > 3 ? mantissa << BigInt(8 * (size - 3)) : mantissa >> BigInt(8 * (3 - size));
  if (BigInt(`0x${toDisplayId(hash)}`) > target) return undefined;
  return {
    hash: toDisplayId(hash),
    timeMs: view.getUint32(68, true) * 1_000,
    merkleRoot: header.slice(36, 68),
  };
}

/** True when the branch leads from the transaction at that position to the header's root (Esplora's `merkle-proof`). */
export function provesInclusion(
  header: Header,
  txid: string,
  position: number,
  branch: readonly string[],
): boolean {
  if (position < 0 || position >= 2 ** branch.length) return false;
  let hash = fromDisplayId(txid);
  let index = position;
  for (const beside of branch) {
    const other = fromDisplayId(beside);
    hash = doubleSha256(concatBytes(index % 2 === 0 ? [hash, other] : [other, hash]));
    index = Math.floor(index / 2);
  }
  return equalBytes(hash, header.merkleRoot);
}

/** A transaction's id: the hash of its bytes without witnesses (BIP 141). Undefined when they are no transaction. */
export function transactionId(bytes: Uint8Array): string | undefined {
  try {
    return toDisplayId(doubleSha256(withoutWitness(bytes)));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @throws RangeError when the bytes end too early or go on too long. */
function withoutWitness(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 4;
  const skip = (length: number): void => {
    at += length;
    if (at > bytes.length) throw new RangeError("a transaction that ends too early");
  };
  const compactSize = (): number => {
    const first = view.getUint8(at);
    if (first < 0xfd) {
      skip(1);
      return first;
    }
    const width = first === 0xfd ? 2 : first === 0xfe ? 4 : 8;
    const value =
      width === 2
        ? view.getUint16(at + 1, true)
        : width === 4
          ? view.getUint32(at + 1, true)
          : Number(view.getBigUint64(at + 1, true));
    skip(1 + width);
    return value;
  };
  const hasWitness = view.getUint8(4) === 0 && view.getUint8(5) === 1;
  if (hasWitness) at += 2;
  const bodyFrom = at;
  const inputs = compactSize();
  for (let input = 0; input < inputs; input++) {
    skip(36);
    skip(compactSize());
    skip(4);
  }
  const outputs = compactSize();
  for (let output = 0; output < outputs; output++) {
    skip(8);
    skip(compactSize());
  }
  const bodyTo = at;
  if (hasWitness) {
    for (let input = 0; input < inputs; input++) {
      const items = compactSize();
      for (let item = 0; item < items; item++) skip(compactSize());
    }
  }
  if (at + 4 !== bytes.length) throw new RangeError("a transaction with something behind it");
  return concatBytes([
    bytes.subarray(0, 4),
    bytes.subarray(bodyFrom, bodyTo),
    bytes.subarray(bytes.length - 4),
  ]);
}
