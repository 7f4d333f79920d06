import { mkdirSync } from "node:fs";
import path from "node:path";
import { spawn } from "node:child_process";
import { cacheFolder, nodeBinary, root } from "./support/paths.ts";

/** Runs all tests, or those that the arguments name, and writes the report that `.ci/run` counts. */
mkdirSync(cacheFolder, { recursive: true });
const child = spawn(
  nodeBinary,
  [
    "--disable-warning=ExperimentalWarning",
    path.join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${path.join(cacheFolder, "test-report.json")}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: "inherit" },
);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
