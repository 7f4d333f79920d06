import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { msat, valueOf } from "@satsconnect/money";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCore } from "../core/load-core.ts";
import { isFinal } from "../model/payment.ts";
import { encryptedStore } from "../store/encrypted-store.ts";
import { sqliteStore } from "../store/sqlite-store.ts";
import { measureForwards } from "./forwards.ts";
import { Trio, eventually } from "./trio.ts";

const minute = 60_000;

describe("three nodes over TCP and WebSocket, on SQLite", () => {
  let folder = "";
  let trio: Trio;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lightning-sockets-"));
    const core = await loadCore({ prefer: "addon" });
    const key = new Uint8Array(32).fill(7);
    trio = await Trio.start({
      core,
      store: (name) => {
        const store = sqliteStore(join(folder, `${name}.sqlite`));
        return name === "wallet" ? encryptedStore(store, key) : store;
      },
    });
    await trio.openWalletChannel(msat(500_000_000n));
  }, minute);
  afterAll(async () => {
    await trio.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("route payments", async () => {
    const invoice = valueOf(
      await trio.merchant.createInvoice({ amountMsat: msat(1_000_000n), expirySeconds: 60 }),
    );
    const begun = valueOf(
      await trio.wallet.pay({ invoice: invoice.request ?? "", maxFeeMsat: msat(10_000n) }),
    );
    expect(await trio.wallet.whenSettled(begun.paymentHash, "outbound")).toMatchObject({
      state: "succeeded",
      feeMsat: 1_000n,
    });
    expect(await trio.merchant.whenSettled(begun.paymentHash, "inbound")).toMatchObject({
      state: "claimed",
    });
  });

  test(
    "lose nothing and pay nothing twice when crashed in the middle of payments",
    { timeout: 3 * minute },
    async () => {
      const start = (await trio.wallet.balances()).channelsMsat;
      const firstNumber = (await trio.wallet.payments({ limit: 1 }))[0]?.number ?? 0;
      for (const victim of ["lsp", "wallet", "merchant", "lsp"] as const) {
        const invoices = await Promise.all(
          Array.from({ length: 8 }, () =>
            trio.merchant.createInvoice({ amountMsat: msat(1_000_000n), expirySeconds: 600 }),
          ),
        );
        const calls = invoices.map((invoice) =>
          trio.wallet.pay({ invoice: valueOf(invoice).request ?? "", maxFeeMsat: msat(10_000n) }),
        );
        await new Promise((resolve) => setTimeout(resolve, 15));
        trio[victim].crash();
        await Promise.all(calls);
        if (victim === "lsp") await trio.openLsp();
        else trio[victim] = await trio.openNode(victim);
        await trio.connect();
        await eventually("every payment is final", async () => {
          const recent = await trio.wallet.payments({ limit: 50 });
          return recent.filter(({ number }) => number > firstNumber).every(isFinal);
        });
      }
      await eventually("every HTLC is gone", async () => {
        const channels = (
          await Promise.all([trio.wallet, trio.lsp, trio.merchant].map((node) => node.channels()))
        ).flat();
        return channels.every(({ pendingHtlcs, usable }) => pendingHtlcs === 0 && usable);
      });
      const recent = (await trio.wallet.payments({ limit: 50 })).filter(
        ({ number }) => number > firstNumber,
      );
      let spent = 0n;
      for (const payment of recent) {
        if (payment.direction !== "outbound") continue;
        const other = await trio.merchant.payment(payment.paymentHash, "inbound");
        expect([payment.state, other?.state]).toEqual(
          payment.state === "succeeded" ? ["succeeded", "claimed"] : ["failed", "open"],
        );
        if (payment.state === "succeeded") spent += payment.amountMsat + (payment.feeMsat ?? 0n);
      }
      expect((await trio.wallet.balances()).channelsMsat).toBe(start - spent);
      for (const node of [trio.wallet, trio.lsp, trio.merchant]) {
        for await (const event of node.events(0)) {
          expect(event.type).not.toBe("channelClosed");
          if (event.sequence >= node.lastSequence) break;
        }
      }
    },
  );
});

test("measures forwards, all of which succeed", { timeout: minute }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "lightning-forwards-"));
  try {
    const measured = await measureForwards({
      core: await loadCore({ prefer: "addon" }),
      store: (name) => sqliteStore(join(folder, name)),
      payments: 60,
      inFlight: 20,
    });
    expect(measured.perSecond).toBeGreaterThan(1);
    // payments share exchanges, and exchanges share writes
    expect(measured.storeWritesPerPayment).toBeLessThan(15);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
