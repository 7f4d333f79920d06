import type { Database } from "../store/database.ts";
import { signedCents, text } from "../store/rows.ts";

/** An organisation's accounts, as Account Balance lists them (documented). */
export const organisationAccounts = [
  "working",
  "float",
  "utility",
  "charges",
  "settlement",
] as const;
export type OrganisationAccount = (typeof organisationAccounts)[number];

/** Safaricom's fee income. */
export const feesAccount = "safaricom:fees";
/** The trust account at the bank: the counterpart of all balances, so that all accounts sum to zero. */
export const trustAccount = "safaricom:trust";

export function customerAccount(msisdn: string): string {
  return `customer:${msisdn}`;
}

export function shortcodeAccount(shortcode: string, account: OrganisationAccount): string {
  return `shortcode:${shortcode}:${account}`;
}

/** One entry of a posting, in cents: a positive amount increases the account's balance. */
export type Leg = { readonly account: string; readonly cents: bigint; readonly detail: string };

/**
 * Opens an account with balance zero. Only the charges and trust accounts may be negative: charges are billed later, so
 * Daraja shows them below zero (documented: `B2CChargesPaidAccountAvailableFunds` −1980.00).
 */
export function openAccount(database: Database, id: string, mayOwe: boolean): void {
  database.run(
    "INSERT INTO account (id, balance_cents, may_owe) VALUES (?, 0, ?)",
    id,
    mayOwe ? 1 : 0,
  );
}

/** An account's balance in cents. @throws Error when the account does not exist. */
export function balanceCents(database: Database, account: string): bigint {
  const row = database.get("SELECT balance_cents FROM account WHERE id = ?", account);
  if (row === undefined) throw new Error(`There is no account ${account}`);
  return signedCents(row, "balance_cents");
}

/**
 * Posts a payment's legs. The caller has already checked that the payment is allowed.
 * @throws Error, posting nothing, when the legs do not sum to zero or an account would become negative that must not.
 */
export function post(database: Database, receipt: string, at: number, legs: readonly Leg[]): void {
  const sum = legs.reduce((total, { cents }) => total + cents, 0n);
  if (sum !== 0n) throw new Error(`The legs of ${receipt} sum to ${sum}, not to zero`);
  database.transaction(() => {
    for (const { account, cents, detail } of legs) {
      if (cents === 0n) continue;
      const balance = balanceCents(database, account) + cents;
      database.run("UPDATE account SET balance_cents = ? WHERE id = ?", balance, account);
      database.run(
        "INSERT INTO entry (receipt, account, cents, balance_after_cents, detail, at) VALUES (?, ?, ?, ?, ?, ?)",
        receipt,
        account,
        cents,
        balance,
        detail,
        at,
      );
    }
  });
}

export type AuditFinding = { readonly account: string; readonly problem: string };

/** Audits the ledger: each balance is the sum of its entries; each receipt's legs and all balances sum to zero. */
export function audit(database: Database): readonly AuditFinding[] {
  const findings: AuditFinding[] = [];
  const accounts = database.all(
    `SELECT account.id, account.balance_cents, COALESCE(SUM(entry.cents), 0) AS entries_cents
     FROM account LEFT JOIN entry ON entry.account = account.id GROUP BY account.id`,
  );
  for (const row of accounts) {
    const balance = signedCents(row, "balance_cents");
    const entries = signedCents(row, "entries_cents");
    if (balance !== entries) {
      findings.push({
        account: text(row, "id"),
        problem: `balance ${balance}, entries ${entries}`,
      });
    }
  }
  const total = accounts.reduce((sum, row) => sum + signedCents(row, "balance_cents"), 0n);
  if (total !== 0n) findings.push({ account: "all", problem: `sum ${total}` });
  const unbalanced = database.all(
    "SELECT receipt, SUM(cents) AS cents FROM entry GROUP BY receipt HAVING SUM(cents) <> 0",
  );
  for (const row of unbalanced) {
    findings.push({
      account: text(row, "receipt"),
      problem: `legs sum to ${signedCents(row, "cents")}`,
    });
  }
  return findings;
}
