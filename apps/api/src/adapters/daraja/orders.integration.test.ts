import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { err, kes, msat, ok, rate } from "@satsconnect/money";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createCallbackAddresses } from "./callback-addresses.ts";
import { ids } from "../random-ids.ts";
import { defaultOperatorSettings } from "../../domain/operator-settings.ts";
import type { LightningReport } from "../../domain/facts.ts";
import { finalStates } from "../../domain/order.ts";
import type { Order } from "../../domain/order.ts";
import { createDaraja } from "./daraja.ts";
import type { StatementLine } from "../../domain/books/statement-line.ts";
import { readStatementCsv } from "../../domain/books/statement-csv.ts";
import { readBalanceResult } from "./messages.ts";
import { createMemoryRailBudget } from "../../testing/memory-rail-budget.ts";
import { createMemoryRailTokenStore } from "../../testing/memory-rail-token-store.ts";
import { createMemoryOrderStore } from "../../testing/memory-order-store.ts";
import type { MemoryOrderStore } from "../../testing/memory-order-store.ts";
import { createOrders } from "../../app/orders/orders.ts";
import type { OperatorAct } from "../../domain/acts/act.ts";
import type { EvidenceKind, Lightning } from "../../app/orders/ports.ts";
import type { Orders } from "../../app/orders/use-cases.ts";

/*
 * Complete orders with the real Daraja client against the Daraja simulator in its own process, with simulated faults.
 * The Lightning node is a fake. The clock of the orders runs 30 times faster, so polls every few minutes take seconds.
 */
const clockSpeed = 30;
const buyer = "254700000001";
const recipient = "254700000002";
const collectionShortcode = "600111";
const payoutShortcode = "600222";
const nodeId = `02${"ab".repeat(32)}`;
const credentials = {
  DARAJA_CONSUMER_KEY: randomBytes(12).toString("hex"),
  DARAJA_CONSUMER_SECRET: randomBytes(12).toString("hex"),
  DARAJA_PASSKEY: randomBytes(32).toString("hex"),
  DARAJA_INITIATOR_NAME: "testapi",
  DARAJA_INITIATOR_PASSWORD: "Aa1#Aa1#",
  DARAJA_SHORTCODE: collectionShortcode,
  DARAJA_B2C_SHORTCODE: payoutShortcode,
};
const settings = {
  promptDelayMs: 10,
  callbackDelayMs: 20,
  payoutDelayMs: 40,
  inquiryDelayMs: 20,
  answerDelayMs: 20,
  promptLifetimeMs: 1_500,
  repeatWindowMs: 0,
};

describe("orders over Daraja", () => {
  const folder = mkdtempSync(join(tmpdir(), "satsconnect-daraja-"));
  let simulator: ChildProcess;
  let simulatorUrl = "";
  let callbacks: Server;
  let store: MemoryOrderStore;
  let orders: Orders;
  let node: ReturnType<typeof createFakeNode>;
  let daraja: ReturnType<typeof createDaraja>;
  let sweeper: NodeJS.Timeout;
  let errors: unknown[];
  let balanceBody = "";
  const realStart = Date.now();
  const now = () => realStart + (Date.now() - realStart) * clockSpeed;

  beforeAll(async () => {
    const main = fileURLToPath(new URL("../../../../simulator/src/main.ts", import.meta.url));
    simulator = spawn(process.execPath, [main], {
      env: {
        ...process.env,
        ...credentials,
        HTTP_LISTEN: "127.0.0.1:0",
        STATE_DIR: folder,
        SIMULATOR_SETTINGS: JSON.stringify(settings),
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const started = await readyLine(simulator);
    simulatorUrl = started.url;
    callbacks = createServer((request, response) => {
      const [, , secret = "", kind = "", orderId = ""] = (request.url ?? "").split("/");
      let body = "";
      request.setEncoding("utf8").on("data", (part: string) => (body += part));
      request.on("end", () => {
        response.end(JSON.stringify({ ResultCode: 0, ResultDesc: "Accepted" }));
        if (kind === "balance") balanceBody = body;
        else if (addresses.isGenuine(secret, kind as "prompt", orderId))
          receive(kind, orderId, body);
      });
    });
    await new Promise<void>((resolve) => callbacks.listen(0, "127.0.0.1", resolve));
    const { port } = callbacks.address() as AddressInfo;
    const addresses = createCallbackAddresses(`http://127.0.0.1:${port}`, [randomBytes(32)]);
    daraja = createDaraja({
      baseUrl: simulatorUrl,
      consumerKey: credentials.DARAJA_CONSUMER_KEY,
      consumerSecret: credentials.DARAJA_CONSUMER_SECRET,
      shortcode: collectionShortcode,
      passkey: credentials.DARAJA_PASSKEY,
      payoutShortcode: payoutShortcode,
      pullNumber: "254722000000",
      initiatorName: credentials.DARAJA_INITIATOR_NAME,
      initiatorPassword: credentials.DARAJA_INITIATOR_PASSWORD,
      certificate: readFileSync(started.certificateFile, "utf8"),
      urlFor: addresses.urlFor,
      tokens: createMemoryRailTokenStore(now),
      budget: createMemoryRailBudget(now),
      now,
      log: { warn: () => {} },
      timeoutMs: 700,
    });
  });

  function receive(kind: string, orderId: string, body: string): void {
    void orders.receiveEvidence({
      orderId,
      kind: kind as EvidenceKind,
      body,
      receivedAt: now(),
      fromAddress: "127.0.0.1",
    });
  }

  beforeEach(async () => {
    errors = [];
    store = createMemoryOrderStore();
    const opening = await balances();
    store.post(
      "opening",
      [
        { account: "mpesa_available", currency: "KES", amount: opening.utility },
        { account: "mpesa_collections", currency: "KES", amount: opening.collected },
        { account: "capital_kes", currency: "KES", amount: -(opening.utility + opening.collected) },
      ],
      0,
    );
    node = createFakeNode(now);
    const onError = (error: unknown) => errors.push(error);
    orders = createOrders({
      store,
      clock: { now },
      ids,
      lightning: node.lightning,
      allowNameLookup: async () => ok(undefined),
      stk: daraja.stk,
      payouts: daraja.payouts,
      reversals: daraja.reversals,
      rates: {
        current: async () =>
          ok({
            rate: rate("KES", 1_084_458_090n),
            asOf: now(),
            sources: [],
            extraSpreadPartsPerMillion: 0n,
          }),
      },
      waker: { wake: (orderId) => void orders.wake(orderId).catch(onError) },
      network: "regtest",
      readInvoice: node.readInvoice,
      settings: defaultOperatorSettings,
      onError,
    });
    sweeper = setInterval(() => void orders.sweep().catch(onError), 20);
  });

  afterEach(async () => {
    clearInterval(sweeper);
    await control("DELETE", "/control/faults");
    expect(errors).toEqual([]);
  });

  afterAll(() => {
    callbacks.close();
    simulator.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  async function control(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${simulatorUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: { "content-type": "application/json" },
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.json();
  }

  async function injectFaults(api: string, kinds: readonly string[], parameters: object = {}) {
    for (const kind of kinds) {
      await control("POST", "/control/faults", { api, kind, parameters, times: 1 });
    }
  }

  async function balances(): Promise<{ utility: bigint; collected: bigint }> {
    const { accounts } = (await control("GET", "/control/accounts")) as {
      accounts: readonly { readonly id: string; readonly balanceCents: string }[];
    };
    const of = (shortcode: string) =>
      accounts
        .filter(({ id }) => id.startsWith(`shortcode:${shortcode}:`) && !id.endsWith(":charges"))
        .reduce((sum, { balanceCents }) => sum + BigInt(balanceCents), 0n);
    return { utility: of(payoutShortcode), collected: of(collectionShortcode) };
  }

  async function buy(whole: bigint): Promise<string> {
    const orderId = randomUUID();
    const holder = { walletId: "wallet", nodeId };
    const quote = await orders.createQuote({
      ...holder,
      kind: "buy",
      amountKesCents: kes(whole),
      amountMsat: null,
      msisdn: null,
    });
    if (!quote.ok) throw new Error(quote.error.code);
    const invoice = node.walletInvoice(quote.value.terms.amountMsat);
    const opened = await orders.openBuy({
      ...holder,
      orderId,
      quoteId: quote.value.id,
      msisdn: buyer,
      invoice,
    });
    if (!opened.ok) throw new Error(opened.error.code);
    return orderId;
  }

  async function sell(whole: bigint, msisdn = recipient): Promise<string> {
    const orderId = randomUUID();
    const holder = { walletId: "wallet", nodeId };
    const quote = await orders.createQuote({
      ...holder,
      kind: "sell",
      amountKesCents: kes(whole),
      amountMsat: null,
      msisdn,
    });
    if (!quote.ok) throw new Error(quote.error.code);
    expect(quote.value.terms.recipientName).toMatch(/^JOHN O\*+ O\*+$/);
    const opened = await orders.openSell({ ...holder, orderId, quoteId: quote.value.id, msisdn });
    if (!opened.ok || opened.value.kind !== "sell") throw new Error("the sell did not open");
    node.pay(opened.value.held?.paymentHash ?? "", opened.value.terms.amountMsat);
    const report = node.report(opened.value.held?.paymentHash ?? "");
    await orders.onPaymentEvent(report);
    return orderId;
  }

  /** Waits until the order is final, in manual review, or in the awaited state. */
  async function waitForState(orderId: string, awaited?: string): Promise<Order> {
    const until = Date.now() + 40_000;
    for (;;) {
      const order = await store.find(orderId);
      if (order === null) throw new Error("no order");
      const ended = finalStates.has(order.state) || order.state === "case";
      if (ended || order.state === awaited) return order;
      if (Date.now() > until) throw new Error(`${order.state} ${order.reason}`);
      await sleep(20);
    }
  }

  /** Checks that the ledger's M-Pesa accounts have the balances of the simulator. */
  async function expectLedgerMatchesMpesa(order: Order): Promise<void> {
    const { utility, collected } = await balances();
    expect(store.balance("mpesa_available") + store.balance("mpesa_reserved")).toBe(utility);
    expect(store.balance("mpesa_collections")).toBe(collected);
    const fresh = await store.find(order.id);
    expect(fresh?.state).toBe(order.state);
  }

  test("a buy is paid with its receipt once M-Pesa's query confirms it", async () => {
    await injectFaults("stk", ["success"]);
    const order = await waitForState(await buy(1_000n));
    expect(order).toMatchObject({ state: "paid", reason: null });
    expect(order.mpesaReceipt).toMatch(/^[A-Z0-9]{10}$/);
    expect(node.paidOutMsat()).toBe(order.terms.amountMsat);
    await expectLedgerMatchesMpesa(order);
  });

  test.each([
    [
      "arrives before the STK push is acknowledged",
      "paid",
      ["success", "callback_before_acknowledgement"],
    ],
    ["arrives three times", "paid", ["success", "callback_repeated"]],
    ["is lost, so that the query decides", "paid", ["success", "callback_lost"]],
    ["masks the phone number", "paid", ["success", "callback_masked_phone"]],
    ["has the amount as text", "paid", ["success", "callback_amount_as_text"]],
    ["has its fields in another order", "paid", ["success", "callback_reordered"]],
    ["has another amount", "case", ["success", "callback_wrong_amount"]],
    [
      "follows a connection reset after the STK push was sent",
      "paid",
      ["success", "reset_but_done"],
    ],
    ["follows an STK push that was never acknowledged", "paid", ["success", "unanswered_but_done"]],
    ["reports that the holder cancelled", "cancelled", ["cancelled"]],
    ["reports a wrong PIN", "cancelled", ["wrong_pin"]],
    ["reports insufficient funds", "cancelled", ["insufficient"]],
    ["reports a timeout on the phone", "stk_unknown", ["timed_out"]],
    ["reports a timeout before the holder enters the PIN", "paid", ["late_success"]],
  ] as const)("a buy whose callback %s becomes %s", async (_name, state, faults) => {
    await injectFaults("stk", faults, faults[0] === "late_success" ? { seconds: 1 } : {});
    const orderId = await buy(500n);
    const order = await waitForState(orderId, state);
    expect(order.state).toBe(state);
    expect(node.paidOutMsat()).toBe(state === "paid" ? order.terms.amountMsat : 0n);
    await expectLedgerMatchesMpesa(order);
  });

  test("35: a forged callback changes nothing and the genuine one still pays the buy", async () => {
    const orderId = await buy(700n);
    const forged = JSON.stringify({
      Body: {
        stkCallback: {
          MerchantRequestID: "1",
          CheckoutRequestID: "ws_CO_forged",
          ResultCode: 0,
          CallbackMetadata: {
            Item: [
              { Name: "Amount", Value: 700 },
              { Name: "MpesaReceiptNumber", Value: "SFORGED123" },
            ],
          },
        },
      },
    });
    receive("prompt", orderId, forged);
    await sleep(200);
    expect(node.paidOutMsat()).toBe(0n);
    expect((await store.find(orderId))?.state).toMatch(/^stk_/);
    const checkoutRequestId = await waitForPrompt();
    const { pin } = (await control("GET", `/control/customers/${buyer}`)) as { pin: string };
    await control("POST", `/control/customers/${buyer}/prompt/${checkoutRequestId}`, {
      type: "pin",
      pin,
    });
    const order = await waitForState(orderId);
    expect(order.state).toBe("paid");
    expect(order.mpesaReceipt).not.toBe("SFORGED123");
    await expectLedgerMatchesMpesa(order);
  });

  async function waitForPrompt(): Promise<string> {
    for (;;) {
      const { prompt } = (await control("GET", `/control/customers/${buyer}/prompt`)) as {
        prompt: { readonly checkoutRequestId: string } | null;
      };
      if (prompt !== null) return prompt.checkoutRequestId;
      await sleep(20);
    }
  }

  test.each([
    ["succeeds", [], "claimed"],
    ["is not acknowledged although it was paid", ["unanswered_but_done"], "claimed"],
    ["loses its connection although it was paid", ["reset_but_done"], "claimed"],
    ["loses its result, so that the status query decides", ["callback_lost"], "claimed"],
    ["has its result sent three times", ["callback_repeated"], "claimed"],
    [
      "has its result sent before it is acknowledged",
      ["callback_before_acknowledgement"],
      "claimed",
    ],
    ["reports a queue timeout and is paid afterwards", ["queue_timeout_then_result"], "claimed"],
    ["is first refused by a spike arrest", ["spike_arrest"], "claimed"],
    ["is first refused for a revoked token", ["token_revoked"], "claimed"],
    ["first fails with an internal error", ["internal_error"], "claimed"],
    [
      "first fails for maintenance, which has the error code of a duplicate",
      ["maintenance"],
      "claimed",
    ],
  ] as const)("a sell is claimed when its payout %s", async (_name, faults, state) => {
    await injectFaults("b2c", faults);
    const order = await waitForState(await sell(300n));
    expect(order.state).toBe(state);
    expect(node.claimedMsat()).toBe(order.terms.amountMsat);
    await expectLedgerMatchesMpesa(order);
  });

  test.each(["1", "8", "2040", "2001", "SFC_IC0003"])(
    "39: a sell whose payout is refused with %s fails the held payment back",
    async (code) => {
      await injectFaults("b2c", ["result_code"], { code });
      const order = await waitForState(await sell(200n));
      expect(order).toMatchObject({ state: "cancelled", reason: `mpesa_${code}` });
      expect(node.claimedMsat()).toBe(0n);
      expect(node.returnedMsat()).toBe(order.terms.amountMsat);
      await expectLedgerMatchesMpesa(order);
    },
  );

  /** A buy that was paid and needs another invoice: its node's payment failed. */
  async function undeliveredBuy(whole: bigint): Promise<string> {
    await injectFaults("stk", ["success"]);
    node.failNext();
    const orderId = await buy(whole);
    const order = await waitForState(orderId, "invoice_needed");
    expect(order.state).toBe("invoice_needed");
    // The receipt may follow the proof.
    for (let waited = 0; waited < 100; waited += 1) {
      const fresh = await store.find(orderId);
      if (fresh?.mpesaReceipt !== null) break;
      await sleep(20);
    }
    return orderId;
  }

  const shillingsOf = async (msisdn: string) => {
    const { balanceCents } = (await control("GET", `/control/customers/${msisdn}`)) as {
      balanceCents: string;
    };
    return BigInt(balanceCents);
  };

  const payoutCount = async () =>
    ((await control("GET", "/control/payouts")) as { payouts: readonly unknown[] }).payouts.length;

  test.each([
    ["is made", []],
    ["is not answered although it was made", ["unanswered_but_done"]],
    ["loses its connection although it was made", ["reset_but_done"]],
    ["loses its result, so that repeating it tells", ["callback_lost"]],
    ["has its result sent three times", ["callback_repeated"]],
    ["has its result sent before it is acknowledged", ["callback_before_acknowledgement"]],
    ["reports a queue timeout and is made afterwards", ["queue_timeout_then_result"]],
    ["reports a queue timeout and never a result", ["queue_timeout_then_nothing"]],
    ["is first refused by a spike arrest", ["spike_arrest"]],
    ["is first refused for a revoked token", ["token_revoked"]],
    ["first fails with an internal error", ["internal_error"]],
    ["is acknowledged and never processed at first", ["never_processed"]],
  ] as const)("a refund by reversal that %s costs nothing and pays once", async (_name, faults) => {
    const [before, payoutsBefore] = [await shillingsOf(buyer), await payoutCount()];
    const orderId = await undeliveredBuy(400n);
    const afterPaying = await shillingsOf(buyer);
    await injectFaults("reversal", faults, faults[0]?.startsWith("queue") ? { seconds: 1 } : {});
    const cancelled = await orders.cancel({ walletId: "wallet", orderId });
    expect(cancelled.ok).toBe(true);
    const order = await waitForState(orderId);
    expect(order).toMatchObject({ state: "refunded", reason: "refund_asked" });
    expect(order.caseFile.refund).toMatchObject({
      status: "made",
      reversal: { status: "confirmed", receipt: order.mpesaReceipt },
    });
    expect(await shillingsOf(buyer)).toBe(afterPaying + 40_000n);
    expect(await shillingsOf(buyer)).toBeLessThanOrEqual(before);
    expect(await payoutCount()).toBe(payoutsBefore);
    expect(store.balance("kes_suspense") + store.balance("buys_undelivered")).toBe(0n);
    await expectLedgerMatchesMpesa(order);
  });

  test.each(["1", "21", "R000002", "2028"])(
    "a refund whose reversal is refused with %s is paid out instead",
    async (code) => {
      const orderId = await undeliveredBuy(400n);
      const afterPaying = await shillingsOf(buyer);
      await injectFaults("reversal", ["result_code"], { code });
      await orders.cancel({ walletId: "wallet", orderId });
      const order = await waitForState(orderId);
      expect(order.state).toBe("refunded");
      expect(order.caseFile.refund).toMatchObject({
        reversal: { status: "failed", failureCode: code },
        payout: { status: "confirmed" },
      });
      expect(await shillingsOf(buyer)).toBe(afterPaying + 40_000n);
      await expectLedgerMatchesMpesa(order);
    },
  );

  test("40: a payment that its payer has reversed is not refunded again, and an operator books it", async () => {
    const orderId = await undeliveredBuy(400n);
    const payoutsBefore = await payoutCount();
    const receipt = (await store.find(orderId))?.mpesaReceipt ?? "";
    const { receipt: reversalReceipt } = (await control(
      "POST",
      `/control/payments/${receipt}/reversal`,
    )) as { receipt: string };
    const afterReversal = await shillingsOf(buyer);
    await orders.cancel({ walletId: "wallet", orderId });
    for (let waited = 0; store.caseCount(orderId) === 0 && waited < 500; waited += 1) {
      await sleep(20);
    }
    expect(store.openCases()).toMatchObject([{ orderId, code: "reversal_unproven" }]);
    expect(await payoutCount()).toBe(payoutsBefore);
    // The operator reads the statement: the payer has the money.
    const act = { type: "payout_made", receipt: reversalReceipt } as const;
    const request = { orderId, actId: randomUUID(), act, by: "amina", seenVersion: null };
    const done = await orders.act(request);
    expect(done).toMatchObject({ ok: true, value: { state: "refunded" } });
    expect(await shillingsOf(buyer)).toBe(afterReversal);
    expect(store.openCases()).toEqual([]);
    await expectLedgerMatchesMpesa(await waitForState(orderId));
  });

  test("40: a payment that is reversed after delivery is a loss until an operator writes it off", async () => {
    await injectFaults("stk", ["success"]);
    const order = await waitForState(await buy(300n));
    expect(order.state).toBe("paid");
    const receipt = order.mpesaReceipt ?? "";
    const { receipt: reversalReceipt } = (await control(
      "POST",
      `/control/payments/${receipt}/reversal`,
    )) as { receipt: string };
    const actOn = (act: OperatorAct) =>
      orders.act({ orderId: order.id, actId: randomUUID(), act, by: "amina", seenVersion: null });
    const reversed = {
      type: "payment_reversed",
      receipt,
      reversalReceipt,
      amountKesCents: kes(300n),
    } as const;
    expect((await actOn(reversed)).ok).toBe(true);
    expect(await actOn(reversed)).toMatchObject({ error: { code: "act_not_possible" } });
    await expectLedgerMatchesMpesa(order);
    expect(store.balance("reversed_by_payers")).toBe(30_000n);
    expect(store.openCases()).toMatchObject([{ code: "payment_reversed" }]);
    expect((await actOn({ type: "write_off", reason: "does not answer" })).ok).toBe(true);
    expect(store.balance("reversed_by_payers")).toBe(0n);
    expect(store.balance("write_offs_kes")).toBe(30_000n);
    expect(store.openCases()).toEqual([]);
  });

  test("31: a payment that only the statement knows is credited to its expired buy and delivered", async () => {
    await injectFaults("stk", ["success", "unanswered_but_done", "callback_lost"]);
    const orderId = await buy(600n);
    const order = await waitForState(orderId);
    expect(order).toMatchObject({ state: "expired", reason: "prompt_not_answered" });
    const before = await balances();
    expect(store.balance("mpesa_collections")).toBe(before.collected - 60_000n);
    // The statement's line, with our account reference.
    const { entries } = (await control(
      "GET",
      `/control/accounts/shortcode:${collectionShortcode}:utility`,
    )) as { entries: readonly { readonly receipt: string; readonly detail: string }[] };
    const reference = order.kind === "buy" ? order.prompt.accountReference : "";
    const line = entries.find(({ detail }) => detail.includes(reference));
    const actId = randomUUID();
    const credit = {
      type: "credit_receipt",
      receipt: line?.receipt ?? "",
      amountKesCents: kes(600n),
      msisdn: buyer,
      completedAt: now(),
    } as const;
    const request = { orderId, actId, act: credit, by: "amina", seenVersion: order.version };
    const [first, second] = [await orders.act(request), await orders.act(request)];
    expect(first.ok && second.ok).toBe(true);
    await expectLedgerMatchesMpesa(order);
    const deliver = { type: "deliver", invoice: null } as const;
    const delivery = { ...request, actId: randomUUID(), act: deliver, seenVersion: null };
    const both = await Promise.all([
      orders.act(delivery),
      orders.act({ ...delivery, actId: randomUUID() }),
    ]);
    expect(both.filter(({ ok: done }) => done)).toHaveLength(1);
    for (let waited = 0; node.paidOutMsat() === 0n && waited < 500; waited += 1) await sleep(20);
    expect(node.paidOutMsat()).toBe(order.terms.amountMsat);
    await sleep(200);
    expect(await store.find(orderId)).toMatchObject({ state: "expired" });
    expect(store.balance("kes_suspense")).toBe(0n);
    expect(await store.acts(orderId)).toHaveLength(2);
  });

  test("39: a sell to a number without M-Pesa gets no quote", async () => {
    const quote = await orders.createQuote({
      walletId: "wallet",
      nodeId,
      kind: "sell",
      amountKesCents: kes(100n),
      amountMsat: null,
      msisdn: "254700000006",
    });
    expect(quote).toMatchObject({ ok: false, error: { code: "recipient_not_registered" } });
  });

  test("Pull Transactions and the portal's statement have what the accounts have", async () => {
    const { pull } = daraja;
    if (pull === null) throw new Error("Pull Transactions is not configured");
    expect(await pull.register()).toEqual(ok(null));
    expect(await pull.register()).toEqual(ok(null));
    const pulled: StatementLine[] = [];
    for (;;) {
      // The simulator's clock is the real one.
      const to = Date.now() + 60_000;
      const page = await pull.query({ from: to - 47 * 3_600_000, to, offset: pulled.length });
      if (!page.ok) throw new Error(page.error.message);
      if (page.value.length === 0) break;
      pulled.push(...page.value);
    }
    const account = `${collectionShortcode}/utility/statement.csv?fault=repeated&fault=reordered`;
    const file = await fetch(`${simulatorUrl}/control/shortcodes/${account}`);
    const statement = readStatementCsv(await file.text());
    if (!statement.ok) throw new Error(statement.error.message);
    const receiptsOf = (lines: readonly StatementLine[]) =>
      [...new Set(lines.map(({ receipt, cents }) => `${receipt} ${cents}`))].toSorted();
    const paidIn = statement.value.lines.filter(({ cents }) => cents > 0n);
    expect(pulled.length).toBeGreaterThan(0);
    expect(receiptsOf(pulled)).toEqual(receiptsOf(paidIn));
    expect(statement.value.shortcode).toBe(collectionShortcode);
    const { accounts } = (await control("GET", "/control/accounts")) as {
      accounts: { id: string; balanceCents: string }[];
    };
    const { balanceCents = "" } =
      accounts.find(({ id }) => id === `shortcode:${collectionShortcode}:utility`) ?? {};
    const sum = receiptsOf(statement.value.lines).reduce(
      (total, line) => total + BigInt(line.split(" ")[1] ?? "0"),
      0n,
    );
    expect(String(sum)).toBe(balanceCents);
  });

  test("the account balance query returns the balances of the simulator", async () => {
    const { port } = callbacks.address() as AddressInfo;
    const resultUrl = `http://127.0.0.1:${port}/callbacks/x/balance/1`;
    balanceBody = "";
    const request = { shortcode: payoutShortcode, resultUrl, timeoutUrl: resultUrl };
    expect((await daraja.requestBalance(request)).ok).toBe(true);
    while (balanceBody === "") await sleep(20);
    const reported = readBalanceResult(balanceBody);
    const sum =
      (reported?.get("Working Account") ?? 0n) +
      (reported?.get("Float Account") ?? 0n) +
      (reported?.get("Utility Account") ?? 0n) +
      (reported?.get("Organization Settlement Account") ?? 0n);
    expect(sum).toBe((await balances()).utility);
  });
});

/** A Lightning node in memory that holds, claims, returns and pays at once. */
function createFakeNode(now: () => number) {
  const reports = new Map<string, LightningReport>();
  const invoices = new Map<string, { paymentHash: string; amountMsat: bigint }>();
  const keys = new Map<string, string>();
  let paidOut = 0n;
  let claimed = 0n;
  let returned = 0n;
  let failing = false;

  const blank = (paymentHash: string): LightningReport => ({
    paymentHash,
    direction: "inbound",
    state: "open",
    receivedMsat: msat(0n),
    feeMsat: msat(0n),
    failure: null,
    claimDeadlineHeight: 944,
    tipHeight: 800,
  });
  const updateReport = (paymentHash: string, changes: Partial<LightningReport>) => {
    const report = { ...(reports.get(paymentHash) ?? blank(paymentHash)), ...changes };
    reports.set(paymentHash, report);
    return ok(report);
  };
  const report = (paymentHash: string): LightningReport => {
    const found = reports.get(paymentHash);
    if (found === undefined) throw new Error("no such payment");
    return found;
  };

  const lightning: Lightning = {
    checkPayment: async () => ok(undefined),
    newHoldInvoice: async ({ orderId, expirySeconds }) => {
      const paymentHash = keys.get(orderId) ?? randomBytes(32).toString("hex");
      keys.set(orderId, paymentHash);
      if (!reports.has(paymentHash)) updateReport(paymentHash, {});
      return ok({
        invoice: paymentHash,
        paymentHash,
        invoiceExpiresAt: now() + expirySeconds * 1_000,
      });
    },
    pay: async ({ idempotencyKey, invoice, amountMsat }) => {
      const known = keys.get(idempotencyKey);
      if (known !== undefined) return ok(report(known));
      const paymentHash = invoices.get(invoice)?.paymentHash ?? "";
      keys.set(idempotencyKey, paymentHash);
      if (failing) {
        failing = false;
        const failure = { direction: "outbound", state: "failed", failure: "no_route" } as const;
        return updateReport(paymentHash, failure);
      }
      paidOut += amountMsat;
      return updateReport(paymentHash, { direction: "outbound", state: "succeeded" });
    },
    claim: async ({ paymentHash }) => {
      if (report(paymentHash).state === "held") claimed += report(paymentHash).receivedMsat;
      return updateReport(paymentHash, { state: "succeeded" });
    },
    failPayment: async ({ paymentHash }) => {
      if (report(paymentHash).state === "held") returned += report(paymentHash).receivedMsat;
      return updateReport(paymentHash, { state: "returned" });
    },
    status: async (paymentHash) => ok(reports.get(paymentHash) ?? null),
    estimateChannelOpen: async () =>
      ok({ needed: false, feeMsat: msat(0n), minAmountMsat: msat(0n) }),
    tip: async () => ok({ height: 0, reliable: true }),
    spendableMsat: async () => ok(msat(10n ** 12n)),
  };

  return {
    lightning,
    report,
    pay: (paymentHash: string, amountMsat: bigint) =>
      updateReport(paymentHash, { state: "held", receivedMsat: msat(amountMsat) }),
    walletInvoice: (amountMsat: bigint) => {
      const invoice = `invoice${randomBytes(8).toString("hex")}`;
      invoices.set(invoice, { paymentHash: randomBytes(32).toString("hex"), amountMsat });
      return invoice;
    },
    readInvoice: (text: string) => {
      const invoice = invoices.get(text);
      if (invoice === undefined)
        return err("invoice_malformed", "The invoice is not known.", "never");
      return ok({
        network: "regtest" as const,
        amountMsat: msat(invoice.amountMsat),
        paymentHash: invoice.paymentHash,
        payeeNodeId: nodeId,
        description: "",
        createdAt: now(),
        expiresAt: now() + 24 * 3_600_000,
        minFinalCltvExpiryDelta: 18,
      });
    },
    /** The next payment fails. */
    failNext: () => {
      failing = true;
    },
    paidOutMsat: () => paidOut,
    claimedMsat: () => claimed,
    returnedMsat: () => returned,
  };
}

async function readyLine(child: ChildProcess): Promise<{ url: string; certificateFile: string }> {
  if (child.stdout === null) throw new Error("no output");
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line) as { msg: string; url: string; certificateFile: string };
    if (entry.msg !== "ready") continue;
    child.stdout.resume();
    return entry;
  }
  throw new Error("the simulator ended before it was ready");
}
