import { createServer } from "node:http";
import type { Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Express } from "express";
import { problemContentType } from "@satsconnect/contracts";
import type { Info } from "@satsconnect/contracts";
import type { EngineClient } from "@satsconnect/contracts/grpc";
import type { Sessions } from "../app/auth/sessions.ts";
import type { TokenKeys } from "../app/auth/token-keys.ts";
import type { InvoiceNetwork } from "../domain/bolt11.ts";
import type { OperatorLimits } from "../domain/order-limits.ts";
import type { Logger } from "../app/logger.ts";
import type { RateSource } from "../app/orders/ports.ts";
import type { Orders } from "../app/orders/use-cases.ts";
import { mountBackup } from "./routes/backup.ts";
import type { BackupStore } from "../app/backup/backup-store.ts";
import type { WalletPaymentStore } from "../app/wallet/payment-store.ts";
import { createHistory } from "../app/wallet/history.ts";
import { mountFallbacks, createApp } from "./express-app.ts";
import type { CallbackAddresses } from "../app/callbacks.ts";
import { createSourceCheck, mountCallbacks } from "./callbacks.ts";
import { mountDocs } from "./docs.ts";
import type { EventStreams, OrderEventSource } from "./event-streams.ts";
import type { IdempotencyKeys } from "../app/idempotency.ts";
import type { HealthChecks } from "./health.ts";
import type { HttpMetrics } from "./metrics.ts";
import { createMount } from "./mount.ts";
import { presentOrder } from "./present.ts";
import { problemDocument } from "./problem.ts";
import type { RateLimits } from "../app/rate-limits.ts";
import { mountOperatorRoutes } from "./routes/operator.ts";
import { mountOrderRoutes } from "./routes/orders.ts";
import { mountSessionRoutes } from "./routes/session.ts";
import { mountWalletRoutes } from "./routes/wallet.ts";

export type HttpOptions = {
  readonly network: InvoiceNetwork;
  readonly support: Info["support"];
  readonly limits: OperatorLimits;
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: number;
  readonly walletPayments: WalletPaymentStore;
  readonly backups: BackupStore;
  readonly engine: EngineClient;
  readonly sessions: Sessions;
  readonly tokenKeys: () => TokenKeys;
  readonly orders: Orders;
  readonly rates: RateSource;
  readonly events: OrderEventSource;
  readonly streams: EventStreams;
  readonly callbackAddresses: CallbackAddresses;
  /** Networks from which callbacks are accepted; from any if there are none. */
  readonly callbackSources: readonly string[];
  readonly receiveBalance: (requestId: string, body: string) => Promise<void>;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly rateLimits: RateLimits;
  readonly metrics: HttpMetrics;
  readonly checks: HealthChecks;
  readonly log: Logger;
  readonly now: () => number;
};

/** The complete HTTP app: every route of the contract, M-Pesa's callbacks, the backup server and the docs. */
export function createHttpApp(options: HttpOptions): Express {
  const { orders, engine, walletPayments, network, log, now } = options;
  const app = createApp(options);
  const mount = createMount(app, options);
  mountSessionRoutes(mount, options.sessions, options.tokenKeys);
  mountOrderRoutes(mount, options);
  const history = createHistory({
    store: walletPayments,
    now,
    listOrders: async (walletId, filter) => (await orders.list(walletId, filter)).map(presentOrder),
  });
  mountWalletRoutes(mount, { store: walletPayments, engine, network, now }, history, engine);
  mountOperatorRoutes(app, mount, options);
  mountCallbacks(app, {
    addresses: options.callbackAddresses,
    isSource: createSourceCheck(options.callbackSources),
    rateLimits: options.rateLimits,
    log,
    store: orders.receiveEvidence,
    receiveBalance: options.receiveBalance,
    now,
  });
  mountBackup(app, { ...options, store: options.backups });
  mountDocs(app);
  mountFallbacks(app, log);
  return app;
}

export type HttpServer = { readonly port: number; readonly close: () => Promise<void> };

export type TlsIdentity = {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Requires certificates of clients that this authority issued. */
  readonly clientAuthority?: Buffer;
};

/**
 * Listens until `close`, which waits up to 10 seconds for requests in progress. Rejects if the port is taken.
 * @param tls null for plain HTTP.
 */
export async function serve(
  app: Express,
  host: string,
  port: number,
  tls: TlsIdentity | null = null,
): Promise<HttpServer> {
  const limits = { maxHeaderSize: 16 * 1024, requestTimeout: 30_000, headersTimeout: 15_000 };
  const server: Server =
    tls === null
      ? createServer(limits, app)
      : createTlsServer(
          {
            ...limits,
            cert: tls.cert,
            key: tls.key,
            minVersion: "TLSv1.3",
            ...(tls.clientAuthority === undefined
              ? {}
              : { ca: tls.clientAuthority, requestCert: true, rejectUnauthorized: true }),
          },
          app,
        );
  // Lets a wallet keep its connection between payments, because a new one takes two or three round trips.
  server.keepAliveTimeout = 65_000;
  answerInvalidHttp(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        const forceClose = setTimeout(() => server.closeAllConnections(), 10_000);
        server.close(() => {
          clearTimeout(forceClose);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

/** Answers requests that are not valid HTTP, which never reach Express, with a problem document. */
function answerInvalidHttp(server: Server): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const code = error.code === "HPE_HEADER_OVERFLOW" ? "header_too_large" : "invalid_request";
    const document = problemDocument(code, crypto.randomUUID(), {
      detail:
        code === "header_too_large"
          ? "The request line and headers must not exceed 16 KB."
          : "The request is not valid HTTP.",
    });
    const body = JSON.stringify(document);
    const reason = code === "header_too_large" ? "Request Header Fields Too Large" : "Bad Request";
    socket.end(
      `HTTP/1.1 ${document.status} ${reason}\r\ncontent-type: ${problemContentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  });
}
