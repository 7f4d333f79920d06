import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

/** SHA-256 twice: ids of blocks and transactions, and the nodes of a Merkle tree. */
export function doubleSha256(bytes: Uint8Array): Uint8Array {
  return sha256(sha256(bytes));
}

/** A block or transaction id as people see it (hex of the reversed bytes), from the bytes on the wire. */
export function toDisplayId(wire: Uint8Array): string {
  return bytesToHex(wire.toReversed());
}

/** The reverse of `toDisplayId`. @throws RangeError when the text is not hex. */
export function fromDisplayId(text: string): Uint8Array {
  return hexToBytes(text).toReversed();
}
