import { createHash } from "node:crypto";

function doubleSha256(data: Buffer): Buffer {
  return createHash("sha256").update(createHash("sha256").update(data).digest()).digest();
}

/**
 * The branch that proves the transaction at `position`: the hashes beside its path, from the leaves up, in display
 * order (Electrum's `blockchain.transaction.get_merkle`, Esplora's `merkle-proof`).
 */
export function merkleBranch(txids: readonly string[], position: number): readonly string[] {
  let level: Buffer[] = txids.map((txid) => Buffer.from(txid, "hex").reverse());
  let index = position;
  const branch: string[] = [];
  while (level.length > 1) {
    const beside = level[index ^ 1] ?? level[index];
    if (beside === undefined) throw new RangeError("No such transaction in the block");
    branch.push(Buffer.from(beside).reverse().toString("hex"));
    const above: Buffer[] = [];
    for (let left = 0; left < level.length; left += 2) {
      const one = level[left];
      if (one === undefined) continue;
      above.push(doubleSha256(Buffer.concat([one, level[left + 1] ?? one])));
    }
    level = above;
    index >>= 1;
  }
  return branch;
}

/** The root that a branch leads to, in display order. */
export function merkleRoot(txid: string, position: number, branch: readonly string[]): string {
  let hash: Buffer = Buffer.from(txid, "hex").reverse();
  branch.forEach((beside, level) => {
    const other = Buffer.from(beside, "hex").reverse();
    const pair = (position >> level) % 2 === 0 ? [hash, other] : [other, hash];
    hash = doubleSha256(Buffer.concat(pair));
  });
  return Buffer.from(hash).reverse().toString("hex");
}
