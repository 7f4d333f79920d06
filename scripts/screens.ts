import { mkdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { requireChromium } from "./support/chromium.ts";
import { buildFrames, launch, openFrames } from "./support/frames.ts";
import type { FrameVariant, Size } from "./support/frames.ts";

const sizes: readonly Size[] = [
  { width: 320, height: 640 },
  { width: 360, height: 640 },
  { width: 360, height: 740 },
  { width: 412, height: 915 },
];

const usage = `Writes a picture of every screen in every state: each size × light and dark × English and Swahili.

  npm run screens -- --out DIR
  npm run screens -- --out DIR --only home,buy-quote --size 360x740 --theme dark --language sw --text 200
`;

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    only: { type: "string" },
    size: { type: "string" },
    theme: { type: "string" },
    language: { type: "string" },
    text: { type: "string", default: "100" },
    help: { type: "boolean" },
  },
});

if (values.out === undefined || values.help === true) {
  process.stdout.write(usage);
  process.exitCode = values.help === true ? 0 : 2;
} else {
  const from = process.env["SATSCONNECT_INVOKED_FROM"] ?? process.cwd();
  await takeAll(requireChromium(), path.resolve(from, values.out));
}

async function takeAll(chromium: string, folder: string): Promise<void> {
  const only = values.only?.split(",");
  const textScale = Number(values.text) / 100;
  const bundle = buildFrames();
  const browser = await launch(chromium);
  let count = 0;
  try {
    for (const size of sizes) {
      const dimensions = `${String(size.width)}x${String(size.height)}`;
      if (values.size !== undefined && values.size !== dimensions) continue;
      const frames = await openFrames(browser, bundle, size);
      mkdirSync(path.join(folder, dimensions), { recursive: true });
      for (const name of frames.names) {
        if (only !== undefined && !only.includes(name)) continue;
        for (const variant of variants(name, textScale)) {
          await frames.show(variant);
          const file = `${name}-${variant.theme}-${variant.language}.png`;
          await frames.page.screenshot({ path: path.join(folder, dimensions, file) });
          count += 1;
        }
      }
      const complaints = frames.complaints();
      if (complaints.length > 0)
        throw new Error(`The console complained:\n${complaints.join("\n")}`);
      await frames.close();
    }
  } finally {
    await browser.close();
  }
  process.stdout.write(`${String(count)} pictures in ${folder}\n`);
}

function variants(name: string, textScale: number): readonly FrameVariant[] {
  return (["light", "dark"] as const)
    .filter((theme) => values.theme === undefined || values.theme === theme)
    .flatMap((theme) =>
      (["en", "sw"] as const)
        .filter((language) => values.language === undefined || values.language === language)
        .map((language) => ({ name, theme, language, textScale })),
    );
}
