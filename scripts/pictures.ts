import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { requireChromium } from "./support/chromium.ts";
import { buildFrames, launch, openFrames } from "./support/frames.ts";
import type { FrameVariant } from "./support/frames.ts";
import { root } from "./support/paths.ts";

/**
 * Takes the screenshots of the README and of the app's design page from the app's own screens, without a running
 * system.
 */

const size = { width: 360, height: 740 };
const gap = 16;

type Picture = {
  readonly file: string;
  readonly shots: readonly FrameVariant[];
};

const flows = {
  buy: ["buy-quote", "buy-pin", "buy-done"],
  send: ["send-confirm", "send-moving", "receipt-send"],
  sell: ["sell-quote", "sell-moving", "sell-done"],
} as const;

/** Three screens of each flow side by side: English in the light theme, Swahili in the dark theme. */
const readme = Object.entries(flows).flatMap(([flow, names]): readonly Picture[] =>
  (["en", "sw"] as const).map((language) => ({
    file: `docs/pictures/${flow}-${language}.png`,
    shots: names.map((name) => ({ name, language, theme: language === "en" ? "light" : "dark" })),
  })),
);

/** One screen in light and English beside the same screen in dark and Swahili. */
const designed = [
  "home",
  "buy-typed",
  "buy-quote",
  "buy-pin",
  "buy-moving",
  "buy-done",
  "sell-failed",
  "send-confirm",
  "send-unknown",
  "receive-code",
  "history",
  "settings",
  "words",
  "lock",
  "home-offline",
  "home-empty",
  "components",
].map((name): Picture => ({
  file: `apps/wallet/docs/pictures/${name}.png`,
  shots: [
    { name, language: "en", theme: "light" },
    { name, language: "sw", theme: "dark" },
  ],
}));

const large: Picture = {
  file: "apps/wallet/docs/pictures/large-text.png",
  shots: ["home", "buy-quote"].map((name) => ({
    name,
    language: "sw",
    theme: "light",
    textScale: 2,
  })),
};

const browser = await launch(requireChromium());
const frames = await openFrames(browser, buildFrames(), size);
for (const picture of [...readme, ...designed, large]) await take(picture);
await browser.close();

async function take({ file, shots }: Picture): Promise<void> {
  const images: string[] = [];
  for (const shot of shots) {
    await frames.show(shot);
    images.push((await frames.page.screenshot()).toString("base64"));
  }
  const page = await browser.newPage({
    viewport: {
      width: shots.length * (size.width + gap) + gap,
      height: size.height + 2 * gap,
    },
  });
  await page.setContent(
    `<body style="margin:0;padding:${String(gap)}px;display:flex;gap:${String(gap)}px;background:#c9c1b2">
      ${images.map((image) => `<img src="data:image/png;base64,${image}">`).join("")}
    </body>`,
  );
  const target = path.join(root, file);
  mkdirSync(path.dirname(target), { recursive: true });
  const picture = await page.screenshot();
  writeFileSync(target, picture);
  await page.close();
  process.stdout.write(`${file}: ${String(Math.ceil(picture.length / 1_000))} kB\n`);
}
