import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { spawn } from "node:child_process";
import { cacheFolder, nodeBinary, root } from "./support/paths.ts";

/**
 * Runs all tests but two long drills, or those that the arguments name, and writes the report that `.ci/run` counts.
 * `--full` runs everything, widens every sweep over seeds and crashes (`SWEEP=wide`), and prints at the end where the time
 * went. `SWEEP=full` runs the sweeps at their full length, which takes hours.
 */
const isFull = process.argv.includes("--full");
const named = process.argv.slice(2).filter((argument) => argument !== "--full");
/** Seven minutes together: with them, all tests would take more than twenty. */
const longDrills = ["tests/browser/operator-fails.test.ts", "tests/drills.test.ts"];
const report = path.join(cacheFolder, "test-report.json");
mkdirSync(cacheFolder, { recursive: true });
rmSync(report, { force: true });
const child = spawn(
  nodeBinary,
  [
    "--disable-warning=ExperimentalWarning",
    path.join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...named,
    ...(isFull || named.length > 0 ? [] : longDrills.map((file) => `--exclude=${file}`)),
  ],
  {
    cwd: root,
    stdio: "inherit",
    env: isFull ? { ...process.env, SWEEP: "wide" } : process.env,
  },
);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
  if (isFull) printDurations();
});

/** Prints the test files that took longest. Two run at a time, so their sum is not the duration of the run. */
function printDurations(): void {
  if (!existsSync(report)) return;
  const { testResults } = JSON.parse(readFileSync(report, "utf8")) as {
    testResults: { name: string; startTime: number; endTime: number }[];
  };
  const longest = testResults
    .map(({ name, startTime, endTime }) => ({ name, ms: endTime - startTime }))
    .sort((one, other) => other.ms - one.ms)
    .slice(0, 25);
  process.stdout.write("\nLongest test files:\n");
  for (const { name, ms } of longest) {
    const seconds = (ms / 1_000).toFixed(1).padStart(8);
    process.stdout.write(`${seconds} s  ${path.relative(root, name)}\n`);
  }
}
