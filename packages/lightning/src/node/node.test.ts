import { sha256 } from "@noble/hashes/sha2.js";
import {
  err,
  maxMsat,
  msat,
  ok,
  sat,
  maxFinalCltvBlocks,
  maxTotalCltvBlocks,
} from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
import { describe, expect, test } from "vitest";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { CoreCrashed } from "../core/core.ts";
import type { LightningCore } from "../core/core.ts";
import { loadCore } from "../core/load-core.ts";
import { memoryStore } from "../store/memory-store.ts";
import { lspPolicy } from "../simulation/operator.ts";
import { openStory, prepareStory } from "../simulation/story.ts";
import type { SimulatedNode, World } from "../simulation/world.ts";
import type { NodeEvent } from "../model/events.ts";
import type { PayRequest } from "../model/lightning-node.ts";

const loading = loadCore({ prefer: "wasm" });
const prepared = loading.then((core) => prepareStory({ core, seed: "node" }));
const minute = 60_000;

type Options = Partial<Parameters<typeof openStory>[0]>;

/** Runs a test in a fresh copy of the prepared world. */
async function inWorld(
  body: (
    world: World,
    nodes: { wallet: SimulatedNode; lsp: SimulatedNode; merchant: SimulatedNode },
  ) => Promise<void>,
  options: Options = {},
): Promise<void> {
  const world = await openStory({ core: await loading, seed: "node", ...options }, await prepared);
  try {
    await world.clock.advance(minute);
    await body(world, {
      wallet: world.node("wallet"),
      lsp: world.node("lsp"),
      merchant: world.node("merchant"),
    });
  } finally {
    world.crashAll();
  }
}

function invoiceOf(world: World, node: SimulatedNode, amountMsat: Msat, more: object = {}) {
  const made = node.host.createInvoice({
    amountMsat,
    description: "goods",
    expirySeconds: 600,
    ...more,
  });
  return world.expectOk(made).then((payment) => ({ ...payment, text: payment.request ?? "" }));
}

function pay(world: World, node: SimulatedNode, invoice: string, more: Partial<PayRequest> = {}) {
  return world.clock.during(node.host.pay({ invoice, maxFeeMsat: msat(50_000n), ...more }));
}

/** Opens the wallet's first channel by a payment from the merchant (LSPS2). */
async function openWallet(
  world: World,
  wallet: SimulatedNode,
  merchant: SimulatedNode,
  amount = msat(60_000_000n),
) {
  const jit = await world.expectOk(
    wallet.host.createJitInvoice({
      lsp: world.node("lsp").id,
      amountMsat: amount,
      description: "first",
      expirySeconds: 600,
      maxOpeningFeeMsat: msat(2_000_000n),
    }),
  );
  const paid = await pay(world, merchant, jit.invoice);
  expect(paid).toMatchObject({ ok: true });
  const settled = await world.clock.during(
    merchant.host.whenSettled(jit.payment.paymentHash, "outbound"),
  );
  expect(settled?.state).toBe("succeeded");
  return jit;
}

describe("paying", () => {
  test("pays once per idempotency key, and reports a key reused with other terms", () =>
    inWorld(async (world, { lsp, merchant }) => {
      const invoice = await invoiceOf(world, lsp, msat(1_000_000n));
      const first = await pay(world, merchant, invoice.text, { idempotencyKey: "order:1" });
      const again = await pay(world, merchant, invoice.text, { idempotencyKey: "order:1" });
      expect(again).toMatchObject({
        ok: true,
        value: { number: first.ok ? first.value.number : 0 },
      });
      expect(await pay(world, merchant, invoice.text)).toMatchObject({
        ok: false,
        error: { code: "already_paid" },
      });
      await world.clock.during(merchant.host.whenSettled(invoice.paymentHash, "outbound"));
      expect(await pay(world, merchant, invoice.text)).toMatchObject({
        ok: false,
        error: { code: "already_paid" },
      });
      expect(await pay(world, merchant, invoice.text, { idempotencyKey: "order:1" })).toMatchObject(
        {
          ok: true,
          value: { state: "succeeded" },
        },
      );
      const other = await invoiceOf(world, lsp, msat(2_000_000n));
      expect(await pay(world, merchant, other.text, { idempotencyKey: "order:1" })).toMatchObject({
        ok: false,
        error: { code: "idempotency_conflict" },
      });
      expect(await world.clock.during(merchant.host.payments())).toHaveLength(1);
    }));

  test("5: pays an invoice once when several calls pay it at the same time", () =>
    inWorld(async (world, { lsp, merchant }) => {
      const invoice = await invoiceOf(world, lsp, msat(1_000_000n));
      const calls = [1, 2, 3].map(() =>
        merchant.host.pay({ invoice: invoice.text, maxFeeMsat: msat(0n) }),
      );
      const answers = await world.clock.during(Promise.all(calls));
      expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
      await world.clock.during(merchant.host.whenSettled(invoice.paymentHash, "outbound"));
      expect(await world.clock.during(lsp.host.payment(invoice.paymentHash))).toMatchObject({
        state: "claimed",
        receivedMsat: 1_000_000n,
      });
    }));

  test("keeps the preimage out of records and events", () =>
    inWorld(async (world, { lsp, merchant }) => {
      const invoice = await invoiceOf(world, lsp, msat(1_000_000n));
      await pay(world, merchant, invoice.text);
      const paid = await world.clock.during(
        merchant.host.whenSettled(invoice.paymentHash, "outbound"),
      );
      const proof =
        (await world.clock.during(merchant.host.proofOfPayment(invoice.paymentHash))) ?? "";
      expect(bytesToHex(sha256(hexToBytes(proof)))).toBe(invoice.paymentHash);
      const events = await eventsOf(world, merchant);
      const text = JSON.stringify([paid, events], (_, value: unknown) =>
        typeof value === "bigint" ? `${value}` : value,
      );
      expect(text).toContain(invoice.paymentHash);
      expect(text).not.toContain(proof);
    }));

  test("refuses unpayable invoices with a specific code", () =>
    inWorld(async (world, { lsp, merchant }) => {
      const invoice = await invoiceOf(world, lsp, msat(1_000_000n), { expirySeconds: 5 });
      const open = await world.expectOk(lsp.host.createInvoice({ expirySeconds: 600 }));
      // the first example of BOLT 11
      const mainnet =
        "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql";
      const code = async (text: string, more: Partial<PayRequest> = {}) => {
        const answer = await pay(world, merchant, text, more);
        return answer.ok ? answer.value.state : answer.error.code;
      };
      expect(await code("lnbcrt1")).toBe("invoice_malformed");
      expect(await code("x".repeat(100_000))).toBe("invoice_malformed");
      expect(await code(invoice.text.replace(/.$/, (last) => (last === "q" ? "p" : "q")))).toBe(
        "invoice_malformed",
      );
      expect(await code(mainnet)).toBe("invoice_wrong_network");
      expect(await code(invoice.text, { amountMsat: msat(1_000_001n) })).toBe("amount_invalid");
      expect(await code(open.request ?? "")).toBe("amount_invalid");
      expect(await code(open.request ?? "", { amountMsat: msat(7_000n) })).toBe("inFlight");
      expect(await code(invoice.text, { idempotencyKey: "no spaces" })).toBe("invalid_request");
      await world.clock.advance(6_000);
      expect(await code(invoice.text)).toBe("invoice_expired");
    }));

  test("records a payment without a route as failed, and allows another attempt", () =>
    inWorld(async (world, { wallet, merchant }) => {
      const invoice = await invoiceOf(world, wallet, msat(1_000_000n));
      const first = await pay(world, merchant, invoice.text);
      expect(first).toMatchObject({ ok: true, value: { state: "failed", failure: "noRoute" } });
      expect(await pay(world, merchant, invoice.text)).toMatchObject({
        ok: true,
        value: { number: 2, state: "failed" },
      });
    }));

  test("asks the spending policy about one payment at a time, including what is outstanding", () => {
    const limit = 3_000_000n;
    return inWorld(
      async (world, { lsp, merchant }) => {
        const invoices = await Promise.all(
          [1, 2, 3].map(() => invoiceOf(world, lsp, msat(1_400_000n))),
        );
        const calls = invoices.map(({ text }) =>
          merchant.host.pay({ invoice: text, maxFeeMsat: msat(50_000n) }),
        );
        const answers = await world.clock.during(Promise.all(calls));
        expect(
          answers.map((answer) => (answer.ok ? answer.value.failure : answer.error.code)),
        ).toEqual([null, null, "capExceeded"]);
      },
      {
        admitPayment: async ({ amountMsat, maxFeeMsat, spentSince }) =>
          (await spentSince(0)) + amountMsat + maxFeeMsat > limit
            ? err("cap", "too much", "never")
            : ok(undefined),
      },
    );
  });

  test("asks the store for earlier payments once, not before each payment", () => {
    let lists = 0;
    let clock: World["clock"] | undefined;
    const spent: bigint[] = [];
    return inWorld(
      async (world, { lsp, merchant }) => {
        clock = world.clock;
        const payOnce = async (): Promise<void> => {
          const invoice = await invoiceOf(world, lsp, msat(1_000_000n));
          await pay(world, merchant, invoice.text);
          await world.clock.during(merchant.host.whenSettled(invoice.paymentHash, "outbound"));
        };
        await payOnce();
        lists = 0;
        for (let count = 0; count < 8; count++) await payOnce();
        expect(lists).toBe(0);
        expect(spent).toEqual(Array.from({ length: 9 }, (_, index) => BigInt(index) * 1_000_000n));
        const day = 24 * 60 * minute;
        expect(await world.clock.during(merchant.host.spentSince(world.clock.now() - day))).toBe(
          9_000_000n,
        );
        expect(lists).toBe(0);
      },
      {
        merchantStore: (medium) => {
          const store = memoryStore(medium);
          return {
            ...store,
            open: () => store.open(),
            commit: (write) => store.commit(write),
            read: (table, key) => store.read(table, key),
            events: (after, limit) => store.events(after, limit),
            close: () => store.close(),
            list(table, range) {
              if (table === "payment") lists += 1;
              return store.list(table, range);
            },
          };
        },
        admitPayment: async ({ spentSince }) => {
          spent.push(await spentSince((clock?.now() ?? 0) - 24 * 60 * minute));
          return ok(undefined);
        },
      },
    );
  });

  test("pays an offer repeatedly", () =>
    inWorld(async (world, { lsp, merchant }) => {
      const { offer } = await world.expectOk(
        lsp.host.createOffer({ description: "coffee", amountMsat: msat(500_000n) }),
      );
      for (const number of [1, 2]) {
        const started = await world.expectOk(
          merchant.host.payOffer({ offer, maxFeeMsat: msat(10_000n) }),
        );
        expect(started).toMatchObject({ kind: "bolt12", number });
        const paid = await world.clock
          .until(() => merchant.medium.lastSequence > 0, 1_000)
          .then(() => world.clock.advance(2_000))
          .then(() => world.clock.during(merchant.host.payments({ limit: 1 })));
        expect(paid[0]).toMatchObject({ number, state: "succeeded", amountMsat: 500_000n });
        expect(paid[0]?.paymentHash).not.toBe(started.paymentHash);
      }
      const got = await world.clock.during(lsp.host.payments());
      expect(got.map(({ state, direction }) => [direction, state])).toEqual([
        ["inbound", "claimed"],
        ["inbound", "claimed"],
      ]);
    }));

  test("30: waits for its channels to be re-established after a lost connection", () =>
    inWorld(async (world, { lsp, merchant }) => {
      const invoice = await invoiceOf(world, lsp, msat(1_000_000n));
      world.network.cut("lsp");
      await world.clock.advance(10);
      expect(await pay(world, merchant, invoice.text)).toMatchObject({
        ok: true,
        value: { state: "pending", waitingFor: "route" },
      });
      expect(
        (await world.clock.during(merchant.host.whenSettled(invoice.paymentHash, "outbound")))
          ?.state,
      ).toBe("succeeded");
    }));
});

describe("receiving", () => {
  test("creates one invoice per idempotency key", () =>
    inWorld(async (world, { lsp }) => {
      const terms = {
        amountMsat: msat(5_000n),
        description: "a",
        expirySeconds: 60,
        idempotencyKey: "k",
      };
      const [one, two] = await world.clock.during(
        Promise.all([lsp.host.createInvoice(terms), lsp.host.createInvoice(terms)]),
      );
      expect(one.ok && two.ok && one.value.request === two.value.request).toBe(true);
      expect(
        await world.clock.during(lsp.host.createInvoice({ ...terms, description: "b" })),
      ).toMatchObject({ ok: false, error: { code: "idempotency_conflict" } });
    }));

  test("holds a payment until it is claimed or failed, and never does both", () =>
    inWorld(async (world, { lsp, merchant }) => {
      const hold = { hold: true, minFinalCltvExpiryDelta: 144 };
      const [claimed, failed] = [
        await invoiceOf(world, lsp, msat(1_000_000n), hold),
        await invoiceOf(world, lsp, msat(1_000_000n), hold),
      ];
      expect(await world.clock.during(lsp.host.claimHeld(claimed.paymentHash))).toMatchObject({
        ok: false,
        error: { code: "payment_not_held" },
      });
      for (const { text } of [claimed, failed]) await pay(world, merchant, text);
      for (const { paymentHash } of [claimed, failed]) {
        const held = await world.clock.during(lsp.host.whenSettled(paymentHash, "inbound"));
        expect(held).toMatchObject({ state: "held", receivedMsat: 1_000_000n });
        expect(
          held?.direction === "inbound" &&
            (held.claimDeadlineHeight ?? 0) > world.chain.height + 100,
        ).toBe(true);
      }
      expect((await world.clock.during(lsp.host.balances())).inboundPendingMsat).toBe(2_000_000n);
      expect((await world.expectOk(lsp.host.claimHeld(claimed.paymentHash))).state).toMatch(
        /^claim/,
      );
      expect((await world.expectOk(lsp.host.failHeld(failed.paymentHash))).state).toMatch(
        /^return/,
      );
      await world.clock.advance(1_000);
      expect((await world.expectOk(lsp.host.claimHeld(claimed.paymentHash))).state).toBe("claimed");
      expect((await world.expectOk(lsp.host.failHeld(failed.paymentHash))).state).toBe("returned");
      expect(await world.clock.during(lsp.host.failHeld(claimed.paymentHash))).toMatchObject({
        ok: false,
        error: { code: "payment_not_held" },
      });
      expect(await world.clock.during(lsp.host.claimHeld(failed.paymentHash))).toMatchObject({
        ok: false,
        error: { code: "payment_not_held" },
      });
      expect(await world.clock.during(lsp.host.claimHeld("ab".repeat(32)))).toMatchObject({
        ok: false,
        error: { code: "payment_not_found" },
      });
    }));

  test("claims a payment for a caller's hash only with its preimage", () =>
    inWorld(async (world, { lsp, merchant }) => {
      const preimage = sha256(Uint8Array.of(1, 2, 3));
      const paymentHash = bytesToHex(sha256(preimage));
      const invoice = await invoiceOf(world, lsp, msat(1_000_000n), { paymentHash });
      await pay(world, merchant, invoice.text);
      await world.clock.during(lsp.host.whenSettled(paymentHash, "inbound"));
      const claim = (given?: string) => world.clock.during(lsp.host.claimHeld(paymentHash, given));
      expect(await claim()).toMatchObject({ ok: false, error: { code: "preimage_invalid" } });
      expect(await claim("zz")).toMatchObject({ ok: false, error: { code: "preimage_invalid" } });
      expect(await claim("ab".repeat(32))).toMatchObject({
        ok: false,
        error: { code: "preimage_invalid" },
      });
      expect(await claim(bytesToHex(preimage))).toMatchObject({ ok: true });
      expect(
        (await world.clock.during(merchant.host.whenSettled(paymentHash, "outbound")))?.state,
      ).toBe("succeeded");
    }));

  test("expires a hold invoice on time", () =>
    inWorld(async (world, { lsp }) => {
      const invoice = await invoiceOf(world, lsp, msat(1_000_000n), {
        hold: true,
        expirySeconds: 30,
      });
      await world.clock.advance(31_000);
      expect(await world.clock.during(lsp.host.payment(invoice.paymentHash))).toMatchObject({
        state: "expired",
      });
    }));

  test("fails a held payment back by itself at its claim deadline", () =>
    inWorld(async (world, { lsp, merchant }) => {
      const invoice = await invoiceOf(world, lsp, msat(1_000_000n), { hold: true });
      await pay(world, merchant, invoice.text);
      const held = await world.clock.during(lsp.host.whenSettled(invoice.paymentHash, "inbound"));
      const deadline = held?.direction === "inbound" ? (held.claimDeadlineHeight ?? 0) : 0;
      world.chain.mine(deadline - world.chain.height + 1);
      await world.clock.advance(10_000);
      expect(await world.clock.during(lsp.host.payment(invoice.paymentHash))).toMatchObject({
        state: "returned",
      });
      expect(await world.clock.during(merchant.host.payment(invoice.paymentHash))).toMatchObject({
        state: "failed",
      });
    }));

  test.each([
    [{ expirySeconds: 0 }, "invalid_request"],
    [{ expirySeconds: 1.5 }, "invalid_request"],
    [{ paymentHash: "00" }, "invalid_request"],
    [{ description: "x".repeat(700) }, "invalid_request"],
    [{ minFinalCltvExpiryDelta: 5_000 }, "invalid_request"],
    [{ amountMsat: msat(0n) }, "amount_invalid"],
  ])("refuses to create an invalid invoice (%#)", (wrong, code) =>
    inWorld(async (world, { lsp }) => {
      const made = lsp.host.createInvoice({
        description: "x",
        expirySeconds: 60,
        amountMsat: msat(1n),
        ...wrong,
      });
      expect(await world.clock.during(made)).toMatchObject({ ok: false, error: { code } });
    }),
  );
});

describe("just-in-time channels", () => {
  test("lock the LSP's own balance for two weeks if it force-closes, so that a revoked state can be punished", () =>
    inWorld(async (world, { wallet, lsp, merchant }) => {
      await openWallet(world, wallet, merchant);
      const delayAt = async (node: SimulatedNode, peer: SimulatedNode) =>
        (await world.clock.during(node.host.channels())).find((one) => one.peer === peer.id)
          ?.forceCloseDelayBlocks;
      // the LSP's menu allows clients as much (`max_client_to_self_delay`, bLIP 52)
      const usage = {
        standing: "registered",
        channelsWithClient: 0,
        unpaidWithClient: 0,
        grantsOfUnknown: 0,
        opensForClient: 0,
        opens: 0,
        opensUnproven: 0,
        committedSat: sat(0n),
        committedToUnknownSat: sat(0n),
        spendableSat: sat(10_000_000n),
        feeRateSatPerKwu: 253,
      } as const;
      const menu = lspPolicy().menu({ client: wallet.id, token: null, nowMs: 0, usage });
      const terms = menu === "unknownToken" ? undefined : menu[0];
      expect(await delayAt(lsp, wallet)).toBe(2_016);
      expect(await delayAt(lsp, wallet)).toBeLessThanOrEqual(terms?.maxClientToSelfDelay ?? 0);
      expect(await delayAt(wallet, lsp)).toBe(144);
      expect(await delayAt(lsp, merchant)).toBe(144);
    }));

  test("cost exactly the announced fee", () =>
    inWorld(async (world, { wallet, lsp, merchant }) => {
      const jit = await openWallet(world, wallet, merchant);
      expect(jit.openingFeeMsat).toBe(1_000_000n);
      expect(await world.clock.during(wallet.host.payment(jit.payment.paymentHash))).toMatchObject({
        state: "claimed",
        receivedMsat: 59_000_000n,
        skimmedFeeMsat: 1_000_000n,
      });
      const forwarded = (await eventsOf(world, lsp)).find((event) => event.type === "forwarded");
      expect(forwarded).toMatchObject({
        skimmedFeeMsat: 1_000_000n,
        toPeer: wallet.id,
        fromPeer: merchant.id,
      });
    }));

  test("cost nothing when the LSP is to pay: a payment from which a fee was kept is failed back", () =>
    inWorld(async (world, { wallet, lsp, merchant }) => {
      const jit = await world.expectOk(
        wallet.host.createJitInvoice({
          lsp: lsp.id,
          amountMsat: msat(60_000_000n),
          description: "",
          expirySeconds: 3_600,
          maxOpeningFeeMsat: msat(2_000_000n),
          paidByLsp: true,
        }),
      );
      expect(jit.openingFeeMsat).toBe(0n);
      await pay(world, merchant, jit.invoice);
      expect(
        (await world.clock.during(merchant.host.whenSettled(jit.payment.paymentHash, "outbound")))
          ?.state,
      ).toBe("failed");
      expect((await world.clock.during(wallet.host.balances())).channelsMsat).toBe(0n);
    }));

  test("are refused above the caller's maximum fee, for amounts that are too small, and while the LSP is offline", () =>
    inWorld(async (world, { wallet, lsp }) => {
      const buy = (amount: bigint, maxFee: bigint) =>
        world.clock.during(
          wallet.host.createJitInvoice({
            lsp: lsp.id,
            amountMsat: msat(amount),
            description: "",
            expirySeconds: 60,
            maxOpeningFeeMsat: msat(maxFee),
          }),
        );
      expect(await buy(60_000_000n, 999_999n)).toMatchObject({
        ok: false,
        error: { code: "fee_too_high" },
      });
      expect(await buy(1_999_999n, 9_000_000n)).toMatchObject({
        ok: false,
        error: { code: "lsp_no_terms" },
      });
      lsp.crash();
      await world.clock.advance(1_000);
      expect(await buy(60_000_000n, 9_000_000n)).toMatchObject({
        ok: false,
        error: { code: "lsp_offline" },
      });
    }));

  test("25: fail the payment back when the LSP cannot fund the channel", () =>
    inWorld(async (world, { wallet, lsp, merchant }) => {
      const jit = await world.expectOk(
        wallet.host.createJitInvoice({
          lsp: lsp.id,
          amountMsat: msat(60_000_000n),
          description: "",
          expirySeconds: 600,
          maxOpeningFeeMsat: msat(2_000_000n),
        }),
      );
      await world.expectOk(
        lsp.host.sendOnChain({
          address: await world.expectOk(merchant.host.newAddress()),
          amountSat: sat(99_900_000n),
        }),
      );
      await pay(world, merchant, jit.invoice);
      expect(
        (await world.clock.during(merchant.host.whenSettled(jit.payment.paymentHash, "outbound")))
          ?.state,
      ).toBe("failed");
      expect((await eventsOf(world, lsp)).some((event) => event.type === "jitOpenFailed")).toBe(
        true,
      );
      expect(
        (await world.clock.during(merchant.host.channels())).every(
          (channel) => channel.pendingHtlcs === 0,
        ),
      ).toBe(true);
    }));

  test("30: are opened for the LSP's own payment once the wallet connects, across a crash of the LSP", () =>
    inWorld(async (world, { wallet, lsp }) => {
      const jit = await world.expectOk(
        wallet.host.createJitInvoice({
          lsp: lsp.id,
          amountMsat: msat(60_000_000n),
          description: "",
          expirySeconds: 3_600,
          maxOpeningFeeMsat: msat(2_000_000n),
        }),
      );
      expect(
        await world.expectOk(lsp.host.estimateChannelOpen(wallet.id, msat(60_000_000n))),
      ).toMatchObject({
        needed: true,
        feeMsat: 1_000_000n,
      });
      wallet.crash();
      await world.clock.advance(1_000);
      // The operator pays invoices that ask for no more.
      const decoded = lsp.host.decodeInvoice(jit.invoice);
      const blocks = decoded.ok ? decoded.value.minFinalCltvExpiryDelta : Infinity;
      expect(blocks).toBeLessThanOrEqual(maxFinalCltvBlocks);
      const started = await pay(world, lsp, jit.invoice, {
        openChannelToPayee: true,
        maxCltvExpiryDelta: maxTotalCltvBlocks,
        idempotencyKey: "order:9:pay",
      });
      expect(started).toMatchObject({ ok: true, value: { state: "pending" } });
      await world.clock.advance(5_000);
      expect(await world.clock.during(lsp.host.payment(jit.payment.paymentHash))).toMatchObject({
        state: "pending",
        waitingFor: "peer",
      });
      // the LSP may crash while the payment is pending
      lsp.crash();
      await world.clock.advance(1_000);
      await lsp.open();
      await wallet.open();
      expect(
        await world.clock.during(lsp.host.whenSettled(jit.payment.paymentHash, "outbound")),
      ).toMatchObject({ state: "succeeded", feeMsat: 0n, channelOpened: true });
      expect(await world.clock.during(wallet.host.payment(jit.payment.paymentHash))).toMatchObject({
        state: "claimed",
        receivedMsat: 60_000_000n,
      });
      expect(
        await world.expectOk(lsp.host.estimateChannelOpen(wallet.id, msat(1_000_000n))),
      ).toMatchObject({
        needed: false,
      });
    }));

  test("are waited for until the invoice expires, and then the payment fails", () =>
    inWorld(async (world, { wallet, lsp }) => {
      const jit = await world.expectOk(
        wallet.host.createJitInvoice({
          lsp: lsp.id,
          amountMsat: msat(60_000_000n),
          description: "",
          expirySeconds: 120,
          maxOpeningFeeMsat: msat(2_000_000n),
        }),
      );
      wallet.crash();
      await world.clock.advance(1_000);
      await pay(world, lsp, jit.invoice, { openChannelToPayee: true });
      await world.clock.advance(125_000);
      expect(await world.clock.during(lsp.host.payment(jit.payment.paymentHash))).toMatchObject({
        state: "failed",
        failure: "recipientOffline",
      });
    }));

  test("7: are not waited for beyond the time by which the payment is to be sent, also across a crash", () =>
    inWorld(async (world, { wallet, lsp }) => {
      const jit = await world.expectOk(
        wallet.host.createJitInvoice({
          lsp: lsp.id,
          amountMsat: msat(60_000_000n),
          description: "",
          expirySeconds: 3_600,
          maxOpeningFeeMsat: msat(2_000_000n),
        }),
      );
      wallet.crash();
      await world.clock.advance(1_000);
      const sendBy = world.clock.now() + 60_000;
      await pay(world, lsp, jit.invoice, { openChannelToPayee: true, sendBy });
      await world.clock.advance(40_000);
      const { paymentHash } = jit.payment;
      expect(await world.clock.during(lsp.host.payment(paymentHash))).toMatchObject({
        state: "pending",
      });
      lsp.crash();
      await lsp.open();
      await world.clock.advance(25_000);
      // The wallet comes back when the price suits it: too late.
      await wallet.open();
      await world.clock.advance(10_000);
      const failed = await world.clock.during(lsp.host.payment(paymentHash));
      expect(failed).toMatchObject({ state: "failed", failure: "recipientOffline" });
      expect(failed).not.toHaveProperty("channelOpened");
      expect(await world.clock.during(wallet.host.payment(paymentHash))).toMatchObject({
        state: "open",
      });
    }));
});

describe("the node", () => {
  test("restarts by itself when the core traps, and loses nothing", () => {
    const trap = { armed: -1, traps: 0 };
    return inWorldWithTrap(trap, async (world, { lsp, merchant }) => {
      for (let at = 0; at < 12; at += 3) {
        const invoice = await invoiceOf(world, lsp, msat(1_000_000n));
        trap.armed = at;
        await pay(world, merchant, invoice.text, { idempotencyKey: `k${at}` });
        await world.clock.advance(5_000);
        trap.armed = -1;
        await world.clock.until(
          () => merchant.host.status === "running" && lsp.host.status === "running",
          minute,
        );
        await world.clock.advance(5_000);
        await pay(world, merchant, invoice.text, { idempotencyKey: `k${at}` });
        const end = await world.clock.during(
          merchant.host.whenSettled(invoice.paymentHash, "outbound"),
        );
        const got = await world.clock.during(lsp.host.payment(invoice.paymentHash));
        expect([end?.state, got?.state]).toEqual(
          end?.state === "succeeded" ? ["succeeded", "claimed"] : ["failed", "open"],
        );
      }
      expect(trap.traps).toBe(4);
      for (const node of [lsp, merchant]) {
        expect(
          (await eventsOf(world, node)).filter((event) => event.type === "channelClosed"),
        ).toEqual([]);
      }
    });
  });

  test.each([
    ["took effect", true],
    ["did not take effect", false],
  ])("restarts by itself when the store fails and the write %s", (_, happened) => {
    const failing = { in: -1, failures: 0 };
    return inWorld(
      async (world, { lsp, merchant }) => {
        for (const at of [1, 2, 4, 7]) {
          const invoice = await invoiceOf(world, lsp, msat(1_000_000n));
          const key = { idempotencyKey: `at${at}` };
          failing.in = at;
          await pay(world, merchant, invoice.text, key);
          await world.clock.advance(5_000);
          expect(merchant.host.status).toBe("running");
          await pay(world, merchant, invoice.text, key);
          const end = await world.clock.during(
            merchant.host.whenSettled(invoice.paymentHash, "outbound"),
          );
          const got = await world.clock.during(lsp.host.payment(invoice.paymentHash));
          expect([end?.state, got?.state]).toEqual(
            end?.state === "succeeded" ? ["succeeded", "claimed"] : ["failed", "open"],
          );
        }
        expect(failing.failures).toBe(4);
        const events = [...(await eventsOf(world, merchant)), ...(await eventsOf(world, lsp))];
        expect(events.filter(({ type }) => type === "channelClosed")).toEqual([]);
      },
      {
        merchantStore: (medium) => {
          const store = memoryStore(medium);
          return {
            ...store,
            async commit(write) {
              failing.in -= 1;
              if (failing.in !== 0) return store.commit(write);
              failing.failures += 1;
              if (happened) await store.commit(write);
              throw new Error("connection to the store lost");
            },
          };
        },
      },
    );
  });

  test("22: stops for good when another process takes over its store", () =>
    inWorld(async (world, { merchant }) => {
      const first = merchant.host;
      await merchant.open();
      await world.clock.during(first.createInvoice({ expirySeconds: 60 }));
      expect(await world.clock.during(first.stopped)).toBe("fenced");
      expect(await world.clock.during(first.createInvoice({ expirySeconds: 60 }))).toMatchObject({
        ok: false,
        error: { code: "node_unavailable" },
      });
      expect(merchant.host.status).toBe("running");
    }));

  test("6: a process that takes over does not pay again what the one before it has paid", () =>
    inWorld(async (world, { lsp, merchant }) => {
      const first = merchant.host;
      const invoice = await invoiceOf(world, lsp, msat(1_000_000n), { hold: true });
      const request = { invoice: invoice.text, maxFeeMsat: msat(50_000n) };
      await world.expectOk(first.pay({ ...request, idempotencyKey: "first" }));
      await world.clock.during(lsp.host.whenSettled(invoice.paymentHash, "inbound"));
      await merchant.open();
      await world.clock.advance(minute);
      for (const host of [merchant.host, first]) {
        for (const idempotencyKey of ["first", "another"])
          await world.clock.during(host.pay({ ...request, idempotencyKey }));
      }
      await world.clock.advance(minute);
      const pending = (await world.clock.during(lsp.host.channels())).map(
        ({ pendingHtlcs }) => pendingHtlcs,
      );
      expect(pending).toEqual([1]);
      await world.expectOk(lsp.host.claimHeld(invoice.paymentHash));
      await world.clock.advance(10_000);
      expect(await world.clock.during(lsp.host.payment(invoice.paymentHash))).toMatchObject({
        state: "claimed",
        receivedMsat: 1_000_000n,
      });
      const sent = await world.clock.during(merchant.host.payments({ limit: 10 }));
      expect(sent.filter(({ paymentHash }) => paymentHash === invoice.paymentHash)).toMatchObject([
        { state: "succeeded" },
      ]);
    }));

  test("20: follows the chain across a reorganisation", () =>
    inWorld(async (world, { lsp, merchant }) => {
      world.chain.mine(3);
      await world.clock.advance(1_000);
      world.chain.disconnect(2);
      world.chain.mine(4);
      await world.clock.advance(1_000);
      for (const node of [lsp, merchant]) {
        expect(node.host.tip()).toMatchObject({ height: world.chain.height, synced: true });
        expect(
          (await world.clock.during(node.host.channels())).every((channel) => channel.usable),
        ).toBe(true);
      }
    }));

  test("opens one channel per idempotency key", () =>
    inWorld(async (world, { lsp, merchant }) => {
      const request = {
        peer: lsp.id,
        capacitySat: sat(500_000n),
        announced: true,
        idempotencyKey: "c",
      };
      const one = await world.expectOk(merchant.host.openChannel(request));
      const two = await world.expectOk(merchant.host.openChannel(request));
      expect(two).toEqual(one);
      merchant.crash();
      await merchant.open();
      expect(await world.expectOk(merchant.host.openChannel(request))).toEqual(one);
      expect(await world.clock.during(merchant.host.channels())).toHaveLength(2);
      expect(
        await world.clock.during(
          merchant.host.openChannel({
            ...request,
            peer: world.node("wallet").id,
            idempotencyKey: "d",
          }),
        ),
      ).toMatchObject({ ok: false, error: { code: "peer_offline" } });
      await world.clock.advance(5_000);
      const tooMuch = { ...request, capacitySat: sat(15_000_000n * 100n), idempotencyKey: "e" };
      expect(await world.clock.during(merchant.host.openChannel(tooMuch))).toMatchObject({
        ok: false,
        error: { code: "insufficient_funds" },
      });
    }));

  test("delivers events from any sequence on, live, and deletes those no longer needed", () =>
    inWorld(async (world, { lsp }) => {
      const start = lsp.host.lastSequence;
      const seen: NodeEvent[] = [];
      const stop = new AbortController();
      const reading = (async () => {
        for await (const event of lsp.host.events(start, stop.signal)) seen.push(event);
      })();
      await invoiceOf(world, lsp, msat(1n));
      await invoiceOf(world, lsp, msat(2n));
      await world.clock.advance(100);
      expect(seen.map(({ sequence }) => sequence)).toEqual([start + 1, start + 2]);
      stop.abort();
      await world.clock.during(reading);
      await world.clock.during(lsp.host.forgetEvents(start + 1));
      expect((await eventsOf(world, lsp, 0)).map(({ sequence }) => sequence)).toEqual([start + 2]);
      // an iteration that finds all events deleted waits for the next one
      await world.clock.during(lsp.host.forgetEvents(start + 2));
      const next = lsp.host.events(0)[Symbol.asyncIterator]().next();
      await invoiceOf(world, lsp, msat(3n));
      expect((await world.clock.during(next)).value?.sequence).toBe(start + 3);
    }));

  test("closes a channel and recovers its funds on chain", () =>
    inWorld(async (world, { lsp, merchant }) => {
      const [channel] = await world.clock.during(merchant.host.channels());
      const before = await world.clock.during(merchant.host.balances());
      expect(before.closingSat).toBe(0n);
      await world.expectOk(merchant.host.closeChannel(channel?.channelId ?? ""));
      await world.clock.advance(5_000);
      // closed but not confirmed: no longer listed as a channel, still part of the balance
      const between = await world.clock.during(merchant.host.balances());
      expect(await world.clock.during(merchant.host.channels())).toEqual([]);
      expect(between.closingSat).toBeGreaterThan(0n);
      expect(between.closingSat).toBeLessThanOrEqual(before.channelsMsat / 1_000n);
      expect(between.closingSat).toBeGreaterThan(((before.channelsMsat / 1_000n) * 95n) / 100n);
      world.chain.mine(8);
      await world.clock.advance(2 * minute);
      world.chain.mine(8);
      await world.clock.advance(minute);
      expect(
        (await eventsOf(world, lsp)).find((event) => event.type === "channelClosed"),
      ).toMatchObject({ closure: "cooperative" });
      const balances = await world.clock.during(lsp.host.balances());
      expect(balances.onChain.confirmedSat).toBeGreaterThan(104_900_000n);
      expect((await world.clock.during(merchant.host.balances())).closingSat).toBe(0n);
      expect(await world.clock.during(merchant.host.closeChannel("00".repeat(32)))).toMatchObject({
        ok: false,
        error: { code: "channel_not_found" },
      });
    }));
});

async function eventsOf(world: World, node: SimulatedNode, after = 0): Promise<NodeEvent[]> {
  const events: NodeEvent[] = [];
  const iterator = node.host.events(after)[Symbol.asyncIterator]();
  for (;;) {
    if ((events.at(-1)?.sequence ?? after) >= node.host.lastSequence) return events;
    const { value, done } = await world.clock.during(iterator.next());
    if (done === true) return events;
    events.push(value);
  }
}

/** Runs a test in a world whose cores trap once, `armed` exchanges after it is set. */
async function inWorldWithTrap(
  trap: { armed: number; traps: number },
  body: Parameters<typeof inWorld>[0],
): Promise<void> {
  const core = await loading;
  const trapping: LightningCore = {
    ...core,
    async create(...parameters) {
      const instance = await core.create(...parameters);
      return {
        ...instance,
        exchange(frames) {
          if (trap.armed === 0) {
            trap.traps += 1;
            trap.armed = -1;
            throw new CoreCrashed("trapped by the test");
          }
          if (trap.armed > 0) trap.armed -= 1;
          return instance.exchange(frames);
        },
      };
    },
  };
  await inWorld(body, { core: trapping });
}

describe("paused forwards", () => {
  const failsToPay = async (world: World, from: SimulatedNode, to: SimulatedNode) => {
    const invoice = await invoiceOf(world, to, msat(3_000_000n));
    await pay(world, from, invoice.text);
    const paid = await world.clock.during(from.host.whenSettled(invoice.paymentHash, "outbound"));
    return paid?.state;
  };

  test("are refused at once, in both directions, across a restart, until they are resumed", () =>
    inWorld(async (world, { wallet, lsp, merchant }) => {
      await openWallet(world, wallet, merchant);
      expect(await failsToPay(world, merchant, wallet)).toBe("succeeded");
      await world.expectOk(lsp.host.pauseForwards(true));
      expect(await failsToPay(world, merchant, wallet)).toBe("failed");
      expect(await failsToPay(world, wallet, merchant)).toBe("failed");
      // The operator's own payments are no forwards.
      expect(await failsToPay(world, lsp, merchant)).toBe("succeeded");
      lsp.crash();
      await lsp.open();
      await world.clock.advance(minute);
      expect(await failsToPay(world, wallet, merchant)).toBe("failed");
      await world.expectOk(lsp.host.pauseForwards(false));
      await world.clock.advance(minute);
      expect(await failsToPay(world, wallet, merchant)).toBe("succeeded");
      expect(await failsToPay(world, merchant, wallet)).toBe("succeeded");
    }));

  test("let what has been forwarded finish", () =>
    inWorld(async (world, { wallet, lsp, merchant }) => {
      await openWallet(world, wallet, merchant);
      const invoice = await invoiceOf(world, wallet, msat(3_000_000n), { hold: true });
      await pay(world, merchant, invoice.text);
      await world.clock.during(wallet.host.whenSettled(invoice.paymentHash, "inbound"));
      await world.expectOk(lsp.host.pauseForwards(true));
      await world.expectOk(wallet.host.claimHeld(invoice.paymentHash));
      const paid = await world.clock.during(
        merchant.host.whenSettled(invoice.paymentHash, "outbound"),
      );
      expect(paid?.state).toBe("succeeded");
    }));

  test("fail a first payment back instead of opening a channel for it", () =>
    inWorld(async (world, { wallet, lsp, merchant }) => {
      const jit = await world.expectOk(
        wallet.host.createJitInvoice({
          lsp: lsp.id,
          amountMsat: msat(60_000_000n),
          description: "first",
          expirySeconds: 600,
          maxOpeningFeeMsat: msat(2_000_000n),
        }),
      );
      await world.expectOk(lsp.host.pauseForwards(true));
      await pay(world, merchant, jit.invoice);
      const paid = await world.clock.during(
        merchant.host.whenSettled(jit.payment.paymentHash, "outbound"),
      );
      expect(paid?.state).toBe("failed");
      expect(await world.clock.during(wallet.host.channels())).toEqual([]);
    }));
});

describe("connecting", () => {
  test("to a peer that cannot be reached ends each time, also while the node keeps trying", () =>
    inWorld(async (world, { merchant }) => {
      const nowhere = { nodeId: `02${"11".repeat(32)}`, address: "memory:nowhere" };
      for (let attempt = 0; attempt < 2; attempt++) {
        let answer: unknown;
        void merchant.host.connect(nowhere).then((result) => (answer = result));
        await world.clock.advance(minute);
        expect(answer).toMatchObject({ ok: false, error: { code: "connect_failed" } });
      }
    }));
});

test("estimates no channel for more than there is bitcoin, with a code", () =>
  inWorld(async (world, { wallet, lsp }) => {
    expect(
      await world.clock.during(lsp.host.estimateChannelOpen(wallet.id, msat(maxMsat))),
    ).toMatchObject({ ok: false, error: { code: "channel_open_failed" } });
  }));
