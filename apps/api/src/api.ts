import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Info } from "@satsconnect/contracts";
import { logLevelOf } from "@satsconnect/contracts/failures";
import { connectEngine } from "@satsconnect/contracts/grpc";
import { ok } from "@satsconnect/money";
import { createDatabase, migrate } from "@satsconnect/postgres";
import { startAdmin } from "./admin.ts";
import { createCallbackAddresses } from "./adapters/daraja/callback-addresses.ts";
import { createLightning } from "./adapters/engine/lightning.ts";
import { subscribeToPaymentEvents } from "./adapters/engine/payment-events.ts";
import { createPaymentEventHandler } from "./adapters/engine/payment-event-handler.ts";
import { createAlarmStore } from "./adapters/postgres/alarm-store.ts";
import { createBackupStore } from "./adapters/postgres/backup-store.ts";
import { createDatabaseClock, readDatabaseTime } from "./adapters/postgres/database-clock.ts";
import { createEngineCursor } from "./adapters/postgres/engine-cursor.ts";
import { createIdempotencyKeys } from "./adapters/postgres/idempotency-keys.ts";
import { listen } from "./adapters/postgres/notifications.ts";
import { createOrderStore } from "./adapters/postgres/order-store.ts";
import { deleteUnusedQuotes } from "./adapters/postgres/unused-quotes.ts";
import { createSessionStore } from "./adapters/postgres/session-store.ts";
import { createSwitchStore, switchesChannel } from "./adapters/postgres/switch-store.ts";
import { createWalletPaymentStore } from "./adapters/postgres/wallet-payment-store.ts";
import { ids } from "./adapters/random-ids.ts";
import { connectBlockingRedis, connectRedis } from "./adapters/redis/connections.ts";
import { startOrderJobs } from "./adapters/redis/order-jobs.ts";
import { createRateLimits } from "./adapters/redis/rate-limits.ts";
import { watchTokenKeys } from "./adapters/token-key-file.ts";
import { watchRailFaults } from "./app/alarms/rail-faults.ts";
import { createAccessTokens } from "./app/auth/access-token.ts";
import { createSessions } from "./app/auth/sessions.ts";
import { engineUnavailable } from "./app/engine-unavailable.ts";
import type { Logger } from "./app/logger.ts";
import { createOrders } from "./app/orders/orders.ts";
import type { Waker } from "./app/orders/ports.ts";
import { withStops } from "./app/orders/stopped-orders.ts";
import { createSwitches } from "./app/switches.ts";
import { createBooks, creditOrderByStatement } from "./books.ts";
import { addAlarmMetrics, connectAlarms } from "./connect-alarms.ts";
import {
  ConfigurationError,
  readCallbackSecrets,
  readConfiguredFile,
  readOperatorSettings,
} from "./config.ts";
import type { Configuration } from "./config.ts";
import { decodeInvoice } from "./domain/bolt11.ts";
import { lanes } from "./domain/lane.ts";
import { backgroundIntervals, sweep, unusedQuoteKeptMs } from "./domain/policy.ts";
import type { ConnectExternal } from "./external-adapters.ts";
import { createEventStreams } from "./http/event-streams.ts";
import type { HealthChecks } from "./http/health.ts";
import { createMetrics } from "./http/metrics.ts";
import { createMonitoringApp } from "./http/monitoring.ts";
import { createHttpApp, serve } from "./http/server.ts";
import { mainnetRefusals, readDeployment } from "./mainnet-checks.ts";
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
  const callbackSecrets = readCallbackSecrets(configuration.CALLBACK_SECRET_FILE);
  const tokenKeys = await watchTokenKeys(configuration.TOKEN_KEYS_FILE, log);

  const database = createDatabase(configuration.DATABASE_URL, {
    size: maxDatabaseConnections,
    name: "satsconnect-api",
    onConnectionLost: (error) => log.warn({ error }, "database connection lost"),
  });
  if (configuration.NETWORK === "bitcoin") {
    const refusals = mainnetRefusals(await readDeployment(configuration, database));
    if (refusals.length > 0) {
      await database.end();
      throw new ConfigurationError(refusals);
    }
  }
  const applied = await migrate(database, migrationsFolder);
  if (applied.length > 0) log.info({ migrations: applied }, "database migrated");
  const clock = await createDatabaseClock(() => readDatabaseTime(database));
  const { now } = clock;
  const configuredSettings = readOperatorSettings(configuration, now());

  const engine = connectEngine(configuration.ENGINE_GRPC_ADDRESS, tls, (method, failure) =>
    log[logLevelOf(failure.code)](
      { method, code: failure.code, retry: failure.retry },
      "engine call failed",
    ),
  );
  const redis = connectRedis(configuration.REDIS_URL, log);
  const blockingRedis = connectBlockingRedis(configuration.REDIS_URL, log);
  const callbackAddresses = createCallbackAddresses(configuration.PUBLIC_URL, callbackSecrets);
  const external = connectExternal({ configuration, database, callbackAddresses, log, now });

  const switches = createSwitches({
    store: createSwitchStore(database),
    configured: configuredSettings,
    now,
    log,
  });
  await switches.reload();
  const { settings } = switches;
  const switchNotifications = listen(
    configuration.DATABASE_URL,
    switchesChannel,
    () =>
      void switches.reload().catch((error: unknown) => log.warn({ error }, "switches not read")),
    log,
  );
  const switchPolling = repeat("switches", backgroundIntervals.switchesMs, switches.reload, log);

  const rateLimits = createRateLimits(redis, configuration.RATE_LIMIT_FACTOR);
  const lightning = createLightning(engine);
  const store = createOrderStore(database, clock);
  const railFaults = watchRailFaults(external.payouts, createAlarmStore(database), now, log);
  const waker: Waker = { wake: (orderId, delayMs) => jobs.wake(orderId, delayMs) };
  const orders = createOrders({
    store,
    clock,
    ids,
    lightning,
    stk: external.stk,
    payouts: railFaults.payouts,
    reversals: external.reversals,
    rates: external.rates,
    waker,
    network: configuration.NETWORK,
    readInvoice: decodeInvoice,
    settings,
    countFactor: configuration.RATE_LIMIT_FACTOR,
    allowNameLookup: (walletId) => rateLimits.consume("name", walletId),
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

  const books = createBooks({
    database,
    engine,
    requestBalance: external.requestBalance,
    pull: external.pull,
    rates: external.rates,
    creditOrder: (line, orderId) => creditOrderByStatement(orders, line, orderId),
    callbackAddresses,
    collectingShortcode: configuration.DARAJA_SHORTCODE,
    payoutShortcode: configuration.DARAJA_B2C_SHORTCODE,
    now,
    log,
  });
  const alarms = connectAlarms({
    configuration,
    database,
    engine,
    rates: external.rates,
    paymentEventsConnected: paymentEvents.connected,
    comparisons: books.figures.comparisons,
    railFaults: railFaults.check,
    now,
    log,
  });
  const alarmChecks = repeat("alarms", backgroundIntervals.alarmsMs, alarms.check, log);
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
      await deleteUnusedQuotes(database, now() - unusedQuoteKeptMs);
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
  addAlarmMetrics(metrics, alarms, now);
  metrics.gauge("satsconnect_event_streams", "Open event streams", () => streams.openStreams());
  metrics.gauge(
    "satsconnect_engine_stream",
    "1 while the engine's payment event stream is connected",
    () => (paymentEvents.connected() ? 1 : 0),
  );

  const checks: HealthChecks = {
    postgres: async () => (await database.query("SELECT 1")).rowCount === 1,
    redis: async () => (await redis.ping()) === "PONG",
    engine: async () => (await engine.node.getInfo({}, { deadlineMs: 1_500 })).ok,
    rates: async () => (await external.rates.current()).ok,
  };
  const app = createHttpApp({
    network: configuration.NETWORK,
    support: supportOf(configuration),
    get limits() {
      return settings.limits;
    },
    corsOrigins: configuration.CORS_ORIGINS,
    trustedProxies: configuration.TRUSTED_PROXIES,
    walletPayments,
    backups: createBackupStore(database),
    engine,
    sessions,
    tokenKeys: tokenKeys.current,
    orders: withStops(orders, settings),
    rates: external.rates,
    events: { read: store.events, latestSequence: store.latestSequence },
    streams,
    callbackAddresses,
    callbackSources: configuration.CALLBACK_SOURCES,
    receiveBalance: books.receiveBalance,
    idempotencyKeys,
    rateLimits,
    metrics,
    checks,
    log,
    now,
  });
  const { host, port } = configuration.HTTP_LISTEN;
  const server = await serve(app, host, port);
  const monitoring =
    configuration.MONITORING_LISTEN === undefined
      ? null
      : await serve(
          createMonitoringApp(metrics, checks),
          configuration.MONITORING_LISTEN.host,
          configuration.MONITORING_LISTEN.port,
        );
  const admin = await startAdmin({
    configuration,
    database,
    orders,
    lightning,
    stk: external.stk,
    payouts: external.payouts,
    reversals: external.reversals,
    books,
    rates: external.rates,
    switches,
    alarms,
    rateLimits,
    metrics,
    log,
    now,
  });
  // The opening balances need M-Pesa's callback, so this comes after `serve`. Report ready only once they are booked,
  // but do not let M-Pesa delay the start for long.
  await Promise.race([books.start(), sleep(maxStartDelayMs)]);

  return {
    port: server.port,
    // Stop taking requests first, then let running work finish, then close the connections it uses.
    stop: async () => {
      tokenKeys.stop();
      streams.close();
      await server.close();
      await monitoring?.close();
      await admin.stop();
      await Promise.all([
        alarmChecks.stop(),
        paymentEvents.stop(),
        ...sweepers.map((sweeper) => sweeper.stop()),
        blocks.stop(),
        cleanup.stop(),
        books.stop(),
        notifications.stop(),
        switchNotifications.stop(),
        switchPolling.stop(),
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
