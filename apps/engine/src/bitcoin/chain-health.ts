import { maxBlocksBehind, maxTipAgeSeconds } from "../policy.ts";
import { requestPrunedBlocks } from "./pruned-blocks.ts";
import type { BitcoinRpc } from "./rpc.ts";

/** Bitcoin Core's name (`chain` in `getblockchaininfo`) for each network. */
const chainNames = {
  bitcoin: "main",
  testnet: "test",
  signet: "signet",
  regtest: "regtest",
} as const;
export type Network = keyof typeof chainNames;

/** The fields of `getblockchaininfo` that show whether Bitcoin Core is up to date. */
export type BlockchainInfo = {
  readonly chain: string;
  readonly blocks: number;
  readonly headers: number;
  readonly bestblockhash: string;
  /** The best block's time, in seconds since 1970. */
  readonly time: number;
  readonly initialblockdownload: boolean;
  readonly pruned: boolean;
  /** The lowest block of a pruned Bitcoin Core from which on it has all blocks. */
  readonly pruneheight?: number;
};

export type ChainProblem =
  | "bitcoind_unreachable"
  | "wrong_network"
  /** Bitcoin Core is still downloading the chain. */
  | "initial_download"
  /** Bitcoin Core has the headers of more than `maxBlocksBehind` blocks that it has not verified yet. */
  | "behind"
  /** Bitcoin Core has deleted blocks that this node has not read yet. */
  | "pruned"
  /** The best block is older than `maxTipAgeSeconds`. */
  | "stale";

export type ChainHealth = {
  /** Null while the chain can be relied upon. */
  readonly problem: ChainProblem | null;
  readonly blocksBehind: number;
  /** Seconds since the best block's own time. */
  readonly tipAgeSeconds: number;
};

/**
 * Decides whether payments may rely on Bitcoin Core's view of the chain. `info` is null when Bitcoin Core did not
 * answer. Regtest blocks are mined on demand, so there the tip's age is ignored, and so is the initial download,
 * which Bitcoin Core infers from it.
 * @param nextHeight the lowest block that this node has still to read; null when it has not begun.
 */
export function judgeChain(
  info: BlockchainInfo | null,
  network: Network,
  nowMs: number,
  nextHeight: number | null = null,
): ChainHealth {
  if (info === null) return { problem: "bitcoind_unreachable", blocksBehind: 0, tipAgeSeconds: 0 };
  const blocksBehind = Math.max(0, info.headers - info.blocks);
  const tipAgeSeconds = Math.max(0, Math.floor(nowMs / 1_000) - info.time);
  const regtest = network === "regtest";
  let problem: ChainProblem | null = null;
  if (info.chain !== chainNames[network]) problem = "wrong_network";
  else if (info.initialblockdownload && !regtest) problem = "initial_download";
  else if (blocksBehind > maxBlocksBehind) problem = "behind";
  else if (isPruned(info, nextHeight)) problem = "pruned";
  else if (tipAgeSeconds > maxTipAgeSeconds && !regtest) problem = "stale";
  return { problem, blocksBehind, tipAgeSeconds };
}

function isPruned(info: BlockchainInfo, nextHeight: number | null): boolean {
  const { pruned, pruneheight = 0, blocks } = info;
  return pruned && nextHeight !== null && nextHeight <= blocks && nextHeight < pruneheight;
}

export type ChainMonitor = {
  /** The result of the last check, a few seconds old. */
  readonly health: () => ChainHealth;
  /** Pruned blocks that Bitcoin Core was last made to fetch from its peers; 0 if none of them offers old blocks. */
  readonly requestedBlocks: () => number;
  readonly stop: () => void;
};

const checkIntervalMs = 5_000;

/** Checks Bitcoin Core now and then every `checkIntervalMs`. Calls `onChange` when the problem changes. */
export async function monitorChain(options: {
  readonly rpc: BitcoinRpc;
  readonly network: Network;
  readonly now: () => number;
  /** See `judgeChain`. */
  readonly nextHeight: () => Promise<number | null>;
  readonly onChange: (health: ChainHealth) => void;
}): Promise<ChainMonitor> {
  let requested = 0;
  const check = async (): Promise<ChainHealth> => {
    const info = await options.rpc.call<BlockchainInfo>("getblockchaininfo");
    // A database that does not answer is reported as such; the chain is judged without it.
    const nextHeight = await options.nextHeight().catch(() => null);
    const judged = judgeChain(
      info.ok ? info.value : null,
      options.network,
      options.now(),
      nextHeight,
    );
    if (judged.problem === "pruned" && nextHeight !== null) {
      requested = await requestPrunedBlocks(options.rpc, nextHeight);
    }
    return judged;
  };

  let health = await check();
  let checking = false;
  const checkAgain = async (): Promise<void> => {
    if (checking) return;
    checking = true;
    const before = health;
    health = await check();
    checking = false;
    if (health.problem !== before.problem) options.onChange(health);
  };
  const timer = setInterval(() => void checkAgain(), checkIntervalMs);
  timer.unref();
  return {
    health: () => health,
    requestedBlocks: () => requested,
    stop: () => clearInterval(timer),
  };
}
