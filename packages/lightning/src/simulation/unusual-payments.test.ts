import { msat, sat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { afterEach, expect, test } from "vitest";
import { loadCore } from "../core/load-core.ts";
import type { JitHop } from "../core/generated/index.ts";
import type { InvoiceRequest, NodeSettings } from "../model/lightning-node.ts";
import { acceptConfirmed, acceptOnlyFrom } from "../model/node-policy.ts";
import { addOperator, openPublicChannel, seedLabels } from "./operator.ts";
import { World } from "./world.ts";
import type { SimulatedNode } from "./world.ts";

/* Payments that others make in ways that we did not ask for. The numbers are those of docs/money-safety.md. */

const loading = loadCore({ prefer: "wasm" });
const minute = 60_000;
const maxFeeMsat = msat(100_000n);
let world: World | undefined;

afterEach(() => world?.crashAll());

/** A new world: an operator and a merchant with a public channel of 0.1 BTC, and a wallet without channel. */
async function open(settings: NodeSettings = {}) {
  const opened = new World({ core: await loading, seed: "unusual" });
  world = opened;
  const { lsp, merchant } = await addOperator(opened, { settings });
  const wallet = await opened.add("wallet", {
    seedLabel: seedLabels.wallet,
    policy: { acceptChannel: acceptOnlyFrom(lsp.id) },
    settings: { acceptSkimmedPayments: true },
  });
  await openPublicChannel(opened, merchant, lsp);
  await wallet.connect(lsp);
  await opened.clock.advance(minute);
  return { world: opened, lsp, merchant, wallet };
}

/** Opens the wallet's channel by a first payment from the merchant. */
async function openWallet(from: Awaited<ReturnType<typeof open>>): Promise<void> {
  const { merchant, lsp, wallet } = from;
  const jit = await from.world.expectOk(
    wallet.host.createJitInvoice({
      lsp: lsp.id,
      amountMsat: msat(60_000_000n),
      description: "",
      expirySeconds: 600,
      maxOpeningFeeMsat: msat(2_000_000n),
    }),
  );
  await from.world.expectOk(merchant.host.pay({ invoice: jit.invoice, maxFeeMsat }));
  await from.world.clock.during(merchant.host.whenSettled(jit.payment.paymentHash, "outbound"));
  await from.world.clock.advance(10_000);
}

async function holdInvoice(within: World, node: SimulatedNode, amountMsat: Msat) {
  const made = await within.expectOk(
    node.host.createInvoice({ amountMsat, expirySeconds: 3_600, hold: true }),
  );
  return { hash: made.paymentHash, text: made.request ?? "" };
}

const inbound = (within: World, node: SimulatedNode, hash: string) =>
  within.clock.during(node.host.payment(hash, "inbound"));
const outbound = (within: World, node: SimulatedNode, hash: string) =>
  within.clock.during(node.host.payment(hash, "outbound"));

test("13: a second payment of a sell's invoice is failed back at once, while it is held and after it was claimed", async () => {
  const opened = await open();
  await openWallet(opened);
  const { world: within, lsp, merchant, wallet } = opened;
  const { hash, text } = await holdInvoice(within, lsp, msat(1_000_000n));
  await within.expectOk(merchant.host.pay({ invoice: text, maxFeeMsat }));
  await within.clock.during(lsp.host.whenSettled(hash, "inbound"));
  // somebody else pays the same invoice while the first payment is held
  await within.expectOk(wallet.host.pay({ invoice: text, maxFeeMsat, idempotencyKey: "one" }));
  await within.clock.advance(10_000);
  expect(await outbound(within, wallet, hash)).toMatchObject({ state: "failed" });
  expect(await inbound(within, lsp, hash)).toMatchObject({
    state: "held",
    receivedMsat: 1_000_000n,
  });
  await within.expectOk(lsp.host.claimHeld(hash));
  await within.clock.advance(10_000);
  expect(await outbound(within, merchant, hash)).toMatchObject({ state: "succeeded" });
  const before = await within.clock.during(lsp.host.balances());
  // and once it is claimed, also after a restart of ours
  for (const key of ["two", "three"]) {
    await within.expectOk(wallet.host.pay({ invoice: text, maxFeeMsat, idempotencyKey: key }));
    await within.clock.advance(10_000);
    expect(await outbound(within, wallet, hash)).toMatchObject({ state: "failed" });
    lsp.crash();
    await lsp.open();
    await within.clock.advance(10_000);
  }
  expect(await inbound(within, lsp, hash)).toMatchObject({ state: "claimed" });
  const after = await within.clock.during(lsp.host.balances());
  expect(after.channelsMsat).toBe(before.channelsMsat);
  expect(after.inboundPendingMsat).toBe(0n);
  const channels = await within.clock.during(lsp.host.channels());
  expect(channels.map(({ pendingHtlcs }) => pendingHtlcs)).toEqual(channels.map(() => 0));
});

test("11: a sell that is paid in parts is held once all have arrived; a part alone is failed back", async () => {
  const { world: within, lsp, merchant } = await open();
  const router = await within.add("router", {
    policy: {
      acceptChannel: acceptConfirmed({ minCapacitySat: sat(100_000n), channelsPerPeer: 3 }),
    },
    settings: { announced: true, alias: "router" },
  });
  await router.connect(lsp);
  await merchant.connect(router);
  await openPublicChannel(within, merchant, router);
  await openPublicChannel(within, router, lsp);
  await within.clock.advance(5 * minute);
  // no channel alone has as much: one part goes through the router, which dies when it has it
  const amountMsat = msat(7_000_000_000n);
  const pay = async (dies: boolean) => {
    const invoice = await holdInvoice(within, lsp, amountMsat);
    if (dies) router.plan({ node: "router", commit: 0, phase: "beforeStore" });
    await within.expectOk(
      merchant.host.pay({ invoice: invoice.text, maxFeeMsat: msat(50_000_000n) }),
    );
    await within.clock.advance(10_000);
    return invoice.hash;
  };
  const whole = await pay(false);
  expect(await inbound(within, lsp, whole)).toMatchObject({
    state: "held",
    receivedMsat: amountMsat,
  });
  await within.expectOk(lsp.host.failHeld(whole));
  await within.clock.advance(minute);
  expect(await outbound(within, merchant, whole)).toMatchObject({ state: "failed" });

  const parted = await pay(true);
  expect(router.crashes).toBe(1);
  const partsAt = async () =>
    (await within.clock.during(lsp.host.channels())).reduce(
      (sum, { pendingHtlcs }) => sum + pendingHtlcs,
      0,
    );
  expect(await partsAt()).toBe(1);
  expect(await inbound(within, lsp, parted)).toMatchObject({ state: "open", receivedMsat: null });
  // it is not kept for the day that a held payment is
  await within.clock.advance(20 * minute);
  expect(await partsAt()).toBe(0);
  expect(await inbound(within, lsp, parted)).toMatchObject({ state: "open", receivedMsat: null });
  // the router returns with the other part: all or nothing
  await router.open();
  await within.clock.advance(10 * minute);
  const late = await inbound(within, lsp, parted);
  expect(late?.direction === "inbound" && late.receivedMsat).toBeOneOf([null, amountMsat]);
  if (late?.state === "held") await within.expectOk(lsp.host.failHeld(parted));
  await within.clock.advance(10 * minute);
  expect(await outbound(within, merchant, parted)).toMatchObject({ state: "failed" });
});

test("24: a payment beyond the HTLCs that a channel may hold fails at once, and the next one passes once one has ended", async () => {
  const { world: within, lsp, merchant } = await open({ maxAcceptedHtlcs: 3 });
  const held = [];
  for (let count = 0; count < 4; count++) {
    const invoice = await holdInvoice(within, lsp, msat(1_000_000n));
    await within.clock.during(merchant.host.pay({ invoice: invoice.text, maxFeeMsat }));
    await within.clock.advance(5_000);
    held.push(invoice);
  }
  const states = await Promise.all(held.map(({ hash }) => inbound(within, lsp, hash)));
  expect(states.map((payment) => payment?.state)).toEqual(["held", "held", "held", "open"]);
  expect(await outbound(within, merchant, held[3]?.hash ?? "")).toMatchObject({ state: "failed" });
  await within.expectOk(lsp.host.failHeld(held[0]?.hash ?? ""));
  await within.clock.advance(5_000);
  const next = await holdInvoice(within, lsp, msat(1_000_000n));
  await within.expectOk(merchant.host.pay({ invoice: next.text, maxFeeMsat }));
  await within.clock.advance(5_000);
  for (const { hash } of [next, ...held.slice(1, 3)]) {
    await within.expectOk(lsp.host.claimHeld(hash));
    await within.clock.advance(5_000);
    expect(await outbound(within, merchant, hash)).toMatchObject({ state: "succeeded" });
  }
});

test("27: a probe over a just-in-time channel that the wallet refuses does not spoil the payment that follows", async () => {
  const { world: within, lsp, merchant, wallet } = await open();
  const jit = await within.expectOk(
    wallet.host.createJitInvoice({
      lsp: lsp.id,
      amountMsat: msat(60_000_000n),
      description: "",
      expirySeconds: 3_600,
      maxOpeningFeeMsat: msat(2_000_000n),
    }),
  );
  const decoded = lsp.host.decodeInvoice(jit.invoice);
  const hint = decoded.ok ? decoded.value.hints[0]?.[0] : undefined;
  if (hint === undefined) throw new Error("no hint");
  const hop: JitHop = {
    scid: hint.scid,
    cltvExpiryDelta: 144,
    lspNodeId: lsp.id,
    maxOpeningFeeMsat: "2000000",
  };
  // a payment with another hash over the same hop, which the wallet refuses
  const probe: InvoiceRequest & { jit: JitHop } = {
    amountMsat: msat(60_000_000n),
    expirySeconds: 3_600,
    hold: true,
    jit: hop,
  };
  const { paymentHash: probed, request } = await within.expectOk(wallet.host.createInvoice(probe));
  await within.expectOk(merchant.host.pay({ invoice: request ?? "", maxFeeMsat }));
  await within.clock.during(wallet.host.whenSettled(probed, "inbound"));
  await within.expectOk(wallet.host.failHeld(probed));
  await within.clock.advance(10_000);
  expect(await outbound(within, merchant, probed)).toMatchObject({ state: "failed" });
  const opened = await within.clock.during(wallet.host.channels());
  expect(opened).toHaveLength(1);

  const { paymentHash } = jit.payment;
  await within.expectOk(merchant.host.pay({ invoice: jit.invoice, maxFeeMsat }));
  await within.clock.advance(minute);
  expect(await outbound(within, merchant, paymentHash)).toMatchObject({ state: "succeeded" });
  // the fee is paid once, by the payment that arrives, and there is still one channel
  expect(await inbound(within, wallet, paymentHash)).toMatchObject({
    state: "claimed",
    skimmedFeeMsat: 1_000_000n,
    receivedMsat: 59_000_000n,
  });
  expect(await within.clock.during(wallet.host.channels())).toHaveLength(1);
});

test("18: a payment that is claimed while its channel is force-closed is claimed on chain, in full but for the fees", async () => {
  const opened = await open();
  await openWallet(opened);
  const { world: within, lsp, wallet } = opened;
  const totalSat = async () => {
    const balances = await within.clock.during(lsp.host.balances());
    return balances.onChain.confirmedSat + balances.channelsMsat / 1_000n;
  };
  within.chain.mine(6);
  await within.clock.advance(minute);
  const before = await totalSat();
  const amountSat = 40_000n;
  const { hash, text } = await holdInvoice(within, lsp, msat(amountSat * 1_000n));
  await within.expectOk(wallet.host.pay({ invoice: text, maxFeeMsat }));
  await within.clock.during(lsp.host.whenSettled(hash, "inbound"));
  // the wallet is gone before it can give up its old state, and the channel is closed without it
  wallet.crash();
  await within.expectOk(lsp.host.claimHeld(hash));
  const channels = await within.clock.during(lsp.host.channels());
  const channel = channels.find(({ peer }) => peer === wallet.id);
  await within.expectOk(lsp.host.closeChannel(channel?.channelId ?? "", { force: true }));
  const states = new Set<string | undefined>();
  // past the two weeks for which the balance of a force close is locked
  for (let round = 0; round < 35; round++) {
    within.chain.mine(round < 10 ? 6 : 90);
    await within.clock.advance(minute);
    states.add((await inbound(within, lsp, hash))?.state);
  }
  expect([...states].at(-1)).toBe("claimed");
  expect(states).not.toContain("returned");
  const after = await totalSat();
  expect(after).toBeGreaterThan(before + amountSat - 15_000n);
  expect(after).toBeLessThanOrEqual(before + amountSat);
});

test.for(["claims", "does nothing"] as const)(
  "19: a payment in flight when its channel is force-closed stays in flight until the chain decides; the payee %s",
  async (payee) => {
    const opened = await open();
    await openWallet(opened);
    const { world: within, lsp, wallet } = opened;
    const { hash, text } = await holdInvoice(within, wallet, msat(20_000_000n));
    await within.expectOk(lsp.host.pay({ invoice: text, maxFeeMsat }));
    await within.clock.during(wallet.host.whenSettled(hash, "inbound"));
    const channels = await within.clock.during(lsp.host.channels());
    const channel = channels.find(({ peer }) => peer === wallet.id);
    wallet.crash();
    await within.expectOk(lsp.host.closeChannel(channel?.channelId ?? "", { force: true }));
    const states: (string | undefined)[] = [];
    const mine = async (blocks: number) => {
      within.chain.mine(blocks);
      await within.clock.advance(minute);
      states.push((await outbound(within, lsp, hash))?.state);
    };
    await mine(6);
    expect(states).toEqual(["inFlight"]);
    if (payee === "claims") {
      await wallet.open();
      await within.clock.advance(minute);
      await within.clock.during(wallet.host.claimHeld(hash));
    }
    for (let round = 0; round < 60; round++) await mine(4);
    const end = payee === "claims" ? "succeeded" : "failed";
    expect(states.at(-1)).toBe(end);
    // final once, and from in flight directly
    expect(new Set(states)).toEqual(new Set(["inFlight", end]));
    expect(states.indexOf(end)).toBeGreaterThan(states.lastIndexOf("inFlight"));
  },
);
