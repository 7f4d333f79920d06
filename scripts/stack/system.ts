import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chmodSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import type { EngineClient } from "@satsconnect/contracts/grpc";
import { cacheFolder, nodeBinary, privateFolder, root } from "../support/paths.ts";
import { startBitcoind } from "../support/bitcoind.ts";
import type { RegtestNode } from "../support/bitcoind.ts";
import { startPostgres } from "../support/postgres.ts";
import type { Postgres } from "../support/postgres.ts";
import { withLock } from "../support/lock.ts";
import { startRedis } from "../support/redis.ts";
import type { Redis } from "../support/redis.ts";
import { choosePorts } from "./addresses.ts";
import type { Ports } from "./addresses.ts";
import { startApp } from "./app.ts";
import type { App } from "./app.ts";
import {
  apiEnvironment,
  engineEnvironment,
  merchantEnvironment,
  simulatorEnvironment,
  urlsOf,
  walletEnvironment,
  watchtowerEnvironment,
} from "./environments.ts";
import type { AppName, EnvironmentInputs } from "./environments.ts";
import {
  channelInSnapshots,
  engineAtTip,
  fundTreasury,
  openMerchantChannel,
  operatorClient,
} from "./liquidity.ts";
import { startMiner } from "./miner.ts";
import { openSecrets } from "./secrets.ts";
import { removeSystemFile, writeSystemFile } from "./system-file.ts";

/** A complete SatsConnect on regtest: Bitcoin Core, Postgres, Redis and our five processes. */
export type System = {
  readonly home: string;
  readonly urls: ReturnType<typeof urlsOf>;
  readonly bitcoind: RegtestNode;
  readonly postgres: Postgres;
  readonly databases: EnvironmentInputs["databases"];
  readonly redis: () => Redis;
  /** Stops Redis, discards all its data and starts an empty one in its place. */
  readonly loseRedis: () => Promise<void>;
  readonly apps: Readonly<Record<AppName, App>>;
  /** Additional variables that an app gets at its next start. */
  readonly environment: Readonly<Record<AppName, Record<string, string>>>;
  /** Server of the web app; null where it was not requested. */
  readonly wallet: App | null;
  readonly engineNodeId: string;
  readonly merchantNodeId: string;
  /** `key@url` of the watchtower. */
  readonly watchtower: string;
  /** Engine client with the operator's own certificate. */
  readonly engine: EngineClient;
  readonly logFolder: string;
  /** Stops everything in order. Safe to call repeatedly. */
  readonly stop: () => Promise<void>;
};

export type SystemOptions = {
  /** Folder of all its state. Created if missing; may be deleted while nothing is running. */
  readonly home: string;
  readonly print?: (line: string) => void;
  /** Receives each line that the processes print. */
  readonly onLine?: (app: AppName, line: string) => void;
  readonly extra?: EnvironmentInputs["extra"];
  /** First port, for a second system on the same machine. */
  readonly portBase?: number;
  /** If true, starts its own Postgres and Redis even where `DATABASE_URL` and `REDIS_URL` are set. */
  readonly ownServers?: boolean;
  /** If true, builds the web app where its sources changed, and serves it. */
  readonly withWallet?: boolean;
  /**
   * Automatic mining: at an interval and shortly after each transaction. If absent, blocks come only from
   * `bitcoind.mine`.
   */
  readonly miner?: { readonly everyMs: number; readonly afterTransactionMs: number };
};

/** Starts a system. On failure it stops everything that it started. @throws Error with a message for the user. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const stops: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      for (const one of stops.toReversed()) await one();
    })();
    return stopping;
  };
  try {
    return await startAll(options, stops, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(
  options: SystemOptions,
  stops: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<System> {
  const { home } = options;
  const print = options.print ?? ((): void => undefined);
  prepareStateFolder(home);
  const secrets = openSecrets(path.join(home, "secrets"), Date.now());
  const ports = await choosePorts(home, options.portBase);
  const logFolder = path.join(home, "logs");
  mkdirSync(logFolder, { recursive: true, mode: 0o700 });

  const { bitcoind, postgres, redis, loseRedis } = await startServers(options, ports, print, stops);
  const database = (name: string): Promise<string> =>
    postgres.database(postgres.process === null ? `satsconnect_${name}_${secrets.instance}` : name);
  const inputs: EnvironmentInputs = {
    home,
    ports,
    secrets,
    bitcoind: { rpcUrl: bitcoind.rpcUrl, zmqUrl: bitcoind.zmqUrl },
    databases: { engine: await database("engine"), api: await database("api") },
    redisUrl: redis().url,
    ...(options.extra === undefined ? {} : { extra: options.extra }),
  };
  const extraEnvironment: System["environment"] = {
    simulator: {},
    engine: {},
    watchtower: {},
    api: {},
    merchant: {},
  };
  const start = async (
    name: AppName,
    entry: string,
    environment: () => Readonly<Record<string, string>>,
  ): Promise<App> => {
    const { onLine } = options;
    const app = await startApp({
      name,
      entry,
      environment: () => ({ ...environment(), ...extraEnvironment[name] }),
      logFile: path.join(logFolder, `${name}.log`),
      ...(onLine === undefined ? {} : { onLine: (line: string) => onLine(name, line) }),
    });
    stops.push(() => app.stop());
    return app;
  };

  print("Starting engine, simulator and watchtower…");
  privateFolder(path.join(home, "watchtower"));
  const [simulator, engineApp, watchtower] = await settleAll([
    start("simulator", "apps/simulator/src/main.ts", () => simulatorEnvironment(inputs)),
    start("engine", "apps/engine/src/main.ts", () => engineEnvironment(inputs)),
    start("watchtower", "apps/watchtower/src/main.ts", () => watchtowerEnvironment(inputs)),
  ]);
  const engine = operatorClient(urlsOf(ports).engineGrpc, secrets.tls);
  stops.push(async () => {
    engine.close();
  });
  const info = await engine.node.getInfo({}, { deadlineMs: 20_000 });
  if (!info.ok) throw new Error(`The engine does not respond: ${info.error.message}`);
  const engineNodeId = info.value.nodeId;
  print(`The operator's node is running (core: ${info.value.core}).`);

  const merchant = await start("merchant", "apps/simulator/src/shop/main.ts", () =>
    merchantEnvironment(inputs, engineNodeId),
  );
  const merchantNodeId = readyText(merchant, "nodeId");
  const watchtowerAddress = readyText(watchtower, "address");
  await engineAtTip(engine, bitcoind);
  await fundTreasury(engine, bitcoind, print);
  const merchantAddress = `127.0.0.1:${String(ports.merchantTcp)}`;
  await openMerchantChannel(
    engine,
    bitcoind,
    { nodeId: merchantNodeId, address: merchantAddress },
    print,
  );
  // The api starts last: it opens the ledger with the balances that the operator's node has at that moment.
  const api = await start("api", "apps/api/src/main.ts", () => apiEnvironment(inputs));
  const wallet =
    options.withWallet === true ? await startWallet(inputs, watchtowerAddress, print) : null;
  if (wallet !== null) stops.push(() => wallet.stop());
  if (options.miner !== undefined) {
    const miner = startMiner(bitcoind, options.miner);
    stops.push(() => miner.stop());
  }
  const urls = urlsOf(ports);
  await channelInSnapshots(urls.esplora);
  writeSystemFile(home, {
    pid: process.pid,
    startedAt: new Date().toISOString(),
    network: "regtest",
    apiUrl: urls.api,
    simulatorUrl: urls.simulator,
    merchantUrl: urls.merchant,
    walletUrl: wallet === null ? null : urls.wallet,
    operator: {
      consoleUrl: urls.console,
      adminUrl: urls.admin,
      ...secrets.adminTls.operator,
      authority: secrets.adminTls.authority,
    },
    esploraUrl: urls.esplora,
    watchtower: watchtowerAddress,
    engineNodeId,
    merchantNodeId,
  });
  stops.push(async () => {
    removeSystemFile(home);
  });
  return {
    home,
    urls,
    bitcoind,
    postgres,
    databases: inputs.databases,
    redis,
    loseRedis,
    apps: { simulator, engine: engineApp, watchtower, api, merchant },
    wallet,
    environment: extraEnvironment,
    engineNodeId,
    merchantNodeId,
    watchtower: watchtowerAddress,
    engine,
    logFolder,
    stop,
  };
}

/** Builds the web app where its sources changed. @throws Error with the output of the build. */
async function buildWallet(webRoot: string, print: (line: string) => void): Promise<void> {
  const script = path.join(root, "apps", "wallet", "scripts", "build-web.mts");
  const build = spawn(nodeBinary, ["--disable-warning=ExperimentalWarning", script, webRoot], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errorOutput = "";
  build.stderr.setEncoding("utf8").on("data", (part: string) => (errorOutput += part));
  build.stdout.setEncoding("utf8").on("data", (part: string) => {
    print(part.trimEnd());
  });
  const [status] = (await once(build, "close")) as [number | null];
  if (status !== 0) throw new Error(`Building the web app failed.\n${errorOutput}`);
}

/** Folder of the built web app; builds it first where its sources changed. */
export async function builtWallet(
  print: (line: string) => void = () => undefined,
): Promise<string> {
  const webRoot = path.join(cacheFolder, "wallet-web");
  await withLock(`${webRoot}.lock`, () => buildWallet(webRoot, print));
  return webRoot;
}

async function startWallet(
  inputs: EnvironmentInputs,
  watchtower: string,
  print: (line: string) => void,
): Promise<App> {
  const webRoot = await builtWallet(print);
  return startApp({
    name: "wallet",
    entry: "apps/wallet/server/main.mts",
    environment: () => walletEnvironment(inputs, webRoot, watchtower),
    logFile: path.join(inputs.home, "logs", "wallet.log"),
  });
}

/**
 * Resolves with all values, or rejects with the first failure once all have settled: nothing may still be starting
 * when the caller stops everything.
 */
async function settleAll<Values extends readonly unknown[]>(starting: {
  readonly [Index in keyof Values]: Promise<Values[Index]>;
}): Promise<Values> {
  await Promise.allSettled(starting);
  return (await Promise.all(starting)) as Values;
}

/**
 * When run as root, Postgres runs as nobody, who must be able to traverse this folder. Secret files have their own
 * mode.
 */
function prepareStateFolder(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o711 });
  if (process.getuid?.() === 0) chmodSync(home, 0o711);
  const gitignore = path.join(home, ".gitignore");
  if (!existsSync(gitignore)) appendFileSync(gitignore, "*\n");
}

async function startServers(
  { home, ownServers = false }: SystemOptions,
  ports: Ports,
  print: (line: string) => void,
  stops: (() => Promise<void>)[],
) {
  print("Starting Bitcoin Core, Postgres and Redis…");
  const started = <Server extends { readonly stop: () => Promise<void> }>(
    starting: Promise<Server>,
  ): Promise<Server> =>
    starting.then((server) => {
      stops.push(() => server.stop());
      return server;
    });
  const [bitcoind, postgres, firstRedis] = await settleAll([
    started(startBitcoind(home, { preferredPort: ports.bitcoind, print })),
    started(startPostgres(home, { preferredPort: ports.postgres, ownServer: ownServers })),
    started(startRedis(home, { preferredPort: ports.redis, ownServer: ownServers })),
  ]);
  let redis = firstRedis;
  print(`Redis: ${redis.kind}.`);
  return {
    bitcoind,
    postgres,
    redis: () => redis,
    async loseRedis() {
      if (redis.process === null)
        throw new Error("Cannot stop the Redis of REDIS_URL: this process did not start it.");
      const port = Number(new URL(redis.url).port);
      await redis.process.kill();
      redis = await started(startRedis(home, { preferredPort: port, ownServer: true }));
    },
  };
}

function readyText(app: App, field: string): string {
  const value = app.ready()[field];
  if (typeof value !== "string") throw new Error(`${app.name} did not report its ${field}.`);
  return value;
}
