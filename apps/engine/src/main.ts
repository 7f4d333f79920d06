import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  sealStore,
  systemClock,
  systemEntropy,
  anyTransport,
  webSocketTransport,
} from "@satsconnect/lightning";
import {
  bitcoindChain,
  listenTcp,
  listenWebSocket,
  loadCore,
  postgresStore,
  tcpTransport,
} from "@satsconnect/lightning/node";
import { msat } from "@satsconnect/money";
import { createDatabase, migrate } from "@satsconnect/postgres";
import { connectBitcoind } from "./bitcoin/rpc.ts";
import { subscribeZmq } from "./bitcoin/zmq.ts";
import { createChainIndexer } from "./chain-index/indexer.ts";
import { followChain } from "./chain-index/follow.ts";
import { createMempool } from "./chain-index/mempool.ts";
import { createChainReader } from "./chain-index/reader.ts";
import { ConfigurationError, readConfiguration } from "./config.ts";
import type { Configuration } from "./config.ts";
import { nodeService } from "./grpc/node-service.ts";
import { paymentService } from "./grpc/payment-service.ts";
import { serveGrpc } from "./grpc/server.ts";
import { walletService } from "./grpc/wallet-service.ts";
import { createHealth } from "./http/health.ts";
import { createMetrics } from "./http/metrics.ts";
import { serveHttp } from "./http/server.ts";
import { embeddedBackend } from "./lightning/embedded-backend.ts";
import { rememberPeers } from "./lightning/known-peers.ts";
import { createLogger } from "./logger.ts";
import type { Logger } from "./logger.ts";
import { lspPolicy } from "./lsp/terms.ts";
import { openWhenFree } from "./standby.ts";
import { admitWithin } from "./treasury/caps.ts";
import { followEarnings } from "./treasury/earnings.ts";
import { spentSince } from "./treasury/spent.ts";
import { createWalletRegistry } from "./wallets/registry.ts";

const leaseMs = 4_000;
const dayMs = 86_400_000;

/** Reads bytes written as hex, as the seed and the state's key are. */
function hexFile(file: string, lengths: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Buffer.from(readFileSync(file, "utf8").trim(), "hex"));
  if (!lengths.includes(bytes.length)) {
    throw new ConfigurationError(`${file} must hold ${lengths.join(" or ")} bytes in hex.`);
  }
  return bytes;
}

function announced(listened: string, configured: readonly string[]): readonly string[] {
  return configured.length > 0 ? configured : [listened];
}

async function run(
  configuration: Configuration,
  logger: Logger,
  stop: AbortController,
): Promise<void> {
  const database = createDatabase(configuration.DATABASE_URL, {
    size: 12,
    name: "satsconnect-engine",
  });
  await migrate(database, fileURLToPath(new URL("../migrations", import.meta.url)));
  const rpc = connectBitcoind(configuration.BITCOIND_RPC_URL);
  const core = await loadCore({ prefer: configuration.CORE });
  logger.info({ core: core.kind, version: core.version }, "core loaded");

  const indexer = createChainIndexer(database, rpc);
  const mempool = createMempool(rpc);
  const chainFollower = followChain({
    indexer,
    mempool,
    logger,
    wake: (onChange, signal) => {
      if (configuration.BITCOIND_ZMQ_URL !== undefined) {
        subscribeZmq(configuration.BITCOIND_ZMQ_URL, "hashblock", onChange, signal);
      }
    },
  });

  const stateKey = hexFile(configuration.STATE_KEY_FILE, [32]);
  const store = await sealStore(postgresStore({ pool: database, leaseMs }), stateKey);
  stateKey.fill(0);
  const caps = {
    paymentMsat: msat(configuration.CAP_PAYMENT_SAT * 1_000n),
    dailyMsat: msat(configuration.CAP_DAILY_SAT * 1_000n),
  };
  const node = await openWhenFree(
    {
      core,
      network: configuration.NETWORK,
      seed: () => hexFile(configuration.SEED_FILE, [32, 64]),
      store,
      chain: bitcoindChain({
        url: configuration.BITCOIND_RPC_URL,
        ...(configuration.BITCOIND_ZMQ_URL === undefined
          ? {}
          : {
              wake: (onChange: () => void, signal: AbortSignal) => {
                subscribeZmq(configuration.BITCOIND_ZMQ_URL ?? "", "hashblock", onChange, signal);
              },
            }),
      }),
      transport: anyTransport(tcpTransport(), webSocketTransport()),
      clock: systemClock,
      entropy: systemEntropy,
      logger,
      policy: {
        // The operator's own channels are opened from here; wallets get theirs from the LSP's terms.
        acceptChannel: (request) =>
          request.anchors && !request.zeroConfRequired
            ? { accept: true, zeroConf: false }
            : { accept: false, reason: "anchors and confirmations are required" },
        admitPayment: admitWithin(caps, () => Date.now()),
        lsp: lspPolicy(configuration),
      },
      settings: {
        announced: true,
        alias: configuration.ALIAS,
        publicAddresses: configuration.PUBLIC_TCP_ADDRESSES,
        // HTLCs that a busy wallet side and the network side may have in flight at once
        maxAcceptedHtlcs: 100,
      },
    },
    logger,
    stop.signal,
  );
  if (node === undefined) {
    await database.end();
    return;
  }

  const backend = await rememberPeers(embeddedBackend(node), database);
  const wallets = createWalletRegistry(database);
  const earnings = followEarnings(database, node, logger);
  const [tcp, webSocket] = await Promise.all([
    listenTcp(configuration.LIGHTNING_TCP_LISTEN, (connection) => node.accept(connection)),
    listenWebSocket(configuration.LIGHTNING_WS_LISTEN, (connection) => node.accept(connection)),
  ]);
  const reader = createChainReader(database);
  const health = createHealth({ backend, rpc, indexer });
  const http = await serveHttp({
    listen: configuration.HTTP_LISTEN,
    esplora: { rpc, reader, mempool },
    health,
    metrics: createMetrics({ backend, database, mempool }),
    logger,
  });
  const httpHost = `http://${configuration.HTTP_LISTEN.host}:${String(http.port)}`;
  const addresses = {
    tcp: announced(tcp.address.replace("tcp://", ""), configuration.PUBLIC_TCP_ADDRESSES),
    websocket: announced(webSocket.address, configuration.PUBLIC_WS_URLS),
    esplora: configuration.PUBLIC_ESPLORA_URL ?? `${httpHost}/esplora`,
  };
  const grpc = await serveGrpc({
    listen: configuration.GRPC_LISTEN,
    tls: {
      authority: configuration.GRPC_TLS_CA,
      certificate: configuration.GRPC_TLS_CERT,
      key: configuration.GRPC_TLS_KEY,
    },
    services: {
      wallet: walletService({ backend, wallets, logger, now: () => Date.now() }),
      payment: paymentService({ backend, logger, now: () => Date.now() }),
      node: nodeService({
        backend,
        wallets,
        logger,
        caps,
        minimumPaymentMsat: configuration.LSP_MINIMUM_PAYMENT_SAT * 1_000n,
        addresses,
        feesEarnedMsat: () => earnings.total(),
        spentTodayMsat: () => spentSince(node, Date.now() - dayMs),
      }),
    },
  });
  logger.info(
    {
      nodeId: node.nodeId,
      network: node.network,
      core: core.kind,
      grpcPort: grpc.port,
      httpPort: http.port,
      ...addresses,
    },
    "ready",
  );

  const ended = await Promise.race([
    node.stopped,
    new Promise<"asked">((resolve) => {
      stop.signal.addEventListener("abort", () => resolve("asked"), { once: true });
      if (stop.signal.aborted) resolve("asked");
    }),
  ]);
  if (ended !== "asked") {
    // Somebody else runs this node now, or its state is refused: nothing that we say may count any more.
    logger.error({ status: ended }, "the node has stopped by itself");
    process.exitCode = 1;
  }
  await grpc.close();
  await Promise.all([http.close(), tcp.close(), webSocket.close(), chainFollower.stop()]);
  await earnings.stop();
  await node.close();
  await database.end();
}

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());
if (process.env["SATSCONNECT_STOP_WITH_PARENT"] === "1") {
  process.stdin.on("end", () => stop.abort());
  process.stdin.resume();
}
let logger: Logger = createLogger("info");
try {
  const configuration = readConfiguration(process.env);
  logger = createLogger(configuration.LOG_LEVEL);
  await run(configuration, logger, stop);
} catch (error) {
  logger.fatal(
    { error: error instanceof Error ? error.message : String(error) },
    "the engine cannot run",
  );
  process.exitCode = 1;
}
process.exit();
