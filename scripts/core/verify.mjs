// Rebuilds the core's WASM from scratch and compares it with the committed one, byte for byte: `npm run core:verify`.
import { readFileSync } from "node:fs";
import { buildRoot, buildWasm, fail, toolVersions } from "./root.mjs";
import { buildFile, hashSources, sha256, wasmFile } from "./support.mjs";

const record = JSON.parse(readFileSync(buildFile, "utf8"));
const committed = sha256(readFileSync(wasmFile));
if (committed !== record.sha256) {
  fail(`${wasmFile} does not match build.json: sha256 is ${committed}, expected ${record.sha256}`);
}
if (hashSources() !== record.sources) {
  fail(
    "the core's sources have changed since the WASM was built; run npm run core:build and commit the result",
  );
}
const folder = buildRoot();
const tools = toolVersions(folder);
const changed = Object.entries(record.tools).filter(([name, version]) => tools[name] !== version);
if (changed.length > 0) {
  const lines = changed.map(
    ([name, version]) => `  ${name}: build.json has ${version}, installed is ${tools[name]}`,
  );
  fail(
    `the build tools have changed:\n${lines.join("\n")}\nRun npm run core:build and commit the result.`,
  );
}
const rebuilt = sha256(readFileSync(buildWasm(folder, record.profile, { fresh: true })));
if (rebuilt !== committed) {
  fail(`the rebuilt WASM differs: sha256 is ${rebuilt}, committed is ${committed}`);
}
console.log(`wasm: ok (rebuilt from its sources, sha256 ${committed})`);
