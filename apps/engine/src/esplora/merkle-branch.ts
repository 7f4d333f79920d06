import { createHash } from "node:crypto";

function doubleSha256(data: Buffer): Buffer {
  return createHash("sha256").update(createHash("sha256").update(data).digest()).digest();
}

/**
 * The Merkle branch of the transaction at `position`: the sibling hashes from the leaves up, in display order (Electrum's
 * `blockchain.transaction.get_merkle`, Esplora's `merkle-proof`).
 */
export function merkleBranch(txids: readonly string[], position: number): readonly string[] {
  let level: Buffer[] = txids.map((txid) => Buffer.from(txid, "hex").reverse());
  let index = position;
  const branch: string[] = [];
  while (level.length > 1) {
    const sibling = level[index ^ 1] ?? level[index];
    if (sibling === undefined) throw new RangeError("The block has no transaction there");
    branch.push(Buffer.from(sibling).reverse().toString("hex"));
    const parents: Buffer[] = [];
    for (let left = 0; left < level.length; left += 2) {
      const one = level[left];
      if (one === undefined) continue;
      parents.push(doubleSha256(Buffer.concat([one, level[left + 1] ?? one])));
    }
    level = parents;
    index >>= 1;
  }
  return branch;
}
