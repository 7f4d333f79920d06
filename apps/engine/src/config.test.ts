import { expect, test } from "vitest";
import { z } from "zod";
import { ConfigurationError, configurationSchema, readConfiguration } from "./config.ts";

const environment = {
  NETWORK: "regtest",
  DATABASE_URL: "postgres://a:hunter2@127.0.0.1:1/engine",
  STATE_KEY_FILE: "/keys/state",
  SEED_FILE: "/keys/seed",
  BITCOIND_RPC_URL: "http://a:b@127.0.0.1:18443",
  GRPC_LISTEN: "127.0.0.1:9000",
  GRPC_TLS_CA: "ca",
  GRPC_TLS_CERT: "cert",
  GRPC_TLS_KEY: "key",
  LIGHTNING_TCP_LISTEN: "0.0.0.0:9735",
  LIGHTNING_WS_LISTEN: "127.0.0.1:9736",
  ESPLORA_LISTEN: "127.0.0.1:3001",
  HTTP_LISTEN: "127.0.0.1:3000",
};

test("needs only the required variables; the others have defaults", () => {
  expect(readConfiguration(environment)).toMatchObject({
    GRPC_LISTEN: { host: "127.0.0.1", port: 9000 },
    CAP_PAYMENT_SAT: 5_000_000n,
    CAP_DAILY_SAT: 50_000_000n,
    CAP_IN_FLIGHT_SAT: 20_000_000n,
    GRPC_OPERATORS: ["operator"],
    PUBLIC_TCP_ADDRESSES: [],
    CORE: "addon",
    FORWARDING_BASE_MSAT: 1_000,
  });
});

test("splits lists and reads numbers", () => {
  expect(
    readConfiguration({
      ...environment,
      PUBLIC_TCP_ADDRESSES: "a.example:9735, b.example:9735,",
      CAP_PAYMENT_SAT: "7",
      LSP_FEE_MILLIONTHS: "12",
    }),
  ).toMatchObject({
    PUBLIC_TCP_ADDRESSES: ["a.example:9735", "b.example:9735"],
    CAP_PAYMENT_SAT: 7n,
    LSP_FEE_MILLIONTHS: 12,
  });
});

test.each([
  ["NETWORK", "mainnet"],
  ["DATABASE_URL", "mysql://secret@x"],
  ["BITCOIND_RPC_URL", "ftp://secret@x"],
  ["BITCOIND_ZMQ_URL", "ipc://secret"],
  ["GRPC_LISTEN", "9000"],
  ["HTTP_LISTEN", "127.0.0.1:70000"],
  ["TRUSTED_PROXIES", "10.0.0.0/8,proxy.example"],
  ["SEED_FILE", ""],
  ["CAP_PAYMENT_SAT", "1.5"],
  ["LSP_FEE_MILLIONTHS", "-1"],
  ["BACKUP_TESTED_ON", "yes"],
])("names an invalid %s and never shows its value", (name, value) => {
  const attempt = () => readConfiguration({ ...environment, [name]: value });
  expect(attempt).toThrow(ConfigurationError);
  expect(attempt).toThrow(name);
  if (value.length > 4) expect(attempt).not.toThrow(value);
});

test("names every missing variable at once", () => {
  expect(() => readConfiguration({ NETWORK: "regtest" })).toThrow(
    /DATABASE_URL[\s\S]*SEED_FILE[\s\S]*HTTP_LISTEN/u,
  );
});

test.each([
  ["LSP_MINIMUM_PAYMENT_SAT", "5000001"],
  ["LSP_MINIMUM_CAPACITY_SAT", "16777216"],
])("refuses a %s above its maximum", (name, value) => {
  expect(() => readConfiguration({ ...environment, [name]: value })).toThrow(name);
});

test("every variable has a description, and its default can be read from the schema", () => {
  const { properties = {} } = z.toJSONSchema(configurationSchema, { io: "input" });
  const undescribed = Object.entries(properties).filter(
    ([, variable]) => typeof variable !== "object" || variable.description === undefined,
  );
  expect(undescribed).toEqual([]);
  expect(properties["LSP_FEE_MILLIONTHS"]).toMatchObject({ default: "4000" });
});
