import type { Database } from "@satsconnect/postgres";
import type { Mempool } from "../chain-index/mempool.ts";
import type { LightningBackend } from "../lightning/backend.ts";

type Metric = {
  readonly name: string;
  readonly help: string;
  readonly kind: "gauge" | "counter";
  readonly value: number;
};

/** Prometheus text. Names end in their unit. */
export function createMetrics(options: {
  readonly backend: LightningBackend;
  readonly database: Database;
  readonly mempool: Mempool;
}): () => Promise<string> {
  const { backend } = options;
  return async () => {
    const [balances, channels] = await Promise.all([backend.balances(), backend.channels()]);
    const tip = backend.tip();
    const gauge = (name: string, help: string, value: number | bigint): Metric => ({
      name: `satsconnect_engine_${name}`,
      help,
      kind: "gauge",
      value: Number(value),
    });
    const metrics: readonly Metric[] = [
      gauge("tip_height_blocks", "Height of the best block that the node knows.", tip.height),
      gauge("chain_synced", "1 while the node is where the chain is.", tip.synced ? 1 : 0),
      gauge("channels_count", "Open channels.", channels.length),
      gauge(
        "channels_usable_count",
        "Channels whose peer is connected.",
        channels.filter(({ usable }) => usable).length,
      ),
      gauge("channels_local_msat", "Ours in open channels.", balances.channelsMsat),
      gauge(
        "on_chain_spendable_sat",
        "Spendable on chain, the anchors' reserve taken off.",
        balances.onChain.spendableSat,
      ),
      gauge("outbound_pending_msat", "HTLCs of ours in flight.", balances.outboundPendingMsat),
      gauge("inbound_pending_msat", "Payments held or being claimed.", balances.inboundPendingMsat),
      gauge(
        "peers_connected_count",
        "Connected peers.",
        backend.peers().filter(({ connected }) => connected).length,
      ),
      gauge(
        "mempool_transactions_count",
        "Unconfirmed transactions that the index knows.",
        options.mempool.size(),
      ),
      gauge(
        "database_connections_waiting_count",
        "Queries that wait for a connection.",
        options.database.waitingCount,
      ),
      gauge("resident_memory_bytes", "Memory of this process.", process.memoryUsage.rss()),
    ];
    return metrics
      .map(
        ({ name, help, kind, value }) =>
          `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${name} ${String(value)}\n`,
      )
      .join("");
  };
}
