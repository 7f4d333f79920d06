import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { counter } from "./drills/counter.ts";
import { failover } from "./drills/failover.ts";
import { keys } from "./drills/keys.ts";
import { olderBackup } from "./drills/older-backup.ts";
import { restore } from "./drills/restore.ts";
import { seedOnly } from "./drills/seed-only.ts";
import { upgrade } from "./drills/upgrade.ts";
import { startDrillWorld } from "./support/drill-world.ts";
import type { DrillWorld } from "./support/drill-world.ts";

/** The drills of docs/engine.md, in an order in which each leaves a running engine behind. */
const drills = {
  keys,
  failover,
  upgrade,
  restore,
  counter,
  "older-backup": olderBackup,
  "seed-only": seedOnly,
};

/**
 * `npm run drill -- NAME` plays one. `npm test` plays all but `failover`, which `engine-crash.test.ts` covers;
 * `SWEEP=wide` and `SWEEP=full` that one too.
 */
const chosen = process.env["DRILL"];
if (chosen !== undefined && !Object.hasOwn(drills, chosen)) {
  throw new Error(`There is no drill ${chosen}; there are ${Object.keys(drills).join(", ")}.`);
}

let world: DrillWorld;
beforeAll(async () => {
  world = await startDrillWorld();
}, 240_000);
afterAll(() => world?.stop(), 60_000);

const isPlayed = (name: string): boolean =>
  chosen === undefined
    ? name !== "failover" || process.env["SWEEP"] !== undefined
    : name === chosen;
const played = Object.entries(drills).filter(([name]) => isPlayed(name));

describe("a drill", () => {
  test.each(played)(
    "%s",
    async (_name, drill) => {
      await expect(drill(world)).resolves.toBeUndefined();
    },
    400_000,
  );
});
