import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { runScenario } from "./scenario.ts";

/*
 * npm run simulate -- --seeds 2000 [--from 1]   runs many seeds, from a random one on; stops at the first that violates a rule
 * npm run simulate -- --seed 1234               runs one seed and prints every step
 */
function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: "string", default: "200" },
        from: { type: "string" },
        seed: { type: "string" },
      },
    });
    return values;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error("Usage: npm run simulate -- [--seeds COUNT] [--from SEED] | --seed SEED");
    process.exit(2);
  }
}

const values = readArguments();
/** Over fewer seeds, a profit may be luck. */
const minSeedsOfProfit = 500;
/** Seeds are read from nine digits. */
const maxFirstSeed = 900_000_000;

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    console.error(`--${name} must be a whole number, not “${text}”.`);
    process.exit(2);
  }
  return Number(text);
}

async function runOne(seed: number): Promise<number> {
  const { trace, findings, ends } = await runScenario(seed);
  for (const line of trace) console.log(line);
  console.log(`\nseed ${seed}: ${ends.join(", ")}`);
  for (const finding of findings) console.log(`FAILED: ${finding}`);
  return findings.length === 0 ? 0 : 1;
}

async function runMany(from: number, count: number): Promise<number> {
  const ends = new Map<string, number>();
  const transitions = new Set<string>();
  const gained = { buy: 0n, sell: 0n };
  const trades = { buy: 0, sell: 0 };
  let crashes = 0;
  let steps = 0;
  const startedAt = performance.now();
  console.log(`seeds ${from} to ${from + count - 1}`);
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = await runScenario(seed);
    crashes += outcome.crashes;
    steps += outcome.steps;
    for (const { way, cents } of outcome.gains) {
      gained[way] += cents;
      trades[way] += 1;
    }
    for (const end of outcome.ends) ends.set(end, (ends.get(end) ?? 0) + 1);
    for (const transition of outcome.transitions) transitions.add(transition);
    if (outcome.findings.length > 0) {
      for (const line of outcome.trace) console.log(line);
      for (const finding of outcome.findings) console.log(`FAILED: ${finding}`);
      console.log(`\nSeed ${seed} violates a rule. Replay it: npm run simulate -- --seed ${seed}`);
      return 1;
    }
  }
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(
    `${count} seeds ok in ${seconds} s: ${steps} steps, ${crashes} crashes, ${transitions.size} kinds of transition`,
  );
  const shillings = (cents: bigint) => (Number(cents) / 100).toFixed(2);
  console.log(
    `an adversary's profit beyond the promised prices: KES ${shillings(gained.buy)} by ${trades.buy} buys, ${shillings(gained.sell)} by ${trades.sell} sells`,
  );
  if (gained.buy + gained.sell > 0n && count >= minSeedsOfProfit) {
    console.log("FAILED: somebody gains by the price");
    return 1;
  }
  for (const [end, times] of [...ends].sort(([left], [right]) => (left < right ? -1 : 1)))
    console.log(`  ${end}: ${times}`);
  return 0;
}

process.exitCode =
  values.seed === undefined
    ? await runMany(
        values.from === undefined ? randomInt(maxFirstSeed) : wholeNumber("from", values.from),
        wholeNumber("seeds", values.seeds),
      )
    : await runOne(wholeNumber("seed", values.seed));
