import { expect, test } from "vitest";
import { judgeChain } from "./chain-health.ts";
import type { BlockchainInfo } from "./chain-health.ts";

const now = 1_800_000_000_000;
const healthy: BlockchainInfo = {
  chain: "main",
  blocks: 900_000,
  headers: 900_000,
  bestblockhash: "00".repeat(32),
  time: now / 1_000 - 600,
  initialblockdownload: false,
  pruned: false,
};
const problemOf = (change: Partial<BlockchainInfo>, network: "bitcoin" | "regtest" = "bitcoin") =>
  judgeChain({ ...healthy, ...change }, network, now).problem;

test("accepts a tip ten minutes old with every block present", () => {
  expect(judgeChain(healthy, "bitcoin", now)).toEqual({
    problem: null,
    blocksBehind: 0,
    tipAgeSeconds: 600,
  });
});

test("no answer, another network and an initial download are problems", () => {
  expect(judgeChain(null, "bitcoin", now).problem).toBe("bitcoind_unreachable");
  expect(problemOf({ chain: "test" })).toBe("wrong_network");
  expect(problemOf({ initialblockdownload: true })).toBe("initial_download");
});

test("tolerates two missing blocks, not three", () => {
  expect(problemOf({ headers: 900_002 })).toBeNull();
  expect(problemOf({ headers: 900_003 })).toBe("behind");
});

test("tolerates a tip 90 minutes old, not a second older, and any age on regtest", () => {
  const time = now / 1_000 - 90 * 60;
  expect(problemOf({ time })).toBeNull();
  expect(problemOf({ time: time - 1 })).toBe("stale");
  const regtest = { chain: "regtest", time: time - 1, initialblockdownload: true };
  expect(problemOf(regtest, "regtest")).toBeNull();
  expect(problemOf({ ...regtest, chain: "main" }, "regtest")).toBe("wrong_network");
});

test("a tip with a time in the future has age zero", () => {
  expect(judgeChain({ ...healthy, time: now / 1_000 + 500 }, "bitcoin", now).tipAgeSeconds).toBe(0);
});

test("a pruned Bitcoin Core is reliable as long as it has the blocks that are needed", () => {
  const pruned = { ...healthy, pruned: true, pruneheight: 899_000 };
  const problemAt = (nextHeight: number | null) =>
    judgeChain(pruned, "bitcoin", now, nextHeight).problem;
  expect(problemAt(899_000)).toBeNull();
  expect(problemAt(900_001)).toBeNull();
  expect(problemAt(null)).toBeNull();
  expect(problemAt(898_999)).toBe("pruned");
  expect(judgeChain({ ...pruned, pruned: false }, "bitcoin", now, 1).problem).toBeNull();
});
