import { formatTowerAddress } from "@satsconnect/contracts/watchtower";
import { parseProxies } from "@satsconnect/lightning/nodejs";
import type { Configuration } from "./config.ts";
import { createHttpApp } from "./http/app.ts";
import { listen } from "./http/listen.ts";
import { readTowerKey } from "./key-file.ts";
import type { Logger } from "./logger.ts";
import { headActionsOf } from "./requests/head-actions.ts";
import { openRequestService } from "./requests/service.ts";
import { openDatabase } from "./store/database.ts";
import { openHeads } from "./store/heads.ts";
import { openWallets } from "./store/wallets.ts";

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
  const isProxy = parseProxies(configuration.TRUSTED_PROXIES) ?? (() => false);
  const service = openRequestService({
    key,
    database,
    wallets,
    actions: headActionsOf(openHeads(database)),
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
  const url = configuration.PUBLIC_URL ?? server.url;
  return {
    url: server.url,
    address: formatTowerAddress({ key: key.publicKey, url }),
    async close() {
      await server.close();
      database.close();
    },
  };
}
