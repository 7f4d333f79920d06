import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Order } from "@satsconnect/contracts";
import { valueOf } from "@satsconnect/money";
import { waitFor } from "../scripts/support/processes.ts";
import { startTestSystem } from "./support/harness.ts";
import type { TestSystem } from "./support/harness.ts";
import { expectBooksInOrder, expectNoChannelClosed } from "./support/invariants.ts";
import { terminalWallet } from "./support/terminal-wallet.ts";
import {
  buy,
  openOrder,
  openTestWallet,
  spendableMsat,
  untilFinal,
  untilState,
} from "./support/wallets.ts";
import type { TestWallet } from "./support/wallets.ts";

let system: TestSystem;
let wallet: TestWallet;
let phone: string;

beforeAll(async () => {
  system = await startTestSystem("kills");
  phone = await system.addCustomer("KILL BILL WAMBUI");
  wallet = await openTestWallet(system, "kills");
  await buy(system, wallet, phone, 500_000n);
}, 240_000);

afterAll(async () => {
  await wallet?.close();
  await system?.stop();
}, 60_000);

async function payoutsTo(msisdn: string) {
  return (await system.mpesa.payouts()).filter((payout) => payout.recipient === msisdn);
}

/** Restarts killed processes, waits until the order is final, and checks all balances. */
async function expectCorrectEnd(
  order: Order,
  state: Order["state"],
  before: { readonly msat: bigint },
): Promise<Order> {
  const { order: ended } = await untilFinal(wallet, order.id, 150_000);
  expect(ended.state).toBe(state);
  await wallet.wallet.settled(
    ended.paymentHash ?? "",
    ended.kind === "buy" ? "inbound" : "outbound",
    60_000,
  );
  const amount = BigInt(ended.amountMsat);
  const moved = state === "paid" ? amount : state === "claimed" ? -amount : 0n;
  // A payment is in the balance once its HTLC is removed from the commitment: two messages after it is fulfilled.
  const expected = before.msat + moved;
  await waitFor("the balance", async () => (await spendableMsat(wallet)) === expected).catch(
    () => undefined,
  );
  expect(await spendableMsat(wallet)).toBe(expected);
  await expectBooksInOrder(system);
  await expectNoChannelClosed(wallet, system, (await wallet.wallet.node.channels()).length);
  return ended;
}

describe("killed without warning and restarted", () => {
  test("the api, after M-Pesa accepted the payout and before the claim: one payout, one claim", async () => {
    await system.mpesa.settings({ payoutDelayMs: 4_000 });
    const recipient = await system.addCustomer("AFTER ACCEPTED OTIENO");
    const before = { msat: await spendableMsat(wallet) };
    const order = await openOrder(wallet, { kind: "sell", kesCents: 30_000n, msisdn: recipient });
    await waitFor("M-Pesa to accept the payout", async () => {
      return (await payoutsTo(recipient)).length > 0;
    });
    await system.system.apps.api.kill();
    // The result callback arrives while the api is down.
    await system.mpesa.message(recipient, 0, "received");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await system.system.apps.api.start();
    await expectCorrectEnd(order, "claimed", before);
    expect(await payoutsTo(recipient)).toHaveLength(1);
    await system.mpesa.settings({ payoutDelayMs: 200 });
  });

  test("the engine, with an HTLC held: claimed after the payout", async () => {
    await system.mpesa.settings({ payoutDelayMs: 4_000 });
    const recipient = await system.addCustomer("HELD NJOROGE");
    const before = { msat: await spendableMsat(wallet) };
    const order = await openOrder(wallet, { kind: "sell", kesCents: 20_000n, msisdn: recipient });
    await untilState(wallet, order.id, ["held", "payout_requested"]);
    await system.system.apps.engine.kill();
    await system.system.apps.engine.start();
    await expectCorrectEnd(order, "claimed", before);
    expect(await payoutsTo(recipient)).toHaveLength(1);
    await system.mpesa.settings({ payoutDelayMs: 200 });
  });

  test("the engine, with an HTLC held and the payout refused: failed back", async () => {
    await system.mpesa.settings({ payoutDelayMs: 4_000 });
    const recipient = await system.addCustomer("REFUSED ACHIENG");
    await system.mpesa.fault({
      api: "b2c",
      kind: "result_code",
      parameters: { code: "2040" },
      msisdn: recipient,
    });
    const before = { msat: await spendableMsat(wallet) };
    const order = await openOrder(wallet, { kind: "sell", kesCents: 20_000n, msisdn: recipient });
    await untilState(wallet, order.id, ["held", "payout_requested"]);
    await system.system.apps.engine.kill();
    await system.system.apps.engine.start();
    await expectCorrectEnd(order, "cancelled", before);
    await system.mpesa.clearFaults();
    await system.mpesa.settings({ payoutDelayMs: 200 });
  });

  test("4: the engine, while it pays over an open channel: the sats arrive once", async () => {
    const before = { msat: await spendableMsat(wallet) };
    const order = await openOrder(wallet, { kind: "buy", kesCents: 10_000n, msisdn: phone });
    await system.mpesa.payPrompt(phone);
    await untilState(wallet, order.id, ["kes_received", "paying", "paid"]);
    await system.system.apps.engine.kill();
    await system.system.apps.engine.start();
    await expectCorrectEnd(order, "paid", before);
  });

  test("the engine, while it opens a channel for a buy: the sats arrive once", async () => {
    const before = { msat: await spendableMsat(wallet) };
    // More than the inbound capacity of the wallet's channel.
    const receivableMsat = (await wallet.wallet.balances()).receivableMsat;
    const info = valueOf(await wallet.wallet.info());
    const kesPerBtc = Number(info.rate?.kesPerBtc ?? "0");
    const shillings = Math.ceil((Number(receivableMsat) / 1e11) * kesPerBtc * 1.3) + 100;
    await system.mpesa.deposit(phone, 40_000_000n);
    const order = await openOrder(wallet, {
      kind: "buy",
      kesCents: BigInt(shillings) * 100n,
      msisdn: phone,
    });
    await system.mpesa.payPrompt(phone);
    await untilState(wallet, order.id, ["kes_received", "paying", "paid"]);
    await system.system.apps.engine.kill();
    await system.system.apps.engine.start();
    await expectCorrectEnd(order, "paid", before);
  });

  test("45: Redis with all its data, during a buy and a sell: both end correctly", async () => {
    const recipient = await system.addCustomer("FLUSHED MUTUA");
    const before = { msat: await spendableMsat(wallet) };
    const bought = await openOrder(wallet, { kind: "buy", kesCents: 10_000n, msisdn: phone });
    await system.system.loseRedis();
    await system.mpesa.payPrompt(phone);
    const { order: paid } = await untilFinal(wallet, bought.id);
    await wallet.wallet.settled(paid.paymentHash ?? "", "inbound", 30_000);
    expect(paid.state).toBe("paid");
    const afterBuy = { msat: before.msat + BigInt(paid.amountMsat) };
    await system.mpesa.settings({ payoutDelayMs: 2_000 });
    const sold = await openOrder(wallet, { kind: "sell", kesCents: 10_000n, msisdn: recipient });
    await untilState(wallet, sold.id, ["held", "payout_requested", "payout_confirmed", "claimed"]);
    await system.system.loseRedis();
    await expectCorrectEnd(sold, "claimed", afterBuy);
    await system.mpesa.settings({ payoutDelayMs: 200 });
  });

  test("44: all processes, at random moments: every order ends correctly", async () => {
    const rounds = 4;
    const names = ["api", "engine"] as const;
    for (let round = 0; round < rounds; round += 1) {
      const recipient = await system.addCustomer(`RANDOM NUMBER${"ABCDEFGH"[round] ?? "X"}`);
      const before = { msat: await spendableMsat(wallet) };
      const kind = round % 2 === 0 ? "buy" : "sell";
      const msisdn = kind === "buy" ? phone : recipient;
      const order = await openOrder(wallet, { kind, kesCents: 10_000n, msisdn });
      const paying =
        kind === "buy" ? system.mpesa.payPrompt(phone).catch(() => undefined) : Promise.resolve();
      for (const name of names) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 1_500));
        await system.system.apps[name].kill();
        await system.system.apps[name].start();
      }
      await paying;
      await expectCorrectEnd(order, kind === "buy" ? "paid" : "claimed", before);
      if (kind === "sell") expect(await payoutsTo(recipient)).toHaveLength(1);
    }
  }, 600_000);
});

describe("the wallet's own process", () => {
  test("killed while it pays a sell: it resumes the same payment, and there is one payout", async () => {
    const holder = terminalWallet(system.system.home, "terminal");
    const recipient = await system.addCustomer("WALLET KILLED WERE");
    // Processes that an earlier test killed may still be reconnecting.
    await waitFor("the operator's node", async () => {
      const info = await wallet.wallet.info();
      return info.ok && info.value.node !== null;
    });
    expect((await holder.run("create", "--no-passphrase").ended).exitCode).toBe(0);
    const buying = holder.run("buy", "1000", "--phone", phone);
    await buying.line((line) => line["step"] === "order");
    await system.mpesa.payPrompt(phone);
    expect((await buying.ended).exitCode).toBe(0);

    for (const delayMs of [0, 150, 600]) {
      const before = (await payoutsTo(recipient)).length;
      const selling = holder.run("sell", "100", "--phone", recipient);
      await selling.line((line) => line["step"] === "quote");
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await selling.kill();
      const resumed = await holder.run("resume", "--wait", "90").ended;
      expect([0, 1]).toContain(resumed.exitCode);
      const history = await holder.run("history").ended;
      const result = history.lines.find((line) => line.type === "result");
      const entries = result?.["entries"] as readonly {
        readonly kind: string;
        readonly state: string;
      }[];
      // Killed before the order was created, nothing happened; killed later, the order ended correctly. No state in
      // between is allowed.
      expect(entries.filter((entry) => entry.state === "moving")).toEqual([]);
      const sells = entries.filter((entry) => entry.kind === "sell" && entry.state === "done");
      expect((await payoutsTo(recipient)).length - before).toBeLessThanOrEqual(1);
      expect(sells).toHaveLength((await payoutsTo(recipient)).length);
    }
    await expectBooksInOrder(system);
  }, 400_000);
});
