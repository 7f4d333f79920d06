import { msat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";

// All limits, timeouts and retry intervals of the wallet. Durations are in milliseconds unless named otherwise.

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

// Sending

export const sendPolicy = {
  /** How long `send` waits for the operator's node before it refuses. */
  connectTimeoutMs: 8_000,
  /** How long `send` waits for the payment to succeed or fail before it answers with a payment that is still pending. */
  quickAnswerMs: 2_500,
  /** How long the payment is followed in the background, counted from its start. */
  settleTimeoutMs: minuteMs,
  /** The longest `waitMs` that a caller can pass. */
  maxWaitMs: minuteMs,
} as const;

/** Do not send a payment a day after its holder agreed to it, even where the invoice is still valid. */
const maxQueuedAgeMs = dayMs;

/** The time until which a payment that was queued offline may still be sent. All times in ms since 1970. */
export function sendLaterUntil(invoiceExpiresAt: number, agreedAt: number): number {
  return Math.min(invoiceExpiresAt, agreedAt + maxQueuedAgeMs);
}

// Receiving

/** The most that the LSP may deduct for opening a channel: a tenth of the payment, at least 10,000 sat. */
export function maxOpeningFeeMsat(amountMsat: Msat): Msat {
  const tenth = amountMsat / 10n;
  const floor = 10_000_000n;
  return msat(tenth > floor ? tenth : floor);
}

/** Below 25,000 sat an invoice offers no on-chain address: spending the output would cost too large a share of it. */
export const minOnChainReceiveMsat = 25_000_000n;

// Buying and selling

export const operatorClockPolicy = {
  /** A larger difference between this device's clock and the operator's is not corrected; the app names it. */
  maxDifferenceMs: 3 * 24 * 60 * minuteMs,
} as const;

export const orderPolicy = {
  /** Expiry of a buy's invoice: longer than an STK push and its confirmation take, shorter than a price is worth keeping. */
  buyInvoiceSeconds: 3_600,
  /** A sell's invoice may be paid this long after the quote expired, to allow for slow answers. Never later. */
  lateSellPaymentMs: 5 * minuteMs,
  /** Treat a quote as valid for at most this long, whatever the server says. */
  maxQuoteAgeMs: 10 * minuteMs,
} as const;

export const quotePolicy = {
  /**
   * Bounds for a plausible price of one bitcoin in KES cents: roughly a hundredth and a thousand times the price when
   * this was written.
   */
  minKesCentsPerBtc: 10_000_000n,
  maxKesCentsPerBtc: 1_000_000_000_000n,
  /** How many cents the lines of a quote may differ from its total: each line is rounded to a cent. */
  roundingKesCents: 10n,
} as const;

/** Record the rate with a finished payment only if the two are less than this apart. */
export const maxRateAgeMs = hourMs;

// Closing the wallet

/** Below this a closed channel's output may not pay for its own sweep; do not wait for it. */
export const minSweepSat = 1_000n;

// Backup

export const backupPolicy = {
  /** How often an idle wallet checks whether another device has taken it over. */
  checkEveryMs: 25_000,
  /** How long a wallet with local state waits for the server at start before it opens without an answer. */
  openTimeoutMs: 4_000,
  /** How many times a restoring device tries to take over while another one does the same. */
  takeOverAttempts: 5,
  /** How long `close` waits for the last commits to be uploaded. */
  closeTimeoutMs: 5_000,
  /** The longest that a person can let a wallet continue without its backup. */
  maxWithoutBackupMs: dayMs,
  /** How long a commit waits for others to share its upload when no output depends on it. */
  batchDelayMs: 300,
  firstRetryMs: 500,
  maxRetryMs: 15_000,
} as const;

// Watchtower

export const towerPolicy = {
  /** How long output waits for the watchtower to have the backup's head, before it leaves without. */
  graceMs: 2_000,
  /** How long a restore waits for the watchtower to say how new the backup has to be. */
  restoreTimeoutMs: 10_000,
  requestTimeoutMs: 8_000,
  firstRetryMs: 1_000,
  maxRetryMs: 60_000,
} as const;

export const appointmentPolicy = {
  /** Largest number of items that are looked through for closed channels. */
  maxListed: 5_000,
  /** Revoked transactions that wait longer than this are shown: until then the upload may just be slow. */
  lateAfterMs: minuteMs,
  /** Delay before an upload, so that the states of one payment share a request and do not slow it down. */
  gatherMs: 1_500,
  firstRetryMs: 2_000,
  maxRetryMs: 5 * minuteMs,
} as const;

// Channels closed because one side's state was older

/** How long each stage usually takes; the screens show it as the time to wait for. */
export const olderStatePolicy = {
  /** From the request to close until the closing transaction is in a block, when the operator's node is running. */
  closeWithinMs: 2 * hourMs,
  sweepWithinMs: hourMs,
  blockMs: 10 * minuteMs,
  /** A closing transaction that pays this wallet nothing is never swept: the notice ends after this long. */
  forgetUnpaidAfterMs: 3 * dayMs,
} as const;

// The worker that runs the wallet

export const workerPolicy = {
  /** How long a call waits for a wallet that is still starting. */
  startTimeoutMs: minuteMs,
  firstRetryMs: 2_000,
  maxRetryMs: 30_000,
  /** How often the worker checks the connection, balances, the operator's info and orders that are not final. */
  connectionCheckMs: 1_000,
  balanceCheckMs: 15_000,
  infoCheckMs: minuteMs,
  openOrderCheckMs: 20_000,
  /** How often leaving sends coins that have become spendable; without a backup no events tell of them. */
  leaveCheckMs: 20_000,
  /** When to read balances again after a payment event: a settled HTLC stays in the commitment for a moment. */
  balanceCheckAfterPaymentMs: [150, 600, 2_500],
  /** A node restarts within seconds. Report one that has not after this long. */
  reportDowntimeAfterMs: 15_000,
  maxLogLines: 200,
  /** Changes of the snapshot within this time are published together. */
  publishDelayMs: 30,
  /** A published snapshot is stored after this delay, for the next start to show. */
  storeDelayMs: 250,
  recentItems: 5,
  /** A smaller difference from the server's clock is ignored: answers take time to arrive. */
  clockToleranceMs: 5 * minuteMs,
} as const;

// The app that hosts the worker

export const hostPolicy = {
  pingEveryMs: 10_000,
  pingTimeoutMs: 15_000,
  closeTimeoutMs: 4_000,
  /** Delays before the first, second, … restart of a worker that crashed; the last one repeats. */
  restartDelaysMs: [0, 1_000, 5_000, 15_000],
  /** After more crashes in a row than this the snapshot says `failed`; restarts continue. */
  crashesBeforeFailed: 2,
  /** A worker that ran this long resets the count of crashes. */
  stableAfterMs: minuteMs,
  socketTimeoutMs: 15_000,
} as const;

// Contacts

export const contactPolicy = { maxShown: 10, maxStored: 50 } as const;

/**
 * Blocks for which the operator's own balance is locked after it force-closes (BOLT 2 `to_self_delay`): two weeks, the
 * longest that LDK, LND and our LSP menu (`max_client_to_self_delay`, bLIP 52) allow. A phone that was offline for less
 * can still punish a revoked commitment. It costs the operator nothing while it closes cooperatively.
 */
export const toSelfDelayBlocks = 2_016;
