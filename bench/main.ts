import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { root } from "../scripts/support/paths.ts";
import { browserHomes } from "./browser-home.ts";
import { slowSends } from "./slow-send.ts";
import { forwards, jitOpens, ledgerPostings, orders } from "./measures.ts";
import type { Measure } from "./measures.ts";
import { rounded } from "./statistics.ts";
import { openWorld } from "./world.ts";
import type { World } from "./world.ts";

/**
 * Measures a complete system of real processes with durable commits and writes `bench/results.json`: an array of
 * `{name, value, unit, cores, core, at}`. `core` names the build of the Lightning core that the operator's node ran
 * on: `addon`, or `wasm` (CORE=wasm).
 */
const benchmarks: Readonly<Record<string, (world: World) => Promise<readonly Measure[]>>> = {
  forwards,
  jit: jitOpens,
  orders,
  ledger: ledgerPostings,
  slow: slowSends,
  browser: browserHomes,
};

async function main(): Promise<void> {
  const selected = process.argv.slice(2);
  const unknown = selected.find((name) => !Object.hasOwn(benchmarks, name));
  if (unknown !== undefined) {
    process.stderr.write(
      `Unknown benchmark “${unknown}”. Choose from ${Object.keys(benchmarks).join(", ")}; without a name, all run.\n`,
    );
    process.exitCode = 2;
    return;
  }
  const print = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const world = await openWorld(print);
  try {
    const core = String(world.system.apps.engine.ready()["core"]);
    const cores = os.availableParallelism();
    const results = [];
    for (const [name, measure] of Object.entries(benchmarks)) {
      if (selected.length > 0 && !selected.includes(name)) continue;
      const load = os.loadavg()[0] ?? 0;
      if (load > cores)
        print(
          `Warning: the load is ${load.toFixed(1)}; results will be worse than on an idle machine.`,
        );
      print(`Measuring ${name}…`);
      for (const { name: figure, value, unit } of await measure(world)) {
        const at = new Date().toISOString();
        const result = { name: figure, value: rounded(value), unit, cores, core, at };
        results.push(result);
        process.stdout.write(`${figure.padEnd(26)} ${String(result.value).padStart(8)} ${unit}\n`);
      }
    }
    if (selected.length === 0) {
      const file = path.join(root, "bench", "results.json");
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
    }
  } finally {
    await world.stop();
  }
}

await main();
process.exit();
