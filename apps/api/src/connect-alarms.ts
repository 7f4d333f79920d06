import type { EngineClient } from "@satsconnect/contracts/grpc";
import type { Database } from "@satsconnect/postgres";
import { certificateFileExpiry, serverCertificateExpiry } from "./adapters/certificates.ts";
import { createAlarmStore } from "./adapters/postgres/alarm-store.ts";
import { createLedger } from "./adapters/postgres/ledger.ts";
import { createAlarms } from "./app/alarms/alarms.ts";
import type { AlarmCheck, Alarms } from "./app/alarms/alarms.ts";
import { connectionChecks } from "./app/alarms/connection-checks.ts";
import { expiryCheck } from "./app/alarms/expiry-checks.ts";
import type { Expiry } from "./app/alarms/expiry-checks.ts";
import { moneyChecks } from "./app/alarms/money-checks.ts";
import type { Logger } from "./app/logger.ts";
import type { RateSource } from "./app/orders/ports.ts";
import type { Comparison } from "./app/reconciliation/ports.ts";
import type { Configuration } from "./config.ts";
import { alarmPolicy } from "./domain/policy.ts";
import type { HttpMetrics } from "./http/metrics.ts";

/** Certificates change rarely, and reading that of our own address needs a connection. */
const certificateIntervalMs = 3_600_000;

export function connectAlarms(parts: {
  readonly configuration: Configuration;
  readonly database: Database;
  readonly engine: EngineClient;
  readonly rates: RateSource;
  readonly paymentEventsConnected: () => boolean;
  readonly comparisons: () => Promise<readonly Comparison[]>;
  /** The check of `watchRailFaults`. */
  readonly railFaults: AlarmCheck;
  readonly now: () => number;
  readonly log: Logger;
}): Alarms {
  const { configuration, database, engine, now, log } = parts;
  const ledger = createLedger(database);
  return createAlarms({
    checks: [
      ...moneyChecks({
        store: createAlarmStore(database),
        comparisons: parts.comparisons,
        isOpeningBooked: ledger.isOpen,
        floatAlarmHours: configuration.FLOAT_ALARM_HOURS,
        now,
      }),
      ...connectionChecks({
        rates: parts.rates,
        engineAnswers: async () => (await engine.node.getInfo({}, { deadlineMs: 3_000 })).ok,
        paymentEventsConnected: parts.paymentEventsConnected,
      }),
      parts.railFaults,
      expiryCheck(
        "certificates",
        hourly(() => certificatesOf(configuration), now),
        now,
      ),
      expiryCheck("secrets", async () => secretsOf(configuration), now),
    ],
    now,
    log,
  });
}

/** Reads again an hour after the last read. */
function hourly<Value>(read: () => Promise<Value>, now: () => number): () => Promise<Value> {
  let last: { readonly at: number; readonly value: Value } | null = null;
  return async () => {
    if (last === null || now() - last.at >= certificateIntervalMs) {
      last = { at: now(), value: await read() };
    }
    return last.value;
  };
}

async function certificatesOf(configuration: Configuration): Promise<readonly Expiry[]> {
  const names = [
    "DARAJA_CERTIFICATE_FILE",
    "ENGINE_TLS_CA",
    "ENGINE_TLS_CERT",
    "ADMIN_TLS_CERT",
    "ADMIN_MTLS_CERT",
    "ADMIN_MTLS_CLIENT_CA",
  ] as const;
  const files = names.flatMap((name) => {
    const file = configuration[name];
    return file === undefined ? [] : [{ name, file }];
  });
  const ofFiles = files.map(async ({ name, file }): Promise<Expiry> => ({
    alarm: "certificate_expiring",
    subject: name,
    at: await certificateFileExpiry(file),
    detail:
      name === "DARAJA_CERTIFICATE_FILE"
        ? "M-Pesa's certificate: download the new one from Daraja and restart."
        : "Issue a new certificate and restart.",
  }));
  const url = configuration.PUBLIC_URL;
  const ofServers = url.startsWith("https://")
    ? [
        serverCertificateExpiry(url).then((at): Expiry => ({
          alarm: "certificate_expiring",
          subject: "PUBLIC_URL",
          at,
          detail: "The proxy's certificate: M-Pesa's callbacks and all wallets need it.",
        })),
      ]
    : [];
  return Promise.all([...ofFiles, ...ofServers]);
}

function secretsOf(configuration: Configuration): readonly Expiry[] {
  const { DARAJA_INITIATOR_PASSWORD_SET_ON, CALLBACK_SECRET_SET_ON } = configuration;
  const after = (day: string | undefined, lifetimeMs: number) =>
    day === undefined ? null : Date.parse(day) + lifetimeMs;
  // Without a date there is nothing to compute. Mainnet requires both.
  return [
    {
      alarm: "initiator_password_old" as const,
      subject: "",
      at: after(DARAJA_INITIATOR_PASSWORD_SET_ON, alarmPolicy.initiatorPasswordMs),
      detail:
        "Change the initiator's password on M-Pesa's portal, then DARAJA_INITIATOR_PASSWORD and DARAJA_INITIATOR_PASSWORD_SET_ON. Payouts stop when it expires.",
    },
    {
      alarm: "callback_secret_old" as const,
      subject: "",
      at: after(CALLBACK_SECRET_SET_ON, alarmPolicy.callbackSecretMs),
      detail: "Rotate CALLBACK_SECRET_FILE as docs/operating.md describes.",
    },
  ].filter(({ at }) => at !== null);
}

/** Gauges of the alarms, from which monitoring can page somebody. */
export function addAlarmMetrics(metrics: HttpMetrics, alarms: Alarms, now: () => number): void {
  metrics.labelledGauge(
    "satsconnect_alarm_age_seconds",
    "Age of each current alarm",
    ["alarm", "subject", "severity"],
    () =>
      alarms.current().map(({ name, subject, severity, since }) => ({
        labels: { alarm: name, subject, severity },
        value: Math.max(0, (now() - since) / 1_000),
      })),
  );
  metrics.gauge(
    "satsconnect_alarms_checked_seconds",
    "Seconds since the alarms were checked; -1 before the first check",
    () => {
      const checkedAt = alarms.checkedAt();
      return checkedAt === null ? -1 : (now() - checkedAt) / 1_000;
    },
  );
}
