import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { ensureBitcoind } from "./support/bitcoind-program.ts";
import { cacheFolder, nodeBinary, root } from "./support/paths.ts";

/**
 * Checks the sources: types, lint, format, dead code, generated files, the core's sources and its own tests.
 * `--with-tests` also runs the whole test suite, `--full` with wider sweeps. The last line counts what
 * ran: `N passed, N failed`.
 */
type Check = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

const report = path.join(cacheFolder, "test-report.json");
const bin = (name: string): string => path.join(root, "node_modules", ".bin", name);
const script = (file: string, ...args: readonly string[]): Check => ({
  name: [file, ...args].join(" "),
  command: nodeBinary,
  args: ["--disable-warning=ExperimentalWarning", path.join(root, file), ...args],
});
const hasCargo = spawnSync("cargo", ["--version"], { stdio: "ignore" }).status === 0;
const crates = path.join(root, "crates");

const checks: Check[] = [
  { name: "types", command: bin("tsc"), args: ["-b"] },
  { name: "lint", command: bin("oxlint"), args: ["--type-aware"] },
  { name: "format", command: bin("oxfmt"), args: ["--check"] },
  { name: "dead code", command: bin("knip"), args: [] },
  script("scripts/contracts/generate.mjs", "--check"),
  script("scripts/operating.ts", "--check"),
  script("scripts/core/check.mjs"),
  script("apps/wallet/scripts/check-native.mts"),
];
if (hasCargo) {
  checks.push(
    { name: "core: format", command: "cargo", args: ["fmt", "--all", "--check"], cwd: crates },
    {
      name: "core: clippy",
      command: "cargo",
      args: ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"],
      cwd: crates,
    },
  );
}

let passed = 0;
let failed = 0;
const failures: string[] = [];

function run(check: Check, capture: boolean): string | null {
  process.stdout.write(`\n── ${check.name}\n`);
  const startedAt = Date.now();
  const result = spawnSync(check.command, check.args, {
    cwd: check.cwd ?? root,
    env: { ...process.env, ...check.environment },
    stdio: capture ? ["ignore", "pipe", "inherit"] : ["ignore", "inherit", "inherit"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (capture) process.stdout.write(result.stdout ?? "");
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  const ok = result.status === 0;
  process.stdout.write(`── ${check.name}: ${ok ? "ok" : "FAILED"} (${seconds} s)\n`);
  if (!ok) failures.push(check.name);
  return ok ? (result.stdout ?? "") : null;
}

for (const check of checks) {
  if (run(check, false) === null) failed += 1;
  else passed += 1;
}

if (hasCargo) {
  // Runs also the ignored tests, which need a real Bitcoin Core to validate closes, fee bumps and sweeps.
  const bitcoind = await ensureBitcoind((line) => process.stdout.write(`${line}\n`));
  const output = run(
    {
      name: "core: tests",
      command: "cargo",
      args: ["test", "--locked", "--workspace", "--", "--include-ignored"],
      cwd: crates,
      environment: {
        BITCOIND: bitcoind.command,
        BITCOIND_ARGUMENTS: bitcoind.prefix.join("\n"),
      },
    },
    true,
  );
  const counts = [...(output ?? "").matchAll(/test result: \w+\. (\d+) passed; (\d+) failed/gu)];
  const ran = counts.reduce((sum, found) => sum + Number(found[1]), 0);
  passed += ran;
  if (output === null) failed += 1;
  else if (ran === 0) {
    failed += 1;
    failures.push("core: tests (none ran)");
  }
} else process.stdout.write("\n── core: tests: skipped (cargo is not installed)\n");

const isFull = process.argv.includes("--full");
if (isFull || process.argv.includes("--with-tests")) {
  rmSync(report, { force: true });
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = isFull ? ["run", "test:full"] : ["test"];
  const name = `npm ${args.join(" ")}`;
  const ok = run({ name, command: npm, args }, false) !== null;
  if (existsSync(report)) {
    const counts = JSON.parse(readFileSync(report, "utf8")) as {
      numPassedTests: number;
      numFailedTests: number;
    };
    passed += counts.numPassedTests;
    failed += counts.numFailedTests;
    if (counts.numPassedTests === 0) {
      failed += 1;
      failures.push(`${name} (none ran)`);
    } else if (!ok && counts.numFailedTests === 0) failed += 1;
  } else failed += 1;
}

if (failures.length > 0) process.stdout.write(`\nFailed: ${failures.join(", ")}\n`);
process.stdout.write(`\n${String(passed)} passed, ${String(failed)} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
