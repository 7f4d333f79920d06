import { doubleSha256, toDisplayId } from "./hash.ts";
import { decodeBits } from "./target.ts";

/** Fields of a block header. Ids in display order. */
export type BlockHeader = {
  readonly hash: string;
  /** The parent's hash. */
  readonly previousHash: string;
  readonly timeMs: number;
  readonly timeSeconds: number;
  readonly merkleRoot: string;
  /** The target that the header names, in compact form. */
  readonly bits: number;
};

export const headerLength = 80;

/**
 * Reads an 80-byte header and checks its proof of work: its hash must be at or below the target that the header itself
 * names. Undefined for anything else. Whether that target is the one the chain requires is decided by `difficulty.ts`,
 * which needs the headers before it.
 */
export function readBlockHeader(header: Uint8Array): BlockHeader | undefined {
  if (header.length !== headerLength) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const hash = toDisplayId(doubleSha256(header));
  const bits = view.getUint32(72, true);
  const target = decodeBits(bits);
  if (target === undefined || BigInt(`0x${hash}`) > target) return undefined;
  const timeSeconds = view.getUint32(68, true);
  return {
    hash,
    previousHash: toDisplayId(header.subarray(4, 36)),
    timeMs: timeSeconds * 1_000,
    timeSeconds,
    merkleRoot: toDisplayId(header.subarray(36, 68)),
    bits,
  };
}
