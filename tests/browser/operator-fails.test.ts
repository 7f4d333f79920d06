import path from "node:path";
import { createDatabase } from "@satsconnect/postgres";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { moneyEn } from "../../apps/wallet/src/i18n/catalogues/money-screens.en.ts";
import { settingsEn } from "../../apps/wallet/src/i18n/catalogues/settings-screens.en.ts";
import { openMerchant } from "../../scripts/stack/merchant.ts";
import { openSecrets } from "../../scripts/stack/secrets.ts";
import { findChromium } from "../../scripts/support/chromium.ts";
import { freePort } from "../../scripts/support/ports.ts";
import { launchEngine } from "../support/engine-world.ts";
import type { Engine } from "../support/engine-world.ts";
import { startTestSystem } from "../support/harness.ts";
import type { TestSystem } from "../support/harness.ts";
import {
  balanceSats,
  createWallet,
  hold,
  openBrowser,
  openProfile,
  readWords,
  startBuy,
  visibleText,
} from "./browser-wallet.ts";
import type { BrowserWallet } from "./browser-wallet.ts";

const executable = findChromium();
const pin = "258014";
const { olderState: words } = settingsEn;
/** Largest loss to the network's fees when a channel is closed and its coins are sent on, in sats. */
const maxFeesSat = 3_000;

type Transaction = {
  readonly txid: string;
  readonly vin: readonly { readonly txid?: string; readonly vout?: number }[];
  readonly vout: readonly { readonly value: number }[];
};

const satsOf = (bitcoin: number): number => Math.round(bitcoin * 100_000_000);

/**
 * An operator that hands out an older backup, and one that disappears for good: engine, API, Esplora server and the web
 * server of the app. In a real browser against a complete real system, in English.
 */
describe.skipIf(executable === null)("a wallet whose operator lies or disappears", () => {
  let system: TestSystem;
  /** A second engine, of which only the Esplora server is used: one that does not belong to the operator. */
  let independent: Engine;
  let browser: Browser;
  let address: string;

  beforeAll(async () => {
    const esplora = `127.0.0.1:${String(await freePort())}`;
    system = await startTestSystem("operator-fails", {
      withWallet: true,
      extra: { wallet: { ESPLORA_URLS: `http://${esplora}/esplora` } },
    });
    const { home, bitcoind, postgres, urls } = system.system;
    address = urls.wallet;
    const launched = await launchEngine({
      home,
      name: "independent",
      bitcoind,
      databaseUrl: await postgres.database("independent"),
      secrets: openSecrets(path.join(home, "independent"), Date.now()),
      extra: { ESPLORA_LISTEN: esplora },
    });
    independent = await launched.ready;
    browser = await openBrowser(executable ?? "");
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await independent?.stop();
    await system?.stop();
  }, 60_000);

  /** Opens a new profile with a wallet that has bought sats for KES 2,000. */
  async function fundedWallet(name: string): Promise<BrowserWallet> {
    const wallet = await openProfile(browser);
    await createWallet(wallet, address, pin);
    const phone = await system.addCustomer(name);
    await startBuy(wallet, phone, "2000");
    await system.mpesa.payPrompt(phone);
    await wallet.at("order.paid").waitFor({ timeout: 60_000 });
    await wallet.press("receipt.done");
    await expect.poll(() => balanceSats(wallet), { timeout: 20_000 }).toBeGreaterThan(10_000);
    return wallet;
  }

  async function unlock(wallet: BrowserWallet): Promise<void> {
    await wallet.pin("lock", pin);
    await wallet.at("home").waitFor();
  }

  async function query(...statements: readonly string[]): Promise<void> {
    const database = createDatabase(system.system.databases.api, { size: 1, name: "older-backup" });
    for (const statement of statements) await database.query(statement);
    await database.end();
  }

  async function pay(wallet: BrowserWallet, sats: bigint): Promise<void> {
    const { invoice } = await openMerchant(system.system.urls.merchant).invoice(sats, "Chai");
    await wallet.press("home.send");
    await wallet.at("send.field").fill(invoice);
    await wallet.press("send.read");
    await wallet.at("send.sum").waitFor();
    await expect
      .poll(
        async () => {
          if (await wallet.at("payment.again").isVisible()) await wallet.press("payment.again");
          if (await wallet.at("send.hold").isVisible()) await hold(wallet, "send.hold");
          return wallet.at("receipt.sum").isVisible();
        },
        { timeout: 60_000, interval: 1_000 },
      )
      .toBe(true);
    await wallet.press("receipt.close");
  }

  const call = <Answer>(method: string, params: readonly unknown[] = []): Promise<Answer> =>
    system.system.bitcoind.call<Answer>(method, params);

  /** The confirmed transaction that spends an output, among the last 60 blocks. */
  async function spenderOf(txid: string, vout: number): Promise<Transaction | undefined> {
    const tip = await call<number>("getblockcount");
    for (let height = tip; height > Math.max(0, tip - 60); height -= 1) {
      const hash = await call<string>("getblockhash", [height]);
      const { tx } = await call<{ tx: readonly Transaction[] }>("getblock", [hash, 2]);
      const found = tx.find(({ vin }) =>
        vin.some((input) => input.txid === txid && input.vout === vout),
      );
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Ids of the outputs that are spent by the transactions which a page has sent anywhere. */
  async function spentBy(wallet: BrowserWallet): Promise<readonly string[]> {
    const spent: string[] = [];
    for (const body of wallet.watched.sent) {
      const text = body.toString("utf8");
      const transactions = /^[0-9a-f]{100,}$/u.test(text)
        ? [text]
        : /^\["[0-9a-f]{100,}/u.test(text)
          ? (JSON.parse(text) as string[])
          : [];
      for (const hex of transactions) {
        const { vin } = await call<Transaction>("decoderawtransaction", [hex]);
        spent.push(...vin.map((input) => `${String(input.txid)}:${String(input.vout)}`));
      }
    }
    return spent;
  }

  test("an older backup costs nothing: the operator closes, and the newest balance arrives on chain", async () => {
    const old = await fundedWallet("OLDER BACKUP ACHIENG");
    const mnemonic = await readWords(old, pin);
    await old.press("settings.back");
    await pay(old, 300n);
    // the last commit of the payment is uploaded within a third of a second
    await old.page.waitForTimeout(3_000);
    await query(
      "CREATE TABLE older_stores AS TABLE backup_stores",
      "CREATE TABLE older_objects AS TABLE backup_objects",
    );
    await pay(old, 2_000n);
    await pay(old, 700n);
    await old.page.waitForTimeout(3_000);
    const newestSats = await balanceSats(old);
    const listed = await system.system.engine.node.listChannels(
      { peerNodeId: "" },
      { deadlineMs: 20_000 },
    );
    const channel = listed.ok
      ? listed.value.channels.find(({ peerNodeId }) => peerNodeId !== system.system.merchantNodeId)
      : undefined;
    const fundingTxid = channel?.fundingTxid ?? "";
    await old.context.close();
    await query(
      "DELETE FROM backup_objects",
      "DELETE FROM backup_stores",
      "INSERT INTO backup_stores TABLE older_stores",
      "INSERT INTO backup_objects OVERRIDING SYSTEM VALUE SELECT * FROM older_objects",
    );

    const restored = await openProfile(browser);
    await restored.page.goto(address);
    await restored.press("language.en");
    await restored.press("start.restore");
    await restored.at("restore.words").fill(mnemonic.join(" "));
    await restored.press("restore.continue");
    await restored.pin("choose-pin", pin);
    await restored.pin("choose-pin", pin);
    await restored.at("home").waitFor();
    await restored.page
      .getByTestId("home.older-state")
      .filter({ hasText: moneyEn.home.olderState.closing })
      .waitFor({ timeout: 60_000 });
    await restored.press("home.older-state");
    expect(await visibleText(restored.at("older-state"))).toContain(words.found.own);
    expect(await visibleText(restored.at("older-state"))).toContain(words.wait);
    // a restart of the app changes nothing
    await restored.page.goto(address);
    await restored.page.reload();
    await unlock(restored);
    await restored.at("home.older-state").waitFor({ timeout: 30_000 });
    await expect
      .poll(
        async () => {
          await system.system.bitcoind.mine(2);
          return restored.page.getByTestId("home.older-state").count();
        },
        { timeout: 180_000, interval: 2_000 },
      )
      .toBe(0);

    // the operator's closing transaction pays the newest balance, to the satoshi
    const outputs = [0, 1, 2, 3, 4, 5, 6, 7];
    const closings = await Promise.all(outputs.map((vout) => spenderOf(fundingTxid, vout)));
    const at = closings.findIndex(({ vout } = { txid: "", vin: [], vout: [] }) =>
      vout.some(({ value }) => satsOf(value) === newestSats),
    );
    const closing = closings[at];
    expect(closing).toBeDefined();
    const ours = closing?.vout.findIndex(({ value }) => satsOf(value) === newestSats) ?? -1;
    const sweep = await spenderOf(closing?.txid ?? "", ours);
    const sweptSats = (sweep?.vout ?? []).reduce((sum, { value }) => sum + satsOf(value), 0);
    expect(newestSats - sweptSats).toBeGreaterThan(0);
    expect(newestSats - sweptSats).toBeLessThan(maxFeesSat);
    await expect.poll(() => balanceSats(restored), { timeout: 30_000 }).toBe(sweptSats);
    // the wallet itself has sent its sweep, and nothing that spends the channel
    const spends = await spentBy(restored);
    expect(spends).toContain(`${closing?.txid ?? ""}:${String(ours)}`);
    expect(spends).not.toContain(`${fundingTxid}:${String(at)}`);
    expect(await spentBy(old)).not.toContain(`${fundingTxid}:${String(at)}`);
    await restored.context.close();
  }, 400_000);

  test("the operator is gone for good: two wallets leave, one of them after a restart", async () => {
    const running = await fundedWallet("RUNNING OTIENO");
    const reloaded = await fundedWallet("RELOADED WANJIKU");
    const before = [await balanceSats(running), await balanceSats(reloaded)];
    const to = [await call<string>("getnewaddress"), await call<string>("getnewaddress")];
    await system.system.bitcoind.mine(6);
    await reloaded.page.evaluate("navigator.serviceWorker.ready.then(() => true)");
    const { apps, wallet: webServer } = system.system;
    await Promise.all([apps.api.kill(), apps.engine.kill(), apps.merchant.kill()]);
    await webServer?.kill();
    await reloaded.page.reload();
    await unlock(reloaded);

    for (const [index, wallet] of [running, reloaded].entries()) {
      await wallet.press("home.menu");
      await wallet.press("settings.leave");
      await wallet.press("leave.continue");
      await wallet.at("leave.field").fill(to[index] ?? "");
      await wallet.press("leave.use");
      await hold(wallet, "leave.hold");
      await wallet.pin("authorize", pin);
      await wallet.press("leave.force");
      await hold(wallet, "leave.force.hold");
      await wallet.pin("authorize", pin);
      if (wallet === reloaded) {
        await wallet.at("leave.risk").waitFor({ timeout: 30_000 });
        expect(await call<readonly string[]>("getrawmempool")).toEqual([]);
        await hold(wallet, "leave.risk.hold");
        await wallet.pin("authorize", pin);
      }
      await wallet.at("leave.progress").waitFor({ timeout: 60_000 });
      // its commitment transaction reaches the chain through the independent server
      await expect
        .poll(
          async () => {
            await system.system.bitcoind.mine(1);
            return visibleText(wallet.at("leave.progress"));
          },
          { timeout: 60_000, interval: 2_000 },
        )
        .toContain(settingsEn.leave.claiming);
    }
    await expect
      .poll(
        async () => {
          await system.system.bitcoind.mine(10);
          const done = [running, reloaded].map(({ page }) =>
            page.getByTestId("leave.done").count(),
          );
          return Promise.all(done);
        },
        { timeout: 300_000, interval: 3_000 },
      )
      .toEqual([1, 1]);
    await system.system.bitcoind.mine(1);
    for (const [index, recipient] of to.entries()) {
      const received = satsOf(await call<number>("getreceivedbyaddress", [recipient]));
      expect(received).toBeLessThanOrEqual(before[index] ?? 0);
      expect(received).toBeGreaterThan((before[index] ?? 0) - maxFeesSat);
    }
  }, 500_000);
});
