import { randomInt } from "node:crypto";
import { describe, expect, test } from "vitest";
import { transitions } from "../domain/diagram.ts";
import { rareExamples } from "../domain/examples.ts";
import { mutations } from "./mutations.ts";
import type { Mutation } from "./process.ts";
import { pricingMutations, ruleMutations } from "./rule-mutations.ts";
import { runScenario } from "./scenario.ts";

const sweep = process.env["SWEEP"] ?? "";
const seeds = { wide: 2_000, full: 20_000 }[sweep] ?? 60;
/** A mutation must be noticed within this many seeds. */
const mutationSeeds = 2_000;
/** A sweep begins anywhere; its start is printed. */
const first = sweep === "" ? 1 : randomInt(900_000_000);
const timeoutMs = 600_000;

describe("simulated buys and sells with faults", () => {
  test(
    `7: keep every rule for ${seeds} seeds from ${first}, and nobody gains by the price`,
    async () => {
      console.log(`seeds ${first} to ${first + seeds - 1}`);
      const seen = new Set<string>();
      let crashes = 0;
      let trades = 0;
      const profit = { buy: 0n, sell: 0n };
      for (let seed = first; seed < first + seeds; seed += 1) {
        const outcome = await runScenario(seed);
        expect(outcome.findings, `npm run simulate -- --seed ${seed}`).toEqual([]);
        for (const transition of outcome.transitions) seen.add(transition);
        for (const { way, cents } of outcome.gains) profit[way] += cents;
        trades += outcome.gains.length;
        crashes += outcome.crashes;
      }
      expect(crashes).toBeGreaterThan(seeds);
      expect(trades).toBeGreaterThan(seeds / 2);
      // Together: a feed that lags behind a jump gives a wrong price now and then, which no rule can prevent.
      const { buy, sell } = profit;
      expect(buy + sell, "the adversary's profit, in cents").toBeLessThanOrEqual(0n);
      // No transition happens that was not declared, and a sweep takes all.
      expect([...declared()]).toEqual(expect.arrayContaining([...seen]));
      if (sweep === "") return;
      for (const transition of important) expect([...seen]).toContain(transition);
      for (const { from, to } of rareExamples) {
        if (from.state !== to) seen.add(`${from.kind} ${from.state} → ${to}`);
      }
      expect([...seen].sort(inOrder)).toEqual([...declared()].sort(inOrder));
    },
    timeoutMs,
  );

  test("replay exactly from the same seed", async () => {
    for (const seed of [3, 90, 160, 1_234]) {
      const first = await runScenario(seed);
      const again = await runScenario(seed);
      expect(again.trace).toEqual(first.trace);
      expect(again.ends).toEqual(first.ends);
      expect(again.steps).toBe(first.steps);
    }
  });

  test.each(Object.entries({ ...mutations, ...ruleMutations }).filter(isQuick))(
    "notice code that %s",
    async (_name, mutation) => {
      for (let seed = 1; seed <= mutationSeeds; seed += 1) {
        const { findings } = await runScenario(seed, mutation);
        if (findings.length === 0) continue;
        // It is the bug that was noticed, not the world that it was put in.
        expect(await runScenario(seed, worldOf(mutation))).toMatchObject({ findings: [] });
        return;
      }
      expect.unreachable(`${mutationSeeds} seeds did not notice the bug`);
    },
    timeoutMs,
  );

  test(
    "7: nobody gains while the prices are right",
    async () => {
      const { buy, sell } = await profitOf({});
      expect(buy).toBeLessThanOrEqual(0n);
      expect(sell).toBeLessThanOrEqual(0n);
    },
    timeoutMs,
  );

  test.each(Object.entries(pricingMutations))(
    "7: somebody gains by code that %s",
    async (_name, mutation) => {
      const { buy, sell } = await profitOf(mutation);
      expect(buy > 0n || sell > 0n).toBe(true);
    },
    timeoutMs,
  );
});

/** Left to sweeps: takes a minute, and `simulate.integration.test.ts` always has the same mutation in SQL. */
function isQuick([name]: readonly [string, Mutation]): boolean {
  return sweep !== "" || name !== "takes no receipt as a key";
}

const profitSeeds = 100;

/** The gain over many seeds with the adversary alone, in cents. */
async function profitOf(mutation: Mutation): Promise<{ buy: bigint; sell: bigint }> {
  const profit = { buy: 0n, sell: 0n };
  for (let seed = 1; seed <= profitSeeds; seed += 1) {
    const { gains } = await runScenario(seed, { ...mutation, onlyAdversary: true });
    for (const { way, cents } of gains) profit[way] += cents;
  }
  return profit;
}

function worldOf({ faults = {}, onlyAdversary = false }: Mutation): Mutation {
  return { faults, onlyAdversary };
}

const important = [
  "buy stk_requested → kes_received",
  "buy stk_requested → stk_unknown",
  "buy stk_unknown → kes_received",
  "buy stk_unknown → expired",
  "buy stk_requested → cancelled",
  "buy kes_received → paying",
  "buy paying → paid",
  "buy paying → invoice_needed",
  "buy invoice_needed → paying",
  "buy invoice_needed → refunding",
  "buy refunding → refunded",
  "buy stk_requested → case",
  "sell invoice_open → held",
  "sell invoice_open → expired",
  "sell invoice_open → returning",
  "sell held → payout_requested",
  "sell payout_requested → payout_confirmed",
  "sell payout_requested → payout_unknown",
  "sell payout_unknown → payout_confirmed",
  "sell payout_requested → returning",
  "sell payout_unknown → returning",
  "sell payout_unknown → protective_claim",
  "sell protective_claim → owed",
  "sell owed → claimed",
  "sell owed → refunding",
  "sell refunding → refunded",
  "sell payout_confirmed → claimed",
  "sell returning → cancelled",
];

function inOrder(left: string, right: string): number {
  return left < right ? -1 : 1;
}

/** All transitions of the tables, and the two initial ones. */
function declared(): ReadonlySet<string> {
  const all = new Set(["buy quoted → stk_requested", "sell quoted → invoice_open"]);
  for (const { kind, from, to } of transitions()) all.add(`${kind} ${from} → ${to}`);
  return all;
}
