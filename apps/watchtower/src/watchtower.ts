import { formatTowerAddress } from "@satsconnect/contracts/watchtower";
import { parseProxies } from "@satsconnect/lightning/nodejs";
import type { Configuration } from "./config.ts";
import { createHttpApp } from "./http/app.ts";
import { listen } from "./http/listen.ts";
import { readTowerKey } from "./key-file.ts";
import type { Logger } from "./logger.ts";
import { bitcoindChainOf } from "./chain/bitcoind.ts";
import type { Chain } from "./chain/chain.ts";
import { esploraChainOf } from "./chain/esplora.ts";
import { appointmentActionsOf } from "./requests/appointment-actions.ts";
import { headActionsOf } from "./requests/head-actions.ts";
import { openRequestService } from "./requests/service.ts";
import { openAppointments } from "./store/appointments.ts";
import { openBlocks } from "./store/blocks.ts";
import { openBreaches } from "./store/breaches.ts";
import { openDatabase } from "./store/database.ts";
import { openHeads } from "./store/heads.ts";
import { openWallets } from "./store/wallets.ts";
import { followChain } from "./watch/follow-chain.ts";
import { Responder } from "./watch/responder.ts";
import { Watcher } from "./watch/watcher.ts";

export type Watchtower = {
  /** Where it listens. */
  readonly url: string;
  /** Where wallets are told to find it: `key@url`. */
  readonly address: string;
  readonly close: () => Promise<void>;
};

/** Starts a watchtower. Resolves once it serves requests. */
export async function startWatchtower(
  configuration: Configuration,
  logger: Logger,
): Promise<Watchtower> {
  const key = readTowerKey(configuration.KEY_FILE);
  const database = openDatabase(configuration.DATA_FILE);
  const wallets = openWallets(database);
  const now = (): number => Date.now();
  const chain = chainOf(configuration);
  const watching =
    chain === undefined ? undefined : openWatch(configuration, chain, database, logger);
  const isProxy = parseProxies(configuration.TRUSTED_PROXIES) ?? (() => false);
  const service = openRequestService({
    key,
    database,
    wallets,
    actions: {
      ...headActionsOf(openHeads(database)),
      ...(watching === undefined
        ? {}
        : appointmentActionsOf(watching.appointments, watching.watcher)),
    },
    now,
    newWalletsPerHour: configuration.NEW_WALLETS_PER_HOUR,
    maximumWallets: configuration.MAXIMUM_WALLETS,
  });
  const app = createHttpApp({
    service,
    checkHealth: () => database.use("SELECT 1 FROM wallets LIMIT 1").get(),
    isProxy,
    requestsPerMinute: configuration.REQUESTS_PER_MINUTE,
    now,
    logger,
  });
  const server = await listen(app, configuration.HTTP_LISTEN, isProxy);
  const following = watching === undefined ? undefined : followChain(watching);
  const url = configuration.PUBLIC_URL ?? server.url;
  return {
    url: server.url,
    address: formatTowerAddress({ key: key.publicKey, url }),
    async close() {
      await server.close();
      await following?.stop();
      database.close();
    },
  };
}

/** Undefined if none is configured: the watchtower then keeps heads only. */
function chainOf({ BITCOIND_RPC_URL, ESPLORA_URL }: Configuration): Chain | undefined {
  if (BITCOIND_RPC_URL !== undefined) return bitcoindChainOf(BITCOIND_RPC_URL);
  return ESPLORA_URL === undefined ? undefined : esploraChainOf(ESPLORA_URL);
}

function openWatch(
  configuration: Configuration,
  chain: Chain,
  database: ReturnType<typeof openDatabase>,
  logger: Logger,
) {
  const appointments = openAppointments(database, {
    perWalletBytes: configuration.APPOINTMENT_KILOBYTES_PER_WALLET * 1_000,
    totalBytes: configuration.APPOINTMENT_MEGABYTES * 1_000_000,
  });
  const breaches = openBreaches(database);
  const blocks = openBlocks(database);
  const watcher = new Watcher({ chain, database, blocks, appointments, breaches, logger });
  return { appointments, watcher, responder: new Responder({ chain, breaches, logger }), logger };
}
