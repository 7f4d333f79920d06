import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import type { Plugin } from "esbuild";

const walletModule = (name: string): string =>
  fileURLToPath(import.meta.resolve(`@satsconnect/wallet/worker/${name}`));
const coreFile = fileURLToPath(
  new URL("../../../packages/lightning/core/lightning-core.wasm", import.meta.url),
);

const entries = {
  worker: walletModule("web-worker"),
  page: walletModule("webview-page"),
  stretch: fileURLToPath(new URL("../src/vault/stretch-pin-page.ts", import.meta.url)),
};

type WebNode = {
  /** File names in the target folder. They contain a hash of the content, so they can be cached forever. */
  readonly worker: string;
  readonly core: string;
  /**
   * Tags for the page's head that tell the app where the files are. The core is preloaded while the app's script is
   * still loading.
   */
  readonly headTags: readonly string[];
  readonly workerGzipBytes: number;
};

/** Bundles the node for the web: the worker's script, and the core as a separate file, which is streamed and cached. */
export async function bundleWebNode(folder: string, base = "/node/"): Promise<WebNode> {
  const script = await bundle("worker", "esm");
  const wasm = readFileSync(coreFile);
  const worker = `worker-${hashOf(script)}.js`;
  const core = `core-${hashOf(wasm)}.wasm`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, worker), script);
  writeFileSync(path.join(folder, core), wasm);
  return {
    worker,
    core,
    headTags: [
      `<meta name="satsconnect-worker" content="${base}${worker}">`,
      `<link id="satsconnect-core" rel="preload" as="fetch" type="application/wasm" crossorigin href="${base}${core}">`,
    ],
    workerGzipBytes: gzipSync(script).length,
  };
}

/**
 * Bundles the node for phones: one self-contained page without network access (`connect-src 'none'`). Its policy names
 * its script by hash, so that no other script can run in it.
 */
async function nativeNodePage(): Promise<string> {
  const core = gzipSync(readFileSync(coreFile), { level: 9 }).toString("base64");
  // browsers do not execute a script of an unknown type
  return pageOf(await bundle("page", "iife"), [
    `<script type="application/gzip+base64" id="core">${core}</script>`,
  ]);
}

/** The page in which phones stretch a PIN, with the same policy. */
async function stretchPage(): Promise<string> {
  return pageOf(await bundle("stretch", "iife"), []);
}

function pageOf(bundled: string, data: readonly string[]): string {
  const script = bundled.replaceAll("</script", "<\\/script");
  const csp = [
    "default-src 'none'",
    "connect-src 'none'",
    `script-src 'sha256-${createHash("sha256").update(script).digest("base64")}' 'wasm-unsafe-eval'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${csp}">`,
    "<title>SatsConnect</title></head><body>",
    ...data,
    `<script>${script}</script>`,
    "</body></html>",
    "",
  ].join("\n");
}

async function bundle(name: keyof typeof entries, format: "esm" | "iife"): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entries[name]],
    bundle: true,
    minify: true,
    write: false,
    format,
    platform: "browser",
    // the oldest web views that are still in use on phones
    target: "es2022",
    charset: "ascii",
    legalComments: "none",
    plugins: [withoutLocales],
    logLevel: "warning",
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error("esbuild returned no output");
  return output.text;
}

/** Zod includes its messages in fifty languages, of which none is used. */
const withoutLocales: Plugin = {
  name: "without zod's locales",
  setup(building) {
    building.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({ contents: "" }));
  },
};

function hashOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}

/** Writes the two pages that the native app includes. */
export async function bundleNativePages(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "node.html"), await nativeNodePage());
  writeFileSync(path.join(folder, "stretch.html"), await stretchPage());
}

const usage = `Bundles the wallet's node for the app.

  node scripts/bundle-node.mts web FOLDER     a worker and the core, for the web
  node scripts/bundle-node.mts native FOLDER  two pages, for Android and iOS
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [kind, target] = process.argv.slice(2);
  if (target === undefined || (kind !== "web" && kind !== "native")) {
    process.stdout.write(usage);
    process.exitCode = 2;
  } else if (kind === "web") {
    const made = await bundleWebNode(target);
    process.stdout.write(`${JSON.stringify(made, undefined, 2)}\n`);
  } else {
    await bundleNativePages(target);
  }
}
