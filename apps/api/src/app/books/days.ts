import { err } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { decideClose, openPoints } from "../../domain/books/day.ts";
import type { CloseRefusal, DayFindings, TrialLine } from "../../domain/books/day.ts";
import { ledgerAccountsOf } from "../../domain/books/statement-line.ts";
import type { ShortcodeRole } from "../../domain/books/statement-line.ts";
import type { Ledger } from "../reconciliation/ports.ts";
import type { ClosedDay, DayStore, StatementKey } from "./ports.ts";

type DayPreview = {
  readonly day: string;
  readonly trialBalance: readonly TrialLine[];
  readonly findings: DayFindings;
  /** Open points, as sentences; empty if the day can be closed without a reason. */
  readonly open: readonly string[];
};

export type Days = {
  readonly preview: (day: string) => Promise<DayPreview>;
  /** Closes a day for good. What is open needs a reason. */
  readonly close: (request: {
    readonly day: string;
    readonly operator: string;
    readonly reason: string | null;
  }) => Promise<Result<ClosedDay, CloseRefusal>>;
  readonly list: DayStore["list"];
};

export function createDays({
  store,
  ledger,
  roles,
}: {
  readonly store: DayStore;
  readonly ledger: Ledger;
  readonly roles: ReadonlyMap<string, ShortcodeRole>;
}): Days {
  const keys = [...roles].flatMap(([shortcode, role]): StatementKey[] =>
    (["utility", "working", "charges"] as const)
      // The ledger has one account for the charges of both shortcodes.
      .filter((account) => account !== "charges" || roles.size === 1)
      .map((account) => ({ shortcode, account, ledger: ledgerAccountsOf(role, account) })),
  );
  return {
    preview: async (day) => {
      const { trialBalance, findings } = await store.preview(day, keys);
      return { day, trialBalance, findings, open: openPoints(findings) };
    },
    close: async ({ day, operator, reason }) => {
      if (!(await ledger.isOpen())) {
        return err(
          "books_not_open",
          "The books are not open yet, so no day can be closed.",
          "safe",
        );
      }
      return store.close({ day, operator, reason }, keys, (trialBalance, findings) =>
        decideClose(trialBalance, findings, reason),
      );
    },
    list: store.list,
  };
}
