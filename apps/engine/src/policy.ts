import { standardLspPolicy } from "@satsconnect/lightning";
import type { LspPolicy } from "@satsconnect/lightning";
import { msat, sat } from "@satsconnect/money";
import type { Configuration } from "./config.ts";

/** The operator's LSPS2 terms, from its configuration (bLIP 52). */
export function lspPolicy(configuration: Configuration): LspPolicy {
  return standardLspPolicy({
    minFeeMsat: msat(configuration.LSP_MINIMUM_FEE_SAT * 1_000n),
    proportionalMillionths: configuration.LSP_FEE_MILLIONTHS,
    minPaymentMsat: msat(configuration.LSP_MINIMUM_PAYMENT_SAT * 1_000n),
    maxPaymentMsat: msat(configuration.LSP_MAXIMUM_PAYMENT_SAT * 1_000n),
    validForMs: 60 * 60_000,
    minLifetimeBlocks: 4_320,
    // Four times the payment: room for the next ones, so that a wallet seldom needs a second channel.
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
