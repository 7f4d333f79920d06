import { divide, msat, sat } from "@satsconnect/money";
import type { Msat, Sat } from "@satsconnect/money";
import type { Lsps2MenuEntry } from "../core/generated/index.ts";

/** An LSP's terms and limits (bLIP 52). */
export type LspPolicy = {
  /** The terms for a client, cheapest first; `unknownToken` refuses its discount code. */
  readonly menu: (request: LspMenuRequest) => readonly Lsps2MenuEntry[] | "unknownToken";
  /** A client takes one of the terms. What is granted is a promise: the channel must then be opened. */
  readonly grant: (request: LspGrantRequest) => LspGrantDecision;
  /** The channel for a first payment, or for one of our own that needs room. */
  readonly size: (request: LspSizeRequest) => LspSizeDecision;
  /** What opening a channel for such a payment costs the client now: for quotes of payer-side opens. */
  readonly openingFee: (amountMsat: Msat) => Msat;
  /** How long a first payment may wait for its channel before it is failed back. At most the core's own deadline. */
  readonly openTimeoutMs: number;
};

export type LspMenuRequest = {
  readonly client: string;
  readonly token: string | null;
  readonly nowMs: number;
};

export type LspGrantRequest = {
  readonly client: string;
  /** Absent: the payer chooses the amount. */
  readonly paymentSizeMsat: Msat | null;
  readonly situation: LspSituation;
};

export type LspGrantDecision =
  | { readonly grant: true; readonly cltvExpiryDelta: number; readonly clientTrustsLsp: boolean }
  /** bLIP 52: 201 invalid parameters, 202 too small, 203 too large; 1 anything else. */
  | { readonly grant: false; readonly code: 1 | 201 | 202 | 203; readonly message: string };

export type LspSizeRequest = {
  readonly client: string;
  /** What must fit through the new channel. */
  readonly amountMsat: Msat;
  readonly situation: LspSituation;
};

export type LspSizeDecision =
  | { readonly open: true; readonly capacitySat: Sat }
  | { readonly open: false; readonly reason: string };

/** What limits are measured against. */
export type LspSituation = {
  readonly channelsWithClient: number;
  readonly grantsOpenForClient: number;
  /** Capacity of all channels that we opened as an LSP. */
  readonly committedSat: Sat;
  /** What the wallet may spend on chain, the anchors' reserve taken off. */
  readonly spendableSat: Sat;
};

export type StandardLspTerms = {
  readonly minFeeMsat: Msat;
  readonly proportionalMillionths: number;
  readonly minPaymentMsat: Msat;
  readonly maxPaymentMsat: Msat;
  readonly validForMs: number;
  readonly minLifetimeBlocks: number;
  /** The channel is the payment times this, in percent, and at least `minCapacitySat`. */
  readonly headroomPercent: number;
  readonly minCapacitySat: Sat;
  readonly maxCapacitySat: Sat;
  readonly channelsPerClient: number;
  readonly grantsPerClient: number;
  /** All channels opened as an LSP together. */
  readonly maxCommittedSat: Sat;
  readonly cltvExpiryDelta: number;
  readonly openTimeoutMs: number;
};

/** bLIP 52: `max(min_fee_msat, ceil(payment × proportional / 1,000,000))`. */
export function lsps2OpeningFee(
  paymentMsat: Msat,
  minFeeMsat: Msat,
  proportionalMillionths: number,
): Msat {
  const proportional = divide(paymentMsat * BigInt(proportionalMillionths), 1_000_000n, "ceil");
  return msat(proportional > minFeeMsat ? proportional : minFeeMsat);
}

/** One set of terms for everybody. */
export function standardLspPolicy(terms: StandardLspTerms): LspPolicy {
  const openingFee = (amountMsat: Msat): Msat =>
    lsps2OpeningFee(amountMsat, terms.minFeeMsat, terms.proportionalMillionths);
  return {
    openingFee,
    openTimeoutMs: terms.openTimeoutMs,
    menu: ({ token, nowMs }) =>
      token === null
        ? [
            {
              minFeeMsat: terms.minFeeMsat.toString(),
              proportional: terms.proportionalMillionths,
              validUntilSeconds: Math.floor((nowMs + terms.validForMs) / 1000),
              minLifetime: terms.minLifetimeBlocks,
              maxClientToSelfDelay: 2016,
              minPaymentSizeMsat: terms.minPaymentMsat.toString(),
              maxPaymentSizeMsat: terms.maxPaymentMsat.toString(),
            },
          ]
        : "unknownToken",
    grant: ({ paymentSizeMsat, situation }) => {
      if (paymentSizeMsat !== null && paymentSizeMsat < terms.minPaymentMsat) {
        return { grant: false, code: 202, message: "payment too small" };
      }
      if (paymentSizeMsat !== null && paymentSizeMsat > terms.maxPaymentMsat) {
        return { grant: false, code: 203, message: "payment too large" };
      }
      if (situation.grantsOpenForClient >= terms.grantsPerClient) {
        return { grant: false, code: 1, message: "too many invoices open; use one of them" };
      }
      return { grant: true, cltvExpiryDelta: terms.cltvExpiryDelta, clientTrustsLsp: false };
    },
    size: ({ amountMsat, situation }) => {
      if (situation.channelsWithClient >= terms.channelsPerClient) {
        return { open: false, reason: "the client has enough channels" };
      }
      const wanted = divide(amountMsat * BigInt(terms.headroomPercent), 100_000n, "ceil");
      const capacity = wanted > terms.minCapacitySat ? wanted : terms.minCapacitySat;
      if (capacity > terms.maxCapacitySat) return { open: false, reason: "too large" };
      if (situation.committedSat + capacity > terms.maxCommittedSat) {
        return { open: false, reason: "the limit for channels to clients is reached" };
      }
      if (capacity > situation.spendableSat) {
        return { open: false, reason: "not enough funds on chain" };
      }
      return { open: true, capacitySat: sat(capacity) };
    },
  };
}
