import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { EngineClient } from "@satsconnect/contracts/grpc";
import {
  LightningNode,
  acceptConfirmed,
  acceptOnlyFrom,
  anyTransport,
  esploraChain,
  httpSnapshots,
  silentLogger,
  systemClock,
  systemEntropy,
  webSocketTransport,
} from "@satsconnect/lightning";
import type { Logger } from "@satsconnect/lightning";
import { listenTcp, loadCore, sqliteStore, tcpTransport } from "@satsconnect/lightning/nodejs";
import { sat, valueOf } from "@satsconnect/money";
import { startBitcoind } from "../../scripts/support/bitcoind.ts";
import type { RegtestNode } from "../../scripts/support/bitcoind.ts";
import { startPostgres } from "../../scripts/support/postgres.ts";
import type { Postgres } from "../../scripts/support/postgres.ts";
import { freePort } from "../../scripts/support/ports.ts";
import { channelInSnapshots } from "../../scripts/stack/liquidity.ts";
import { waitFor } from "../../scripts/support/processes.ts";
import { startApp } from "../../scripts/stack/app.ts";
import type { App } from "../../scripts/stack/app.ts";
import { engineAtTip, fundTreasury, operatorClient } from "../../scripts/stack/liquidity.ts";
import { openSecrets } from "../../scripts/stack/secrets.ts";
import type { Secrets } from "../../scripts/stack/secrets.ts";

export const callOptions = { deadlineMs: 20_000 };

/** One engine process and its clients. */
export type Engine = {
  readonly app: App;
  readonly client: EngineClient;
  readonly grpcAddress: string;
  readonly httpUrl: string;
  readonly esploraUrl: string;
  readonly webSocketUrl: string;
  readonly stop: () => Promise<void>;
};

/** An engine with its own Bitcoin Core and Postgres, and a merchant two hops from every wallet. */
export type EngineWorld = {
  readonly home: string;
  readonly bitcoind: RegtestNode;
  readonly postgres: Postgres;
  readonly secrets: Secrets;
  readonly engine: Engine;
  readonly engineId: string;
  readonly merchant: LightningNode;
  /** `host:port` of the merchant. */
  readonly merchantAddress: string;
  /** Opens a holder's node that is registered with the engine and connected to it. */
  readonly openWallet: (
    name: string,
    options?: { readonly logger?: Logger; readonly connect?: boolean },
  ) => Promise<{ readonly node: LightningNode; readonly walletId: string }>;
  /** Starts another engine on the same database. It is a standby until `ready` resolves. */
  readonly startEngine: (
    name: string,
    extra?: Readonly<Record<string, string>>,
  ) => Promise<{ readonly httpUrl: string; readonly ready: Promise<Engine> }>;
  readonly stop: () => Promise<void>;
};

const local = (port: number): string => `127.0.0.1:${String(port)}`;

/** Starts everything. `core` is the build that merchant and wallets use; by default the addon, where it was built. */
export async function startEngineWorld(
  name: string,
  { core = "addon" }: { readonly core?: "addon" | "wasm" } = {},
): Promise<EngineWorld> {
  const home = mkdtempSync(path.join(tmpdir(), `satsconnect-${name}-`));
  // Postgres may run as another user, who must be able to traverse this folder.
  chmodSync(home, 0o711);
  const [bitcoind, postgres] = await Promise.all([
    startBitcoind(home),
    startPostgres(home, { ownServer: true }),
  ]);
  const secrets = openSecrets(path.join(home, "secrets"), Date.now());
  const databaseUrl = await postgres.database("engine");
  const engines: Engine[] = [];
  const nodes: LightningNode[] = [];

  async function startEngine(
    engineName: string,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly httpUrl: string; readonly ready: Promise<Engine> }> {
    const started = await launchEngine({
      home,
      name: engineName,
      bitcoind,
      databaseUrl,
      secrets,
      extra,
    });
    const ready = started.ready.then((engine) => {
      engines.push(engine);
      return engine;
    });
    return { httpUrl: started.httpUrl, ready };
  }
  const engine = await (await startEngine("engine")).ready;
  const engineId = valueOf(await engine.client.node.getInfo({}, callOptions)).nodeId;
  await fundTreasury(engine.client, bitcoind, () => {});
  await engineAtTip(engine.client, bitcoind);

  const openNode = async (nodeName: string, isWallet: boolean, logger = silentLogger) => {
    const seed = randomBytes(isWallet ? 64 : 32);
    const node = valueOf(
      await LightningNode.open({
        core: await loadCore({ prefer: core }),
        network: "regtest",
        seed: () => seed.slice(),
        store: sqliteStore(path.join(home, `${nodeName}.sqlite`)),
        chain: esploraChain({ url: engine.esploraUrl, pollIntervalMs: 200 }),
        transport: anyTransport(tcpTransport(), webSocketTransport()),
        clock: systemClock,
        entropy: systemEntropy,
        logger,
        policy: {
          acceptChannel: isWallet
            ? acceptOnlyFrom(engineId)
            : acceptConfirmed({ minCapacitySat: sat(100_000n), channelsPerPeer: 2 }),
        },
        settings: isWallet ? { acceptSkimmedPayments: true } : { announced: true, alias: nodeName },
        gossip: isWallet
          ? {
              from: "snapshots",
              source: httpSnapshots({ url: `${engine.esploraUrl}/gossip/snapshot` }),
            }
          : { from: "peers" },
      }),
    );
    nodes.push(node);
    return node;
  };
  const merchant = await openNode("merchant", false);
  const listener = await listenTcp({ host: "127.0.0.1", port: 0 }, (connection) =>
    merchant.accept(connection),
  );
  valueOf(
    await engine.client.node.connectPeer(
      { nodeId: merchant.nodeId, address: listener.address.replace("tcp://", "") },
      callOptions,
    ),
  );
  await waitFor("the merchant's chain", async () => merchant.tip().synced);
  valueOf(
    await engine.client.node.openChannel(
      {
        idempotencyKey: "merchant-channel",
        peerNodeId: merchant.nodeId,
        capacitySat: 10_000_000n,
        pushMsat: 4_000_000_000n,
        announced: true,
      },
      callOptions,
    ),
  );
  await waitFor("the funding transaction", async () => {
    const waiting = await bitcoind.call<readonly string[]>("getrawmempool");
    return waiting.length > 0;
  });
  await bitcoind.mine(6);
  await waitFor(
    "the merchant's channel",
    async () => (await merchant.channels()).some((channel) => channel.usable && channel.announced),
    60_000,
  );
  await channelInSnapshots(engine.esploraUrl);

  return {
    home,
    bitcoind,
    postgres,
    secrets,
    engine,
    engineId,
    merchant,
    merchantAddress: listener.address.replace("tcp://", ""),
    startEngine,
    async openWallet(walletName, options = {}) {
      const node = await openNode(walletName, true, options.logger);
      if (options.connect !== false) {
        valueOf(await node.connect({ nodeId: engineId, address: engine.webSocketUrl }));
      }
      const { walletId } = valueOf(
        await engine.client.wallet.createWallet({ nodeId: node.nodeId }, callOptions),
      );
      return { node, walletId };
    },
    async stop() {
      await Promise.allSettled(nodes.map((node) => node.close()));
      await listener.close();
      await Promise.allSettled(engines.map((one) => one.stop()));
      await postgres.stop();
      await bitcoind.stop();
      if (process.env["SATSCONNECT_KEEP"] === undefined) {
        rmSync(home, { recursive: true, force: true });
      }
    },
  };
}

/** Starts an engine process with free ports. `extra` overrides its environment. */
export async function launchEngine(options: {
  readonly home: string;
  readonly name: string;
  readonly bitcoind: RegtestNode;
  readonly databaseUrl: string;
  readonly secrets: Secrets;
  readonly extra: Readonly<Record<string, string>>;
}): Promise<{ readonly httpUrl: string; readonly ready: Promise<Engine> }> {
  const { secrets, bitcoind } = options;
  const ports: number[] = [];
  while (ports.length < 5) {
    const port = await freePort();
    if (!ports.includes(port)) ports.push(port);
  }
  const [grpc = 0, http = 0, tcp = 0, webSocket = 0, esplora = 0] = ports;
  const listening = {
    GRPC_LISTEN: local(grpc),
    LIGHTNING_TCP_LISTEN: local(tcp),
    LIGHTNING_WS_LISTEN: local(webSocket),
    ESPLORA_LISTEN: local(esplora),
    HTTP_LISTEN: local(http),
    ...options.extra,
  };
  const starting = startApp({
    name: options.name,
    entry: "apps/engine/src/main.ts",
    logFile: path.join(options.home, `${options.name}.log`),
    environment: () => ({
      NETWORK: "regtest",
      DATABASE_URL: options.databaseUrl,
      STATE_KEY_FILE: secrets.engineStateKeyFile,
      SEED_FILE: secrets.engineSeedFile,
      BITCOIND_RPC_URL: bitcoind.rpcUrl,
      BITCOIND_ZMQ_URL: bitcoind.zmqUrl,
      GRPC_TLS_CA: secrets.tls.authority,
      GRPC_TLS_CERT: secrets.tls.engine.certificate,
      GRPC_TLS_KEY: secrets.tls.engine.key,
      GOSSIP_SNAPSHOT_SECONDS: "2",
      ...listening,
    }),
  });
  const httpUrl = `http://${listening.HTTP_LISTEN}`;
  const ready = starting.then((app): Engine => {
    const client = operatorClient(listening.GRPC_LISTEN, secrets.tls);
    return {
      app,
      client,
      grpcAddress: listening.GRPC_LISTEN,
      httpUrl,
      esploraUrl: `http://${listening.ESPLORA_LISTEN}/esplora`,
      webSocketUrl: `ws://${listening.LIGHTNING_WS_LISTEN}`,
      stop: async () => {
        client.close();
        await app.stop();
      },
    };
  });
  return { httpUrl, ready };
}

/** State in the engine's health endpoint; `unreachable` if it does not answer. */
export async function healthAt(
  httpUrl: string,
): Promise<{ readonly status: string; readonly ready: boolean }> {
  try {
    const response = await fetch(`${httpUrl}/health`, { signal: AbortSignal.timeout(10_000) });
    return (await response.json()) as { status: string; ready: boolean };
  } catch {
    return { status: "unreachable", ready: false };
  }
}
