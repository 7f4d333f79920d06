import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { Account, LedgerCurrency } from "../postings.ts";
import type { StatementAccount } from "./statement-line.ts";

/** One account on one day: debits are positive, and so are credits. */
export type TrialLine = {
  readonly account: Account;
  readonly currency: LedgerCurrency;
  readonly opening: bigint;
  readonly debits: bigint;
  readonly credits: bigint;
  readonly closing: bigint;
};

/** M-Pesa's balance at the end of a day, by a statement file, and the ledger's closing balance. */
type StatementBalance = {
  readonly shortcode: string;
  readonly account: StatementAccount;
  /** Null: no file that was exported after the day has a line of that day or before. */
  readonly statement: bigint | null;
  readonly ledger: bigint;
};

export type DayFindings = {
  /** Lines until the end of the day that are not judged for good yet. */
  readonly waitingLines: number;
  /** Lines until the end of the day that only the statement knows. */
  readonly unmatchedLines: number;
  readonly balances: readonly StatementBalance[];
};

export type CloseRefusal =
  | "day_not_over"
  | "day_closed"
  | "day_out_of_order"
  | "day_not_clean"
  | "day_close_busy"
  | "books_not_open"
  | "trial_balance_wrong";

/**
 * Decides whether a day may be closed. What is open needs the operator's reason; a trial balance that does not balance
 * cannot be signed at all.
 */
export function decideClose(
  trialBalance: readonly TrialLine[],
  findings: DayFindings,
  reason: string | null,
): Result<null, CloseRefusal> {
  for (const currency of ["KES", "MSAT"] as const) {
    const lines = trialBalance.filter((line) => line.currency === currency);
    const sum = (of: (line: TrialLine) => bigint) =>
      lines.reduce((total, line) => total + of(line), 0n);
    const isWrong =
      sum(({ debits }) => debits) !== sum(({ credits }) => credits) ||
      sum(({ closing }) => closing) !== 0n ||
      lines.some(({ opening, debits, credits, closing }) => opening + debits - credits !== closing);
    if (isWrong) {
      return err(
        "trial_balance_wrong",
        `The trial balance in ${currency} does not balance. Nothing was closed; this is a bug.`,
        "never",
      );
    }
  }
  const open = openPoints(findings);
  return open.length === 0 || reason !== null
    ? ok(null)
    : err(
        "day_not_clean",
        `Not closed: ${open.join(" ")} Say why it is closed all the same.`,
        "never",
      );
}

/** The open points of a day, as sentences. */
export function openPoints({
  waitingLines,
  unmatchedLines,
  balances,
}: DayFindings): readonly string[] {
  const points: string[] = [];
  if (waitingLines > 0)
    points.push(`Lines of the statement that are not judged yet: ${waitingLines}.`);
  if (unmatchedLines > 0) points.push(`Unmatched lines of the statement: ${unmatchedLines}.`);
  for (const { shortcode, account, statement, ledger } of balances) {
    if (statement === null) {
      // The working and charges accounts are compared when their statement is there.
      if (account === "utility")
        points.push(`The statement of ${shortcode} (${account}) for this day is not imported.`);
    } else if (statement !== ledger) {
      points.push(
        `M-Pesa's balance of ${shortcode} (${account}) differs from the books by ${statement - ledger} cents.`,
      );
    }
  }
  return points;
}
