import type { Result } from "@satsconnect/money";
import type { Account, Entry, LedgerCurrency } from "../../domain/postings.ts";

/** A journal that belongs to no order. Each pair of `reference` and `kind` is posted once. */
export type Journal = {
  readonly reference: string;
  readonly kind: string;
  readonly entries: readonly Entry[];
};

export type Ledger = {
  /**
   * Posts journals in one statement and one transaction and returns how many were new. All or nothing.
   * @throws Error if a journal does not balance, names an unknown account, or has an amount in an account of another
   * currency.
   */
  readonly post: (journals: readonly Journal[], at: number) => Promise<number>;
  /**
   * Books the growth of a counter of the node since it was last booked, once for all processes. Returns the growth in
   * millisatoshis: 0 if another process has booked this value or a later one.
   */
  readonly postCounter: (counter: Counter, value: bigint, at: number) => Promise<bigint>;
  /**
   * Books the opening balances in one transaction. `not_quiet`: an order moved money since `before` was read, or may have
   * moved some that is not booked yet; take new figures and try again.
   */
  readonly open: (
    figures: readonly OpeningFigure[],
    counters: Readonly<Record<Counter, bigint>>,
    at: number,
  ) => Promise<"booked" | "opened_before" | "not_quiet">;
  /** Whether the opening balances are booked. */
  readonly isOpen: () => Promise<boolean>;
  /** Debits less credits, in cents or millisatoshis: a liability is below zero. */
  readonly balance: (account: Account) => Promise<bigint>;
  readonly balances: () => Promise<ReadonlyMap<Account, bigint>>;
  /** Stores the sums of old entries as checkpoints, so that reading a balance stays fast. */
  readonly moveCheckpoints: () => Promise<void>;
};

/** Counters of the node that never decrease. Their names are the kinds of their journals. */
export type Counter = "counter_fees_earned" | "counter_on_chain_fees";

/** The balance of one account according to M-Pesa or the node, and the ledger's at the time of the query. */
export type OpeningFigure = {
  readonly account: Account;
  readonly actual: bigint;
  readonly before: bigint;
};

/** M-Pesa's own figures of one shortcode in cents, as its Account Balance query returns them. */
export type ShortcodeFigures = {
  readonly utilityCents: bigint;
  readonly workingCents: bigint;
  readonly chargesCents: bigint;
};

export type MpesaFigures = {
  /** The shortcode that makes payouts. */
  readonly payouts: ShortcodeFigures;
  /** The shortcode that STK pushes pay into, if it is another one and M-Pesa reports its balances. */
  readonly collections: ShortcodeFigures | null;
};

/** The node's own figures. `feesEarnedMsat` and `onChainFeesMsat` are counters that never decrease. */
export type TreasuryFigures = {
  /** Local channel balances plus on-chain coins. */
  readonly ownedMsat: bigint;
  readonly feesEarnedMsat: bigint;
  readonly onChainFeesMsat: bigint;
};

export type MpesaBalance = {
  /**
   * The balances of both shortcodes, from answers to requests that any process made at most `maxAgeMs` ago; requests new
   * ones otherwise. Resolves to null if M-Pesa did not answer in time for the shortcode that makes payouts.
   */
  readonly query: (maxAgeMs: number) => Promise<Result<MpesaFigures | null>>;
};

/** Requests for balances and their answers, shared by all processes. */
export type BalanceRequests = {
  /** Returns the id of a request for this shortcode that is at most `maxAgeMs` old, or stores `newId` as a new one. */
  readonly share: (newId: string, shortcode: string, maxAgeMs: number) => Promise<string>;
  /** Stores an answer; the first one counts. Cents by the name of the account. */
  readonly answer: (requestId: string, accounts: ReadonlyMap<string, bigint>) => Promise<void>;
  /** Null until the answer has arrived. */
  readonly find: (requestId: string) => Promise<ReadonlyMap<string, bigint> | null>;
};

/** Where the last comparisons are kept, so that every process can show them. */
export type ComparisonStore = {
  /** Whether no process has compared for this long, by the database's clock. */
  readonly isDue: (intervalMs: number) => Promise<boolean>;
  readonly add: (comparisons: readonly Comparison[]) => Promise<void>;
  /** Newest first. */
  readonly latest: (
    limit: number,
  ) => Promise<readonly { readonly at: number; readonly comparisons: readonly Comparison[] }[]>;
};

export type Comparison = {
  readonly figure: Figure;
  readonly currency: LedgerCurrency;
  readonly ledger: bigint;
  /** M-Pesa's or the node's own figure. */
  readonly actual: bigint;
  /** `actual` less `ledger`: zero when they agree. */
  readonly difference: bigint;
};

export type Figure =
  | "mpesa_utility"
  | "mpesa_working"
  | "mpesa_charges"
  | "mpesa_collections"
  | "mpesa_collections_working"
  | "treasury";
