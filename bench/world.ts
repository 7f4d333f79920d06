import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Order } from "@satsconnect/contracts";
import { valueOf } from "@satsconnect/money";
import { newMnemonic, seedOf } from "@satsconnect/wallet";
import type { Wallet } from "@satsconnect/wallet";
import { openFolderWallet } from "@satsconnect/wallet/nodejs";
import type { FolderWallet } from "@satsconnect/wallet/nodejs";
import { anyPortBase } from "../scripts/stack/addresses.ts";
import { openMerchant } from "../scripts/stack/merchant.ts";
import type { Merchant } from "../scripts/stack/merchant.ts";
import { openMpesa } from "../scripts/stack/mpesa.ts";
import type { Mpesa } from "../scripts/stack/mpesa.ts";
import { startSystem } from "../scripts/stack/system.ts";
import type { System } from "../scripts/stack/system.ts";

/** A running system and a wallet that can pay. */
export type World = {
  readonly system: System;
  readonly mpesa: Mpesa;
  readonly merchant: Merchant;
  readonly phone: string;
  readonly wallet: (name: string) => Promise<FolderWallet>;
  readonly stop: () => Promise<void>;
};

export async function openWorld(print: (line: string) => void): Promise<World> {
  const home = mkdtempSync(path.join(tmpdir(), "satsconnect-bench-"));
  const system = await startSystem({
    home,
    print,
    ownServers: true,
    withWallet: true,
    portBase: anyPortBase(),
    miner: { everyMs: 30_000, afterTransactionMs: 2_000 },
    extra: {
      // Benchmarks exceed the default rate limits and daily caps.
      api: { RATE_LIMIT_FACTOR: "1000" },
      engine: { CAP_DAILY_SAT: "1000000000" },
    },
  });
  const mpesa = openMpesa(system.urls.simulator);
  await mpesa.settings({
    promptDelayMs: 0,
    callbackDelayMs: 50,
    payoutDelayMs: 50,
    inquiryDelayMs: 50,
    repeatWindowMs: 0,
    queryBusyPercent: 0,
  });
  const phone = "254711000000";
  await mpesa.addCustomer(phone, "BENCH MARK WAFULA", 5_000_000n);
  return {
    system,
    mpesa,
    merchant: openMerchant(system.urls.merchant),
    phone,
    async wallet(name) {
      const words = newMnemonic();
      const opened = valueOf(
        await openFolderWallet({
          folder: path.join(home, "wallets", name),
          apiUrl: system.urls.api,
          seed: () => seedOf(words),
          prefer: "addon",
        }),
      );
      if (!(await opened.wallet.whenConnected(20_000)))
        throw new Error("The wallet did not connect to the operator");
      return opened;
    },
    async stop() {
      await system.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Buys and waits for the sats. Credits the customer with the price first. */
export async function buy(world: World, wallet: Wallet, kesCents: bigint): Promise<Order> {
  await world.mpesa.deposit(world.phone, kesCents + 100_000n);
  const quote = valueOf(await wallet.quote({ kind: "buy", amountKesCents: String(kesCents) }));
  const order = valueOf(await wallet.buy(quote, world.phone));
  await world.mpesa.payPrompt(world.phone);
  return untilFinal(wallet, order, "paid");
}

export async function sell(
  wallet: Wallet,
  msisdn: string,
  kesCents: bigint,
): Promise<{ readonly order: Order; readonly heldAt: number }> {
  const amountKesCents = String(kesCents);
  const quote = valueOf(await wallet.quote({ kind: "sell", amountKesCents, msisdn }));
  const order = valueOf(await wallet.sell(quote, msisdn));
  let heldAt = 0;
  for await (const event of wallet.follow(order.id, AbortSignal.timeout(60_000)))
    if (event.state === "held") heldAt = Date.parse(event.at);
  const ended = valueOf(await wallet.api.orders.get(order.id));
  if (ended.state !== "claimed" || heldAt === 0)
    throw new Error(`A sell ended in state ${ended.state}`);
  await wallet.settled(ended.paymentHash ?? "", "outbound", 30_000);
  return { order: ended, heldAt };
}

async function untilFinal(wallet: Wallet, order: Order, state: Order["state"]): Promise<Order> {
  for await (const event of wallet.follow(order.id, AbortSignal.timeout(60_000))) void event;
  const ended = valueOf(await wallet.api.orders.get(order.id));
  if (ended.state !== state) throw new Error(`An order ended in state ${ended.state}`);
  await wallet.settled(ended.paymentHash ?? "", "inbound", 30_000);
  return ended;
}
