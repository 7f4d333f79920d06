import type { EngineClient } from "@satsconnect/contracts/grpc";
import type { Database } from "@satsconnect/postgres";
import { createDarajaBalance } from "./adapters/daraja/account-balance.ts";
import type { Daraja } from "./adapters/daraja/daraja.ts";
import { createBalanceRequests, createComparisonStore } from "./adapters/postgres/books-store.ts";
import { createLedger } from "./adapters/postgres/ledger.ts";
import type { CallbackAddresses } from "./app/callbacks.ts";
import type { Logger } from "./app/logger.ts";
import { createReconciliation } from "./app/reconciliation/reconciliation.ts";
import { backgroundIntervals } from "./domain/policy.ts";
import { repeat } from "./repeat.ts";
import type { Repetition } from "./repeat.ts";

export type BooksOptions = {
  readonly database: Database;
  readonly engine: EngineClient;
  readonly requestBalance: Daraja["requestBalance"];
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

export type BooksTask = "reconciliation" | "checkpoints";

export type Books = {
  /** Stores the answer to an Account Balance query, for whichever process waits for it. */
  readonly receiveBalance: (requestId: string, body: string) => Promise<void>;
  /**
   * Starts the background tasks, which every process may run. Resolves once the first attempt to book the opening balances
   * has ended.
   */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** The operator's books and their background work. */
export function createBooks(options: BooksOptions): Books {
  const { database, engine, now, log } = options;
  const ledger = createLedger(database);
  const balance = createDarajaBalance({
    requestBalance: options.requestBalance,
    urlFor: options.callbackAddresses.urlFor,
    requests: createBalanceRequests(database),
    payoutShortcode: options.payoutShortcode,
    collectingShortcode: options.collectingShortcode,
  });
  const reconciliation = createReconciliation({
    ledger,
    engine,
    mpesaBalance: balance,
    comparisons: createComparisonStore(database),
    now,
    log,
  });
  const firstRun = Promise.withResolvers<void>();
  const tasks: Readonly<Record<BooksTask, readonly [intervalMs: number, () => Promise<void>]>> = {
    reconciliation: [
      backgroundIntervals.reconciliationMs,
      () => reconciliation.run().finally(firstRun.resolve),
    ],
    checkpoints: [backgroundIntervals.checkpointsMs, ledger.moveCheckpoints],
  };
  let running: readonly Repetition[] = [];

  return {
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
