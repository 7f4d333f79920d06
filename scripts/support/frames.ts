import { readFileSync } from "node:fs";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { cacheFolder, nodeBinary, root } from "./paths.ts";

/** One screen in one state, and how to render it. */
export type FrameVariant = {
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
  /** Console warnings and errors since the last call. */
  readonly complaints: () => readonly string[];
  readonly show: (variant: FrameVariant) => Promise<void>;
  /** Layout faults of the frame that is shown. */
  readonly faults: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
};

/** 14:32 in Nairobi, on the day of the fixture wallet. */
const frozenAt = Date.parse("2024-11-21T11:32:00.000Z");
/**
 * No server listens here: requests are answered from a folder. `localhost` is a secure context, which cameras and
 * WebAuthn need.
 */
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
  if (status !== 0) throw new Error(`Building the frames failed:\n${stderr}`);
  return folder;
}

export async function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--force-color-profile=srgb"] });
}

/** Opens the frames from a folder, at one viewport size, with a fixed clock. */
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
      const reported = complaints;
      complaints = [];
      return reported;
    },
    show: async (variant) => {
      await page.evaluate(`showFrame(${JSON.stringify(variant)})`);
    },
    faults: () => page.evaluate<readonly string[]>("frameFaults()"),
    close: async () => {
      await context.close();
    },
  };
}
