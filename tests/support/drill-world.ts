import { spawn } from "node:child_process";
import { PaymentState } from "@satsconnect/contracts/grpc/payment";
import type { LightningNode } from "@satsconnect/lightning";
import { msat, valueOf } from "@satsconnect/money";
import { nodeBinary, root } from "../../scripts/support/paths.ts";
import type { Postgres } from "../../scripts/support/postgres.ts";
import { waitFor } from "../../scripts/support/processes.ts";
import { invoiceOf, jitInvoice, payRequest, untilState } from "./engine-payments.ts";
import { callOptions, startEngineWorld } from "./engine-world.ts";
import type { Engine, EngineWorld } from "./engine-world.ts";

/** A running engine, its database, and a wallet with a channel, for the drills of docs/engine.md. */
export type DrillWorld = {
  readonly world: EngineWorld;
  readonly wallet: LightningNode;
  /** Prints a step of the chapter. */
  readonly say: (step: string) => void;
  /** The engine that a drill has left running. */
  engine: Engine;
  /** The server that has the engine's database. */
  postgres: Postgres;
  /** The engine's database. */
  databaseUrl: string;
  /** Variables that all further engines get. */
  environment: Readonly<Record<string, string>>;
  /** Starts an engine on the addresses of the first one, so that wallets find it again. The last one must have ended. */
  readonly start: (extra?: Readonly<Record<string, string>>) => Promise<Engine>;
  /** Starts an engine that refuses to run. Returns the reason that it logs. */
  readonly refusal: (extra?: Readonly<Record<string, string>>) => Promise<string>;
  /** Starts a second engine on addresses of its own. */
  readonly startStandby: () => ReturnType<EngineWorld["startEngine"]>;
  /** Gives the wallet a channel, if it has none. */
  readonly openChannel: () => Promise<void>;
  /** Pays an invoice of the wallet from the treasury. */
  readonly pay: (engine?: Engine) => Promise<void>;
  /** Runs `operator-cli.ts` as an operator does, and returns its output. */
  readonly operator: (...args: readonly string[]) => Promise<string>;
  /** Runs another command of the engine. */
  readonly command: (
    entry: string,
    environment: Readonly<Record<string, string>>,
    args?: readonly string[],
  ) => Promise<string>;
  readonly treasurySat: () => Promise<bigint>;
  readonly stop: () => Promise<void>;
};

export async function startDrillWorld(): Promise<DrillWorld> {
  const world = await startEngineWorld("drills");
  const { node: wallet } = await world.openWallet("wallet");
  let payments = 0;
  const host = (url: string): string => new URL(url).host;
  const first = world.engine;
  const [tcp] = first.app.ready()["tcp"] as readonly string[];
  const addresses = {
    GRPC_LISTEN: first.grpcAddress,
    HTTP_LISTEN: host(first.httpUrl),
    ESPLORA_LISTEN: host(first.esploraUrl),
    LIGHTNING_WS_LISTEN: host(first.webSocketUrl),
    LIGHTNING_TCP_LISTEN: tcp ?? "",
  };

  async function command(
    entry: string,
    environment: Readonly<Record<string, string>>,
    args: readonly string[] = [],
  ): Promise<string> {
    const child = spawn(
      nodeBinary,
      ["--disable-warning=ExperimentalWarning", "--disable-warning=DEP0123", entry, ...args],
      { cwd: root, env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] },
    );
    let output = "";
    let errors = "";
    child.stdout.on("data", (bytes: Buffer) => (output += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => (errors += bytes.toString()));
    const code = await new Promise((resolve) => child.on("close", resolve));
    if (code !== 0) throw new Error(`${entry} ${args.join(" ")}: ${errors}`);
    return output.trim();
  }

  /** Tells the wallet where the engine is, until it is connected. */
  async function connectTo(engine: Engine): Promise<void> {
    await waitFor("the wallet's connection", async () => {
      const at = { nodeId: world.engineId, address: engine.webSocketUrl };
      const connected = wallet.peers().some((peer) => peer.connected && peer.nodeId === at.nodeId);
      return connected || (await wallet.connect(at)).ok;
    });
  }

  const drills: DrillWorld = {
    world,
    wallet,
    say: (step) => process.stdout.write(`    ${step}\n`),
    engine: first,
    postgres: world.postgres,
    databaseUrl: await world.postgres.database("engine"),
    environment: {},
    async start(extra = {}) {
      const started = await world.startEngine("engine", {
        ...addresses,
        DATABASE_URL: drills.databaseUrl,
        ...drills.environment,
        ...extra,
      });
      drills.engine = await started.ready;
      return drills.engine;
    },
    async refusal(extra = {}) {
      const started = await world.startEngine("refused", {
        DATABASE_URL: drills.databaseUrl,
        ...drills.environment,
        ...extra,
      });
      const reason = await started.ready.then(
        () => undefined,
        (error: unknown) => String(error),
      );
      if (reason === undefined) throw new Error("the engine has started");
      return reason;
    },
    startStandby: () =>
      world.startEngine("standby", { DATABASE_URL: drills.databaseUrl, ...drills.environment }),
    async openChannel() {
      if ((await wallet.channels()).some(({ usable }) => usable)) return;
      await connectTo(drills.engine);
      const amount = msat(400_000_000n);
      const { invoice, paymentHash } = await jitInvoice(wallet, world.engineId, amount);
      const request = payRequest(`channel-${Date.now()}`, invoice, amount);
      valueOf(await drills.engine.client.payment.processPayment(request, callOptions));
      await untilState(drills.engine, paymentHash, PaymentState.SUCCEEDED);
      await world.bitcoind.mine(6);
    },
    async pay(engine = drills.engine) {
      payments += 1;
      const { invoice, paymentHash } = await invoiceOf(wallet, msat(1_000_000n));
      const request = payRequest(`drill-${payments}`, invoice, 1_000_000n);
      await connectTo(engine);
      valueOf(await engine.client.payment.processPayment(request, callOptions));
      await untilState(engine, paymentHash, PaymentState.SUCCEEDED);
    },
    operator: (...args) =>
      command(
        "apps/engine/src/operator-cli.ts",
        {
          ENGINE_ADDRESS: drills.engine.grpcAddress,
          ENGINE_TLS_CA: world.secrets.tls.authority,
          OPERATOR_TLS_CERT: world.secrets.tls.operator.certificate,
          OPERATOR_TLS_KEY: world.secrets.tls.operator.key,
        },
        args,
      ),
    command,
    async treasurySat() {
      const treasury = valueOf(await drills.engine.client.node.getTreasury({}, callOptions));
      return treasury.onChainConfirmedSat + treasury.onChainUnconfirmedSat;
    },
    async stop() {
      await world.stop();
      if (drills.postgres !== world.postgres) await drills.postgres.stop();
    },
  };
  await drills.openChannel();
  return drills;
}
