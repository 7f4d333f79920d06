import type { Database, Queryable } from "@satsconnect/postgres";
import type { Counter, Journal, Ledger } from "../../app/reconciliation/ports.ts";
import { accounts } from "../../domain/postings.ts";
import type { Account } from "../../domain/postings.ts";
import { jsonbText } from "./jsonb.ts";

/** SQLSTATE of `open_books` when an order moved money meanwhile. */
const notQuiet = "SC020";

/** The accounts that the growth of a counter is debited and credited to. */
const counterAccounts: Readonly<
  Record<Counter, readonly [debit: Account<"MSAT">, credit: Account<"MSAT">]>
> = {
  counter_fees_earned: ["treasury", "node_income"],
  counter_on_chain_fees: ["node_expenses", "treasury"],
};

/** The double-entry ledger in Postgres. Orders post through the order store, in the order's own transaction. */
export function createLedger(database: Database): Ledger {
  return {
    post: (journals, at) => postJournals(database, journals, at),
    postCounter: async (counter, value, at) => {
      const [debit, credit] = counterAccounts[counter];
      const { rows } = await database.query<{ growth: bigint }>(
        "SELECT post_counter($1, $2, $3, $4, $5) AS growth",
        [counter, value, debit, credit, new Date(at)],
      );
      return rows[0]?.growth ?? 0n;
    },
    open: async (figures, counters, at) => {
      const stored = figures.map(({ account, actual, before }) => {
        const { currency } = accounts[account];
        const capital = currency === "KES" ? "capital_kes" : "capital_msat";
        return { account, currency, capital, actual: String(actual), before: String(before) };
      });
      const values = Object.entries(counters).map(
        ([name, value]) => [name, String(value)] as const,
      );
      try {
        const { rows } = await database.query<{ outcome: "booked" | "opened_before" }>(
          "SELECT open_books($1::jsonb, $2::jsonb, $3) AS outcome",
          [jsonbText(stored), jsonbText(Object.fromEntries(values)), new Date(at)],
        );
        return rows[0]?.outcome ?? "opened_before";
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === notQuiet)
          return "not_quiet";
        throw error;
      }
    },
    isOpen: async () => {
      const { rowCount } = await database.query(
        "SELECT 1 FROM ledger_journals WHERE reference = 'opening' AND kind = 'opening'",
      );
      return rowCount === 1;
    },
    balance: async (account) => {
      const { rows } = await database.query<{ balance: string }>({
        name: "ledger_balance",
        text: "SELECT ledger_balance($1) AS balance",
        values: [account],
      });
      return BigInt(rows[0]?.balance ?? "0");
    },
    balances: async () => {
      const { rows } = await database.query<{ code: Account; balance: string }>(
        "SELECT code, ledger_balance(code) AS balance FROM ledger_accounts ORDER BY code",
      );
      return new Map(rows.map(({ code, balance }) => [code, BigInt(balance)]));
    },
    moveCheckpoints: async () => {
      await database.query("SELECT move_ledger_checkpoints()");
    },
  };
}

async function postJournals(
  database: Queryable,
  journals: readonly Journal[],
  at: number,
): Promise<number> {
  const journalNumbers: number[] = [];
  const accountCodes: string[] = [];
  const currencies: string[] = [];
  const amounts: bigint[] = [];
  journals.forEach(({ entries }, index) => {
    for (const { account, currency, amount } of entries) {
      journalNumbers.push(index + 1);
      accountCodes.push(account);
      currencies.push(currency);
      amounts.push(amount);
    }
  });
  const { rows } = await database.query<{ added: number }>({
    name: "post_journals",
    text: "SELECT post_journals($1, $2, $3, $4, $5, $6, $7) AS added",
    values: [
      journals.map(({ reference }) => reference),
      journals.map(({ kind }) => kind),
      new Date(at),
      journalNumbers,
      accountCodes,
      currencies,
      amounts,
    ],
  });
  return rows[0]?.added ?? 0;
}
