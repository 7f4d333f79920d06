import { divide, sat } from "@satsconnect/money";
import type { Msat, Sat } from "@satsconnect/money";
import type { Lsps2MenuEntry } from "../core/generated/index.ts";
import { jitChannelFee } from "./jit-channel-fee.ts";

/** An LSP's terms and limits for opening channels on demand (LSPS2, bLIP 52). */
export type LspPolicy = {
  /** The terms offered to a client, cheapest first. `unknownToken` rejects the client's discount token. */
  readonly menu: (request: LspMenuRequest) => readonly Lsps2MenuEntry[] | "unknownToken";
  /** Decides on a client's `lsps2.buy`. A grant is a commitment to open the channel when the payment arrives. */
  readonly grant: (request: LspGrantRequest) => LspGrantDecision;
  /** Sizes the channel for a client's first payment, or for a payment of our own to that client. */
  readonly size: (request: LspSizeRequest) => LspSizeDecision;
  /** The fee for opening a channel for a payment of this amount now. Used to quote payer-side openings. */
  readonly openingFee: (amountMsat: Msat) => Msat;
  /** How long an intercepted first payment may wait for its channel before it is failed back, in milliseconds. */
  readonly openTimeoutMs: number;
};

export type LspMenuRequest = {
  readonly client: string;
  readonly token: string | null;
  readonly nowMs: number;
};

export type LspGrantRequest = {
  readonly client: string;
  /** Null when the payer chooses the amount. */
  readonly paymentSizeMsat: Msat | null;
  readonly usage: LspUsage;
};

export type LspGrantDecision =
  | { readonly grant: true; readonly cltvExpiryDelta: number; readonly clientTrustsLsp: boolean }
  /** bLIP 52 error codes: 201 invalid parameters, 202 payment too small, 203 payment too large; 1 for anything else. */
  | { readonly grant: false; readonly code: 1 | 201 | 202 | 203; readonly message: string };

export type LspSizeRequest = {
  readonly client: string;
  /** The new channel must be able to carry this. */
  readonly amountMsat: Msat;
  readonly usage: LspUsage;
};

export type LspSizeDecision =
  | { readonly open: true; readonly capacitySat: Sat }
  | { readonly open: false; readonly reason: string };

/** The LSP's current usage, for comparison with its limits. */
export type LspUsage = {
  readonly channelsWithClient: number;
  readonly grantsOpenForClient: number;
  /** Total capacity of the channels that this node opened as an LSP. */
  readonly committedSat: Sat;
  /** On-chain funds that may be spent, without the reserve for anchors. */
  readonly spendableSat: Sat;
};

export type StandardLspTerms = {
  readonly minFeeMsat: Msat;
  readonly proportionalMillionths: number;
  readonly minPaymentMsat: Msat;
  readonly maxPaymentMsat: Msat;
  /** How long an offered menu stays valid. */
  readonly validForMs: number;
  /** The LSP keeps the channel open at least this long. */
  readonly minLifetimeBlocks: number;
  /** Channel capacity in percent of the payment, but at least `minCapacitySat`. */
  readonly headroomPercent: number;
  readonly minCapacitySat: Sat;
  readonly maxCapacitySat: Sat;
  readonly channelsPerClient: number;
  /** Unused grants (invoices with a channel behind them) that a client may hold at a time. */
  readonly grantsPerClient: number;
  /** Total capacity of all channels opened as an LSP. */
  readonly maxCommittedSat: Sat;
  readonly cltvExpiryDelta: number;
  readonly openTimeoutMs: number;
};

/** The same terms for every client, without discount tokens. */
export function standardLspPolicy(terms: StandardLspTerms): LspPolicy {
  const openingFee = (amountMsat: Msat): Msat =>
    jitChannelFee(amountMsat, terms.minFeeMsat, terms.proportionalMillionths);
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
    grant: ({ paymentSizeMsat, usage }) => {
      if (paymentSizeMsat !== null && paymentSizeMsat < terms.minPaymentMsat) {
        return { grant: false, code: 202, message: "payment too small" };
      }
      if (paymentSizeMsat !== null && paymentSizeMsat > terms.maxPaymentMsat) {
        return { grant: false, code: 203, message: "payment too large" };
      }
      if (usage.grantsOpenForClient >= terms.grantsPerClient) {
        return {
          grant: false,
          code: 1,
          message: `at most ${terms.grantsPerClient} unpaid invoices per client`,
        };
      }
      return { grant: true, cltvExpiryDelta: terms.cltvExpiryDelta, clientTrustsLsp: false };
    },
    size: ({ amountMsat, usage }) => {
      if (usage.channelsWithClient >= terms.channelsPerClient) {
        return { open: false, reason: `at most ${terms.channelsPerClient} channels per client` };
      }
      const headroomSat = divide(amountMsat * BigInt(terms.headroomPercent), 100_000n, "ceil");
      const capacity = headroomSat > terms.minCapacitySat ? headroomSat : terms.minCapacitySat;
      if (capacity > terms.maxCapacitySat)
        return { open: false, reason: `larger than ${terms.maxCapacitySat} sat` };
      if (usage.committedSat + capacity > terms.maxCommittedSat) {
        return { open: false, reason: "the total capacity limit for client channels is reached" };
      }
      if (capacity > usage.spendableSat) {
        return { open: false, reason: "not enough funds on chain" };
      }
      return { open: true, capacitySat: sat(capacity) };
    },
  };
}
