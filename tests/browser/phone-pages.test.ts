import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { newMnemonic, seedOf } from "@satsconnect/wallet/mnemonic";
import {
  hostWallet,
  pageBegin,
  pageReady,
  serveWorker,
  textEncoding,
} from "@satsconnect/wallet/host";
import type { HostedWallet, Pipe } from "@satsconnect/wallet/host";
import { valueOf } from "@satsconnect/money";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleNativePages } from "../../apps/wallet/scripts/bundle-node.mts";
import { openSqliteStorage } from "../../apps/wallet/src/node/sqlite-storage.ts";
import { isAllowedAddress } from "../../apps/wallet/src/platform/allowed-address.ts";
import { stretchPin } from "../../apps/wallet/src/vault/stretch-pin.ts";
import { findChromium } from "../../scripts/support/chromium.ts";
import { startTestSystem } from "../support/harness.ts";
import type { TestSystem } from "../support/harness.ts";
import { openBrowser } from "./browser-wallet.ts";

const executable = findChromium();

/** Emulates a phone's web view: the page posts texts through a function and receives texts as messages. */
async function openPage(browser: Browser, file: string, onText: (text: string) => void) {
  const page = await browser.newPage();
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.exposeFunction("toApp", onText);
  await page.addInitScript(
    "window.ReactNativeWebView = { postMessage: (text) => window.toApp(text) }",
  );
  await page.goto(pathToFileURL(file).href);
  const post = (text: string): void => {
    page
      .evaluate(`dispatchEvent(new MessageEvent("message", { data: ${JSON.stringify(text)} }))`)
      .catch(() => undefined);
  };
  return { page, post, requests };
}

/** The pages that the phone apps run in hidden web views, here in Chromium, against the same host code. */
describe.skipIf(executable === null)("the pages of phones", () => {
  let browser: Browser;
  let system: TestSystem;
  let hosted: HostedWallet | undefined;
  const folder = mkdtempSync(path.join(tmpdir(), "satsconnect-pages-"));

  beforeAll(async () => {
    await bundleNativePages(folder);
    browser = await openBrowser(executable ?? "");
    system = await startTestSystem("pages");
  }, 240_000);
  afterAll(async () => {
    await hosted?.client.close();
    await browser?.close();
    await system?.stop();
    rmSync(folder, { recursive: true });
  }, 60_000);

  test("a PIN is stretched to the same key as in a browser", async () => {
    const salt = Uint8Array.from({ length: 16 }, (_, index) => index);
    const answer = Promise.withResolvers<string>();
    let isReady = false;
    const { page, post } = await openPage(browser, path.join(folder, "stretch.html"), (text) => {
      if (text === pageReady) isReady = true;
      else answer.resolve(text);
    });
    await expect.poll(() => isReady).toBe(true);
    post(`${pageBegin}stretch`);
    post(JSON.stringify({ pin: "258014", salt: Buffer.from(salt).toString("base64") }));
    const expected = Buffer.from(await stretchPin("258014", salt)).toString("base64");
    expect(await answer.promise).toBe(expected);
    await page.close();
  });

  test("a wallet runs in the page, reaches the network only through the app, and survives the page's crash", async () => {
    const database = new DatabaseSync(path.join(folder, "wallet.db"));
    const storage = await openSqliteStorage({
      exec: async (text) => database.exec(text),
      run: async (text, values) => Number(database.prepare(text).run(...values).changes),
      all: async (text, values) => database.prepare(text).all(...values),
      close: async () => database.close(),
    });
    const pages: Page[] = [];
    const requestedUrls: string[] = [];
    const startWorker = (session: string, onDeath: () => void) => {
      let listener: ((raw: unknown) => void) | undefined;
      let post: ((text: string) => void) | undefined;
      const queued: string[] = [];
      let isReady = false;
      const startSession = (): void => {
        if (post === undefined || !isReady) return;
        post(pageBegin + session);
        for (const text of queued.splice(0)) post(text);
      };
      void openPage(browser, path.join(folder, "node.html"), (text) => {
        if (text === pageReady) {
          isReady = true;
          startSession();
        } else listener?.(text);
      }).then((opened) => {
        pages.push(opened.page);
        opened.page.on("crash", onDeath);
        opened.page.on("request", (request) => requestedUrls.push(request.url()));
        requestedUrls.push(...opened.requests);
        post = opened.post;
        startSession();
        return opened;
      });
      const pipe: Pipe = {
        post: (raw) => {
          if (post === undefined || !isReady) queued.push(String(raw));
          else post(String(raw));
        },
        listen: (onMessage) => {
          listener = onMessage;
        },
        close: () => undefined,
      };
      return {
        pipe,
        encoding: textEncoding(),
        serve: serveWorker({
          store: storage.store(),
          keyValueStore: storage.keyValueStore,
          fetch,
          webSocket: (url) => new WebSocket(url),
          mayReach: isAllowedAddress,
        }),
        kill: () => void pages.at(-1)?.close(),
      };
    };
    hosted = hostWallet({
      startWorker,
      newSession: () => crypto.randomUUID(),
      seed: seedOf(newMnemonic(), ""),
      apiUrl: system.system.urls.api,
      device: { id: crypto.randomUUID(), name: "A phone" },
      isNewSeed: true,
      claim: async () => undefined,
      release: () => undefined,
    });
    const { client } = hosted;
    await expect.poll(() => client.snapshot().phase, { timeout: 30_000 }).toBe("ready");
    await expect
      .poll(() => client.snapshot().connection.node, { timeout: 30_000 })
      .toBe("connected");
    const phone = await system.addCustomer("PHONE AKINYI");
    const quote = valueOf(await client.call("quote", { kind: "buy", amountKesCents: "200000" }));
    const order = valueOf(await client.call("buy", { quote, msisdn: phone }));
    // The operating system kills the web view while the STK prompt is open.
    const first = pages[0];
    await first?.goto("chrome://crash").catch(() => undefined);
    await system.mpesa.payPrompt(phone);
    await expect
      .poll(
        async () => {
          const now = await client.call("order", { orderId: order.id });
          return now.ok ? now.value.state : now.error.code;
        },
        { timeout: 60_000, interval: 500 },
      )
      .toBe("paid");
    expect(pages.length).toBeGreaterThan(1);
    await expect
      .poll(() => Number(client.snapshot().balance?.spendableMsat ?? "0"), { timeout: 20_000 })
      .toBeGreaterThan(10_000_000);
    // The pages requested nothing but their own file.
    expect(
      requestedUrls.filter((url) => !url.startsWith("file:") && url !== "chrome://crash/"),
    ).toEqual([]);
  });
});
