import { msat } from "@satsconnect/money";

/*
 * The constants for prices, limits, timeouts and retries, in one file. The operator can change those in
 * `operatorDefaults` (see `config.ts`); the others change with the code. M-Pesa's tariffs and limits are in
 * `packages/money`; the routing fee limit of outbound payments is `maxRoutingFee` there.
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
  /** There is no price unless at least this many sources agree. */
  minSources: 2,
  /** A price more than five times above or below the last accepted one is treated as a feed error. */
  implausibleFactor: 5n,
  /** All quotes within this time share one round of requests to the feeds. */
  cacheMs: 10 * second,
  /** The USD/KES rate changes once a day: how long a fetched rate is reused, and how old it may be. */
  fxCacheMs: 10 * minute,
  fxMaxAgeMs: 36 * hour,
  /** A move of more than 5 % within a minute widens the spread by 2 percentage points for the next minute. */
  jumpWindowMs: minute,
  jumpPartsPerMillion: 50_000n,
  jumpSpreadPartsPerMillion: 20_000n,
} as const;

/** How long each step of an order may take, in milliseconds. */
export const orderTimes = {
  /** A call without a stored answer after this long is considered lost. Longer than any call's own timeout. */
  callTimeoutMs: minute,
  /** An STK push is queried after 20, 40, 80 … seconds. */
  promptPollMinMs: 20 * second,
  promptPollMaxMs: 5 * minute,
  /** An unanswered STK push can still succeed for this long. */
  promptLateSuccessMs: 15 * minute,
  /** A prompt that M-Pesa reports with an undocumented code only, and without a callback, counts as not paid then. */
  promptUnlistedMs: 45 * minute,
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
  /**
   * A node that does not know a payment this long after its invoice expired will never make it. Longer than a call can be
   * on its way, and than the clocks of the two can differ.
   */
  unknownPaymentMs: 5 * minute,
  /** A held payment that the node does not know for this long is treated as lost. */
  unknownHeldPaymentMs: 10 * minute,
  /** After this long, its claim deadline has passed too: nothing can be claimed any more. */
  goneHeldPaymentMs: 26 * hour,
  /** Do not pay an invoice that expires within this time. */
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
  /** How often a reminder is given of an open case, or of a state past its deadline. */
  caseReminderMs: day,
  owedReminderMs: 7 * day,
  /** A payout is never sent if the node's last answer about the held HTLC is older than this. */
  heldReportMaxAgeMs: 10 * second,
  /** How often a held HTLC and the chain tip are checked, and how often once the deadline is near. */
  heldPollMs: 5 * minute,
  heldPollNearDeadlineMs: 30 * second,
} as const;

/** Deadlines of a held HTLC, in blocks before its claim deadline. */
export const holdBlocks = {
  /** How long a payment to a sell's hold invoice may be held: about a day to find out whether the payout was made. */
  total: 144,
  /** Below this many blocks, do not start a payout. */
  minToStartPayout: 100,
  /** At or below this many blocks, never send or resend a payout; only query its status. */
  minToSend: 24,
  /** At or below this many blocks, if the payout's outcome is unproven, claim the HTLC and owe the holder the sats. */
  protectiveClaim: 12,
  /** Average time between blocks, for estimates only. */
  intervalMs: 10 * minute,
} as const;

/** Maximum attempts, the first included, of a call that is refused each time before it has any effect. */
export const maxSends = {
  prompt: 5,
  payoutRefusedByGateway: 8,
} as const;

export const paymentLimits = {
  /** A sell accepts at most this much above the invoice (BOLT 4 lets payers overpay) and fails the HTLC above that. */
  maxOverpaymentMsat: msat(10_000_000n),
  /** Largest Lightning payment of a wallet: above KES 250,000 at any price seen so far. */
  maxPaymentMsat: msat(20_000_000_000n),
  minHoldInvoiceMsat: msat(1_000n),
  /** How long a payment to a wallet's hold invoice may be held until the wallet claims it, in blocks: about a day. */
  walletHoldBlocks: 144,
} as const;

/** Late evidence that cannot be judged yet is judged again after half its age, within these bounds. */
export const lateEvidenceRetry = { minMs: minute, maxMs: hour } as const;

/** The sweeper wakes every order that is due, even if the job that should have woken it was lost. */
export const sweep = {
  intervalMs: 2 * second,
  maxOrders: 200,
  /** An order handed to one sweeper is not handed to another for this long. Longer than any call. */
  leaseMs: 2 * minute,
  concurrency: 8,
} as const;

export const backgroundIntervals = {
  /** How often the node is asked for its best block, which wakes the orders whose deadline is at its height. */
  blocksMs: 5 * second,
  /** How often the node's income and expenses are booked. */
  reconciliationMs: 3 * second,
  /** How often the ledger is compared with M-Pesa and the node. */
  comparisonMs: 10 * minute,
  /** How often expired sessions and idempotency keys are deleted. */
  cleanupMs: hour,
} as const;
