import { spawn } from "node:child_process";
import path from "node:path";
import { nodeBinary, root } from "./support/paths.ts";

/** Plays the drills of docs/engine.md: all of them, or the one that the argument names. */
const [name] = process.argv.slice(2);
const child = spawn(
  nodeBinary,
  [
    "--disable-warning=ExperimentalWarning",
    path.join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--project=integration",
    "tests/drills.test.ts",
  ],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...(name === undefined ? { SWEEP: "full" } : { DRILL: name }) },
  },
);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
