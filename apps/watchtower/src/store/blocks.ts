import { chainPolicy } from "../policy.ts";
import type { Database } from "./database.ts";

/** The blocks that have been searched, as far back as a reorganisation may reach. */
export type Blocks = {
  /** The last one searched; undefined before the first. */
  readonly tip: () => { readonly height: number; readonly hash: string } | undefined;
  readonly hashAt: (height: number) => string | undefined;
  readonly add: (height: number, hash: string) => void;
  /** Forgets the blocks above a height. */
  readonly cutAbove: (height: number) => void;
};

export function openBlocks({ use }: Database): Blocks {
  return {
    tip() {
      const row = use(`SELECT "height", "hash" FROM blocks ORDER BY "height" DESC LIMIT 1`).get();
      return row === undefined
        ? undefined
        : { height: Number(row["height"]), hash: String(row["hash"]) };
    },
    hashAt(height) {
      const row = use(`SELECT "hash" FROM blocks WHERE "height" = ?`).get(height);
      return row === undefined ? undefined : String(row["hash"]);
    },
    add(height, hash) {
      use(`INSERT INTO blocks VALUES (?, ?)`).run(height, hash);
      use(`DELETE FROM blocks WHERE "height" <= ?`).run(height - chainPolicy.blocksKept);
    },
    cutAbove(height) {
      use(`DELETE FROM blocks WHERE "height" > ?`).run(height);
    },
  };
}
