import { standardLspPolicy } from "@satsconnect/lightning";
import type { ForwardingTerms, LspPolicy } from "@satsconnect/lightning";
import { msat, sat } from "@satsconnect/money";
import type { Msat } from "@satsconnect/money";
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
};

export function paymentCaps(configuration: Configuration): PaymentCaps {
  return {
    paymentMsat: msatOf(configuration.CAP_PAYMENT_SAT),
    dailyMsat: msatOf(configuration.CAP_DAILY_SAT),
    inFlightMsat: msatOf(configuration.CAP_IN_FLIGHT_SAT),
  };
}

/** Our forwarding fees and CLTV delta (BOLT 7). */
export function forwardingTerms(configuration: Configuration): ForwardingTerms {
  return {
    feeBaseMsat: configuration.FORWARDING_BASE_MSAT,
    feeProportionalMillionths: configuration.FORWARDING_MILLIONTHS,
    cltvExpiryDelta: configuration.FORWARDING_CLTV_BLOCKS,
  };
}

/** The terms for just-in-time channels: fees, sizes and limits (LSPS2, bLIP 52). */
export function jitChannelPolicy(configuration: Configuration): LspPolicy {
  return standardLspPolicy({
    minFeeMsat: msatOf(configuration.LSP_MINIMUM_FEE_SAT),
    proportionalMillionths: configuration.LSP_FEE_MILLIONTHS,
    minPaymentMsat: minJitPaymentMsat(configuration),
    maxPaymentMsat: msatOf(configuration.LSP_MAXIMUM_PAYMENT_SAT),
    validForMs: 60 * 60_000,
    // About 30 days.
    minLifetimeBlocks: 4_320,
    // Four times the first payment leaves room for later ones, so that a wallet seldom needs a second channel.
    headroomPercent: 400,
    minCapacitySat: sat(configuration.LSP_MINIMUM_CAPACITY_SAT),
    maxCapacitySat: sat(configuration.LSP_MAXIMUM_CAPACITY_SAT),
    channelsPerClient: 4,
    grantsPerClient: 20,
    maxCommittedSat: sat(configuration.LSP_MAXIMUM_COMMITTED_SAT),
    cltvExpiryDelta: 144,
    openTimeoutMs: 30_000,
  });
}

export function minJitPaymentMsat(configuration: Configuration): Msat {
  return msatOf(configuration.LSP_MINIMUM_PAYMENT_SAT);
}

/** The node's lease expires this long after its last renewal; then a standby takes over. */
export const leaseMs = 4_000;
/** How often a standby tries to take the lease. */
export const standbyRetryMs = 500;

/**
 * Maximum number of HTLCs that a peer may have in flight on one channel: enough for a busy merchant or routing node.
 */
export const maxAcceptedHtlcs = 100;

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

/** The oldest LDK release with all published security fixes. Mainnet refuses older ones. */
export const minLdkVersion = [0, 2, 7] as const;
/** On mainnet the last restore drill of the backup must be at most this many days ago. */
export const maxDaysSinceDrill = 92;

function msatOf(satoshis: bigint): Msat {
  return msat(satoshis * 1_000n);
}
