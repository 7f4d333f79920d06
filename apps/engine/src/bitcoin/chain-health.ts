import type { BitcoinRpc } from "./rpc.ts";

/** Networks by our names and by Bitcoin Core's. */
const chainNames = {
  bitcoin: "main",
  testnet: "test",
  signet: "signet",
  regtest: "regtest",
} as const;
export type Network = keyof typeof chainNames;

/** The parts of `getblockchaininfo` that tell how far Bitcoin Core can be trusted to know the present. */
export type BlockchainInfo = {
  readonly chain: string;
  readonly blocks: number;
  readonly headers: number;
  readonly bestblockhash: string;
  /** Seconds since 1970. */
  readonly time: number;
  readonly initialblockdownload: boolean;
};

export type ChainProblem =
  | "bitcoind_unreachable"
  | "wrong_network"
  /** Bitcoin Core still downloads the chain. */
  | "initial_download"
  /** Bitcoin Core knows of blocks that it does not have. */
  | "behind"
  /** No block for so long that something is wrong. */
  | "stale";

export type ChainStanding = {
  /** Null: the chain can be relied upon. */
  readonly problem: ChainProblem | null;
  readonly blocksBehind: number;
  /** Seconds since the best block's own time. */
  readonly tipAgeSeconds: number;
};

/** Two blocks behind is a moment's delay; more is not. */
const toleratedBlocksBehind = 2;
/** Ten minutes on average: an hour without a block happens every other month, 90 minutes once in years. */
const toleratedTipAgeSeconds = 90 * 60;

/**
 * Whether payments may rely on what Bitcoin Core says now. On regtest blocks come when somebody mines them: there a
 * tip's age, and a download that its age makes Bitcoin Core believe in, mean nothing.
 */
export function judgeChain(
  info: BlockchainInfo | null,
  network: Network,
  nowMs: number,
): ChainStanding {
  if (info === null) return { problem: "bitcoind_unreachable", blocksBehind: 0, tipAgeSeconds: 0 };
  const blocksBehind = Math.max(0, info.headers - info.blocks);
  const tipAgeSeconds = Math.max(0, Math.floor(nowMs / 1_000) - info.time);
  const regtest = network === "regtest";
  let problem: ChainProblem | null = null;
  if (info.chain !== chainNames[network]) problem = "wrong_network";
  else if (info.initialblockdownload && !regtest) problem = "initial_download";
  else if (blocksBehind > toleratedBlocksBehind) problem = "behind";
  else if (tipAgeSeconds > toleratedTipAgeSeconds && !regtest) problem = "stale";
  return { problem, blocksBehind, tipAgeSeconds };
}

export type ChainWatch = {
  /** As of the last look, a few seconds ago at most. */
  readonly standing: () => ChainStanding;
  readonly stop: () => void;
};

const lookAgainMs = 5_000;

/** Looks at Bitcoin Core now, and then every few seconds; tells when the standing's problem changes. */
export async function watchChain(options: {
  readonly rpc: BitcoinRpc;
  readonly network: Network;
  readonly now: () => number;
  readonly onChange: (standing: ChainStanding) => void;
}): Promise<ChainWatch> {
  const look = async (): Promise<ChainStanding> => {
    const info = await options.rpc.call<BlockchainInfo>("getblockchaininfo");
    return judgeChain(info.ok ? info.value : null, options.network, options.now());
  };
  let standing = await look();
  let looking = false;
  const lookAgain = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    const before = standing;
    standing = await look();
    looking = false;
    if (standing.problem !== before.problem) options.onChange(standing);
  };
  const timer = setInterval(() => void lookAgain(), lookAgainMs);
  timer.unref();
  return { standing: () => standing, stop: () => clearInterval(timer) };
}
