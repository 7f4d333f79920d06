import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "./testing/database.ts";
import type { TestDatabase } from "./testing/database.ts";
import { newTokenKey, writeTokenKeys } from "./testing/token-keys.ts";
import { startApi } from "./api.ts";
import { createLogger } from "./app/logger.ts";
import { ConfigurationError } from "./config.ts";
import type { Configuration } from "./config.ts";
import { readDeployment } from "./mainnet-checks.ts";

let testDatabase: TestDatabase;
beforeAll(async () => {
  testDatabase = await createTestDatabase({ migrated: false });
});
afterAll(() => testDatabase.drop());

test("the settings of the database and the modes of key files are read", async () => {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), "api-")), "callback-secret");
  writeFileSync(file, "secret", { mode: 0o644 });
  const configuration = { CALLBACK_SECRET_FILE: file } as Configuration;
  const deployment = await readDeployment(configuration, testDatabase.database);
  expect(Object.keys(deployment.databaseSettings).toSorted()).toEqual([
    "fsync",
    "full_page_writes",
    "synchronous_commit",
    "synchronous_standby_names",
  ]);
  expect(deployment.secretFiles).toEqual([
    { name: "CALLBACK_SECRET_FILE", mode: 0o100644, text: "secret" },
  ]);
});

test("the api does not start on mainnet with a development configuration, and changes no database", async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "api-"));
  const file = (name: string, text: string) => {
    const at = path.join(folder, name);
    writeFileSync(at, text, { mode: 0o600 });
    return at;
  };
  const configuration = {
    NETWORK: "bitcoin",
    DATABASE_URL: testDatabase.url,
    DATABASE_REPLICATION: "synchronous",
    PUBLIC_URL: "http://127.0.0.1:3000",
    DARAJA_BASE_URL: "http://127.0.0.1:3600",
    RATES_COINBASE_URL: "http://127.0.0.1:3600",
    RATES_YADIO_URL: "http://127.0.0.1:3600",
    RATES_KRAKEN_URL: "http://127.0.0.1:3600",
    RATES_FX_URL: "http://127.0.0.1:3600",
    CORS_ORIGINS: [],
    TRUSTED_PROXIES: 0,
    RATE_LIMIT_FACTOR: 100,
    SPREAD_PARTS_PER_MILLION: 15_000,
    BUY_QUOTE_LIFETIME_SECONDS: 90,
    SELL_QUOTE_LIFETIME_SECONDS: 120,
    DARAJA_CONSUMER_KEY: "key",
    DARAJA_CONSUMER_SECRET: "secret",
    DARAJA_PASSKEY: "passkey",
    DARAJA_INITIATOR_PASSWORD: "password",
    ENGINE_TLS_CA: file("ca", "x"),
    ENGINE_TLS_CERT: file("cert", "x"),
    ENGINE_TLS_KEY: file("key", "x"),
    TOKEN_KEYS_FILE: writeTokenKeys([newTokenKey("one")]),
    CALLBACK_SECRET_FILE: file("callback", "00".repeat(32)),
  } as unknown as Configuration;
  const connect = () => {
    throw new Error("It connected to the outside");
  };
  const start = startApi(configuration, connect, createLogger("silent"));
  await expect(start).rejects.toBeInstanceOf(ConfigurationError);
  await expect(start).rejects.toThrow(/DARAJA_BASE_URL[\s\S]*RATE_LIMIT_FACTOR[\s\S]*standby/);
  const { rows } = await testDatabase.database.query(
    "SELECT 1 FROM pg_tables WHERE schemaname = 'public'",
  );
  expect(rows).toEqual([]);
});
