import { fileURLToPath } from "node:url";
import { kes } from "@satsconnect/money";
import type { Database } from "@satsconnect/postgres";
import { createActLog } from "./adapters/postgres/act-log.ts";
import { createOperatorStore } from "./adapters/postgres/operator-store.ts";
import { createOrderFiles } from "./adapters/postgres/order-files.ts";
import { createActs } from "./app/admin/acts.ts";
import { createBookActing } from "./app/admin/book-acts.ts";
import { createOperatorExecutor } from "./app/admin/operators.ts";
import { createOrderActing } from "./app/admin/order-acts.ts";
import { createSwitchExecutor } from "./app/admin/switches.ts";
import { createPasskeys } from "./app/admin/passkeys.ts";
import { createOperatorSessions } from "./app/admin/sessions.ts";
import type { Alarms } from "./app/alarms/alarms.ts";
import type { Logger } from "./app/logger.ts";
import type { OrderActs } from "./app/orders/acts.ts";
import { evidenceFact } from "./app/orders/evidence.ts";
import type {
  Lightning,
  PayoutRail,
  ReversalRail,
  StkRail,
  RateSource,
} from "./app/orders/ports.ts";
import type { RateLimits } from "./app/rate-limits.ts";
import type { Switches } from "./app/switches.ts";
import { readConfiguredFile } from "./config.ts";
import type { Configuration } from "./config.ts";
import { decodeInvoice } from "./domain/bolt11.ts";
import { createAdminApp } from "./http/admin/app.ts";
import type { AdminBooksOptions } from "./http/admin/books.ts";
import { browserCallers, certificateCallers } from "./http/admin/callers.ts";
import type { Callers } from "./http/admin/callers.ts";
import type { HttpMetrics } from "./http/metrics.ts";
import { serve } from "./http/server.ts";
import type { HttpServer } from "./http/server.ts";
import { repeat } from "./repeat.ts";

type AdminVariable = Extract<keyof Configuration, `ADMIN_${string}`>;

export type AdminOptions = {
  readonly configuration: Pick<Configuration, "NETWORK" | AdminVariable>;
  readonly database: Database;
  readonly orders: OrderActs;
  readonly lightning: Pick<Lightning, "status">;
  readonly stk: StkRail;
  readonly payouts: PayoutRail;
  readonly reversals: ReversalRail;
  readonly books: AdminBooksOptions["books"];
  readonly rates: RateSource;
  readonly switches: Switches;
  readonly alarms: Alarms;
  readonly rateLimits: RateLimits;
  readonly metrics: HttpMetrics;
  readonly log: Logger;
  readonly now: () => number;
};

/** The running listeners. A port is null where the listener is not configured. */
export type Admin = {
  readonly consolePort: number | null;
  readonly mtlsPort: number | null;
  readonly stop: () => Promise<void>;
};

const tidyIntervalMs = 30_000;
const builtConsole = fileURLToPath(new URL("../../console/dist/web", import.meta.url));

/** Serves the operator's admin API on the listeners that are configured. @throws ConfigurationError */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const { configuration, database, log, now } = options;
  const { ADMIN_LISTEN, ADMIN_URL, ADMIN_MTLS_LISTEN } = configuration;
  if (ADMIN_URL === undefined || (ADMIN_LISTEN ?? ADMIN_MTLS_LISTEN) === undefined)
    return { consolePort: null, mtlsPort: null, stop: async () => undefined };

  const operators = createOperatorStore(database);
  const actLog = createActLog(database);
  const passkeys = createPasskeys({ store: operators, origin: ADMIN_URL, now });
  const sessions = createOperatorSessions({ store: operators, passkeys, log: actLog, now });
  const orderActs = createOrderActing(options.orders);
  const bookActs = createBookActing({ ...options.books, rates: options.rates });
  const fourEyesKesCents = kes(BigInt(configuration.ADMIN_FOUR_EYES_KES));
  const acts = createActs({
    log: actLog,
    operators,
    passkeys,
    executors: {
      order: orderActs.execute,
      operator: createOperatorExecutor(operators, ADMIN_URL, now),
      books: bookActs.execute,
      switch: createSwitchExecutor(options.switches),
    },
    fourEyesKesCents,
    network: configuration.NETWORK,
    now,
    logger: log,
  });

  const app = (callers: Callers) =>
    createAdminApp({
      callers,
      sessions,
      operators,
      acts,
      orderActs,
      files: createOrderFiles(database),
      lightning: options.lightning,
      readEvidence: (evidence) => evidenceFact(options, evidence),
      paymentHashOf: (invoice) => {
        const decoded = decodeInvoice(invoice);
        return decoded.ok ? decoded.value.paymentHash : null;
      },
      network: configuration.NETWORK,
      fourEyesKesCents,
      books: options.books,
      bookActs,
      switches: options.switches,
      alarms: options.alarms,
      rateLimits: options.rateLimits,
      consoleFolder: configuration.ADMIN_CONSOLE_FOLDER ?? builtConsole,
      metrics: options.metrics,
      log,
      now,
    });

  const servers: HttpServer[] = [];
  let consolePort: number | null = null;
  let mtlsPort: number | null = null;
  if (ADMIN_LISTEN !== undefined) {
    const cert = configuration.ADMIN_TLS_CERT;
    const key = configuration.ADMIN_TLS_KEY;
    const tls =
      cert === undefined || key === undefined
        ? null
        : {
            cert: readConfiguredFile("ADMIN_TLS_CERT", cert),
            key: readConfiguredFile("ADMIN_TLS_KEY", key),
          };
    const callers = browserCallers(sessions, ADMIN_URL);
    const server = await serve(app(callers), ADMIN_LISTEN.host, ADMIN_LISTEN.port, tls);
    servers.push(server);
    consolePort = server.port;
  }
  if (ADMIN_MTLS_LISTEN !== undefined) {
    const tls = {
      cert: readConfiguredFile("ADMIN_MTLS_CERT", configuration.ADMIN_MTLS_CERT ?? ""),
      key: readConfiguredFile("ADMIN_MTLS_KEY", configuration.ADMIN_MTLS_KEY ?? ""),
      clientAuthority: readConfiguredFile(
        "ADMIN_MTLS_CLIENT_CA",
        configuration.ADMIN_MTLS_CLIENT_CA ?? "",
      ),
    };
    const { host, port } = ADMIN_MTLS_LISTEN;
    const server = await serve(app(certificateCallers(sessions)), host, port, tls);
    servers.push(server);
    mtlsPort = server.port;
  }
  const tidying = repeat(
    "operators",
    tidyIntervalMs,
    async () => {
      await acts.tidy();
      await sessions.deleteExpired();
    },
    log,
  );
  return {
    consolePort,
    mtlsPort,
    stop: async () => {
      await tidying.stop();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
