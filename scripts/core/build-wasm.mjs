// Builds the core's WASM, and records its sources and tools in build.json: `npm run core:build`. Commit both files.
// For development, `--profile wasm-dev` builds faster into packages/lightning/core/lightning-core.dev.wasm; that file
// is larger.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildRoot, buildWasm, toolVersions } from "./root.mjs";
import { buildFile, hashSources, sha256, wasmFile } from "./support.mjs";

const at = process.argv.indexOf("--profile");
const profile = at > 0 ? process.argv[at + 1] : "wasm";

const sources = hashSources();
const folder = buildRoot();
const built = buildWasm(folder, profile, { fresh: false });
mkdirSync(dirname(wasmFile), { recursive: true });
if (profile !== "wasm") {
  const target = join(dirname(wasmFile), "lightning-core.dev.wasm");
  copyFileSync(built, target);
  console.log(`Wrote ${target}`);
} else {
  const bytes = readFileSync(built);
  copyFileSync(built, wasmFile);
  chmodSync(wasmFile, 0o644);
  const record = {
    sha256: sha256(bytes),
    bytes: bytes.length,
    sources,
    profile,
    tools: toolVersions(folder),
  };
  writeFileSync(buildFile, `${JSON.stringify(record, null, 2)}\n`);
  console.log(`Wrote ${wasmFile} (${bytes.length} bytes, sha256 ${record.sha256})`);
}
