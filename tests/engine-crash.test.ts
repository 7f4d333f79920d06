import { randomInt } from "node:crypto";
import { PauseKind } from "@satsconnect/contracts/grpc/node";
import { PaymentState } from "@satsconnect/contracts/grpc/payment";
import { InvoiceKind } from "@satsconnect/contracts/grpc/wallet";
import type { LightningNode } from "@satsconnect/lightning";
import { msat, valueOf } from "@satsconnect/money";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../scripts/support/processes.ts";
import {
  invoiceOf,
  jitInvoice,
  paymentOn,
  payRequest,
  untilState,
} from "./support/engine-payments.ts";
import { healthAt, startEngineWorld, callOptions } from "./support/engine-world.ts";
import type { Engine, EngineWorld } from "./support/engine-world.ts";
import { descendants } from "./support/process-tree.ts";

let world: EngineWorld;
let wallet: LightningNode;
let walletId: string;

beforeAll(async () => {
  world = await startEngineWorld("engine-crash");
  ({ node: wallet, walletId } = await world.openWallet("wallet"));
  const amount = msat(400_000_000n);
  const first = await jitInvoice(wallet, world.engineId, amount);
  valueOf(
    await world.engine.client.payment.processPayment(
      payRequest("first", first.invoice, amount),
      callOptions,
    ),
  );
  await untilState(world.engine, first.paymentHash, PaymentState.SUCCEEDED);
  await world.bitcoind.mine(6);
  await wallet.whenSettled(first.paymentHash, "inbound", AbortSignal.timeout(30_000));
  // There is no route to the merchant until the channel announcements have arrived.
  await waitFor(
    "a route to the merchant",
    async () => {
      const { invoice, paymentHash } = await invoiceOf(world.merchant, msat(10_000n));
      valueOf(await wallet.pay({ invoice, maxFeeMsat: msat(10_000n) }));
      const paid = await wallet.whenSettled(paymentHash, "outbound", AbortSignal.timeout(30_000));
      return paid?.state === "succeeded";
    },
    90_000,
  );
}, 240_000);

afterAll(() => world?.stop(), 60_000);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const balance = async (node = wallet): Promise<bigint> => (await node.balances()).channelsMsat;

/** The balance changes shortly after the claim, when the HTLC is removed: wait for the exact amount in msat. */
async function expectBalance(expected: bigint, node = wallet): Promise<void> {
  let last = 0n;
  for (let tries = 0; tries < 100 && last !== expected; tries += 1) {
    if (tries > 0) await pause(100);
    last = await balance(node);
  }
  expect(last).toBe(expected);
}

/** Retries with the same request and idempotency key until there is an answer, as the orchestrator does. */
async function payUntilAnswered(request: ReturnType<typeof payRequest>): Promise<void> {
  await waitFor(
    "the engine to accept the payment",
    async () => {
      const answer = await world.engine.client.payment.processPayment(request, {
        deadlineMs: 3_000,
      });
      if (answer.ok) return true;
      if (answer.error.retry === "never") throw new Error(answer.error.code);
      return false;
    },
    60_000,
  );
}

/** Expects exactly one payment for this invoice, of the full amount. */
async function expectArrived(node: LightningNode, paymentHash: string, amountMsat: bigint) {
  const arrived = await node.whenSettled(paymentHash, "inbound", AbortSignal.timeout(40_000));
  expect(arrived).toMatchObject({ state: "claimed", receivedMsat: amountMsat });
  const all = await node.payments({ limit: 1_000 });
  expect(all.filter((payment) => payment.paymentHash === paymentHash)).toHaveLength(1);
}

async function expectNoChannelClosed(node: LightningNode, channels: number): Promise<void> {
  expect(await node.channels()).toHaveLength(channels);
  const closed = [];
  const abort = new AbortController();
  const all = node.lastSequence;
  for await (const event of node.events(0, abort.signal)) {
    if (event.type === "channelClosed") closed.push(event.reason);
    if (event.sequence >= all) break;
  }
  expect(closed).toEqual([]);
}

describe("the engine is killed without warning", () => {
  test("3: during payments, at any moment: each invoice is paid exactly once, to the msat", async () => {
    const before = await balance();
    let sent = 0n;
    for (let round = 0; round < 4; round += 1) {
      const amount = msat(BigInt(1_000_000 + round));
      const { invoice, paymentHash } = await invoiceOf(wallet, amount);
      const request = payRequest(`paying:${String(round)}`, invoice, amount);
      const answer = world.engine.client.payment.processPayment(request, { deadlineMs: 2_000 });
      await pause(randomInt(0, 60));
      await world.engine.app.kill();
      await answer;
      await world.engine.app.start();
      await payUntilAnswered(request);
      await untilState(world.engine, paymentHash, PaymentState.SUCCEEDED);
      await expectArrived(wallet, paymentHash, amount);
      sent += amount;
    }
    await expectBalance(before + sent);
    await expectNoChannelClosed(wallet, 1);
  });

  test("4: between opening a wallet's channel and paying through it: one channel, one payment", async () => {
    const { node } = await world.openWallet("young");
    const amount = msat(60_000_000n);
    const { invoice, paymentHash } = await jitInvoice(node, world.engineId, amount);
    const request = payRequest("young", invoice, amount);
    valueOf(await world.engine.client.payment.processPayment(request, callOptions));
    await waitFor("the channel, before it is usable", async () => {
      return (await node.channels()).length > 0;
    });
    await world.engine.app.kill();
    await world.engine.app.start();
    await payUntilAnswered(request);
    await untilState(world.engine, paymentHash, PaymentState.SUCCEEDED);
    await expectArrived(node, paymentHash, amount);
    await expectBalance(amount, node);
    await expectNoChannelClosed(node, 1);
    await node.close();
  });

  test("with an HTLC held: it stays held and is claimed on request", async () => {
    const before = await balance();
    const made = valueOf(
      await world.engine.client.wallet.newInvoice(
        {
          idempotencyKey: "held",
          walletId,
          kind: InvoiceKind.HELD,
          amountMsat: 9_000_000n,
          description: "sell",
          expirySeconds: 300,
          holdBlocks: 144,
          paymentHash: "",
        },
        callOptions,
      ),
    );
    valueOf(await wallet.pay({ invoice: made.invoice, maxFeeMsat: msat(0n) }));
    await untilState(world.engine, made.paymentHash, PaymentState.HELD);
    await world.engine.app.kill();
    await world.engine.app.start();
    await untilState(world.engine, made.paymentHash, PaymentState.HELD);
    const claim = {
      idempotencyKey: "held:claim",
      action: {
        $case: "claim" as const,
        value: { paymentHash: made.paymentHash, preimage: Buffer.alloc(0) },
      },
    };
    const claimed = world.engine.client.payment.processPayment(claim, { deadlineMs: 2_000 });
    await pause(randomInt(0, 20));
    await world.engine.app.kill();
    await claimed;
    await world.engine.app.start();
    await waitFor("the claim", async () => {
      return (await world.engine.client.payment.processPayment(claim, callOptions)).ok;
    });
    await untilState(world.engine, made.paymentHash, PaymentState.SUCCEEDED);
    expect(
      await wallet.whenSettled(made.paymentHash, "outbound", AbortSignal.timeout(40_000)),
    ).toMatchObject({ state: "succeeded", feeMsat: 0n });
    await expectBalance(before - 9_000_000n);
    await expectNoChannelClosed(wallet, 1);
  });

  test("while it forwards to the merchant: the wallet's payment ends once, and the balances agree with its result", async () => {
    for (let round = 0; round < 2; round += 1) {
      const before = await balance();
      const amount = msat(2_000_000n + BigInt(round));
      const { invoice, paymentHash } = await invoiceOf(world.merchant, amount);
      valueOf(await wallet.pay({ invoice, maxFeeMsat: msat(100_000n) }));
      await pause(randomInt(0, 60));
      await world.engine.app.kill();
      await world.engine.app.start();
      const paid = await wallet.whenSettled(paymentHash, "outbound", AbortSignal.timeout(90_000));
      const fee = paid?.direction === "outbound" ? (paid.feeMsat ?? 0n) : 0n;
      if (paid?.state === "succeeded") {
        await expectArrived(world.merchant, paymentHash, amount);
        await expectBalance(before - amount - fee);
      } else {
        // The whole amount was returned.
        expect(paid?.state).toBe("failed");
        await expectBalance(before);
        expect(await world.merchant.payment(paymentHash, "inbound")).toMatchObject({
          state: "open",
        });
      }
    }
    await expectNoChannelClosed(wallet, 1);
    await expectNoChannelClosed(world.merchant, 1);
  });
});

describe("the wallet is disconnected", () => {
  test("30: a payment to it waits and arrives when the wallet reconnects", async () => {
    const { node } = await world.openWallet("sleeper");
    const amount = msat(55_000_000n);
    const { invoice, paymentHash } = await jitInvoice(node, world.engineId, amount);
    await node.disconnect(world.engineId);
    await waitFor("the engine to see the disconnect", async () => {
      const { peers } = valueOf(await world.engine.client.node.listPeers({}, callOptions));
      return !peers.some((peer) => peer.nodeId === node.nodeId && peer.connected);
    });
    const request = payRequest("sleeper", invoice, amount);
    valueOf(await world.engine.client.payment.processPayment(request, callOptions));
    await pause(1_500);
    expect((await paymentOn(world.engine, paymentHash))?.state).toBe(PaymentState.PENDING);
    valueOf(await node.connect({ nodeId: world.engineId, address: world.engine.webSocketUrl }));
    await untilState(world.engine, paymentHash, PaymentState.SUCCEEDED);
    await expectArrived(node, paymentHash, amount);
    await node.close();
  });

  test("the payment fails with a reason when its invoice expires before the wallet reconnects", async () => {
    const { node } = await world.openWallet("absent");
    const amount = msat(55_000_000n);
    const { invoice, paymentHash } = await jitInvoice(node, world.engineId, amount, 12);
    await node.close();
    const request = payRequest("absent", invoice, amount);
    valueOf(await world.engine.client.payment.processPayment(request, callOptions));
    const failed = await untilState(world.engine, paymentHash, PaymentState.FAILED);
    expect(failed.failureReason).toBe("FAILURE_REASON_RECIPIENT_OFFLINE");
  });
});

describe("the database hangs", () => {
  test("23: nothing is sent before it is stored; everything continues exactly once when the database resumes", async () => {
    const before = await balance();
    const channels = (await wallet.channels()).length;
    const postgres = world.postgres.process?.pid;
    if (postgres === undefined) throw new Error("no Postgres of our own");
    const amount = msat(3_000_000n);
    const { invoice, paymentHash } = await invoiceOf(wallet, amount);
    const request = payRequest("paused", invoice, amount);
    const toMerchant = await invoiceOf(world.merchant, amount);

    const stopped = descendants(postgres);
    expect(stopped.length).toBeGreaterThan(3);
    for (const pid of stopped) process.kill(pid, "SIGSTOP");
    let health: { readonly ready: boolean };
    try {
      const answer = await world.engine.client.payment.processPayment(request, {
        deadlineMs: 2_000,
      });
      expect(answer).toMatchObject({ ok: false, error: { retry: "unknown" } });
      valueOf(await wallet.pay({ invoice: toMerchant.invoice, maxFeeMsat: msat(100_000n) }));
      await pause(3_000);
      expect(await wallet.payment(paymentHash, "inbound")).toMatchObject({ state: "open" });
      expect(await wallet.payment(toMerchant.paymentHash, "outbound")).toMatchObject({
        state: "inFlight",
      });
      expect(await world.merchant.payment(toMerchant.paymentHash, "inbound")).toMatchObject({
        state: "open",
      });
      health = await healthAt(world.engine.httpUrl);
    } finally {
      for (const pid of stopped) process.kill(pid, "SIGCONT");
    }
    expect(health.ready).toBe(false);

    await payUntilAnswered(request);
    await untilState(world.engine, paymentHash, PaymentState.SUCCEEDED);
    await expectArrived(wallet, paymentHash, amount);
    const paid = await wallet.whenSettled(
      toMerchant.paymentHash,
      "outbound",
      AbortSignal.timeout(60_000),
    );
    expect(paid?.state).toBe("succeeded");
    const fee = paid?.direction === "outbound" ? (paid.feeMsat ?? 0n) : 0n;
    await expectBalance(before - fee);
    await waitFor("health", async () => (await healthAt(world.engine.httpUrl)).ready);
    await expectNoChannelClosed(wallet, channels);
  });
});

describe("a channel closes by agreement", () => {
  test("the wallet's on-chain output is reported until the close is final", async () => {
    const { node, walletId: id } = await world.openWallet("leaving");
    const amount = msat(80_000_000n);
    const { invoice, paymentHash } = await jitInvoice(node, world.engineId, amount);
    valueOf(
      await world.engine.client.payment.processPayment(
        payRequest("leaving", invoice, amount),
        callOptions,
      ),
    );
    await untilState(world.engine, paymentHash, PaymentState.SUCCEEDED);
    await waitFor("the funding transaction", async () => {
      const waiting = await world.bitcoind.call<readonly string[]>("getrawmempool");
      return waiting.length > 0;
    });
    await world.bitcoind.mine(6);
    const engineBalance = async () =>
      valueOf(await world.engine.client.wallet.getBalance({ walletId: id }, callOptions));
    await waitFor("the balance", async () => (await engineBalance()).channelCount === 1);
    expect(await engineBalance()).toMatchObject({ connected: true, onChainClaimableSat: 0n });
    const [channel] = await node.channels();
    valueOf(
      await world.engine.client.node.closeChannel(
        { channelId: channel?.channelId ?? "", force: false },
        callOptions,
      ),
    );
    await waitFor("the closing", async () => (await engineBalance()).onChainClaimableSat > 0n);
    const { onChainClaimableSat } = await engineBalance();
    // On-chain fees and anchor outputs are not deducted.
    expect(onChainClaimableSat).toBeGreaterThanOrEqual(80_000n);
    expect(onChainClaimableSat).toBeLessThan(90_000n);
    await world.bitcoind.mine(6);
    await waitFor("the end of the closing", async () => {
      const now = await engineBalance();
      return now.onChainClaimableSat === 0n && now.channelCount === 0;
    });
    await node.close();
  });
});

describe("a second engine on the same database", () => {
  let second: Engine;

  async function payThrough(engine: Engine, key: string): Promise<void> {
    valueOf(await wallet.connect({ nodeId: world.engineId, address: engine.webSocketUrl }));
    const amount = msat(1_500_000n);
    const { invoice, paymentHash } = await invoiceOf(wallet, amount);
    const before = await balance();
    valueOf(
      await engine.client.payment.processPayment(payRequest(key, invoice, amount), callOptions),
    );
    await untilState(engine, paymentHash, PaymentState.SUCCEEDED);
    await expectArrived(wallet, paymentHash, amount);
    await expectBalance(before + amount);
  }

  test("reports standby and takes over when the first one dies", async () => {
    const standby = await world.startEngine("standby");
    await waitFor("the standby", async () => {
      return (await healthAt(standby.httpUrl)).status === "standby";
    });
    // The first engine is not disturbed.
    await pause(2_000);
    expect((await healthAt(world.engine.httpUrl)).ready).toBe(true);
    const pausing = { kind: PauseKind.PAYMENTS, paused: true, reason: "a drill" };
    valueOf(await world.engine.client.node.setPause(pausing, callOptions));
    await world.engine.app.kill();
    const killed = Date.now();
    second = await standby.ready;
    expect(Date.now() - killed).toBeLessThan(15_000);
    expect(valueOf(await second.client.node.getInfo({}, callOptions)).nodeId).toBe(world.engineId);
    // What the operator has paused stays paused.
    const { invoice } = await invoiceOf(wallet, msat(1_000n));
    expect(
      await second.client.payment.processPayment(
        payRequest("while-paused", invoice, 1_000n),
        callOptions,
      ),
    ).toMatchObject({ ok: false, error: { code: "payments_paused", retry: "safe" } });
    valueOf(await second.client.node.setPause({ ...pausing, paused: false }, callOptions));
    await payThrough(second, "taken-over");
    // The second engine knows the requests that the first one took.
    const early = await second.client.payment.processPayment(
      payRequest("taken-over", (await invoiceOf(wallet, msat(1n))).invoice, 1n),
      callOptions,
    );
    expect(early).toMatchObject({ ok: false, error: { code: "idempotency_conflict" } });
    await waitFor("the merchant again", async () => {
      const { peers } = valueOf(await second.client.node.listPeers({}, callOptions));
      return peers.some(({ nodeId, connected }) => connected && nodeId === world.merchant.nodeId);
    });
  });

  test("22: takes over from one that hangs, which exits on waking without changing anything", async () => {
    const again = world.engine.app.start();
    await waitFor("the first one standing by", async () => {
      return (await healthAt(world.engine.httpUrl)).status === "standby";
    });
    const hanging = second.app.process();
    process.kill(hanging.pid, "SIGSTOP");
    await again;
    await payThrough(world.engine, "after-hanging");
    process.kill(hanging.pid, "SIGCONT");
    const woken = Date.now();
    expect(await hanging.exited).toBe(1);
    expect(Date.now() - woken).toBeLessThan(8_000);
    await payThrough(world.engine, "after-woken");
    await expectNoChannelClosed(wallet, 1);
    await expectNoChannelClosed(world.merchant, 1);
  });
});
