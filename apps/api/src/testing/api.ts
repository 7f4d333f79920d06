import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { createApiClient, memorySessionStore } from "@satsconnect/contracts";
import type { ApiClient } from "@satsconnect/contracts";
import { ok } from "@satsconnect/money";
import { createAccessTokens } from "../app/auth/access-token.ts";
import { createSessions } from "../app/auth/sessions.ts";
import { createBackupStore } from "../adapters/postgres/backup-store.ts";
import { createWalletPaymentStore } from "../adapters/postgres/wallet-payment-store.ts";
import { createSessionStore } from "../adapters/postgres/session-store.ts";
import { readTokenKeys } from "../adapters/token-key-file.ts";
import { createCallbackAddresses } from "../adapters/daraja/callback-addresses.ts";
import type { CallbackAddresses } from "../app/callbacks.ts";
import { createEventStreams } from "../http/event-streams.ts";
import type { EventStreams, OrderEventSource } from "../http/event-streams.ts";
import { createIdempotencyKeys } from "../adapters/postgres/idempotency-keys.ts";
import { createMetrics } from "../http/metrics.ts";
import { createMonitoringApp } from "../http/monitoring.ts";
import { createRateLimits } from "../adapters/redis/rate-limits.ts";
import { createHttpApp, serve } from "../http/server.ts";
import { createLogger } from "../app/logger.ts";
import type { Logger } from "../app/logger.ts";
import type { RateSource } from "../app/orders/ports.ts";
import type { Orders } from "../app/orders/use-cases.ts";
import { defaultOperatorSettings } from "../domain/operator-settings.ts";
import { createTestDatabase } from "./database.ts";
import type { TestDatabase } from "./database.ts";
import { createTestEngine } from "./engine.ts";
import type { TestEngine } from "./engine.ts";
import { createTestNode } from "./login.ts";
import type { TestNode } from "./login.ts";
import { newTokenKey, writeTokenKeys } from "./token-keys.ts";

export type TestApi = {
  readonly url: string;
  /** Where `/health` and `/metrics` are served. */
  readonly monitoringUrl: string;
  readonly engine: TestEngine;
  readonly testDatabase: TestDatabase;
  readonly callbackAddresses: CallbackAddresses;
  readonly streams: EventStreams;
  /** All log lines so far. */
  readonly logged: () => string;
  /** An API client of one wallet; it signs in on its first request. */
  readonly wallet: (node?: TestNode, deviceId?: string) => ApiClient;
  readonly accessToken: () => Promise<string>;
  readonly close: () => Promise<void>;
};

/** The orders and their events, as the HTTP app uses them. */
export type OrderServices = {
  readonly orders: Orders;
  readonly rates: RateSource;
  readonly events: OrderEventSource;
};

export type TestApiOptions = {
  readonly orderServices: (context: {
    readonly testDatabase: TestDatabase;
    readonly engine: TestEngine;
    readonly callbackAddresses: CallbackAddresses;
    readonly log: Logger;
  }) => Promise<OrderServices> | OrderServices;
  readonly rateLimitFactor?: number;
  readonly heartbeatMs?: number;
  readonly callbackSources?: readonly string[];
  readonly maxStreams?: number;
  readonly now?: () => number;
};

/** The HTTP app as `main.ts` composes it, on its own database and port, with a test engine. */
export async function startTestApi(options: TestApiOptions): Promise<TestApi> {
  const redisUrl = process.env["REDIS_URL"];
  if (redisUrl === undefined) throw new Error("REDIS_URL must name a Redis server");
  const now = options.now ?? Date.now;
  const testDatabase = await createTestDatabase();
  const { database } = testDatabase;
  const redis = new Redis(redisUrl, { keyPrefix: `test:${randomBytes(6).toString("hex")}:` });
  const lines: string[] = [];
  const log = createLogger("debug", { write: (line: string) => void lines.push(line) });
  const keys = await readTokenKeys(writeTokenKeys([newTokenKey("test")]));
  const engine = createTestEngine();
  const callbackAddresses = createCallbackAddresses("http://127.0.0.1:1", [randomBytes(32)]);
  const services = await options.orderServices({ testDatabase, engine, callbackAddresses, log });
  const sessionStore = createSessionStore(database);
  const streams = createEventStreams({
    source: services.events,
    isSessionLive: (sessionId) => sessionStore.isSessionLive(sessionId),
    log,
    ...(options.heartbeatMs === undefined ? {} : { heartbeatMs: options.heartbeatMs }),
    ...(options.maxStreams === undefined ? {} : { maxStreams: options.maxStreams }),
  });

  // The login audience is the server's URL, which is known only once it listens.
  let audience = "";
  const registerWallet = async (nodeId: string) => {
    const wallet = await engine.wallet.createWallet({ nodeId }, { deadlineMs: 1_000 });
    return wallet.ok
      ? ok(wallet.value.walletId)
      : ({
          ok: false,
          error: {
            code: "engine_unavailable",
            message: "The Lightning node is unreachable.",
            retry: "safe",
          },
        } as const);
  };
  const sessions = createSessions({
    store: sessionStore,
    accessTokens: createAccessTokens("http://api.test", () => keys),
    registerWallet,
    get audience() {
      return audience;
    },
    now,
  });
  const metrics = createMetrics();
  const checks = {
    postgres: async () => (await database.query("SELECT 1")).rowCount === 1,
    engine: async () => (await engine.node.getInfo({}, { deadlineMs: 500 })).ok,
  };
  const monitoring = await serve(createMonitoringApp(metrics, checks), "127.0.0.1", 0);
  const app = createHttpApp({
    network: "regtest",
    support: null,
    limits: defaultOperatorSettings.limits,
    corsOrigins: ["http://wallet.test"],
    trustedProxies: 0,
    walletPayments: createWalletPaymentStore(database),
    backups: createBackupStore(database),
    engine,
    sessions,
    tokenKeys: () => keys,
    orders: services.orders,
    rates: services.rates,
    events: services.events,
    streams,
    callbackAddresses,
    callbackSources: options.callbackSources ?? [],
    receiveBalance: async () => {},
    idempotencyKeys: createIdempotencyKeys(database, now),
    rateLimits: createRateLimits(redis, options.rateLimitFactor ?? 100_000),
    metrics,
    checks,
    log,
    now,
  });
  const server = await serve(app, "127.0.0.1", 0);
  const url = `http://127.0.0.1:${server.port}`;
  audience = url;

  const wallet = (node = createTestNode(), deviceId = "device-one") =>
    createApiClient({
      baseUrl: url,
      device: { id: deviceId, name: "A phone" },
      signLogin: async (payload) => node.sign(payload),
      sessionStore: memorySessionStore(),
    });

  return {
    url,
    monitoringUrl: `http://127.0.0.1:${monitoring.port}`,
    engine,
    testDatabase,
    callbackAddresses,
    streams,
    logged: () => lines.join(""),
    wallet,
    accessToken: async () => {
      const session = await wallet().session.open();
      if (!session.ok) throw new Error(session.error.message);
      return session.value.accessToken;
    },
    close: async () => {
      streams.close();
      await server.close();
      await monitoring.close();
      redis.disconnect();
      await testDatabase.drop();
    },
  };
}
