import { doubleSha256, toDisplayId } from "./hash.ts";

/** Fields of a block header. Ids in display order. */
export type BlockHeader = {
  readonly hash: string;
  readonly timeMs: number;
  readonly merkleRoot: string;
  readonly previousHash: string;
  /** The highest hash that the header allows itself: the lower, the more work. */
  readonly target: bigint;
};

const headerLength = 80;

/**
 * Reads an 80-byte header and checks its proof of work: its hash must be at or below the target that the header itself
 * names. Undefined for anything else. Whether that target is the one the chain requires is not checked here.
 */
export function readBlockHeader(header: Uint8Array): BlockHeader | undefined {
  if (header.length !== headerLength) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const hash = toDisplayId(doubleSha256(header));
  const compact = view.getUint32(72, true);
  const size = compact >>> 24;
  const mantissa = BigInt(compact & 0x7f_ffff);
  const target = size > 3 ? mantissa << BigInt(8 * (size - 3)) : mantissa >> BigInt(8 * (3 - size));
  if (BigInt(`0x${hash}`) > target) return undefined;
  return {
    hash,
    timeMs: view.getUint32(68, true) * 1_000,
    merkleRoot: toDisplayId(header.subarray(36, 68)),
    previousHash: toDisplayId(header.subarray(4, 36)),
    target,
  };
}
