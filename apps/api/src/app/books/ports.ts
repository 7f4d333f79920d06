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
import type { CloseRefusal, DayFindings, TrialLine } from "../../domain/books/day.ts";
import type { DayFigures, TaxRate } from "../../domain/books/figures.ts";
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

type LineSource = "csv" | "pull";

/** A line that is stored, with what became of it. */
export type StoredLine = StatementLine & {
  readonly id: string;
  readonly shortcode: string;
  readonly account: StatementAccount;
  readonly source: LineSource;
  readonly state: LineState;
  readonly orderId: string | null;
};
type LineState = "new" | "matched" | "booked" | "unmatched" | "paired" | "opening";

type LineOrigin = {
  readonly shortcode: string;
  readonly account: StatementAccount;
  readonly source: LineSource;
};

type StatementImport = {
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
   * the facts, and books what `judge` decides at the database's time `now`. Lines that another process judges at this
   * moment are left out. Returns what was decided.
   */
  readonly judge: (
    roleOf: (shortcode: string) => ShortcodeRole,
    judge: (line: StoredLine, facts: LineFacts, now: number) => Verdict,
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
  readonly resolve: (caseId: string, resolution: string) => Promise<boolean>;
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

type PullCursor = {
  /** The database's time. */
  readonly now: number;
  readonly isRegistered: boolean;
  readonly pulledUntil: number | null;
  readonly wideAt: number | null;
};

export type PullCursors = {
  /** The cursor, leased to this process for `leaseMs`; null while another one has it. */
  readonly lease: (shortcode: string, leaseMs: number) => Promise<PullCursor | null>;
  readonly setRegistered: (shortcode: string) => Promise<void>;
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

export type ClosedDay = {
  readonly day: string;
  readonly closedAt: number;
  readonly operator: string;
  readonly reason: string | null;
  readonly trialBalance: readonly TrialLine[];
  readonly findings: DayFindings;
};

export type DayStore = {
  /** The trial balance of a day and what is open on it, as of now. */
  readonly preview: (
    day: string,
    accounts: readonly StatementKey[],
  ) => Promise<{
    readonly trialBalance: readonly TrialLine[];
    readonly findings: DayFindings;
  }>;
  /**
   * Closes a day in one transaction while no journal is being written, if `decide` lets it. The first day that is closed
   * includes everything before it; every later one is the day after the last closed one.
   */
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

/** An account of M-Pesa's that is compared with the ledger at the end of a day. */
export type StatementKey = {
  readonly shortcode: string;
  readonly account: StatementAccount;
  readonly ledger: readonly Account[];
};

export type FigureStore = {
  /** Figures of each day from `from` to `to` (`2026-11-23`), both included, on which anything was booked. */
  readonly days: (from: string, to: string) => Promise<readonly DayFigures[]>;
  readonly taxRates: () => Promise<readonly TaxRate[]>;
};

/** Input of the books' alarms and of the console's first page. */
export type BooksCounts = {
  readonly openCases: number;
  readonly waitingLines: number;
  readonly unmatchedLines: number;
  readonly lastClosedDay: string | null;
  /** The day in Nairobi, by the database's clock. */
  readonly today: string;
  readonly pull: { readonly pulledUntil: number | null; readonly failure: string | null } | null;
  readonly pullGaps: readonly {
    readonly shortcode: string;
    readonly from: number;
    readonly to: number;
  }[];
};

export type CountStore = { readonly counts: () => Promise<BooksCounts> };
