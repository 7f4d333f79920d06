import { msat, sat } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import { hexToBytes } from "@noble/hashes/utils.js";
import { loadCore } from "../core/load-core.ts";
import { acceptConfirmed } from "../model/node-policy.ts";
import { bitcoindFetch, esploraFetch } from "../simulation/chain-servers.ts";
import { SimulatedChain } from "../simulation/chain.ts";
import { SimulatedClock } from "../simulation/clock.ts";
import { World } from "../simulation/world.ts";
import type { SimulatedNode } from "../simulation/world.ts";
import { bitcoindChain } from "./bitcoind.ts";
import type { ChainConsumer, ChainSource } from "../ports/chain-source.ts";
import { esploraChain } from "./esplora.ts";
import { currentRates, estimatesFrom, feeRatesFrom } from "./fee-rates.ts";
import { readBlockHeader } from "../bitcoin/block-header.ts";
import { transactionId } from "../bitcoin/transaction.ts";

const url = "http://chain.test/esplora";
const loading = loadCore({ prefer: "wasm" });

const sources: readonly { name: string; source: (chain: SimulatedChain) => ChainSource }[] = [
  { name: "a simulated chain's blocks", source: (chain) => chain.source() },
  {
    name: "Bitcoin Core's RPC",
    source: (chain) =>
      bitcoindChain({
        url: "http://u:p@node.test",
        fetch: bitcoindFetch(chain),
        pollIntervalMs: 500,
      }),
  },
  {
    name: "Esplora",
    source: (chain) => esploraChain({ url, fetch: esploraFetch(chain), pollIntervalMs: 500 }),
  },
];

describe.each(sources)("a node that follows the chain through $name", ({ source }) => {
  async function twoNodes(): Promise<{ world: World; a: SimulatedNode; b: SimulatedNode }> {
    const made = new World({ core: await loading, seed: "chain" });
    const policy = {
      acceptChannel: acceptConfirmed({ minCapacitySat: sat(50_000n), channelsPerPeer: 3 }),
    };
    const options = { policy, settings: { announced: true }, chain: source };
    const a = await made.add("A", options);
    const b = await made.add("B", options);
    return { world: made, a, b };
  }
  const confirmed = async (of: World, node: SimulatedNode) =>
    (await of.clock.during(node.host.balances())).onChain.confirmedSat;

  test("20: funds a channel, follows it through reorganisations and a restart, pays, and closes it", async () => {
    const { world, a, b } = await twoNodes();
    world.chain.fund(await world.expectOk(a.host.newAddress()), sat(5_000_000n));
    world.chain.mine(1);
    await world.clock.advance(3_000);
    expect(await confirmed(world, a)).toBe(5_000_000n);
    await a.connect(b);
    const opened = await world.expectOk(
      a.host.openChannel({ peer: b.id, capacitySat: sat(1_000_000n), announced: true }),
    );
    await world.clock.advance(3_000);
    expect(world.chain.mempool).toEqual([opened.fundingTxid]);
    world.chain.mine(3);
    await world.clock.advance(3_000);
    const ready = async () => (await world.clock.during(a.host.channels()))[0];
    expect(await ready()).toMatchObject({ ready: true, confirmations: 3 });
    // two blocks are replaced, the one with the funding transaction stays
    world.chain.disconnect(2);
    world.chain.mine(7);
    await world.clock.advance(5_000);
    expect(await ready()).toMatchObject({ usable: true, confirmations: 8 });
    expect(a.host.tip()).toMatchObject({ height: world.chain.height, synced: true });
    // the chain is reorganised while the node is down
    a.crash();
    world.chain.disconnect(1);
    world.chain.mine(4);
    await a.open();
    await world.clock.advance(5_000);
    expect(a.host.tip()).toMatchObject({ height: world.chain.height, synced: true });
    const invoice = await world.expectOk(
      b.host.createInvoice({ amountMsat: msat(200_000_000n), expirySeconds: 60 }),
    );
    await world.expectOk(a.host.pay({ invoice: invoice.request ?? "", maxFeeMsat: msat(0n) }));
    expect(
      (await world.clock.during(a.host.whenSettled(invoice.paymentHash, "outbound")))?.state,
    ).toBe("succeeded");
    await world.expectOk(a.host.closeChannel(opened.channelId));
    await world.clock.advance(5_000);
    world.chain.mine(7);
    await world.clock.advance(90_000);
    world.chain.mine(7);
    await world.clock.advance(90_000);
    expect(await confirmed(world, b)).toBeGreaterThan(190_000n);
    expect(await confirmed(world, a)).toBeGreaterThan(4_790_000n);
    world.crashAll();
  }, 60_000);

  test("sees an on-chain transaction before it confirms", async () => {
    const { world, a } = await twoNodes();
    world.chain.fund(await world.expectOk(a.host.newAddress()), sat(70_000n));
    world.chain.mine(1);
    await world.clock.advance(3_000);
    const sent = await world.expectOk(
      a.host.sendOnChain({
        address: await world.expectOk(a.host.newAddress()),
        amountSat: sat(20_000n),
      }),
    );
    await world.clock.advance(3_000);
    expect(world.chain.mempool).toEqual([sent.txid]);
    const transactions = await world.clock.during(a.host.onChainTransactions());
    expect(transactions.find(({ txid }) => txid === sent.txid)).toMatchObject({
      height: null,
      feeSat: sent.feeSat,
    });
    world.chain.mine(1);
    await world.clock.advance(3_000);
    expect(await confirmed(world, a)).toBe(70_000n - sent.feeSat);
    world.crashAll();
  }, 60_000);
});

/** A consumer that accepts everything and records the calls. */
function recordingConsumer(
  chain: SimulatedChain,
  watch: ReturnType<ChainConsumer["watchList"]>,
): {
  core: ChainConsumer;
  calls: string[];
} {
  const calls: string[] = [];
  const [first] = chain.blocks;
  const record = (call: string) => async (): Promise<void> => {
    calls.push(call);
  };
  return {
    calls,
    core: {
      network: "regtest",
      now: () => Date.UTC(2026, 0, 1),
      facts: async () => undefined,
      position: async () => ({
        bestBlock: { height: first?.height ?? 0, hash: first?.hash ?? "" },
        watched: [],
      }),
      watchList: () => watch,
      block: record("block"),
      disconnectTo: record("disconnectTo"),
      confirmed: async (height, _, transactions) => {
        calls.push(`confirmed ${transactions.length} at ${height}`);
      },
      unconfirmed: record("unconfirmed"),
      tip: record("tip"),
      mempool: record("mempool"),
      evicted: record("evicted"),
    },
  };
}

describe("an Esplora server that lies", () => {
  const script = hexToBytes(`0014${"11".repeat(20)}`);
  const address = "bcrt1qzyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zy";
  function chain(): SimulatedChain {
    const made = new SimulatedChain(new SimulatedClock(Date.UTC(2026, 0, 1)));
    made.fund(address, sat(1_000n));
    made.mine(1);
    return made;
  }
  const ask = (lie?: Parameters<typeof esploraFetch>[1]) => {
    const made = chain();
    const { core, calls } = recordingConsumer(made, [{ kind: "script", script }]);
    return esploraChain({ url, fetch: esploraFetch(made, lie) })
      .synchronise(core)
      .then((result) => ({ result, calls, made }));
  };

  test("is believed while its answers are correct", async () => {
    const { result, calls, made } = await ask();
    expect(result).toMatchObject({ ok: true, value: { height: made.height } });
    expect(calls).toEqual([`confirmed 1 at ${made.height}`, "tip"]);
  });

  test.each([
    [
      "a Merkle branch that leads to another root",
      (path: string, answer: string) =>
        path.endsWith("merkle-proof")
          ? answer.replace(/"[0-9a-f]{64}"/u, `"${"ab".repeat(32)}"`)
          : answer,
    ],
    [
      "a position outside the tree",
      (path: string, answer: string) =>
        path.endsWith("merkle-proof") ? answer.replace(/"pos":1/u, `"pos":7`) : answer,
    ],
    [
      "another transaction",
      (path: string, answer: string) =>
        path.endsWith("/hex") ? answer.replace(/..$/u, "01") : answer,
    ],
    [
      "a header without proof of work",
      (path: string, answer: string) =>
        path.endsWith("/header") ? answer.slice(0, -2) + "ff" : answer,
    ],
    [
      "an answer that is not JSON",
      (path: string, answer: string) => (path.endsWith("/txs") ? "<html>" : answer),
    ],
  ])("is not believed: %s", async (_, lie) => {
    const { result, calls } = await ask(lie);
    expect(result).toMatchObject({
      ok: false,
      error: { code: "chain_inconsistent", retry: "safe" },
    });
    expect(calls.filter((call) => call.startsWith("confirmed"))).toEqual([]);
  });

  test("that does not answer is reported as unreachable", async () => {
    const away = esploraChain({ url, fetch: () => Promise.reject(new TypeError("fetch failed")) });
    for (const result of [
      await away.tip({ network: "regtest", now: () => Date.UTC(2026, 0, 1) }),
      await away.feeEstimates(),
      await away.broadcast([Uint8Array.of(1)]),
    ]) {
      expect(result).toMatchObject({
        ok: false,
        error: { code: "chain_unreachable", retry: "safe" },
      });
    }
  });

  test("that no longer knows an unconfirmed transaction evicts it from the wallet", async () => {
    const made = chain();
    made.fund(address, sat(2_000n));
    const [txid = ""] = made.mempool;
    const { core, calls } = recordingConsumer(made, [{ kind: "script", script }]);
    const source = esploraChain({ url, fetch: esploraFetch(made) });
    await source.synchronise(core);
    expect(calls).toContain("mempool");
    made.evict(txid);
    made.mine(1);
    await source.synchronise(core);
    expect(calls).toContain("evicted");
  });
});

test("Bitcoin Core: distinguishes rejected transactions from known ones", async () => {
  const made = new SimulatedChain(new SimulatedClock(Date.UTC(2026, 0, 1)));
  const answering = (error: object) =>
    bitcoindChain({
      url: "http://u:p@n.test",
      fetch: async () => new Response(JSON.stringify({ result: null, error })),
    });
  const bytes = made.blocks[0]?.transactions[0]?.bytes ?? new Uint8Array();
  expect(
    await answering({ code: -27, message: "Transaction outputs already in utxo set" }).broadcast([
      bytes,
    ]),
  ).toEqual({ ok: true, value: undefined });
  expect(
    await answering({ code: -26, message: "min relay fee not met" }).broadcast([bytes]),
  ).toMatchObject({ ok: false, error: { code: "broadcast_rejected", retry: "never" } });
  expect(
    await answering({ code: -28, message: "Loading block index" }).tip({
      network: "regtest",
      now: () => 0,
    }),
  ).toMatchObject({
    ok: false,
    error: { code: "chain_unreachable" },
  });
  const calls: string[] = [];
  const source = bitcoindChain({ url: "http://u:p@n.test", fetch: bitcoindFetch(made, calls) });
  await source.broadcast([bytes, bytes]);
  expect(calls).toEqual(["submitpackage"]);
  expect(await source.feeEstimates()).toEqual({
    ok: true,
    value: { floor: 253, targets: { urgent: 5_000, soon: 5_000, later: 253, someday: 253 } },
  });
});

test("Bitcoin Core: says which block it has pruned, and does not seem unreachable", async () => {
  const made = new SimulatedChain(new SimulatedClock(Date.UTC(2026, 0, 1)));
  made.mine(3);
  const answer = bitcoindFetch(made);
  const source = bitcoindChain({
    url: "http://u:p@n.test",
    fetch: async (input, init) => {
      const error = { code: -1, message: "Block not available (pruned data)" };
      return String(init?.body).includes('"getblock"')
        ? new Response(JSON.stringify({ result: null, error }))
        : answer(input, init);
    },
  });
  const [first] = made.blocks;
  const bestBlock = { height: first?.height ?? 0, hash: first?.hash ?? "" };
  const core = { position: async () => ({ bestBlock }) } as unknown as ChainConsumer;
  const result = await source.synchronise(core);
  expect(result).toMatchObject({ ok: false, error: { code: "block_pruned", retry: "safe" } });
  expect(result.ok ? "" : result.error.message).toContain(`block ${bestBlock.height + 1},`);
});

const day = 86_400_000;
const at2026 = Date.UTC(2026, 0, 1);
/** The rates of a node on mainnet whose source has just answered. */
function ratesOf(estimate: (blocks: number) => number | undefined, floor?: number) {
  const made = estimatesFrom(estimate, floor);
  const last = made.targets === null ? undefined : { at: at2026, targets: made.targets };
  return feeRatesFrom(currentRates(made.floor, last, "bitcoin", at2026));
}

test("feerates are bounded, and a missing estimate is replaced by the nearest one", () => {
  expect(ratesOf(() => 1e9)).toMatchObject({
    urgentOnChainSweep: 250_000,
    maximumFeeEstimate: 250_000,
  });
  expect(ratesOf((blocks) => (blocks === 6 ? 8 : undefined))).toMatchObject({
    urgentOnChainSweep: 2_000,
    nonAnchorChannelFee: 2_000,
    outputSpendingFee: 2_000,
  });
  expect(ratesOf(() => 0.5)).toMatchObject({ urgentOnChainSweep: 253, outputSpendingFee: 253 });
});

test("on mainnet nothing urgent is sent at 1 sat/vB for want of an estimate", () => {
  for (const odd of [undefined, Number.NaN, -1, 0, Infinity]) {
    expect(ratesOf(() => odd)).toMatchObject({
      urgentOnChainSweep: 5_000,
      nonAnchorChannelFee: 2_500,
      outputSpendingFee: 1_250,
      anchorChannelFee: 500,
      // what others may pay is not raised, or their channels would close
      minAllowedAnchorChannelRemoteFee: 253,
      channelCloseMinimum: 253,
    });
  }
  // a regtest has no estimates, and no competition for blocks
  expect(feeRatesFrom(currentRates(253, undefined, "regtest", at2026))).toMatchObject({
    urgentOnChainSweep: 253,
    maximumFeeEstimate: 10_000,
  });
});

test("the last estimates are kept, and are raised to the fallback once they are old", () => {
  const low = { urgent: 400, soon: 300, later: 260, someday: 253 };
  const high = { urgent: 50_000, soon: 40_000, later: 30_000, someday: 20_000 };
  const rates = (targets: typeof low, age: number) =>
    currentRates(253, { at: at2026 - age, targets }, "bitcoin", at2026);
  expect(rates(low, 3_600_000)).toMatchObject({
    ...low,
    stale: false,
    estimatedAt: at2026 - 3_600_000,
  });
  expect(rates(low, day)).toMatchObject({ urgent: 5_000, someday: 500, stale: true });
  expect(rates(high, day)).toMatchObject({ ...high, stale: true });
});

test("no feerate is below what the mempool takes while it is full", () => {
  const full = ratesOf((blocks) => (blocks <= 6 ? 40 : 12), 25);
  expect(full).toMatchObject({
    urgentOnChainSweep: 10_000,
    nonAnchorChannelFee: 10_000,
    outputSpendingFee: 6_250,
    anchorChannelFee: 6_250,
    channelCloseMinimum: 6_250,
    minAllowedAnchorChannelRemoteFee: 253,
  });
});

test("Bitcoin Core is asked for the mempool's floor, and Esplora's lowest estimate serves as one", async () => {
  const full: typeof fetch = async (_, init) => {
    const { method } = JSON.parse(String(init?.body)) as { readonly method: string };
    const result =
      method === "getmempoolinfo"
        ? { mempoolminfee: 0.0003, minrelaytxfee: 0.00001 }
        : { errors: ["no estimate"] };
    return new Response(JSON.stringify({ result, error: null }));
  };
  const core = bitcoindChain({ url: "http://u:p@node.test", fetch: full });
  expect(await core.feeEstimates()).toEqual({ ok: true, value: { floor: 7_500, targets: null } });
  const estimates = { 2: 60, 6: 50, 144: 31, 1008: 30.5 };
  const esplora = esploraChain({ url, fetch: async () => new Response(JSON.stringify(estimates)) });
  expect(await esplora.feeEstimates()).toMatchObject({
    ok: true,
    value: { floor: 7_625, targets: { urgent: 15_000, someday: 7_750 } },
  });
});

test("a node starts with the estimates of its last run when its chain source has none", async () => {
  const made = new World({ core: await loading, seed: "fees" });
  let feerate: number | undefined = 0.0008;
  const chain = (simulated: SimulatedChain): ChainSource => {
    const fromChain = bitcoindFetch(simulated);
    return bitcoindChain({
      url: "http://u:p@node.test",
      pollIntervalMs: 60_000,
      fetch: async (input, init) =>
        String(init?.body).includes("estimatesmartfee")
          ? new Response(JSON.stringify({ result: { feerate }, error: null }))
          : fromChain(input, init),
    });
  };
  const policy = {
    acceptChannel: acceptConfirmed({ minCapacitySat: sat(50_000n), channelsPerPeer: 3 }),
  };
  const node = await made.add("A", { policy, chain });
  await made.clock.advance(3_000);
  expect(node.host.feeRates()).toMatchObject({ urgent: 20_000, stale: false });
  feerate = undefined;
  await node.close();
  await made.clock.advance(3_600_000);
  await node.open();
  await made.clock.advance(3_000);
  expect(node.host.feeRates()).toMatchObject({ urgent: 20_000, stale: false });
  await made.clock.advance(4 * 3_600_000);
  expect(node.host.feeRates()).toMatchObject({ urgent: 20_000, stale: true });
});

test("parses the genesis block's header and transaction, and nothing truncated or extended", () => {
  const genesis =
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c";
  const coinbase =
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000";
  const txid = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b";
  expect(readBlockHeader(hexToBytes(genesis))?.hash).toBe(
    "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
  );
  expect(readBlockHeader(hexToBytes(genesis.replace("29ab5f49", "29ab5f48")))).toBeUndefined();
  expect(transactionId(hexToBytes(coinbase))).toBe(txid);
  expect(transactionId(hexToBytes(coinbase.slice(0, -2)))).toBeUndefined();
  expect(transactionId(hexToBytes(`${coinbase}00`))).toBeUndefined();
});
