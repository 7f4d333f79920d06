import { ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { hexToBytes } from "@noble/hashes/utils.js";
import type { ChannelPosition } from "../core/output.ts";
import { chainPolicy } from "../model/policy.ts";
import type { ChainErrorCode, FundingOutput } from "../ports/chain-source.ts";
import { unreachable } from "./bitcoind-rpc.ts";
import type { Rpc, RpcAnswer } from "./bitcoind-rpc.ts";

type TransactionIds = RpcAnswer<{ readonly tx: readonly string[] }>;
type UnspentOutput = {
  /** In BTC. */
  readonly value: number;
  readonly scriptPubKey: { readonly hex: string };
};

const missing = { state: "missing" } as const;
const unavailable = { state: "unavailable" } as const;

/**
 * Looks up funding outputs in Bitcoin Core, which needs no index of transactions for it, but the block. The transaction
 * ids of the last blocks are kept: the channels of one block are often announced together.
 */
export function fundingOutputs(
  rpc: Rpc,
): (channel: ChannelPosition) => Promise<Result<FundingOutput, ChainErrorCode>> {
  const blocks = new Map<string, Promise<TransactionIds>>();

  const transactionIds = async (hash: string): Promise<TransactionIds> => {
    const request =
      blocks.get(hash) ?? rpc<{ readonly tx: readonly string[] }>("getblock", [hash, 1]);
    // the most recently used block is the last one
    blocks.delete(hash);
    blocks.set(hash, request);
    for (const oldest of blocks.keys()) {
      if (blocks.size <= chainPolicy.blocksKeptForLookups) break;
      blocks.delete(oldest);
    }
    const answer = await request;
    if (!answer.ok && blocks.get(hash) === request) blocks.delete(hash);
    return answer;
  };

  return async ({ height, transactionIndex, outputIndex }) => {
    const hash = await rpc<string>("getblockhash", [height]);
    if (!hash.ok) return hash.failure.unreachable ? unreachable() : ok(missing);
    const block = await transactionIds(hash.value);
    // Bitcoin Core has pruned the block, or cannot read it
    if (!block.ok) return block.failure.unreachable ? unreachable() : ok(unavailable);
    const txid = block.value.tx[transactionIndex];
    if (txid === undefined) return ok(missing);
    const output = await rpc<UnspentOutput | null>("gettxout", [txid, outputIndex, false]);
    if (!output.ok) return output.failure.unreachable ? unreachable() : ok(unavailable);
    if (output.value === null) return ok(missing);
    return ok({
      state: "unspent",
      valueSat: BigInt(Math.round(output.value.value * 100_000_000)),
      script: hexToBytes(output.value.scriptPubKey.hex),
    });
  };
}
