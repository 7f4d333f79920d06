import { inTransaction } from "@satsconnect/postgres";
import type { Database, Queryable } from "@satsconnect/postgres";
import type { Journal, Ledger } from "../../app/reconciliation/ports.ts";
import type { Account } from "../../domain/postings.ts";

/** The double-entry ledger in Postgres. Orders post through the order store, in the order's own transaction. */
export function createLedger(database: Database): Ledger {
  return {
    post: (journals, at) => postJournals(database, journals, at),
    postOnce: (marker, journals, at) =>
      inTransaction(database, async (transaction) => {
        if ((await postJournals(transaction, [marker], at)) === 0) return false;
        await postJournals(transaction, journals, at);
        return true;
      }),
    isPosted: async (reference, kind) => {
      const { rowCount } = await database.query(
        "SELECT 1 FROM ledger_journals WHERE reference = $1 AND kind = $2",
        [reference, kind],
      );
      return rowCount === 1;
    },
    lastReference: async (kind) => {
      const { rows } = await database.query<{ last: string | null }>(
        "SELECT max(reference) AS last FROM ledger_journals WHERE kind = $1",
        [kind],
      );
      return rows[0]?.last ?? null;
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
  const accounts: string[] = [];
  const currencies: string[] = [];
  const amounts: bigint[] = [];
  journals.forEach(({ entries }, index) => {
    for (const { account, currency, amount } of entries) {
      journalNumbers.push(index + 1);
      accounts.push(account);
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
      accounts,
      currencies,
      amounts,
    ],
  });
  return rows[0]?.added ?? 0;
}
