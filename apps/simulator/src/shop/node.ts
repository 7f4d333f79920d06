import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  LightningNode,
  acceptConfirmed,
  esploraChain,
  systemClock,
  systemEntropy,
} from "@satsconnect/lightning";
import type { Listener } from "@satsconnect/lightning";
import { listenTcp, loadCore, sqliteStore, tcpTransport } from "@satsconnect/lightning/nodejs";
import { sat } from "@satsconnect/money";
import type { Logger } from "pino";
import type { MerchantConfiguration } from "./config.ts";

export type MerchantNode = { readonly node: LightningNode; readonly close: () => Promise<void> };

/** Opens the merchant's own Lightning node: announced, connected to the engine, using the engine's Esplora API. */
export async function openMerchantNode(
  configuration: MerchantConfiguration,
  logger: Logger,
): Promise<MerchantNode> {
  const seedHex = readFileSync(configuration.SEED_FILE, "utf8").trim();
  const opened = await LightningNode.open({
    core: await loadCore({ prefer: "addon" }),
    network: configuration.NETWORK,
    seed: () => Uint8Array.from(Buffer.from(seedHex, "hex")),
    store: sqliteStore(join(configuration.STATE_DIR, "node.sqlite")),
    chain: esploraChain({ url: configuration.ESPLORA_URL, pollIntervalMs: 1_000 }),
    transport: tcpTransport(),
    clock: systemClock,
    entropy: systemEntropy,
    logger,
    policy: {
      acceptChannel: acceptConfirmed({ minCapacitySat: sat(100_000n), channelsPerPeer: 4 }),
    },
    settings: { announced: true, alias: "Mama Mboga", maxAcceptedHtlcs: 100 },
  });
  if (!opened.ok) throw new Error(`The merchant's node failed to open: ${opened.error.message}`);
  const node = opened.value;
  const listener: Listener = await listenTcp(configuration.LIGHTNING_TCP_LISTEN, (connection) =>
    node.accept(connection),
  );
  // The result is ignored, because the node reconnects by itself.
  void node.connect(configuration.ENGINE_PEER);
  return {
    node,
    close: async () => {
      // Close both at the same time, because the listener waits for connections that the node closes.
      await Promise.all([listener.close(), node.close()]);
    },
  };
}
