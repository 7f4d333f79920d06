// Generates everything that comes from a source of truth in packages/contracts:
//   proto/**           -> src/generated/**  (buf and ts-proto, both from node_modules; nothing is downloaded)
//   src/rest/*.ts      -> openapi.json      (the same zod schemas that validate requests)
//   src/admin/*.ts     -> admin-openapi.json
//   src/failures/*.ts  -> docs/errors.md
//   src/mpesa/*.ts     -> docs/provider-codes.md
// `--check` writes nothing and exits 1 when a committed file is stale.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const contracts = join(root, "packages", "contracts");
const binaries = join(root, "node_modules", ".bin");
/** In this order: the first one empties the output folder. */
const templates = ["buf.gen.yaml", "buf.gen.browser.yaml"];
const check = process.argv.includes("--check");

function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    ...options,
  });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    process.stderr.write(result.stdout);
    process.exit(result.status ?? 1);
  }
  return result.stdout;
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesBelow(path) : [path];
    })
    .toSorted((left, right) => left.localeCompare(right, "en"));
}

/** buf writes relative to the working folder, so `--check` runs it in a copy of the package. */
function generateTypes(folder) {
  run(join(binaries, "buf"), ["lint"], { cwd: folder });
  for (const template of templates)
    run(join(binaries, "buf"), ["generate", "--template", template], { cwd: folder });
}

function differences(expectedFolder, actualFolder) {
  const names = new Set([
    ...filesBelow(expectedFolder).map((path) => relative(expectedFolder, path)),
    ...filesBelow(actualFolder).map((path) => relative(actualFolder, path)),
  ]);
  return [...names].filter((name) => {
    const expected = join(expectedFolder, name);
    const actual = join(actualFolder, name);
    return (
      !existsSync(expected) ||
      !existsSync(actual) ||
      readFileSync(expected, "utf8") !== readFileSync(actual, "utf8")
    );
  });
}

/** Each writes its files, or with `--check` compares them. */
const writers = [
  join(contracts, "src", "write-openapi.ts"),
  join(root, "scripts", "contracts", "write-docs.ts"),
];

if (check) {
  const scratch = mkdtempSync(join(tmpdir(), "satsconnect-contracts-"));
  try {
    const copy = join(scratch, "packages", "contracts");
    cpSync(join(contracts, "proto"), join(copy, "proto"), { recursive: true });
    for (const name of ["buf.yaml", ...templates]) cpSync(join(contracts, name), join(copy, name));
    symlinkSync(join(root, "node_modules"), join(scratch, "node_modules"), "junction");
    generateTypes(copy);
    const stale = differences(join(copy, "src", "generated"), join(contracts, "src", "generated"));
    if (stale.length > 0) {
      console.error(
        `packages/contracts/src/generated is stale: ${stale.join(", ")}. Run: npm run contracts:generate`,
      );
      process.exitCode = 1;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
} else {
  generateTypes(contracts);
}
for (const writer of writers)
  process.stdout.write(
    run(join(binaries, "node"), [writer, ...(check ? ["--check"] : [])], { cwd: contracts }),
  );
