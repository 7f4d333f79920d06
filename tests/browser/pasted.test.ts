import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openMerchant } from "../../scripts/stack/merchant.ts";
import { findChromium } from "../../scripts/support/chromium.ts";
import { startTestSystem } from "../support/harness.ts";
import type { TestSystem } from "../support/harness.ts";
import {
  balanceSats,
  createWallet,
  hold,
  openBrowser,
  openProfile,
  readWords,
  visibleText,
} from "./browser-wallet.ts";
import type { BrowserWallet } from "./browser-wallet.ts";

const executable = findChromium();
const pin = "258014";

/** Pasted texts, and a page's storage that the browser cuts off, against a complete real system. */
describe.skipIf(executable === null)("a wallet in a browser, used as people use it", () => {
  let system: TestSystem;
  let browser: Browser;
  let wallet: BrowserWallet;
  let phone: string;
  let address: string;

  beforeAll(async () => {
    system = await startTestSystem("pasted", { withWallet: true });
    address = system.system.urls.wallet;
    phone = await system.addCustomer("PASTED WANJIKU");
    browser = await openBrowser(executable ?? "");
    wallet = await openProfile(browser);
    await wallet.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await wallet.page.addInitScript({
      content: `window.askedToKeep = 0;
        const persist = StorageManager.prototype.persist;
        StorageManager.prototype.persist = function () {
          window.askedToKeep += 1;
          return persist.call(this);
        };`,
    });
    await createWallet(wallet, address, pin);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  }, 60_000);

  const copy = (text: string) =>
    wallet.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  /** Pastes with the keyboard, as the system does: the text arrives in one piece. */
  const paste = async (testId: string, text: string) => {
    await copy(text);
    await wallet.at(testId).fill("");
    await wallet.at(testId).focus();
    await wallet.page.keyboard.press("Control+V");
  };

  const askedToKeep = () => wallet.page.evaluate<number>("window.askedToKeep");

  test("buys with a number pasted from a contact book", async () => {
    expect(await askedToKeep()).toBe(0);
    await wallet.press("home.buy");
    const told = async () => visibleText(wallet.at("buy.number"));
    await paste("buy.number.field", "Mama Njeri 0712 345 678 / 0722 345 678");
    expect(await told()).toContain("Write one number");
    const [area, middle, end] = [phone.slice(3, 6), phone.slice(6, 9), phone.slice(9)];
    await paste(
      "buy.number.field",
      `Mama Njeri \u2068+254 (0)${area}\u2011${middle}\u2013${end}\u2069`,
    );
    expect(await told()).not.toContain("Write one number");
    await wallet.press("buy.number.continue");
    await wallet.amount("buy.amount", "2000");
    await wallet.press("buy.amount.continue");
    await wallet.press("buy.quote.pay");
    await system.mpesa.payPrompt(phone);
    await wallet.at("receipt.sum").waitFor({ timeout: 60_000 });
    await wallet.press("receipt.done");
    await expect.poll(() => balanceSats(wallet), { timeout: 20_000 }).toBeGreaterThan(10_000);
    // once money is in, the browser is asked to keep it
    expect(await askedToKeep()).toBe(1);
  });

  const pay = async (text: string) => {
    await wallet.press("home.send");
    await copy(text);
    await wallet.press("send.paste");
    await wallet.at("send.hold").waitFor({ timeout: 30_000 });
    await wallet.page.waitForTimeout(300);
    await hold(wallet, "send.hold");
    await wallet.at("receipt.sum").waitFor({ timeout: 60_000 });
    await wallet.press("receipt.close");
  };

  test("pays the invoice of a message, wrapped and with an odd link around it", async () => {
    const merchant = openMerchant(system.system.urls.merchant);
    const { invoice, paymentHash } = await merchant.invoice(700n, "Mangoes");
    const wrapped = `${invoice.slice(0, 80)}\n${invoice.slice(80)}`;
    await pay(
      `\u200bLipa hapa:\nbitcoin:bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080?label=50% off&lightning=lightning:${wrapped}\nAsante!`,
    );
    expect((await merchant.received(paymentHash)).state).toBe("claimed");
  });

  const clearStorage = async () => {
    const devtools = await wallet.context.newCDPSession(wallet.page);
    await devtools.send("Storage.clearDataForOrigin", {
      origin: new URL(address).origin,
      storageTypes: "indexeddb",
    });
  };
  const settled = async (balance: number) => {
    const notices = /^home\.(?:starting|connecting|offline|node-offline|restoring|failed)$/u;
    await expect.poll(() => wallet.page.getByTestId(notices).count(), { timeout: 60_000 }).toBe(0);
    await expect.poll(() => balanceSats(wallet), { timeout: 60_000 }).toBe(balance);
  };

  test("opens its storage again when the browser cuts it off, and pays", async () => {
    const before = await balanceSats(wallet);
    await clearStorage();
    await settled(before);
    const merchant = openMerchant(system.system.urls.merchant);
    const { invoice, paymentHash } = await merchant.invoice(500n, "Onions");
    await pay(invoice);
    expect((await merchant.received(paymentHash)).state).toBe("claimed");
  });

  test.each(["under the open page", "while the app is closed"])(
    "comes back with its balance after the browser has deleted its storage %s",
    async (when) => {
      const before = await balanceSats(wallet);
      if (when === "while the app is closed") await wallet.page.goto("about:blank");
      await clearStorage();
      await wallet.page.goto(address);
      await wallet.page.reload();
      await wallet.pin("lock", pin);
      await wallet.at("home").waitFor();
      await settled(before);
      expect(await balanceSats(wallet)).toBe(before);
    },
  );

  test("is restored from a numbered list of its words, and says when no wallet has them", async () => {
    const before = await balanceSats(wallet);
    const words = await readWords(wallet, pin);
    const restore = async (passphrase: string): Promise<BrowserWallet> => {
      const other = await openProfile(browser);
      await other.page.goto(address);
      await other.press("language.en");
      await other.press("start.restore");
      await other
        .at("restore.words")
        .fill(
          words
            .map((word, at) => `${String(at + 1)}. ${word.slice(0, 4).toUpperCase()}`)
            .join("\n"),
        );
      await other.at("restore.passphrase").fill(passphrase);
      await other.press("restore.continue");
      await other.pin("choose-pin", "741096");
      await other.pin("choose-pin", "741096");
      await other.at("home").waitFor();
      return other;
    };
    const mistyped = await restore("Mtoto");
    await mistyped.at("home.nothing-restored").waitFor({ timeout: 60_000 });
    expect(await visibleText(mistyped.at("home.nothing-restored"))).toContain(
      "No wallet was found for these words.",
    );
    await mistyped.context.close();
    const right = await restore("");
    await expect.poll(() => balanceSats(right), { timeout: 60_000 }).toBe(before);
    expect(await right.page.getByTestId("home.nothing-restored").count()).toBe(0);
    await right.context.close();
  });
});
