import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pino } from "pino";
import { ok } from "@satsconnect/money";
import type { EngineClient } from "@satsconnect/contracts/grpc";
import {
  createBalanceRequests,
  createComparisonStore,
} from "../../adapters/postgres/books-store.ts";
import { createLedger } from "../../adapters/postgres/ledger.ts";
import { createTestDatabase } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createTestEngine } from "../../testing/engine.ts";
import { createReconciliation } from "./reconciliation.ts";
import type { Reconciliation } from "./reconciliation.ts";
import { createDarajaBalance } from "../../adapters/daraja/account-balance.ts";
import type { DarajaBalance } from "../../adapters/daraja/account-balance.ts";

const log = pino({ level: "silent" });
const balanceResult = JSON.stringify({
  Result: {
    ResultType: 0,
    ResultCode: 0,
    ResultParameters: {
      ResultParameter: [
        {
          Key: "AccountBalance",
          Value:
            "Working Account|KES|0.00|0.00|0.00|0.00&Utility Account|KES|228037.00|228037.00|0.00|0.00&Charges Paid Account|KES|-1540.00|-1540.00|0.00|0.00",
        },
      ],
    },
  },
});

let testDatabase: TestDatabase;
let now = Date.parse("2026-11-23T09:00:00Z");
let ownedMsat: bigint;
let feesEarnedMsat: bigint;
let mpesaAnswers: boolean;
let queries: number;
let reconciliation: Reconciliation;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  ownedMsat = 5_000_000n;
  feesEarnedMsat = 0n;
  mpesaAnswers = true;
  queries = 0;
  reconciliation = newReconciliation();
});
afterEach(() => testDatabase.drop());

function newReconciliation(): Reconciliation {
  const base = createTestEngine();
  const engine: EngineClient = {
    ...base,
    node: {
      ...base.node,
      getTreasury: async (request, terms) => {
        const treasury = await base.node.getTreasury(request, terms);
        return treasury.ok
          ? ok({
              ...treasury.value,
              onChainConfirmedSat: 0n,
              channelsLocalMsat: ownedMsat,
              feesEarnedMsat,
            })
          : treasury;
      },
    },
  };
  const { database } = testDatabase;
  const balance: DarajaBalance = createDarajaBalance({
    requestBalance: async ({ resultUrl }) => {
      queries += 1;
      if (!mpesaAnswers)
        return {
          ok: false,
          error: { code: "network", message: "M-Pesa is unreachable.", retry: "safe" },
        };
      setTimeout(() => void balance.receive(resultUrl.split("/").at(-1) ?? "", balanceResult), 5);
      return ok({ conversationId: "AG_1" });
    },
    urlFor: (kind, id) => `http://api.test/${kind}/${id}`,
    requests: createBalanceRequests(database),
    payoutShortcode: "600222",
    collectingShortcode: "600222",
  });
  return createReconciliation({
    ledger: createLedger(database),
    engine,
    mpesaBalance: balance,
    comparisons: createComparisonStore(database),
    now: () => now,
    log,
  });
}

const latestComparisons = async () =>
  (await createComparisonStore(testDatabase.database).latest(1))[0]?.comparisons ?? [];

const balances = async () =>
  Object.fromEntries(await createLedger(testDatabase.database).balances());

describe("reconciliation", () => {
  test("posts the opening balances of M-Pesa and the node once, even when two processes run it", async () => {
    const other = newReconciliation();
    await Promise.all([reconciliation.run(), other.run()]);
    await reconciliation.run();
    expect(await balances()).toMatchObject({
      mpesa_available: 22_803_700n,
      mpesa_charges: -154_000n,
      treasury: 5_000_000n,
      capital_msat: -5_000_000n,
    });
  });

  test("posts no opening balances before the node has funds and M-Pesa answers", async () => {
    ownedMsat = 0n;
    await reconciliation.run();
    expect(queries).toBe(0);
    ownedMsat = 5_000_000n;
    mpesaAnswers = false;
    await reconciliation.run();
    expect((await balances())["treasury"] ?? 0n).toBe(0n);
    mpesaAnswers = true;
    await reconciliation.run();
    expect((await balances())["treasury"]).toBe(5_000_000n);
  });

  test("posts the income of the node once", async () => {
    await reconciliation.run();
    feesEarnedMsat = 3_000n;
    ownedMsat += 3_000n;
    await reconciliation.run();
    await reconciliation.run();
    expect(await balances()).toMatchObject({ treasury: 5_003_000n, node_income: -3_000n });
  });

  test("compares the ledger with the actual balances after ten minutes and reports a difference", async () => {
    await reconciliation.run();
    expect((await latestComparisons()).map(({ difference }) => difference)).toEqual([
      0n,
      0n,
      0n,
      0n,
    ]);
    ownedMsat -= 1n;
    await testDatabase.database.query(
      `CREATE OR REPLACE FUNCTION books_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
         SELECT clock_timestamp() + interval '10 minutes' $$`,
    );
    await reconciliation.run();
    expect((await latestComparisons()).find(({ figure }) => figure === "treasury")).toMatchObject({
      difference: -1n,
    });
  });
});

test("a balance query ignores results of other requests and unreadable results", async () => {
  let requestId = "";
  const balance = createDarajaBalance({
    requestBalance: async () => ok({ conversationId: "AG_1" }),
    urlFor: (kind, id) => {
      requestId = id;
      return `${kind}/${id}`;
    },
    requests: createBalanceRequests(testDatabase.database),
    payoutShortcode: "600222",
    collectingShortcode: "600222",
  });
  const result = balance.query(0);
  await vi.waitFor(() => expect(requestId).not.toBe(""));
  await balance.receive("nobody", balanceResult.replaceAll("228037.00", "1.00"));
  await balance.receive(requestId, "<html>");
  await balance.receive(requestId, balanceResult);
  expect(await result).toEqual(
    ok({
      payouts: { utilityCents: 22_803_700n, workingCents: 0n, chargesCents: -154_000n },
      collections: null,
    }),
  );
});
