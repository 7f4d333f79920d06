// Generates the TypeScript types of the core's commands and events from crates/lightning-core-api.
// `node scripts/core/generate-types.mjs`          writes them
// `node scripts/core/generate-types.mjs --check`  fails if they are out of date
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crates, root } from "./support.mjs";

const target = join(root, "packages/lightning/src/core/generated/index.ts");
const text = execFileSync(
  "cargo",
  [
    "run",
    "--quiet",
    "--locked",
    "-p",
    "lightning-core-api",
    "--features",
    "typescript",
    "--bin",
    "generate-types",
  ],
  { cwd: crates, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 26 },
);

// format a copy outside the repository, so that --check changes nothing
const folder = mkdtempSync(join(tmpdir(), "core-types-"));
const draft = join(folder, "index.ts");
writeFileSync(draft, text);
execFileSync(join(root, "node_modules/.bin/oxfmt"), [draft], { cwd: folder, stdio: "inherit" });
const formatted = readFileSync(draft, "utf8");
rmSync(folder, { recursive: true });

if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== formatted) {
    console.error(
      "core types: FAILED: packages/lightning/src/core/generated is out of date; run node scripts/core/generate-types.mjs",
    );
    process.exit(1);
  }
  console.log("core types: ok");
} else {
  mkdirSync(join(target, ".."), { recursive: true });
  writeFileSync(target, formatted);
  console.log(`Wrote ${target}`);
}
