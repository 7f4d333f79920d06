import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../scripts/support/chromium.ts";
import { buildFrames, launch, openFrames } from "../../scripts/support/frames.ts";
import type { Frames, Showing, Size } from "../../scripts/support/frames.ts";

const executable = findChromium();
const smallest: Size = { width: 320, height: 640 };
const usual: Size = { width: 360, height: 740 };
const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

type Way = Omit<Showing, "name">;

/** Every screen in every state, drawn without a wallet behind it. Left out where there is no Chromium. */
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

  /** Shows every frame in each of the ways, on two pages side by side; what is found comes with the frame's name. */
  async function visit(
    size: Size,
    ways: readonly Way[],
    look: (frames: Frames, way: Way) => Promise<readonly string[]>,
  ): Promise<readonly string[]> {
    const pages = await Promise.all([0, 1].map(() => openFrames(browser, bundle, size)));
    const found = await Promise.all(
      pages.map(async (frames, half) => {
        const faults: string[] = [];
        for (const name of frames.names.filter((_, index) => index % pages.length === half)) {
          for (const way of ways) {
            await frames.show({ name, ...way });
            const where = `${name} ${Object.values(way).join(" ")}`;
            for (const fault of [...(await look(frames, way)), ...frames.complaints()])
              faults.push(`${where}: ${fault}`);
          }
        }
        await frames.close();
        return faults;
      }),
    );
    return found.flat();
  }

  test("can be read and used by everybody: axe finds nothing, in light and dark", async () => {
    const faults = await visit(
      usual,
      [
        { theme: "light", language: "en" },
        { theme: "dark", language: "sw" },
      ],
      async ({ page }, { theme }) => {
        if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(axe);
        // Only colours differ in the dark.
        const rules = theme === "light" ? "" : ", runOnly: ['color-contrast']";
        const { violations } = await page.evaluate<AxeResults>(
          `axe.run(document, { preload: false, resultTypes: ['violations']${rules} })`,
        );
        return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
      },
    );
    expect(faults).toEqual([]);
  });

  test("fits the smallest phone in both languages, also with text twice as large", async () => {
    const faults = await visit(
      smallest,
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
