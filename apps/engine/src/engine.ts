import { fileURLToPath } from "node:url";
import type { LightningCore, LightningNode } from "@satsconnect/lightning";
import {
  listenTcp,
  listenWebSocket,
  loadCore,
  parseProxies,
  postgresStore,
} from "@satsconnect/lightning/nodejs";
import type { ProxyCheck } from "@satsconnect/lightning/nodejs";
import { createDatabase, migrate } from "@satsconnect/postgres";
import type { Database } from "@satsconnect/postgres";
import { chainGuard } from "./bitcoin/chain-guard.ts";
import { monitorChain } from "./bitcoin/chain-health.ts";
import { prunedRefusal } from "./bitcoin/pruned-blocks.ts";
import { connectBitcoind } from "./bitcoin/rpc.ts";
import { followChain } from "./chain-index/follower.ts";
import { createChainIndexer } from "./chain-index/indexer.ts";
import { createMempool } from "./chain-index/mempool.ts";
import { createChainReader } from "./chain-index/reader.ts";
import type { ChainReader } from "./chain-index/reader.ts";
import { ConfigurationError } from "./config.ts";
import type { Configuration } from "./config.ts";
import { nodeService } from "./grpc/node-service.ts";
import { paymentService } from "./grpc/payment-service.ts";
import { serveGrpc } from "./grpc/server.ts";
import { walletService } from "./grpc/wallet-service.ts";
import { createHealth } from "./http/health.ts";
import { createMetrics } from "./http/metrics.ts";
import { serveEsplora } from "./http/esplora-server.ts";
import { serveOperator } from "./http/operator-server.ts";
import { readSecrets } from "./keys/secrets.ts";
import type { SecretSource } from "./keys/secrets.ts";
import { openStateKeys } from "./keys/state-keys.ts";
import type { StateKeys } from "./keys/state-keys.ts";
import type { LightningBackend } from "./lightning/backend.ts";
import { embeddedBackend } from "./lightning/embedded-backend.ts";
import { GossipSnapshots } from "./lightning/gossip-snapshots.ts";
import { withPauses } from "./lightning/pauses.ts";
import type { Pauses } from "./lightning/pauses.ts";
import { nodeOptions, wakeAtBlocks } from "./lightning/node-options.ts";
import type { Logger } from "./logger.ts";
import { mainnetRefusals } from "./mainnet-checks.ts";
import { forwardingTerms, leaseMs, onChainDailyCap, paymentCaps } from "./policy.ts";
import type { PaymentCaps } from "./policy.ts";
import { openWhenLeaseIsFree } from "./standby.ts";
import { closedChannels, closingBalanceOf, recordChannel } from "./store/closing-channels.ts";
import { feesEarned, recordEarning } from "./store/earnings.ts";
import { followEvents } from "./store/event-follower.ts";
import { withKnownPeers } from "./store/known-peers.ts";
import { recordLdk, refuseOlderLdk } from "./store/ldk-version.ts";
import { postgresPauses } from "./store/pauses.ts";
import { postgresRequestKeys } from "./store/request-keys.ts";
import { createWalletRegistry } from "./store/wallet-registry.ts";

const now = (): number => Date.now();

/** Why the engine stopped: a signal, or another engine has taken the node over. */
type StopReason = "signal" | "replaced";

/**
 * Runs the engine until the signal aborts or another engine takes the node over. While another engine runs the node,
 * this one is its standby: it follows the chain and serves the Esplora API, `/health` and `/metrics`, nothing else.
 */
export async function runEngine(
  configuration: Configuration,
  logger: Logger,
  signal: AbortSignal,
): Promise<StopReason> {
  const database = createDatabase(configuration.DATABASE_URL, {
    size: 16,
    name: "satsconnect-engine",
    onConnectionLost: (error) => logger.warn({ reason: error.message }, "database connection lost"),
  });
  await migrate(database, fileURLToPath(new URL("../migrations", import.meta.url)), {
    refuseNewer: true,
  });
  const core = await loadCore({ prefer: configuration.CORE });
  logger.info({ core: core.kind, version: core.version }, "core loaded");
  await refuseOlderLdk(database, core.version.lightning);
  const sources = secretSources(configuration);
  const [seed, ...furtherSeeds] = await readSecrets(sources.seed);
  if (seed === undefined || furtherSeeds.length > 0)
    throw new ConfigurationError("SEED_FILE must contain one seed.");
  if (configuration.NETWORK === "bitcoin")
    await checkMainnet({ configuration, core, database, seed });
  const store = postgresStore({
    pool: database,
    leaseMs,
    onFenced: () => {
      logger.fatal("another engine has taken this node over");
      process.exit(1);
    },
  });
  const stateKeys = await openStateKeys({
    database,
    store,
    readKeys: () => readSecrets(sources.stateKeys),
    logger,
  });

  const rpc = connectBitcoind({
    url: configuration.BITCOIND_RPC_URL,
    ...(configuration.BITCOIND_COOKIE_FILE === undefined
      ? {}
      : { cookieFile: configuration.BITCOIND_COOKIE_FILE }),
  });
  const indexer = createChainIndexer(database, rpc, (height) =>
    logger.warn({ height }, "block disconnected by a reorganisation"),
  );
  let backend: LightningBackend | undefined;
  /** The lowest block that the index or the node has still to read. */
  const nextHeight = async (): Promise<number | null> => {
    const indexed = await indexer.nextHeight();
    const node = backend?.running() === true ? backend.tip().height + 1 : null;
    return indexed === null || node === null ? (indexed ?? node) : Math.min(indexed, node);
  };
  const chain = await monitorChain({
    rpc,
    network: configuration.NETWORK,
    now,
    nextHeight,
    onChange: ({ problem, ...figures }) =>
      problem === null
        ? logger.info(figures, "Bitcoin Core is reliable again")
        : logger.error({ problem, ...figures }, "Bitcoin Core is unreliable"),
  });
  if (chain.health().problem === "wrong_network") {
    throw new ConfigurationError(`Bitcoin Core does not run on ${configuration.NETWORK}.`);
  }
  if (chain.health().problem === "pruned" && chain.requestedBlocks() === 0) {
    throw new ConfigurationError(prunedRefusal((await nextHeight()) ?? 0));
  }
  const reader = createChainReader(database);
  const mempool = createMempool(rpc, reader);
  const follower = followChain({
    indexer,
    mempool,
    logger,
    now,
    wake: wakeAtBlocks(configuration),
  });
  const pauses = await postgresPauses(database, logger);
  const health = createHealth({
    indexer,
    chainHealth: chain.health,
    backend: () => backend,
    pauses,
  });
  const isProxy = parseProxies(configuration.TRUSTED_PROXIES) ?? (() => false);
  // A pool of its own: however busy the public port is, the node's commits and health find a connection.
  const esploraDatabase = createDatabase(configuration.DATABASE_URL, {
    size: 8,
    name: "satsconnect-esplora",
    onConnectionLost: (error) => logger.warn({ reason: error.message }, "database connection lost"),
  });
  const snapshots = new GossipSnapshots({
    intervalMs: configuration.GOSSIP_SNAPSHOT_SECONDS * 1_000,
    logger,
  });
  const [esplora, operator] = await Promise.all([
    serveEsplora({
      listen: configuration.ESPLORA_LISTEN,
      esplora: {
        network: configuration.NETWORK,
        rpc,
        reader: createChainReader(esploraDatabase),
        mempool,
      },
      snapshots,
      isProxy,
      logger,
    }),
    serveOperator({
      listen: configuration.HTTP_LISTEN,
      health,
      metrics: createMetrics({
        backend: () => backend,
        chainHealth: chain.health,
        database,
        mempool,
        pauses,
      }),
      logger,
    }),
  ]);

  const caps = paymentCaps(configuration);
  const node = await openWhenLeaseIsFree(
    await nodeOptions({
      configuration,
      core,
      store,
      stateKeys,
      onLease: async () => {
        await refuseOlderLdk(database, core.version.lightning);
        await recordLdk(database, core.version.lightning);
      },
      seed,
      caps,
      pauses,
      knowsPeer: createWalletRegistry(database).knows,
      logger,
      now,
    }),
    logger,
    signal,
    () => stateKeys.watch(),
  );
  let reason: StopReason = "signal";
  if (node !== undefined) {
    const embedded = embeddedBackend(node);
    snapshots.start(node);
    // The pauses may have changed while this engine was a standby. Apply them before it connects to any peer.
    await pauses.refresh();
    await pauses.onForwards(async (paused) => {
      const applied = await embedded.pauseForwards(paused);
      if (!applied.ok) throw new Error(`${applied.error.code}: ${applied.error.message}`);
    });
    backend = await withKnownPeers(withPauses(embedded, pauses), database);
    await stateKeys.resume();
    reason = await serveNode({
      configuration,
      stateKeys,
      logger,
      signal,
      node,
      backend,
      database,
      reader,
      caps,
      pauses,
      esploraPort: esplora.port,
      isProxy,
      chain: chainGuard(chain.health),
      ready: async () => (await health()).ready,
    });
  }
  chain.stop();
  snapshots.stop();
  pauses.stop();
  await stateKeys.stop();
  seed.fill(0);
  await Promise.all([esplora.close(), operator.close(), follower.stop()]);
  await Promise.all([database.end(), esploraDatabase.end()]);
  return reason;
}

/** Serves peers and gRPC until the engine is stopped or replaced, then closes the node. */
async function serveNode(options: {
  readonly configuration: Configuration;
  readonly stateKeys: StateKeys;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly node: LightningNode;
  readonly backend: LightningBackend;
  readonly database: Database;
  readonly reader: ChainReader;
  readonly caps: PaymentCaps;
  readonly pauses: Pauses;
  readonly esploraPort: number;
  readonly isProxy: ProxyCheck;
  readonly chain: ReturnType<typeof chainGuard>;
  readonly ready: () => Promise<boolean>;
}): Promise<StopReason> {
  const { configuration, logger, node, backend, database, reader } = options;
  const events = backend.events;
  const followers = [
    followEvents({ name: "earnings", database, events, handle: recordEarning, logger }),
    followEvents({ name: "channels", database, events, handle: recordChannel, logger }),
  ];
  const [tcp, webSocket] = await Promise.all([
    listenTcp(configuration.LIGHTNING_TCP_LISTEN, (connection) => node.accept(connection)),
    listenWebSocket(
      configuration.LIGHTNING_WS_LISTEN,
      (connection) => node.accept(connection),
      options,
    ),
  ]);
  const { host } = configuration.ESPLORA_LISTEN;
  const addresses = {
    tcp: publicOr(tcp.address.replace("tcp://", ""), configuration.PUBLIC_TCP_ADDRESSES),
    websocket: publicOr(webSocket.address, configuration.PUBLIC_WS_URLS),
    esplora:
      configuration.PUBLIC_ESPLORA_URL ?? `http://${host}:${String(options.esploraPort)}/esplora`,
  };
  const wallets = createWalletRegistry(database);
  const keys = postgresRequestKeys(database);
  const context = { logger, now, operators: configuration.GRPC_OPERATORS };
  const grpc = await serveGrpc({
    listen: configuration.GRPC_LISTEN,
    tls: {
      authority: configuration.GRPC_TLS_CA,
      certificate: configuration.GRPC_TLS_CERT,
      key: configuration.GRPC_TLS_KEY,
    },
    ready: options.ready,
    services: {
      wallet: walletService({
        backend,
        wallets,
        keys,
        chain: options.chain,
        forwarding: forwardingTerms(configuration),
        closingBalanceOf: (nodeId) =>
          closingBalanceOf(database, reader, nodeId, backend.tip().height),
        context,
      }),
      payment: paymentService({ backend, keys, chain: options.chain, context }),
      node: nodeService({
        backend,
        wallets,
        keys,
        chain: options.chain,
        context,
        caps: options.caps,
        pauses: options.pauses,
        stateKeys: options.stateKeys,
        addresses,
        feesEarnedMsat: () => feesEarned(database),
        onChainDailyCapSat: onChainDailyCap(configuration),
        closedChannels: (limit) => closedChannels(database, reader, limit, backend.tip().height),
      }),
    },
  });
  logger.info(
    {
      nodeId: node.nodeId,
      network: node.network,
      core: node.core.kind,
      grpcPort: grpc.port,
      esploraPort: options.esploraPort,
      ...addresses,
    },
    "ready",
  );

  const ended = await Promise.race([node.stopped, aborted(options.signal)]);
  if (ended !== "signal") logger.error({ status: ended }, "the node has stopped");
  grpc.close();
  await Promise.all([tcp.close(), webSocket.close(), ...followers.map((one) => one.stop())]);
  await node.close();
  return ended === "signal" ? "signal" : "replaced";
}

function publicOr(listening: string, configured: readonly string[]): readonly string[] {
  return configured.length > 0 ? configured : [listening];
}

function aborted(signal: AbortSignal): Promise<"signal"> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve("signal");
    signal.addEventListener("abort", () => resolve("signal"), { once: true });
  });
}

/** Where the node's secrets come from. */
function secretSources(
  configuration: Configuration,
): Readonly<Record<"seed" | "stateKeys", SecretSource>> {
  const unwrapCommand = configuration.UNWRAP_COMMAND;
  return {
    seed: {
      name: "SEED_FILE",
      file: configuration.SEED_FILE,
      lengths: [32, 64],
      unwrapCommand,
    },
    stateKeys: {
      name: "STATE_KEY_FILE",
      file: configuration.STATE_KEY_FILE,
      lengths: [32],
      unwrapCommand,
    },
  };
}

/** @throws ConfigurationError when the deployment may not hold real money; see `mainnetRefusals`. */
async function checkMainnet(options: {
  readonly configuration: Configuration;
  readonly core: LightningCore;
  readonly database: Database;
  readonly seed: Uint8Array;
}): Promise<void> {
  const { configuration, core, database, seed } = options;
  const { rows } = await database.query<Record<string, string>>(
    `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
            current_setting('synchronous_commit') AS synchronous_commit`,
  );
  const stateKeys = await readSecrets(secretSources(configuration).stateKeys);
  const reasons = mainnetRefusals({
    nowMs: now(),
    ldkVersion: core.version.lightning,
    ldkReviewedOn: configuration.LDK_REVIEWED_ON,
    databaseUrl: configuration.DATABASE_URL,
    databaseSettings: rows[0] ?? {},
    backupTestedOn: configuration.BACKUP_TESTED_ON,
    secrets: [
      { name: "SEED_FILE", bytes: seed },
      ...stateKeys.map((bytes) => ({ name: "STATE_KEY_FILE", bytes })),
    ],
  });
  for (const key of stateKeys) key.fill(0);
  if (reasons.length > 0)
    throw new ConfigurationError(`The engine does not run on mainnet: ${reasons.join("; ")}.`);
}
