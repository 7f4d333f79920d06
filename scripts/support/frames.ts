import { readFileSync } from "node:fs";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { cacheFolder, nodeBinary, root } from "./paths.ts";

/** One screen in one state, as it is to be drawn. */
export type Showing = {
  readonly name: string;
  readonly theme: "light" | "dark";
  readonly language: "en" | "sw";
  readonly textScale?: number;
  readonly reducedMotion?: boolean;
};

export type Size = { readonly width: number; readonly height: number };

export type Frames = {
  readonly names: readonly string[];
  readonly page: Page;
  /** What the console complained of since the last time it was asked. */
  readonly complaints: () => readonly string[];
  readonly show: (showing: Showing) => Promise<void>;
  /** What is wrong with how the frame is drawn. */
  readonly faults: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
};

/** 14:32 in Kenya, on the day that the frames' wallet is at. */
const frozenAt = Date.parse("2024-11-21T11:32:00.000Z");
/** Nothing listens there: what the page asks for comes out of a folder. `localhost` may use cameras and keys. */
const origin = "http://localhost";
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".woff2": "font/woff2",
};

/** Builds the bundle of frames. @returns its folder. */
export function buildFrames(): string {
  const folder = path.join(cacheFolder, "frames");
  const script = path.join(root, "apps", "wallet", "scripts", "build-frames.mts");
  const { status, stderr } = spawnSync(nodeBinary, [script, folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(`The frames could not be built:\n${stderr}`);
  return folder;
}

export async function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--force-color-profile=srgb"] });
}

/** Opens the frames out of a folder, at one size, with the clock standing still. */
export async function openFrames(
  browser: Browser,
  folder: string,
  size: Size,
  deviceScaleFactor = 1,
): Promise<Frames> {
  const context = await browser.newContext({ viewport: size, deviceScaleFactor, locale: "en-KE" });
  await context.route("**/*", async (route) => {
    const { origin: from, pathname } = new URL(route.request().url());
    const name = pathname === "/" ? "/index.html" : pathname;
    if (from !== origin) await route.abort();
    else
      await route.fulfill({
        body: readFileSync(path.join(folder, name)),
        contentType: types[path.extname(name)] ?? "application/octet-stream",
      });
  });
  const page = await context.newPage();
  let complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => {
    complaints.push(error.message);
  });
  await page.clock.setFixedTime(frozenAt);
  await page.goto(`${origin}/`);
  const names = await page.evaluate<readonly string[]>("frameNames");
  return {
    names,
    page,
    complaints: () => {
      const since = complaints;
      complaints = [];
      return since;
    },
    show: async (showing) => {
      await page.evaluate(`showFrame(${JSON.stringify(showing)})`);
    },
    faults: () => page.evaluate<readonly string[]>("frameFaults()"),
    close: async () => {
      await context.close();
    },
  };
}
