import { expect, test } from "vitest";
import { acceptOnlyFrom, memoryStore, silentLogger } from "@satsconnect/lightning";
import type { MemoryMedium } from "@satsconnect/lightning";
import { loadCore } from "@satsconnect/lightning/nodejs";
import { Random, World, addOperator, openPublicChannel } from "@satsconnect/lightning/simulation";
import type { SimulatedNode } from "@satsconnect/lightning/simulation";
import { msat } from "@satsconnect/money";
import { memoryKeyValueStore } from "../storage/key-value-store.ts";
import { backedUpStore } from "./backed-up-store.ts";
import type { BackedUpStore } from "./backed-up-store.ts";
import { backupKeys } from "./backup-keys.ts";
import { MemoryTower } from "./testing/memory-tower.ts";
import { MemoryVss, connectTo } from "./testing/memory-vss.ts";
import { towerHeads } from "./tower-heads.ts";
import { towerKeys } from "./tower-keys.ts";

/*
 * The operator keeps the backup and is the channel partner. It hands out an older backup to a restore, and its node shows
 * the state of then too, so that the numbers in `channel_reestablish` agree. Then it goes back to its newest state, and
 * waits for the wallet to broadcast a commitment that it can punish.
 */

const minute = 60_000;
const seed = new Uint8Array(64).fill(6);

/** A wallet that has paid most of its balance since, and the operator's copies of the time before. */
async function lyingOperator(withTower: boolean) {
  const world = new World({ core: await loadCore({ prefer: "wasm" }), seed: "lying operator" });
  const { clock } = world;
  const random = new Random("lying operator");
  let medium: MemoryMedium | undefined;
  const { lsp, merchant } = await addOperator(world, {
    lsp: {
      store: (own) => {
        medium ??= own;
        return memoryStore(medium);
      },
      // its old commitment would pay the wallet more than it has, so the operator keeps it back
      chain: (chain) => {
        const source = chain.source();
        return {
          ...source,
          broadcast: (transactions) =>
            medium === older
              ? Promise.resolve({ ok: true, value: undefined })
              : source.broadcast(transactions),
        };
      },
    },
  });
  let older: MemoryMedium | undefined;
  await openPublicChannel(world, merchant, lsp);
  const vss = new MemoryVss();
  const tower = new MemoryTower(clock);
  const keys = towerKeys(seed, "ab".repeat(32), random);
  const phone = async (machine: string, isNewSeed: boolean) => {
    const keyValueStore = memoryKeyValueStore();
    const state: { store: BackedUpStore | undefined } = { store: undefined };
    const node = world.twin("wallet", machine, {
      policy: { acceptChannel: acceptOnlyFrom(lsp.id) },
      settings: { acceptSkimmedPayments: true },
      store: (own) => {
        state.store?.halt();
        state.store = backedUpStore({
          local: memoryStore(own),
          keyValueStore,
          vss: connectTo(vss, { clock, latencyMs: () => 20, delivery: () => "arrives" }),
          keys: backupKeys(seed, random),
          ...(withTower ? { tower: towerHeads(tower.client(), keys) } : {}),
          clock,
          entropy: random,
          logger: silentLogger,
          isNewSeed,
        });
        return state.store;
      },
      transport: (transport) => ({
        supports: (to) => transport.supports(to),
        connect: (to, signal) =>
          state.store?.guardTransport(transport).connect(to, signal) ??
          transport.connect(to, signal),
      }),
    });
    await node.open();
    void node.connect(lsp).catch(() => {});
    await clock.advance(minute);
    return { node, store: () => state.store };
  };

  const first = await phone("first phone", true);
  const jit = await world.expectOk(
    first.node.host.createJitInvoice({
      lsp: lsp.id,
      amountMsat: msat(80_000_000n),
      description: "first",
      expirySeconds: 600,
      maxOpeningFeeMsat: msat(10_000_000n),
    }),
  );
  await world.expectOk(merchant.host.pay({ invoice: jit.invoice, maxFeeMsat: msat(100_000n) }));
  await clock.advance(minute);
  world.chain.mine(6);
  await clock.advance(minute);
  const [channel] = await clock.during(first.node.host.channels());
  const funding = `${channel?.funding?.txid ?? ""}:${channel?.funding?.index ?? -1}`;
  const balanceThen = await channelSat(world, first.node);
  const olderBackup = vss.snapshot();
  older = medium?.clone();
  for (let payment = 0; payment < 4; payment += 1) await payTo(world, first.node, lsp, 12_000_000n);
  await clock.advance(minute);
  const balanceNow = await channelSat(world, first.node);
  const newest = medium?.clone();
  first.store()?.halt();
  first.node.crash();
  const restartOperator = async (copy: MemoryMedium | undefined): Promise<void> => {
    lsp.crash();
    await clock.advance(1_000);
    medium = copy;
    await lsp.open();
    await clock.advance(2 * minute);
  };
  return {
    world,
    phone,
    funding,
    balanceThen,
    balanceNow,
    /** The operator's backup server and its node show the state before the four payments. */
    lie: async () => {
      olderBackup();
      await restartOperator(older);
    },
    stopLying: () => restartOperator(newest),
    /** Transactions that spend the channel's funding output. */
    closings: () =>
      [
        ...world.chain.unconfirmed,
        ...world.chain.blocks.flatMap(({ transactions }) => transactions),
      ].filter(({ spends }) => spends.includes(funding)),
  };
}

async function payTo(world: World, from: SimulatedNode, to: SimulatedNode, amount: bigint) {
  const invoice = await world.expectOk(
    to.host.createInvoice({ amountMsat: msat(amount), expirySeconds: 600 }),
  );
  await world.expectOk(
    from.host.pay({ invoice: invoice.request ?? "", maxFeeMsat: msat(50_000n) }),
  );
  const end = await world.clock.during(from.host.whenSettled(invoice.paymentHash, "outbound"));
  expect(end?.state).toBe("succeeded");
}

async function channelSat(world: World, node: SimulatedNode): Promise<bigint> {
  return (await world.clock.during(node.host.balances())).channelsMsat / 1_000n;
}

async function onChainSat(world: World, node: SimulatedNode): Promise<bigint> {
  const { onChain } = await world.clock.during(node.host.balances());
  return onChain.confirmedSat + onChain.trustedPendingSat + onChain.untrustedPendingSat;
}

async function mineAndWait(world: World): Promise<void> {
  for (const blocks of [8, 8, 150, 8]) {
    world.chain.mine(blocks);
    await world.clock.advance(2 * minute);
  }
}

test("an old backup restored by a lying operator costs nothing: a watchtower knows the newest head", async () => {
  const all = await lyingOperator(true);
  const { world, phone, lie, stopLying, balanceThen, balanceNow, closings } = all;
  expect(balanceNow).toBeLessThan(balanceThen / 2n);
  await lie();
  const second = await phone("second phone", false);
  expect(second.store()?.status().outdated).not.toBeNull();
  // its channel was never started, and no command brings it back
  expect(await world.clock.during(second.node.host.channels())).toEqual([]);
  await world.clock.during(second.node.host.closeChannel(all.funding, { force: true }));
  await world.clock.advance(10 * minute);
  second.node.crash();
  await second.node.open();
  await world.clock.advance(3 * minute);
  expect(closings()).toEqual([]);
  // sooner or later the operator needs its own coins: its newest state pays the wallet's newest balance
  await stopLying();
  await world.clock.advance(5 * minute);
  await mineAndWait(world);
  expect(closings()).toHaveLength(1);
  expect(await onChainSat(world, second.node)).toBeGreaterThan(balanceNow - 2_000n);
  // the wallet goes on with its seed: it can have a channel again
  expect(second.node.host.status).toBe("running");
  world.crashAll();
  second.node.crash();
}, 180_000);

test("without a watchtower the same wallet closes with a revoked commitment and loses its balance", async () => {
  const { world, phone, lie, stopLying, balanceNow, closings } = await lyingOperator(false);
  await lie();
  const second = await phone("second phone", false);
  expect(second.store()?.status().outdated).toBeNull();
  const [channel] = await world.clock.during(second.node.host.channels());
  expect(channel?.usable).toBe(true);
  await world.expectOk(second.node.host.closeChannel(channel?.channelId ?? "", { force: true }));
  await world.clock.advance(2 * minute);
  await stopLying();
  await mineAndWait(world);
  expect(closings()).toHaveLength(1);
  expect(await onChainSat(world, second.node)).toBeLessThan(balanceNow / 2n);
  world.crashAll();
  second.node.crash();
}, 180_000);
