import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { errorsPage, providerCodesPage } from "./pages.ts";

/** Writes the generated pages of docs/, or with `--check` fails when a committed page is stale. */
const pages = { "docs/errors.md": errorsPage(), "docs/provider-codes.md": providerCodesPage() };

for (const [name, text] of Object.entries(pages)) {
  const file = new URL(`../../${name}`, import.meta.url);
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (read(file) !== text) {
    process.stderr.write(`${name} is stale. Run: npm run contracts:generate\n`);
    process.exitCode = 1;
  }
}

function read(file: URL): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
