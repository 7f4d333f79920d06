import { expect, test } from "vitest";
import {
  acceptOnlyFrom,
  esploraChain,
  memoryStore,
  severalSources,
  silentLogger,
} from "@satsconnect/lightning";
import { loadCore } from "@satsconnect/lightning/nodejs";
import {
  Random,
  World,
  addOperator,
  esploraFetch,
  openPublicChannel,
} from "@satsconnect/lightning/simulation";
import type { SimulatedNode } from "@satsconnect/lightning/simulation";
import { msat } from "@satsconnect/money";
import { memoryKeyValueStore } from "../storage/key-value-store.ts";
import { Leave, mayClose } from "../worker/leave.ts";
import { backedUpStore } from "./backed-up-store.ts";
import type { BackedUpStore } from "./backed-up-store.ts";
import { backupKeys } from "./backup-keys.ts";
import { MemoryVss, connectTo } from "./testing/memory-vss.ts";
import type { Delivery } from "./testing/memory-vss.ts";

const minute = 60_000;
const seed = new Uint8Array(64).fill(5);
const address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
const addressScript = "0014751e76e8199196d454941c45d1b3a323f1433bd6";

/** A wallet with one channel to the operator, and with its backup at the operator. */
async function walletWithChannel() {
  const world = new World({ core: await loadCore({ prefer: "wasm" }), seed: "exit" });
  const { lsp, merchant } = await addOperator(world);
  await openPublicChannel(world, merchant, lsp);
  const random = new Random("exit");
  const vss = new MemoryVss();
  const keyValueStore = memoryKeyValueStore();
  const state: { delivery: Delivery; store: BackedUpStore | undefined; esplora: boolean } = {
    esplora: true,
    delivery: "arrives",
    store: undefined,
  };
  const wallet = await world.add("wallet", {
    policy: { acceptChannel: acceptOnlyFrom(lsp.id) },
    settings: { acceptSkimmedPayments: true },
    store: (medium) => {
      state.store?.halt();
      state.store = backedUpStore({
        local: memoryStore(medium),
        keyValueStore,
        vss: connectTo(vss, {
          clock: world.clock,
          latencyMs: () => 20,
          delivery: () => state.delivery,
        }),
        keys: backupKeys(seed, random),
        clock: world.clock,
        entropy: random,
        logger: silentLogger,
        isNewSeed: true,
      });
      return state.store;
    },
    chain: (chain) => {
      const answer = esploraFetch(chain);
      const operators: typeof fetch = (...request) =>
        state.esplora ? answer(...request) : Promise.reject(new TypeError("fetch failed"));
      const from = (host: string, send: typeof fetch) =>
        esploraChain({ url: `http://${host}/esplora`, fetch: send, pollIntervalMs: 10_000 });
      return severalSources({
        sources: [from("operator.test", operators), from("independent.test", answer)],
        clock: world.clock,
        logger: silentLogger,
      });
    },
    transport: (transport) => ({
      supports: (to) => transport.supports(to),
      connect: (to, signal) =>
        state.store === undefined
          ? transport.connect(to, signal)
          : state.store.guardTransport(transport).connect(to, signal),
    }),
  });
  await wallet.connect(lsp);
  const jit = await world.expectOk(
    wallet.host.createJitInvoice({
      lsp: lsp.id,
      amountMsat: msat(80_000_000n),
      description: "first",
      expirySeconds: 600,
      maxOpeningFeeMsat: msat(10_000_000n),
    }),
  );
  await world.expectOk(merchant.host.pay({ invoice: jit.invoice, maxFeeMsat: msat(100_000n) }));
  await world.clock.advance(20_000);
  world.chain.mine(6);
  await world.clock.advance(minute);
  return {
    world,
    lsp,
    wallet,
    vss,
    state,
    /** The operator's node, its backup server and its Esplora are gone for good. */
    loseOperator: () => {
      state.delivery = "lost";
      state.esplora = false;
      lsp.crash();
      merchant.crash();
    },
    leave: () => new Leave(wallet.host, keyValueStore),
    /** Amounts paid to the address in confirmed transactions. */
    paidOut: () =>
      world.chain.blocks
        .flatMap(({ transactions }) => transactions)
        .flatMap(({ outputs }) => outputs)
        .filter(({ scriptHex }) => scriptHex === addressScript)
        .map(({ valueSat }) => valueSat),
  };
}

/** Lets a block pass every minute, and the wallet send what has become spendable. */
async function passBlocks(world: World, leave: Leave, blocks: number): Promise<void> {
  for (let count = 0; count < blocks; count += 1) {
    await world.clock.advance(minute);
    world.chain.mine(1);
    await world.clock.advance(11_000);
    await world.clock.during(Promise.race([leave.advance(), pause(world, minute)]));
  }
}

const pause = (world: World, ms: number): Promise<void> =>
  new Promise((resolve) => world.clock.after(ms, resolve));

const heightOf = (node: SimulatedNode): number => node.host.tip().height;

test("with the operator and the backup gone, a wallet closes by force, sweeps, and sends all coins away", async () => {
  const { world, wallet, loseOperator, leave, paidOut } = await walletWithChannel();
  loseOperator();
  await world.clock.advance(minute);
  // more answers than the queue holds wait for the backup
  for (let count = 0; count < 80; count += 1) {
    void wallet.host
      .createInvoice({ amountMsat: msat(1_000_000n), description: "x", expirySeconds: 3_600 })
      .catch(() => {});
    await world.clock.advance(1_000);
  }
  world.chain.mine(3);
  await world.clock.advance(20_000);
  expect(heightOf(wallet)).toBe(world.chain.height);
  const leaving = leave();
  const started = await world.clock.during(
    Promise.race([leaving.start(address, true), pause(world, minute)]),
  );
  expect(started).toMatchObject({ ok: true, value: { channelsOpen: 0 } });
  await world.clock.advance(2 * minute);
  expect(world.chain.mempool.length).toBeGreaterThan(0);
  await passBlocks(world, leaving, 170);
  expect(heightOf(wallet)).toBe(world.chain.height);
  expect(paidOut().reduce((sum, value) => sum + value, 0n)).toBeGreaterThan(70_000n);
  expect(await world.clock.during(leaving.view())).toMatchObject({ done: true });
  world.crashAll();
}, 120_000);

test("after a restart with the backup gone, closes by force only once the person accepts the risk", async () => {
  const { world, wallet, state, loseOperator, leave, paidOut } = await walletWithChannel();
  loseOperator();
  wallet.crash();
  await world.clock.advance(minute);
  await wallet.open();
  const backup = state.store;
  if (backup === undefined) throw new Error("the wallet has no backup");
  expect(backup.continueWithoutBackup(world.clock.now() + minute)).toMatchObject({
    error: { code: "backup_unverified" },
  });
  const leaving = leave();
  const acceptsRisk = { force: true, withoutBackup: true };
  expect(await mayClose(backup, { force: true, withoutBackup: false })).toMatchObject({
    error: { code: "backup_unverified" },
  });
  // a commitment that leaves without the person's consent could be a revoked one
  await world.expectOk(
    wallet.host.closeChannel((await channelsOf(world, wallet))[0]?.channelId ?? "", {
      force: true,
    }),
  );
  await world.clock.advance(3 * 60 * minute);
  expect(world.chain.mempool).toEqual([]);
  expect(await mayClose(backup, acceptsRisk)).toMatchObject({ ok: true });
  expect(await world.clock.during(leaving.start(address, true))).toMatchObject({ ok: true });
  await world.clock.advance(2 * minute);
  expect(world.chain.mempool.length).toBeGreaterThan(0);
  await passBlocks(world, leaving, 170);
  expect(paidOut().reduce((sum, value) => sum + value, 0n)).toBeGreaterThan(70_000n);
  world.crashAll();
}, 120_000);

const channelsOf = (world: World, node: SimulatedNode) => world.clock.during(node.host.channels());
