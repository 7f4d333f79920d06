import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../scripts/support/chromium.ts";
import { buildFrames, launch, openFrames } from "../../scripts/support/frames.ts";
import type { Frames, FrameVariant, Size } from "../../scripts/support/frames.ts";

const executable = findChromium();
const minSize: Size = { width: 320, height: 640 };
const defaultSize: Size = { width: 360, height: 740 };
const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

type Variant = Omit<FrameVariant, "name">;

/** Every screen in every state, rendered from fixtures. Skipped where there is no Chromium. */
describe.skipIf(executable === null)("every screen", () => {
  let browser: Browser;
  let bundle: string;

  beforeAll(async () => {
    bundle = buildFrames();
    browser = await launch(executable ?? "");
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
  });

  /** Shows every frame in each variant, on two pages in parallel. Findings carry the frame's name. */
  async function visit(
    size: Size,
    variants: readonly Variant[],
    inspect: (frames: Frames, variant: Variant) => Promise<readonly string[]>,
  ): Promise<readonly string[]> {
    const pages = await Promise.all([0, 1].map(() => openFrames(browser, bundle, size)));
    const found = await Promise.all(
      pages.map(async (frames, pageIndex) => {
        const faults: string[] = [];
        for (const name of frames.names.filter((_, index) => index % pages.length === pageIndex)) {
          for (const variant of variants) {
            await frames.show({ name, ...variant });
            const label = `${name} ${Object.values(variant).join(" ")}`;
            for (const fault of [...(await inspect(frames, variant)), ...frames.complaints()])
              faults.push(`${label}: ${fault}`);
          }
        }
        await frames.close();
        return faults;
      }),
    );
    return found.flat();
  }

  test("passes axe in the light and dark themes", async () => {
    const faults = await visit(
      defaultSize,
      [
        { theme: "light", language: "en" },
        { theme: "dark", language: "sw" },
      ],
      async ({ page }, { theme }) => {
        if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(axe);
        // The dark theme changes only colours.
        const rules = theme === "light" ? "" : ", runOnly: ['color-contrast']";
        const { violations } = await page.evaluate<AxeResults>(
          `axe.run(document, { preload: false, resultTypes: ['violations']${rules} })`,
        );
        return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
      },
    );
    expect(faults).toEqual([]);
  });

  test("fits the smallest phone in both languages, also at 200 % text size", async () => {
    const faults = await visit(
      minSize,
      [
        { theme: "light", language: "en" },
        { theme: "light", language: "sw" },
        { theme: "light", language: "en", textScale: 2 },
        { theme: "light", language: "sw", textScale: 2 },
      ],
      (frames) => frames.faults(),
    );
    expect(faults).toEqual([]);
  });
});
