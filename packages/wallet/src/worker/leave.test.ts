import type { Balances, Channel, LightningNode } from "@satsconnect/lightning";
import { err, msat, ok, sat } from "@satsconnect/money";
import { expect, test } from "vitest";
import { memoryKeyValueStore } from "../storage/key-value-store.ts";
import { Leave } from "./leave.ts";

const address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

/** A fake node with one channel. */
function world() {
  const state = {
    open: 1,
    closing: 0,
    operatorAnswers: true,
    forced: 0,
    closingSat: 0n,
    spendableSat: 0n,
    pendingSat: 0n,
    channelsMsat: 20_000_000n,
    /** Height of the transaction to the address. */
    sentHeight: null as number | null,
  };
  const balances = (): Balances => ({
    onChain: {
      confirmedSat: sat(state.spendableSat),
      trustedPendingSat: sat(0n),
      untrustedPendingSat: sat(state.pendingSat),
      immatureSat: sat(0n),
      inUseSat: sat(0n),
      reservedSat: sat(0n),
      spendableSat: sat(state.spendableSat),
    },
    sendableMsat: msat(0n),
    receivableMsat: msat(0n),
    channelsMsat: msat(state.channelsMsat),
    outboundPendingMsat: msat(0n),
    inboundPendingMsat: msat(0n),
    claimable: [],
    sweepingSat: sat(0n),
    closingSat: sat(state.closingSat),
  });
  const channel = (closing: boolean, index: number) =>
    ({ channelId: `${String(closing)}${String(index)}`, closing }) as Channel;
  const node: Pick<
    LightningNode,
    "network" | "channels" | "closeChannel" | "balances" | "onChainTransactions" | "sendOnChain"
  > = {
    network: "regtest",
    balances: async () => balances(),
    channels: async () => [
      ...Array.from({ length: state.open }, (_, index) => channel(false, index)),
      ...Array.from({ length: state.closing }, (_, index) => channel(true, index)),
    ],
    closeChannel: async (_, options) => {
      if (options?.force === true) {
        state.forced += 1;
        Object.assign(state, { open: 0, closing: 0, channelsMsat: 0n, closingSat: 19_000n });
        return ok(undefined);
      }
      if (!state.operatorAnswers) return err("peer_offline", "away", "safe");
      Object.assign(state, { open: 0, closing: 1 });
      return ok(undefined);
    },
    onChainTransactions: async () => [
      {
        txid: "ab".repeat(32),
        receivedSat: sat(0n),
        sentSat: sat(19_800n),
        feeSat: sat(300n),
        height: state.sentHeight,
        at: null,
        weight: 444,
        bump: null,
      },
    ],
    sendOnChain: async () => {
      state.spendableSat = 0n;
      return ok({ txid: "ab".repeat(32), feeSat: sat(300n) });
    },
  };
  const store = memoryKeyValueStore();
  return { state, leave: new Leave(node, store), reopen: () => new Leave(node, store) };
}

test("is done only after the coins were sent, even if no balance shows them in between", async () => {
  const { state, leave, reopen } = world();
  expect(await leave.view()).toBeNull();
  const started = await leave.start(address, false);
  expect(started).toMatchObject({ ok: true, value: { channelsClosing: 1, done: false } });
  // the channel is closed and no balance shows its coins yet
  Object.assign(state, { closing: 0, channelsMsat: 0n });
  await leave.advance();
  expect(await leave.view()).toMatchObject({ done: false, claimableSat: "0", sent: [] });
  state.closingSat = 19_800n;
  expect(await leave.view()).toMatchObject({ done: false, claimableSat: "19800" });
  Object.assign(state, { closingSat: 0n, pendingSat: 19_800n });
  await reopen().advance();
  expect(await reopen().view()).toMatchObject({ done: false, sent: [] });
  Object.assign(state, { pendingSat: 0n, spendableSat: 19_800n });
  await reopen().advance();
  // it may not even have been broadcast: transactions wait for the backup
  expect(await reopen().view()).toMatchObject({ done: false });
  state.sentHeight = 700;
  expect(await reopen().view()).toMatchObject({
    done: true,
    sent: [{ txid: "ab".repeat(32), amountSat: "19500" }],
  });
  // coins that arrive after leaving was finished stay in the wallet
  await reopen().advance();
  state.spendableSat = 5_000n;
  await reopen().advance();
  expect(state.spendableSat).toBe(5_000n);
});

test("forgets the address if no channel starts to close, so that later coins stay in the wallet", async () => {
  const { state, leave } = world();
  state.operatorAnswers = false;
  expect(await leave.start(address, false)).toMatchObject({ error: { code: "peer_offline" } });
  expect(await leave.view()).toBeNull();
});

test("can force a channel whose cooperative close was not answered", async () => {
  const { state, leave } = world();
  await leave.start(address, false);
  expect(await leave.start(address, false)).toMatchObject({ ok: true });
  expect(state.forced).toBe(0);
  expect(await leave.start(address, true)).toMatchObject({
    ok: true,
    value: { channelsOpen: 0, channelsClosing: 0, claimableSat: "19000", done: false },
  });
  expect(state.forced).toBe(1);
});

test("is done at once for an empty wallet", async () => {
  const { state, leave } = world();
  Object.assign(state, { open: 0, channelsMsat: 0n });
  expect(await leave.start(address, false)).toMatchObject({ ok: true, value: { done: true } });
});

test("refuses an address of another network", async () => {
  const { leave } = world();
  expect(await leave.start("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", false)).toMatchObject({
    error: { code: "address_wrong_network" },
  });
  expect(await leave.view()).toBeNull();
});
