import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import type { Plugin } from "esbuild";

const app = fileURLToPath(new URL("../", import.meta.url));
const fonts = path.join(app, "..", "wallet", "assets", "fonts");
const fontFiles = ["Barlow-Medium", "Barlow-SemiBold", "BarlowCondensed-SemiBold"];

/** The schemas' error texts in one language: the page checks nothing with them, and the others are half of its size. */
const oneLocale: Plugin = {
  name: "one-locale",
  setup(building) {
    building.onLoad({ filter: /zod.v4.locales.index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/**
 * Builds the operator's page into a folder: one page, one script, one style sheet, three fonts. Nothing is inline, as
 * the content security policy of the admin listener requires. Takes less than a second and uses no network.
 */
async function buildConsole(folder: string): Promise<void> {
  const work = `${folder}.${String(process.pid)}.next`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(path.join(work, "fonts"), { recursive: true });
  await build({
    entryPoints: {
      console: path.join(app, "src", "main.ts"),
      style: path.join(app, "src", "design", "style.css"),
    },
    outdir: work,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    charset: "utf8",
    external: ["/fonts/*"],
    plugins: [oneLocale],
    logLevel: "warning",
  });
  for (const name of fontFiles)
    copyFileSync(path.join(fonts, `${name}.woff2`), path.join(work, "fonts", `${name}.woff2`));
  for (const name of ["index.html", "icon.svg"])
    copyFileSync(path.join(app, "web", name), path.join(work, name));
  writeFileSync(path.join(work, "robots.txt"), "User-agent: *\nDisallow: /\n");
  for (const name of ["console.js", "style.css"])
    writeFileSync(
      path.join(work, `${name}.br`),
      brotliCompressSync(readFileSync(path.join(work, name))),
    );
  // Replace the served files only when they have changed.
  if (contents(folder) === contents(work)) {
    rmSync(work, { recursive: true, force: true });
    return;
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(work, folder);
}

/** A hash of every file of a folder; of nothing, where there is none. */
function contents(folder: string): string {
  const hash = createHash("sha256");
  if (existsSync(folder))
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted())
      if (statSync(path.join(folder, name)).isFile())
        hash.update(`${name}\n`).update(readFileSync(path.join(folder, name)));
  return hash.digest("hex");
}

await buildConsole(path.resolve(process.argv[2] ?? path.join(app, "dist", "web")));
