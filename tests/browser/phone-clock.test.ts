import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../scripts/support/chromium.ts";
import { startTestSystem } from "../support/harness.ts";
import type { TestSystem } from "../support/harness.ts";
import { balanceSats, createWallet, openBrowser, openProfile, startBuy } from "./browser-wallet.ts";
import type { BrowserWallet } from "./browser-wallet.ts";

const executable = findChromium();
const pin = "258014";
const minute = 60_000;

/** Sets the clock of the page and of the wallet's worker. The operator's stays right. */
async function setPhoneClock({ page }: BrowserWallet, aheadMs: number): Promise<void> {
  const skew = `(() => {
    const right = Date.now.bind(Date);
    Date.now = () => right() + ${String(aheadMs)};
  })()`;
  page.on("worker", (worker) => void worker.evaluate(skew));
  await page.addInitScript({ content: skew });
}

/** In a real browser against a complete real system. Skipped where there is no Chromium (set CHROMIUM). */
describe.skipIf(executable === null)("a phone with a wrong clock", () => {
  let system: TestSystem;
  let browser: Browser;

  beforeAll(async () => {
    system = await startTestSystem("phone-clock", { withWallet: true });
    browser = await openBrowser(executable ?? "");
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  }, 60_000);

  async function buyWith(aheadMs: number): Promise<BrowserWallet> {
    const phone = await system.addCustomer("WRONG CLOCK WANJIKU");
    const wallet = await openProfile(browser);
    await setPhoneClock(wallet, aheadMs);
    await createWallet(wallet, system.system.urls.wallet, pin);
    await startBuy(wallet, phone, "2000");
    await wallet.at("order.stk_requested").waitFor({ timeout: 30_000 });
    await system.mpesa.payPrompt(phone);
    await wallet.at("order.paid").waitFor({ timeout: 60_000 });
    await wallet.press("receipt.done");
    await expect.poll(() => balanceSats(wallet), { timeout: 20_000 }).toBeGreaterThan(10_000);
    return wallet;
  }

  test("a sale with a phone clock 3 minutes fast is paid out", async () => {
    const wallet = await buyWith(3 * minute);
    const recipient = await system.addCustomer("PAID OUT ATIENO");
    await wallet.press("home.sell");
    await wallet.amount("sell.amount", "300");
    await wallet.press("sell.amount.continue");
    await wallet.at("sell.number.field").fill(`0${recipient.slice(3)}`);
    await wallet.press("sell.number.continue");
    await wallet.press("sell.name.yes");
    await wallet.press("sell.quote.sell");
    await wallet.at("order.claimed").waitFor({ timeout: 60_000 });
    const payouts = await system.mpesa.payouts();
    expect(payouts.filter((payout) => payout.recipient === recipient)).toHaveLength(1);
  });

  test("a purchase with a phone clock 61 minutes slow is delivered", async () => {
    await buyWith(-61 * minute);
  });
});
