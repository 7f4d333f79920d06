import { addFiat, fiat } from "@satsconnect/money";
import type { EnabledCurrency, Fiat, Msat, Rate } from "@satsconnect/money";
import type { PromptAnswer, PromptCallback } from "./facts.ts";
import type { CaseFile } from "./case-file.ts";
import type { Payout } from "./payout.ts";
import type { LightningAttempt } from "./lightning-attempt.ts";
import type { BuyState, SellState } from "./order-state.ts";

export type { LightningAttempt } from "./lightning-attempt.ts";
export { buyStates, finalStates, isFinal, sellStates } from "./order-state.ts";
export type { BuyState, OrderState, SellState } from "./order-state.ts";

type FeeCode = "spread" | "mpesa" | "channel_open" | "routing";

/** One itemized cost, in both currencies. */
export type FeeLine = {
  readonly code: FeeCode;
  readonly amountKesCents: Fiat<"KES">;
  readonly amountMsat: Msat;
};

/** The sum of the fee lines, in KES. */
export function totalFees({ fees }: Pick<Terms, "fees">): Fiat<"KES"> {
  return addFiat(fiat("KES", 0n), ...fees.map(({ amountKesCents }) => amountKesCents));
}

/** The terms promised to the holder, fixed when the quote was made. */
export type Terms = {
  readonly currency: EnabledCurrency;
  /** The M-Pesa side: paid by the holder (buy), paid to the recipient (sell). */
  readonly amountKesCents: Fiat<"KES">;
  /** The Lightning side: paid to the holder (buy), paid by the holder (sell). */
  readonly amountMsat: Msat;
  /** The median of the price sources, before any fee. */
  readonly rate: Rate<"KES">;
  readonly fees: readonly FeeLine[];
  /** The recipient's name according to M-Pesa; sells only. Null if M-Pesa does not provide it. */
  readonly recipientName: string | null;
};

/** A new price for shillings that were paid, for the holder to accept or refuse. */
export type Offer = {
  readonly terms: Terms;
  readonly expiresAt: number;
  /** Whether the operator delivers the sats promised before at this price as well, without a loss. */
  readonly coversPromise: boolean;
};

/** The STK push of a buy. `unknown`: it may have been sent, because the call was not answered. */
export type Prompt = {
  readonly status: "intended" | "sending" | "accepted" | "unknown";
  /** Our reference, shown on the handset: 12 letters and digits. */
  readonly accountReference: string;
  readonly sends: number;
  /** M-Pesa's id of the STK push. It contains the phone number, so it is personal data. */
  readonly checkoutRequestId: string | null;
  readonly polls: number;
  /** Until this time an unanswered STK push may still succeed. */
  readonly lateUntil: number;
  /** The callback's content. Unsigned, so never proof. */
  readonly callback: PromptCallback | null;
  /** The status of the last query that gave no definite answer. */
  readonly lastAnswer: PromptAnswer["status"] | null;
  readonly dueAt: number;
};

/** The operator's hold invoice of a sell, and the holder's payment to it. */
export type HoldInvoice = {
  readonly invoice: string;
  readonly paymentHash: string;
  readonly invoiceExpiresAt: number;
  readonly receivedMsat: Msat;
  /** Block height at which the node fails the payment back by itself. */
  readonly claimDeadlineHeight: number;
  /** The chain tip of the last report. */
  readonly tipHeight: number;
  /**
   * When the node last confirmed that the payment is held; 0 before. After the first report, only answers to queries
   * count.
   */
  readonly seenAt: number;
  /** Since when the node has answered that it does not know the payment. */
  readonly unknownSince?: number;
  /** The claimed sats are booked, although the order was not ready for it. */
  readonly claimBooked?: true;
};

/** Times in UTC milliseconds. */
type OrderBase = {
  readonly id: string;
  readonly walletId: string;
  /** The holder's Lightning node, the only allowed payee of a buy. */
  readonly nodeId: string;
  readonly quoteId: string;
  /** The device that opened the order; null for orders stored before devices were recorded. */
  readonly deviceId: string | null;
  readonly terms: Terms;
  /** 12 digits: the payer of a buy, the recipient of a sell. */
  readonly msisdn: string;
  readonly version: number;
  readonly reason: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When this state must end or a case be opened; null in a final state. */
  readonly deadlineAt: number | null;
  /** When the order must be woken next; null if there is nothing to do. */
  readonly wakeAt: number | null;
  /** How many pieces of evidence arrived, and how many of them have been processed. */
  readonly evidenceCount: number;
  readonly evidenceSeen: number;
  /** M-Pesa's fee to the operator for the payout of a sell or the refund of a buy. */
  readonly payoutFeeKesCents: Fiat<"KES">;
  /** M-Pesa's receipt number, once known. */
  readonly mpesaReceipt: string | null;
  /** Events outside the exchange itself. It can change after the order has ended. */
  readonly caseFile: CaseFile;
  /** M-Pesa's conversation ids of status queries that were made after the order had ended. */
  readonly lateStatusIds?: readonly string[];
};

export type BuyOrder = OrderBase & {
  readonly kind: "buy";
  readonly state: BuyState;
  readonly prompt: Prompt;
  readonly lightning: LightningAttempt;
  /**
   * Until this time `terms` may be delivered without asking again: until the quote's end, or for a moment after the price
   * was checked.
   */
  readonly priceUntil: number;
  /** The price offered after `priceUntil`; null until one is asked for. */
  readonly offer: Offer | null;
  /** A channel was opened to deliver this buy. Its fee is not refunded. */
  readonly channelOpened: boolean;
  /** The holder's node held a payment back long after the price had ended, and then refused it. */
  readonly heldBack?: boolean;
  /** Why the buy is to be refunded once the current price is known; null or absent: it is not. */
  readonly refundAtPrice?: string | null;
  /** The account that the STK push pays into. */
  readonly collectedIn: "mpesa_collections" | "mpesa_available";
  /** Whether the order's shillings are booked as undelivered: the sats are due. Other shillings are in the case file. */
  readonly credit: "none" | "undelivered";
  /** The payout of the first refund. Its id is chosen when the order opens; the refund itself is in the case file. */
  readonly payout: Payout;
  /** The sats arrived although they were believed unpaid, and are booked: twice, or besides a refund. */
  readonly extraDelivery?: true;
};

export type SellOrder = OrderBase & {
  readonly kind: "sell";
  readonly state: SellState;
  /** The quote's end. A payment that arrives later is failed back. */
  readonly payBy: number;
  /** Whether the float for the payout is reserved, which happens when the payment is held. */
  readonly floatReserved: boolean;
  readonly held: HoldInvoice | null;
  /** When to try this state's own step next. */
  readonly dueAt: number;
  /** When to query the held payment and the chain tip next. */
  readonly lookAt: number;
  readonly payout: Payout;
  /** The Lightning payment that returns owed sats. */
  readonly lightning: LightningAttempt | null;
  /** An earlier such payment succeeded after all, while this one is in flight. The owed sats are booked as repaid. */
  readonly repaidEarlier?: true;
};

export type HolderAction = "cancel" | "fresh_invoice" | "new_price";

/** The actions open to the holder. Cancelling a buy that waits for an invoice refunds it. */
export function holderActions(order: Order): readonly HolderAction[] {
  if (order.kind === "buy") {
    return order.state === "invoice_needed" ? ["fresh_invoice", "new_price", "cancel"] : [];
  }
  if (order.state === "invoice_open") return ["cancel"];
  return order.state === "owed" && order.payout.status === "failed" ? ["fresh_invoice"] : [];
}

export type Order = BuyOrder | SellOrder;
export type OrderKind = Order["kind"];
