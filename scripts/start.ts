import path from "node:path";
import process from "node:process";
import { homeFolder } from "./support/paths.ts";
import { tryLock } from "./support/lock.ts";
import { runningSystem } from "./stack/system-file.ts";
import { startSystem } from "./stack/system.ts";
import type { System } from "./stack/system.ts";
import type { AppName } from "./stack/environments.ts";

const help = `npm start: starts all of SatsConnect on this machine, on regtest, and keeps it running.

  --verbose   print all log lines (default: warnings only; .satsconnect/logs has everything)
  --help      show this help

Ctrl-C stops everything. State is kept in .satsconnect (or SATSCONNECT_HOME); delete it to start from scratch.
`;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints warnings and errors of the processes, one line each. */
function relay(verbose: boolean): (app: AppName, line: string) => void {
  return (app, line) => {
    if (verbose) {
      print(`${app.padEnd(9)} │ ${line}`);
      return;
    }
    let entry: { readonly level?: unknown; readonly msg?: unknown; readonly from?: unknown };
    try {
      entry = JSON.parse(line) as typeof entry;
    } catch {
      print(`${app.padEnd(9)} │ ${line}`);
      return;
    }
    // pino levels: 40 is a warning, 50 an error. LDK's own messages stay in the log files; the engine logs their
    // consequences itself.
    if (typeof entry.level === "number" && entry.level >= 40 && entry.from !== "core")
      print(`${app.padEnd(9)} │ ${String(entry.msg)} (details in the logs)`);
  };
}

function addressList(urls: {
  readonly api: string;
  readonly simulator: string;
  readonly merchant: string;
  readonly console: string;
  readonly wallet: string | null;
}): string {
  return `
SatsConnect is running.

  ${
    urls.wallet === null
      ? ""
      : `The wallet                      ${urls.wallet}
  `
  }The API and its documentation   ${urls.api}/docs
  The virtual handset             ${urls.simulator}/handset
  The merchant's shop             ${urls.merchant}
  A wallet in the terminal        npm run wallet -- create
  The operator's console          ${urls.console}
  Sign in there the first time    npm run satsctl -- operators add you --reason "first operator"
  The operator's command line     npm run satsctl -- --help
`;
}

async function main(): Promise<number> {
  const unknown = process.argv.slice(2).filter((argument) => argument !== "--verbose");
  if (unknown.length > 0) {
    process.stdout.write(help);
    return unknown.includes("--help") ? 0 : 2;
  }
  const running = runningSystem(homeFolder);
  if (running !== null) {
    print(
      addressList({
        api: running.apiUrl,
        simulator: running.simulatorUrl,
        merchant: running.merchantUrl,
        console: running.operator.consoleUrl,
        wallet: running.walletUrl,
      }).replace("is running.", `is already running (process ${String(running.pid)}).`),
    );
    return 0;
  }
  const lock = tryLock(path.join(homeFolder, "lock"));
  if (!("release" in lock)) {
    print(
      `Process ${String(lock.holder)} is starting or stopping the system. Try again in a moment.`,
    );
    return 1;
  }
  try {
    return await run();
  } finally {
    lock.release();
  }
}

async function run(): Promise<number> {
  let stopRequested = false;
  let requestStop: () => void = () => undefined;
  const stopRequest = new Promise<void>((resolve) => {
    requestStop = resolve;
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!stopRequested) print("\nStopping…");
      stopRequested = true;
      requestStop();
    });
  }
  const startedAt = Date.now();
  const relayLine = relay(process.argv.includes("--verbose"));
  const starting = startSystem({
    home: homeFolder,
    print,
    onLine: (app, line) => {
      if (!stopRequested) relayLine(app, line);
    },
    withWallet: true,
    miner: { everyMs: 30_000, afterTransactionMs: 3_000 },
  });
  const first = await Promise.race([starting, stopRequest]);
  if (first === undefined) {
    // Stop was requested during start-up: stop everything that has started by then, in order.
    await starting.then(
      (system) => system.stop(),
      () => undefined,
    );
    return 0;
  }
  const system: System = first;
  print(addressList(system.urls));
  print(`Started in ${((Date.now() - startedAt) / 1000).toFixed(1)} s. Press Ctrl-C to stop.`);
  const programs = [
    ...Object.values(system.apps),
    ...(system.wallet === null ? [] : [system.wallet]),
  ];
  const exits = programs.map(async (app) => {
    await app.process().exited;
    return app;
  });
  const exitedApp = await Promise.race([stopRequest, ...exits]);
  if (exitedApp !== undefined && !stopRequested) {
    print(
      `\n${exitedApp.name} exited unexpectedly. Its last output:\n${exitedApp.process().tail()}\nStopping…`,
    );
    await system.stop();
    return 1;
  }
  await system.stop();
  print("Stopped. State is kept for the next start.");
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
process.exit();
