import { msat, sat } from "@satsconnect/money";
import { afterEach, expect, test } from "vitest";
import { esploraChain } from "../chain/esplora.ts";
import { loadCore } from "../core/load-core.ts";
import { acceptOnlyFrom } from "../model/node-policy.ts";
import { memoryStore } from "../store/memory-store.ts";
import { esploraFetch } from "./chain-servers.ts";
import { addOperator, seedLabels } from "./operator.ts";
import { prepareStory } from "./story.ts";
import { World } from "./world.ts";
import type { SimulatedNode, WorldSnapshot } from "./world.ts";

const loading = loadCore({ prefer: "wasm" });
const minute = 60_000;
/** Largest loss to the fees of a commitment transaction and its sweep, anchors included. */
const maxFeesSat = 3_000n;
let world: World | undefined;

afterEach(() => world?.crashAll());

type Restored = "lsp" | "wallet" | undefined;

async function open(
  from: WorldSnapshot,
  restored: Restored,
  chain: "blocks" | "esplora" = "blocks",
): Promise<World> {
  const opened = new World({ core: await loading, seed: "lost channels", from });
  world = opened;
  const { lsp } = await addOperator(opened, {
    settings: { recovery: restored === "lsp" },
  });
  const wallet = await opened.add("wallet", {
    seedLabel: seedLabels.wallet,
    policy: { acceptChannel: acceptOnlyFrom(lsp.id) },
    settings: { acceptSkimmedPayments: true },
    ...(restored === "wallet"
      ? { store: (medium) => ({ ...memoryStore(medium), restoredFrom: () => "an old copy" }) }
      : {}),
    ...(chain === "esplora"
      ? {
          chain: (simulated) =>
            esploraChain({ url: "http://esplora.test/esplora", fetch: esploraFetch(simulated) }),
        }
      : {}),
  });
  await wallet.connect(lsp);
  await opened.clock.advance(minute);
  return opened;
}

/** The wallet's state before it has a channel, and the world in which it has one, with coins on both sides. */
async function play() {
  const empty = await (async () => {
    const fresh = await open(await prepareStory({ core: await loading, seed: "lost" }), undefined);
    return fresh.closeAndSnapshot();
  })();
  const played = await open(empty, undefined);
  const [wallet, merchant, lsp] = [
    played.node("wallet"),
    played.node("merchant"),
    played.node("lsp"),
  ];
  const before = {
    wallet: empty.media.get("wallet")?.clone(),
    lsp: empty.media.get("lsp")?.clone(),
  };
  const jit = await played.expectOk(
    wallet.host.createJitInvoice({
      lsp: lsp.id,
      amountMsat: msat(60_000_000n),
      description: "",
      expirySeconds: 600,
      maxOpeningFeeMsat: msat(2_000_000n),
    }),
  );
  await played.expectOk(merchant.host.pay({ invoice: jit.invoice, maxFeeMsat: msat(50_000n) }));
  await played.clock.during(wallet.host.whenSettled(jit.payment.paymentHash, "inbound"));
  await played.clock.advance(10_000);
  played.chain.mine(3);
  await played.clock.advance(minute);
  const sats = { wallet: await totalSat(played, wallet), lsp: await totalSat(played, lsp) };
  return { before, sats, snapshot: await played.closeAndSnapshot() };
}

async function totalSat(within: World, node: SimulatedNode): Promise<bigint> {
  const balances = await within.clock.during(node.host.balances());
  return balances.onChain.confirmedSat + balances.channelsMsat / 1_000n;
}

test.for(["lsp", "wallet"] as const)(
  "a %s restored to a copy from before a channel was opened gets its balance of the channel",
  async (role) => {
    const { before, sats, snapshot } = await play();
    const copy = before[role];
    if (copy === undefined) throw new Error("no copy");
    const restored = await open(
      { ...snapshot, media: new Map(snapshot.media).set(role, copy) },
      role,
    );
    const node = restored.node(role);
    restored.chain.mine(2);
    await restored.clock.advance(minute);
    // the block with the peer's commitment transaction leaves the chain, and another one contains it
    restored.chain.disconnect(2);
    restored.chain.mine(3);
    await restored.clock.advance(minute);
    node.crash();
    await node.open();
    for (let round = 0; round < 4; round++) {
      restored.chain.mine(6);
      await restored.clock.advance(2 * minute);
    }
    // the channels that the LSP's copy knows have been closed by their peers as well
    expect(await restored.clock.during(node.host.channels())).toEqual([]);
    expect(await totalSat(restored, node)).toBeGreaterThan(sats[role] - maxFeesSat);
    expect((await restored.clock.during(node.host.balances())).sweepingSat).toBe(0n);
  },
);

test.for(["blocks", "esplora"] as const)(
  "a wallet restored to a copy from before a channel that has closed since gets its balance (chain: %s)",
  async (chain) => {
    const { before, sats, snapshot } = await play();
    // the LSP closes the channel while the wallet is off, so it will never ask the wallet for it
    const closing = await open(snapshot, undefined);
    closing.node("wallet").crash();
    const lsp = closing.node("lsp");
    for (const { channelId, peer } of await closing.clock.during(lsp.host.channels()))
      if (peer === closing.node("wallet").id)
        await closing.clock.during(lsp.host.closeChannel(channelId, { force: true }));
    await closing.clock.advance(minute);
    closing.chain.mine(8);
    await closing.clock.advance(minute);
    const closed = await closing.closeAndSnapshot();
    const copy = before.wallet;
    if (copy === undefined) throw new Error("no copy");
    const restored = await open(
      { ...closed, media: new Map(closed.media).set("wallet", copy.clone()) },
      "wallet",
      chain,
    );
    const node = restored.node("wallet");
    for (let round = 0; round < 4; round++) {
      restored.chain.mine(6);
      await restored.clock.advance(2 * minute);
    }
    expect(await totalSat(restored, node)).toBeGreaterThan(sats.wallet - maxFeesSat);
    expect((await restored.clock.during(node.host.balances())).sweepingSat).toBe(0n);
  },
);

test("an opener that has lost its state gets back a funding that confirms only afterwards", async () => {
  const { before, sats, snapshot } = await play();
  const played = await open(snapshot, undefined);
  await played.expectOk(
    played.node("lsp").host.openChannel({
      peer: played.node("merchant").id,
      capacitySat: sat(2_000_000n),
      announced: true,
    }),
  );
  await played.clock.advance(minute);
  expect(played.chain.mempool).toHaveLength(1);
  const opened = await played.closeAndSnapshot();
  const copy = before.lsp;
  if (copy === undefined) throw new Error("no copy");
  const restored = await open(
    { ...opened, media: new Map(opened.media).set("lsp", copy.clone()) },
    "lsp",
  );
  const [lsp, merchant] = [restored.node("lsp"), restored.node("merchant")];
  await restored.clock.advance(minute);
  // the merchant forgets the channel, but not for good
  expect((await restored.clock.during(merchant.host.balances())).claimable).not.toContainEqual(
    expect.objectContaining({ amountSat: 2_000_000n }),
  );
  for (let round = 0; round < 6; round++) {
    restored.chain.mine(6);
    await restored.clock.advance(2 * minute);
    if (round === 0) {
      merchant.crash();
      await merchant.open();
    }
  }
  expect(await totalSat(restored, lsp)).toBeGreaterThan(sats.lsp - 3n * maxFeesSat);
});

test("21: an operator restored to an older copy does not repeat a payment that the lost state has made", async () => {
  const { snapshot } = await play();
  const played = await open(snapshot, undefined);
  const [wallet, lsp] = [played.node("wallet"), played.node("lsp")];
  const invoice = await played.expectOk(
    wallet.host.createInvoice({ amountMsat: msat(20_000_000n), expirySeconds: 86_400 }),
  );
  wallet.crash();
  await played.clock.advance(5_000);
  await played.expectOk(
    lsp.host.pay({
      invoice: invoice.request ?? "",
      maxFeeMsat: msat(10_000n),
      openChannelToPayee: true,
    }),
  );
  await played.clock.advance(5_000);
  const copy = lsp.medium.clone();
  const stateAt = async (within: World) =>
    (await within.clock.during(within.node("lsp").host.payment(invoice.paymentHash, "outbound")))
      ?.state;
  expect(await stateAt(played)).toBe("pending");
  await wallet.open();
  await played.clock.advance(minute);
  expect(await stateAt(played)).toBe("succeeded");
  const lost = await played.closeAndSnapshot();
  const restored = await open({ ...lost, media: new Map(lost.media).set("lsp", copy) }, "lsp");
  for (let round = 0; round < 3; round++) {
    restored.chain.mine(6);
    await restored.clock.advance(2 * minute);
  }
  expect(await stateAt(restored)).toBe("inFlight");
  const abandoned = await restored.clock.during(
    restored.node("lsp").host.abandon(invoice.paymentHash),
  );
  expect(abandoned).toMatchObject({ ok: true, value: { state: "inFlight" } });
  const request = { peer: wallet.id, capacitySat: sat(200_000n), announced: false };
  expect(await restored.clock.during(restored.node("lsp").host.openChannel(request))).toMatchObject(
    { ok: false, error: { code: "channel_open_failed", retry: "never" } },
  );
});
