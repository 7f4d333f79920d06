// Writes TypeScript's types of the core's commands and events from Rust's (crates/lightning-core-api).
// `node scripts/core/generate-types.mjs`          writes them
// `node scripts/core/generate-types.mjs --check`  fails when they are not fresh
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

// formatted outside of the tree, so that a check never touches it
const folder = mkdtempSync(join(tmpdir(), "core-types-"));
const draft = join(folder, "index.ts");
writeFileSync(draft, text);
execFileSync(join(root, "node_modules/.bin/oxfmt"), [draft], { cwd: folder, stdio: "inherit" });
const formatted = readFileSync(draft, "utf8");
rmSync(folder, { recursive: true });

if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== formatted) {
    console.error(
      "packages/lightning/src/core/generated is stale: run node scripts/core/generate-types.mjs",
    );
    process.exit(1);
  }
  console.log("The core's TypeScript types are fresh.");
} else {
  mkdirSync(join(target, ".."), { recursive: true });
  writeFileSync(target, formatted);
  console.log(`Wrote ${target}`);
}
