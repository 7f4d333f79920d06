import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Info } from "@satsconnect/contracts";
import { logLevelOf } from "@satsconnect/contracts/failures";
import { connectEngine } from "@satsconnect/contracts/grpc";
import { ok } from "@satsconnect/money";
import { createKeeper } from "./books/keeper.ts";
import { createMpesaBalance } from "./books/mpesa-balance.ts";
import { createAccessTokens } from "./auth/access-token.ts";
import { followTokenKeys } from "./auth/rotating-keys.ts";
import { forgetOldSessions, isSessionLive } from "./auth/session-store.ts";
import { createSessions } from "./auth/sessions.ts";
import { readCallbackSecret, readConfiguredFile } from "./config.ts";
import type { Configuration } from "./config.ts";
import { listen } from "./database/notifications.ts";
import { createDatabase, migrate } from "@satsconnect/postgres";
import type { Database } from "@satsconnect/postgres";
import { engineUnavailable } from "./engine/failure.ts";
import { createLightning } from "./engine/lightning.ts";
import { followPaymentEvents } from "./engine/payment-events.ts";
import { createCallbackAddresses } from "./http/callback-address.ts";
import type { CallbackAddresses } from "./http/callback-address.ts";
import { createEventStreams } from "./http/event-streams.ts";
import { createIdempotencyKeys } from "./http/idempotency.ts";
import { createMetrics } from "./http/metrics.ts";
import { createRateLimits } from "./http/rate-limit.ts";
import { createHttpApp, serve } from "./http/server.ts";
import { ids } from "./ids.ts";
import { decodeInvoice } from "./invoices/bolt11.ts";
import { startOrderJobs } from "./jobs/order-jobs.ts";
import { connectBlockingRedis, connectRedis } from "./jobs/redis.ts";
import type { Logger } from "./logger.ts";
import { createOrders } from "./orders/orders.ts";
import type { PayoutRail, RateSource, StkRail, Waker } from "./orders/ports.ts";
import type { Daraja } from "./rails/daraja/daraja.ts";
import { repeat } from "./repeat.ts";
import { createPostgresStore } from "./store/postgres.ts";
import { takePaymentEvent } from "./wallet/engine-events.ts";

/** The world outside the operator's own processes: M-Pesa and the price feeds. */
type Outside = {
  readonly stk: StkRail;
  readonly payouts: PayoutRail;
  readonly requestBalance: Daraja["requestBalance"];
  readonly rates: RateSource;
};

export type ConnectOutside = (parts: {
  readonly configuration: Configuration;
  readonly database: Database;
  readonly callbackAddresses: CallbackAddresses;
  readonly log: Logger;
  readonly now: () => number;
}) => Outside;

export type Api = { readonly port: number; readonly stop: () => Promise<void> };

const migrationsFolder = fileURLToPath(new URL("../migrations", import.meta.url));
const sweepEveryMs = 2_000;
const keepBooksEveryMs = 3_000;
const booksPatienceMs = 5_000;
const forgetEveryMs = 3_600_000;
const databaseConnections = 20;
const concurrentJobs = 16;
/** The operator's margin on the price: 1.5 %. */
const spreadPartsPerMillion = 15_000n;

/** Puts the whole api together and serves. @throws when its configuration or database cannot be used. */
export async function startApi(
  configuration: Configuration,
  connectOutside: ConnectOutside,
  log: Logger,
  now: () => number = Date.now,
): Promise<Api> {
  const tls = {
    authority: readConfiguredFile("ENGINE_TLS_CA", configuration.ENGINE_TLS_CA),
    certificate: readConfiguredFile("ENGINE_TLS_CERT", configuration.ENGINE_TLS_CERT),
    key: readConfiguredFile("ENGINE_TLS_KEY", configuration.ENGINE_TLS_KEY),
  };
  const callbackSecret = readCallbackSecret(configuration.CALLBACK_SECRET_FILE);
  const tokenKeys = await followTokenKeys(configuration.TOKEN_KEYS_FILE, log);

  const database = createDatabase(configuration.DATABASE_URL, {
    size: databaseConnections,
    name: "satsconnect-api",
    onConnectionLost: (error) => log.warn({ error }, "a database connection was lost"),
  });
  const applied = await migrate(database, migrationsFolder);
  if (applied.length > 0) log.info({ migrations: applied }, "the database was migrated");

  const engine = connectEngine(configuration.ENGINE_GRPC_ADDRESS, tls, (method, failure) =>
    log[logLevelOf(failure.code)](
      { method, code: failure.code, retry: failure.retry },
      "a call to the engine failed",
    ),
  );
  const redis = connectRedis(configuration.REDIS_URL, log);
  const blockingRedis = connectBlockingRedis(configuration.REDIS_URL, log);
  const callbackAddresses = createCallbackAddresses(configuration.PUBLIC_URL, callbackSecret);
  const outside = connectOutside({ configuration, database, callbackAddresses, log, now });

  const store = createPostgresStore(database);
  const waker: Waker = { wake: (orderId, delayMs) => jobs.wake(orderId, delayMs) };
  const orders = createOrders({
    store,
    clock: { now },
    ids,
    lightning: createLightning(engine),
    stk: outside.stk,
    payouts: outside.payouts,
    rates: outside.rates,
    waker,
    network: configuration.NETWORK,
    readInvoice: decodeInvoice,
    spreadPartsPerMillion,
    sharedShortcode: configuration.DARAJA_SHORTCODE === configuration.DARAJA_B2C_SHORTCODE,
    onError: (error, orderId) => log.error({ error, orderId }, "an order could not be advanced"),
  });
  const jobs = startOrderJobs({
    redis,
    blockingRedis,
    advance: orders.wake,
    log,
    concurrency: concurrentJobs,
  });

  const streams = createEventStreams({
    source: { read: store.events, latestSequence: store.latestSequence },
    isSessionLive: (sessionId) => isSessionLive(database, sessionId),
    log,
  });
  const notifications = listen(
    configuration.DATABASE_URL,
    "order_events",
    (walletId) => streams.wake(walletId),
    log,
  );
  const paymentEvents = followPaymentEvents({
    engine,
    database,
    take: takePaymentEvent({ database, onPaymentEvent: orders.onPaymentEvent, now, log }),
    log,
  });

  const mpesaBalance = createMpesaBalance(outside.requestBalance, callbackAddresses.urlFor);
  const keeper = createKeeper({ database, engine, mpesaBalance, now, log });
  const idempotencyKeys = createIdempotencyKeys(database, now);
  const sweeping = repeat("sweep", sweepEveryMs, orders.sweep, log);
  const forgetting = repeat(
    "forget",
    forgetEveryMs,
    async () => {
      await forgetOldSessions(database, now());
      await idempotencyKeys.forgetOld();
    },
    log,
  );

  const origin = new URL(configuration.PUBLIC_URL).origin;
  const sessions = createSessions({
    database,
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
  metrics.gauge("satsconnect_engine_stream", "1 while the engine's payment events arrive", () =>
    paymentEvents.connected() ? 1 : 0,
  );

  const app = createHttpApp({
    network: configuration.NETWORK,
    support: supportOf(configuration),
    corsOrigins: configuration.CORS_ORIGINS,
    trustedProxies: configuration.TRUSTED_PROXIES,
    database,
    engine,
    sessions,
    tokenKeys: tokenKeys.current,
    orders,
    rates: outside.rates,
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
      rates: async () => (await outside.rates.current()).ok,
    },
    log,
    now,
  });
  const { host, port } = configuration.HTTP_LISTEN;
  const server = await serve(app, host, port);
  // Not before M-Pesa can call back. Trading waits a moment for the books, but never for long.
  await Promise.race([keeper.work().catch(() => {}), sleep(booksPatienceMs)]);
  const keeping = repeat("books", keepBooksEveryMs, keeper.work, log);

  return {
    port: server.port,
    // First nobody new comes in, then what is under way ends, then what it needs is let go.
    stop: async () => {
      tokenKeys.stop();
      streams.close();
      await server.close();
      await Promise.all([
        paymentEvents.stop(),
        sweeping.stop(),
        forgetting.stop(),
        keeping.stop(),
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

/** Whom holders can ask; null where the operator names nobody. */
function supportOf({ SUPPORT_PHONE, SUPPORT_EMAIL }: Configuration): Info["support"] {
  return SUPPORT_PHONE === undefined && SUPPORT_EMAIL === undefined
    ? null
    : { phone: SUPPORT_PHONE ?? null, email: SUPPORT_EMAIL ?? null };
}
