import { InvoiceKind } from "@satsconnect/contracts/grpc/wallet";
import { PauseKind } from "@satsconnect/contracts/grpc/node";
import { PaymentState } from "@satsconnect/contracts/grpc/payment";
import type { EngineClient } from "@satsconnect/contracts/grpc";
import type { LightningNode } from "@satsconnect/lightning";
import { msat, valueOf } from "@satsconnect/money";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../scripts/support/processes.ts";
import { startEngineWorld, callOptions } from "./support/engine-world.ts";
import type { EngineWorld } from "./support/engine-world.ts";

let world: EngineWorld;
let engine: EngineClient;
let engineId: string;
let merchant: LightningNode;
let wallet: LightningNode;
let walletId: string;

beforeAll(async () => {
  world = await startEngineWorld("engine", { core: "wasm" });
  engine = world.engine.client;
  ({ engineId, merchant } = world);
  ({ node: wallet, walletId } = await world.openWallet("wallet"));
}, 240_000);

afterAll(async () => {
  await world?.stop();
}, 60_000);

async function settledOnEngine(paymentHash: string): Promise<PaymentState> {
  let state: PaymentState = PaymentState.UNSPECIFIED;
  await waitFor(`the payment ${paymentHash.slice(0, 8)}`, async () => {
    const answer = valueOf(await engine.payment.getPaymentStatus({ paymentHash }, callOptions));
    state = answer.payment?.state ?? PaymentState.UNSPECIFIED;
    return state === PaymentState.SUCCEEDED || state === PaymentState.FAILED;
  });
  return state;
}

async function balanceOf(node: LightningNode): Promise<bigint> {
  return (await node.balances()).channelsMsat;
}

describe("the engine, a wallet and a merchant", () => {
  test("opens a channel to pay a wallet that has none, and the full amount arrives", async () => {
    const amountMsat = msat(50_000_000n);
    const estimate = valueOf(
      await engine.node.estimateChannelOpen({ walletId, amountMsat }, callOptions),
    );
    expect(estimate).toMatchObject({ needed: true });
    expect(estimate.feeMsat).toBeGreaterThan(0n);
    const jit = valueOf(
      await wallet.createJitInvoice({
        lsp: engineId,
        amountMsat,
        description: "buy",
        expirySeconds: 600,
        maxOpeningFeeMsat: msat(20_000_000n),
      }),
    );
    const request = {
      idempotencyKey: "order:one:pay",
      action: {
        $case: "pay" as const,
        value: {
          invoice: jit.invoice,
          amountMsat,
          feeLimitMsat: 0n,
          expectedNodeId: wallet.nodeId,
        },
      },
    };
    valueOf(await engine.payment.processPayment(request, callOptions));
    // Repeated requests are one payment.
    valueOf(await engine.payment.processPayment(request, callOptions));
    expect(await settledOnEngine(jit.payment.paymentHash)).toBe(PaymentState.SUCCEEDED);
    expect(await wallet.whenSettled(jit.payment.paymentHash, "inbound")).toMatchObject({
      state: "claimed",
      receivedMsat: amountMsat,
    });
    valueOf(await engine.payment.processPayment(request, callOptions));
    expect(await balanceOf(wallet)).toBe(amountMsat);
    expect(await wallet.channels()).toHaveLength(1);
  });

  test("forwards a wallet's payment to the merchant, two hops away", async () => {
    const before = await balanceOf(wallet);
    let paid: Awaited<ReturnType<LightningNode["whenSettled"]>>;
    // The wallet has just connected: there is no route until the channel announcements have arrived.
    await waitFor("a route to the merchant", async () => {
      const invoice = valueOf(
        await merchant.createInvoice({
          amountMsat: msat(7_000_000n),
          description: "mangoes",
          expirySeconds: 600,
        }),
      );
      valueOf(await wallet.pay({ invoice: invoice.request ?? "", maxFeeMsat: msat(100_000n) }));
      paid = await wallet.whenSettled(invoice.paymentHash, "outbound");
      return paid?.state === "succeeded";
    });
    const fee = paid?.direction === "outbound" ? (paid.feeMsat ?? 0n) : 0n;
    expect(await balanceOf(wallet)).toBe(before - 7_000_000n - fee);
  });

  test("forwards nothing while the operator has paused forwards", async () => {
    const pausing = { kind: PauseKind.FORWARDS, paused: true, reason: "a drill" };
    const payMerchant = async (): Promise<string | undefined> => {
      const invoice = valueOf(
        await merchant.createInvoice({ amountMsat: msat(1_000_000n), expirySeconds: 600 }),
      );
      valueOf(await wallet.pay({ invoice: invoice.request ?? "", maxFeeMsat: msat(100_000n) }));
      return (await wallet.whenSettled(invoice.paymentHash, "outbound"))?.state;
    };
    expect(await payMerchant()).toBe("succeeded");
    valueOf(await engine.node.setPause(pausing, callOptions));
    expect(await payMerchant()).toBe("failed");
    const health = (await (await fetch(`${world.engine.httpUrl}/health`)).json()) as object;
    expect(health).toMatchObject({ ready: true, paused: ["forwards"] });
    valueOf(await engine.node.setPause({ ...pausing, paused: false }, callOptions));
    await waitFor("a route again", async () => (await payMerchant()) === "succeeded");
  });

  test("holds a sell's HTLC for about a day and claims it on request", async () => {
    const made = valueOf(
      await engine.wallet.newInvoice(
        {
          idempotencyKey: "order:two:invoice",
          walletId,
          kind: InvoiceKind.HELD,
          amountMsat: 3_000_000n,
          description: "sell",
          expirySeconds: 120,
          holdBlocks: 144,
          paymentHash: "",
        },
        callOptions,
      ),
    );
    expect(valueOf(wallet.decodeInvoice(made.invoice)).minFinalCltvExpiryDelta).toBe(183);
    valueOf(await wallet.pay({ invoice: made.invoice, maxFeeMsat: msat(0n) }));
    await waitFor("the held payment", async () => {
      const { payment } = valueOf(await engine.payment.getPaymentStatus(made, callOptions));
      return payment?.state === PaymentState.HELD;
    });
    const status = valueOf(await engine.payment.getPaymentStatus(made, callOptions));
    expect((status.payment?.claimDeadlineHeight ?? 0) - status.tipHeight).toBeGreaterThan(140);
    valueOf(
      await engine.payment.processPayment(
        {
          idempotencyKey: "order:two:claim",
          action: {
            $case: "claim",
            value: { paymentHash: made.paymentHash, preimage: Buffer.alloc(0) },
          },
        },
        callOptions,
      ),
    );
    expect(await wallet.whenSettled(made.paymentHash, "outbound")).toMatchObject({
      state: "succeeded",
      feeMsat: 0n,
    });
    const refund = await engine.payment.processRefund(
      { paymentHash: made.paymentHash, idempotencyKey: "order:two:refund" },
      callOptions,
    );
    expect(refund).toMatchObject({ ok: false, error: { code: "payment_claimed" } });
  });

  test("fails a held HTLC back, also after a kill while it was held", async () => {
    const made = valueOf(
      await engine.wallet.newInvoice(
        {
          idempotencyKey: "order:three:invoice",
          walletId,
          kind: InvoiceKind.HELD,
          amountMsat: 4_000_000n,
          description: "sell",
          expirySeconds: 120,
          holdBlocks: 144,
          paymentHash: "",
        },
        callOptions,
      ),
    );
    const before = await balanceOf(wallet);
    valueOf(await wallet.pay({ invoice: made.invoice, maxFeeMsat: msat(0n) }));
    const isHeld = async (): Promise<boolean> => {
      const { payment } = valueOf(await engine.payment.getPaymentStatus(made, callOptions));
      return payment?.state === PaymentState.HELD;
    };
    await waitFor("the held payment", isHeld);
    await world.engine.app.kill();
    await world.engine.app.start();
    await waitFor("the engine again", async () => (await engine.node.getInfo({}, callOptions)).ok);
    expect(await isHeld()).toBe(true);
    await waitFor("the wallet again", async () =>
      wallet.peers().some((peer) => peer.nodeId === engineId && peer.connected),
    );
    valueOf(
      await engine.payment.processRefund(
        { paymentHash: made.paymentHash, idempotencyKey: "order:three:refund" },
        callOptions,
      ),
    );
    expect(await wallet.whenSettled(made.paymentHash, "outbound")).toMatchObject({
      state: "failed",
    });
    expect(await balanceOf(wallet)).toBe(before);
    expect(await wallet.channels()).toHaveLength(1);
  });

  test("lets the merchant pay a wallet over a just-in-time channel, minus the opening fee", async () => {
    const { node: second } = await world.openWallet("wallet-two");
    const jit = valueOf(
      await second.createJitInvoice({
        lsp: engineId,
        amountMsat: msat(30_000_000n),
        description: "wages",
        expirySeconds: 600,
        maxOpeningFeeMsat: msat(1_000_000n),
      }),
    );
    valueOf(await merchant.pay({ invoice: jit.invoice, maxFeeMsat: msat(200_000n) }));
    expect(await second.whenSettled(jit.payment.paymentHash, "inbound")).toMatchObject({
      state: "claimed",
      receivedMsat: 30_000_000n - jit.openingFeeMsat,
      skimmedFeeMsat: jit.openingFeeMsat,
    });
    expect(
      await merchant.whenSettled(jit.payment.paymentHash, "outbound", AbortSignal.timeout(10_000)),
    ).toMatchObject({ state: "succeeded" });
  });

  test("refuses an invalid payment with a code and a message", async () => {
    const pay = (value: object) =>
      engine.payment.processPayment(
        {
          idempotencyKey: "bad",
          action: {
            $case: "pay",
            value: {
              invoice: "lnbcrt1",
              amountMsat: 1n,
              feeLimitMsat: 0n,
              expectedNodeId: "",
              ...value,
            },
          },
        },
        callOptions,
      );
    expect(await pay({})).toMatchObject({ ok: false, error: { code: "invoice_malformed" } });
    expect(await pay({ amountMsat: 0n })).toMatchObject({
      ok: false,
      error: { code: "invalid_request" },
    });
    const own = valueOf(
      await merchant.createInvoice({
        amountMsat: msat(1_000n),
        description: "x",
        expirySeconds: 60,
      }),
    );
    const invoice = own.request ?? "";
    expect(await pay({ invoice, amountMsat: 2_000n })).toMatchObject({
      ok: false,
      error: { code: "amount_mismatch" },
    });
    expect(await pay({ invoice, amountMsat: 1_000n, expectedNodeId: wallet.nodeId })).toMatchObject(
      { ok: false, error: { code: "payee_mismatch" } },
    );
  });
});
