import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { requireChromium } from "./support/chromium.ts";
import { launch } from "./support/frames.ts";
import { root } from "./support/paths.ts";

/** Renders the app's icons for browsers and phones from `apps/wallet/web/icon.svg`. */

const app = path.join(root, "apps", "wallet");
/** The drawing fills its square; everything important lies inside the circle that launcher masks keep. */
const icons = [
  { file: "web/icon-192.png", side: 192 },
  { file: "web/icon-512.png", side: 512 },
  { file: "assets/icon.png", side: 1_024 },
] as const;

const drawing = readFileSync(path.join(app, "web", "icon.svg"), "utf8");
const browser = await launch(requireChromium());
for (const { file, side } of icons) {
  const page = await browser.newPage({ viewport: { width: side, height: side } });
  await page.setContent(`<body style="margin:0;line-height:0">${drawing}</body>`);
  writeFileSync(path.join(app, file), await page.screenshot());
  await page.close();
  process.stdout.write(`apps/wallet/${file}\n`);
}
await browser.close();
