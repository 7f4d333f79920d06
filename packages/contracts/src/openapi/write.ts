import { readFileSync, writeFileSync } from "node:fs";
import { openApiDocument } from "./document.ts";

/** Writes `openapi.json`, or with `--check` fails when the committed one is stale. */
const file = new URL("../../openapi.json", import.meta.url);
const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;

if (process.argv.includes("--check")) {
  let committed = "";
  try {
    committed = readFileSync(file, "utf8");
  } catch {
    // A missing file is stale too.
  }
  if (committed !== text) {
    process.stderr.write(
      "packages/contracts/openapi.json is stale. Run: npm run contracts:generate\n",
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, text);
}
