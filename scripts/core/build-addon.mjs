// Builds the core as a Node.js addon with the local cargo: `npm run core:addon`. The addon runs about twice as fast as
// the WASM. It is not committed: packages/lightning/core/lightning-core.<platform>-<arch>.node
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { crates, root } from "./support.mjs";

const targetFolder = process.env["CARGO_TARGET_DIR"] ?? join(root, ".cache/core/target");
const { status, error } = spawnSync(
  "cargo",
  ["build", "--locked", "--release", "-p", "lightning-core-node"],
  {
    cwd: crates,
    stdio: "inherit",
    env: { ...process.env, CARGO_TARGET_DIR: targetFolder },
  },
);
if (error !== undefined || status !== 0) {
  console.error(
    error !== undefined
      ? "addon: FAILED: cargo not found. Install Rust 1.85 or later; without the addon, the WASM is used."
      : `addon: FAILED: cargo exited with status ${status}`,
  );
  process.exit(1);
}
const library = {
  linux: "liblightning_core_node.so",
  darwin: "liblightning_core_node.dylib",
  win32: "lightning_core_node.dll",
};
const name = library[process.platform];
if (name === undefined) {
  console.error(`addon: FAILED: ${process.platform} is not supported; the WASM is used.`);
  process.exit(1);
}
const folder = join(root, "packages/lightning/core");
const target = join(folder, `lightning-core.${process.platform}-${process.arch}.node`);
mkdirSync(folder, { recursive: true });
// rename, so that a running process keeps the old file
copyFileSync(join(targetFolder, "release", name), `${target}.new`);
renameSync(`${target}.new`, target);
console.log(`Wrote ${target}`);
