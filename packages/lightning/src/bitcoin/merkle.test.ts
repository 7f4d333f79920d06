import fc from "fast-check";
import { expect, test } from "vitest";
import { merkleBranch, merkleRoot, rootOfBranch } from "./merkle.ts";

const txid = (index: number): string => index.toString(16).padStart(64, "0");

test("every branch of a block leads to its Merkle root", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), (count) => {
      const txids = Array.from({ length: count }, (_, index) => txid(index + 1));
      for (const [position, id] of txids.entries()) {
        expect(rootOfBranch(id, position, merkleBranch(txids, position))).toBe(merkleRoot(txids));
      }
    }),
    { numRuns: 40 },
  );
});

test("rejects positions outside the block or the tree", () => {
  const txids = [txid(1), txid(2), txid(3)];
  expect(() => merkleBranch(txids, 3)).toThrow(RangeError);
  expect(() => merkleBranch(txids, -1)).toThrow(RangeError);
  expect(rootOfBranch(txid(1), 4, merkleBranch(txids, 0))).toBeUndefined();
});
