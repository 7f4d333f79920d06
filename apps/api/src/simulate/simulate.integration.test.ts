import { randomInt } from "node:crypto";
import type { Database } from "@satsconnect/postgres";
import { describe, expect, test } from "vitest";
import { createLedger } from "../adapters/postgres/ledger.ts";
import { createTestDatabase } from "../testing/database.ts";
import { openingFloat, runScenario } from "./scenario.ts";
import { createShadow } from "./shadow-store.ts";

const sweep = process.env["SWEEP"] ?? "";
const seeds = { wide: 40, full: 400 }[sweep] ?? 4;
const first = sweep === "" ? 1 : randomInt(900_000_000);
const timeoutMs = 3_600_000;

/** Runs a seed on Postgres as well as in memory. Returns what went wrong, and how the two differed. */
async function runOnPostgres(seed: number, prepare?: (database: Database) => Promise<void>) {
  const { database, drop } = await createTestDatabase();
  try {
    await prepare?.(database);
    await createLedger(database).post(
      [
        {
          reference: "opening",
          kind: "opening",
          entries: [
            { account: "mpesa_available", currency: "KES", amount: openingFloat },
            { account: "capital_kes", currency: "KES", amount: -openingFloat },
          ],
        },
      ],
      Date.now(),
    );
    const shadow = createShadow(database);
    const { findings } = await runScenario(seed, { store: shadow.wrap }, shadow.isBusy);
    return { findings, difference: shadow.difference() };
  } finally {
    await drop();
  }
}

describe("simulated buys and sells on Postgres", () => {
  test(
    `keep every rule for ${seeds} seeds from ${first}, and end as in memory`,
    async () => {
      console.log(`seeds ${first} to ${first + seeds - 1}`);
      for (let seed = first; seed < first + seeds; seed += 1) {
        const outcome = await runOnPostgres(seed);
        expect(outcome, `seed ${seed}`).toEqual({ findings: [], difference: null });
      }
    },
    timeoutMs,
  );
});
