// Checks that build.json matches the core's sources and the committed WASM. Needs no Rust.
import { readFileSync } from "node:fs";
import { buildFile, hashSources, sha256, wasmFile } from "./support.mjs";

const record = JSON.parse(readFileSync(buildFile, "utf8"));
const problems = [];
if (hashSources() !== record.sources) {
  problems.push(
    "the core's sources have changed since the WASM was built; run npm run core:build and commit the result",
  );
}
if (sha256(readFileSync(wasmFile)) !== record.sha256) {
  problems.push(
    "lightning-core.wasm does not match build.json; run npm run core:build and commit both files",
  );
}
for (const problem of problems) {
  console.error(`wasm: FAILED: ${problem}`);
}
process.exitCode = problems.length === 0 ? 0 : 1;
if (problems.length === 0) {
  console.log("wasm: ok (matches the core's sources)");
}
