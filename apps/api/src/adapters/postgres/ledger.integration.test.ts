import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accounts } from "../../domain/postings.ts";
import { benchLedgerPostings } from "./ledger-bench.ts";
import { createTestDatabase } from "../../testing/database.ts";
import type { Account, Entry, LedgerCurrency } from "../../domain/postings.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { createLedger } from "./ledger.ts";
import type { Journal, Ledger } from "../../app/reconciliation/ports.ts";
import {
  bookNodeIncome,
  bookOpening,
  ledgerTotals,
  reconcile,
} from "../../app/reconciliation/bookings.ts";

describe("the ledger in Postgres", () => {
  let testDatabase: TestDatabase;
  let ledger: Ledger;
  const at = Date.UTC(2026, 10, 23);

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    ledger = createLedger(testDatabase.database);
  });
  afterAll(() => testDatabase.drop());

  const journal = (entries: Journal["entries"], reference: string = randomUUID()): Journal => ({
    reference,
    kind: "test",
    entries,
  });

  test("has the same accounts as the code", async () => {
    const { rows } = await testDatabase.database.query(
      "SELECT code, currency, type FROM ledger_accounts",
    );
    const known = Object.entries(accounts).map(([code, account]) => ({ code, ...account }));
    expect(rows.sort((a, b) => (a.code < b.code ? -1 : 1))).toEqual(
      known.sort((a, b) => (a.code < b.code ? -1 : 1)),
    );
  });

  test("refuses all journals of a call when one does not balance in each currency", async () => {
    const good = journal([
      { account: "treasury", currency: "MSAT", amount: 5n },
      { account: "exchange_msat", currency: "MSAT", amount: -5n },
    ]);
    for (const bad of [
      [
        { account: "treasury", currency: "MSAT", amount: 5n },
        { account: "exchange_msat", currency: "MSAT", amount: -4n },
      ],
      // Sums to zero only across two currencies.
      [
        { account: "treasury", currency: "MSAT", amount: 5n },
        { account: "capital_kes", currency: "KES", amount: -5n },
      ],
      [{ account: "treasury", currency: "MSAT", amount: 5n }],
    ] as const) {
      await expect(ledger.post([good, journal(bad)], at)).rejects.toThrow(/does not balance/);
    }
    expect(await ledger.balance("treasury")).toBe(0n);
  });

  test("refuses shillings between millisatoshi accounts, although they sum to zero", async () => {
    const wrong = [
      { account: "treasury", currency: "KES", amount: 5n },
      { account: "exchange_msat", currency: "KES", amount: -5n },
    ] as unknown as readonly Entry[];
    await expect(ledger.post([journal(wrong)], at)).rejects.toThrow(
      /books KES in (treasury|exchange_msat), a MSAT account/,
    );
    expect(await ledger.balance("treasury")).toBe(0n);
  });

  test("refuses an account that does not exist", async () => {
    const unknown = [
      { account: "nobody" as "treasury", currency: "MSAT", amount: 5n },
      { account: "treasury", currency: "MSAT", amount: -5n },
    ] as const;
    await expect(ledger.post([journal(unknown)], at)).rejects.toThrow(/does not exist/);
  });

  test("posts a reference once when eight calls post it at once", async () => {
    const same = journal([
      { account: "treasury", currency: "MSAT", amount: 7n },
      { account: "exchange_msat", currency: "MSAT", amount: -7n },
    ]);
    const added = await Promise.all(Array.from({ length: 8 }, () => ledger.post([same], at)));
    expect(added.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await ledger.balance("treasury")).toBe(7n);
  });

  test.each(["ledger_journals", "ledger_entries", "ledger_accounts"])(
    "refuses to update, delete or truncate %s",
    async (table) => {
      const column =
        table === "ledger_accounts" ? "type" : table === "ledger_entries" ? "line" : "kind";
      for (const statement of [
        `UPDATE ${table} SET ${column} = ${column}`,
        `DELETE FROM ${table}`,
        `TRUNCATE ${table} CASCADE`,
      ]) {
        await expect(testDatabase.database.query(statement)).rejects.toThrow(/append-only/);
      }
    },
  );

  test("keeps exact balances and a total of zero for random journals and checkpoints", async () => {
    const codes = Object.keys(accounts) as Account[];
    const accountsOf = (currency: LedgerCurrency) =>
      codes.filter((code) => accounts[code].currency === currency);
    const move = fc.constantFrom("KES" as const, "MSAT" as const).chain((currency) =>
      fc.record({
        currency: fc.constant(currency),
        from: fc.constantFrom(...accountsOf(currency)),
        to: fc.constantFrom(...accountsOf(currency)),
        amount: fc.bigInt({ min: 1n, max: 10n ** 15n }),
      }),
    );
    const expected = new Map((await ledger.balances()).entries());
    await fc.assert(
      fc.asyncProperty(
        fc.array(move, { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        async (moves, checkpoint) => {
          const journals = moves.map(({ currency, from, to, amount }) =>
            journal([
              { account: to, currency, amount } as Entry,
              { account: from, currency, amount: -amount } as Entry,
            ]),
          );
          await Promise.all([
            ledger.post(journals.slice(0, 10), at),
            ledger.post(journals.slice(10), at),
            checkpoint ? ledger.moveCheckpoints() : null,
          ]);
          for (const { from, to, amount } of moves) {
            expected.set(to, (expected.get(to) ?? 0n) + amount);
            expected.set(from, (expected.get(from) ?? 0n) - amount);
          }
          expect(await ledger.balances()).toEqual(expected);
          expect(await ledgerTotals(ledger)).toEqual({ kesCents: 0n, msat: 0n });
          const { rows } = await testDatabase.database.query(
            "SELECT currency, sum(amount) AS total FROM ledger_entries GROUP BY currency ORDER BY 1",
          );
          for (const row of rows) expect(row).toMatchObject({ total: "0" });
        },
      ),
      { numRuns: 40 },
    );
  });

  test("includes a transaction that commits after a checkpoint was moved", async () => {
    const before = await ledger.balance("treasury");
    const slow = await testDatabase.database.connect();
    try {
      await slow.query("BEGIN");
      await slow.query("SELECT post_journals($1, $2, now(), $3, $4, $5, $6)", [
        [randomUUID()],
        ["test"],
        [1, 1],
        ["treasury", "exchange_msat"],
        ["MSAT", "MSAT"],
        ["11", "-11"],
      ]);
      await ledger.moveCheckpoints();
      expect(await ledger.balance("treasury")).toBe(before);
      await slow.query("COMMIT");
    } finally {
      slow.release();
    }
    expect(await ledger.balance("treasury")).toBe(before + 11n);
    await ledger.moveCheckpoints();
    expect(await ledger.balance("treasury")).toBe(before + 11n);
  });

  test("posts more than 1,000 journals a second", async () => {
    const perSecond = await benchLedgerPostings(testDatabase.database, {
      seconds: 1,
      writers: 4,
      batch: 100,
    });
    expect(perSecond).toBeGreaterThan(1_000);
  });
});

describe("reconciliation", () => {
  test("agrees after the opening, follows node income, and shows differences", async () => {
    const { database, drop } = await createTestDatabase();
    const ledger = createLedger(database);
    try {
      const payouts = { utilityCents: 5_000_000n, workingCents: 700n, chargesCents: -1_500n };
      const mpesa = {
        payouts,
        collections: { utilityCents: 90n, workingCents: 8n, chargesCents: -2n },
      };
      const treasury = { ownedMsat: 900_000n, feesEarnedMsat: 40n, onChainFeesMsat: 7n };
      const before = await ledger.balances();
      expect(await bookOpening(ledger, before, { mpesa, treasury }, 1)).toBe("booked");
      expect(await bookOpening(ledger, before, { mpesa, treasury }, 2)).toBe("opened_before");
      const differences = async (figures: Parameters<typeof reconcile>[1]) =>
        (await reconcile(ledger, figures)).map(({ difference }) => difference);
      expect(await differences({ mpesa, treasury })).toEqual([0n, 0n, 0n, 0n, 0n, 0n]);

      const later = { ownedMsat: 900_000n + 60n - 3n, feesEarnedMsat: 100n, onChainFeesMsat: 10n };
      expect(await differences({ treasury: later })).toEqual([57n]);
      await bookNodeIncome(ledger, later, 3);
      await bookNodeIncome(ledger, later, 4);
      expect(await differences({ treasury: later })).toEqual([0n]);
      const collections = { utilityCents: 50n, workingCents: 48n, chargesCents: -2n };
      expect(await differences({ mpesa: { payouts, collections } })).toEqual([
        0n,
        0n,
        0n,
        -40n,
        40n,
      ]);
      expect(await ledgerTotals(ledger)).toEqual({ kesCents: 0n, msat: 0n });
    } finally {
      await drop();
    }
  });
});
