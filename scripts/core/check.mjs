// Compares the core's sources and its committed WASM with what build.json records. Needs no Rust and takes a moment.
import { readFileSync } from "node:fs";
import { buildFile, hashSources, sha256, wasmFile } from "./support.mjs";

const record = JSON.parse(readFileSync(buildFile, "utf8"));
const problems = [];
if (hashSources() !== record.sources) {
  problems.push(
    "the sources of the core have changed since its WASM was built: npm run core:build, and commit the result",
  );
}
if (sha256(readFileSync(wasmFile)) !== record.sha256) {
  problems.push("lightning-core.wasm is not the file that build.json records");
}
for (const problem of problems) {
  console.error(problem);
}
process.exitCode = problems.length === 0 ? 0 : 1;
if (problems.length === 0) {
  console.log("The core's WASM belongs to its sources.");
}
