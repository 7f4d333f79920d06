import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConfigurationError, readCallbackSecret, readConfiguration } from "./config.ts";

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

test("takes no default for anything secret, and names all that is missing at once", () => {
  const failing = () => readConfiguration({});
  expect(failing).toThrow(ConfigurationError);
  for (const name of Object.keys(complete)) expect(failing).toThrow(`${name} is missing`);
});

test.each([
  ["DATABASE_URL", "mysql://u:hunter2@h/d"],
  ["HTTP_LISTEN", "3000"],
  ["PUBLIC_URL", "ftp://hunter2"],
  ["DARAJA_SHORTCODE", "hunter2"],
  ["NETWORK", "hunter2"],
])("says that %s is wrong without repeating it", (name, value) => {
  const failing = () => readConfiguration({ ...complete, [name]: value });
  expect(failing).toThrow(name);
  expect(failing).not.toThrow("hunter2");
});

test("where money is real, a person who can be asked must be named", () => {
  const mainnet = { ...complete, NETWORK: "bitcoin" };
  expect(() => readConfiguration(mainnet)).toThrow("SUPPORT_PHONE is missing");
  expect(readConfiguration({ ...mainnet, SUPPORT_EMAIL: "help@pesa.example" })).toMatchObject({
    SUPPORT_EMAIL: "help@pesa.example",
  });
  expect(() => readConfiguration({ ...mainnet, SUPPORT_PHONE: "0712 345 678" })).toThrow("+254");
});

test("a callback secret has 32 bytes", () => {
  const file = join(mkdtempSync(join(tmpdir(), "satsconnect-secret-")), "secret");
  writeFileSync(file, `${"ab".repeat(32)}\n`);
  expect(readCallbackSecret(file)).toHaveLength(32);
  writeFileSync(file, "short");
  expect(() => readCallbackSecret(file)).toThrow("64 hex digits");
  expect(() => readCallbackSecret(`${file}-missing`)).toThrow("ENOENT");
});
