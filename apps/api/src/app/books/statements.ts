import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { readStatementCsv } from "../../domain/books/statement-csv.ts";
import type { StatementRefusal } from "../../domain/books/statement-csv.ts";
import { judgeLine } from "../../domain/books/statement-line.ts";
import type { ShortcodeRole, StatementAccount } from "../../domain/books/statement-line.ts";
import type { Logger } from "../logger.ts";
import type { BookCases, StatementStore, StoredLine } from "./ports.ts";

type StatementFile = {
  readonly shortcode: string;
  readonly account: StatementAccount;
  readonly text: string;
  readonly fileHash: Uint8Array;
  readonly operator: string;
};

type ImportedStatement = {
  readonly lines: number;
  readonly added: number;
  readonly skipped: number;
  /** Places where the file lacks rows. */
  readonly gaps: number;
  readonly contradictions: readonly string[];
};

type ImportRefusal = StatementRefusal | "shortcode_not_ours" | "shortcode_differs";

export type Statements = {
  /** Imports a file of the organisation portal. Lines that are known already are not added again. */
  readonly importFile: (file: StatementFile) => Promise<Result<ImportedStatement, ImportRefusal>>;
  /**
   * Judges the lines that wait: ties each to its journal, books what no journal has and opens a case for it, and credits
   * orders that ended without their payment. Goes on for at most `rounds` of 200 lines. Safe to run in several processes.
   */
  readonly judge: (rounds?: number) => Promise<void>;
  readonly list: StatementStore["list"];
  /** Ties an unmatched line to a booking with another reference. */
  readonly tie: (
    lineId: string,
    reference: string,
  ) => Promise<
    Result<null, "statement_line_not_found" | "booking_not_found" | "booking_amount_differs">
  >;
  readonly cases: BookCases;
};

export type StatementsOptions = {
  readonly store: StatementStore;
  readonly cases: BookCases;
  readonly roles: ReadonlyMap<string, ShortcodeRole>;
  /**
   * Credits an order with a payment that the statement shows. False if the order cannot take it: then the money stays
   * unmatched, with a case.
   */
  readonly creditOrder: (line: StoredLine, orderId: string) => Promise<boolean>;
  readonly log: Logger;
};

const linesAtOnce = 200;

export function createStatements(options: StatementsOptions): Statements {
  const { store, cases, roles, creditOrder, log } = options;
  /** Lines whose order refused the credit in this process; they are judged as unmatched from then on. */
  const refused = new Set<string>();
  const roleOf = (shortcode: string) => roles.get(shortcode) ?? "collecting";

  /** Judges up to `linesAtOnce` lines. Returns whether there may be more that can be judged now. */
  async function judgeRound(): Promise<boolean> {
    const judged = await store.judge(
      roleOf,
      (line, facts, now) =>
        judgeLine(
          line,
          refused.has(line.id) && facts.order !== null
            ? { ...facts, order: { ...facts.order, isUncredited: false } }
            : facts,
          now,
        ),
      linesAtOnce,
    );
    for (const { line, verdict } of judged) {
      if (line.state === "new" && (verdict.kind === "unmatched" || verdict.kind === "differs")) {
        log.warn(
          { receipt: line.receipt, shortcode: line.shortcode, cents: String(line.cents) },
          "a line of M-Pesa's statement has no booking of its amount; it is booked as unmatched",
        );
      }
      if (verdict.kind !== "credit") continue;
      if (!(await creditOrder(line, verdict.orderId))) refused.add(line.id);
    }
    return judged.length === linesAtOnce && judged.some(({ verdict }) => verdict.kind !== "wait");
  }

  return {
    importFile: async ({ shortcode, account, text, fileHash, operator }) => {
      if (!roles.has(shortcode)) {
        return err(
          "shortcode_not_ours",
          `${shortcode} is not one of our shortcodes (${[...roles.keys()].join(", ")}).`,
          "never",
        );
      }
      const read = readStatementCsv(text);
      if (!read.ok) return read;
      const statement = read.value;
      if (statement.shortcode !== null && statement.shortcode !== shortcode) {
        return err(
          "shortcode_differs",
          `The file is the statement of ${statement.shortcode}, not of ${shortcode}.`,
          "never",
        );
      }
      const { added, contradictions } = await store.add(
        { shortcode, account, source: "csv" },
        statement.lines,
        { operator, fileHash, dayEnds: statement.dayEnds },
      );
      const { lines, skipped, gaps } = statement;
      return ok({ lines: lines.length, added, skipped, gaps, contradictions });
    },

    judge: async (rounds = 1) => {
      for (let round = 0; round < rounds; round += 1) {
        const isMoreWaiting = await judgeRound();
        if (!isMoreWaiting) return;
      }
    },

    list: store.list,

    tie: async (lineId, reference) => {
      const tied = await store.tie(lineId, reference.trim().toUpperCase(), roleOf);
      switch (tied) {
        case "tied":
          return ok(null);
        case "line_not_found":
          return err(
            "statement_line_not_found",
            "There is no unmatched line with this id.",
            "never",
          );
        case "booking_not_found":
          return err("booking_not_found", `There is no booking ${reference}.`, "never");
        case "amount_differs":
          return err(
            "booking_amount_differs",
            `The booking ${reference} does not move the line's amount on its account, or another line has it.`,
            "never",
          );
      }
    },

    cases,
  };
}
