import type { CoreBlock } from "../bitcoin/core-types.ts";
import { bytes, rpcFailed, isHash, isNumber, json, refuse, text } from "./answer.ts";
import type { Handler } from "./answer.ts";
import { esploraBlock } from "./shapes.ts";

type BlockWithIds = Omit<CoreBlock, "tx"> & { readonly tx: readonly string[] };
type Header = {
  readonly height: number;
  /** -1 when the block is not in the best chain. */
  readonly confirmations: number;
  readonly nextblockhash?: string;
};

const missing = "Block not found";

/** `/block/:hash[/header|raw|status|txids]` */
export const getBlock: Handler = async ({ rpc }, [, hash, what]) => {
  if (!isHash(hash)) return refuse(400, "Invalid hex string");
  switch (what) {
    case "header": {
      const header = await rpc.call<string>("getblockheader", [hash, false]);
      return header.ok ? text(header.value, true) : rpcFailed(header, missing);
    }
    case "raw": {
      const block = await rpc.call<string>("getblock", [hash, 0]);
      return block.ok ? bytes(block.value, true) : rpcFailed(block, missing);
    }
    case "status": {
      const header = await rpc.call<Header>("getblockheader", [hash]);
      if (!header.ok && header.error.code === "bitcoind_unreachable")
        return rpcFailed(header, missing);
      if (!header.ok || header.value.confirmations < 1) return json({ in_best_chain: false });
      const { height, nextblockhash } = header.value;
      return json({
        in_best_chain: true,
        height,
        ...(nextblockhash === undefined ? {} : { next_best: nextblockhash }),
      });
    }
    default: {
      const block = await rpc.call<BlockWithIds>("getblock", [hash, 1]);
      if (!block.ok) return rpcFailed(block, missing);
      return what === "txids" ? json(block.value.tx, true) : json(esploraBlock(block.value), true);
    }
  }
};

/** `/blocks/tip/height`, `/blocks/tip/hash`: Bitcoin Core's tip. The index reaches it within about a second. */
export const getTip: Handler = async ({ rpc }, [, , what]) => {
  const best = await rpc.call<{ readonly blocks: number; readonly bestblockhash: string }>(
    "getblockchaininfo",
  );
  if (!best.ok) return rpcFailed(best, missing);
  return text(what === "height" ? String(best.value.blocks) : best.value.bestblockhash);
};

/** `/block-height/:height` */
export const getBlockAtHeight: Handler = async ({ rpc }, [, height]) => {
  if (!isNumber(height)) return refuse(400, "Invalid number");
  const hash = await rpc.call<string>("getblockhash", [Math.min(Number(height), 0x7fff_ffff)]);
  return hash.ok ? text(hash.value) : rpcFailed(hash, missing);
};
