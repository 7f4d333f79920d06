import { err, ok, sat } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import { readBlockHeader } from "../bitcoin/block-header.ts";
import type { BlockHeader } from "../bitcoin/block-header.ts";
import { fromDisplayId } from "../bitcoin/hash.ts";
import { loadCore } from "../core/load-core.ts";
import { ByteWriter } from "../encoding/byte-buffer.ts";
import { chainPolicy } from "../model/policy.ts";
import type { ChainConsumer, ChainTip } from "../ports/chain-source.ts";
import { silentLogger } from "../ports/logger.ts";
import type { Logger } from "../ports/logger.ts";
import { esploraFetch } from "../simulation/chain-servers.ts";
import type { SimulatedChain } from "../simulation/chain.ts";
import { SimulatedClock } from "../simulation/clock.ts";
import { World } from "../simulation/world.ts";
import { esploraChain } from "./esplora.ts";
import { severalSources } from "./several-sources.ts";
import type { ComparableSource } from "./several-sources.ts";

const minute = 60_000;
const loading = loadCore({ prefer: "wasm" });

/** A node over the operator's Esplora, which `operator` may change, and an independent one. */
async function nodeWith(operator: (chain: SimulatedChain) => typeof fetch) {
  const world = new World({ core: await loading, seed: "several sources" });
  const from = (host: string, send: typeof fetch): ComparableSource =>
    esploraChain({ url: `http://${host}/esplora`, fetch: send, pollIntervalMs: 5_000 });
  const node = await world.add("A", {
    policy: { acceptChannel: () => ({ accept: false, reason: "none" }) },
    chain: (chain) =>
      severalSources({
        sources: [from("operator.test", operator(chain)), from("other.test", esploraFetch(chain))],
        clock: world.clock,
        logger: silentLogger,
      }),
  });
  const confirmedSat = async () =>
    (await world.clock.during(node.host.balances())).onChain.confirmedSat;
  return { world, node, confirmedSat };
}

describe("a node with a second chain source", () => {
  test("follows the other one when the first does not answer, and sends through it", async () => {
    let isAlive = true;
    const { world, node, confirmedSat } = await nodeWith((chain) => {
      const answer = esploraFetch(chain);
      return (...request) =>
        isAlive ? answer(...request) : Promise.reject(new TypeError("fetch failed"));
    });
    world.chain.fund(await world.expectOk(node.host.newAddress()), sat(70_000n));
    isAlive = false;
    world.chain.mine(2);
    await world.clock.advance(20_000);
    expect(node.host.tip()).toMatchObject({ height: world.chain.height, synced: true });
    expect(await confirmedSat()).toBe(70_000n);
    const address = await world.expectOk(node.host.newAddress());
    const sent = await world.expectOk(node.host.sendOnChain({ address, amountSat: "all" }));
    await world.clock.advance(10_000);
    expect(world.chain.mempool).toEqual([sent.txid]);
    world.crashAll();
  });

  test("leaves a first source that stands still", async () => {
    let frozen: typeof fetch | undefined;
    const { world, node } = await nodeWith((chain) => {
      const answer = esploraFetch(chain);
      return (...request) => (frozen ?? answer)(...request);
    });
    await world.clock.advance(2 * minute);
    frozen = esploraFetch(world.chain.clone(world.clock));
    const stoodStillAt = world.chain.height;
    world.chain.mine(5);
    await world.clock.advance(minute);
    expect(node.host.tip().height).toBe(stoodStillAt);
    await world.clock.advance(4 * minute);
    expect(node.host.tip().height).toBe(world.chain.height);
    world.crashAll();
  });

  test("learns from the other one what the first withholds", async () => {
    const { world, node, confirmedSat } = await nodeWith((chain) =>
      esploraFetch(chain, (path, answer) => (path.startsWith("scripthash/") ? "[]" : answer)),
    );
    world.chain.fund(await world.expectOk(node.host.newAddress()), sat(70_000n));
    world.chain.mine(1);
    await world.clock.advance(chainPolicy.crossCheckEveryMs + 5 * minute);
    expect(await confirmedSat()).toBe(70_000n);
    world.crashAll();
  });
});

const hard = 0x1f7f_ffff;
const easy = 0x207f_ffff;

/** A header with proof of work for its own target. */
function mine(previous: BlockHeader | undefined, bits: number, salt: number): BlockHeader {
  for (let nonce = 0; ; nonce += 1) {
    const previousHash = previous === undefined ? new Uint8Array(32) : fromDisplayId(previous.hash);
    const start = new ByteWriter(80).u32(4).raw(previousHash).raw(new Uint8Array(32).fill(salt));
    const bytes = start.u32(1_700_000_000).u32(bits).u32(nonce).take();
    const header = readBlockHeader(bytes);
    if (header !== undefined) {
      bytesOf.set(header.hash, bytes);
      return header;
    }
  }
}
const bytesOf = new Map<string, Uint8Array>();

function chainOf(from: readonly BlockHeader[], bits: readonly number[], salt: number) {
  const chain = [...from];
  for (const one of bits) chain.push(mine(chain.at(-1), one, salt));
  return chain;
}

/** A source that shows this chain of headers. */
function fake(name: string, initial: readonly BlockHeader[], broadcast?: "accepts" | "rejects") {
  const state = { chain: initial, claimedHeight: initial.length, received: 0, isAlive: true };
  const tip = (): ChainTip => ({
    height: state.claimedHeight,
    hash: state.chain.at(-1)?.hash ?? "",
    timeMs: 1_700_000_000_000,
  });
  const unreachable = err("chain_unreachable", "no answer", "safe");
  const source: ComparableSource = {
    name,
    follows: "transactions",
    pollIntervalMs: 1_000,
    tip: async () => (state.isAlive ? ok(tip()) : unreachable),
    synchronise: async () => (state.isAlive ? ok(tip()) : unreachable),
    header: async (hash) => {
      const isOwn = state.chain.some((header) => header.hash === hash);
      return ok(isOwn ? bytesOf.get(hash) : undefined);
    },
    feeEstimates: async () => ok(undefined),
    broadcast: async () => {
      state.received += 1;
      if (broadcast === undefined) return unreachable;
      return broadcast === "accepts" ? ok(undefined) : err("broadcast_rejected", "no", "never");
    },
    restart: () => {},
    watch: () => {},
  };
  return {
    source,
    state,
    show: (chain: readonly BlockHeader[], claimedHeight = chain.length) =>
      Object.assign(state, { chain, claimedHeight }),
  };
}

function compared(...fakes: readonly ReturnType<typeof fake>[]) {
  const clock = new SimulatedClock(1_700_000_000_000);
  const reports: unknown[] = [];
  const logger: Logger = { ...silentLogger, error: (fields) => reports.push(fields) };
  const both = severalSources({ sources: fakes.map(({ source }) => source), clock, logger });
  // the fake sources report nothing
  const core = {} as ChainConsumer;
  return {
    both,
    clock,
    reports,
    /** The tip that is followed after this long. */
    after: async (minutes: number) => {
      let hash: string | undefined;
      for (let passed = 0; passed <= minutes; passed += 1) {
        const result = await both.synchronise(core);
        if (result.ok) hash = result.value.hash;
        await clock.advance(minute);
      }
      return hash;
    },
  };
}

describe("several sources", () => {
  const base = chainOf([], [hard, hard, hard], 1);

  test("29: follow the branch with more work, whatever height it claims", async () => {
    const longer = chainOf(base, [hard, hard], 2);
    const shorter = chainOf(base, [hard], 3);
    const [one, other] = [fake("one", shorter), fake("other", longer)];
    const { after } = compared(one, other);
    expect(await after(1)).toBe(shorter.at(-1)?.hash);
    expect(await after(4)).toBe(longer.at(-1)?.hash);
    for (const claimedHeight of [shorter.length, longer.length + 1, 5_000_000]) {
      const liar = fake("liar", shorter);
      liar.show(shorter, claimedHeight);
      expect(await compared(fake("one", longer), liar).after(10)).toBe(longer.at(-1)?.hash);
    }
  });

  test("do not follow blocks that were cheap to make, and leave a source that shows them", async () => {
    const cheap = chainOf(base, [easy, easy, easy, easy], 4);
    const real = chainOf(base, [], 0);
    const { after, reports } = compared(fake("one", real), fake("liar", cheap));
    expect(await after(25)).toBe(real.at(-1)?.hash);
    expect(reports).toEqual([expect.objectContaining({ other: "liar", verdict: "implausible" })]);
    expect(await compared(fake("liar", cheap), fake("one", real)).after(5)).toBe(real.at(-1)?.hash);
  });

  test("do not fall back to a chain that was cheap to make", async () => {
    const [one, liar] = [fake("one", base), fake("liar", chainOf(base, [easy, easy], 6))];
    const honest = fake("honest", chainOf(base, [hard], 7));
    const two = compared(one, liar);
    expect(await two.after(1)).toBe(base.at(-1)?.hash);
    one.state.isAlive = false;
    expect(await two.after(5)).toBeUndefined();
    one.state.isAlive = true;
    const three = compared(one, liar, honest);
    expect(await three.after(1)).toBe(base.at(-1)?.hash);
    one.state.isAlive = false;
    expect(await three.after(5)).toBe(honest.state.chain.at(-1)?.hash);
  });

  test("report a source that stays behind or silent, and not one that is late for a moment", async () => {
    const longer = chainOf(base, [hard], 5);
    const late = fake("late", base);
    const { after, reports } = compared(fake("one", longer), late);
    await after(15);
    late.show(longer);
    await after(30);
    expect(reports).toEqual([]);
    late.state.isAlive = false;
    await after(30);
    expect(reports).toEqual([
      expect.objectContaining({ followed: "one", other: "late", verdict: "unreachable" }),
    ]);
  });

  test("send transactions to all, and count a rejection only when nobody accepts", async () => {
    const send = (...fakes: readonly ReturnType<typeof fake>[]) =>
      compared(...fakes).both.broadcast([new Uint8Array(10)]);
    const [accepts, rejects] = [fake("a", base, "accepts"), fake("r", base, "rejects")];
    const gone = fake("g", base);
    expect(await send(rejects, accepts)).toMatchObject({ ok: true });
    expect([rejects.state.received, accepts.state.received]).toEqual([1, 1]);
    expect(await send(gone, rejects)).toMatchObject({ error: { code: "broadcast_rejected" } });
    expect(await send(gone, gone)).toMatchObject({ error: { code: "chain_unreachable" } });
  });
});
