import { addMsat, fiat, subtractMsat, zeroMsat } from "@satsconnect/money";
import type { Fiat, Msat } from "@satsconnect/money";
import type { LightningAttempt } from "./lightning-attempt.ts";
import type { Payout } from "./payout.ts";
import type { Account, CasePostingKind, Entry, Posting } from "./postings.ts";
import { posting, transfer } from "./postings.ts";
import type { Reversal } from "./reversal.ts";

/**
 * What happened to an order outside the exchange itself: shillings that are set aside, refunds, late deliveries. A case is
 * its own thing: the file changes after the order has ended, and the order's state does not.
 */
export type CaseFile = {
  /** Every payment by a customer that was booked for this order. */
  readonly payments: readonly ReceivedPayment[];
  /** This order's part of the account `kes_suspense`. */
  readonly suspenseKesCents: Fiat<"KES">;
  /** The last refund; at most one is open. */
  readonly refund: Refund | null;
  /** Payouts that are proven not paid and were replaced. M-Pesa may still contradict itself about them. */
  readonly earlierPayouts: readonly Payout[];
  /** Payouts and reversals whose proof was contradicted later, by M-Pesa or by an operator who read its records. */
  readonly latePayouts: readonly LatePayout[];
  /** Payment hashes that are booked in this file, so that a repeated report of them changes nothing. */
  readonly bookedHashes: readonly string[];
  /** This order's part of the account `sats_receivable`: sats that the holder got twice, or besides a refund. */
  readonly excessMsat: Msat;
  /** Sats of an order that has ended which are owed to its holder. */
  readonly owedMsat: Msat;
  /** A Lightning payment for an order that has ended. */
  readonly delivery: LightningAttempt | null;
  /** This order's part of the account `reversed_by_payers`. */
  readonly reversedKesCents: Fiat<"KES">;
  /** How many journals the file has. Each has its number in its kind, so none is booked twice. */
  readonly journals: number;
  /** When an order that has ended must be woken for the file; null if there is nothing to do. */
  readonly wakeAt: number | null;
};

export type ReceivedPayment = {
  /** M-Pesa's id of the STK push that was paid; null if only the statement names the payment. */
  readonly checkoutRequestId: string | null;
  readonly receipt: string | null;
  /** 12 digits: who paid, if known; otherwise the order's number. */
  readonly msisdn: string | null;
  readonly amountKesCents: Fiat<"KES">;
  /** Whether M-Pesa was asked to reverse the receipt, which it does once only, and whether it is proven that it did. */
  readonly reversal: "none" | "tried" | "made";
};

export type Refund = {
  readonly number: number;
  /** The order's reason while it waits for the refund; null for a refund of an order that had ended. */
  readonly reason: string | null;
  readonly amountKesCents: Fiat<"KES">;
  /** Where its shillings are booked until it is made. */
  readonly from: Account<"KES">;
  readonly status: "open" | "made" | "failed";
  /** The reversal that is tried first; null if the refund is a payout from the start. */
  readonly reversal: Reversal | null;
  readonly payout: Payout;
  /** M-Pesa's fee to the operator for the payout. */
  readonly feeKesCents: Fiat<"KES">;
  /** Float is reserved for the payout. */
  readonly reserved: boolean;
};

export type LatePayout = {
  /** Our id of the payout, or the receipt that was reversed. */
  readonly id: string;
  readonly amountKesCents: Fiat<"KES">;
  /** The account that it left. */
  readonly account: Account<"KES">;
  readonly feeKesCents: Fiat<"KES">;
  /** `made`: it was proven not to be made. `unmade`: it was proven to be made. */
  readonly claim: "made" | "unmade";
  readonly receipt: string | null;
  readonly booked: boolean;
};

export const emptyCaseFile: CaseFile = {
  payments: [],
  suspenseKesCents: fiat("KES", 0n),
  refund: null,
  earlierPayouts: [],
  latePayouts: [],
  bookedHashes: [],
  excessMsat: zeroMsat,
  owedMsat: zeroMsat,
  delivery: null,
  reversedKesCents: fiat("KES", 0n),
  journals: 0,
  wakeAt: null,
};

type WithFile = { readonly caseFile: CaseFile };

/** The order with changes to its case file. */
export function withFile<Of extends WithFile>(order: Of, changes: Partial<CaseFile>): Of {
  return { ...order, caseFile: { ...order.caseFile, ...changes } };
}

/** Books a journal of the case file under its next number. */
export function book<Of extends WithFile>(
  order: Of,
  kind: CasePostingKind,
  entries: readonly Entry[],
): { readonly next: Of; readonly postings: readonly Posting[] } {
  const number = order.caseFile.journals + 1;
  return {
    next: withFile(order, { journals: number }),
    postings: [posting(`${kind}:${number}`, entries)],
  };
}

export function hasOpenRefund({ caseFile }: WithFile): boolean {
  return caseFile.refund?.status === "open";
}

/** Books sats that left the treasury and were not due: the holder received them before, or was refunded. */
export function sentInExcess<Of extends WithFile>(
  order: Of,
  sent: { readonly paymentHash: string; readonly amountMsat: Msat; readonly feeMsat: Msat },
): { readonly next: Of; readonly postings: readonly Posting[] } {
  const { bookedHashes, excessMsat } = order.caseFile;
  const { next, postings } = book(order, "sats_sent_in_excess", [
    ...transfer("MSAT", "treasury", "sats_receivable", sent.amountMsat),
    ...transfer("MSAT", "treasury", "routing_fees", sent.feeMsat),
  ]);
  return {
    next: withFile(next, {
      bookedHashes: [...bookedHashes, sent.paymentHash],
      excessMsat: addMsat(excessMsat, sent.amountMsat),
    }),
    postings,
  };
}

/** Sats that were sent in excess turned out to be due. */
export function settleExcess<Of extends WithFile>(order: Of, amountMsat: Msat): Of {
  return withFile(order, { excessMsat: subtractMsat(order.caseFile.excessMsat, amountMsat) });
}

/** Whether nothing is left for an operator to do about the file's money. */
export function isSettled({ caseFile }: WithFile): boolean {
  return (
    caseFile.suspenseKesCents === 0n &&
    !hasOpenRefund({ caseFile }) &&
    caseFile.latePayouts.every(({ booked }) => booked) &&
    caseFile.reversedKesCents === 0n &&
    caseFile.delivery === null &&
    caseFile.excessMsat === 0n &&
    caseFile.owedMsat === 0n
  );
}

/** The payment that a receipt's reversal can give back in full; undefined if there is none of that amount. */
export function reversiblePayment(
  { caseFile }: WithFile,
  amountKesCents: Fiat<"KES">,
): (ReceivedPayment & { readonly receipt: string }) | undefined {
  return caseFile.payments.find(
    (payment): payment is ReceivedPayment & { readonly receipt: string } =>
      payment.receipt !== null &&
      payment.reversal === "none" &&
      payment.amountKesCents === amountKesCents,
  );
}
