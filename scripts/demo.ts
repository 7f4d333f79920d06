import { rmSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { openScreen } from "./demo/screen.ts";
import { buySats, createDemoWallet, payMerchant, sellSats } from "./demo/story.ts";
import { readBalances, compareBalances } from "./demo/compare-balances.ts";
import { openMpesa } from "./stack/mpesa.ts";
import { startSystem } from "./stack/system.ts";
import type { System } from "./stack/system.ts";
import { homeFolder } from "./support/paths.ts";
import { tryLock } from "./support/lock.ts";

const help = `npm run demo: starts a system of its own and runs a complete scenario:
creates a wallet, buys sats with M-Pesa, pays a merchant, sells sats to M-Pesa, and compares all books.

  --keep    keep the demo's state in .satsconnect/demo afterwards
  --help    show this help

Exits with code 0 only if all balances agree to the satoshi and to the cent.
`;

async function play(system: System): Promise<boolean> {
  const screen = openScreen(() => Date.now());
  const mpesa = openMpesa(system.urls.simulator);
  const tools = { system, mpesa, screen };
  const before = await readBalances(tools, null);
  const holder = await createDemoWallet(tools);
  try {
    const { wallet } = holder;
    const boughtMsat = await buySats(tools, wallet);
    const sent = await payMerchant(tools, wallet);
    const soldMsat = await sellSats(tools, wallet);
    screen.step("Compare all books");
    const after = await readBalances(tools, wallet);
    const { text, agrees } = compareBalances(before, after, { boughtMsat, soldMsat, ...sent });
    screen.plain(text);
    return agrees;
  } finally {
    await holder.close();
  }
}

async function main(): Promise<number> {
  const options = process.argv.slice(2);
  if (options.some((argument) => argument !== "--keep")) {
    process.stdout.write(help);
    return options.includes("--help") ? 0 : 2;
  }
  const home = path.join(homeFolder, "demo");
  const lock = tryLock(path.join(homeFolder, "demo.lock"));
  if (!("release" in lock)) {
    process.stderr.write("The demo is already running. Wait until it has finished.\n");
    return 1;
  }
  const startedAt = Date.now();
  const seconds = (): string => ((Date.now() - startedAt) / 1_000).toFixed(1);
  let system: System | undefined;
  // The demo always starts from empty state.
  rmSync(home, { recursive: true, force: true });
  let stopRequested = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (stopRequested) return;
      stopRequested = true;
      process.stdout.write("\nStopping…\n");
      // Processes that are still starting exit with this one: each of them watches its standard input.
      void (system?.stop() ?? Promise.resolve()).finally(() => process.exit(130));
    });
  }
  try {
    process.stdout.write("Starting a separate system for the demo, on regtest:\n");
    system = await startSystem({
      home,
      print: (line) => process.stdout.write(`${`+${seconds()} s`.padStart(10)}  ${line}\n`),
      portBase: 27_000,
      ownServers: true,
      miner: { everyMs: 20_000, afterTransactionMs: 1_500 },
    });
    const agrees = await play(system);
    process.stdout.write(
      agrees
        ? `\nAll balances agree to the satoshi and to the cent. ${seconds()} s in total.\n`
        : "\nThe books do NOT agree: see above.\n",
    );
    return agrees ? 0 : 1;
  } finally {
    await system?.stop();
    if (!options.includes("--keep")) rmSync(home, { recursive: true, force: true });
    lock.release();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
process.exit();
