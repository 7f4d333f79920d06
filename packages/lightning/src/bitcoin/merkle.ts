import { concatBytes } from "@noble/hashes/utils.js";
import { doubleSha256, fromDisplayId, toDisplayId } from "./hash.ts";

/** The Merkle root of a block's transaction ids. Ids and root in display order. */
export function merkleRoot(txids: readonly string[]): string {
  let level = txids.map(fromDisplayId);
  while (level.length > 1) level = levelAbove(level);
  const [root] = level;
  if (root === undefined) throw new RangeError("no transactions");
  return toDisplayId(root);
}

/**
 * The branch that proves the transaction at `position`: the sibling hashes on its path, from the leaves up, in display
 * order (Esplora's `merkle-proof`, Electrum's `blockchain.transaction.get_merkle`).
 * @throws RangeError when the block has no transaction at that position.
 */
export function merkleBranch(txids: readonly string[], position: number): readonly string[] {
  if (position < 0 || position >= txids.length) throw new RangeError("no such transaction");
  let level = txids.map(fromDisplayId);
  let index = position;
  const branch: string[] = [];
  while (level.length > 1) {
    // the last node of an odd level is its own sibling
    const sibling = level[index ^ 1] ?? level[index];
    if (sibling === undefined) throw new RangeError("no such transaction");
    branch.push(toDisplayId(sibling));
    level = levelAbove(level);
    index >>= 1;
  }
  return branch;
}

/** The root that a branch leads to, in display order. Undefined when the tree cannot have that position. */
export function rootOfBranch(
  txid: string,
  position: number,
  branch: readonly string[],
): string | undefined {
  if (position < 0 || position >= 2 ** branch.length) return undefined;
  let hash = fromDisplayId(txid);
  let index = position;
  for (const sibling of branch) {
    const other = fromDisplayId(sibling);
    hash = doubleSha256(index % 2 === 0 ? concatBytes(hash, other) : concatBytes(other, hash));
    index = Math.floor(index / 2);
  }
  return toDisplayId(hash);
}

function levelAbove(level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const left = level[at];
    if (left !== undefined) above.push(doubleSha256(concatBytes(left, level[at + 1] ?? left)));
  }
  return above;
}
