import type { Database } from "@satsconnect/postgres";
import type { ChainStanding } from "../bitcoin/chain-health.ts";
import type { Mempool } from "../chain-index/mempool.ts";
import type { LightningBackend } from "../lightning/backend.ts";

type Gauge = readonly [name: string, help: string, value: number | bigint];

/** Prometheus text. Names end in their unit. */
export function createMetrics(options: {
  readonly backend: () => LightningBackend | undefined;
  readonly chainStanding: () => ChainStanding;
  readonly database: Pick<Database, "waitingCount" | "totalCount">;
  readonly mempool: Pick<Mempool, "size">;
}): () => Promise<string> {
  return async () => {
    const standing = options.chainStanding();
    const backend = options.backend();
    // A node that starts again answers no questions: better fewer figures than none.
    const ofNode = backend === undefined || !backend.running() ? [] : await nodeGauges(backend);
    const gauges: readonly Gauge[] = [
      ["node_running", "1 while this engine runs the node.", backend?.running() === true ? 1 : 0],
      [
        "bitcoind_reliable",
        "1 while Bitcoin Core can be relied upon.",
        standing.problem === null ? 1 : 0,
      ],
      [
        "bitcoind_behind_blocks",
        "Blocks that Bitcoin Core knows of and lacks.",
        standing.blocksBehind,
      ],
      ["bitcoind_tip_age_seconds", "Since the best block's own time.", standing.tipAgeSeconds],
      ...ofNode,
      [
        "mempool_transactions_count",
        "Unconfirmed transactions that the index knows.",
        options.mempool.size(),
      ],
      ["database_connections_count", "Connections to the database.", options.database.totalCount],
      [
        "database_queries_waiting_count",
        "Queries that wait for a connection.",
        options.database.waitingCount,
      ],
      ["resident_memory_bytes", "Memory of this process.", process.memoryUsage.rss()],
    ];
    return gauges
      .map(([name, help, value]) => {
        const full = `satsconnect_engine_${name}`;
        return `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${full} ${String(value)}\n`;
      })
      .join("");
  };
}

async function nodeGauges(backend: LightningBackend): Promise<readonly Gauge[]> {
  const [balances, channels] = await Promise.all([backend.balances(), backend.channels()]);
  const tip = backend.tip();
  return [
    ["tip_height_blocks", "Height of the best block that the node knows.", tip.height],
    ["chain_synced", "1 while the node is where the chain is.", tip.synced ? 1 : 0],
    ["channels_count", "Open channels.", channels.length],
    [
      "channels_usable_count",
      "Channels whose peer is connected.",
      channels.filter(({ usable }) => usable).length,
    ],
    [
      "channels_htlcs_count",
      "HTLCs in flight.",
      channels.reduce((sum, { pendingHtlcs }) => sum + pendingHtlcs, 0),
    ],
    ["channels_local_msat", "Ours in open channels.", balances.channelsMsat],
    ["on_chain_confirmed_sat", "Ours on chain, confirmed.", balances.onChain.confirmedSat],
    [
      "on_chain_spendable_sat",
      "Spendable on chain, the anchors' reserve taken off.",
      balances.onChain.spendableSat,
    ],
    [
      "sweeping_sat",
      "Outputs of closed channels on their way to the wallet.",
      balances.sweepingSat,
    ],
    ["outbound_pending_msat", "Payments of ours in flight.", balances.outboundPendingMsat],
    ["inbound_pending_msat", "Payments held or being claimed.", balances.inboundPendingMsat],
    [
      "peers_connected_count",
      "Connected peers.",
      backend.peers().filter(({ connected }) => connected).length,
    ],
  ];
}
