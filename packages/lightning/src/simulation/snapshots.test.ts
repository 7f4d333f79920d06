import { msat, sat } from "@satsconnect/money";
import { beforeAll, describe, expect, test } from "vitest";
import { loadCore } from "../core/load-core.ts";
import { acceptOnlyFrom } from "../model/node-policy.ts";
import { gossipPolicy } from "../model/policy.ts";
import type { GossipOptions } from "../model/lightning-node.ts";
import type { LogFields, Logger } from "../ports/logger.ts";
import { silentLogger } from "../ports/logger.ts";
import type { SnapshotAnswer, SnapshotSource } from "../ports/snapshot-source.ts";
import { memoryStore } from "../store/memory-store.ts";
import type { MemoryMedium } from "../store/memory-store.ts";
import { addOperator, seedLabels } from "./operator.ts";
import { prepareStory } from "./story.ts";
import { World } from "./world.ts";
import type { SimulatedNode, WorldSnapshot } from "./world.ts";

const loading = loadCore({ prefer: "wasm" });
const minute = 60_000;
const hour = 60 * minute;
const snapshots = (source?: SnapshotSource): GossipOptions => ({
  from: "snapshots",
  ...(source === undefined ? {} : { source }),
});

/** Snapshots of the operator's node that take a while, can be replaced by others, and are counted. */
class Operator {
  readonly asked: number[] = [];
  delayMs = 2_000;
  /** The answer that is given instead. */
  replace: ((honest: Uint8Array) => SnapshotAnswer) | undefined;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async snapshot(since: number): Promise<SnapshotAnswer> {
    this.asked.push(since);
    await new Promise<void>((resolve) => this.#world.clock.after(this.delayMs, resolve));
    const host = this.#world.node("lsp").host;
    const made = await (since === 0 ? host.exportGossip() : host.exportGossip(since));
    if (!made.ok) return { ok: false, reason: made.error.message };
    return this.replace?.(made.value.bytes) ?? { ok: true, bytes: made.value.bytes };
  }
}

/** Writes to the network graph's table: key, and length or -1 for a deletion. */
type Written = { readonly key: string; readonly bytes: number };
function recording(written: Written[]) {
  return (medium: MemoryMedium) => {
    const store = memoryStore(medium);
    return {
      ...store,
      async commit(write: Parameters<typeof store.commit>[0]) {
        await store.commit(write);
        for (const { table, key, value } of write.rows) {
          if (table === "core-graph") written.push({ key, bytes: value?.length ?? -1 });
        }
      },
    };
  };
}

type Setting = {
  readonly world: World;
  readonly operator: Operator;
  readonly written: Written[];
  readonly logs: { readonly message: string; readonly reason: unknown }[];
};
/** Where the wallet's graph comes from, at its next start. */
let walletGossip: (operator: Operator) => GossipOptions;

/** A different seed from that of the snapshot: equal random numbers would give equal payment ids. */
async function open(from: WorldSnapshot, seed = "snapshots"): Promise<Setting> {
  const written: Written[] = [];
  const logs: Setting["logs"] = [];
  const keep = (fields: LogFields, message: string): void => {
    if (message.includes("snapshot")) logs.push({ message, reason: fields["reason"] });
  };
  const logger: Logger = { ...silentLogger, info: keep, warn: keep, error: keep };
  const world = new World({
    core: await loading,
    seed,
    from,
    logger: (name) => (name === "wallet" ? logger : silentLogger),
  });
  const operator = new Operator(world);
  const { lsp } = await addOperator(world, {});
  const wallet = await world.add("wallet", {
    seedLabel: seedLabels.wallet,
    policy: { acceptChannel: acceptOnlyFrom(lsp.id) },
    settings: { acceptSkimmedPayments: true },
    gossip: () => walletGossip(operator),
    store: recording(written),
  });
  await wallet.connect(lsp);
  return { world, operator, written, logs };
}

async function pay(world: World, from: string, to: string, amountSat: bigint, maxFeeSat = 100n) {
  const made = await world.expectOk(
    world.node(to).host.createInvoice({ amountMsat: msat(amountSat * 1_000n), expirySeconds: 600 }),
  );
  const { host } = world.node(from);
  await world.expectOk(
    host.pay({ invoice: made.request ?? "", maxFeeMsat: msat(maxFeeSat * 1_000n) }),
  );
  const end = await world.clock.during(host.whenSettled(made.paymentHash, "outbound"));
  return end?.direction === "outbound" ? (end.failure ?? end.state) : "missing";
}

async function graphOf(world: World, node: SimulatedNode): Promise<{ channels: number }> {
  const { channels, leftOut } = await world.expectOk(node.host.exportGossip());
  return { channels: channels + leftOut };
}

/** A wallet with 500,000 sat in a channel with the operator, and a merchant behind the operator. The wallet has no graph. */
let prepared: WorldSnapshot;
beforeAll(async () => {
  walletGossip = () => snapshots();
  const from = await prepareStory({ core: await loading, seed: "story" });
  // the wallet of the story takes gossip from peers
  from.media.get("wallet")?.tables.delete("core-graph");
  const { world } = await open(from, "prepared");
  const { host } = world.node("wallet");
  const jit = await world.expectOk(
    host.createJitInvoice({
      lsp: world.node("lsp").id,
      amountMsat: msat(500_000_000n),
      description: "first",
      expirySeconds: 600,
      maxOpeningFeeMsat: msat(5_000_000n),
    }),
  );
  await world.expectOk(
    world.node("merchant").host.pay({ invoice: jit.invoice, maxFeeMsat: msat(100_000n) }),
  );
  await world.clock.during(host.whenSettled(jit.payment.paymentHash, "inbound"));
  await world.clock.advance(minute);
  world.chain.mine(6);
  await world.clock.advance(10 * minute);
  prepared = await world.closeAndSnapshot();
  const rows = prepared.media.get("wallet")?.tables.get("core-graph");
  expect(rows?.size ?? 0).toBe(0);
}, 120_000);

describe("a wallet that takes snapshots", () => {
  test("exchanges no gossip with its peer", async () => {
    walletGossip = () => snapshots();
    const { world } = await open(prepared);
    await world.clock.advance(5 * minute);
    expect(await graphOf(world, world.node("wallet"))).toEqual({ channels: 0 });
    expect(await graphOf(world, world.node("lsp"))).toEqual({ channels: 1 });
    walletGossip = () => ({ from: "peers" });
    const before = await open(prepared);
    await before.world.clock.advance(5 * minute);
    expect(await graphOf(before.world, before.world.node("wallet"))).toEqual({ channels: 1 });
  });

  test("makes its first payment right after the start, while the first snapshot is on its way", async () => {
    walletGossip = (operator) => {
      operator.delayMs = 10_000;
      return snapshots(operator);
    };
    const { world, operator } = await open(prepared);
    const startedAt = world.clock.now();
    expect(await pay(world, "wallet", "merchant", 1_000n)).toBe("succeeded");
    expect(operator.asked).toEqual([0]);
    expect(world.clock.now() - startedAt).toBeLessThan(12_000);
    const payments = await world.clock.during(world.node("wallet").host.payments());
    expect(payments.filter(({ direction }) => direction === "outbound")).toHaveLength(1);
  });

  test("finds a route that appeared after its last snapshot", async () => {
    walletGossip = (operator) => snapshots(operator);
    const { world, operator } = await open(prepared);
    const empty = new World({ core: await loading, seed: "empty" });
    const { lsp } = await addOperator(empty, {});
    const nothing = await empty.expectOk(lsp.host.exportGossip());
    // a snapshot of a graph without channels, from before
    operator.replace = () => ({ ok: true, bytes: at(nothing.bytes, world.clock.now() - hour) });
    await world.clock.advance(minute);
    expect(await graphOf(world, world.node("wallet"))).toEqual({ channels: 0 });
    operator.replace = undefined;
    expect(await pay(world, "wallet", "merchant", 1_000n)).toBe("succeeded");
    expect(operator.asked).toHaveLength(2);
  });

  test("works without any snapshot, but for payments that need one", async () => {
    for (const from of ["no source", "a source that is down"] as const) {
      walletGossip = (operator) => snapshots(from === "no source" ? undefined : operator);
      const { world, operator, logs } = await open(prepared);
      operator.replace = () => ({ ok: false, reason: "The server did not answer." });
      const second = await world.add("second", {
        policy: { acceptChannel: acceptOnlyFrom(world.node("lsp").id) },
        settings: { acceptSkimmedPayments: true },
        gossip: () => snapshots(),
      });
      await second.connect(world.node("lsp"));
      await world.expectOk(
        world.node("lsp").host.openChannel({
          peer: second.id,
          capacitySat: sat(1_000_000n),
          pushMsat: msat(300_000_000n),
          announced: false,
        }),
      );
      await world.clock.advance(minute);
      world.chain.mine(6);
      const wallet = world.node("wallet").host;
      // through the route hints of the other wallet's invoice
      await world.clock.advance(minute);
      expect(await pay(world, "wallet", "second", 2_000n)).toBe("succeeded");
      expect(await pay(world, "second", "wallet", 1_000n)).toBe("succeeded");
      expect(await pay(world, "wallet", "lsp", 1_000n)).toBe("succeeded");
      expect(await pay(world, "merchant", "wallet", 1_000n)).toBe("succeeded");
      expect(await pay(world, "wallet", "merchant", 1_000n)).toBe("noRoute");
      if (from !== "no source")
        expect(logs.map(({ message }) => message)).toEqual(["gossip snapshot not downloaded"]);
      for (const { channelId } of await world.clock.during(wallet.channels()))
        await world.expectOk(wallet.closeChannel(channelId));
      await world.clock.advance(minute);
      world.chain.mine(6);
      await world.clock.advance(minute);
      expect((await world.clock.during(wallet.balances())).onChain.confirmedSat).toBeGreaterThan(
        sat(300_000n),
      );
    }
  });

  test("refuses snapshots that are damaged, stale, from the future or for another network", async () => {
    walletGossip = (operator) => snapshots(operator);
    const { world, operator, logs, written } = await open(prepared);
    const bad: readonly [string, (honest: Uint8Array) => Uint8Array][] = [
      ["does not begin with LDK", () => new TextEncoder().encode("<html>")],
      ["cut off", (honest) => honest.slice(0, honest.length - 1)],
      ["bytes follow its end", (honest) => Uint8Array.from([...honest, 0])],
      ["another network", (honest) => honest.with(10, (honest[10] ?? 0) ^ 1)],
      ["from the future", (honest) => at(honest, world.clock.now() + 25 * hour)],
      ["two weeks old", (honest) => at(honest, world.clock.now() - 15 * 24 * hour)],
    ];
    for (const [reason, make] of bad) {
      logs.length = 0;
      operator.asked.length = 0;
      operator.replace = (honest) => ({ ok: true, bytes: make(honest) });
      world.node("wallet").crash();
      await world.node("wallet").open();
      await world.clock.advance(minute);
      expect(logs).toMatchObject([
        {
          message: "gossip snapshot refused",
          reason: expect.stringContaining(reason) as string,
        },
      ]);
      expect(await graphOf(world, world.node("wallet"))).toEqual({ channels: 0 });
      // the retry follows after 30 seconds
      expect(operator.asked.length).toBeLessThanOrEqual(2);
    }
    expect(written).toEqual([]);
    operator.replace = undefined;
    await world.clock.advance(gossipPolicy.maxRetryMs);
    expect(await graphOf(world, world.node("wallet"))).toEqual({ channels: 1 });
    expect(await pay(world, "wallet", "merchant", 1_000n)).toBe("succeeded");
  });

  test("loses nothing to a snapshot that lies", async () => {
    walletGossip = (operator) => snapshots(operator);
    const { world, operator } = await open(prepared);
    const [channel] = await world.clock.during(world.node("lsp").host.channels());
    expect(channel).toBeDefined();
    // the merchant's channel has another number
    operator.replace = (honest) => ({ ok: true, bytes: withOtherScid(honest) });
    const before = await world.clock.during(world.node("wallet").host.balances());
    const failure = await pay(world, "wallet", "merchant", 1_000n);
    expect(["retriesExhausted", "noRoute"]).toContain(failure);
    const after = await world.clock.during(world.node("wallet").host.balances());
    expect(after).toEqual(before);
    // the next full snapshot corrects it
    operator.replace = undefined;
    await world.node("wallet").close();
    await world.clock.advance(4 * 24 * hour);
    await world.node("wallet").open();
    await world.clock.advance(minute);
    expect(await pay(world, "wallet", "merchant", 1_000n)).toBe("succeeded");
  });

  test("stores what it applied and nothing else, and starts from it", async () => {
    walletGossip = (operator) => snapshots(operator);
    const { world, operator, written } = await open(prepared);
    await world.clock.advance(24 * hour);
    const [full, ...deltas] = operator.asked;
    expect(full).toBe(0);
    expect(deltas).toHaveLength(8 - 1);
    expect(deltas.every((since, index) => since > (deltas[index - 1] ?? 0))).toBe(true);
    expect(written).toHaveLength(operator.asked.length);
    const bytes = written.map((row) => row.bytes);
    expect(Math.max(...bytes.slice(1))).toBeLessThan(bytes[0] ?? 0);
    walletGossip = () => snapshots();
    await world.node("wallet").close();
    await world.node("wallet").open();
    await world.clock.advance(2 * minute);
    expect(await graphOf(world, world.node("wallet"))).toEqual({ channels: 1 });
    expect(await pay(world, "wallet", "merchant", 1_000n)).toBe("succeeded");
    expect(written).toHaveLength(operator.asked.length);
  });

  test("downloads everything when it was away for longer than the changes reach", async () => {
    walletGossip = (operator) => snapshots(operator);
    const { world, operator, written } = await open(prepared);
    await world.clock.advance(minute);
    await world.node("wallet").close();
    await world.clock.advance(4 * 24 * hour);
    await world.node("wallet").open();
    await world.clock.advance(minute);
    expect(operator.asked).toEqual([0, 0]);
    expect(written.map(({ key, bytes }) => [key, bytes > 0])).toEqual([
      ["s/000000000001", true],
      ["s/000000000002", true],
      ["s/000000000001", false],
    ]);
    expect(await pay(world, "wallet", "merchant", 1_000n)).toBe("succeeded");
  });

  test("keeps a graph that it had from peers until the first snapshot", async () => {
    walletGossip = () => ({ from: "peers" });
    const { world, operator, written } = await open(prepared);
    await world.clock.advance(5 * minute);
    const fromPeers = new Set(written.map(({ key }) => key));
    expect([...fromPeers].filter((key) => key.startsWith("c/"))).toHaveLength(1);
    walletGossip = () => snapshots();
    await world.node("wallet").close();
    await world.node("wallet").open();
    expect(await pay(world, "wallet", "merchant", 1_000n)).toBe("succeeded");
    walletGossip = () => snapshots(operator);
    await world.node("wallet").close();
    await world.node("wallet").open();
    written.length = 0;
    await world.clock.advance(minute);
    expect(operator.asked).toEqual([0]);
    expect(written.filter(({ bytes }) => bytes < 0)).toHaveLength(fromPeers.size);
    expect(await pay(world, "wallet", "merchant", 1_000n)).toBe("succeeded");
  });
});

test("a node with gossip from peers writes only what changed, and loads the same graph", async () => {
  walletGossip = () => ({ from: "peers" });
  const { world, written } = await open(prepared);
  await world.clock.advance(5 * minute);
  expect(written.length).toBeGreaterThan(0);
  const wallet = world.node("wallet");
  const before = await world.expectOk(wallet.host.exportGossip());
  written.length = 0;
  // long enough for the scorer, and for repeated announcements
  await world.clock.advance(hour);
  expect(channelsOf(written)).toEqual([]);
  await wallet.close();
  await wallet.open();
  const after = await world.expectOk(wallet.host.exportGossip());
  expect(at(after.bytes, 0)).toEqual(at(before.bytes, 0));
  await world.clock.advance(10 * minute);
  expect(channelsOf(written)).toEqual([]);
});

function channelsOf(written: readonly Written[]): readonly Written[] {
  return written.filter(({ key }) => key.startsWith("c/"));
}

/** The snapshot with another time (milliseconds since 1970). */
function at(snapshot: Uint8Array, timeMs: number): Uint8Array {
  const copy = snapshot.slice();
  new DataView(copy.buffer).setUint32(36, Math.floor(timeMs / 1_000));
  return copy;
}

/** The snapshot with its only channel under another number, as in its announcement and its updates. */
function withOtherScid(snapshot: Uint8Array): Uint8Array {
  const copy = snapshot.slice();
  let replaced = 0;
  for (let from = 40; from + 9 <= copy.length; from++) {
    const again = copy.findIndex(
      (_, other) =>
        other > from &&
        copy.subarray(from, from + 9).every((byte, index) => byte === copy[other + index]),
    );
    if (copy[from] === 0xff && again > 0 && from < again) {
      for (const place of [from, again]) copy[place + 8] = (copy[place + 8] ?? 0) ^ 1;
      replaced += 1;
      break;
    }
  }
  if (replaced !== 1) throw new Error("the snapshot does not have one channel");
  return copy;
}
