import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, CDPSession } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApp } from "../../scripts/stack/app.ts";
import type { App } from "../../scripts/stack/app.ts";
import { builtWallet } from "../../scripts/stack/system.ts";
import { settingsEn } from "../../apps/wallet/src/i18n/catalogues/settings-screens.en.ts";
import { shellEn } from "../../apps/wallet/src/i18n/catalogues/onboarding-and-lock.en.ts";
import { findChromium } from "../../scripts/support/chromium.ts";
import { freePort } from "../../scripts/support/ports.ts";
import { firstSentence, openBrowser, openProfile, visibleText } from "./browser-wallet.ts";
import type { BrowserWallet } from "./browser-wallet.ts";

const executable = findChromium();
const { seal } = settingsEn;
const pin = "258014";
const wrongPin = "111999";

async function addAuthenticator(devtools: CDPSession): Promise<string> {
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      hasPrf: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return authenticatorId;
}

/** The app alone in a real browser with WebAuthn's virtual authenticator. Locking and unlocking need no operator. */
describe.skipIf(executable === null)("the authenticator as second factor, in a browser", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "satsconnect-seal-"));
  let server: App;
  let browser: Browser;
  let wallet: BrowserWallet;
  let devtools: CDPSession;
  let authenticatorId: string;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    const webRoot = await builtWallet();
    // Nothing listens there: the wallet is offline.
    const unusedUrl = `http://127.0.0.1:${String(await freePort())}`;
    server = await startApp({
      name: "wallet",
      entry: "apps/wallet/server/main.mts",
      environment: () => ({
        HTTP_LISTEN: `127.0.0.1:${String(port)}`,
        WEB_ROOT: webRoot,
        API_URL: unusedUrl,
      }),
      logFile: path.join(folder, "wallet.log"),
    });
    browser = await openBrowser(executable ?? "");
    wallet = await openProfile(browser);
    devtools = await wallet.context.newCDPSession(wallet.page);
    await devtools.send("WebAuthn.enable");
    authenticatorId = await addAuthenticator(devtools);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const hostNameUrl = () => `http://localhost:${String(port)}`;

  /** The vault's parts as stored on the device. */
  async function vault(): Promise<{
    readonly device: { readonly kind: string; readonly key: string };
  }> {
    return JSON.parse(
      await wallet.page.evaluate(() => localStorage.getItem("satsconnect.vault") ?? "null"),
    ) as { readonly device: { readonly kind: string; readonly key: string } };
  }

  async function setUserVerified(isUserVerified: boolean): Promise<void> {
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
  }

  async function createWalletAt(address: string): Promise<void> {
    await wallet.page.goto(address);
    await wallet.press("language.en");
    await wallet.press("start.create");
    await wallet.pin("choose-pin", pin);
    await wallet.pin("choose-pin", pin);
  }

  test("is not offered on an IP address, and the page explains the strength of the PIN alone", async () => {
    await createWalletAt(`http://127.0.0.1:${String(port)}`);
    await wallet.at("home").waitFor();
    await wallet.press("home.menu");
    await wallet.press("settings.seal");
    await expect
      .poll(() => visibleText(wallet.at("seal")), { timeout: 10_000 })
      .toContain(firstSentence(seal.notHere));
    expect(await wallet.page.getByTestId("seal.change").count()).toBe(0);
  });

  test("is offered after the first PIN, with a warning about losing the device", async () => {
    await createWalletAt(hostNameUrl());
    await wallet.at("seal-offer").waitFor();
    expect(await visibleText(wallet.at("seal-offer"))).toContain(firstSentence(seal.lost));
    const before = await vault();
    await wallet.press("seal-offer.yes");
    await wallet.at("home").waitFor();
    const after = await vault();
    expect([before.device.kind, after.device.kind]).toEqual(["open", "sealed"]);
    expect(JSON.stringify(after)).not.toContain(before.device.key);
    const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
    expect(credentials).toHaveLength(1);
  });

  test("unlocks with PIN and authenticator together", async () => {
    await wallet.page.reload();
    await wallet.pin("lock", wrongPin);
    await expect
      .poll(() => visibleText(wallet.at("lock.status")), { timeout: 10_000 })
      .toContain("2 tries left");
    await wallet.pin("lock", pin);
    await wallet.at("home").waitFor();
  });

  test("stays locked where only the storage was copied: no other authenticator unlocks the vault", async () => {
    const copied = await wallet.page.evaluate(() =>
      JSON.stringify(Object.fromEntries(Object.entries(localStorage))),
    );
    const thief = await openProfile(browser);
    const tools = await thief.context.newCDPSession(thief.page);
    await tools.send("WebAuthn.enable");
    await addAuthenticator(tools);
    await thief.page.goto(hostNameUrl());
    await thief.page.evaluate((text) => {
      for (const [key, value] of Object.entries(JSON.parse(text) as Record<string, string>))
        localStorage.setItem(key, value);
    }, copied);
    await thief.page.reload();
    await thief.pin("lock", pin);
    await expect
      .poll(() => visibleText(thief.at("lock.status")), { timeout: 70_000 })
      .toMatch(
        new RegExp(`${firstSentence(shellEn.sealRefused)}|${firstSentence(shellEn.sealLost)}`, "u"),
      );
    expect(await thief.at("home").isVisible()).toBe(false);
    await thief.context.close();
  });

  test("can be removed again with both factors", async () => {
    await wallet.press("home.menu");
    await wallet.press("settings.seal");
    await expect
      .poll(() => visibleText(wallet.at("seal")), { timeout: 10_000 })
      .toContain(firstSentence(seal.on));
    await wallet.press("seal.change");
    await wallet.pin("seal-pin", pin);
    await wallet.at("seal.off").waitFor();
    expect((await vault()).device.kind).toBe("open");
    await setUserVerified(false);
    await wallet.page.reload();
    await wallet.pin("lock", pin);
    await wallet.at("home").waitFor();
  });

  test("changes nothing when the person cancels", async () => {
    await setUserVerified(false);
    await wallet.press("home.menu");
    await wallet.press("settings.seal");
    await wallet.press("seal.change");
    await wallet.pin("seal-pin", pin);
    await expect
      .poll(() => visibleText(wallet.at("seal")), { timeout: 10_000 })
      .toContain(firstSentence(seal.refused));
    expect((await vault()).device.kind).toBe("open");
  });

  test("stays locked with the right PIN but no authenticator, without counting a failed attempt", async () => {
    // An authenticator that refuses too often locks itself, as a phone's sensor does.
    await devtools.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
    authenticatorId = await addAuthenticator(devtools);
    await wallet.press("seal.change");
    await wallet.pin("seal-pin", pin);
    await wallet.press("seal.done");
    await setUserVerified(false);
    const tries = () => wallet.page.evaluate(() => localStorage.getItem("satsconnect.attempts"));
    const before = await tries();
    await wallet.page.reload();
    await wallet.pin("lock", pin);
    await expect
      .poll(() => visibleText(wallet.at("lock.status")), { timeout: 10_000 })
      .toContain(firstSentence(shellEn.sealRefused));
    expect(await wallet.at("home").isVisible()).toBe(false);
    expect(await tries()).toBe(before);
  });
});
