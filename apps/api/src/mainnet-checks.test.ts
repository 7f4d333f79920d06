import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readConfiguration } from "./config.ts";
import { mainnetRefusals } from "./mainnet-checks.ts";
import type { Deployment } from "./mainnet-checks.ts";

const environment: Readonly<Record<string, string>> = {
  NETWORK: "bitcoin",
  DATABASE_URL: "postgres://api:x@db.internal:5432/api",
  REDIS_URL: "redis://redis.internal:6379",
  HTTP_LISTEN: "127.0.0.1:3000",
  MONITORING_LISTEN: "10.0.0.5:9090",
  PUBLIC_URL: "https://api.pesa.example",
  CORS_ORIGINS: "https://wallet.pesa.example",
  TRUSTED_PROXIES: "1",
  SUPPORT_PHONE: "+254700000000",
  ENGINE_GRPC_ADDRESS: "engine.internal:3100",
  ENGINE_TLS_CA: "ca.pem",
  ENGINE_TLS_CERT: "api.pem",
  ENGINE_TLS_KEY: "api.key",
  DARAJA_BASE_URL: "https://api.safaricom.co.ke",
  DARAJA_CONSUMER_KEY: "Kx92mAqLr0Tz",
  DARAJA_CONSUMER_SECRET: "pQ7vZ81nBtYw",
  DARAJA_SHORTCODE: "600111",
  DARAJA_PASSKEY: randomBytes(32).toString("hex"),
  DARAJA_B2C_SHORTCODE: "600222",
  DARAJA_INITIATOR_NAME: "satsapi",
  DARAJA_INITIATOR_PASSWORD: "Rn#58tQe%Zk1",
  DARAJA_INITIATOR_PASSWORD_SET_ON: "2026-11-01",
  DARAJA_CERTIFICATE_FILE: "mpesa.pem",
  RATES_COINBASE_URL: "https://api.coinbase.com",
  RATES_YADIO_URL: "https://api.yadio.io",
  RATES_KRAKEN_URL: "https://api.kraken.com",
  RATES_FX_URL: "https://open.er-api.com",
  TOKEN_KEYS_FILE: "token-keys.json",
  CALLBACK_SECRET_FILE: "callback-secret",
  CALLBACK_SECRET_SET_ON: "2026-11-01",
};
const settings = {
  fsync: "on",
  full_page_writes: "on",
  synchronous_commit: "on",
  synchronous_standby_names: "FIRST 1 (standby)",
};
const secret = () => randomBytes(32).toString("hex");
const files: Deployment["secretFiles"] = [
  { name: "CALLBACK_SECRET_FILE", mode: 0o100600, text: `${secret()}\n${secret()}\n` },
  { name: "TOKEN_KEYS_FILE", mode: 0o100600, text: `{"keys":[{"d":"${secret()}"}]}` },
  { name: "ENGINE_TLS_KEY", mode: 0o100400, text: "-----BEGIN PRIVATE KEY-----" },
];

function refusals(change: {
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly database?: Partial<typeof settings>;
  readonly files?: Deployment["secretFiles"];
}): readonly string[] {
  return mainnetRefusals({
    configuration: readConfiguration({ ...environment, ...change.variables }),
    databaseSettings: { ...settings, ...change.database },
    secretFiles: change.files ?? files,
  });
}

test("mainnet accepts a sound deployment", () => {
  expect(refusals({})).toEqual([]);
});

describe("mainnet refuses", () => {
  test.each<[Readonly<Record<string, string | undefined>>, string]>([
    [{ PUBLIC_URL: "http://api.pesa.example" }, "PUBLIC_URL"],
    [{ DARAJA_BASE_URL: "http://api.safaricom.co.ke" }, "DARAJA_BASE_URL must be an https"],
    [{ DARAJA_BASE_URL: "https://sandbox.safaricom.co.ke" }, "sandbox"],
    [{ RATES_COINBASE_URL: "http://api.coinbase.com" }, "RATES_COINBASE_URL"],
    [{ RATES_YADIO_URL: "http://api.yadio.io" }, "RATES_YADIO_URL"],
    [{ RATES_KRAKEN_URL: "http://api.kraken.com" }, "RATES_KRAKEN_URL"],
    [{ RATES_BITSTAMP_URL: "http://www.bitstamp.net" }, "RATES_BITSTAMP_URL"],
    [{ RATES_FX_URL: "http://open.er-api.com" }, "RATES_FX_URL"],
    [{ CORS_ORIGINS: "http://wallet.pesa.example" }, "CORS_ORIGINS"],
    [{ TRUSTED_PROXIES: "0" }, "TRUSTED_PROXIES"],
    [{ RATE_LIMIT_FACTOR: "100" }, "RATE_LIMIT_FACTOR"],
    [{ SPREAD_PARTS_PER_MILLION: "0" }, "SPREAD_PARTS_PER_MILLION"],
    [{ MONITORING_LISTEN: "0.0.0.0:9090" }, "MONITORING_LISTEN"],
    [
      {
        ADMIN_LISTEN: "[::]:9443",
        ADMIN_URL: "https://console",
        ADMIN_TLS_CERT: "c",
        ADMIN_TLS_KEY: "k",
      },
      "ADMIN_LISTEN",
    ],
    [
      {
        ADMIN_MTLS_LISTEN: "0.0.0.0:9444",
        ADMIN_URL: "https://console",
        ADMIN_MTLS_CERT: "c",
        ADMIN_MTLS_KEY: "k",
        ADMIN_MTLS_CLIENT_CA: "a",
      },
      "ADMIN_MTLS_LISTEN",
    ],
    [{ DATABASE_URL: "postgres://satsconnect:x@127.0.0.1:55432/api" }, "embedded"],
    [{ DARAJA_SHORTCODE: "174379" }, "DARAJA_SHORTCODE is that of Daraja's sandbox"],
    [
      { DARAJA_PASSKEY: "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919" },
      "DARAJA_PASSKEY is that of Daraja's sandbox",
    ],
    [{ DARAJA_INITIATOR_PASSWORD: "Safaricom999!*!" }, "DARAJA_INITIATOR_PASSWORD is that of"],
    [{ DARAJA_CONSUMER_SECRET: "aaaaaaaaaaaa" }, "DARAJA_CONSUMER_SECRET is not a secret"],
    [{ DARAJA_CONSUMER_SECRET: "Kx92mAqLr0Tz" }, "repeats a secret of DARAJA_CONSUMER_KEY"],
    [
      { DARAJA_INITIATOR_PASSWORD_SET_ON: undefined },
      "DARAJA_INITIATOR_PASSWORD_SET_ON is missing",
    ],
    [{ CALLBACK_SECRET_SET_ON: undefined }, "CALLBACK_SECRET_SET_ON is missing"],
  ])("%o", (variables, reason) => {
    const found = refusals({ variables });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(reason);
  });

  test.each<[Partial<typeof settings>, string]>([
    [{ fsync: "off" }, "fsync off"],
    [{ full_page_writes: "off" }, "full_page_writes off"],
    [{ synchronous_commit: "off" }, "synchronous_commit off"],
    [{ synchronous_commit: "local" }, "synchronous_commit local"],
    [{ synchronous_standby_names: "" }, "no synchronous standby"],
  ])("46: a database with %o", (database, reason) => {
    const found = refusals({ database });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(reason);
  });

  test("46: no standby, unless the database's provider replicates it", () => {
    const database = { synchronous_standby_names: "" };
    expect(refusals({ database, variables: { DATABASE_REPLICATION: "managed" } })).toEqual([]);
  });

  test("key files that others can read, weak ones and ones that are used twice, without showing them", () => {
    const [callback, tokens, tls] = files;
    if (callback === undefined || tokens === undefined || tls === undefined) throw new Error();
    expect(refusals({ files: [callback, { ...tokens, mode: 0o100640 }, tls] })).toEqual([
      "TOKEN_KEYS_FILE can be read by other users; set mode 0600",
    ]);
    expect(refusals({ files: [{ ...callback, text: "00".repeat(32) }, tokens, tls] })).toEqual([
      "CALLBACK_SECRET_FILE does not contain a random secret",
    ]);
    const shared = callback.text.split("\n")[0] ?? "";
    const repeated = { ...tokens, text: `{"keys":[{"d":"${shared}"}]}` };
    const found = refusals({ files: [callback, repeated, tls] });
    expect(found).toEqual(["TOKEN_KEYS_FILE repeats a secret of CALLBACK_SECRET_FILE"]);
    expect(found.join()).not.toContain(shared);
  });
});
