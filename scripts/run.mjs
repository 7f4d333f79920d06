#!/usr/bin/env node
// Entry point of every npm script. Plain JavaScript without dependencies, so that any Node.js from 20 on can run it:
// it installs missing packages, then runs the command with the pinned Node.js 24, which runs TypeScript directly.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const modules = path.join(root, "node_modules");
const stampFile = path.join(modules, ".satsconnect-lock");

const commands = {
  start: "scripts/start.ts",
  demo: "scripts/demo.ts",
  test: "scripts/test.ts",
  "test:full": "scripts/test.ts --full",
  drill: "scripts/drill.ts",
  check: "scripts/check.ts",
  wallet: "apps/cli/src/main.ts",
  satsctl: "apps/cli/src/satsctl.ts",
  simulate: "apps/api/src/simulate/main.ts",
  bench: "bench/main.ts",
  screens: "scripts/screens.ts",
  pictures: "scripts/pictures.ts",
  icons: "scripts/icons.ts",
  "contracts:generate": "scripts/contracts/generate.mjs",
  "docs:generate": "scripts/operating.ts",
  "core:build": "scripts/core/build-wasm.mjs",
  "core:verify": "scripts/core/verify.mjs",
  "core:addon": "scripts/core/build-addon.mjs",
};

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

const [name, ...rest] = process.argv.slice(2);
const [entry, ...fixed] = commands[name]?.split(" ") ?? [];
if (entry === undefined)
  fail(`Usage: node scripts/run.mjs <${Object.keys(commands).join(" | ")}> [arguments]`);
const [major] = process.versions.node.split(".");
if (Number(major) < 20)
  fail(`SatsConnect needs Node.js 20 or newer; this is ${process.versions.node}.`);

function expectedStamp() {
  const lock = readFileSync(path.join(root, "package-lock.json"));
  return createHash("sha256")
    .update(lock)
    .update(process.platform)
    .update(process.arch)
    .digest("hex");
}

function isInstalled() {
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === expectedStamp();
}

/** Two commands may start at the same time. Creating a folder is atomic, so the folder serves as the lock. */
function withInstallLock(work) {
  const lock = path.join(root, ".cache", "install.lock");
  mkdirSync(path.dirname(lock), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      // An install takes one or two minutes; an older lock was left behind by a process that died.
      let age = 0;
      try {
        age = Date.now() - statSync(lock).mtimeMs;
      } catch {
        continue;
      }
      if (age > 10 * 60_000) rmSync(lock, { recursive: true, force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    }
  }
  try {
    work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

if (!isInstalled()) {
  withInstallLock(() => {
    if (isInstalled()) return;
    process.stderr.write("Installing packages (about a minute, once)…\n");
    // `npm install`, not `npm ci`: npm ci rejects the lock file where the registry lacks optional binaries of other
    // platforms.
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const result = spawnSync(
      npm,
      ["install", "--no-save", "--no-fund", "--no-audit", "--loglevel=error"],
      {
        cwd: root,
        stdio: ["ignore", 2, 2],
      },
    );
    if (result.status !== 0)
      fail("npm install failed; its output is above. Check the network and run the command again.");
    writeFileSync(stampFile, expectedStamp());
  });
}

const node = path.join(modules, "node", "bin", process.platform === "win32" ? "node.exe" : "node");
if (!existsSync(node))
  fail(
    `The pinned Node.js 24 is missing (${node}). Delete node_modules and run the command again.`,
  );

// npm changes to the root before it runs a script; INIT_CWD holds the folder that the user called it from.
const invokedFrom = process.cwd() === root ? (process.env["INIT_CWD"] ?? root) : process.cwd();

const child = spawn(
  node,
  [
    "--disable-warning=ExperimentalWarning",
    // gRPC uses the server's address as its TLS server name, and here that is an IP address.
    "--disable-warning=DEP0123",
    path.join(root, entry),
    ...fixed,
    ...rest,
  ],
  {
    stdio: "inherit",
    env: { ...process.env, SATSCONNECT_INVOKED_FROM: invokedFrom },
  },
);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  // The terminal delivers Ctrl-C to the child directly; other signals are forwarded. In both cases the child decides
  // when to exit.
  process.on(signal, () => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on("exit", (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 128 + (signal === "SIGINT" ? 2 : 15);
});
