// Rebuilds the core's WASM from nothing and compares it with the committed one, byte for byte: `npm run core:verify`.
import { readFileSync } from "node:fs";
import { buildRoot, buildWasm, fail, toolVersions } from "./root.mjs";
import { buildFile, hashSources, sha256, wasmFile } from "./support.mjs";

const record = JSON.parse(readFileSync(buildFile, "utf8"));
const committed = sha256(readFileSync(wasmFile));
if (committed !== record.sha256) {
  fail(`${wasmFile} is not the file that build.json records: ${committed}, not ${record.sha256}`);
}
if (hashSources() !== record.sources) {
  fail(
    "The core's sources have changed since its WASM was built: npm run core:build, and commit the result",
  );
}
const folder = buildRoot();
const tools = toolVersions(folder);
const moved = Object.entries(record.tools).filter(([name, version]) => tools[name] !== version);
if (moved.length > 0) {
  const lines = moved.map(
    ([name, version]) => `  ${name}: built with ${version}, Debian has ${tools[name]}`,
  );
  fail(`The tools have changed:\n${lines.join("\n")}\nnpm run core:build, and commit the result`);
}
const rebuilt = sha256(readFileSync(buildWasm(folder, record.profile, { fresh: true })));
if (rebuilt !== committed) {
  fail(`The rebuilt WASM differs: ${rebuilt}, committed is ${committed}`);
}
console.log(`The committed WASM is what its sources make: sha256 ${committed}`);
