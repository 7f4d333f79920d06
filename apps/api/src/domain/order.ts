import { addFiat, fiat } from "@satsconnect/money";
import type { EnabledCurrency, Fiat, Msat, Rate } from "@satsconnect/money";
import type { PromptAnswer, PromptCallback } from "./facts.ts";
import type { Payout } from "./payout.ts";

/** Where the money of a buy is (M-Pesa to bitcoin). */
export const buyStates = [
  "stk_requested",
  "stk_unknown",
  "kes_received",
  "paying",
  "invoice_needed",
  "paid",
  "refunding",
  "refunded",
  "cancelled",
  "expired",
  "case",
] as const;
export type BuyState = (typeof buyStates)[number];

/** Where the money of a sell is (bitcoin to M-Pesa). */
export const sellStates = [
  "invoice_open",
  "held",
  "payout_requested",
  "payout_unknown",
  "payout_confirmed",
  "claimed",
  "returning",
  "cancelled",
  "expired",
  "protective_claim",
  "owed",
  "refunding",
  "refunded",
  "case",
] as const;
export type SellState = (typeof sellStates)[number];

export type OrderState = BuyState | SellState;

/** Rule 6: these never change. */
export const finalStates: ReadonlySet<OrderState> = new Set<OrderState>([
  "paid",
  "refunded",
  "claimed",
  "cancelled",
  "expired",
]);

export function isFinal(state: OrderState): boolean {
  return finalStates.has(state);
}

type FeeCode = "spread" | "mpesa" | "channel_open" | "routing";

/** One itemised part of what an exchange costs, in both currencies. */
export type FeeLine = {
  readonly code: FeeCode;
  readonly amountKesCents: Fiat<"KES">;
  readonly amountMsat: Msat;
};

/** The sum of the fee lines. */
export function totalFees({ fees }: Pick<Terms, "fees">): Fiat<"KES"> {
  return addFiat(fiat("KES", 0n), ...fees.map(({ amountKesCents }) => amountKesCents));
}

/** What was promised to the holder, fixed when the quote was made. */
export type Terms = {
  readonly currency: EnabledCurrency;
  /** What goes over M-Pesa: paid in by the holder (buy), out to the recipient (sell). */
  readonly amountKesCents: Fiat<"KES">;
  /** What goes over Lightning: to the holder (buy), from the holder (sell). */
  readonly amountMsat: Msat;
  /** The median of the sources, before any fee. */
  readonly rate: Rate<"KES">;
  readonly fees: readonly FeeLine[];
  /** Of a sell: as M-Pesa names the recipient; null where M-Pesa does not say. */
  readonly recipientName: string | null;
};

/** The STK prompt of a buy: intended, being sent, answered, or perhaps sent. */
export type Prompt = {
  readonly status: "intended" | "sending" | "accepted" | "unknown";
  /** Ours: what the holder reads on the handset, 12 letters and digits. */
  readonly accountReference: string;
  readonly sends: number;
  /** M-Pesa's name for the prompt. Carries the phone number: personal data. */
  readonly checkoutRequestId: string | null;
  readonly polls: number;
  /** Until then a late success is waited for. */
  readonly lateUntil: number;
  /** What a callback said. Evidence only. */
  readonly callback: PromptCallback | null;
  /** What the last query said, when it was no answer yet. */
  readonly lastAnswer: PromptAnswer["status"] | null;
  readonly dueAt: number;
};

/** One Lightning payment out of the treasury: of a buy's sats, or of what is owed from a sell. */
export type LightningAttempt = {
  readonly number: number;
  readonly invoice: string;
  readonly paymentHash: string;
  readonly amountMsat: Msat;
  readonly invoiceExpiresAt: number;
  /** Of the attempts before: none of them is ever paid again. */
  readonly earlierHashes: readonly string[];
  readonly polls: number;
  readonly dueAt: number;
};

/** The holder's payment to a held invoice of ours. */
export type HeldInvoice = {
  readonly invoice: string;
  readonly paymentHash: string;
  readonly invoiceExpiresAt: number;
  readonly receivedMsat: Msat;
  /** The height at which the node itself hands the payment back. */
  readonly claimDeadlineHeight: number;
  /** The tip that we heard of last. */
  readonly tipHeight: number;
  /** When the node last answered, asked for it, that the payment is held. */
  readonly seenAt: number;
};

type OrderBase = {
  readonly id: string;
  readonly walletId: string;
  /** The holder's Lightning node: the only payee of a buy. */
  readonly nodeId: string;
  readonly quoteId: string;
  readonly terms: Terms;
  /** 12 digits: who pays (buy), who is paid (sell). */
  readonly msisdn: string;
  readonly version: number;
  readonly reason: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When this state ends, or is escalated, at the latest; null when final. */
  readonly deadlineAt: number | null;
  /** When the sweeper has to look again; null when there is nothing to do. */
  readonly wakeAt: number | null;
  /** How many pieces of evidence arrived, and how many of them were taken in. */
  readonly evidenceCount: number;
  readonly evidenceSeen: number;
  /** What M-Pesa charges the operator for the payout of a sell, or for the refund of a buy. */
  readonly payoutFeeKesCents: Fiat<"KES">;
  /** What M-Pesa calls the payment, once known. */
  readonly mpesaReceipt: string | null;
};

export type BuyOrder = OrderBase & {
  readonly kind: "buy";
  readonly state: BuyState;
  readonly prompt: Prompt;
  readonly lightning: LightningAttempt;
  /** The account that the prompt pays into. */
  readonly collectedIn: "mpesa_collections" | "mpesa_available";
  /** Whether its shillings are in the books, and where: still to be delivered, or set aside for a case. */
  readonly credit: "none" | "undelivered" | "suspense";
  /** The refund; its id was chosen when the order was opened. */
  readonly payout: Payout;
};

export type SellOrder = OrderBase & {
  readonly kind: "sell";
  readonly state: SellState;
  /** The price holds for a payment that arrives until then. */
  readonly payBy: number;
  readonly held: HeldInvoice | null;
  /** When this state's own step is to be tried (again). */
  readonly dueAt: number;
  /** When to look at the held payment and the chain's tip next. */
  readonly lookAt: number;
  readonly payout: Payout;
  /** Paying back what is owed, over Lightning. */
  readonly lightning: LightningAttempt | null;
};

export type HolderAction = "cancel" | "fresh_invoice";

/** What the holder can do now. A buy that is cancelled while it waits for an invoice is paid back. */
export function holderActions(order: Order): readonly HolderAction[] {
  if (order.kind === "buy") {
    return order.state === "invoice_needed" ? ["fresh_invoice", "cancel"] : [];
  }
  if (order.state === "invoice_open") return ["cancel"];
  return order.state === "owed" && order.payout.status === "failed" ? ["fresh_invoice"] : [];
}

export type Order = BuyOrder | SellOrder;
export type OrderKind = Order["kind"];
