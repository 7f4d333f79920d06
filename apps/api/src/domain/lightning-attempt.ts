import type { Msat } from "@satsconnect/money";

/** One outbound payment from the treasury: the sats of a buy, or the sats returned to the holder of an `owed` sell. */
export type LightningAttempt = {
  readonly number: number;
  readonly invoice: string;
  readonly paymentHash: string;
  readonly amountMsat: Msat;
  readonly invoiceExpiresAt: number;
  /** Payment hashes of earlier attempts. None of them is ever paid again. */
  readonly earlierHashes: readonly string[];
  /** Amounts of earlier attempts by payment hash, where the holder has accepted another price since. */
  readonly earlierAmounts?: Readonly<Record<string, Msat>>;
  /**
   * The payment hash that the node has reported. That payment is only asked about from then on: a node that does not know
   * it any more has lost its state, and the payment may have been made.
   */
  readonly reportedHash?: string;
  readonly polls: number;
  readonly dueAt: number;
};
