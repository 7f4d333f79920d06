import type { EngineClient } from "@satsconnect/contracts/grpc";
import { fiat } from "@satsconnect/money";
import type { Database } from "@satsconnect/postgres";
import { createDarajaBalance } from "./adapters/daraja/account-balance.ts";
import type { Daraja } from "./adapters/daraja/daraja.ts";
import { createBookingStore } from "./adapters/postgres/booking-store.ts";
import { createBalanceRequests, createComparisonStore } from "./adapters/postgres/books-store.ts";
import { createDayStore } from "./adapters/postgres/day-store.ts";
import { createCountStore, createFigureStore } from "./adapters/postgres/figure-store.ts";
import { createLedger } from "./adapters/postgres/ledger.ts";
import { createPullCursors } from "./adapters/postgres/pull-cursors.ts";
import { createBookCases, createStatementStore } from "./adapters/postgres/statement-store.ts";
import { createBookings } from "./app/books/bookings.ts";
import type { Bookings } from "./app/books/bookings.ts";
import { createDays } from "./app/books/days.ts";
import type { Days } from "./app/books/days.ts";
import { createBookFigures } from "./app/books/figures.ts";
import type { BookFigures } from "./app/books/figures.ts";
import type { PullRail, StoredLine } from "./app/books/ports.ts";
import { createPull } from "./app/books/pull.ts";
import { createStatements } from "./app/books/statements.ts";
import type { Statements, StatementsOptions } from "./app/books/statements.ts";
import type { CallbackAddresses } from "./app/callbacks.ts";
import type { Logger } from "./app/logger.ts";
import type { OrderActs } from "./app/orders/acts.ts";
import type { RateSource } from "./app/orders/ports.ts";
import { createReconciliation } from "./app/reconciliation/reconciliation.ts";
import type { ShortcodeRole } from "./domain/books/statement-line.ts";
import { backgroundIntervals } from "./domain/policy.ts";
import { repeat } from "./repeat.ts";
import type { Repetition } from "./repeat.ts";

export type BooksOptions = {
  readonly database: Database;
  readonly engine: EngineClient;
  readonly requestBalance: Daraja["requestBalance"];
  /** Pull Transactions; null if it is not configured. */
  readonly pull: PullRail | null;
  readonly rates: RateSource;
  readonly creditOrder: StatementsOptions["creditOrder"];
  readonly callbackAddresses: CallbackAddresses;
  /** The shortcode that STK pushes pay into. */
  readonly collectingShortcode: string;
  /** The shortcode that makes payouts; may be the same. */
  readonly payoutShortcode: string;
  readonly now: () => number;
  readonly log: Logger;
  /** How often each task runs, in milliseconds, instead of the policy's times. */
  readonly intervals?: Partial<Record<BooksTask, number>>;
};

type BooksTask = "reconciliation" | "checkpoints" | "statements" | "pull";

/** The use cases of the books. */
type BooksUseCases = {
  readonly bookings: Bookings;
  readonly statements: Statements;
  readonly days: Days;
  readonly figures: BookFigures;
};

export type Books = BooksUseCases & {
  /** Stores the answer to an Account Balance query, for whichever process waits for it. */
  readonly receiveBalance: (requestId: string, body: string) => Promise<void>;
  /**
   * Starts the background tasks, which every process may run. Resolves once the first attempt to book the opening balances
   * has ended.
   */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** How many rounds of statement lines one run judges, so that a file of a month is done in minutes. */
const roundsAtOnce = 25;

/** The name under which the statement acts on orders. */
const statementOperator = "statement";

/**
 * Credits an order that ended without its payment with a line of M-Pesa's statement. The line's id is the act's, so the act
 * is made once. False if the order cannot take the payment; true also if it may later.
 */
export async function creditOrderByStatement(
  orders: OrderActs,
  line: StoredLine,
  orderId: string,
): Promise<boolean> {
  const credited = await orders.act({
    orderId,
    actId: line.id,
    act: {
      type: "credit_receipt",
      receipt: line.receipt,
      amountKesCents: fiat("KES", line.cents),
      msisdn: payerOf(line.otherParty),
      completedAt: line.completedAt,
    },
    by: statementOperator,
    seenVersion: null,
  });
  return credited.ok || credited.error.retry !== "never";
}

/** The payer's number, if the line has all of it: `254712345678 - NAME`, or `712345678` from Pull Transactions. */
function payerOf(otherParty: string): string | null {
  const match = /^(?:\+?254|0)?([17]\d{8})(?!\d)/.exec(otherParty);
  return match?.[1] === undefined ? null : `254${match[1]}`;
}

/** The operator's books and their background work. */
export function createBooks(options: BooksOptions): Books {
  const { database, engine, collectingShortcode, payoutShortcode, now, log } = options;
  const roles = new Map<string, ShortcodeRole>([
    [collectingShortcode, "collecting"],
    // A shared shortcode pays out of the account that it collects into.
    [payoutShortcode, "payout"],
  ]);
  const ledger = createLedger(database);
  const comparisons = createComparisonStore(database);
  const statementStore = createStatementStore(database);
  const balance = createDarajaBalance({
    requestBalance: options.requestBalance,
    urlFor: options.callbackAddresses.urlFor,
    requests: createBalanceRequests(database),
    payoutShortcode,
    collectingShortcode,
  });
  const reconciliation = createReconciliation({
    ledger,
    engine,
    mpesaBalance: balance,
    comparisons,
    now,
    log,
  });
  const statements = createStatements({
    store: statementStore,
    cases: createBookCases(database),
    roles,
    creditOrder: options.creditOrder,
    log,
  });
  const pull =
    options.pull === null
      ? null
      : createPull({
          rail: options.pull,
          cursors: createPullCursors(database),
          store: statementStore,
          shortcode: collectingShortcode,
          log,
        });
  const firstRun = Promise.withResolvers<void>();
  const tasks: Readonly<Record<BooksTask, readonly [intervalMs: number, () => Promise<void>]>> = {
    reconciliation: [
      backgroundIntervals.reconciliationMs,
      () => reconciliation.run().finally(firstRun.resolve),
    ],
    checkpoints: [backgroundIntervals.checkpointsMs, ledger.moveCheckpoints],
    statements: [backgroundIntervals.statementsMs, () => statements.judge(roundsAtOnce)],
    pull: [backgroundIntervals.pullMs, async () => pull?.poll()],
  };
  let running: readonly Repetition[] = [];

  return {
    bookings: createBookings({ store: createBookingStore(database), ledger, comparisons, now }),
    statements,
    days: createDays({ store: createDayStore(database), ledger, roles }),
    figures: createBookFigures({
      store: createFigureStore(database),
      counts: createCountStore(database),
      ledger,
      comparisons,
      rates: options.rates,
    }),
    receiveBalance: balance.receive,
    start: () => {
      running = (Object.keys(tasks) as BooksTask[]).map((task) => {
        const [intervalMs, run] = tasks[task];
        return repeat(task, options.intervals?.[task] ?? intervalMs, run, log);
      });
      return firstRun.promise;
    },
    stop: async () => {
      await Promise.all(running.map(({ stop }) => stop()));
    },
  };
}
