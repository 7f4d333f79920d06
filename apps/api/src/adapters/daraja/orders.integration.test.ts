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
import { readBalanceResult } from "./messages.ts";
import { createMemoryRailTokenStore } from "../../testing/memory-rail-token-store.ts";
import { createMemoryOrderStore } from "../../testing/memory-order-store.ts";
import type { MemoryOrderStore } from "../../testing/memory-order-store.ts";
import { createOrders } from "../../app/orders/orders.ts";
import type { EvidenceKind, Lightning } from "../../app/orders/ports.ts";
import type { Orders } from "../../app/orders/use-cases.ts";

/*
 * Whole orders over the real Daraja client, against Daraja's simulator in a process of its own, with its faults. The
 * node is a few lines; the orders' clock runs fast, so that polls which take minutes take seconds.
 */
const speed = 30;
const buyer = "254700000001";
const recipient = "254700000002";
const collecting = "600111";
const paying = "600222";
const nodeId = `02${"ab".repeat(32)}`;
const credentials = {
  DARAJA_CONSUMER_KEY: randomBytes(12).toString("hex"),
  DARAJA_CONSUMER_SECRET: randomBytes(12).toString("hex"),
  DARAJA_PASSKEY: randomBytes(32).toString("hex"),
  DARAJA_INITIATOR_NAME: "testapi",
  DARAJA_INITIATOR_PASSWORD: "Aa1#Aa1#",
  DARAJA_SHORTCODE: collecting,
  DARAJA_B2C_SHORTCODE: paying,
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
  let node: ReturnType<typeof createLittleNode>;
  let daraja: ReturnType<typeof createDaraja>;
  let sweeper: NodeJS.Timeout;
  let bugs: unknown[];
  let balanceBody = "";
  const realStart = Date.now();
  const now = () => realStart + (Date.now() - realStart) * speed;

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
    const ready = await readyLine(simulator);
    simulatorUrl = ready.url;
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
    const addresses = createCallbackAddresses(`http://127.0.0.1:${port}`, randomBytes(32));
    daraja = createDaraja({
      baseUrl: simulatorUrl,
      consumerKey: credentials.DARAJA_CONSUMER_KEY,
      consumerSecret: credentials.DARAJA_CONSUMER_SECRET,
      shortcode: collecting,
      passkey: credentials.DARAJA_PASSKEY,
      payoutShortcode: paying,
      initiatorName: credentials.DARAJA_INITIATOR_NAME,
      initiatorPassword: credentials.DARAJA_INITIATOR_PASSWORD,
      certificate: readFileSync(ready.certificateFile, "utf8"),
      urlFor: addresses.urlFor,
      tokens: createMemoryRailTokenStore(now),
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
    bugs = [];
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
    node = createLittleNode(now);
    const onError = (error: unknown) => bugs.push(error);
    orders = createOrders({
      store,
      clock: { now },
      ids,
      lightning: node.lightning,
      stk: daraja.stk,
      payouts: daraja.payouts,
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
    expect(bugs).toEqual([]);
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

  async function switchOn(api: string, kinds: readonly string[], parameters: object = {}) {
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
    return { utility: of(paying), collected: of(collecting) };
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

  /** Waits for an end, or for one state that is none. */
  async function rest(orderId: string, awaited?: string): Promise<Order> {
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

  /** The books moved exactly as M-Pesa's own did, and every sat is where it should be. */
  async function expectBooks(order: Order): Promise<void> {
    const { utility, collected } = await balances();
    expect(store.balance("mpesa_available") + store.balance("mpesa_reserved")).toBe(utility);
    expect(store.balance("mpesa_collections")).toBe(collected);
    const fresh = await store.find(order.id);
    expect(fresh?.state).toBe(order.state);
  }

  test("a buy is credited once M-Pesa's query confirms it, with its receipt", async () => {
    await switchOn("stk", ["success"]);
    const order = await rest(await buy(1_000n));
    expect(order).toMatchObject({ state: "paid", reason: null });
    expect(order.mpesaReceipt).toMatch(/^[A-Z0-9]{10}$/);
    expect(node.paidOutMsat()).toBe(order.terms.amountMsat);
    await expectBooks(order);
  });

  test.each([
    [
      "comes before our own call is answered",
      ["success", "callback_before_acknowledgement"],
      "paid",
    ],
    ["comes three times", ["success", "callback_repeated"], "paid"],
    ["is lost: the query tells", ["success", "callback_lost"], "paid"],
    ["masks the phone number", ["success", "callback_masked_phone"], "paid"],
    ["writes the amount as text", ["success", "callback_amount_as_text"], "paid"],
    ["has its parts in another order", ["success", "callback_reordered"], "paid"],
    ["claims another amount", ["success", "callback_wrong_amount"], "case"],
    [
      "follows a connection that broke after the prompt was sent",
      ["success", "reset_but_done"],
      "paid",
    ],
    ["follows an answer that never came", ["success", "unanswered_but_done"], "paid"],
    ["says that the holder cancelled", ["cancelled"], "cancelled"],
    ["says that the PIN was wrong", ["wrong_pin"], "cancelled"],
    ["says that there is too little money", ["insufficient"], "cancelled"],
    ["says that nobody answered", ["timed_out"], "stk_unknown"],
    ["says that nobody answered, and then somebody did", ["late_success"], "paid"],
  ] as const)("a buy whose callback %s", async (_what, faults, state) => {
    await switchOn("stk", faults, faults[0] === "late_success" ? { seconds: 1 } : {});
    const orderId = await buy(500n);
    const order = await rest(orderId, state);
    expect(order.state).toBe(state);
    expect(node.paidOutMsat()).toBe(state === "paid" ? order.terms.amountMsat : 0n);
    await expectBooks(order);
  });

  test("a forged callback moves nothing, and the true one still counts", async () => {
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
    const shown = await waitForPrompt();
    const { pin } = (await control("GET", `/control/customers/${buyer}`)) as { pin: string };
    await control("POST", `/control/customers/${buyer}/prompt/${shown}`, { type: "pin", pin });
    const order = await rest(orderId);
    expect(order.state).toBe("paid");
    expect(order.mpesaReceipt).not.toBe("SFORGED123");
    await expectBooks(order);
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
    ["is paid", [], "claimed"],
    [
      "answers with an HTML page although it was paid: the same id tells",
      ["unanswered_but_done"],
      "claimed",
    ],
    ["breaks the connection although it was paid", ["reset_but_done"], "claimed"],
    ["loses the result: the status query tells", ["callback_lost"], "claimed"],
    ["sends the result three times", ["callback_repeated"], "claimed"],
    [
      "sends the result before our own call is answered",
      ["callback_before_acknowledgement"],
      "claimed",
    ],
    ["reports a queue time-out and pays then", ["queue_timeout_then_result"], "claimed"],
    ["is stopped at the gateway at first", ["spike_arrest"], "claimed"],
    ["is refused for a token that somebody else replaced", ["token_revoked"], "claimed"],
    ["meets an internal error before anything happened", ["internal_error"], "claimed"],
    ["meets maintenance, under the code of a duplicate", ["maintenance"], "claimed"],
  ] as const)("a sell whose payout %s", async (_what, faults, state) => {
    await switchOn("b2c", faults);
    const order = await rest(await sell(300n));
    expect(order.state).toBe(state);
    expect(node.claimedMsat()).toBe(order.terms.amountMsat);
    await expectBooks(order);
  });

  test.each(["1", "8", "2040", "2001", "SFC_IC0003"])(
    "a sell whose payout is refused with %s hands the sats back",
    async (code) => {
      await switchOn("b2c", ["result_code"], { code });
      const order = await rest(await sell(200n));
      expect(order).toMatchObject({ state: "cancelled", reason: `mpesa_${code}` });
      expect(node.claimedMsat()).toBe(0n);
      expect(node.returnedMsat()).toBe(order.terms.amountMsat);
      await expectBooks(order);
    },
  );

  test("a number without M-Pesa gets no quote, and its name is asked for before anything is promised", async () => {
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

  test("the balances that M-Pesa reports are those that it has", async () => {
    const { port } = callbacks.address() as AddressInfo;
    const resultUrl = `http://127.0.0.1:${port}/callbacks/x/balance/1`;
    balanceBody = "";
    expect((await daraja.requestBalance({ resultUrl, timeoutUrl: resultUrl })).ok).toBe(true);
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

/** The least of a node: holds, claims, returns and pays at once. */
function createLittleNode(now: () => number) {
  const reports = new Map<string, LightningReport>();
  const invoices = new Map<string, { paymentHash: string; amountMsat: bigint }>();
  const keys = new Map<string, string>();
  let paidOut = 0n;
  let claimed = 0n;
  let returned = 0n;

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
  const change = (paymentHash: string, changes: Partial<LightningReport>) => {
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
    newHoldInvoice: async ({ orderId, expirySeconds }) => {
      const paymentHash = keys.get(orderId) ?? randomBytes(32).toString("hex");
      keys.set(orderId, paymentHash);
      if (!reports.has(paymentHash)) change(paymentHash, {});
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
      paidOut += amountMsat;
      return change(paymentHash, { direction: "outbound", state: "succeeded" });
    },
    claim: async ({ paymentHash }) => {
      if (report(paymentHash).state === "held") claimed += report(paymentHash).receivedMsat;
      return change(paymentHash, { state: "succeeded" });
    },
    failPayment: async ({ paymentHash }) => {
      if (report(paymentHash).state === "held") returned += report(paymentHash).receivedMsat;
      return change(paymentHash, { state: "returned" });
    },
    status: async (paymentHash) => ok(reports.get(paymentHash) ?? null),
    estimateChannelOpen: async () =>
      ok({ needed: false, feeMsat: msat(0n), minimumAmountMsat: msat(0n) }),
    spendableMsat: async () => ok(msat(10n ** 12n)),
  };

  return {
    lightning,
    report,
    pay: (paymentHash: string, amountMsat: bigint) =>
      change(paymentHash, { state: "held", receivedMsat: msat(amountMsat) }),
    walletInvoice: (amountMsat: bigint) => {
      const invoice = `invoice${randomBytes(8).toString("hex")}`;
      invoices.set(invoice, { paymentHash: randomBytes(32).toString("hex"), amountMsat });
      return invoice;
    },
    readInvoice: (text: string) => {
      const invoice = invoices.get(text);
      if (invoice === undefined) return err("invoice_malformed", "No invoice.", "never");
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
  throw new Error("the simulator ended");
}
