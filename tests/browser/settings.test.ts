import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApp } from "../../scripts/stack/app.ts";
import { builtWallet } from "../../scripts/stack/system.ts";
import { settingsEn } from "../../apps/wallet/src/i18n/catalogues/settings-screens.en.ts";
import { findChromium } from "../../scripts/support/chromium.ts";
import { freePort } from "../../scripts/support/ports.ts";
import { startTestSystem } from "../support/harness.ts";
import type { TestSystem } from "../support/harness.ts";
import {
  startBuy,
  firstSentence,
  hold,
  createWallet,
  leaksOf,
  openBrowser,
  openProfile,
  storedInClear,
  visibleText,
} from "./browser-wallet.ts";
import type { BrowserWallet } from "./browser-wallet.ts";

const executable = findChromium();
const { advanced, devices, leave, server, wipe } = settingsEn;
const pin = "258014";
const decoyPin = "630741";

/** The settings screens, in a real browser against a complete real system. */
describe.skipIf(executable === null)("the settings of a wallet in a browser", () => {
  let system: TestSystem;
  let browser: Browser;
  let wallet: BrowserWallet;
  let phone: string;
  let address: string;
  let webRoot: string;

  beforeAll(async () => {
    system = await startTestSystem("settings", { withWallet: true });
    webRoot = await builtWallet();
    address = system.system.urls.wallet;
    phone = await system.addCustomer("SETTINGS ACHIENG");
    browser = await openBrowser(executable ?? "");
    wallet = await openProfile(browser);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  }, 60_000);

  async function buy(target: BrowserWallet): Promise<void> {
    await startBuy(target, phone, "2000");
    await system.mpesa.payPrompt(phone);
    await target.at("order.paid").waitFor({ timeout: 60_000 });
  }

  /** Reloads the app at one of its pages. */
  async function open(page: string, pinDigits: string): Promise<void> {
    await wallet.page.goto("about:blank");
    await wallet.page.goto(`${address}/#/${page}`);
    await wallet.pin("lock", pinDigits);
  }

  async function settings(row: string): Promise<void> {
    await open("settings", pin);
    await wallet.press(`settings.${row}`);
  }

  test("a passphrase and another server can be chosen before a wallet exists", async () => {
    await wallet.page.goto(address);
    await wallet.press("language.en");
    await wallet.press("start.advanced");
    await wallet.press("advanced.server");
    for (const [typed, expected] of [
      ["http://pesa.example", firstSentence(server.insecure)],
      ["pesa.example/x", firstSentence(server.malformed)],
      [system.system.urls.api, firstSentence(server.same)],
      [system.system.urls.simulator, firstSentence(server.blocked)],
      [system.system.urls.engine, firstSentence(server.notOurs)],
    ] as const) {
      await wallet.at("server.field").fill(typed);
      await wallet.press("server.check");
      await expect
        .poll(() => visibleText(wallet.at("server")), { timeout: 15_000 })
        .toContain(expected);
    }
    await wallet.press("server.back");
    await wallet.at("advanced.passphrase").fill(" spaced ");
    await expect
      .poll(() => visibleText(wallet.at("advanced")))
      .toContain(firstSentence(advanced.passphraseSpaces));
    await wallet.press("advanced.back");
    await wallet.press("start.language");
    await wallet.page.evaluate(() => {
      localStorage.clear();
    });
    await createWallet(wallet, address, pin);
  });

  test("lists the devices, marks this one, and says when it is offline", async () => {
    await wallet.press("home.menu");
    await wallet.press("settings.devices");
    await wallet.at("devices.here").waitFor();
    expect(await visibleText(wallet.at("devices.here"))).toMatch(/Chrome, Linux.*This device/su);
    await wallet.context.setOffline(true);
    await wallet.press("devices.back");
    await wallet.press("settings.devices");
    await expect
      .poll(() => visibleText(wallet.at("devices")), { timeout: 30_000 })
      .toContain(firstSentence(devices.offline));
    await wallet.at("devices.again").waitFor({ timeout: 60_000 });
    await wallet.context.setOffline(false);
    await wallet.press("devices.again");
    await wallet.at("devices.here").waitFor();
  });

  test("the settings pages load offline", async () => {
    await wallet.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)");
    await wallet.page.reload();
    await wallet.pin("lock", pin);
    await wallet.at("home").or(wallet.at("devices")).first().waitFor();
    await wallet.context.setOffline(true);
    await open("help", pin);
    await expect.poll(() => wallet.at("help.1").isVisible(), { timeout: 10_000 }).toBe(true);
    await wallet.context.setOffline(false);
  });

  test("a higher limit and a longer wait ask for the PIN; lower ones do not", async () => {
    await settings("pin-limit");
    await wallet.press("pin-limit.0");
    await wallet.press("pin-limit.1000000");
    await wallet.pin("authorize", pin);
    await wallet.press("pin-limit.back");
    expect(await visibleText(wallet.at("settings.pin-limit"))).toMatch(/KES\s10,000/u);
    await wallet.press("settings.auto-lock");
    await wallet.press("auto-lock.0");
    await wallet.press("auto-lock.300000");
    await wallet.press("authorize.back");
    await wallet.press("auto-lock.back");
    expect(await visibleText(wallet.at("settings.auto-lock"))).toContain("Immediately");
  });

  test("the wipe explains its effect and asks for the PIN", async () => {
    await settings("wipe");
    expect(await visibleText(wallet.at("wipe"))).toContain(firstSentence(wipe.wordsFirst));
    await wallet.press("wipe.change");
    await wallet.pin("authorize", pin);
    await wallet.press("wipe.back");
    expect(await visibleText(wallet.at("settings.wipe"))).toContain("On");
  });

  test("a wallet's preferences are stored encrypted and do not appear in the decoy", async () => {
    await open("", pin);
    await buy(wallet);
    await settings("decoy");
    await wallet.pin("decoy-pin", pin);
    await wallet.pin("decoy", decoyPin);
    await wallet.pin("decoy", decoyPin);
    await wallet.press("decoy.done");
    expect(leaksOf(await storedInClear(wallet.page), { phone, national: phone.slice(3) })).toEqual(
      [],
    );
    await open("", decoyPin);
    await wallet.press("home.buy");
    expect(await wallet.at("buy.number.field").inputValue()).toBe("");
    await open("devices", decoyPin);
    await wallet.at("devices.here").waitFor();
    expect(await wallet.page.getByTestId(/^devices\.[0-9a-f]{8}-/u).count()).toBe(0);
    // The real wallet's PIN opens nothing in the decoy.
    await open("words", decoyPin);
    await wallet.pin("words-pin", pin);
    await expect
      .poll(() => visibleText(wallet.at("words-pin.status")), { timeout: 10_000 })
      .toContain("Wrong PIN");
  });

  test("refuses to change the operator while it holds money of the wallet", async () => {
    await settings("server");
    await wallet.at("server.leave").waitFor({ timeout: 30_000 });
    expect(await wallet.page.getByTestId("server.field").count()).toBe(0);
  });

  test("leaving sends everything to an address: checked, confirmed by hold and PIN, followed to the end", async () => {
    const to = await system.system.bitcoind.call<string>("getnewaddress");
    await wallet.press("server.leave");
    await wallet.press("leave.continue");
    for (const [typed, expected] of [
      ["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", firstSentence(leave.wrongNetwork)],
      [`${to.slice(0, -1)}${to.endsWith("q") ? "p" : "q"}`, firstSentence(leave.unreadable)],
    ] as const) {
      await wallet.at("leave.field").fill(typed);
      await wallet.press("leave.use");
      await expect
        .poll(() => visibleText(wallet.at("leave.address")), { timeout: 10_000 })
        .toContain(expected);
    }
    await wallet.at("leave.field").fill(to);
    await wallet.press("leave.use");
    await wallet.at("leave.confirm").waitFor();
    expect(await visibleText(wallet.at("leave.confirm"))).toContain(to);
    await hold(wallet, "leave.hold");
    await wallet.pin("authorize", pin);
    await wallet.at("leave.progress").waitFor({ timeout: 30_000 });
    // The page can be left and reopened.
    await settings("leave");
    await wallet.at("leave.progress").waitFor({ timeout: 30_000 });
    await expect
      .poll(
        async () => {
          await system.system.bitcoind.mine(2);
          return wallet.page.getByTestId("leave.done").count();
        },
        { timeout: 120_000, interval: 2_000 },
      )
      .toBe(1);
    expect(await visibleText(wallet.at("leave.done"))).toMatch(/Transaction 1[0-9a-f]{64}/u);
    await system.system.bitcoind.mine(1);
    const received = await system.system.bitcoind.call<number>("getreceivedbyaddress", [to]);
    expect(received).toBeGreaterThan(0.00005);
    await settings("server");
    await wallet.at("server.field").waitFor({ timeout: 30_000 });
  });

  test("a replaced device can be signed out from its successor", async () => {
    await open("words", pin);
    await wallet.pin("words-pin", pin);
    await wallet.at("words.12").waitFor();
    const words: string[] = [];
    for (let index = 1; index <= 12; index += 1)
      words.push(await visibleText(wallet.at(`words.${String(index)}`)));
    const other = await openProfile(browser);
    await other.page.goto(address);
    await other.press("language.en");
    await other.press("start.restore");
    await other.at("restore.words").fill(words.join(" "));
    await other.press("restore.continue");
    await other.pin("choose-pin", pin);
    await other.pin("choose-pin", pin);
    await other.at("home").waitFor();
    await other.press("home.menu");
    await other.press("settings.devices");
    const old = other.page.getByTestId(/^devices\.[0-9a-f]{8}-/u);
    await old.first().waitFor({ timeout: 60_000 });
    expect(await old.count()).toBe(1);
    await old.first().click();
    await hold(other, "devices.revoke.hold");
    await other.at("devices.said").waitFor({ timeout: 30_000 });
    await other.at("devices.here").waitFor();
    expect(await old.count()).toBe(0);
    await wallet.context.close();
    wallet = other;
  });

  test("force-closes only after a second confirmation, when the operator does not answer", async () => {
    await open("", pin);
    await buy(wallet);
    await system.system.apps.engine.stop();
    try {
      await settings("leave");
      await wallet.press("leave.continue");
      await wallet
        .at("leave.field")
        .fill(await system.system.bitcoind.call<string>("getnewaddress"));
      await wallet.press("leave.use");
      expect(await wallet.page.getByTestId("leave.force").count()).toBe(0);
      await hold(wallet, "leave.hold");
      await wallet.pin("authorize", pin);
      await wallet.press("leave.force");
      await hold(wallet, "leave.force.hold");
      await wallet.pin("authorize", pin);
      await wallet.at("leave.progress").waitFor({ timeout: 60_000 });
      await expect
        .poll(() => visibleText(wallet.at("leave.progress")), { timeout: 60_000 })
        .toContain(firstSentence(leave.claiming));
    } finally {
      await system.system.apps.engine.start();
    }
  });

  test("an empty wallet changes its operator, which gets separate storage on the device", async () => {
    // The same operator under a second host name: the wallet treats it as another operator, with separate storage.
    const { api } = system.system.urls;
    const otherName = api.replace("127.0.0.1", "localhost");
    const port = await freePort();
    const page = `http://127.0.0.1:${String(port)}`;
    const pageServer = await startApp({
      name: "wallet",
      entry: "apps/wallet/server/main.mts",
      environment: () => ({
        HTTP_LISTEN: `127.0.0.1:${String(port)}`,
        WEB_ROOT: webRoot,
        API_URL: api,
        CONNECT_ORIGINS: [
          otherName,
          system.system.urls.engine,
          system.system.urls.engineWebSocket,
        ].join(","),
      }),
      logFile: path.join(system.system.logFolder, "wallet-2.log"),
    });
    const answerAs = async (publicUrl: string): Promise<void> => {
      Object.assign(system.system.environment.api, { CORS_ORIGINS: page, PUBLIC_URL: publicUrl });
      await system.system.apps.api.stop();
      await system.system.apps.api.start();
    };
    const mover = await openProfile(browser);
    try {
      await answerAs(api);
      await createWallet(mover, page, pin);
      await mover.press("home.menu");
      await mover.press("settings.devices");
      await mover.at("devices.here").waitFor({ timeout: 30_000 });
      await mover.press("devices.back");
      await mover.press("settings.server");
      await mover.at("server.field").fill(otherName);
      await mover.press("server.check");
      await mover.at("server.found").waitFor();
      expect(await visibleText(mover.at("server.found"))).toContain(system.system.engineNodeId);
      await answerAs(otherName);
      await hold(mover, "server.hold");
      await mover.pin("authorize", pin);
      await mover.page.goto("about:blank");
      await mover.page.goto(`${page}/#/settings`);
      await mover.pin("lock", pin);
      expect(await visibleText(mover.at("settings.server"))).toContain(otherName);
      await mover.press("settings.devices");
      await mover.at("devices.here").waitFor({ timeout: 30_000 });
      expect(await mover.page.evaluate("indexedDB.databases().then((all) => all.length)")).toBe(2);
    } finally {
      await mover.context.close();
      await pageServer.stop();
    }
  });
});
