import { readFileSync, writeFileSync } from "node:fs";
import { adminOpenApiDocument } from "./admin/document.ts";
import { openApiDocument } from "./openapi/document.ts";

/** Writes `openapi.json` and `admin-openapi.json`, or with `--check` fails when a committed one is stale. */
const documents = { "openapi.json": openApiDocument, "admin-openapi.json": adminOpenApiDocument };

for (const [name, document] of Object.entries(documents)) {
  const file = new URL(`../${name}`, import.meta.url);
  const text = `${JSON.stringify(document(), null, 2)}\n`;
  if (!process.argv.includes("--check")) {
    writeFileSync(file, text);
    continue;
  }
  let committed = "";
  try {
    committed = readFileSync(file, "utf8");
  } catch {
    // A missing file is stale too.
  }
  if (committed !== text) {
    process.stderr.write(`packages/contracts/${name} is stale. Run: npm run contracts:generate\n`);
    process.exitCode = 1;
  }
}
