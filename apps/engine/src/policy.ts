import { standardLspPolicy } from "@satsconnect/lightning";
import type { ForwardingTerms, LspPolicy } from "@satsconnect/lightning";
import { msat, sat } from "@satsconnect/money";
import type { Msat, Sat } from "@satsconnect/money";
import type { Configuration } from "./config.ts";

// The engine's policy: prices, limits and timeouts. An operator sets fees, caps and channel sizes in the environment
// (config.ts); the constants below change only with a release.

/**
 * Maximum that payments may take from the treasury, maximum routing fees included: one payment, all payments within
 * 24 hours, and all payments in flight.
 */
export type PaymentCaps = {
  readonly paymentMsat: Msat;
  readonly dailyMsat: Msat;
  readonly inFlightMsat: Msat;
  /** To one node: what a customer can hold back at a time. */
  readonly inFlightToPayeeMsat: Msat;
};

export function paymentCaps(configuration: Configuration): PaymentCaps {
  return {
    paymentMsat: msatOf(configuration.CAP_PAYMENT_SAT),
    dailyMsat: msatOf(configuration.CAP_DAILY_SAT),
    inFlightMsat: msatOf(configuration.CAP_IN_FLIGHT_SAT),
    inFlightToPayeeMsat: msatOf(configuration.CAP_IN_FLIGHT_TO_PAYEE_SAT),
  };
}

/** Maximum that is sent on chain in 24 hours, fees included. Opening channels does not count. */
export function onChainDailyCap(configuration: Configuration): Sat {
  return sat(configuration.CAP_ON_CHAIN_DAILY_SAT);
}

/** Our forwarding fees and CLTV delta (BOLT 7). */
export function forwardingTerms(configuration: Configuration): ForwardingTerms {
  return {
    feeBaseMsat: configuration.FORWARDING_BASE_MSAT,
    feeProportionalMillionths: configuration.FORWARDING_MILLIONTHS,
    cltvExpiryDelta: configuration.FORWARDING_CLTV_BLOCKS,
  };
}

/** The terms for just-in-time channels: fee, sizes and limits (LSPS2, bLIP 52). */
export function jitChannelPolicy(
  configuration: Configuration,
  isRegistered: (nodeId: string) => Promise<boolean>,
): LspPolicy {
  return standardLspPolicy({
    minFeeMsat: msatOf(configuration.LSP_MINIMUM_FEE_SAT),
    proportionalMillionths: configuration.LSP_FEE_MILLIONTHS,
    minPaymentMsat: msatOf(configuration.LSP_MINIMUM_PAYMENT_SAT),
    maxPaymentMsat: msatOf(configuration.LSP_MAXIMUM_PAYMENT_SAT),
    validForMs: 60 * 60_000,
    // About 30 days.
    minLifetimeBlocks: 4_320,
    // Four times the first payment leaves room for later ones, so that a wallet seldom needs a second channel.
    headroomPercent: 400,
    minCapacitySat: sat(configuration.LSP_MINIMUM_CAPACITY_SAT),
    maxCapacitySat: sat(configuration.LSP_MAXIMUM_CAPACITY_SAT),
    channelsPerClient: 4,
    maxCommittedSat: sat(configuration.LSP_MAXIMUM_COMMITTED_SAT),
    maxCommittedToUnknownSat: sat(configuration.LSP_MAXIMUM_UNKNOWN_SAT),
    maxFeeRateSatPerKwu: configuration.LSP_MAXIMUM_FEERATE * 250,
    opensPerHourPerClient: configuration.LSP_OPENS_PER_HOUR_PER_CLIENT,
    opensPerHour: configuration.LSP_OPENS_PER_HOUR,
    closeUnpaidAfterMs: configuration.LSP_CLOSE_UNPAID_AFTER_HOURS * hourMs,
    forceCloseUnpaidAfterMs: configuration.LSP_FORCE_CLOSE_UNPAID_AFTER_HOURS * hourMs,
    cltvExpiryDelta: 144,
    openTimeoutMs: 30_000,
    isRegistered,
  });
}

const hourMs = 3_600_000;

/** The node's lease expires this long after its last renewal; then a standby takes over. */
export const leaseMs = 4_000;
/** How often a standby tries to take the lease. */
export const standbyRetryMs = 500;

/** The rotation of the state key: the work of one batch, and the pauses between batches and after a failure. */
export const rotationPolicy = {
  /** Values looked at in one batch. A batch delays a commit by one write at most. */
  batch: 64,
  pauseMs: 20,
  retryMs: 1_000,
  /** How often a standby looks whether it has all keys. */
  watchMs: 5_000,
  /** Counting reads the beginning of every value. */
  countTimeoutMs: 50_000,
} as const;

/** Decrypting one wrapped secret with `UNWRAP_COMMAND`. */
export const unwrapPolicy = { timeoutMs: 15_000, maxBytes: 16_384 } as const;

/**
 * Maximum number of HTLCs that a peer may have in flight on one channel: enough for a busy merchant or routing node.
 */
export const maxAcceptedHtlcs = 100;

/** The HTTP ports. Times are milliseconds. */
export const httpPolicy = {
  /** A request's header must have arrived by then, its body by the second. */
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  /** How often those two are checked. */
  checkIntervalMs: 1_000,
  keepAliveTimeoutMs: 5_000,
  /** A connection on which nothing has moved for so long is closed. */
  stalledTimeoutMs: 15_000,
  maxHeaderBytes: 8_192,
  /** Bitcoin Core relays packages of at most 404,000 weight units (`MAX_PACKAGE_WEIGHT`): 808,000 characters of hex. */
  maxBodyBytes: 1_000_000,
  /** Connections to the Esplora port. */
  esploraConnections: { total: 4_000, keptForKnown: 0, graceMs: 2_000 },
  /** Connections to the port for health and metrics. */
  operatorConnections: { total: 200, keptForKnown: 0, graceMs: 2_000 },
  /** Request bodies that are arriving, each up to `maxBodyBytes` in memory. */
  uploads: { total: 64, keptForKnown: 0, graceMs: 2_000 },
  /** Esplora answers being made at the same time, in all and for one address range. */
  answers: { total: 64, perRange: 32 },
  /** Gossip snapshots being downloaded, in all and by one address range. */
  snapshotDownloads: { total: 256, perRange: 64 },
} as const;

/**
 * Ages of the gossip snapshots that contain only changes, in seconds. A wallet that is further behind gets everything:
 * the snapshots repeat each unchanged channel once in three days.
 */
export const snapshotAgesSeconds: readonly number[] = [1, 3, 6, 12, 24, 48, 72].map(
  (hours) => hours * 3_600,
);

/** Refuse to pay an invoice that expires within this time. */
export const minInvoiceRemainingMs = 3_000;

/** Bitcoin Core may be this many blocks behind its headers: a new block takes a moment to download and verify. */
export const maxBlocksBehind = 2;
/** An hour passes without a block about every three days, 90 minutes about every two months. */
export const maxTipAgeSeconds = 90 * 60;

/** A closing transaction with this many confirmations counts as final. */
export const finalConfirmations = 6;
/**
 * A channel that closed longer ago than this no longer counts as closing, even if no closing transaction confirmed.
 */
export const maxClosingDays = 60;

/** On mainnet the last restore drill of the backup must be at most this many days ago. */
export const maxDaysSinceDrill = 92;

function msatOf(satoshis: bigint): Msat {
  return msat(satoshis * 1_000n);
}
