import type { Database } from "@satsconnect/postgres";
import { Gauge, Registry } from "prom-client";
import type { ChainHealth } from "../bitcoin/chain-health.ts";
import type { Mempool } from "../chain-index/mempool.ts";
import type { LightningBackend } from "../lightning/backend.ts";
import { pauseKinds } from "../lightning/pauses.ts";
import type { Pauses } from "../lightning/pauses.ts";

export type Metrics = {
  /** The current metrics in Prometheus's text format. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
};

/** The engine's gauges, named `satsconnect_engine_<name>`. A gauge of a quantity ends in its unit. */
export function createMetrics(options: {
  /** Undefined while this engine is a standby. */
  readonly backend: () => LightningBackend | undefined;
  readonly chainHealth: () => ChainHealth;
  readonly database: Pick<Database, "waitingCount" | "totalCount">;
  readonly mempool: Pick<Mempool, "size">;
  readonly pauses: Pick<Pauses, "list">;
}): Metrics {
  const { backend, chainHealth, database, mempool, pauses } = options;
  const engine = new Registry();
  const gauge = gaugeIn(engine);
  const nodeRunning = gauge("node_running", "1 while this engine runs the node.");
  const reliable = gauge("bitcoind_reliable", "1 while Bitcoin Core can be relied upon.");
  const behind = gauge(
    "bitcoind_behind_blocks",
    "Blocks whose headers Bitcoin Core has without the blocks.",
  );
  const tipAge = gauge("bitcoind_tip_age_seconds", "Seconds since the best block's own time.");
  const unconfirmed = gauge("mempool_transactions_count", "Unconfirmed transactions in the index.");
  const connections = gauge("database_connections_count", "Connections to the database.");
  const waiting = gauge("database_queries_waiting_count", "Queries waiting for a connection.");
  const memory = gauge("resident_memory_bytes", "Resident memory of this process.");
  const paused = pauseKinds.map((kind) => ({
    kind,
    gauge: gauge(`paused_${kind}`, `1 while the operator has paused ${kind.replace("_", " ")}.`),
  }));
  const node = nodeGauges();

  return {
    contentType: engine.contentType,
    async text() {
      const health = chainHealth();
      const current = backend();
      const running = current?.running() === true;
      nodeRunning.set(running ? 1 : 0);
      reliable.set(health.problem === null ? 1 : 0);
      behind.set(health.blocksBehind);
      tipAge.set(health.tipAgeSeconds);
      unconfirmed.set(mempool.size());
      connections.set(database.totalCount);
      waiting.set(database.waitingCount);
      for (const { kind, paused: isPaused } of pauses.list()) {
        paused.find((one) => one.kind === kind)?.gauge.set(isPaused ? 1 : 0);
      }
      memory.set(process.memoryUsage.rss());
      const text = await engine.metrics();
      // A node that is restarting does not answer; omit its gauges rather than fail the scrape.
      return running && current !== undefined ? text + (await node.text(current)) : text;
    },
  };
}

function nodeGauges(): { readonly text: (backend: LightningBackend) => Promise<string> } {
  const registry = new Registry();
  const gauge = gaugeIn(registry);
  const tipHeight = gauge("tip_height_blocks", "Height of the node's best block.");
  const synced = gauge("chain_synced", "1 while the node is at the chain's tip.");
  const channelCount = gauge("channels_count", "Open channels.");
  const usable = gauge("channels_usable_count", "Open channels whose peer is connected.");
  const htlcs = gauge("channels_htlcs_count", "HTLCs in flight.");
  const local = gauge("channels_local_msat", "Our balance in open channels.");
  const confirmed = gauge("on_chain_confirmed_sat", "Our confirmed on-chain balance.");
  const spendable = gauge("on_chain_spendable_sat", "On-chain balance minus the anchor reserve.");
  const sweeping = gauge("sweeping_sat", "Outputs of closed channels being swept to the wallet.");
  const outbound = gauge("outbound_pending_msat", "Outbound payments in flight.");
  const inbound = gauge("inbound_pending_msat", "Inbound payments held or being claimed.");
  const peers = gauge("peers_connected_count", "Connected peers.");
  const graphNodes = gauge("graph_nodes_count", "Nodes in the network graph.");
  const graphChannels = gauge("graph_channels_count", "Channels in the network graph.");
  return {
    async text(backend) {
      const [balances, channels, graph] = await Promise.all([
        backend.balances(),
        backend.channels(),
        backend.graphSize(),
      ]);
      const tip = backend.tip();
      tipHeight.set(tip.height);
      synced.set(tip.synced ? 1 : 0);
      channelCount.set(channels.length);
      usable.set(channels.filter((channel) => channel.usable).length);
      htlcs.set(channels.reduce((sum, { pendingHtlcs }) => sum + pendingHtlcs, 0));
      local.set(Number(balances.channelsMsat));
      confirmed.set(Number(balances.onChain.confirmedSat));
      spendable.set(Number(balances.onChain.spendableSat));
      sweeping.set(Number(balances.sweepingSat));
      outbound.set(Number(balances.outboundPendingMsat));
      inbound.set(Number(balances.inboundPendingMsat));
      peers.set(backend.peers().filter(({ connected }) => connected).length);
      graphNodes.set(graph.nodes);
      graphChannels.set(graph.channels);
      return registry.metrics();
    },
  };
}

function gaugeIn(registry: Registry) {
  return (name: string, help: string): Gauge =>
    new Gauge({ name: `satsconnect_engine_${name}`, help, registers: [registry] });
}
