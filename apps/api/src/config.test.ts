import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  ConfigurationError,
  configurationSchema,
  readCallbackSecrets,
  readConfiguration,
  readOperatorSettings,
} from "./config.ts";
import { defaultOperatorSettings } from "./domain/operator-settings.ts";
import { noStops } from "./domain/stops.ts";

const complete = {
  DATABASE_URL: "postgres://user:hunter2@127.0.0.1:5432/api",
  REDIS_URL: "redis://127.0.0.1:6379",
  HTTP_LISTEN: "127.0.0.1:3000",
  PUBLIC_URL: "http://127.0.0.1:3000/",
  ENGINE_GRPC_ADDRESS: "127.0.0.1:4000",
  ENGINE_TLS_CA: "ca.pem",
  ENGINE_TLS_CERT: "cert.pem",
  ENGINE_TLS_KEY: "key.pem",
  DARAJA_BASE_URL: "http://127.0.0.1:5000",
  DARAJA_CONSUMER_KEY: "key",
  DARAJA_CONSUMER_SECRET: "secret",
  DARAJA_SHORTCODE: "174379",
  DARAJA_PASSKEY: "passkey",
  DARAJA_B2C_SHORTCODE: "600000",
  DARAJA_INITIATOR_NAME: "initiator",
  DARAJA_INITIATOR_PASSWORD: "password",
  DARAJA_CERTIFICATE_FILE: "daraja.pem",
  RATES_COINBASE_URL: "http://127.0.0.1:5000/rates/coinbase",
  RATES_YADIO_URL: "http://127.0.0.1:5000/rates/yadio",
  RATES_KRAKEN_URL: "http://127.0.0.1:5000/rates/kraken",
  RATES_FX_URL: "http://127.0.0.1:5000/rates/er-api",
  TOKEN_KEYS_FILE: "keys.json",
  CALLBACK_SECRET_FILE: "secret",
};

test("reads a complete environment", () => {
  expect(
    readConfiguration({ ...complete, CORS_ORIGINS: "http://a.test, http://b.test" }),
  ).toMatchObject({
    NETWORK: "regtest",
    HTTP_LISTEN: { host: "127.0.0.1", port: 3000 },
    PUBLIC_URL: "http://127.0.0.1:3000",
    CORS_ORIGINS: ["http://a.test", "http://b.test"],
    RATE_LIMIT_FACTOR: 1,
  });
});

test("names every missing variable at once, secrets included", () => {
  const read = () => readConfiguration({});
  expect(read).toThrow(ConfigurationError);
  for (const name of Object.keys(complete)) expect(read).toThrow(`${name} is missing`);
});

test("describes every variable, and marks secrets and files", () => {
  for (const [name, schema] of Object.entries(configurationSchema.shape)) {
    const { description, isFile, isSecret } = schema.meta() ?? {};
    expect({ name, described: description?.endsWith(".") === true }).toEqual({
      name,
      described: true,
    });
    expect({ name, isFile }).toEqual({
      name,
      isFile: /_FILE$|_M?TLS_(?:CERT|KEY|CA|CLIENT_CA)$/.test(name) ? true : undefined,
    });
    if (/(?:SECRET|PASSWORD|PASSKEY)(?!_SET_ON)/.test(name))
      expect({ name, isSecret }).toEqual({ name, isSecret: true });
  }
});

test.each([
  ["DATABASE_URL", "mysql://u:hunter2@h/d"],
  ["HTTP_LISTEN", "3000"],
  ["PUBLIC_URL", "ftp://hunter2"],
  ["DARAJA_SHORTCODE", "hunter2"],
  ["NETWORK", "hunter2"],
])("reports an invalid %s without repeating its value", (name, value) => {
  const read = () => readConfiguration({ ...complete, [name]: value });
  expect(read).toThrow(name);
  expect(read).not.toThrow("hunter2");
});

describe("the admin listeners", () => {
  const admin = { ...complete, ADMIN_LISTEN: "127.0.0.1:3600", ADMIN_URL: "http://localhost:3600" };
  const mtls = {
    ADMIN_MTLS_LISTEN: "10.0.0.5:3610",
    ADMIN_MTLS_CERT: "admin.pem",
    ADMIN_MTLS_KEY: "admin.key",
    ADMIN_MTLS_CLIENT_CA: "authority.pem",
  };

  test("are off unless they are configured", () => {
    const configuration = readConfiguration(complete);
    expect(configuration.ADMIN_LISTEN).toBeUndefined();
    expect(configuration.ADMIN_MTLS_LISTEN).toBeUndefined();
  });

  test("can be configured", () => {
    expect(readConfiguration({ ...admin, ...mtls })).toMatchObject({
      ADMIN_LISTEN: { host: "127.0.0.1", port: 3600 },
      ADMIN_MTLS_LISTEN: { host: "10.0.0.5", port: 3610 },
      ADMIN_FOUR_EYES_KES: 10_000,
    });
  });

  test.each<[string, Readonly<Record<string, string | undefined>>, string]>([
    ["without the console's address", { ADMIN_URL: undefined }, "ADMIN_URL is missing"],
    ["at an http address", { ADMIN_URL: "http://console.example" }, "ADMIN_URL must be https"],
    ["with half a certificate", { ADMIN_TLS_CERT: "c.pem" }, "ADMIN_TLS_KEY is missing"],
    ["on the public port", { ADMIN_LISTEN: complete.HTTP_LISTEN }, "a port of its own"],
    [
      "for satsctl without an authority",
      { ...mtls, ADMIN_MTLS_CLIENT_CA: undefined },
      "ADMIN_MTLS_CLIENT_CA is missing",
    ],
    [
      "without TLS on a network of mainnet",
      { NETWORK: "bitcoin", SUPPORT_EMAIL: "help@pesa.example", ADMIN_LISTEN: "10.0.0.5:3600" },
      "ADMIN_LISTEN must be a loopback address on mainnet",
    ],
  ])("are refused %s", (_name, change, message) => {
    expect(() => readConfiguration({ ...admin, ...change })).toThrow(message);
  });
});

test("requires a support contact on mainnet", () => {
  const mainnet = { ...complete, NETWORK: "bitcoin" };
  expect(() => readConfiguration(mainnet)).toThrow("SUPPORT_PHONE is missing");
  expect(readConfiguration({ ...mainnet, SUPPORT_EMAIL: "help@pesa.example" })).toMatchObject({
    SUPPORT_EMAIL: "help@pesa.example",
  });
  expect(() => readConfiguration({ ...mainnet, SUPPORT_PHONE: "0712 345 678" })).toThrow("+254");
});

describe("the operator's settings", () => {
  const now = Date.UTC(2026, 10, 23);
  const read = (overrides: Record<string, string>) =>
    readOperatorSettings(readConfiguration({ ...complete, ...overrides }), now);

  test("default to a spread of 1.5 %, quotes of 90 and 120 seconds and M-Pesa's limits", () => {
    expect(read({})).toEqual(defaultOperatorSettings);
    expect(read({})).toMatchObject({
      spreadPartsPerMillion: 15_000n,
      quoteLifetimeMs: { buy: 90_000, sell: 120_000 },
    });
  });

  test("are read from the environment", () => {
    expect(
      read({
        SPREAD_PARTS_PER_MILLION: "22500",
        BUY_QUOTE_LIFETIME_SECONDS: "60",
        ORDER_MIN_KES: "50",
        ORDER_MAX_KES: "20000",
      }),
    ).toEqual({
      spreadPartsPerMillion: 22_500n,
      stops: noStops,
      quoteLifetimeMs: { buy: 60_000, sell: 120_000 },
      limits: { min: 5_000n, max: 2_000_000n, dailyMax: null },
    });
  });

  test.each([
    ["SPREAD_PARTS_PER_MILLION", "100001", "must be from 0 to 100000"],
    ["SPREAD_PARTS_PER_MILLION", "1.5", "must be a whole number"],
    ["BUY_QUOTE_LIFETIME_SECONDS", "59", "must be from 60 to 300"],
    ["SELL_QUOTE_LIFETIME_SECONDS", "301", "must be from 60 to 300"],
  ])("refuse %s=%s: it %s", (name, value, message) => {
    expect(() => read({ [name]: value })).toThrow(`${name} ${message}`);
  });

  test("refuse limits that allow no amount", () => {
    expect(() => read({ ORDER_MIN_KES: "500", ORDER_MAX_KES: "400" })).toThrow(ConfigurationError);
    expect(() => read({ ORDER_MAX_KES: "9" })).toThrow("between KES 10 and KES 9");
    expect(() => read({ ORDER_MIN_KES: "300", ORDER_DAILY_MAX_KES: "200" })).toThrow(
      "ORDER_DAILY_MAX_KES",
    );
  });
});

test("reads a callback secret of 32 bytes and refuses anything else", () => {
  const file = join(mkdtempSync(join(tmpdir(), "satsconnect-secret-")), "secret");
  writeFileSync(file, `${"ab".repeat(32)}\n`);
  expect(readCallbackSecrets(file)[0]).toHaveLength(32);
  writeFileSync(file, "short");
  expect(() => readCallbackSecrets(file)).toThrow("64 hex digits");
  expect(() => readCallbackSecrets(`${file}-missing`)).toThrow("ENOENT");
});
