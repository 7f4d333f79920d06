import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { builtWallet } from "../../scripts/stack/system.ts";

/** Limit of the bytes that a first visit downloads before anything is drawn. On a slow connection they decide the wait. */
const maxGzipBytes = 285_000;

test("the first script of the web app is at most 285 KB gzip", async () => {
  const folder = path.join(await builtWallet(), "_expo", "static", "js", "web");
  const page = readFileSync(path.join(folder, "..", "..", "..", "..", "index.html"), "utf8");
  const scripts = readdirSync(folder).filter(
    (name) => name.endsWith(".js") && page.includes(`/${name}"`),
  );
  expect(scripts.length).toBeGreaterThan(0);
  const bytes = scripts.reduce(
    (sum, name) => sum + gzipSync(readFileSync(path.join(folder, name)), { level: 9 }).length,
    0,
  );
  expect(bytes).toBeLessThanOrEqual(maxGzipBytes);
});
