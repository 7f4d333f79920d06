import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import type {
  ChainConsumer,
  ChainErrorCode,
  ChainSource,
  ChainTip,
} from "../ports/chain-source.ts";
import { chainPolicy } from "../model/policy.ts";
import { connectRpc, unreachable } from "./bitcoind-rpc.ts";
import type { Rpc, RpcAnswer } from "./bitcoind-rpc.ts";
import { estimatesFrom } from "./fee-rates.ts";
import { fundingOutputs } from "./funding-output.ts";

export type BitcoindChainOptions = {
  /** RPC URL including the credentials: `http://user:password@host:port`. */
  readonly url: string;
  /** Subscribes to notifications of new blocks and transactions (ZMQ), in addition to polling. */
  readonly wake?: (onChange: () => void, signal: AbortSignal) => void;
  readonly pollIntervalMs?: number;
  readonly fetch?: typeof fetch;
};

type HeaderInfo = {
  readonly height: number;
  readonly hash: string;
  readonly confirmations: number;
  readonly time: number;
  readonly previousblockhash?: string;
};

/** `sendrawtransaction`'s error code for a transaction that is already in the chain (RPC_VERIFY_ALREADY_IN_UTXO_SET). */
const alreadyInChain = -27;
/** The same condition in the error texts of Bitcoin Core and Knots, including those for packages. */
const alreadyKnown = /already in (?:block chain|mempool|utxo set)|txn-already|already-known/iu;

/** Bitcoin Core's answer to `getblock` for a block whose data it has deleted (`rpc/blockchain.cpp`). */
const prunedMessage = /pruned data/iu;

/** A chain source over the RPC of a Bitcoin Core that we trust: whole blocks, in order, across reorganisations. */
export function bitcoindChain(options: BitcoindChainOptions): ChainSource {
  const rpc = connectRpc(options);

  const tip = async (): Promise<Result<ChainTip, ChainErrorCode>> => {
    const hash = await rpc<string>("getbestblockhash");
    if (!hash.ok) return unreachable();
    const header = await rpc<HeaderInfo>("getblockheader", [hash.value]);
    if (!header.ok) return unreachable();
    return ok(tipOf(header.value));
  };

  return {
    follows: "blocks",
    pollIntervalMs: options.pollIntervalMs ?? chainPolicy.bitcoindPollIntervalMs,
    tip,
    synchronise: (core) => synchronise(rpc, core),
    async feeEstimates() {
      const blocks = [2, 3, 6, 12, 25, 144, 504, 1008];
      const [mempool, ...answers] = await Promise.all([
        rpc<{ readonly mempoolminfee?: number; readonly minrelaytxfee?: number }>("getmempoolinfo"),
        ...blocks.map((target) => rpc<{ readonly feerate?: number }>("estimatesmartfee", [target])),
      ]);
      if ([mempool, ...answers].some((answer) => !answer.ok && answer.failure.unreachable)) {
        return unreachable();
      }
      // BTC per 1,000 vbytes to sat/vB
      const satPerVirtualByte = (rate: number | undefined): number => (rate ?? 0) * 100_000;
      return ok(
        estimatesFrom(
          (target) => {
            const answer = answers[blocks.indexOf(target)];
            return answer?.ok === true ? satPerVirtualByte(answer.value.feerate) : undefined;
          },
          mempool.ok
            ? Math.max(
                satPerVirtualByte(mempool.value.mempoolminfee),
                satPerVirtualByte(mempool.value.minrelaytxfee),
              )
            : undefined,
        ),
      );
    },
    async broadcast(transactions) {
      const [first, ...rest] = transactions.map(bytesToHex);
      if (first === undefined) return ok(undefined);
      const sent =
        rest.length === 0
          ? await rpc<string>("sendrawtransaction", [first, 0])
          : await submitPackage(rpc, [first, ...rest]);
      if (sent.ok) return ok(undefined);
      if (sent.failure.unreachable) return unreachable();
      if (sent.failure.code === alreadyInChain || alreadyKnown.test(sent.failure.message)) {
        return ok(undefined);
      }
      return err(
        "broadcast_rejected",
        `Bitcoin Core rejected the transaction: ${sent.failure.message}`,
        "never",
      );
    },
    fundingOutput: fundingOutputs(rpc),
    watch(onChange, signal) {
      options.wake?.(onChange, signal);
    },
  };
}

function tipOf(header: HeaderInfo): ChainTip {
  return { height: header.height, hash: header.hash, timeMs: header.time * 1_000 };
}

async function synchronise(
  rpc: Rpc,
  core: ChainConsumer,
): Promise<Result<ChainTip, ChainErrorCode>> {
  let { bestBlock } = await core.position();
  for (;;) {
    const bestHeader = await rpc<HeaderInfo>("getblockheader", [bestBlock.hash]);
    if (!bestHeader.ok) {
      return bestHeader.failure.unreachable
        ? unreachable()
        : err(
            "chain_inconsistent",
            "Bitcoin Core does not know this node's best block: it follows another chain, or its chain was reset.",
            "never",
          );
    }
    if (bestHeader.value.confirmations < 0) {
      const parent = await bestAncestor(rpc, bestHeader.value);
      if (!parent.ok) return parent;
      const raw = await rpc<string>("getblockheader", [parent.value.hash, false]);
      if (!raw.ok) return unreachable();
      await core.disconnectTo(parent.value.height, hexToBytes(raw.value));
      bestBlock = { height: parent.value.height, hash: parent.value.hash };
      continue;
    }
    const next = await rpc<string>("getblockhash", [bestBlock.height + 1]);
    if (!next.ok) {
      if (next.failure.unreachable) return unreachable();
      // no block above: the core is at the tip
      return ok(tipOf(bestHeader.value));
    }
    const [header, block] = await Promise.all([
      rpc<HeaderInfo>("getblockheader", [next.value]),
      rpc<string>("getblock", [next.value, 0]),
    ]);
    if (!block.ok && prunedMessage.test(block.failure.message)) {
      return err(
        "block_pruned",
        `Bitcoin Core has pruned block ${bestBlock.height + 1}, which this node needs next.`,
        "safe",
      );
    }
    if (!header.ok || !block.ok) return unreachable();
    // the chain was reorganised between two calls: start over from the core's best block
    if (header.value.previousblockhash !== bestBlock.hash) continue;
    await core.block(header.value.height, hexToBytes(block.value));
    bestBlock = { height: header.value.height, hash: header.value.hash };
  }
}

async function bestAncestor(
  rpc: Rpc,
  stale: HeaderInfo,
): Promise<Result<HeaderInfo, ChainErrorCode>> {
  let current = stale;
  while (current.confirmations < 0) {
    if (current.previousblockhash === undefined) {
      return err(
        "chain_inconsistent",
        "Bitcoin Core's chain and this node's have no block in common.",
        "never",
      );
    }
    const parent = await rpc<HeaderInfo>("getblockheader", [current.previousblockhash]);
    if (!parent.ok) return unreachable();
    current = parent.value;
  }
  return ok(current);
}

/** `submitpackage` reports an error per transaction; transactions that are already known are not errors here. */
async function submitPackage(
  rpc: Rpc,
  transactions: readonly string[],
): Promise<RpcAnswer<unknown>> {
  const sent = await rpc<{
    readonly package_msg: string;
    readonly "tx-results": Readonly<Record<string, { readonly error?: string }>>;
  }>("submitpackage", [transactions, 0]);
  if (!sent.ok) return sent;
  const errors = Object.values(sent.value["tx-results"]).flatMap(({ error }) =>
    error === undefined || alreadyKnown.test(error) ? [] : [error],
  );
  if (sent.value.package_msg === "success" || errors.length === 0) return sent;
  return {
    ok: false,
    failure: { unreachable: false, code: 0, message: errors.join("; ") },
  };
}
