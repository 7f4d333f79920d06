import { expect, test } from "vitest";
import type { LightningBackend } from "../lightning/backend.ts";
import { memoryWorld } from "../testing/memory-backend.ts";
import { memoryPauses } from "../store/pauses.ts";
import { createMetrics } from "./metrics.ts";

const metricsOf = (backend: LightningBackend | undefined) =>
  createMetrics({
    backend: () => backend,
    chainHealth: () => ({ problem: null, blocksBehind: 2, tipAgeSeconds: 600 }),
    database: { totalCount: 3, waitingCount: 1 },
    mempool: { size: () => 7 },
    pauses: memoryPauses(() => 0),
  });

function valuesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const [name = "", value = ""] = line.split(" ");
      return [name.replace("satsconnect_engine_", ""), Number(value)];
    }),
  );
}

test("shows the engine's and the node's figures in Prometheus's text format", async () => {
  const world = memoryWorld(() => Date.UTC(2026, 0, 1));
  world.addChannel({ peer: `02${"cd".repeat(32)}`, pendingHtlcs: 4 });
  world.addChannel({ peer: `03${"cd".repeat(32)}`, usable: false });
  const metrics = metricsOf(world.backend);
  const text = await metrics.text();
  expect(metrics.contentType).toContain("text/plain; version=0.0.4");
  expect(text).toContain("# TYPE satsconnect_engine_node_running gauge\n");
  expect(Object.fromEntries(valuesOf(text))).toEqual({
    node_running: 1,
    bitcoind_reliable: 1,
    bitcoind_behind_blocks: 2,
    bitcoind_tip_age_seconds: 600,
    mempool_transactions_count: 7,
    database_connections_count: 3,
    database_queries_waiting_count: 1,
    paused_payments: 0,
    paused_channel_opens: 0,
    paused_forwards: 0,
    resident_memory_bytes: expect.any(Number),
    tip_height_blocks: 500,
    chain_synced: 1,
    channels_count: 2,
    channels_usable_count: 1,
    channels_htlcs_count: 4,
    channels_local_msat: 0,
    on_chain_confirmed_sat: 1_000_000,
    on_chain_spendable_sat: 980_000,
    sweeping_sat: 0,
    outbound_pending_msat: 0,
    inbound_pending_msat: 0,
    peers_connected_count: 0,
    graph_nodes_count: 2,
    graph_channels_count: 1,
  });
});

test("omits the node's figures in a standby and while the node restarts", async () => {
  const world = memoryWorld(() => 0);
  world.setRunning(false);
  for (const backend of [undefined, world.backend]) {
    const values = valuesOf(await metricsOf(backend).text());
    expect(values.get("node_running")).toBe(0);
    expect(values.has("channels_count")).toBe(false);
  }
});
