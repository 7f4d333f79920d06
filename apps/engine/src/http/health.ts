import { setTimeout as sleep } from "node:timers/promises";
import type { ChainStanding } from "../bitcoin/chain-health.ts";
import type { ChainIndexer } from "../chain-index/indexer.ts";
import type { LightningBackend } from "../lightning/backend.ts";

/** `standby`: all is well, and another engine runs the node. */
type HealthStatus = "ok" | "standby" | "unavailable";
export type Health = {
  readonly status: HealthStatus;
  readonly ready: boolean;
  readonly checks: Readonly<Record<"database" | "bitcoind" | "node" | "chain", HealthStatus>>;
  /** Why Bitcoin Core cannot be relied upon; null when it can. */
  readonly chainProblem: ChainStanding["problem"];
};

/** A database that does not answer in this time is away. */
const patienceMs = 2_000;

/**
 * Ready: the database answers, Bitcoin Core can be relied upon, the node runs (and so holds its lease), and node and
 * index are where the chain is.
 */
export function createHealth(options: {
  readonly indexer: Pick<ChainIndexer, "tip">;
  readonly chainStanding: () => ChainStanding;
  /** Undefined while this engine stands by. */
  readonly backend: () => LightningBackend | undefined;
}): () => Promise<Health> {
  return async () => {
    const indexed = await Promise.race([
      options.indexer.tip().catch(() => null),
      sleep(patienceMs, null, { ref: false }),
    ]);
    const backend = options.backend();
    const { problem } = options.chainStanding();
    const say = (holds: boolean): HealthStatus => (holds ? "ok" : "unavailable");
    const tip = backend?.tip();
    const followed =
      indexed !== null && (tip === undefined || (tip.synced && tip.height - indexed.height <= 1));
    const checks = {
      database: say(indexed !== null),
      bitcoind: say(problem === null),
      node: backend === undefined ? "standby" : say(backend.running()),
      chain: say(followed),
    } as const;
    const values: readonly HealthStatus[] = Object.values(checks);
    const status = values.includes("unavailable")
      ? "unavailable"
      : values.includes("standby")
        ? "standby"
        : "ok";
    return { status, ready: status === "ok", checks, chainProblem: problem };
  };
}
