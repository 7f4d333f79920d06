import type { CoreBlock } from "../bitcoin/core-types.ts";
import type { BitcoinRpc, RpcResult } from "../bitcoin/rpc.ts";
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
/** As Blockstream's electrs. */
const blocksPerPage = 10;
const maxHeaders = 250;

/** `/block/:hash[/header|raw|status|txids|txid/:index]` */
export const getBlock: Handler = async ({ rpc }, [, hash, what, index]) => {
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
      if (what === "txid") {
        const txid = block.value.tx[Number(index)];
        return txid === undefined ? refuse(404, "tx not found") : text(txid, true);
      }
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

/**
 * `/blocks[/:height]`: ten blocks, from that height or the tip downwards. Bitcoin Core must read each block for its
 * size, so wallets take headers from `/block-headers`.
 */
export const getBlocks: Handler = async ({ rpc }, [, from]) => {
  if (from !== undefined && !isNumber(from)) return refuse(400, "Invalid number");
  const tip = await rpc.call<number>("getblockcount");
  if (!tip.ok) return rpcFailed(tip, missing);
  const top = Math.min(Number(from ?? tip.value), tip.value);
  const heights = Array.from({ length: Math.min(blocksPerPage, top + 1) }, (_, at) => top - at);
  const hashes = await hashesAt(rpc, heights);
  if (!hashes.ok) return rpcFailed(hashes, missing);
  const blocks: unknown[] = [];
  for (const hash of hashes.value) {
    const block = await rpc.call<BlockWithIds>("getblock", [hash, 1]);
    if (!block.ok) return rpcFailed(block, missing);
    blocks.push(esploraBlock(block.value));
  }
  return json(blocks);
};

/**
 * `/block-headers/:height/:count`: headers of the best chain from that height, 80 bytes each, as one hex text. Fewer
 * where the chain ends. Not part of Esplora's API: a wallet that was away for months reads a header a block.
 */
export const getHeaders: Handler = async ({ rpc }, [, height, count]) => {
  if (!isNumber(height) || !isNumber(count)) return refuse(400, "Invalid number");
  if (Number(count) > maxHeaders) return refuse(400, `Too many headers (>${String(maxHeaders)})`);
  const tip = await rpc.call<number>("getblockcount");
  if (!tip.ok) return rpcFailed(tip, missing);
  const length = Math.max(0, Math.min(Number(count), tip.value - Number(height) + 1));
  const heights = Array.from({ length }, (_, at) => Number(height) + at);
  const hashes = await hashesAt(rpc, heights);
  if (!hashes.ok) return rpcFailed(hashes, missing);
  const headers = await all<string>(
    rpc,
    hashes.value.map((hash) => ({ method: "getblockheader", params: [hash, false] })),
  );
  return headers.ok ? text(headers.value.join("")) : rpcFailed(headers, missing);
};

function hashesAt(rpc: BitcoinRpc, heights: readonly number[]) {
  return all<string>(
    rpc,
    heights.map((height) => ({ method: "getblockhash", params: [height] })),
  );
}

/** The answers to all calls, or the first failure. */
async function all<Answer>(
  rpc: BitcoinRpc,
  calls: Parameters<BitcoinRpc["batch"]>[0],
): Promise<RpcResult<readonly Answer[]>> {
  if (calls.length === 0) return { ok: true, value: [] };
  const answers = await rpc.batch<Answer>(calls);
  if (!answers.ok) return { ok: false, error: { ...answers.error, retry: "safe", rpcCode: 0 } };
  const values: Answer[] = [];
  for (const answer of answers.value) {
    if (!answer.ok) return answer;
    values.push(answer.value);
  }
  return { ok: true, value: values };
}

/** `/block-height/:height` */
export const getBlockAtHeight: Handler = async ({ rpc }, [, height]) => {
  if (!isNumber(height)) return refuse(400, "Invalid number");
  const hash = await rpc.call<string>("getblockhash", [Math.min(Number(height), 0x7fff_ffff)]);
  return hash.ok ? text(hash.value) : rpcFailed(hash, missing);
};
