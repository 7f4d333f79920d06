import path from "node:path";
import { createDatabase } from "@satsconnect/postgres";
import { newMnemonic, seedOf } from "@satsconnect/wallet";
import { openFolderWallet } from "@satsconnect/wallet/nodejs";
import type { FolderWallet } from "@satsconnect/wallet/nodejs";
import { valueOf } from "@satsconnect/money";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openMerchant } from "../scripts/stack/merchant.ts";
import { waitFor } from "../scripts/support/processes.ts";
import { startTestSystem } from "./support/harness.ts";
import type { TestSystem } from "./support/harness.ts";
import { openOrder } from "./support/wallets.ts";

const words = newMnemonic();
let world: TestSystem;
const opened: FolderWallet[] = [];

async function device(name: string): Promise<FolderWallet> {
  const made = valueOf(
    await openFolderWallet({
      folder: path.join(world.system.home, "wallets", name),
      apiUrl: world.system.urls.api,
      watchtower: world.system.watchtower,
      seed: () => seedOf(words),
      chainPollMs: 300,
      backup: {},
    }),
  );
  opened.push(made);
  return made;
}

/** Pays the merchant, and returns the milliseconds that it took. */
async function pay({ wallet }: FolderWallet, sat: bigint): Promise<number> {
  const { invoice } = await openMerchant(world.system.urls.merchant).invoice(sat, "tea");
  const preview = valueOf(wallet.previewSend(invoice));
  const from = performance.now();
  expect(valueOf(await wallet.sendAndWait(invoice, preview, 30_000)).state).toBe("succeeded");
  return performance.now() - from;
}

const towerOf = ({ wallet }: FolderWallet): string | undefined =>
  wallet.backup?.status().tower.state;

async function query(...statements: readonly string[]): Promise<void> {
  const database = createDatabase(world.system.databases.api, { size: 1, name: "older-backup" });
  for (const statement of statements) await database.query(statement);
  await database.end();
}

beforeAll(async () => {
  world = await startTestSystem("watchtower");
});
afterAll(async () => {
  for (const one of opened) await one.close().catch(() => {});
  await world.stop();
});

describe("a wallet with a watchtower", () => {
  let phone: FolderWallet;

  test("pays with it, while it is down, and when it is back", async () => {
    phone = await device("first");
    expect(await phone.wallet.whenConnected(20_000)).toBe(true);
    const customer = await world.addCustomer("WATCHED ACHIENG");
    const order = await openOrder(phone, { kind: "buy", kesCents: 300_000n, msisdn: customer });
    await world.mpesa.payPrompt(customer);
    for await (const event of phone.wallet.follow(order.id, AbortSignal.timeout(60_000)))
      void event;
    await waitFor(
      "the sats",
      async () => (await phone.wallet.balances()).channelsMsat > 0n,
      20_000,
    );
    await pay(phone, 1_000n);
    expect(towerOf(phone)).toBe("current");
    await world.system.apps.watchtower.kill();
    await pay(phone, 400n);
    expect(towerOf(phone)).toBe("lagging");
    // once it is known to be down, nothing waits for it
    expect(await pay(phone, 300n)).toBeLessThan(2_000);
    await world.system.apps.watchtower.start();
    await waitFor("the watchtower's head", async () => towerOf(phone) === "current", 90_000);
    await pay(phone, 200n);
  });

  test("that is restored from an older backup closes its channel through the partner, and gets its newest balance on chain", async () => {
    expect(await phone.wallet.backup?.flush(10_000)).toBe(true);
    await query(
      "CREATE TABLE older_stores AS TABLE backup_stores",
      "CREATE TABLE older_objects AS TABLE backup_objects",
    );
    await pay(phone, 3_000n);
    await pay(phone, 2_000n);
    const newestSat = (await phone.wallet.balances()).channelsMsat / 1_000n;
    await phone.close();
    await query(
      "DELETE FROM backup_objects",
      "DELETE FROM backup_stores",
      "INSERT INTO backup_stores TABLE older_stores",
      "INSERT INTO backup_objects OVERRIDING SYSTEM VALUE SELECT * FROM older_objects",
    );
    const restored = await device("second");
    const { backup, node } = restored.wallet;
    expect(backup?.wasRestored()).toBe(true);
    expect(backup?.status().outdated).not.toBeNull();
    expect(await node.channels()).toEqual([]);
    // a block every two seconds: the wallet cannot follow a chain that changes while it reads
    for (let block = 0; block < 60; block += 1) {
      await world.system.bitcoind.mine(2);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      const { onChain } = await restored.wallet.balances();
      if (onChain.confirmedSat > newestSat - 3_000n) break;
    }
    const { onChain } = await restored.wallet.balances();
    expect(onChain.confirmedSat).toBeGreaterThan(newestSat - 3_000n);
    expect(onChain.confirmedSat).toBeLessThanOrEqual(newestSat);
    expect(towerOf(restored)).toBe("current");
  });
});
