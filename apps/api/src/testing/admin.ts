import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { createAdminClient } from "@satsconnect/contracts/admin";
import type { AdminClient, AdminSession } from "@satsconnect/contracts/admin";
import { issueCertificates } from "@satsconnect/dev-certificates";
import type { Identity } from "@satsconnect/dev-certificates";
import { err, valueOf } from "@satsconnect/money";
import { createCallbackAddresses } from "../adapters/daraja/callback-addresses.ts";
import { startAdmin } from "../admin.ts";
import type { Admin } from "../admin.ts";
import { createOperatorStore } from "../adapters/postgres/operator-store.ts";
import { createSwitchStore } from "../adapters/postgres/switch-store.ts";
import { createRateLimits } from "../adapters/redis/rate-limits.ts";
import { hashOf } from "../app/admin/sessions.ts";
import { createAlarms } from "../app/alarms/alarms.ts";
import type { Alarms } from "../app/alarms/alarms.ts";
import { createBooks, creditOrderByStatement } from "../books.ts";
import { createLogger } from "../app/logger.ts";
import type { OrderActs } from "../app/orders/acts.ts";
import type { Lightning, PayoutRail, RateSource, StkRail } from "../app/orders/ports.ts";
import { createSwitches } from "../app/switches.ts";
import { defaultOperatorSettings } from "../domain/operator-settings.ts";
import { createMetrics } from "../http/metrics.ts";
import { createAuthenticator } from "./authenticator.ts";
import type { TestAuthenticator } from "./authenticator.ts";
import type { TestDatabase } from "./database.ts";
import { createTestEngine } from "./engine.ts";

/** A browser with a cookie jar and a passkey. */
export type TestBrowser = {
  readonly client: AdminClient;
  readonly passkey: TestAuthenticator;
  readonly fetch: typeof fetch;
  readonly cookie: () => string;
  /** Signs in anew. */
  readonly signIn: () => Promise<AdminSession>;
  /** Approves an act as the console does. */
  readonly approve: (actId: string) => ReturnType<typeof approveWith>;
};

export type TestAdmin = {
  readonly consoleUrl: string;
  readonly mtlsUrl: string;
  readonly admin: Admin;
  readonly logged: () => string;
  /** A client with a certificate of this name; another authority's with `foreign`. */
  readonly satsctl: (name: string, foreign?: boolean) => AdminClient;
  readonly identity: (name: string) => Identity & { readonly authority: string };
  /** Enrols an operator as its browser does, with a link that no act made. */
  readonly enrol: (name: string, options?: { readonly counts?: boolean }) => Promise<TestBrowser>;
  readonly browser: (passkey: TestAuthenticator) => TestBrowser;
  readonly close: () => Promise<void>;
};

export type TestAdminOptions = {
  readonly testDatabase: TestDatabase;
  readonly orders: OrderActs;
  readonly lightning?: Pick<Lightning, "status">;
  readonly stk?: StkRail;
  readonly payouts?: PayoutRail;
  readonly alarms?: Alarms;
  readonly rates?: RateSource;
  readonly fourEyesKes?: number;
  readonly rateLimitFactor?: number;
  readonly now?: () => number;
};

const noRates: RateSource = {
  current: async () => err("rates_unavailable", "No price is available.", "safe"),
};

const certificateNames = ["api", "wanjiku", "otieno", "achieng", "operator", "Not A Name"] as const;

/** The admin API as `startApi` starts it, on both listeners, with certificates and software passkeys. */
export async function startTestAdmin(options: TestAdminOptions): Promise<TestAdmin> {
  const redis = new Redis(process.env["REDIS_URL"] ?? "", {
    keyPrefix: `test:${randomBytes(6).toString("hex")}:`,
  });
  const folder = mkdtempSync(path.join(tmpdir(), "satsconnect-admin-"));
  const issued = issueCertificates(certificateNames, Date.now());
  const foreign = issueCertificates(certificateNames, Date.now());
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  writeFileSync(path.join(folder, "index.html"), "<!doctype html><title>console</title>");
  const lines: string[] = [];
  const log = createLogger("debug", { write: (line: string) => void lines.push(line) });
  const port = await freePort();
  const consoleUrl = `http://localhost:${port}`;
  const unused = async (): Promise<never> => {
    throw new Error("These tests do not use M-Pesa");
  };
  const admin = await startAdmin({
    configuration: {
      NETWORK: "regtest",
      ADMIN_LISTEN: { host: "127.0.0.1", port },
      ADMIN_URL: consoleUrl,
      ADMIN_TLS_CERT: undefined,
      ADMIN_TLS_KEY: undefined,
      ADMIN_MTLS_LISTEN: { host: "127.0.0.1", port: 0 },
      ADMIN_MTLS_CERT: file("api.pem", issued.identities.api.certificate),
      ADMIN_MTLS_KEY: file("api.key", issued.identities.api.key),
      ADMIN_MTLS_CLIENT_CA: file("ca.pem", issued.authority),
      ADMIN_FOUR_EYES_KES: options.fourEyesKes ?? 10_000,
      ADMIN_CONSOLE_FOLDER: folder,
    },
    database: options.testDatabase.database,
    orders: options.orders,
    lightning: options.lightning ?? { status: unused },
    stk: options.stk ?? { push: unused, query: unused, readCallback: () => null },
    payouts: options.payouts ?? {
      send: unused,
      requestStatus: unused,
      readResult: () => null,
      readStatusResult: () => null,
      recipientName: unused,
    },
    reversals: { send: unused, readResult: () => null },
    books: createBooks({
      database: options.testDatabase.database,
      engine: createTestEngine(),
      requestBalance: unused,
      pull: null,
      rates: options.rates ?? noRates,
      creditOrder: (line, orderId) => creditOrderByStatement(options.orders, line, orderId),
      callbackAddresses: createCallbackAddresses("http://api.test", [randomBytes(32)]),
      collectingShortcode: "600111",
      payoutShortcode: "600222",
      now: options.now ?? Date.now,
      log,
    }),
    rates: options.rates ?? noRates,
    switches: createSwitches({
      store: createSwitchStore(options.testDatabase.database),
      configured: defaultOperatorSettings,
      now: options.now ?? Date.now,
      log,
    }),
    alarms: options.alarms ?? createAlarms({ checks: [], now: options.now ?? Date.now, log }),
    rateLimits: createRateLimits(redis, options.rateLimitFactor ?? 1_000),
    metrics: createMetrics(),
    log,
    now: options.now ?? Date.now,
  });
  const mtlsUrl = `https://127.0.0.1:${admin.mtlsPort ?? 0}`;
  const identityOf = (name: string, from: typeof issued) => ({
    ...from.identities[name as (typeof certificateNames)[number]],
    authority: issued.authority,
  });
  const satsctl: TestAdmin["satsctl"] = (name, isForeign = false) =>
    createAdminClient({
      baseUrl: mtlsUrl,
      fetch: certificateFetch(identityOf(name, isForeign ? foreign : issued)),
    });

  const browser = (passkey: TestAuthenticator): TestBrowser => {
    let cookie = "";
    const send: typeof fetch = async (url, init) => {
      const headers = new Headers(init?.headers);
      if (cookie !== "") headers.set("cookie", cookie);
      if (!headers.has("origin")) headers.set("origin", consoleUrl);
      headers.set("sec-fetch-site", headers.get("sec-fetch-site") ?? "same-origin");
      const response = await fetch(url, { ...init, headers });
      const set = response.headers.get("set-cookie");
      if (set !== null) cookie = set.split(";")[0] ?? "";
      return response;
    };
    const client = createAdminClient({ baseUrl: consoleUrl, fetch: send });
    return {
      client,
      passkey,
      fetch: send,
      cookie: () => cookie,
      signIn: async () => {
        const { options: login } = valueOf(await client("loginOptions"));
        return valueOf(await client("login", { body: { assertion: passkey.get(login) } }));
      },
      approve: (actId) => approveWith(client, passkey, actId),
    };
  };

  return {
    consoleUrl,
    mtlsUrl,
    admin,
    logged: () => lines.join(""),
    satsctl,
    identity: (name) => identityOf(name, issued),
    browser,
    enrol: async (name, passkeyOptions) => {
      const store = createOperatorStore(options.testDatabase.database);
      const token = `sce_${randomBytes(32).toString("base64url")}`;
      const at = (options.now ?? Date.now)();
      await store.openEnrolment({
        operatorId: (await store.ensure(name, at)).id,
        tokenHash: hashOf(token),
        now: at,
        expiresAt: at + 60_000,
      });
      const opened = browser(createAuthenticator(consoleUrl, passkeyOptions));
      const { options: creation } = valueOf(
        await opened.client("enrolmentOptions", { body: { token } }),
      );
      valueOf(
        await opened.client("enrol", {
          body: { token, registration: opened.passkey.create(creation), label: "test phone" },
        }),
      );
      return opened;
    },
    close: async () => {
      await admin.stop();
      redis.disconnect();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function approveWith(client: AdminClient, passkey: TestAuthenticator, actId: string) {
  const begun = await client("approvalOptions", { params: { actId } });
  if (!begun.ok) return begun;
  return client("approveAct", {
    params: { actId },
    body: { assertion: passkey.get(begun.value.options) },
  });
}

/** `fetch` with a client certificate. */
function certificateFetch(identity: Identity & { readonly authority: string }): typeof fetch {
  return (url, init) =>
    new Promise((resolve, reject) => {
      const sent = httpsRequest(
        String(url),
        {
          cert: identity.certificate,
          key: identity.key,
          ca: identity.authority,
          method: init?.method ?? "GET",
          headers: init?.headers as Record<string, string>,
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("end", () => {
            const status = answer.statusCode ?? 500;
            resolve(new Response(status === 204 ? null : Buffer.concat(chunks), { status }));
          });
        },
      );
      sent.on("error", reject);
      if (typeof init?.body === "string") sent.write(init.body);
      sent.end();
    });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
