import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import { PauseKind } from "@satsconnect/contracts/grpc/node";
import { FailureReason, PaymentState } from "@satsconnect/contracts/grpc/payment";
import { InvoiceKind } from "@satsconnect/contracts/grpc/wallet";
import { mutualTlsClientCredentials } from "@satsconnect/contracts/grpc";
import { err, msat, ok, valueOf } from "@satsconnect/money";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startGrpcWorld } from "../testing/grpc.ts";
import type { GrpcWorld } from "../testing/grpc.ts";

const terms = { deadlineMs: 10_000 };
const walletNode = `02${"1f".repeat(32)}`;
const hash = "ab".repeat(32);
let grpc: GrpcWorld;
let walletId: string;
let keys = 0;
const newKey = (): string => `order:${String((keys += 1))}:x`;

const refused = (code: string, retry = "never") => ({ ok: false, error: { code, retry } });

beforeAll(async () => {
  grpc = await startGrpcWorld();
  ({ walletId } = valueOf(await grpc.api.wallet.createWallet({ nodeId: walletNode }, terms)));
});
afterAll(() => grpc?.stop());
beforeEach(() => {
  grpc.setChain(() => ok(undefined));
  grpc.world.setPaymentOutcome("succeed");
});

const newInvoice = (over: object = {}) =>
  grpc.api.wallet.newInvoice(
    {
      idempotencyKey: newKey(),
      walletId,
      kind: InvoiceKind.HELD,
      amountMsat: 5_000_000n,
      description: "a sell",
      expirySeconds: 600,
      holdBlocks: 144,
      paymentHash: "",
      ...over,
    },
    terms,
  );
const pay = (value: object, idempotencyKey = newKey()) =>
  grpc.api.payment.processPayment(
    {
      idempotencyKey,
      action: {
        $case: "pay",
        value: {
          invoice: "lnbcrt1mem00",
          feeLimitMsat: 10_000n,
          expectedNodeId: "",
          amountMsat: 5_000_000n,
          ...value,
        },
      },
    },
    terms,
  );
const claim = (paymentHash: string, idempotencyKey = newKey(), preimage = Buffer.alloc(0)) =>
  grpc.api.payment.processPayment(
    { idempotencyKey, action: { $case: "claim", value: { paymentHash, preimage } } },
    terms,
  );
const failBack = (paymentHash: string, idempotencyKey = newKey()) =>
  grpc.api.payment.processRefund({ paymentHash, idempotencyKey }, terms);
const statusOf = async (paymentHash: string) =>
  valueOf(await grpc.api.payment.getPaymentStatus({ paymentHash }, terms)).payment;
const theirs = (over: Partial<Parameters<GrpcWorld["world"]["foreignInvoice"]>[0]> = {}) =>
  grpc.world.foreignInvoice({ amountMsat: msat(5_000_000n), expirySeconds: 600, ...over });
async function newHeldPayment(): Promise<string> {
  const made = valueOf(await newInvoice());
  expect(grpc.world.payInvoice(made.invoice)).toBe(true);
  return made.paymentHash;
}

const setPause = (client: GrpcWorld["operator"], over: object = {}) =>
  client.node.setPause(
    { kind: PauseKind.PAYMENTS, paused: true, reason: "an incident", ...over },
    terms,
  );

describe("wallets", () => {
  test("returns the same wallet for the same node, and refuses the engine's own node", async () => {
    const again = valueOf(await grpc.api.wallet.createWallet({ nodeId: walletNode }, terms));
    expect(again.walletId).toBe(walletId);
    const { nodeId } = valueOf(await grpc.api.node.getInfo({}, terms));
    expect(await grpc.api.wallet.createWallet({ nodeId }, terms)).toMatchObject(
      refused("invalid_request"),
    );
  });

  test("shows a wallet's balance: our channels with it, seen from its side", async () => {
    grpc.world.addChannel({
      peer: walletNode,
      inboundCapacityMsat: msat(30_000n),
      outboundCapacityMsat: msat(20_000n),
      pendingInboundMsat: msat(7_000n),
      pendingOutboundMsat: msat(9_000n),
    });
    grpc.world.addChannel({ peer: `03${"cd".repeat(32)}`, inboundCapacityMsat: msat(1n) });
    grpc.world.connect({ nodeId: walletNode, connected: true, inbound: true, address: null });
    expect(valueOf(await grpc.api.wallet.getBalance({ walletId }, terms))).toMatchObject({
      spendableMsat: 30_000n,
      receivableMsat: 20_000n,
      pendingInboundMsat: 9_000n,
      pendingOutboundMsat: 7_000n,
      onChainClaimableSat: 77n,
      channelCount: 1,
      connected: true,
    });
  });

  test("quotes our own hop plus the route from us", async () => {
    const quote = valueOf(
      await grpc.api.wallet.sendPayment({ walletId, invoice: theirs() }, terms),
    );
    expect(quote).toMatchObject({
      amountMsat: 5_000_000n,
      routeFound: true,
      // The route from us: 1,000 msat. Our own hop: 1,000 msat plus 100 millionths of 5,001,000 msat.
      estimatedFeeMsat: 1_000n + 1_000n + 500n,
      estimatedCltvBlocks: 172,
    });
    const tight = await grpc.api.wallet.sendPayment(
      { walletId, invoice: theirs(), feeLimitMsat: 2_499n },
      terms,
    );
    expect(valueOf(tight).routeFound).toBe(false);
    const nowhere = theirs({ payee: `02${"ee".repeat(32)}` });
    const lost = await grpc.api.wallet.sendPayment({ walletId, invoice: nowhere }, terms);
    expect(valueOf(lost)).toMatchObject({ routeFound: false, estimatedFeeMsat: 0n });
  });

  test("quotes no fee for paying the engine's own invoice", async () => {
    const { invoice } = valueOf(await newInvoice());
    const quote = valueOf(await grpc.api.wallet.sendPayment({ walletId, invoice }, terms));
    expect(quote).toMatchObject({ routeFound: true, estimatedFeeMsat: 0n });
  });

  test("quotes an invoice without an amount for the requested amount", async () => {
    const open = theirs({ amountMsat: null });
    const asked = (amountMsat?: bigint) =>
      grpc.api.wallet.sendPayment(
        { walletId, invoice: open, ...(amountMsat === undefined ? {} : { amountMsat }) },
        terms,
      );
    expect(await asked()).toMatchObject(refused("amount_invalid"));
    expect(valueOf(await asked(9_000n)).amountMsat).toBe(9_000n);
    expect(
      await grpc.api.wallet.sendPayment({ walletId, invoice: theirs(), amountMsat: 1n }, terms),
    ).toMatchObject(refused("amount_mismatch"));
  });
});

describe("idempotency keys", () => {
  test("create one invoice, and conflict with different terms", async () => {
    const idempotencyKey = newKey();
    const first = valueOf(await newInvoice({ idempotencyKey }));
    expect(valueOf(await newInvoice({ idempotencyKey }))).toEqual(first);
    for (const other of [{ amountMsat: 6_000_000n }, { description: "x" }, { holdBlocks: 100 }]) {
      expect(await newInvoice({ idempotencyKey, ...other })).toMatchObject(
        refused("idempotency_conflict"),
      );
    }
  });

  test("make one payment however the invoice is written, and conflict with different terms", async () => {
    const idempotencyKey = newKey();
    const invoice = theirs();
    const first = valueOf(await pay({ invoice }, idempotencyKey)).payment;
    const again = valueOf(
      await pay({ invoice: `LIGHTNING:${invoice.toUpperCase()}` }, idempotencyKey),
    );
    expect(again.payment?.paymentHash).toBe(first?.paymentHash);
    expect(await pay({ invoice: theirs() }, idempotencyKey)).toMatchObject(
      refused("idempotency_conflict"),
    );
    expect(await pay({ invoice, feeLimitMsat: 20_000n }, idempotencyKey)).toMatchObject(
      refused("idempotency_conflict"),
    );
  });

  test("used for a payment cannot claim, fail or create an invoice", async () => {
    const idempotencyKey = newKey();
    valueOf(await pay({ invoice: theirs() }, idempotencyKey));
    const held = await newHeldPayment();
    for (const attempt of [
      claim(held, idempotencyKey),
      failBack(held, idempotencyKey),
      newInvoice({ idempotencyKey }),
    ]) {
      expect(await attempt).toMatchObject(refused("idempotency_conflict"));
    }
    expect((await statusOf(held))?.state).toBe(PaymentState.HELD);
  });

  test("stay unused when the request is refused", async () => {
    const idempotencyKey = newKey();
    const invoice = theirs();
    expect(await pay({ invoice, amountMsat: 1n }, idempotencyKey)).toMatchObject(
      refused("amount_mismatch"),
    );
    expect(valueOf(await pay({ invoice }, idempotencyKey)).payment?.paymentHash).toHaveLength(64);
  });

  test("5: pay the same invoice only once, even with two keys", async () => {
    const invoice = theirs();
    valueOf(await pay({ invoice }));
    expect(await pay({ invoice })).toMatchObject(refused("already_paid"));
  });

  test("return an existing payment after its invoice has expired", async () => {
    const idempotencyKey = newKey();
    const invoice = theirs({ expirySeconds: 60 });
    const first = valueOf(await pay({ invoice }, idempotencyKey)).payment;
    grpc.advance(120_000);
    const again = valueOf(await pay({ invoice }, idempotencyKey)).payment;
    expect(again?.paymentHash).toBe(first?.paymentHash);
    expect(again?.state).toBe(PaymentState.SUCCEEDED);
  });
});

describe("a held payment", () => {
  test("is claimed once and cannot be failed back then", async () => {
    const held = await newHeldPayment();
    const before = await statusOf(held);
    expect(before).toMatchObject({ state: PaymentState.HELD, receivedMsat: 5_000_000n });
    const key = newKey();
    valueOf(await claim(held, key));
    valueOf(await claim(held, key));
    valueOf(await claim(held));
    expect((await statusOf(held))?.state).toBe(PaymentState.SUCCEEDED);
    expect(await failBack(held)).toMatchObject(refused("payment_claimed"));
  });

  test("is failed back once and cannot be claimed then", async () => {
    const held = await newHeldPayment();
    const key = newKey();
    valueOf(await failBack(held, key));
    valueOf(await failBack(held, key));
    expect((await statusOf(held))?.state).toBe(PaymentState.RETURNED);
    expect(await claim(held)).toMatchObject(refused("payment_returned"));
  });

  test("must exist: unpaid, expired and unknown invoices are neither claimed nor failed", async () => {
    const { paymentHash } = valueOf(await newInvoice({ expirySeconds: 30 }));
    expect(await claim(paymentHash)).toMatchObject(refused("payment_not_held"));
    expect(await failBack(paymentHash)).toMatchObject(refused("payment_not_held"));
    grpc.advance(31_000);
    expect(await claim(paymentHash)).toMatchObject(refused("payment_not_held"));
    expect((await statusOf(paymentHash))?.state).toBe(PaymentState.EXPIRED);
    expect(await claim(hash)).toMatchObject(refused("payment_not_found"));
    expect(await failBack(hash)).toMatchObject(refused("payment_not_found"));
  });

  test("must be inbound: our own payments cannot be claimed", async () => {
    const paid = valueOf(await pay({ invoice: theirs() })).payment;
    expect(await claim(paid?.paymentHash ?? "")).toMatchObject(refused("payment_not_found"));
  });

  test("for a foreign hash needs the right preimage", async () => {
    const made = valueOf(await newInvoice({ kind: InvoiceKind.HELD_FOR_HASH, paymentHash: hash }));
    grpc.world.payInvoice(made.invoice);
    expect(await claim(hash)).toMatchObject(refused("preimage_invalid"));
    expect(await claim(hash, newKey(), Buffer.alloc(32, 7))).toMatchObject(
      refused("preimage_invalid"),
    );
    valueOf(await failBack(hash));
  });
});

describe("paying", () => {
  test.each([
    ["noRoute", FailureReason.NO_ROUTE],
    ["recipientOffline", FailureReason.RECIPIENT_OFFLINE],
    ["capExceeded", FailureReason.CAP_EXCEEDED],
    ["insufficientFunds", FailureReason.TREASURY_EMPTY],
    ["channelOpenFailed", FailureReason.CHANNEL_OPEN_FAILED],
  ] as const)("reports the failure %s", async (failure, reason) => {
    grpc.world.setPaymentOutcome(failure);
    const started = valueOf(await pay({ invoice: theirs() })).payment;
    expect(await statusOf(started?.paymentHash ?? "")).toMatchObject({
      state: PaymentState.FAILED,
      failureReason: reason,
    });
  });

  test("29: refuses new payments and invoices while the chain is unreliable, and returns existing ones", async () => {
    const idempotencyKey = newKey();
    const invoice = theirs();
    valueOf(await pay({ invoice }, idempotencyKey));
    grpc.setChain(() => err("chain_unreliable", "Not now.", "safe"));
    expect(await pay({ invoice: theirs() })).toMatchObject(refused("chain_unreliable", "safe"));
    expect(await newInvoice()).toMatchObject(refused("chain_unreliable", "safe"));
    expect((await pay({ invoice }, idempotencyKey)).ok).toBe(true);
  });

  test.each([
    ["a missing invoice", () => ({ invoice: "" }), "invalid_request"],
    ["arbitrary text", () => ({ invoice: "pay me" }), "invalid_request"],
    ["a very long text", () => ({ invoice: `lnbcrt1${"q".repeat(5_000)}` }), "invalid_request"],
    ["a broken invoice", () => ({ invoice: "lnbcrt1broken" }), "invoice_malformed"],
    ["a different amount", () => ({ invoice: theirs(), amountMsat: 1n }), "amount_mismatch"],
    ["no amount", () => ({ invoice: theirs({ amountMsat: null }) }), "amount_invalid"],
    ["amount zero", () => ({ invoice: theirs(), amountMsat: 0n }), "invalid_request"],
    ["an impossible amount", () => ({ amountMsat: 1n << 63n }), "invalid_request"],
    [
      "a different node's invoice",
      () => ({ invoice: theirs(), expectedNodeId: walletNode }),
      "payee_mismatch",
    ],
    ["an invalid node id", () => ({ invoice: theirs(), expectedNodeId: "me" }), "invalid_request"],
    [
      "an invoice of another network",
      () => ({ invoice: theirs({ network: "bitcoin" }) }),
      "invoice_wrong_network",
    ],
    [
      "an invoice about to expire",
      () => ({ invoice: theirs({ expirySeconds: 2 }) }),
      "invoice_expired",
    ],
    ["a fee limit above 1 %", () => ({ invoice: theirs(), feeLimitMsat: 50_001n }), "cap_exceeded"],
  ])("refuses %s with its code", async (_name, value, code) => {
    expect(await pay(value())).toMatchObject(refused(code));
  });

  test("7: refuses an invoice whose payee may hold the payment for more than 48 blocks", async () => {
    const invoice = (blocks: number) => theirs({ minFinalCltvExpiryDelta: blocks });
    expect((await pay({ invoice: invoice(48) })).ok).toBe(true);
    for (const blocks of [49, 144, 860])
      expect(await pay({ invoice: invoice(blocks) })).toMatchObject(refused("final_cltv_too_high"));
  });

  test("10: pays with a routing fee limit of 1 %, and with no higher one", async () => {
    expect((await pay({ invoice: theirs(), feeLimitMsat: 50_000n })).ok).toBe(true);
    expect(await pay({ invoice: theirs(), feeLimitMsat: 1_500_000n })).toMatchObject(
      refused("cap_exceeded"),
    );
  });

  test("refuses the engine's own invoice", async () => {
    const { invoice } = valueOf(await newInvoice());
    expect(await pay({ invoice })).toMatchObject(refused("payee_mismatch"));
  });
});

describe("the payment stream", () => {
  async function read(after: bigint, count: number) {
    const stream = grpc.api.payment.paymentStream(after);
    const seen = [];
    for await (const event of stream) {
      seen.push(event);
      if (seen.length >= count) break;
    }
    stream.cancel();
    return seen;
  }

  test("starts after any sequence, continues live, and repeats the same events", async () => {
    const all = await read(0n, 5);
    expect(all.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n, 4n, 5n]);
    expect(await read(2n, 3)).toEqual(all.slice(2));
    const { paymentHash } = valueOf(await newInvoice());
    const last = await lastSequence(paymentHash);
    const live = read(last, 1);
    const { invoice } = valueOf(await newInvoice());
    const [event] = await live;
    expect(event?.sequence).toBe(last + 1n);
    expect(event?.payment?.state).toBe(PaymentState.OPEN);
    expect(invoice).toBeTruthy();
  });

  async function lastSequence(paymentHash: string): Promise<bigint> {
    for await (const event of grpc.api.payment.paymentStream(0n)) {
      if (event.payment?.paymentHash === paymentHash) return event.sequence;
    }
    throw new Error("the stream ended");
  }

  test("waits when the cursor is beyond every sequence", async () => {
    const stream = grpc.api.payment.paymentStream((1n << 64n) - 1n);
    const first = stream[Symbol.asyncIterator]().next();
    const outcome = await Promise.race([
      first.then(() => "event"),
      new Promise((resolve) => setTimeout(resolve, 200, "silent")),
    ]);
    stream.cancel();
    await first.catch(() => {});
    expect(outcome).toBe("silent");
  });
});

describe("administration", () => {
  test("is reserved for the operator", async () => {
    const peer = { nodeId: walletNode, address: "127.0.0.1:9735" };
    const channel = {
      idempotencyKey: newKey(),
      peerNodeId: walletNode,
      capacitySat: 100_000n,
      pushMsat: 0n,
      announced: false,
    };
    for (const attempt of [
      grpc.api.node.newAddress({}, terms),
      grpc.api.node.connectPeer(peer, terms),
      grpc.api.node.openChannel(channel, terms),
      grpc.api.node.closeChannel({ channelId: hash, force: true }, terms),
    ]) {
      expect(await attempt).toMatchObject(refused("operator_only"));
    }
    expect((await grpc.operator.node.newAddress({}, terms)).ok).toBe(true);
    expect((await grpc.operator.node.connectPeer(peer, terms)).ok).toBe(true);
    expect((await grpc.operator.node.openChannel(channel, terms)).ok).toBe(true);
    expect(await grpc.operator.node.openChannel({ ...channel, pushMsat: 1n }, terms)).toMatchObject(
      refused("idempotency_conflict"),
    );
    expect(
      await grpc.operator.node.closeChannel({ channelId: hash, force: false }, terms),
    ).toMatchObject(refused("channel_not_found"));
  });

  test("shows the treasury to operator and api", async () => {
    const before = valueOf(await grpc.api.node.getTreasury({}, terms)).dailySpentMsat;
    const idempotencyKey = newKey();
    valueOf(await pay({ invoice: theirs() }, idempotencyKey));
    await statusOf(hash).catch(() => {});
    const treasury = valueOf(await grpc.api.node.getTreasury({}, terms));
    expect(treasury).toMatchObject({
      onChainConfirmedSat: 1_000_000n,
      onChainUnconfirmedSat: 5n,
      anchorReserveSat: 20_000n,
      feesEarnedMsat: 42n,
      dailyCapMsat: 50_000_000_000n,
    });
    expect(treasury.dailySpentMsat - before).toBe(5_001_000n);
  });

  test("says beforehand whether a payment would be admitted", async () => {
    const check = () =>
      grpc.api.node.checkPayment(
        { nodeId: walletNode, amountMsat: 5_000_000n, feeLimitMsat: 50_000n },
        terms,
      );
    expect((await check()).ok).toBe(true);
    grpc.world.setAdmission(err("cap_exceeded", "Too much.", "never"));
    expect(await check()).toMatchObject(refused("cap_exceeded"));
    grpc.world.setAdmission(ok(undefined));
    expect((await setPause(grpc.operator)).ok).toBe(true);
    expect(await check()).toMatchObject(refused("payments_paused", "safe"));
    await setPause(grpc.operator, { paused: false });
    grpc.setChain(() => err("chain_unreliable", "Not now.", "safe"));
    expect(await check()).toMatchObject(refused("chain_unreliable", "safe"));
  });

  test("estimates the first channel's fee for a known wallet", async () => {
    const amountMsat = 1_000_000n;
    expect(
      valueOf(await grpc.api.node.estimateChannelOpen({ walletId, amountMsat }, terms)),
    ).toEqual({ needed: true, feeMsat: 4_000n, minimumAmountMsat: 200_000n });
    expect(
      await grpc.api.node.estimateChannelOpen({ walletId: crypto.randomUUID(), amountMsat }, terms),
    ).toMatchObject(refused("wallet_not_found"));
  });
});

describe("pauses", () => {
  const pausedKinds = async () =>
    valueOf(await grpc.api.node.listPauses({}, terms))
      .pauses.filter(({ paused }) => paused)
      .map(({ kind }) => kind);

  test("only the operator may set one, with a reason; everybody may read them", async () => {
    expect(await setPause(grpc.api)).toMatchObject(refused("operator_only"));
    expect(await setPause(grpc.operator, { reason: " " })).toMatchObject(
      refused("invalid_request"),
    );
    expect(await setPause(grpc.operator, { kind: PauseKind.UNSPECIFIED })).toMatchObject(
      refused("invalid_request"),
    );
    // Postgres cannot store the character NUL
    expect(await setPause(grpc.operator, { reason: "an \0 incident" })).toMatchObject(
      refused("invalid_request"),
    );
    expect(await pausedKinds()).toEqual([]);
  });

  test("paused payments refuse new ones, and let the others end", async () => {
    const held = await newHeldPayment();
    const other = await newHeldPayment();
    grpc.world.setPaymentOutcome("nothing");
    const invoice = theirs();
    const key = newKey();
    const paying = valueOf(await pay({ invoice }, key)).payment;
    const { pauses } = valueOf(await setPause(grpc.operator));
    expect(pauses[0]).toMatchObject({ paused: true, reason: "an incident" });
    try {
      expect(await pausedKinds()).toEqual([PauseKind.PAYMENTS]);
      expect(await pay({ invoice: theirs() })).toMatchObject(refused("payments_paused", "safe"));
      expect(valueOf(await pay({ invoice }, key)).payment?.paymentHash).toBe(paying?.paymentHash);
      grpc.world.settle(paying?.paymentHash ?? "", "succeed");
      expect((await claim(held)).ok).toBe(true);
      expect((await failBack(other)).ok).toBe(true);
    } finally {
      await setPause(grpc.operator, { paused: false });
    }
    grpc.world.setPaymentOutcome("succeed");
    expect((await pay({ invoice: theirs() })).ok).toBe(true);
  });
});

describe("the server", () => {
  const rawCall = (path: string, body: Buffer, options: object, client: Client) =>
    new Promise<{ error: ServiceError | null; answer: Buffer | undefined }>((resolve) => {
      client.makeUnaryRequest(
        path,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        body,
        new Metadata(),
        options,
        (error, answer) => resolve({ error, answer }),
      );
    });
  const withDeadline = () => ({ deadline: Date.now() + 5_000 });
  const getInfo = "/satsconnect.node.v1.NodeService/GetInfo";
  const process = "/satsconnect.payment.v1.PaymentService/ProcessPayment";
  let client: Client;
  beforeAll(() => {
    client = new Client(grpc.address, mutualTlsClientCredentials(grpc.tls.api));
  });
  afterAll(() => client.close());

  test("refuses a call without a deadline", async () => {
    const { error } = await rawCall(getInfo, Buffer.alloc(0), {}, client);
    expect(error?.code).toBe(status.INVALID_ARGUMENT);
    expect(error?.metadata.get("satsconnect-code")).toEqual(["deadline_missing"]);
    expect((await rawCall(getInfo, Buffer.alloc(0), withDeadline(), client)).error).toBeNull();
  });

  test("refuses a client without a certificate", async () => {
    const stranger = new Client(grpc.address, credentials.createSsl(grpc.tls.api.authority));
    const { error } = await rawCall(getInfo, Buffer.alloc(0), withDeadline(), stranger);
    stranger.close();
    expect(error?.code).toBe(status.UNAVAILABLE);
  });

  test("refuses a message that is too large", async () => {
    const { error } = await rawCall(process, Buffer.alloc(70_000), withDeadline(), client);
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
  });

  test("maps failure codes to gRPC statuses", async () => {
    const { error } = await rawCall(process, Buffer.alloc(0), withDeadline(), client);
    expect(error?.code).toBe(status.INVALID_ARGUMENT);
    expect(error?.metadata.get("satsconnect-code")).toEqual(["invalid_request"]);
    expect(error?.metadata.get("satsconnect-retry")).toEqual(["never"]);
    const field = Buffer.concat([Buffer.from([0x0a, 64]), Buffer.from(hash)]);
    const path = "/satsconnect.payment.v1.PaymentService/GetPaymentStatus";
    const unknown = Buffer.concat([Buffer.from([0x0a, 64]), Buffer.from("00".repeat(32))]);
    expect((await rawCall(path, field, withDeadline(), client)).error).toBeNull();
    expect((await rawCall(path, unknown, withDeadline(), client)).error?.code).toBe(
      status.NOT_FOUND,
    );
  });

  test("asks who calls before it looks at the request", async () => {
    const garbage = Buffer.from([0x0a, 0xff, 0xff]);
    const codeOf = async (path: string): Promise<unknown> =>
      (await rawCall(path, garbage, withDeadline(), client)).error?.metadata.get(
        "satsconnect-code",
      )[0];
    expect(await codeOf(process)).toBe("invalid_request");
    expect(await codeOf("/satsconnect.node.v1.NodeService/SendOnChain")).toBe("operator_only");
  });

  test("answers health checks", async () => {
    const check = "/grpc.health.v1.Health/Check";
    const ask = async (body = Buffer.alloc(0)) => rawCall(check, body, withDeadline(), client);
    expect((await ask()).answer).toEqual(Buffer.from([0x08, 1]));
    const name = Buffer.from("satsconnect.wallet.v1.WalletService");
    const named = Buffer.concat([Buffer.from([0x0a, name.length]), name]);
    expect((await ask(named)).answer).toEqual(Buffer.from([0x08, 1]));
    grpc.setReady(false);
    expect((await ask()).answer).toEqual(Buffer.from([0x08, 2]));
    grpc.setReady(true);
    const other = Buffer.concat([Buffer.from([0x0a, 1]), Buffer.from("x")]);
    expect((await ask(other)).error?.code).toBe(status.NOT_FOUND);
  });

  test("never answers arbitrary bytes with an internal error", async () => {
    const paths = [
      process,
      "/satsconnect.payment.v1.PaymentService/ProcessRefund",
      "/satsconnect.payment.v1.PaymentService/GetPaymentStatus",
      "/satsconnect.wallet.v1.WalletService/CreateWallet",
      "/satsconnect.wallet.v1.WalletService/NewInvoice",
      "/satsconnect.wallet.v1.WalletService/SendPayment",
      "/satsconnect.wallet.v1.WalletService/GetBalance",
      "/satsconnect.node.v1.NodeService/EstimateChannelOpen",
      "/satsconnect.node.v1.NodeService/ListChannels",
    ];
    // Requests whose fields have any number and type, well-formed or not.
    const text = fc
      .oneof(fc.string(), fc.constantFrom(hash, walletNode, "\0", "💥".repeat(50), "lnbcrt1x"))
      .map((value) => Buffer.from(value, "utf8").subarray(0, 120));
    const field = fc.oneof(
      fc
        .tuple(fc.integer({ min: 1, max: 9 }), text)
        .map(([number, value]) =>
          Buffer.concat([Buffer.from([(number << 3) | 2, value.length]), value]),
        ),
      fc
        .tuple(fc.integer({ min: 1, max: 9 }), fc.uint8Array({ minLength: 1, maxLength: 10 }))
        .map(([number, value]) => Buffer.concat([Buffer.from([number << 3]), value])),
    );
    const message = fc.oneof(
      fc.array(field, { maxLength: 9 }).map((fields) => Buffer.concat(fields)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), message, async (path, body) => {
        const { error } = await rawCall(path, body, withDeadline(), client);
        const code = error?.metadata?.get("satsconnect-code")[0];
        expect(code).not.toBe("internal_error");
        const never = [status.UNKNOWN, status.DEADLINE_EXCEEDED, status.INTERNAL];
        expect(never).not.toContain(error?.code);
      }),
      { numRuns: 400 },
    );
  });
});
