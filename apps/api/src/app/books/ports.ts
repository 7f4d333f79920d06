import type { Result } from "@satsconnect/money";
import type { Booking } from "../../domain/books/booking.ts";
import type { BookingFacts } from "../../domain/books/booking.ts";
import type {
  LineFacts,
  ShortcodeRole,
  StatementAccount,
  StatementLine,
  Verdict,
} from "../../domain/books/statement-line.ts";
import type { Account, Entry } from "../../domain/postings.ts";

export type StoredBooking = {
  readonly reference: string;
  readonly booking: Booking;
  readonly operator: string;
  readonly reason: string;
  readonly entries: readonly Entry[];
  readonly bookedAt: number;
};

export type BookingStore = {
  /**
   * Books in one transaction, with the balances that `decide` sees locked against reservations of float. A reference that
   * is booked already is not booked again: the stored booking is returned, whatever it is.
   */
  readonly book: <Code extends string>(
    booking: Omit<StoredBooking, "entries">,
    decide: (facts: Pick<BookingFacts, "balance">) => Result<readonly Entry[], Code>,
  ) => Promise<Result<StoredBooking, Code>>;
  /** Newest first. */
  readonly list: (limit: number) => Promise<readonly StoredBooking[]>;
};

export type LineSource = "csv" | "pull";

/** A line that is stored, with what became of it. */
export type StoredLine = StatementLine & {
  readonly id: string;
  readonly shortcode: string;
  readonly account: StatementAccount;
  readonly source: LineSource;
  readonly state: LineState;
  readonly orderId: string | null;
};
export const lineStates = ["new", "matched", "booked", "unmatched", "paired", "opening"] as const;
export type LineState = (typeof lineStates)[number];

export type LineOrigin = {
  readonly shortcode: string;
  readonly account: StatementAccount;
  readonly source: LineSource;
};

export type StatementImport = {
  readonly operator: string;
  readonly fileHash: Uint8Array;
  readonly dayEnds: ReadonlyMap<string, bigint>;
};

export type StatementStore = {
  /**
   * Stores lines that are not there yet, and the file that they came from. `contradictions`: receipts of lines that are
   * there with another amount; each has a case.
   */
  readonly add: (
    origin: LineOrigin,
    lines: readonly StatementLine[],
    file: StatementImport | null,
  ) => Promise<{ readonly added: number; readonly contradictions: readonly string[] }>;
  /**
   * Takes up to `limit` lines that are not judged for good, longest waiting first, each in its own transaction: finds
   * the facts, and books what `judge` decides. Lines that another process judges at this moment are left out. Returns
   * what was decided.
   */
  readonly judge: (
    roleOf: (shortcode: string) => ShortcodeRole,
    judge: (line: StoredLine, facts: LineFacts) => Verdict,
    now: number,
    limit: number,
  ) => Promise<readonly { readonly line: StoredLine; readonly verdict: Verdict }[]>;
  /** Lines of a state, newest first. */
  readonly list: (filter: {
    readonly state?: LineState | undefined;
    readonly limit: number;
  }) => Promise<readonly StoredLine[]>;
  /** Ties an unmatched line to a booking of the same amount that has another reference. */
  readonly tie: (
    lineId: string,
    reference: string,
    roleOf: (shortcode: string) => ShortcodeRole,
    now: number,
  ) => Promise<"tied" | "line_not_found" | "booking_not_found" | "amount_differs">;
};

export type BookCase = {
  readonly id: string;
  readonly code: string;
  readonly detail: string;
  readonly lineId: string | null;
  readonly orderId: string | null;
  readonly openedAt: number;
  readonly resolvedAt: number | null;
  readonly resolution: string | null;
};

export type BookCases = {
  /** Oldest first. */
  readonly list: (filter: {
    readonly onlyOpen: boolean;
    readonly limit: number;
  }) => Promise<readonly BookCase[]>;
  readonly countOpen: () => Promise<number>;
  /** Resolves a case that no booking can resolve. False if it is not open. */
  readonly resolve: (caseId: string, resolution: string, now: number) => Promise<boolean>;
};

/** Pull Transactions of one shortcode: M-Pesa's list of what customers paid, for the last 48 hours. */
export type PullRail = {
  /** Registers the shortcode; M-Pesa answers the same if it is registered already. */
  readonly register: () => Promise<Result<null>>;
  /** One page of lines, from the row `offset` on, at most 48 hours from `from` to `to`; empty after the last one. */
  readonly query: (window: {
    readonly from: number;
    readonly to: number;
    readonly offset: number;
  }) => Promise<Result<readonly StatementLine[]>>;
};

export type PullCursor = {
  readonly isRegistered: boolean;
  readonly pulledUntil: number | null;
  readonly wideAt: number | null;
};

export type PullCursors = {
  /** The cursor, leased to this process for `leaseMs`; null while another one has it. */
  readonly lease: (shortcode: string, leaseMs: number) => Promise<PullCursor | null>;
  readonly setRegistered: (shortcode: string, now: number) => Promise<void>;
  /** Moves the cursor and ends the lease. `gap`: times that M-Pesa no longer gives out. */
  readonly advance: (
    shortcode: string,
    to: {
      readonly pulledUntil: number;
      readonly wideAt: number | null;
      readonly gap: readonly [number, number] | null;
    },
  ) => Promise<void>;
  /** Ends the lease after a failure. */
  readonly fail: (shortcode: string, code: string) => Promise<void>;
};

export type TrialLine = {
  readonly account: Account;
  readonly currency: "KES" | "MSAT";
  readonly opening: bigint;
  readonly debits: bigint;
  readonly credits: bigint;
  readonly closing: bigint;
};

/** M-Pesa's balance at the end of a day, by a statement file, and the ledger's closing balance. */
export type StatementBalance = {
  readonly shortcode: string;
  readonly account: StatementAccount;
  /** Null: no file has a line of that day or before. */
  readonly statement: bigint | null;
  readonly ledger: bigint;
};

export type DayFindings = {
  /** Lines until the end of the day that are not judged for good, or that only the statement knows. */
  readonly waitingLines: number;
  readonly unmatchedLines: number;
  readonly balances: readonly StatementBalance[];
};

export type ClosedDay = {
  readonly day: string;
  readonly closedAt: number;
  readonly operator: string;
  readonly reason: string | null;
  readonly trialBalance: readonly TrialLine[];
  readonly findings: DayFindings;
};

export type CloseRefusal =
  | "day_not_over"
  | "day_closed"
  | "day_before_open"
  | "day_not_clean"
  | "books_not_open"
  | "trial_balance_wrong";

export type DayStore = {
  /** What closing a day would sign: the trial balance and what is open. Null if the day has not begun or no day is open. */
  readonly preview: (
    day: string,
    accounts: readonly StatementKey[],
  ) => Promise<{
    readonly trialBalance: readonly TrialLine[];
    readonly findings: DayFindings;
  } | null>;
  /** Closes a day in one transaction while no journal is being written, if `decide` lets it. */
  readonly close: (
    request: { readonly day: string; readonly operator: string; readonly reason: string | null },
    accounts: readonly StatementKey[],
    decide: (
      trialBalance: readonly TrialLine[],
      findings: DayFindings,
    ) => Result<null, CloseRefusal>,
  ) => Promise<Result<ClosedDay, CloseRefusal>>;
  /** Newest first. */
  readonly list: (limit: number) => Promise<readonly ClosedDay[]>;
};

export type StatementKey = {
  readonly shortcode: string;
  readonly account: StatementAccount;
  readonly ledger: readonly Account[];
};
