import { sat } from "@satsconnect/money";
import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";
import { doubleSha256, fromDisplayId, toDisplayId } from "../bitcoin/hash.ts";
import { loadCore } from "../core/load-core.ts";
import { ByteWriter } from "../encoding/byte-buffer.ts";
import { acceptConfirmed } from "../model/node-policy.ts";
import { esploraFetch } from "../simulation/chain-servers.ts";
import { SimulatedChain } from "../simulation/chain.ts";
import { SimulatedClock } from "../simulation/clock.ts";
import { World } from "../simulation/world.ts";
import { coinbase, scriptOfAddress } from "../simulation/transactions.ts";
import { parseTransaction } from "../bitcoin/transaction.ts";
import { esploraChain } from "./esplora.ts";

const url = "http://chain.test/esplora";
const loading = loadCore({ prefer: "wasm" });

/** Easiest target that regtest allows, and one easier than any network does. */
const regtestBits = 0x207f_ffff;
const easierBits = 0x2100_ffff;

/** A header that meets the target it names itself. */
function forge(fields: {
  readonly previous: string;
  readonly bits: number;
  readonly timeMs: number;
  readonly root?: string;
}): { readonly hash: string; readonly hex: string } {
  for (let nonce = 0; ; nonce++) {
    const header = new ByteWriter(80)
      .u32(4)
      .raw(fromDisplayId(fields.previous))
      .raw(fromDisplayId(fields.root ?? "07".repeat(32)))
      .u32(Math.floor(fields.timeMs / 1_000))
      .u32(fields.bits)
      .u32(nonce)
      .take();
    const hash = doubleSha256(header);
    if ((hash[31] ?? 0xff) < 0x80) return { hash: toDisplayId(hash), hex: bytesToHex(header) };
  }
}

const json = (value: unknown): Response => Response.json(value);
const missing = (): Response => new Response("not found", { status: 404 });

/** The answers of a lying server, by path; undefined for an honest answer. */
type Lies = (path: string) => Response | undefined;
const honest: Lies = () => undefined;

/** A wallet over an Esplora server that the test can make lie, and the paths it asked for. */
async function walletWithServer() {
  const world = new World({ core: await loading, seed: "liar" });
  const asked: string[] = [];
  let lies = honest;
  const node = await world.add("A", {
    policy: {
      acceptChannel: acceptConfirmed({ minCapacitySat: sat(50_000n), channelsPerPeer: 3 }),
    },
    chain: (chain) => {
      const answer = esploraFetch(chain);
      return esploraChain({
        url,
        pollIntervalMs: 500,
        fetch: async (input, init) => {
          const path = urlOf(input).slice(url.length + 1);
          asked.push(path);
          return lies(path) ?? answer(input, init);
        },
      });
    },
  });
  world.chain.mine(3);
  await world.clock.advance(3_000);
  const isAtTip = () => {
    expect(node.host.tip()).toMatchObject({
      height: world.chain.height,
      hash: world.chain.blocks.at(-1)?.hash,
      synced: true,
    });
  };
  isAtTip();
  return { world, node, asked, isAtTip, tell: (next: Lies) => void (lies = next) };
}

function urlOf(input: Parameters<typeof fetch>[0]): string {
  if (typeof input === "string") return input;
  return input instanceof URL ? input.href : input.url;
}

/** Tells of a best block at that height. */
function tipLie(block: { readonly hash: string; readonly hex: string }, height: number): Lies {
  return (path) => {
    if (path === "blocks/tip/hash") return new Response(block.hash);
    if (path === `block/${block.hash}/header`) return new Response(block.hex);
    if (path === `block/${block.hash}/status`) return json({ in_best_chain: true, height });
    return undefined;
  };
}

describe("a wallet whose Esplora server starts to lie", () => {
  test.each([
    ["five million blocks for two hashes of work", 5_000_000, "00".repeat(32), regtestBits],
    ["a child of the tip at a height far above it", 5_000_000, "tip", regtestBits],
    ["a child of the tip with a target that no network allows", 800_004, "tip", easierBits],
  ])(
    "believes nothing of it: %s",
    async (_, height, parent, bits) => {
      const { world, node, tell, isAtTip } = await walletWithServer();
      const before = node.host.tip();
      const previous = parent === "tip" ? before.hash : parent;
      tell(tipLie(forge({ previous, bits, timeMs: world.clock.now() }), height));
      await world.clock.advance(6_000);
      expect(node.host.tip()).toMatchObject({ height: before.height, hash: before.hash });
      expect(node.host.tip().synced).toBe(false);
      // the honest chain goes on
      tell(honest);
      world.chain.mine(2);
      await world.clock.advance(12_000);
      isAtTip();
      world.crashAll();
    },
    60_000,
  );

  test("does not take coins from a block of the server's own", async () => {
    const { world, node, tell } = await walletWithServer();
    const address = await world.expectOk(node.host.newAddress());
    const bytes = coinbase(world.chain.height, 1, [
      { valueSat: 100_000_000n, script: scriptOfAddress(address) },
    ]);
    // an ordinary input: a coinbase would have to mature
    bytes.set(new Uint8Array(32).fill(9), 7);
    const { txid } = parseTransaction(bytes);
    const { height } = world.chain;
    const previous = world.chain.blocks.at(-2)?.hash ?? "";
    const forged = forge({ previous, bits: regtestBits, timeMs: world.clock.now(), root: txid });
    const status = { confirmed: true, block_height: height, block_hash: forged.hash };
    tell((path) => {
      if (/^scripthash\/[0-9a-f]+\/txs$/u.test(path)) return json([{ txid, status }]);
      if (path === `tx/${txid}/hex`) return new Response(bytesToHex(bytes));
      if (path === `tx/${txid}/status`) return json(status);
      if (path === `tx/${txid}/merkle-proof`) return json({ merkle: [], pos: 0 });
      if (path === `block/${forged.hash}/header`) return new Response(forged.hex);
      if (path === `block/${forged.hash}/status`) return json({ in_best_chain: true, height });
      return undefined;
    });
    world.chain.mine(1);
    await world.clock.advance(12_000);
    const { onChain } = await world.clock.during(node.host.balances());
    expect(onChain.confirmedSat).toBe(0n);
    expect(node.host.tip().synced).toBe(false);
    world.crashAll();
  }, 60_000);

  test("keeps a confirmation that the server takes back", async () => {
    const { world, node, tell, isAtTip } = await walletWithServer();
    const confirmed = async () =>
      (await world.clock.during(node.host.balances())).onChain.confirmedSat;
    const address = await world.expectOk(node.host.newAddress());
    world.chain.fund(address, sat(70_000n));
    world.chain.mine(1);
    await world.clock.advance(3_000);
    expect(await confirmed()).toBe(70_000n);
    const funded = world.chain.blocks.at(-1)?.hash ?? "";
    tell((path) =>
      path === `block/${funded}/status`
        ? json({ in_best_chain: false })
        : path.endsWith("/txs")
          ? json([])
          : undefined,
    );
    world.chain.mine(1);
    await world.clock.advance(3_000);
    isAtTip();
    expect(await confirmed()).toBe(70_000n);
    world.crashAll();
  }, 60_000);
});

test("a new wallet does not take a height that the block itself denies", async () => {
  const chain = new SimulatedChain(new SimulatedClock(Date.UTC(2026, 0, 1)));
  chain.mine(20);
  const best = chain.blocks.at(-1);
  const setting = { network: "regtest", now: () => Date.UTC(2026, 0, 1) } as const;
  const answer = esploraFetch(chain);
  const startAt = (height: number) =>
    esploraChain({
      url,
      fetch: async (input, init) => {
        const path = urlOf(input).slice(url.length + 1);
        // ten thousand blocks less, with the same headers
        if (path.startsWith("block-headers")) return new Response("");
        return path === `block/${best?.hash ?? ""}/status`
          ? json({ in_best_chain: true, height })
          : answer(input, init);
      },
    }).tip(setting);
  expect(await startAt(chain.height)).toMatchObject({ ok: true, value: { height: chain.height } });
  expect(await startAt(chain.height - 10_080)).toMatchObject({
    ok: false,
    error: { code: "chain_header_invalid" },
  });
});

describe("a wallet and an honest Esplora server", () => {
  test("that is behind: the wallet keeps the chain with more work, and says what is wrong", async () => {
    const { world, node, isAtTip } = await walletWithServer();
    const before = node.host.tip();
    world.chain.disconnect(2);
    await world.clock.advance(3_000);
    expect(node.host.tip()).toMatchObject({ height: before.height, hash: before.hash });
    expect(node.host.tip().synced).toBe(false);
    // as many blocks as before are not more work
    world.chain.mine(2);
    await world.clock.advance(12_000);
    expect(node.host.tip()).toMatchObject({ hash: before.hash, synced: false });
    world.chain.mine(1);
    await world.clock.advance(12_000);
    isAtTip();
    world.crashAll();
  }, 60_000);

  test.each([
    ["headers in bulk", honest],
    [
      "lists of ten blocks only",
      (path: string) => (path.startsWith("block-headers") ? missing() : undefined),
    ],
  ])(
    "with %s: the wallet follows 600 blocks, and a reorganisation while it is down",
    async (_, lies) => {
      const { world, node, asked, tell, isAtTip } = await walletWithServer();
      tell(lies);
      node.crash();
      world.chain.mine(600);
      asked.length = 0;
      await node.open();
      await world.clock.advance(12_000);
      isAtTip();
      const reads = asked.filter((path) => /^(?:block-headers|blocks\/\d)/u.test(path));
      expect(reads.length).toBeLessThan(lies === honest ? 6 : 70);
      node.crash();
      world.chain.disconnect(40);
      world.chain.mine(41);
      await node.open();
      await world.clock.advance(12_000);
      isAtTip();
      world.crashAll();
    },
    60_000,
  );

  test("continues after a restart from what it stored, without earlier headers", async () => {
    const { world, node, asked, isAtTip } = await walletWithServer();
    node.crash();
    asked.length = 0;
    world.chain.mine(1);
    await node.open();
    await world.clock.advance(3_000);
    isAtTip();
    expect(asked.filter((path) => /^(?:block-headers|blocks\/\d)/u.test(path))).toEqual([]);
    world.crashAll();
  }, 60_000);
});

describe("on Bitcoin itself", () => {
  const genesis = {
    hash: "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
    hex: "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c",
  };
  const first = {
    hash: "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048",
    hex: "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299",
  };
  const setting = { network: "bitcoin", now: () => Date.UTC(2026, 0, 1) } as const;

  /** Follows a server from the genesis block to the block it names. */
  async function follow(block: { readonly hash: string; readonly hex: string }, height: number) {
    const calls: string[] = [];
    const record = (call: string) => async (): Promise<void> => void calls.push(call);
    const lies = tipLie(block, height);
    const source = esploraChain({
      url,
      fetch: async (input) => {
        const path = urlOf(input).slice(url.length + 1);
        if (path === "block-headers/0/1") return new Response(genesis.hex);
        return path === `block/${genesis.hash}/header`
          ? new Response(genesis.hex)
          : (lies(path) ?? missing());
      },
    });
    const result = await source.synchronise({
      ...setting,
      facts: async () => undefined,
      position: async () => ({ bestBlock: { height: 0, hash: genesis.hash }, watched: [] }),
      watchList: () => [],
      block: record("block"),
      disconnectTo: record("disconnectTo"),
      confirmed: record("confirmed"),
      unconfirmed: record("unconfirmed"),
      tip: async (at) => void calls.push(`tip ${at}`),
      mempool: record("mempool"),
      evicted: record("evicted"),
    });
    return { result, calls };
  }

  test("block 1 follows the genesis block", async () => {
    const { result, calls } = await follow(first, 1);
    expect(result).toMatchObject({ ok: true, value: { height: 1, hash: first.hash } });
    expect(calls).toEqual(["tip 1"]);
  });

  test("a child that chooses its own target is refused, and the core hears nothing", async () => {
    const forged = forge({
      previous: genesis.hash,
      bits: regtestBits,
      timeMs: Date.UTC(2009, 0, 9),
    });
    const { result, calls } = await follow(forged, 1);
    expect(result).toMatchObject({
      ok: false,
      error: { code: "chain_header_invalid", retry: "safe" },
    });
    expect(calls).toEqual([]);
  });

  test.each([
    [
      "that chooses its own target",
      forge({ previous: first.hash, bits: regtestBits, timeMs: setting.now() }),
    ],
    ["from years ago", first],
  ])("a new wallet does not start at a block %s", async (_, block) => {
    const lies = tipLie(block, 930_000);
    const source = esploraChain({
      url,
      fetch: async (input) => lies(urlOf(input).slice(url.length + 1)) ?? missing(),
    });
    expect(await source.tip(setting)).toMatchObject({
      ok: false,
      error: { code: "chain_header_invalid" },
    });
  });
});
