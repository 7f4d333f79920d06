import { silentLogger } from "@satsconnect/lightning";
import { SimulatedChain, SimulatedClock, esploraFetch } from "@satsconnect/lightning/simulation";
import { expect, test } from "vitest";
import { walletChain } from "./chain-sources.ts";

test("asks the independent servers when the operator's does not answer, and each server once", async () => {
  const clock = new SimulatedClock(1_700_000_000_000);
  const chain = new SimulatedChain(clock);
  const answer = esploraFetch(chain);
  const asked = new Set<string>();
  const setting = { network: "regtest", now: () => clock.now() } as const;
  const send: typeof fetch = (input, init) => {
    const { host } = new URL(String(input));
    asked.add(host);
    return host === "other.test"
      ? answer(input, init)
      : Promise.reject(new TypeError("fetch failed"));
  };
  const source = (independentUrls: readonly string[]) =>
    walletChain("http://operator.test/esplora", {
      independentUrls,
      clock,
      logger: silentLogger,
      fetch: send,
    });
  expect(await source([]).tip(setting)).toMatchObject({ error: { code: "chain_unreachable" } });
  const both = source(["http://operator.test/esplora/", "http://other.test/esplora"]);
  expect(await both.tip(setting)).toMatchObject({ value: { height: chain.height } });
  expect([...asked]).toEqual(["operator.test", "other.test"]);
});
