import { readFileSync, statSync } from "node:fs";
import type { Queryable } from "@satsconnect/postgres";
import type { Configuration } from "./config.ts";

/** A file with a secret. */
type SecretFile = {
  readonly name: string;
  /** Its permissions, as `stat` gives them. */
  readonly mode: number;
  readonly text: string;
};

/** The facts that decide whether this deployment may handle real money. */
export type Deployment = {
  readonly configuration: Configuration;
  /** Settings of the api's Postgres; see `readDatabaseSettings`. */
  readonly databaseSettings: Readonly<Record<string, string>>;
  readonly secretFiles: readonly SecretFile[];
};

const secretFileVariables = [
  "CALLBACK_SECRET_FILE",
  "TOKEN_KEYS_FILE",
  "ENGINE_TLS_KEY",
  "ADMIN_TLS_KEY",
  "ADMIN_MTLS_KEY",
] as const satisfies readonly (keyof Configuration)[];

/** Published with Daraja's sandbox: everybody has them. */
const sandboxValues: ReadonlySet<string> = new Set([
  "174379",
  "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919",
  "Safaricom999!*!",
  "testapi",
]);

/** The reasons for refusing to run on mainnet; empty when there are none. They never contain a secret. */
export function mainnetRefusals(deployment: Deployment): readonly string[] {
  return [
    ...addressRefusals(deployment.configuration),
    ...listenerRefusals(deployment.configuration),
    ...secretRefusals(deployment),
    ...tradeRefusals(deployment.configuration),
    ...databaseRefusals(deployment),
  ];
}

function addressRefusals(configuration: Configuration): readonly string[] {
  const urls = {
    PUBLIC_URL: configuration.PUBLIC_URL,
    DARAJA_BASE_URL: configuration.DARAJA_BASE_URL,
    RATES_COINBASE_URL: configuration.RATES_COINBASE_URL,
    RATES_YADIO_URL: configuration.RATES_YADIO_URL,
    RATES_KRAKEN_URL: configuration.RATES_KRAKEN_URL,
    RATES_BITSTAMP_URL: configuration.RATES_BITSTAMP_URL ?? "https:",
    RATES_FX_URL: configuration.RATES_FX_URL,
  };
  const reasons = Object.entries(urls).flatMap(([name, url]) =>
    url.startsWith("https:") ? [] : [`${name} must be an https:// URL`],
  );
  if (configuration.CORS_ORIGINS.some((origin) => !origin.startsWith("https://"))) {
    reasons.push("CORS_ORIGINS must be https:// origins");
  }
  if (new URL(configuration.DARAJA_BASE_URL).hostname.startsWith("sandbox.")) {
    reasons.push("DARAJA_BASE_URL names Daraja's sandbox, which moves no money");
  }
  return reasons;
}

function listenerRefusals(configuration: Configuration): readonly string[] {
  const listeners = {
    ADMIN_LISTEN: configuration.ADMIN_LISTEN,
    ADMIN_MTLS_LISTEN: configuration.ADMIN_MTLS_LISTEN,
    MONITORING_LISTEN: configuration.MONITORING_LISTEN,
  };
  const reasons = Object.entries(listeners).flatMap(([name, listen]) =>
    listen !== undefined && /^(?:0\.0\.0\.0|::|0)$/.test(listen.host)
      ? [`${name} listens on every address; name the private one`]
      : [],
  );
  if (configuration.TRUSTED_PROXIES === 0) {
    reasons.push(
      "TRUSTED_PROXIES is 0, so all clients behind the TLS proxy would count as one address",
    );
  }
  return reasons;
}

function secretRefusals({ configuration, secretFiles }: Deployment): readonly string[] {
  const reasons: string[] = [];
  for (const { name, mode } of secretFiles) {
    if ((mode & 0o077) !== 0) reasons.push(`${name} can be read by other users; set mode 0600`);
  }
  const callbackLines = linesOf(secretFiles.find(({ name }) => name === "CALLBACK_SECRET_FILE"));
  if (callbackLines.some((line) => new Set(Buffer.from(line, "hex")).size < 8)) {
    reasons.push("CALLBACK_SECRET_FILE does not contain a random secret");
  }
  const values = {
    DARAJA_CONSUMER_KEY: configuration.DARAJA_CONSUMER_KEY,
    DARAJA_CONSUMER_SECRET: configuration.DARAJA_CONSUMER_SECRET,
    DARAJA_PASSKEY: configuration.DARAJA_PASSKEY,
    DARAJA_INITIATOR_PASSWORD: configuration.DARAJA_INITIATOR_PASSWORD,
  };
  const identities = {
    DARAJA_SHORTCODE: configuration.DARAJA_SHORTCODE,
    DARAJA_INITIATOR_NAME: configuration.DARAJA_INITIATOR_NAME,
  };
  for (const [name, value] of Object.entries({ ...values, ...identities })) {
    if (sandboxValues.has(value)) reasons.push(`${name} is that of Daraja's sandbox`);
  }
  for (const [name, value] of Object.entries(values)) {
    if (value.length < 8 || new Set(value).size < 5) reasons.push(`${name} is not a secret`);
  }
  reasons.push(...sharedSecrets(values, secretFiles));
  for (const name of ["DARAJA_INITIATOR_PASSWORD_SET_ON", "CALLBACK_SECRET_SET_ON"] as const) {
    if (configuration[name] === undefined) reasons.push(`${name} is missing`);
  }
  return reasons;
}

/** Secrets that are the same as another one: who learns one of them has both. */
function sharedSecrets(
  values: Readonly<Record<string, string>>,
  files: readonly SecretFile[],
): readonly string[] {
  const seen = new Map<string, string>();
  const secrets = [
    ...Object.entries(values),
    ...files.flatMap((file) => secretsIn(file).map((secret) => [file.name, secret] as const)),
  ];
  return secrets.flatMap(([name, secret]) => {
    const other = seen.get(secret);
    seen.set(secret, name);
    return other === undefined ? [] : [`${name} repeats a secret of ${other}`];
  });
}

/** The secrets in a file: the private parts of a JWK set, each line of the callback secrets, or a key as a whole. */
function secretsIn(file: SecretFile): readonly string[] {
  if (file.name === "TOKEN_KEYS_FILE") {
    return [...file.text.matchAll(/"d"\s*:\s*"([^"]+)"/g)].flatMap(([, d]) =>
      d === undefined ? [] : [d],
    );
  }
  return file.name === "CALLBACK_SECRET_FILE" ? linesOf(file) : [file.text.trim()];
}

function linesOf(file: SecretFile | undefined): readonly string[] {
  return (file?.text ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function tradeRefusals(configuration: Configuration): readonly string[] {
  const reasons: string[] = [];
  if (configuration.RATE_LIMIT_FACTOR !== 1) reasons.push("RATE_LIMIT_FACTOR must be 1");
  if (configuration.SPREAD_PARTS_PER_MILLION === 0) {
    reasons.push("SPREAD_PARTS_PER_MILLION is 0: every move of the price would be a loss");
  }
  return reasons;
}

function databaseRefusals({ configuration, databaseSettings }: Deployment): readonly string[] {
  const reasons: string[] = [];
  const database = new URL(configuration.DATABASE_URL);
  const isLocal = ["127.0.0.1", "localhost", "[::1]", ""].includes(database.hostname);
  if (isLocal && database.username === "satsconnect") {
    reasons.push("DATABASE_URL names the embedded development database");
  }
  for (const name of ["fsync", "full_page_writes"]) {
    if (databaseSettings[name] === "off") reasons.push(`Postgres runs with ${name} off`);
  }
  const commit = databaseSettings["synchronous_commit"] ?? "";
  if (commit === "off" || commit === "local") {
    reasons.push(`Postgres runs with synchronous_commit ${commit}`);
  }
  const hasStandby = (databaseSettings["synchronous_standby_names"] ?? "") !== "";
  if (!hasStandby && configuration.DATABASE_REPLICATION === "synchronous") {
    reasons.push(
      "Postgres has no synchronous standby (synchronous_standby_names), so a failover could lose orders",
    );
  }
  return reasons;
}

/** Reads what `mainnetRefusals` judges. @throws Error if a file or the database cannot be read. */
export async function readDeployment(
  configuration: Configuration,
  database: Queryable,
): Promise<Deployment> {
  const { rows } = await database.query<Record<string, string>>(
    `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
            current_setting('synchronous_commit') AS synchronous_commit,
            current_setting('synchronous_standby_names') AS synchronous_standby_names`,
  );
  const secretFiles = secretFileVariables.flatMap((name) => {
    const file = configuration[name];
    if (file === undefined) return [];
    return [{ name, mode: statSync(file).mode, text: readFileSync(file, "utf8") }];
  });
  return { configuration, databaseSettings: rows[0] ?? {}, secretFiles };
}
