import { msat } from "@satsconnect/money";

/*
 * Every number that decides about prices, limits, waiting and retries, in one file. The operator can change those in
 * `operatorDefaults` (see `config.ts`); the others are part of the design and change with the code. What M-Pesa charges
 * and allows is in `packages/money`; the routing fee limit of outbound payments is `maxRoutingFee` there.
 */
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Defaults and bounds of what the operator sets by configuration. */
export const operatorDefaults = {
  /** Margin on the median price, in parts per million: 15,000 is 1.5 %. */
  spreadPartsPerMillion: { default: 15_000, min: 0, max: 100_000 },
  /**
   * How long a quote is valid, in seconds. A shorter quote leaves a person too little time to read and confirm; a
   * longer one lets the price move against the operator.
   */
  buyQuoteLifetimeSeconds: { default: 90, min: 60, max: 300 },
  sellQuoteLifetimeSeconds: { default: 120, min: 60, max: 300 },
} as const;

/** How a price is formed from independent feeds. */
export const pricePolicy = {
  /** A price older than this is ignored. */
  maxAgeMs: 2 * minute,
  /** A feed's clock may run this far ahead of ours. */
  maxClockAheadMs: 30 * second,
  /** A price further than 3 % from the median is ignored. */
  maxDeviationPartsPerMillion: 30_000n,
  /** Fewer sources than this that agree are not a price. */
  minSources: 2,
  /** A price more than five times above or below the last good one is a feed's mistake. */
  implausibleFactor: 5n,
  /** All quotes within this time share one round of requests to the feeds. */
  cacheMs: 10 * second,
  /** The dollar rate changes once a day: how often it is fetched, and how old it may be. */
  fxCacheMs: 10 * minute,
  fxMaxAgeMs: 36 * hour,
  /** A move of more than 5 % within a minute widens the spread by 2 percentage points for the next minute. */
  jumpWindowMs: minute,
  jumpPartsPerMillion: 50_000n,
  jumpSpreadPartsPerMillion: 20_000n,
} as const;

/** How long each step of an order may take, in milliseconds. */
export const orderTimes = {
  /** A call without a stored answer after this long died with its caller. Longer than any call's own timeout. */
  callTimeoutMs: 45 * second,
  /** An STK push is queried after 20, 40, 80 … seconds. */
  promptPollMinMs: 20 * second,
  promptPollMaxMs: 5 * minute,
  /** An unanswered STK push can still succeed for this long. */
  promptLateSuccessMs: 15 * minute,
  /** After this long without a definite answer about an STK push, open a case for manual review. */
  promptGiveUpMs: 48 * hour,
  /** How long to wait for a payout's result before querying its status. */
  payoutResultWaitMs: 30 * second,
  payoutResendMs: 15 * second,
  payoutPollMaxMs: 10 * minute,
  lightningPollMinMs: 2 * second,
  lightningPollMaxMs: minute,
  /** An outbound payment that takes longer opens a case. It keeps being polled; it is never assumed failed. */
  lightningOverdueMs: day,
  /** An invoice that expires sooner than this is not paid any more. */
  invoiceMarginMs: 15 * second,
  /** The holder's invoice for a buy must be valid for at least this long, to outlast the STK push and the payment. */
  minInvoiceValidityMs: 3 * minute,
  /** How long a wallet has to provide a fresh invoice before its shillings are refunded. */
  freshInvoiceMs: 6 * hour,
  /** The holder has at least this long to pay a sell's invoice, even if the quote expires sooner. */
  minPayTimeMs: minute,
  /** How often an open hold invoice is polled. The node's event stream is usually faster. */
  holdInvoicePollMs: 15 * second,
  /** How long after the price expired the node may still report a payment that arrived in time. */
  invoiceGraceMs: 30 * second,
  /** Deadline of a step that needs no other system. */
  stepMs: 30 * second,
  /** How often an open case, or a state past its deadline, is brought up again. */
  caseReminderMs: day,
  owedReminderMs: 7 * day,
  /** A report about a held HTLC counts for this long. A payout is never sent on an older one. */
  heldReportMaxAgeMs: 10 * minute,
  /** How often a held HTLC and the chain tip are checked, and how often once the deadline is near. */
  heldPollMs: 5 * minute,
  heldPollNearDeadlineMs: 30 * second,
} as const;

/** Deadlines of a held HTLC, in blocks before its claim deadline. */
export const holdBlocks = {
  /** How long a sell's hold invoice lets the payment be held: about a day to find out whether the payout was made. */
  total: 144,
  /** Below this many blocks, do not start a payout. */
  minToStartPayout: 100,
  /** At or below this many blocks, never send or resend a payout; only query its status. */
  minToSend: 24,
  /** At this many blocks without proof, claim the HTLC and owe the holder. */
  protectiveClaim: 12,
  /** Average time between blocks, for estimates only. */
  intervalMs: 10 * minute,
} as const;

/** How often a call that was refused before it had any effect is repeated. */
export const maxSends = {
  prompt: 5,
  payoutRefusedByGateway: 8,
} as const;

export const paymentLimits = {
  /** A sell accepts at most this much above the invoice (BOLT 4 lets payers round up) and fails the HTLC beyond it. */
  maxOverpaymentMsat: msat(10_000_000n),
  /** The most one Lightning payment of a wallet may be: above KES 250,000 at any price seen so far. */
  maxPaymentMsat: msat(20_000_000_000n),
  minHoldInvoiceMsat: msat(1_000n),
  /** How long a payment to a wallet's hold invoice waits for the phone, in blocks: about a day. */
  walletHoldBlocks: 144,
} as const;

/** Late evidence that cannot be judged yet is looked at again after half its age, within these bounds. */
export const lateEvidenceRetry = { minMs: minute, maxMs: hour } as const;

/** The sweeper finds every order that is due, whatever happened to its wake-up. */
export const sweep = {
  intervalMs: 2 * second,
  maxOrders: 200,
  /** An order handed to one sweeper is not handed to another one for this long. */
  leaseMs: minute,
  concurrency: 8,
} as const;

export const backgroundIntervals = {
  /** How often the node's income and expenses are booked. */
  reconciliationMs: 3 * second,
  /** How often the ledger is compared with M-Pesa and the node. */
  comparisonMs: 10 * minute,
  /** How often expired sessions and idempotency keys are deleted. */
  cleanupMs: hour,
} as const;
