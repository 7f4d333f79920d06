import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { ChainProblem, ChainStanding } from "./chain-health.ts";

/** Asked before anything that relies on the chain being where Bitcoin Core says. */
export type ChainGuard = () => Result<void, "chain_unreliable">;

const words: Readonly<Record<ChainProblem, string>> = {
  bitcoind_unreachable: "Bitcoin Core does not answer.",
  wrong_network: "Bitcoin Core is on another network.",
  initial_download: "Bitcoin Core is still downloading the chain.",
  behind: "Bitcoin Core is behind the chain.",
  stale: "No block has come for too long.",
};

export function chainGuard(standing: () => ChainStanding): ChainGuard {
  return () => {
    const { problem } = standing();
    return problem === null
      ? ok(undefined)
      : err("chain_unreliable", `Not now: ${words[problem]}`, "safe");
  };
}
