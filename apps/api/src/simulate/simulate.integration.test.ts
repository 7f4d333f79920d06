import { randomInt } from "node:crypto";
import type { Database } from "@satsconnect/postgres";
import { describe, expect, test } from "vitest";
import { createLedger } from "../adapters/postgres/ledger.ts";
import { createTestDatabase } from "../testing/database.ts";
import type { Mutation } from "./process.ts";
import { runScenario, openingFloat } from "./scenario.ts";
import { createShadow } from "./shadow-store.ts";

const sweep = process.env["SWEEP"] ?? "";
const seeds = { wide: 12, full: 400 }[sweep] ?? 4;
const first = sweep === "" ? 1 : randomInt(900_000_000);
const timeoutMs = 3_600_000;

/** Runs a seed on Postgres as well as in memory. Returns what went wrong, and how the two differed. */
async function runOnPostgres(seed: number, world: Mutation = {}, mutate?: SqlMutation) {
  const { database, drop } = await createTestDatabase();
  try {
    if (mutate !== undefined) await changeFunction(database, mutate);
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
    const { findings } = await runScenario(seed, { ...world, store: shadow.wrap }, shadow);
    return { findings, difference: shadow.difference() };
  } finally {
    await drop();
  }
}

type SqlMutation = { readonly name: string; readonly from: string; readonly to: string };

async function changeFunction(database: Database, { name, from, to }: SqlMutation): Promise<void> {
  const { rows } = await database.query<{ definition: string }>(
    "SELECT pg_get_functiondef(oid) AS definition FROM pg_proc WHERE proname = $1",
    [name],
  );
  const definition = rows[0]?.definition ?? "";
  expect(definition).toContain(from);
  await database.query(definition.replace(from, () => to));
}

const forged = { callbackForged: 1, callbackLost: 0.8, operatorErrs: 0 };

/** Deliberate bugs in the SQL functions, and the worlds in which they show soon. */
const sqlMutations: Readonly<Record<string, readonly [SqlMutation, Mutation]>> = {
  "overwrites an order that has changed since it was read": [
    {
      name: "commit_order",
      from: "AND state = p_state AND version = p_version RETURNING",
      to: "RETURNING",
    },
    { faults: { callbackDoubled: 0.7, streamRepeat: 0.7, operatorErrs: 0.5 } },
  ],
  "takes no receipt as a key": [
    {
      name: "take_order_keys",
      from: "owner <> p_order",
      to: "owner <> p_order AND key.kind <> 'mpesa_receipt'",
    },
    { faults: forged },
  ],
  "counts no sells toward the daily limit": [
    {
      name: "order_limits",
      from: "AND o.created_at >= v_day",
      to: "AND o.created_at >= v_day AND o.kind <> 'sell'",
    },
    {},
  ],
  "forgets by which number a person trades with other wallets": [
    { name: "order_involves_number", from: "SELECT", to: "SELECT false AND" },
    { onlyAdversary: true },
  ],
};

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

  test.each(Object.entries(sqlMutations))(
    "notice SQL that %s",
    async (_name, [mutation, world]) => {
      for (let seed = 1; seed <= 60; seed += 1) {
        const { difference } = await runOnPostgres(seed, world, mutation);
        if (difference === null) continue;
        // It is the bug that was noticed, not the world that it was put in.
        expect(await runOnPostgres(seed, world)).toMatchObject({ difference: null });
        return;
      }
      expect.unreachable("60 seeds did not notice the bug");
    },
    timeoutMs,
  );
});
