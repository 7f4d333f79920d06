import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openMerchant } from "../../scripts/stack/merchant.ts";
import { findChromium } from "../../scripts/support/chromium.ts";
import { startTestSystem } from "../support/harness.ts";
import type { TestSystem } from "../support/harness.ts";
import {
  startBuy,
  balanceSats,
  createWallet,
  openBrowser,
  openProfile,
  readWords,
  watch,
} from "./browser-wallet.ts";
import type { BrowserWallet } from "./browser-wallet.ts";
import { cameraVideo } from "./camera-video.ts";

const executable = findChromium();
const pin = "258014";
const decoyPin = "630741";

/** Crashes, lost networks and second tabs, in a real browser against a complete real system, in Swahili. */
describe.skipIf(executable === null)("a wallet in a browser under crashes and network loss", () => {
  let system: TestSystem;
  let browser: Browser;
  let wallet: BrowserWallet;
  let phone: string;
  let address: string;
  let words: string;
  const folder = mkdtempSync(path.join(tmpdir(), "satsconnect-camera-"));
  const videoFile = path.join(folder, "camera.y4m");

  beforeAll(async () => {
    system = await startTestSystem("recovery", { withWallet: true });
    address = system.system.urls.wallet;
    phone = await system.addCustomer("BROWSER OTIENO");
    // Chromium needs a video file at its start; the QR code is written into it before the camera opens.
    writeFileSync(videoFile, cameraVideo("nothing to see yet"));
    browser = await openBrowser(executable ?? "", { videoFile });
    wallet = await openProfile(browser);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await system?.stop();
    if (existsSync(folder)) rmSync(folder, { recursive: true });
  }, 60_000);

  async function unlock(target: BrowserWallet, digits = pin): Promise<void> {
    await target.pin("lock", digits);
    await target.at("home").waitFor();
  }

  /** The balance after the wallet has synchronised; before that the page shows the stored snapshot. */
  async function settledSats(target: BrowserWallet): Promise<number> {
    const notices = /^home\.(?:starting|connecting|offline|node-offline)$/u;
    await expect.poll(() => target.page.getByTestId(notices).count(), { timeout: 30_000 }).toBe(0);
    return balanceSats(target);
  }

  /** Kills the page's process; stored data remains. */
  async function kill(): Promise<void> {
    const crashed = wallet.page.waitForEvent("crash");
    await wallet.page.goto("chrome://crash").catch(() => undefined);
    await crashed;
    await wallet.page.close();
    wallet = watch(wallet.context, await wallet.context.newPage());
  }

  /** Confirms a payment while offline, until the page offers to queue it, and accepts that. */
  async function sendWithoutNetwork(invoice: string): Promise<void> {
    await wallet.context.setOffline(true);
    // An open connection would survive going offline.
    await wallet.page.reload();
    await unlock(wallet);
    await wallet.press("home.send");
    await wallet.at("send.field").fill(invoice);
    await wallet.press("send.read");
    await wallet.at("send.hold").hover();
    await wallet.page.mouse.down();
    await wallet.at("send.later").waitFor({ timeout: 30_000 });
    await wallet.page.mouse.up();
    await wallet.press("send.later");
    await wallet.at("entry.waiting").waitFor();
  }

  test("is created and funded, in Swahili", async () => {
    await createWallet(wallet, address, pin, "sw");
    expect(await wallet.page.locator("html").getAttribute("lang")).toBe("sw");
    await startBuy(wallet, phone, "2000");
    await system.mpesa.payPrompt(phone);
    await wallet.at("order.paid").waitFor({ timeout: 60_000 });
    await wallet.press("receipt.done");
    await expect.poll(() => balanceSats(wallet), { timeout: 20_000 }).toBeGreaterThan(10_000);
  });

  test("shows its words after the PIN and quizzes the holder on them", async () => {
    await wallet.press("home.write-words");
    await wallet.pin("words-pin", pin);
    const shown: string[] = [];
    for (let index = 1; index <= 12; index += 1)
      shown.push((await wallet.at(`words.${String(index)}`).textContent()) ?? "");
    words = shown.join(" ");
    await wallet.press("words.written");
    while (await wallet.at("quiz").isVisible()) {
      const question = (await wallet.at("quiz").textContent()) ?? "";
      const index = Number(/Neno la (\d+)/u.exec(question)?.[1]);
      await wallet.press(`quiz.${shown[index - 1] ?? ""}`);
    }
    await wallet.press("words.done");
    await wallet.at("home").waitFor();
    expect(await wallet.page.getByTestId("home.write-words").count()).toBe(0);
  });

  test("opens offline and shows the age of its data", async () => {
    const before = await settledSats(wallet);
    await wallet.page.evaluate("navigator.serviceWorker.ready.then(() => true)");
    await wallet.context.setOffline(true);
    await wallet.page.reload();
    await unlock(wallet);
    await wallet.at("home.offline").waitFor();
    expect(await balanceSats(wallet)).toBe(before);
    await wallet.press("home.history");
    await wallet.page.getByTestId(/^history\.entry\./u).waitFor();
    await wallet.context.setOffline(false);
    await wallet.page.goto(address);
    await unlock(wallet);
    await expect.poll(() => wallet.page.getByTestId("home.offline").count()).toBe(0);
  });

  test("a payment confirmed offline is queued across a restart and sent automatically", async () => {
    const before = await settledSats(wallet);
    const { invoice } = await openMerchant(system.system.urls.merchant).invoice(
      300n,
      "Sukuma wiki",
    );
    await sendWithoutNetwork(invoice);
    await wallet.page.reload();
    await wallet.pin("lock", pin);
    await wallet.at("entry.waiting").waitFor();
    expect(await wallet.at("entry.waiting").textContent()).toContain("hakuna kilichotumwa");
    await wallet.context.setOffline(false);
    await wallet.at("receipt.sum").waitFor({ timeout: 60_000 });
    await wallet.press("receipt.close");
    await expect
      .poll(() => settledSats(wallet), { timeout: 20_000 })
      .toBeLessThanOrEqual(before - 300);
    expect(await settledSats(wallet)).toBeGreaterThan(before - 600);
  });

  test("a queued payment can be cancelled and is never sent", async () => {
    const before = await settledSats(wallet);
    const { invoice } = await openMerchant(system.system.urls.merchant).invoice(
      300n,
      "Sukuma wiki",
    );
    await sendWithoutNetwork(invoice);
    await wallet.press("payment.take-back");
    await wallet.at("home").waitFor();
    await wallet.context.setOffline(false);
    expect(await settledSats(wallet)).toBe(before);
    await wallet.press("home.history");
    await wallet.page
      .getByTestId(/^history\.entry\./u)
      .first()
      .waitFor();
    expect(await wallet.page.getByTestId(/^history\.live\./u).count()).toBe(0);
    await wallet.page.goto(address);
    await unlock(wallet);
  });

  test("runs in one tab: a second tab reports it and takes over on request", async () => {
    const second = watch(wallet.context, await wallet.context.newPage());
    await second.page.goto(address);
    await second.pin("lock", pin);
    await second.at("held").waitFor();
    await second.press("held.take-over");
    await second.at("home").waitFor();
    await expect.poll(() => settledSats(second), { timeout: 20_000 }).toBeGreaterThan(10_000);
    await wallet.at("home.replaced").waitFor();
    await second.page.close();
    await wallet.press("home.take-over");
    await expect.poll(() => wallet.page.getByTestId("home.replaced").count()).toBe(0);
    expect(await balanceSats(wallet)).toBeGreaterThan(10_000);
  });

  test("a sell continues after the browser was killed in the middle of it", async () => {
    const recipient = await system.addCustomer("KILLED ATIENO");
    await system.mpesa.settings({ payoutDelayMs: 4_000 });
    await wallet.press("home.sell");
    await wallet.amount("sell.amount", "200");
    await wallet.press("sell.amount.continue");
    await wallet.at("sell.number.field").fill(`0${recipient.slice(3)}`);
    await wallet.press("sell.number.continue");
    await wallet.press("sell.name.yes");
    await wallet.press("sell.quote.sell");
    await wallet.page.waitForURL(/#\/order\//u);
    const order = wallet.page.url();
    await kill();
    await wallet.page.goto(order);
    await wallet.pin("lock", pin);
    await wallet.at("order.claimed").waitFor({ timeout: 60_000 });
    await wallet.press("receipt.done");
    await system.mpesa.settings({ payoutDelayMs: 200 });
    const payouts = (await system.mpesa.payouts()).filter(
      (payout) => payout.recipient === recipient,
    );
    expect(payouts).toHaveLength(1);
  });

  test("scans a shop's code; when killed while paying, it pays once or not at all", async () => {
    const shop = `${system.system.urls.merchant}/api/invoices`;
    const response = await fetch(shop, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ amountSat: "400", description: "Dagaa" }),
    });
    const created = (await response.json()) as { invoice: string; paymentHash: string };
    writeFileSync(videoFile, cameraVideo(created.invoice.toUpperCase()));
    const before = await settledSats(wallet);
    await wallet.press("home.scan");
    await wallet.at("send.sum").waitFor({ timeout: 30_000 });
    expect(await wallet.at("send.confirm").textContent()).toContain("Dagaa");
    await wallet.at("send.hold").hover();
    await wallet.page.mouse.down();
    await wallet.at("send.confirm").waitFor({ state: "detached" });
    await kill();
    await wallet.page.goto(address);
    await unlock(wallet);
    await expect
      .poll(() => wallet.page.getByTestId(/^home\.live\./u).count(), { timeout: 30_000 })
      .toBe(0);
    const invoiceState = (await (await fetch(`${shop}/${created.paymentHash}`)).json()) as {
      state: string;
    };
    const spent = before - (await settledSats(wallet));
    if (invoiceState.state === "claimed") {
      expect(spent).toBeGreaterThanOrEqual(400);
      expect(spent).toBeLessThan(410);
    } else expect(spent).toBe(0);
  });

  test("a buy is paid while the browser is not running, and the sats arrive when it is back", async () => {
    const before = await settledSats(wallet);
    await wallet.press("home.buy");
    await wallet.amount("buy.amount", "500");
    await wallet.press("buy.amount.continue");
    await wallet.press("buy.quote.pay");
    await wallet.at("order.stk_requested").waitFor();
    await kill();
    await system.mpesa.payPrompt(phone);
    await wallet.page.goto(address);
    await unlock(wallet);
    await expect
      .poll(() => balanceSats(wallet), { timeout: 60_000, interval: 500 })
      .toBeGreaterThan(before + 3_000);
  });

  test("opens a decoy wallet with the second PIN, without any trace of the real one", async () => {
    await wallet.page.goto(address);
    await unlock(wallet);
    await wallet.press("home.menu");
    await wallet.press("settings.decoy");
    await wallet.pin("decoy-pin", pin);
    await wallet.pin("decoy", decoyPin);
    await wallet.pin("decoy", decoyPin);
    await wallet.press("decoy.done");
    await wallet.page.goto(address);
    await unlock(wallet, decoyPin);
    await expect.poll(() => balanceSats(wallet), { timeout: 20_000 }).toBe(0);
    expect(await wallet.page.getByTestId(/^(?:home\.entry|home\.live)\./u).count()).toBe(0);
    // A buy asks for a phone number; the one of the real wallet must not be suggested.
    await wallet.press("home.buy");
    await wallet.at("buy.number.field").waitFor();
    expect(await wallet.at("buy.number.field").inputValue()).toBe("");
    await wallet.page.goto(address);
    await wallet.page.reload();
    await unlock(wallet, decoyPin);
    const decoyWords = await readWords(wallet, decoyPin);
    expect(decoyWords).toHaveLength(12);
    expect(decoyWords.join(" ")).not.toBe(words);
  });

  test("is restored from its words in an empty browser, and the old one is fenced", async () => {
    await wallet.page.goto(address);
    await wallet.page.reload();
    await unlock(wallet);
    const before = await settledSats(wallet);
    const other = await openProfile(browser);
    const startedAt = Date.now();
    await other.page.goto(address);
    await other.press("language.en");
    await other.press("start.restore");
    await other.at("restore.words").fill(words);
    await other.press("restore.continue");
    await other.pin("choose-pin", "741096");
    await other.pin("choose-pin", "741096");
    await other.at("home").waitFor();
    await expect.poll(() => settledSats(other), { timeout: 60_000 }).toBe(before);
    expect(Date.now() - startedAt).toBeLessThan(60_000);
    await other.press("home.history");
    await other.page
      .getByTestId(/^history\.entry\./u)
      .first()
      .waitFor();
    // The sell's recipient is known here too.
    await other.page.goto(address);
    await other.page.reload();
    await unlock(other, "741096");
    await settledSats(other);
    await other.press("home.sell");
    await other.amount("sell.amount", "200");
    await other.press("sell.amount.continue");
    await other.page.getByText("KILLED").first().waitFor();
    await wallet.at("home.replaced").waitFor({ timeout: 60_000 });
    await other.context.close();
  });
});
