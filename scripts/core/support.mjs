// Shared by the scripts of this folder. Node.js 20, no dependencies.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
/** The Rust workspace. */
export const crates = join(root, "crates");
/** The committed WASM. */
export const wasmFile = join(root, "packages/lightning/core/lightning-core.wasm");
/** The record of the sources and tools of the committed WASM. */
export const buildFile = join(root, "packages/lightning/core/build.json");

/** @param {string | Uint8Array} bytes */
export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

const sourceFile = /(\.rs|Cargo\.toml|Cargo\.lock)$/;
/** Crates that are not part of the WASM, and tests. */
const excluded = /^(lightning-core-node\/|[^/]+\/tests\/|target\/)/;

/** @param {string} folder @returns {string[]} */
const walk = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)],
  );

/**
 * One hash over all inputs of the WASM: the Rust sources, the manifests, the lock file and the build script. Computed
 * without Rust, so that the check in CI is cheap.
 */
export function hashSources() {
  const files = walk(crates)
    .map((path) => relative(crates, path).split(sep).join("/"))
    .filter((path) => sourceFile.test(path) && !excluded.test(path))
    .map((path) => [path, join(crates, path)]);
  files.push(["build-wasm.sh", join(root, "scripts/core/build-wasm.sh")]);
  const lines = files
    .map(([name, path]) => `${name} ${sha256(readFileSync(path, "utf8").replaceAll("\r\n", "\n"))}`)
    .sort();
  return sha256(lines.join("\n"));
}
