import type { Database, Queryable } from "@satsconnect/postgres";
import type { Account, Entry } from "../domain/postings.ts";

/** A journal that no order made. `reference` and `kind` together are booked once, for ever. */
export type Journal = {
  readonly reference: string;
  readonly kind: string;
  readonly entries: readonly Entry[];
};

export type Ledger = {
  /**
   * Books many journals in one statement and one transaction, and gives how many of them were new. All or nothing: one
   * that does not balance refuses all. @throws Error on an unbalanced journal, an unknown account, or an amount in an
   * account of another currency: bugs.
   */
  readonly post: (journals: readonly Journal[], at: number) => Promise<number>;
  /** What an account holds: debits less credits, so a liability is below zero. In cents or millisatoshis. */
  readonly balance: (account: Account) => Promise<bigint>;
  readonly balances: () => Promise<ReadonlyMap<Account, bigint>>;
  /** Makes balances quick again; run it every few minutes. */
  readonly moveCheckpoints: () => Promise<void>;
};

/** The double-entry ledger in Postgres. Orders post through their store, in the order's own transaction. */
export function createLedger(database: Database): Ledger {
  return {
    post: (journals, at) => postJournals(database, journals, at),
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

/** As `Ledger.post`, inside a transaction of the caller's. */
export async function postJournals(
  database: Queryable,
  journals: readonly Journal[],
  at: number,
): Promise<number> {
  const places: number[] = [];
  const accounts: string[] = [];
  const currencies: string[] = [];
  const amounts: bigint[] = [];
  journals.forEach(({ entries }, index) => {
    for (const { account, currency, amount } of entries) {
      places.push(index + 1);
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
      places,
      accounts,
      currencies,
      amounts,
    ],
  });
  return rows[0]?.added ?? 0;
}
