import type { Result } from "@satsconnect/money";
import type { Account, Entry } from "../../domain/postings.ts";

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
   * Posts `marker` and `journals` in one transaction, or nothing if the marker was posted before. Returns whether it
   * posted.
   */
  readonly postOnce: (
    marker: Journal,
    journals: readonly Journal[],
    at: number,
  ) => Promise<boolean>;
  /** Whether a journal with this reference and kind was posted. */
  readonly isPosted: (reference: string, kind: string) => Promise<boolean>;
  /** The greatest reference, as text, among journals of a kind; null if there is none. */
  readonly lastReference: (kind: string) => Promise<string | null>;
  /** Debits less credits, in cents or millisatoshis: a liability is below zero. */
  readonly balance: (account: Account) => Promise<bigint>;
  readonly balances: () => Promise<ReadonlyMap<Account, bigint>>;
  /** Stores the sums of old entries as checkpoints, so that reading a balance stays fast. */
  readonly moveCheckpoints: () => Promise<void>;
};

/** M-Pesa's own figures in cents, as its Account Balance query returns them. */
export type MpesaFigures = {
  /** Utility account of the payout shortcode. */
  readonly utilityCents: bigint;
  readonly chargesCents: bigint;
  /** The collecting shortcode's account, if it is a separate shortcode and was queried. */
  readonly collectionsCents?: bigint;
};

/** The node's own figures. `feesEarnedMsat` and `onChainFeesMsat` are counters that never decrease. */
export type TreasuryFigures = {
  /** Local channel balances plus on-chain coins. */
  readonly ownedMsat: bigint;
  readonly feesEarnedMsat: bigint;
  readonly onChainFeesMsat: bigint;
};

export type MpesaBalance = {
  /** Requests the balances and waits for the callback. Resolves to null if none arrived in time. */
  readonly query: () => Promise<Result<MpesaFigures | null>>;
};
