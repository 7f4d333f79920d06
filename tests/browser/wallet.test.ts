import { seedOf } from "@satsconnect/wallet/mnemonic";
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
  leaksOf,
  openBrowser,
  openProfile,
  readWords,
  storedInClear,
} from "./browser-wallet.ts";
import type { BrowserWallet } from "./browser-wallet.ts";

const executable = findChromium();
const pin = "258014";

/** In a real browser against a complete real system. Skipped where there is no Chromium (set CHROMIUM). */
describe.skipIf(executable === null)("the wallet in a browser", () => {
  let system: TestSystem;
  let browser: Browser;
  let wallet: BrowserWallet;
  let phone: string;
  let address: string;
  let preimage: string | undefined;

  beforeAll(async () => {
    system = await startTestSystem("browser", { withWallet: true });
    address = system.system.urls.wallet;
    phone = await system.addCustomer("BROWSER WAMBUI NJERI");
    browser = await openBrowser(executable ?? "");
    wallet = await openProfile(browser);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  }, 60_000);

  test("a new wallet is usable at once, and a wrong PIN does not unlock it", async () => {
    await createWallet(wallet, address, pin);
    await wallet.page.reload();
    await wallet.pin("lock", "111999");
    await expect.poll(() => wallet.at("lock.status").textContent()).toContain("2 tries left");
    await wallet.pin("lock", pin);
    await wallet.at("home").waitFor();
  });

  test("a declined STK prompt ends the buy without a charge, and the page says so", async () => {
    await startBuy(wallet, phone, "500");
    await wallet.at("order.stk_requested").waitFor();
    await system.mpesa.cancelPrompt(phone);
    await wallet.at("order.cancelled").waitFor();
    await wallet.press("order.done");
    await wallet.at("home").waitFor();
    expect(await balanceSats(wallet)).toBe(0);
  });

  test("a buy survives a reload and a lock, and the sats arrive", async () => {
    await wallet.press("home.buy");
    await wallet.amount("buy.amount", "2000");
    await wallet.press("buy.amount.continue");
    await wallet.press("buy.quote.pay");
    await wallet.at("order.stk_requested").waitFor();
    await wallet.page.reload();
    await wallet.pin("lock", pin);
    await wallet.at("order.stk_requested").waitFor();
    await system.mpesa.payPrompt(phone);
    await wallet.at("order.paid").waitFor({ timeout: 60_000 });
    await wallet.press("receipt.done");
    await expect.poll(() => balanceSats(wallet), { timeout: 20_000 }).toBeGreaterThan(10_000);
    await wallet.at("home.write-words").waitFor();
  });

  test("a shop's invoice is decoded, confirmed and paid, and cannot be paid twice", async () => {
    const { invoice } = await openMerchant(system.system.urls.merchant).invoice(
      700n,
      "Mangoes, three",
    );
    const before = await balanceSats(wallet);
    await wallet.press("home.send");
    await wallet.at("send.field").fill(invoice);
    await wallet.press("send.read");
    await wallet.at("send.sum").waitFor();
    const box = await wallet.at("send.hold").boundingBox();
    if (box === null) throw new Error("There is nothing to hold");
    // The network graph may take a moment to arrive.
    await expect
      .poll(
        async () => {
          if (await wallet.at("receipt.sum").isVisible()) return true;
          if (await wallet.at("payment.again").isVisible()) await wallet.press("payment.again");
          if (await wallet.at("send.hold").isVisible()) {
            await wallet.page.mouse.move(box.x + 100, box.y + 20);
            await wallet.page.mouse.down();
            await wallet.page.waitForTimeout(1_300);
            await wallet.page.mouse.up();
          }
          return wallet.at("receipt.sum").isVisible();
        },
        { timeout: 60_000, interval: 1_000 },
      )
      .toBe(true);
    await wallet.press("receipt.close");
    await expect
      .poll(() => balanceSats(wallet), { timeout: 20_000 })
      .toBeLessThanOrEqual(before - 700);
    await wallet.press("home.send");
    await wallet.at("send.field").fill(invoice);
    await wallet.press("send.read");
    await wallet.at("send.earlier").waitFor();
    await wallet.page.goto(address);
    await wallet.pin("lock", pin);
    await wallet.at("home").waitFor();
  });

  test("a sell shows its recipient and is paid out to M-Pesa", async () => {
    const recipient = await system.addCustomer("PAID OUT ATIENO");
    await wallet.press("home.sell");
    await wallet.amount("sell.amount", "300");
    await wallet.press("sell.amount.continue");
    await wallet.at("sell.number.field").fill(`0${recipient.slice(3)}`);
    await wallet.press("sell.number.continue");
    await wallet.at("sell.name.yes").waitFor();
    await wallet.press("sell.name.yes");
    await wallet.press("sell.quote.sell");
    await wallet.at("order.claimed").waitFor({ timeout: 60_000 });
    const payouts = (await system.mpesa.payouts()).filter(
      (payout) => payout.recipient === recipient,
    );
    expect(payouts).toHaveLength(1);
    await wallet.press("receipt.done");
  });

  test("an expired quote is replaced by a new one that needs consent", async () => {
    await wallet.page.clock.install();
    await wallet.press("home.buy");
    await wallet.amount("buy.amount", "500");
    await wallet.press("buy.amount.continue");
    await wallet.at("buy.quote.pay").waitFor();
    // Longer than the lifetime of a quote. Touching the page in between keeps the wallet from locking.
    for (let step = 1; step <= 10; step += 1) {
      await wallet.page.clock.fastForward(40_000);
      await wallet.page.mouse.move(100 + step, 100);
    }
    await wallet.at("buy.quote.again").waitFor();
    expect(await wallet.at("buy.quote.pay").count()).toBe(0);
    await wallet.page.clock.setSystemTime(Date.now());
    await wallet.press("buy.quote.again");
    await wallet.at("buy.quote.pay").waitFor();
    await wallet.page.goto(address);
    await wallet.pin("lock", pin);
    await wallet.at("home").waitFor();
  });

  test("a payout refused by M-Pesa returns the sats, and the page says so", async () => {
    const recipient = await system.addCustomer("REFUSED OTIENO");
    await system.mpesa.fault({
      api: "b2c",
      kind: "result_code",
      parameters: { code: "2040" },
      msisdn: recipient,
    });
    const before = await balanceSats(wallet);
    await wallet.press("home.sell");
    await wallet.amount("sell.amount", "200");
    await wallet.press("sell.amount.continue");
    await wallet.at("sell.number.field").fill(`0${recipient.slice(3)}`);
    await wallet.press("sell.number.continue");
    await wallet.press("sell.name.yes");
    await wallet.press("sell.quote.sell");
    await wallet.at("order.cancelled").waitFor({ timeout: 60_000 });
    await wallet.press("order.done");
    await expect.poll(() => balanceSats(wallet), { timeout: 30_000 }).toBe(before);
  });

  test("the shop pays the wallet's invoice while the page is open", async () => {
    const before = await balanceSats(wallet);
    await wallet.press("home.receive");
    await wallet.amount("receive.amount", "50");
    await wallet.press("receive.amount.continue");
    await wallet.at("receive.qr").waitFor();
    const invoice = (await wallet.at("receive.invoice").textContent()) ?? "";
    await payFromShop(invoice);
    await wallet.at("receipt.sum").waitFor({ timeout: 60_000 });
    await wallet.press("receipt.close");
    await expect.poll(() => balanceSats(wallet), { timeout: 20_000 }).toBeGreaterThan(before);
  });

  test("the history is complete, and a receipt shows its preimage", async () => {
    await wallet.press("home.history");
    await expect.poll(() => wallet.page.getByTestId(/^history\.entry\./u).count()).toBe(6);
    await wallet.press("history.search");
    await wallet.at("history.search.field").fill("Mangoes");
    await expect.poll(() => wallet.page.getByTestId(/^history\.entry\./u).count()).toBe(1);
    await wallet.page.getByTestId(/^history\.entry\./u).click();
    // The exchange rate at the time of the payment is kept across reloads.
    await wallet.page
      .getByText(/=\sKES\s[\d,]{9,}/u)
      .first()
      .waitFor();
    await wallet.press("receipt.preimage.show");
    const shown = async (): Promise<string | undefined> => {
      const text = (await wallet.at("receipt.preimage").textContent()) ?? "";
      return /[0-9a-f]{64}/u.exec(text.replaceAll(/\s/gu, ""))?.[0];
    };
    await expect.poll(shown).toBeDefined();
    preimage = await shown();
    await wallet.press("receipt.close");
  });

  test("no secret left the page or is stored unencrypted", async () => {
    await wallet.page.goto(address);
    await wallet.page.reload();
    await wallet.pin("lock", pin);
    await wallet.at("home").waitFor();
    const words = await readWords(wallet, pin);
    const seed = seedOf(words.join(" "), "");
    const secrets = {
      seed: Buffer.from(seed).toString("hex"),
      "half of the seed": Buffer.from(seed.subarray(0, 32)).toString("hex"),
      "the first words": words.slice(0, 3).join(" "),
      "the middle words": words.slice(5, 8).join(" "),
      "the last words": words.slice(9).join(" "),
      preimage: preimage ?? "there was none",
    };
    const stored = await storedInClear(wallet.page);
    expect(stored.length).toBeGreaterThan(4);
    expect(leaksOf([...wallet.watched.sent, ...stored], secrets)).toEqual([]);
    const digits = new RegExp(`(?<![0-9A-Za-z])${pin}(?![0-9A-Za-z])`, "u");
    const texts = [...wallet.watched.sent, ...stored].map((part) => part.toString("latin1"));
    expect(texts.filter((text) => digits.test(text))).toEqual([]);
    // Checks the search itself: it finds a value that was certainly sent.
    expect(leaksOf(wallet.watched.sent, { "a number": `254${phone.slice(3)}` })).toHaveLength(1);
  });

  async function payFromShop(invoice: string): Promise<void> {
    const response = await fetch(`${system.system.urls.merchant}/api/payments`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ invoice, maxFeeMsat: "50000" }),
    });
    expect(response.status).toBe(202);
  }

  test("requests went to the operator and the watchtower only, and the console is empty", () => {
    const { urls } = system.system;
    const known = [urls.wallet, urls.api, urls.engine, urls.engineWebSocket, urls.watchtower].map(
      (url) => new URL(url).host,
    );
    const strangers = wallet.watched.addresses.filter(
      (payout) => !/^(?:blob|data):/u.test(payout) && !known.includes(new URL(payout).host),
    );
    expect(strangers).toEqual([]);
    expect(wallet.watched.complaints).toEqual([]);
  });
});
