import { acceptOnlyFrom, memoryStore, silentLogger } from "@satsconnect/lightning";
import { loadCore } from "@satsconnect/lightning/nodejs";
import { Random, World, addOperator, openPublicChannel } from "@satsconnect/lightning/simulation";
import type { SimulatedNode } from "@satsconnect/lightning/simulation";
import { msat } from "@satsconnect/money";
import { expect, test } from "vitest";
import { backedUpStore } from "../backup/backed-up-store.ts";
import type { BackedUpStore } from "../backup/backed-up-store.ts";
import { backupKeys } from "../backup/backup-keys.ts";
import { MemoryTower } from "../backup/testing/memory-tower.ts";
import { MemoryVss, connectTo } from "../backup/testing/memory-vss.ts";
import { towerHeads } from "../backup/tower-heads.ts";
import { towerKeys } from "../backup/tower-keys.ts";
import { memoryKeyValueStore } from "../storage/key-value-store.ts";
import { OlderState } from "./older-state.ts";

const minute = 60_000;
const seed = new Uint8Array(64).fill(9);

/** An operator, and the phones of one person, all with the same seed and the same backup. */
async function prepare(withTower = false) {
  const world = new World({ core: await loadCore({ prefer: "wasm" }), seed: "older-state" });
  const { lsp, merchant } = await addOperator(world);
  await openPublicChannel(world, merchant, lsp);
  const random = new Random("older-state");
  const vss = new MemoryVss();
  const tower = towerHeads(
    new MemoryTower(world.clock).client(),
    towerKeys(seed, "ab".repeat(32), random),
  );
  const addPhone = async (name: string, isNewSeed: boolean) => {
    let store: BackedUpStore | undefined;
    const node = world.twin("W", name, {
      policy: { acceptChannel: acceptOnlyFrom(lsp.id) },
      settings: { acceptSkimmedPayments: true },
      store: (medium) => {
        store = backedUpStore({
          local: memoryStore(medium),
          keyValueStore: memoryKeyValueStore(),
          vss: connectTo(vss, {
            clock: world.clock,
            latencyMs: () => 20,
            delivery: () => "arrives",
          }),
          keys: backupKeys(seed, random),
          ...(withTower ? { tower } : {}),
          clock: world.clock,
          entropy: random,
          logger: silentLogger,
          isNewSeed,
        });
        return store;
      },
    });
    await node.open();
    return { node, restoredFrom: () => store?.restoredFrom?.(), halt: () => store?.halt() };
  };
  const phone = await addPhone("old phone", true);
  await phone.node.connect(lsp);
  const jit = await world.expectOk(
    phone.node.host.createJitInvoice({
      lsp: lsp.id,
      amountMsat: msat(80_000_000n),
      description: "first",
      expirySeconds: 600,
      maxOpeningFeeMsat: msat(10_000_000n),
    }),
  );
  await world.expectOk(merchant.host.pay({ invoice: jit.invoice, maxFeeMsat: msat(100_000n) }));
  await world.clock.advance(minute);
  world.chain.mine(6);
  await world.clock.advance(minute);
  return { world, lsp, merchant, vss, phone, addPhone };
}

/** Follows a node as the wallet's worker does. */
async function follow(
  world: World,
  node: SimulatedNode,
  restoredFrom: string | undefined,
  store = memoryKeyValueStore(),
) {
  const channels = await world.clock.during(node.host.channels());
  const olderState = await OlderState.open(store, restoredFrom, channels, world.clock.now());
  void (async () => {
    for await (const event of node.host.events(0)) await olderState.apply(event);
  })();
  await world.clock.advance(1_000);
  return {
    store,
    view: async () =>
      olderState.view({
        channels: await world.clock.during(node.host.channels()),
        balances: await world.clock.during(node.host.balances()),
        tipHeight: node.host.tip().height,
        now: world.clock.now(),
      }),
  };
}

test("a restore from the newest backup is unconfirmed until the operator's node is connected", async () => {
  const { world, lsp, phone, addPhone } = await prepare();
  phone.halt();
  phone.node.crash();
  const next = await addPhone("new phone", false);
  const first = await follow(world, next.node, next.restoredFrom());
  expect(await first.view()).toMatchObject({ stage: "unconfirmed", untilAt: null });
  void next.node.connect(lsp);
  await world.clock.advance(minute);
  expect(await first.view()).toBeNull();
  // an ordinary loss of the connection later does not bring it back
  lsp.crash();
  await world.clock.advance(minute);
  expect(await first.view()).toBeNull();
  const again = await follow(world, next.node, next.restoredFrom(), first.store);
  expect(await again.view()).toBeNull();
  world.crashAll();
}, 60_000);

test.each([
  ["an older backup", false],
  ["a backup that a watchtower knows to be older", true],
] as const)(
  "a restore from %s is followed from the request to close until the coins have arrived",
  async (_name, withTower) => {
    const { world, lsp, merchant, vss, phone, addPhone } = await prepare(withTower);
    const roll = vss.snapshot();
    for (let count = 0; count < 2; count += 1) {
      const made = await world.expectOk(
        merchant.host.createInvoice({ amountMsat: msat(9_000_000n), expirySeconds: 600 }),
      );
      await world.expectOk(
        phone.node.host.pay({ invoice: made.request ?? "", maxFeeMsat: msat(100_000n) }),
      );
      await world.clock.advance(minute);
    }
    const newest = await world.clock.during(phone.node.host.balances());
    phone.halt();
    phone.node.crash();
    roll();
    const next = await addPhone("new phone", false);
    const first = await follow(world, next.node, next.restoredFrom());
    expect(await first.view()).toMatchObject({ stage: withTower ? "asked" : "unconfirmed" });
    void next.node.connect(lsp);
    await world.clock.advance(minute);
    const asked = await first.view();
    expect(asked).toMatchObject({ stage: "asked", side: "own", amountSat: null });
    // also after a restart, and as often as its events are repeated
    const second = await follow(world, next.node, next.restoredFrom(), first.store);
    expect(await second.view()).toEqual(asked);
    world.chain.mine(1);
    await world.clock.advance(minute);
    const confirming = await second.view();
    expect(confirming).toMatchObject({ stage: "confirming", side: "own", at: asked?.at });
    expect(confirming?.untilAt ?? 0).toBeGreaterThan(world.clock.now() + 30 * minute);
    world.chain.mine(6);
    await world.clock.advance(minute);
    const newestSat = (newest.channelsMsat / 1_000n).toString();
    expect(await second.view()).toMatchObject({ stage: "sweeping", amountSat: newestSat });
    world.chain.mine(6);
    await world.clock.advance(minute);
    expect(await second.view()).toBeNull();
    const { onChain } = await world.clock.during(next.node.host.balances());
    expect(onChain.confirmedSat).toBeGreaterThan(newest.channelsMsat / 1_000n - 1_500n);
    const third = await follow(world, next.node, next.restoredFrom(), first.store);
    expect((await third.view())?.stage).not.toBe("unconfirmed");
    world.crashAll();
  },
  60_000,
);
