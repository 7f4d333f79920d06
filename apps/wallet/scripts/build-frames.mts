import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Plugin } from "esbuild";

const app = fileURLToPath(new URL("../", import.meta.url));

/** Modules that are replaced in frames: no wallet is opened, no PIN is stretched. */
const standIns: Plugin = {
  name: "stand-ins",
  setup(building) {
    for (const name of ["open-wallet", "stretch-pin", "device-encryption"])
      building.onResolve({ filter: new RegExp(`^\\.[./a-z]*/${name}$`) }, () => ({
        path: path.join(app, "src", "testing", `${name}.ts`),
      }));
  },
};

/** Bundles all frames into a folder: one page, one script, the fonts. Takes about a second and uses no network. */
async function buildFrames(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(folder, "fonts"), { recursive: true });
  await build({
    entryPoints: [path.join(app, "src", "testing", "frames-app.tsx")],
    outfile: path.join(folder, "frames.js"),
    bundle: true,
    minify: true,
    format: "esm",
    splitting: false,
    platform: "browser",
    target: "es2022",
    jsx: "automatic",
    alias: { "react-native": "react-native-web" },
    resolveExtensions: [".web.tsx", ".web.ts", ".web.js", ".tsx", ".ts", ".js", ".json"],
    mainFields: ["browser", "module", "main"],
    define: {
      "process.env.NODE_ENV": '"production"',
      "process.env.EXPO_OS": '"web"',
      __DEV__: "false",
      global: "globalThis",
    },
    plugins: [standIns],
    logLevel: "warning",
  });
  copyFileSync(path.join(app, "web", "style.css"), path.join(folder, "style.css"));
  const fonts = path.join(app, "assets", "fonts");
  for (const name of readdirSync(fonts))
    if (name.endsWith(".woff2"))
      copyFileSync(path.join(fonts, name), path.join(folder, "fonts", name));
  writeFileSync(
    path.join(folder, "index.html"),
    `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>SatsConnect: frames</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/style.css">
  </head>
  <body><div id="root"></div><script type="module" src="/frames.js"></script></body>
</html>
`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildFrames(path.resolve(process.argv[2] ?? path.join(app, "dist", "frames")));
}
