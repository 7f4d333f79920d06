import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pino } from "pino";
import { ok } from "@satsconnect/money";
import type { EngineClient } from "@satsconnect/contracts/grpc";
import { createLedger } from "../../adapters/postgres/ledger.ts";
import { createTestDatabase } from "../../testing/database.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createTestEngine } from "../../testing/engine.ts";
import { createKeeper } from "./reconciliation.ts";
import type { Keeper } from "./reconciliation.ts";
import { createMpesaBalance } from "../../adapters/daraja/account-balance.ts";
import type { MpesaBalance } from "../../adapters/daraja/account-balance.ts";

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
let answering: boolean;
let asked: number;
let keeper: Keeper;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  ownedMsat = 5_000_000n;
  feesEarnedMsat = 0n;
  answering = true;
  asked = 0;
  keeper = newKeeper();
});
afterEach(() => testDatabase.drop());

function newKeeper(): Keeper {
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
  const balance: MpesaBalance = createMpesaBalance(
    async ({ resultUrl }) => {
      asked += 1;
      if (answering)
        queueMicrotask(() => balance.receive(resultUrl.split("/").at(-1) ?? "", balanceResult));
      return answering
        ? ok({ conversationId: "AG_1" })
        : { ok: false, error: { code: "network", message: "M-Pesa is away.", retry: "safe" } };
    },
    (kind, id) => `http://api.test/${kind}/${id}`,
  );
  return createKeeper({
    database: testDatabase.database,
    engine,
    mpesaBalance: balance,
    now: () => now,
    log,
  });
}

const balances = async () =>
  Object.fromEntries(await createLedger(testDatabase.database).balances());

describe("the books", () => {
  test("open with what M-Pesa and the node hold, once, whoever looks first", async () => {
    const other = newKeeper();
    await Promise.all([keeper.work(), other.work()]);
    await keeper.work();
    expect(await balances()).toMatchObject({
      mpesa_available: 22_803_700n,
      mpesa_charges: -154_000n,
      treasury: 5_000_000n,
      capital_msat: -5_000_000n,
    });
  });

  test("wait until the node holds anything, and until M-Pesa answers", async () => {
    ownedMsat = 0n;
    await keeper.work();
    expect(asked).toBe(0);
    ownedMsat = 5_000_000n;
    answering = false;
    await keeper.work();
    expect((await balances())["treasury"] ?? 0n).toBe(0n);
    answering = true;
    await keeper.work();
    expect((await balances())["treasury"]).toBe(5_000_000n);
  });

  test("take in what the node earns, each satoshi once", async () => {
    await keeper.work();
    feesEarnedMsat = 3_000n;
    ownedMsat += 3_000n;
    await keeper.work();
    await keeper.work();
    expect(await balances()).toMatchObject({ treasury: 5_003_000n, node_income: -3_000n });
  });

  test("are compared with the world now and then, and a difference is told", async () => {
    await keeper.work();
    expect(keeper.comparisons().map(({ difference }) => difference)).toEqual([0n, 0n, 0n]);
    ownedMsat -= 1n;
    now += 10 * 60_000;
    await keeper.work();
    expect(keeper.comparisons().find(({ what }) => what === "treasury")).toMatchObject({
      difference: -1n,
    });
  });
});

test("a balance that nobody asked for, or that is none, is not taken for the one that was asked for", async () => {
  let requestId = "";
  const balance = createMpesaBalance(
    async () => ok({ conversationId: "AG_1" }),
    (kind, id) => {
      requestId = id;
      return `${kind}/${id}`;
    },
  );
  const asked = balance.ask();
  balance.receive("nobody", balanceResult.replaceAll("228037.00", "1.00"));
  balance.receive(requestId, "<html>");
  balance.receive(requestId, balanceResult);
  expect(await asked).toEqual(ok({ utilityCents: 22_803_700n, chargesCents: -154_000n }));
});
