import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bitcoindChain } from "@satsconnect/lightning/nodejs";
import { valueOf } from "@satsconnect/money";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createChainIndexer } from "../chain-index/indexer.ts";
import { createTestDatabase } from "../testing/database.ts";
import type { TestDatabase } from "../testing/database.ts";
import { freePort, startBitcoind } from "../testing/support.ts";
import type { RegtestNode } from "../testing/support.ts";
import { monitorChain } from "./chain-health.ts";
import { requestPrunedBlocks } from "./pruned-blocks.ts";
import { connectBitcoind } from "./rpc.ts";

const folder = mkdtempSync(join(tmpdir(), "engine-pruned-"));
let archive: RegtestNode;
let pruned: RegtestNode;
let store: TestDatabase;
let archiveAddress: string;

beforeAll(async () => {
  archiveAddress = `127.0.0.1:${String(await freePort())}`;
  store = await createTestDatabase();
  archive = await startBitcoind(join(folder, "archive"), ["-listen=1", `-bind=${archiveAddress}`]);
  // Block files of 64 KB, so that a short chain can be pruned. Pruning excludes the index of transactions.
  pruned = await startBitcoind(join(folder, "pruned"), ["-txindex=0", "-prune=1", "-fastprune"]);
  await archive.mine(600);
  await pruned.call("addnode", [archiveAddress, "onetry"]);
  const height = await archive.call<number>("getblockcount");
  await vi.waitUntil(async () => (await pruned.call<number>("getblockcount")) === height, 60_000);
}, 180_000);
afterAll(async () => {
  await store?.drop();
  await Promise.all([archive?.stop(), pruned?.stop()]);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

test("a node behind a pruned Bitcoin Core is told so, and catches up from its peers", async () => {
  const rpc = connectBitcoind({ url: pruned.rpcUrl });
  const indexer = createChainIndexer(store.database, rpc);
  // The engine was started before, and has not read the blocks since.
  await store.database.query("INSERT INTO chain.birthday (height) VALUES (50)");
  const monitor = () =>
    monitorChain({
      rpc,
      network: "regtest",
      now: () => Date.now(),
      nextHeight: indexer.nextHeight,
      onChange: () => {},
    });
  const before = await monitor();
  before.stop();
  expect(before.health().problem).toBeNull();

  await pruned.call("pruneblockchain", [400]);
  const { pruneheight } = await pruned.call<{ pruneheight: number }>("getblockchaininfo");
  expect(pruneheight).toBeGreaterThan(60);
  await pruned.call("setnetworkactive", [false]);
  await expect.poll(() => pruned.call("getconnectioncount"), { timeout: 10_000 }).toBe(0);
  const alone = await monitor();
  alone.stop();
  expect(alone.health().problem).toBe("pruned");
  expect(alone.requestedBlocks()).toBe(0);
  const { username, password, host } = new URL(pruned.rpcUrl);
  const chain = bitcoindChain({ url: `http://${username}:${password}@${host}` });
  const hash = await pruned.call<string>("getblockhash", [49]);
  const best = async () => ({ bestBlock: { height: 49, hash }, confirmed: [] });
  expect(await chain.synchronise({ position: best } as never)).toMatchObject({
    error: { code: "block_pruned" },
  });

  // whether an announced channel in a pruned block exists cannot be told
  const position = { height: 50, transactionIndex: 0, outputIndex: 0 };
  expect(await chain.fundingOutput?.(position)).toEqual({
    ok: true,
    value: { state: "unavailable" },
  });

  await pruned.call("setnetworkactive", [true]);
  await pruned.call("addnode", [archiveAddress, "onetry"]);
  await expect.poll(() => requestPrunedBlocks(rpc, 50), { timeout: 30_000 }).toBeGreaterThan(0);
  for (let next = 50; next < pruneheight; next = (await indexer.nextHeight()) ?? next) {
    await requestPrunedBlocks(rpc, next);
    await indexer.synchronise();
  }
  expect(valueOf(await indexer.synchronise())?.height).toBe(
    await pruned.call<number>("getblockcount"),
  );
  const after = await monitor();
  after.stop();
  expect(after.health().problem).toBeNull();
}, 120_000);
