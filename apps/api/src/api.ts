import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Info } from "@satsconnect/contracts";
import { logLevelOf } from "@satsconnect/contracts/failures";
import { connectEngine } from "@satsconnect/contracts/grpc";
import { ok } from "@satsconnect/money";
import { createDatabase, migrate } from "@satsconnect/postgres";
import { createDarajaBalance } from "./adapters/daraja/account-balance.ts";
import { createCallbackAddresses } from "./adapters/daraja/callback-addresses.ts";
import { createLightning } from "./adapters/engine/lightning.ts";
import { subscribeToPaymentEvents } from "./adapters/engine/payment-events.ts";
import { createPaymentEventHandler } from "./adapters/engine/payment-event-handler.ts";
import { createBackupStore } from "./adapters/postgres/backup-store.ts";
import { createDatabaseClock, readDatabaseTime } from "./adapters/postgres/database-clock.ts";
import { createEngineCursor } from "./adapters/postgres/engine-cursor.ts";
import { createIdempotencyKeys } from "./adapters/postgres/idempotency-keys.ts";
import { createLedger } from "./adapters/postgres/ledger.ts";
import { listen } from "./adapters/postgres/notifications.ts";
import { createOrderStore } from "./adapters/postgres/order-store.ts";
import { createSessionStore } from "./adapters/postgres/session-store.ts";
import { createWalletPaymentStore } from "./adapters/postgres/wallet-payment-store.ts";
import { ids } from "./adapters/random-ids.ts";
import { connectBlockingRedis, connectRedis } from "./adapters/redis/connections.ts";
import { startOrderJobs } from "./adapters/redis/order-jobs.ts";
import { createRateLimits } from "./adapters/redis/rate-limits.ts";
import { watchTokenKeys } from "./adapters/token-key-file.ts";
import { createAccessTokens } from "./app/auth/access-token.ts";
import { createSessions } from "./app/auth/sessions.ts";
import { engineUnavailable } from "./app/engine-unavailable.ts";
import type { Logger } from "./app/logger.ts";
import { createOrders } from "./app/orders/orders.ts";
import type { Waker } from "./app/orders/ports.ts";
import { createReconciliation } from "./app/reconciliation/reconciliation.ts";
import { readCallbackSecret, readConfiguredFile, readOperatorSettings } from "./config.ts";
import type { Configuration } from "./config.ts";
import { decodeInvoice } from "./domain/bolt11.ts";
import { lanes } from "./domain/lane.ts";
import { backgroundIntervals, sweep } from "./domain/policy.ts";
import type { ConnectExternal } from "./external-adapters.ts";
import { createEventStreams } from "./http/event-streams.ts";
import { createMetrics } from "./http/metrics.ts";
import { createHttpApp, serve } from "./http/server.ts";
import { repeat } from "./repeat.ts";

export type Api = { readonly port: number; readonly stop: () => Promise<void> };

const migrationsFolder = fileURLToPath(new URL("../migrations", import.meta.url));
const maxStartDelayMs = 5_000;
const maxDatabaseConnections = 20;
const maxConcurrentJobs = 16;

/**
 * Connects all parts of the api and serves it.
 * @throws ConfigurationError if a configured file or limit is invalid, and Error if the database cannot be used.
 */
export async function startApi(
  configuration: Configuration,
  connectExternal: ConnectExternal,
  log: Logger,
): Promise<Api> {
  const tls = {
    authority: readConfiguredFile("ENGINE_TLS_CA", configuration.ENGINE_TLS_CA),
    certificate: readConfiguredFile("ENGINE_TLS_CERT", configuration.ENGINE_TLS_CERT),
    key: readConfiguredFile("ENGINE_TLS_KEY", configuration.ENGINE_TLS_KEY),
  };
  const callbackSecret = readCallbackSecret(configuration.CALLBACK_SECRET_FILE);
  const tokenKeys = await watchTokenKeys(configuration.TOKEN_KEYS_FILE, log);

  const database = createDatabase(configuration.DATABASE_URL, {
    size: maxDatabaseConnections,
    name: "satsconnect-api",
    onConnectionLost: (error) => log.warn({ error }, "database connection lost"),
  });
  const applied = await migrate(database, migrationsFolder);
  if (applied.length > 0) log.info({ migrations: applied }, "database migrated");
  const clock = await createDatabaseClock(() => readDatabaseTime(database));
  const { now } = clock;
  const settings = readOperatorSettings(configuration, now());

  const engine = connectEngine(configuration.ENGINE_GRPC_ADDRESS, tls, (method, failure) =>
    log[logLevelOf(failure.code)](
      { method, code: failure.code, retry: failure.retry },
      "engine call failed",
    ),
  );
  const redis = connectRedis(configuration.REDIS_URL, log);
  const blockingRedis = connectBlockingRedis(configuration.REDIS_URL, log);
  const callbackAddresses = createCallbackAddresses(configuration.PUBLIC_URL, callbackSecret);
  const external = connectExternal({ configuration, database, callbackAddresses, log, now });

  const lightning = createLightning(engine);
  const store = createOrderStore(database, clock);
  const waker: Waker = { wake: (orderId, delayMs) => jobs.wake(orderId, delayMs) };
  const orders = createOrders({
    store,
    clock,
    ids,
    lightning,
    stk: external.stk,
    payouts: external.payouts,
    rates: external.rates,
    waker,
    network: configuration.NETWORK,
    readInvoice: decodeInvoice,
    settings,
    sharedShortcode: configuration.DARAJA_SHORTCODE === configuration.DARAJA_B2C_SHORTCODE,
    onError: (error, orderId) => log.error({ error, orderId }, "order could not be advanced"),
  });
  const jobs = startOrderJobs({
    redis,
    blockingRedis,
    advance: orders.wake,
    log,
    concurrency: maxConcurrentJobs,
  });

  const sessionStore = createSessionStore(database);
  const streams = createEventStreams({
    source: { read: store.events, latestSequence: store.latestSequence },
    isSessionLive: (sessionId) => sessionStore.isSessionLive(sessionId),
    log,
  });
  const notifications = listen(
    configuration.DATABASE_URL,
    "order_events",
    (walletId) => streams.wake(walletId),
    log,
  );
  const walletPayments = createWalletPaymentStore(database);
  const paymentEvents = subscribeToPaymentEvents({
    engine,
    cursor: createEngineCursor(database),
    onEvent: createPaymentEventHandler({
      walletPayments,
      onPaymentEvent: orders.onPaymentEvent,
      now,
      log,
    }),
    log,
  });

  const mpesaBalance = createDarajaBalance(external.requestBalance, callbackAddresses.urlFor);
  const reconciliation = createReconciliation({
    ledger: createLedger(database),
    engine,
    mpesaBalance,
    now,
    log,
  });
  const idempotencyKeys = createIdempotencyKeys(database, now);
  const sweepers = lanes.map((lane) =>
    repeat(`sweep ${lane}`, sweep.intervalMs, () => orders.sweep(lane), log),
  );
  const blocks = repeat(
    "blocks",
    backgroundIntervals.blocksMs,
    async () => {
      const tip = await lightning.tip();
      if (tip.ok) await orders.onBlock(tip.value.height);
    },
    log,
  );
  const cleanup = repeat(
    "cleanup",
    backgroundIntervals.cleanupMs,
    async () => {
      await sessionStore.deleteExpired(now());
      await idempotencyKeys.deleteExpired();
    },
    log,
  );

  const origin = new URL(configuration.PUBLIC_URL).origin;
  const sessions = createSessions({
    store: sessionStore,
    accessTokens: createAccessTokens(origin, tokenKeys.current),
    registerWallet: async (nodeId) => {
      const wallet = await engine.wallet.createWallet({ nodeId }, { deadlineMs: 5_000 });
      return wallet.ok ? ok(wallet.value.walletId) : engineUnavailable();
    },
    audience: origin,
    now,
  });
  const metrics = createMetrics();
  metrics.gauge("satsconnect_event_streams", "Open event streams", () => streams.openStreams());
  metrics.gauge(
    "satsconnect_engine_stream",
    "1 while the engine's payment event stream is connected",
    () => (paymentEvents.connected() ? 1 : 0),
  );

  const app = createHttpApp({
    network: configuration.NETWORK,
    support: supportOf(configuration),
    limits: settings.limits,
    corsOrigins: configuration.CORS_ORIGINS,
    trustedProxies: configuration.TRUSTED_PROXIES,
    walletPayments,
    backups: createBackupStore(database),
    engine,
    sessions,
    tokenKeys: tokenKeys.current,
    orders,
    rates: external.rates,
    events: { read: store.events, latestSequence: store.latestSequence },
    streams,
    callbackAddresses,
    receiveBalance: mpesaBalance.receive,
    idempotencyKeys,
    rateLimits: createRateLimits(redis, configuration.RATE_LIMIT_FACTOR),
    metrics,
    checks: {
      postgres: async () => (await database.query("SELECT 1")).rowCount === 1,
      redis: async () => (await redis.ping()) === "PONG",
      engine: async () => (await engine.node.getInfo({}, { deadlineMs: 1_500 })).ok,
      rates: async () => (await external.rates.current()).ok,
    },
    log,
    now,
  });
  const { host, port } = configuration.HTTP_LISTEN;
  const server = await serve(app, host, port);
  // The opening balances need M-Pesa's callback, so this comes after `serve`. Report ready only once they are booked,
  // but do not let M-Pesa delay the start for long.
  await Promise.race([reconciliation.run().catch(() => {}), sleep(maxStartDelayMs)]);
  const reconciling = repeat(
    "reconciliation",
    backgroundIntervals.reconciliationMs,
    reconciliation.run,
    log,
  );

  return {
    port: server.port,
    // Stop taking requests first, then let running work finish, then close the connections it uses.
    stop: async () => {
      tokenKeys.stop();
      streams.close();
      await server.close();
      await Promise.all([
        paymentEvents.stop(),
        ...sweepers.map((sweeper) => sweeper.stop()),
        blocks.stop(),
        cleanup.stop(),
        reconciling.stop(),
        notifications.stop(),
      ]);
      await jobs.close();
      engine.close();
      redis.disconnect();
      blockingRedis.disconnect();
      await database.end();
    },
  };
}

/** The contacts shown to holders; null if the operator configured none. */
function supportOf({ SUPPORT_PHONE, SUPPORT_EMAIL }: Configuration): Info["support"] {
  return SUPPORT_PHONE === undefined && SUPPORT_EMAIL === undefined
    ? null
    : { phone: SUPPORT_PHONE ?? null, email: SUPPORT_EMAIL ?? null };
}
