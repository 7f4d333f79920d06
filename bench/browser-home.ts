import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { findChromium } from "../scripts/support/chromium.ts";
import { cacheFolder } from "../scripts/support/paths.ts";
import { createWallet, openBrowser, openProfile } from "../tests/browser/browser-wallet.ts";
import type { Measure } from "./measures.ts";
import { percentile } from "./statistics.ts";
import type { World } from "./world.ts";

const pin = "258014";
const visits = 9;
const webFolder = path.join(cacheFolder, "wallet-web");
const isOfNode = (name: string): boolean => name.startsWith("worker-");

/**
 * Measures a returning visit in a browser: time from navigation to a usable lock screen, from the last PIN digit to a
 * usable home page and to a current balance. Also the compressed size of the scripts.
 */
export async function browserHomes(world: World): Promise<readonly Measure[]> {
  const executable = findChromium();
  if (executable === null)
    throw new Error("Chromium was not found. Install it or set CHROMIUM to its path.");
  const browser = await openBrowser(executable);
  try {
    const wallet = await openProfile(browser);
    const address = world.system.urls.wallet;
    await createWallet(wallet, address, pin);
    await wallet.page.evaluate("navigator.serviceWorker.ready.then(() => true)");
    const lockMs: number[] = [];
    const homeMs: number[] = [];
    const currentMs: number[] = [];
    for (let index = 0; index < visits; index += 1) {
      await wallet.page.goto("about:blank");
      let startedAt = performance.now();
      await wallet.page.goto(address, { waitUntil: "commit" });
      await wallet.at("lock.key.1").waitFor();
      lockMs.push(performance.now() - startedAt);
      await wallet.pin("lock", pin.slice(0, -1));
      startedAt = performance.now();
      await wallet.pin("lock", pin.slice(-1));
      await wallet.at("home.send").waitFor();
      homeMs.push(performance.now() - startedAt);
      const notices = wallet.page.getByTestId(/^home\.(?:starting|connecting|offline)$/u);
      while ((await notices.count()) > 0) await wallet.page.waitForTimeout(20);
      currentMs.push(performance.now() - startedAt);
    }
    return [
      { name: "web_lock_warm_ms", value: percentile(lockMs, 0.5), unit: "ms" },
      { name: "web_home_warm_ms", value: percentile(homeMs, 0.5), unit: "ms" },
      { name: "web_live_warm_ms", value: percentile(currentMs, 0.5), unit: "ms" },
      { name: "web_app_js_kb", value: scriptBytes(isNamedByPage()) / 1_000, unit: "kB" },
      { name: "web_node_js_kb", value: scriptBytes(isOfNode) / 1_000, unit: "kB" },
    ];
  } finally {
    await browser.close();
  }
}

/** Matches the chunks that the page loads at start; the others are fetched when their screen is opened. */
function isNamedByPage(): (name: string) => boolean {
  const page = readFileSync(path.join(webFolder, "index.html"), "utf8");
  return (name) => page.includes(`/${name.replace(/\.gz$/u, "")}"`);
}

/** Compressed size of the scripts that `isIncluded` selects by file name. */
function scriptBytes(isIncluded: (name: string) => boolean): number {
  return readdirSync(webFolder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js.gz") && isIncluded(path.basename(name)))
    .reduce((sum, name) => sum + statSync(path.join(webFolder, name)).size, 0);
}
