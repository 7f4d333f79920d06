import { setTimeout as sleep } from "node:timers/promises";
import type { ChainHealth } from "../bitcoin/chain-health.ts";
import type { ChainIndexer } from "../chain-index/indexer.ts";
import type { LightningBackend } from "../lightning/backend.ts";
import type { PauseKind, Pauses } from "../lightning/pauses.ts";

/** `standby`: healthy, but another engine runs the node. */
type HealthStatus = "ok" | "standby" | "unavailable";
export type Health = {
  readonly status: HealthStatus;
  readonly ready: boolean;
  readonly checks: Readonly<Record<"database" | "bitcoind" | "node" | "chain", HealthStatus>>;
  /** Why Bitcoin Core cannot be relied upon; null when it can. */
  readonly chainProblem: ChainHealth["problem"];
  /** The kinds of new business that the operator has paused. A paused engine is still ready. */
  readonly paused: readonly PauseKind[];
};

const databaseTimeoutMs = 2_000;

/**
 * Ready means: the database answers, Bitcoin Core can be relied upon, the node runs (and so holds its lease), and the
 * node and the chain index are at the chain's tip.
 */
export function createHealth(options: {
  readonly indexer: Pick<ChainIndexer, "tip">;
  readonly chainHealth: () => ChainHealth;
  /** Undefined while this engine is a standby. */
  readonly backend: () => LightningBackend | undefined;
  readonly pauses: Pick<Pauses, "list">;
}): () => Promise<Health> {
  return async () => {
    const indexed = await Promise.race([
      options.indexer.tip().catch(() => null),
      sleep(databaseTimeoutMs, null, { ref: false }),
    ]);
    const backend = options.backend();
    const { problem } = options.chainHealth();
    const statusOf = (ok: boolean): HealthStatus => (ok ? "ok" : "unavailable");
    const tip = backend?.tip();
    const atTip =
      indexed !== null && (tip === undefined || (tip.synced && tip.height - indexed.height <= 1));
    const checks = {
      database: statusOf(indexed !== null),
      bitcoind: statusOf(problem === null),
      node: backend === undefined ? "standby" : statusOf(backend.running()),
      chain: statusOf(atTip),
    } as const;
    const values: readonly HealthStatus[] = Object.values(checks);
    const status = values.includes("unavailable")
      ? "unavailable"
      : values.includes("standby")
        ? "standby"
        : "ok";
    const paused = options.pauses.list().flatMap((pause) => (pause.paused ? [pause.kind] : []));
    return { status, ready: status === "ok", checks, chainProblem: problem, paused };
  };
}
