import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { ChainHealth, ChainProblem } from "./chain-health.ts";

/**
 * Call before any action that relies on Bitcoin Core's view of the chain, such as paying, and refuse the action when
 * it fails.
 */
export type ChainGuard = () => Result<void, "chain_unreliable">;

const descriptions: Readonly<Record<ChainProblem, string>> = {
  bitcoind_unreachable: "Bitcoin Core does not answer.",
  wrong_network: "Bitcoin Core runs on another network.",
  initial_download: "Bitcoin Core is still downloading the chain.",
  behind: "Bitcoin Core lacks blocks it already knows of.",
  pruned: "Bitcoin Core has pruned blocks that the engine has not read yet.",
  stale: "Bitcoin Core has not seen a block for too long.",
};

export function chainGuard(health: () => ChainHealth): ChainGuard {
  return () => {
    const { problem } = health();
    return problem === null
      ? ok(undefined)
      : err("chain_unreliable", `Try again later: ${descriptions[problem]}`, "safe");
  };
}
