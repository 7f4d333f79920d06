import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newMnemonic, seedOf } from "@satsconnect/wallet";
import { openFolderWallet } from "@satsconnect/wallet/nodejs";
import type { FolderWallet, FolderWalletOptions } from "@satsconnect/wallet/nodejs";
import { valueOf } from "@satsconnect/money";
import { openMerchant } from "../scripts/stack/merchant.ts";
import { waitFor } from "../scripts/support/processes.ts";
import { startTestSystem } from "./support/harness.ts";
import type { TestSystem } from "./support/harness.ts";
import { openOrder } from "./support/wallets.ts";

const words = newMnemonic();
let world: TestSystem;
const opened: FolderWallet[] = [];

async function device(
  name: string,
  options: Partial<FolderWalletOptions> = {},
): Promise<Awaited<ReturnType<typeof openFolderWallet>>> {
  const made = await openFolderWallet({
    folder: path.join(world.system.home, "wallets", name),
    apiUrl: world.system.urls.api,
    seed: () => seedOf(words),
    chainPollMs: 300,
    backup: {},
    ...options,
  });
  if (made.ok) opened.push(made.value);
  return made;
}

async function pay(wallet: FolderWallet["wallet"], sat: bigint): Promise<string> {
  const { invoice } = await openMerchant(world.system.urls.merchant).invoice(sat, "tea");
  const preview = valueOf(wallet.previewSend(invoice));
  return valueOf(await wallet.sendAndWait(invoice, preview, 30_000)).state;
}

beforeAll(async () => {
  world = await startTestSystem("backup");
});
afterAll(async () => {
  for (const one of opened) await one.close().catch(() => {});
  await world.stop();
});

describe("a wallet whose phone is lost", () => {
  test("is restored from its words with channels, history and contacts, and the old phone is fenced", async () => {
    const phone = await world.addCustomer("BACKED UP ACHIENG");
    const old = valueOf(await device("old"));
    const before = old.wallet;
    expect(await before.whenConnected(20_000)).toBe(true);
    const order = await openOrder(old, { kind: "buy", kesCents: 200_000n, msisdn: phone });
    await world.mpesa.payPrompt(phone);
    for await (const event of before.follow(order.id, AbortSignal.timeout(60_000))) void event;
    await waitFor("the sats", async () => (await before.balances()).channelsMsat > 0n, 20_000);
    expect(await pay(before, 1_000n)).toBe("succeeded");
    await before.backup?.keyValueStore.put("contact/1", "Mama mboga");
    expect(await before.backup?.flush(10_000)).toBe(true);
    const balance = (await before.balances()).channelsMsat;
    const history = await before.node.payments();

    const startedAt = performance.now();
    const restored = valueOf(await device("new"));
    const after = restored.wallet;
    expect(after.backup?.wasRestored()).toBe(true);
    expect(after.node.nodeId).toBe(before.node.nodeId);
    expect(await after.node.payments()).toEqual(history);
    expect(await after.backup?.keyValueStore.get("contact/1")).toBe("Mama mboga");
    expect(await before.node.stopped).toBe("fenced");
    expect(before.backup?.status().state).toBe("replaced");
    expect(await after.whenConnected(50_000)).toBe(true);
    await waitFor(
      "the channel",
      async () => (await after.node.channels()).some(({ usable }) => usable),
      50_000,
    );
    expect((await after.balances()).channelsMsat).toBe(balance);
    expect(performance.now() - startedAt).toBeLessThan(60_000);
    expect(await pay(after, 500n)).toBe("succeeded");
    expect((await after.history()).complete).toBe(true);

    await old.close();
    const again = await device("old");
    expect(again).toMatchObject({ ok: false, error: { code: "wallet_replaced" } });
    // Refused until the holder confirms the take-over.
    const taken = valueOf(await device("old", { backup: { takeOver: true } }));
    expect(await after.node.stopped).toBe("fenced");
    expect(await taken.wallet.whenConnected(50_000)).toBe(true);
    await waitFor(
      "the channel",
      async () => (await taken.wallet.node.channels()).some(({ usable }) => usable),
      50_000,
    );
    expect(await pay(taken.wallet, 300n)).toBe("succeeded");
    const paid = (await taken.wallet.node.payments()).filter(({ state }) => state === "succeeded");
    expect(paid.map(({ amountMsat }) => amountMsat)).toEqual([300_000n, 500_000n, 1_000_000n]);
  });
});
