import { spawnSync } from "node:child_process";
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
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { bundleWebNode } from "./bundle-node.mts";

const app = fileURLToPath(new URL("../", import.meta.url));
const root = path.join(app, "..", "..");
const stampName = "built-from";

/** Every source file of the web app. */
function sources(): readonly string[] {
  const folders = [
    "apps/wallet/src",
    "apps/wallet/web",
    "apps/wallet/scripts",
    "apps/wallet/assets",
    "packages/wallet/src",
    "packages/lightning/src",
    "packages/contracts/src",
    "packages/money/src",
  ];
  const files = [
    "apps/wallet/index.ts",
    "apps/wallet/app.config.ts",
    "apps/wallet/package.json",
    "packages/lightning/core/build.json",
    "package-lock.json",
  ];
  const below = (folder: string): string[] =>
    readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const name = `${folder}/${entry.name}`;
      return entry.isDirectory() ? below(name) : [name];
    });
  return [...folders.flatMap(below), ...files].toSorted();
}

function stamp(): string {
  const hash = createHash("sha256");
  for (const file of sources())
    hash.update(`${file}\n`).update(readFileSync(path.join(root, file)));
  return hash.digest("hex");
}

/**
 * Builds the web app into a folder: the page, its scripts, the wallet's node, fonts and service worker, each also
 * compressed. Does nothing when the folder was built from the same sources. Uses no network.
 */
async function buildWeb(
  folder: string,
  log: (line: string) => void = () => undefined,
): Promise<void> {
  const currentStamp = stamp();
  const stampFile = path.join(folder, stampName);
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === currentStamp) return;
  log("Building the wallet for the browser (about half a minute)…");
  const work = `${folder}.next`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(path.dirname(work), { recursive: true });
  exportApp(work);
  rmSync(path.join(work, "metadata.json"), { force: true });
  rmSync(path.join(work, "assets"), { recursive: true, force: true });
  const node = await bundleWebNode(path.join(work, "node"));
  for (const name of [
    "style.css",
    "manifest.webmanifest",
    "icon.svg",
    "icon-192.png",
    "icon-512.png",
  ])
    copyFileSync(path.join(app, "web", name), path.join(work, name));
  mkdirSync(path.join(work, "fonts"));
  for (const name of readdirSync(path.join(app, "assets", "fonts")))
    if (name.endsWith(".woff2"))
      copyFileSync(path.join(app, "assets", "fonts", name), path.join(work, "fonts", name));
  writePage(work, node.headTags);
  writeServiceWorker(work, currentStamp);
  compress(work);
  writeFileSync(path.join(work, stampName), currentStamp);
  rmSync(folder, { recursive: true, force: true });
  renameSync(work, folder);
}

function exportApp(folder: string): void {
  const expo = path.join(root, "node_modules", ".bin", "expo");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [expo, "export", "--platform", "web", "--output-dir", folder],
    {
      cwd: app,
      encoding: "utf8",
      env: {
        ...process.env,
        NODE_ENV: "production",
        EXPO_OFFLINE: "1",
        EXPO_NO_TELEMETRY: "1",
        CI: "1",
      },
    },
  );
  if (status !== 0) throw new Error(`expo export failed:\n${stdout}\n${stderr}`);
}

/** Writes the page without inline scripts or styles, as the server's content security policy requires. */
function writePage(folder: string, headTags: readonly string[]): void {
  const file = path.join(folder, "index.html");
  const exported = readFileSync(file, "utf8");
  const scripts = [...exported.matchAll(/<script src="[^"]+" defer><\/script>/gu)].map(
    ([tag]) => tag,
  );
  if (scripts.length === 0) throw new Error("The exported page has no script");
  writeFileSync(
    file,
    `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
    <meta name="satsconnect-api" content="">
    <meta name="satsconnect-esplora" content="">
    <meta name="satsconnect-watchtower" content="">
    <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f3ede1">
    <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#211c15">
    <title>SatsConnect</title>
    <link rel="stylesheet" href="/style.css">
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <link rel="apple-touch-icon" href="/icon-192.png">
    <link rel="manifest" href="/manifest.webmanifest">
    ${headTags.join("\n    ")}
    ${scripts.join("\n    ")}
  </head>
  <body>
    <div id="root"></div>
    <noscript>SatsConnect runs in your browser and needs JavaScript. SatsConnect inahitaji JavaScript.</noscript>
  </body>
</html>
`,
  );
}

function filesBelow(folder: string, base = ""): readonly string[] {
  return readdirSync(path.join(folder, base), { withFileTypes: true }).flatMap((entry) => {
    const name = `${base}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(folder, name) : [name];
  });
}

function writeServiceWorker(folder: string, version: string): void {
  const files = filesBelow(folder).map((name) => (name === "/index.html" ? "/" : name));
  const script = readFileSync(path.join(app, "web", "service-worker.js"), "utf8");
  writeFileSync(
    path.join(folder, "service-worker.js"),
    script.replace("__VERSION__", version.slice(0, 16)).replace("__FILES__", JSON.stringify(files)),
  );
}

/**
 * Writes Brotli and gzip versions of each compressible file. Files above 2 MB (the core) use a lower Brotli quality,
 * because the highest takes too long.
 */
function compress(folder: string): void {
  for (const name of filesBelow(folder)) {
    if (/\.(?:woff2|png)$/u.test(name) || name === "/index.html") continue;
    const file = path.join(folder, name);
    const content = readFileSync(file);
    const quality = statSync(file).size > 2_000_000 ? 5 : 11;
    writeFileSync(
      `${file}.br`,
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
    );
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildWeb(path.resolve(process.argv[2] ?? path.join(app, "dist", "web")), (line) => {
    process.stdout.write(`${line}\n`);
  });
}
