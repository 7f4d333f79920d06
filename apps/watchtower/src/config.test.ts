import { expect, test } from "vitest";
import { configurationSchema, readConfiguration } from "./config.ts";

const required = {
  HTTP_LISTEN: "127.0.0.1:3500",
  DATA_FILE: "/data/tower",
  KEY_FILE: "/keys/tower",
};

test("needs an address, a data file and a key, and has a default for everything else", () => {
  expect(readConfiguration(required)).toMatchObject({
    HTTP_LISTEN: { host: "127.0.0.1", port: 3500 },
    TRUSTED_PROXIES: [],
    REQUESTS_PER_MINUTE: 6_000,
  });
  const missing = configurationSchema.safeParse({}).error?.issues.map(({ path }) => path[0]);
  expect(missing).toEqual(Object.keys(required));
});

test("names each invalid variable without its value", () => {
  const read = (environment: Record<string, string>) => () =>
    readConfiguration({ ...required, ...environment });
  expect(read({ PUBLIC_URL: "ftp://secret" })).toThrow("PUBLIC_URL: must be an http(s) URL");
  expect(read({ TRUSTED_PROXIES: "nobody" })).toThrow("TRUSTED_PROXIES");
  expect(read({ HTTP_LISTEN: "127.0.0.1:99999" })).toThrow("HTTP_LISTEN");
  expect(read({ MAXIMUM_WALLETS: "-1" })).not.toThrow("-1");
});
