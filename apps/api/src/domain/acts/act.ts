import type { Fiat } from "@satsconnect/money";
import type { OrderState } from "../order-state.ts";
import type { Posting } from "../postings.ts";

/**
 * The acts of an operator on an order. Each act is one pure transition with its postings; `judgeAct` decides it, and
 * previews it with the same code. Acts on a final order change its case file only, never its state.
 */
export type OperatorAct =
  /**
   * The order's sats are delivered for the shillings that were received. `invoice`: the holder's own invoice for exactly
   * the order's amount; null to use the order's, if it was never tried and is still valid, or to ask the wallet for one.
   */
  | { readonly type: "deliver"; readonly invoice: string | null }
  /**
   * Received shillings go back to whoever paid them. `reversal`: M-Pesa reverses the receipt, in full and free of charge;
   * only if it is proven that this did not happen, a payout follows. `payout`: a payout to the payer at once.
   */
  | {
      readonly type: "refund";
      readonly amountKesCents: Fiat<"KES">;
      readonly way: RefundWay;
    }
  /** A payout that is proven not paid is made again, under a new id. */
  | { readonly type: "pay_out" }
  /** Sats that are owed to the holder of a sell are paid to an invoice of the holder's; null: the wallet gives one. */
  | { readonly type: "repay_owed"; readonly invoice: string | null }
  /** M-Pesa's records show that the unproven payout, refund or reversal was made. */
  | { readonly type: "payout_made"; readonly receipt: string }
  /** M-Pesa's records show that it was not made, and that it is not waiting either. */
  | { readonly type: "payout_not_made" }
  /**
   * Something that was proven to have failed happened after all: a payout (with M-Pesa's receipt), or a Lightning payment
   * that the node reports (receipt null).
   */
  | { readonly type: "made_after_all"; readonly receipt: string | null }
  /**
   * A payment that M-Pesa's statement shows for this order: new, or the true amount, payer and receipt of one that is
   * already booked.
   */
  | {
      readonly type: "credit_receipt";
      readonly receipt: string;
      readonly amountKesCents: Fiat<"KES">;
      /** 12 digits; null if the statement masks it. */
      readonly msisdn: string | null;
      readonly completedAt: number;
      /**
       * The receipt of a booked payment that the statement does not have: a callback claimed it, and callbacks are not
       * signed. This is the same payment's true receipt.
       */
      readonly replaces?: string | null;
    }
  /** M-Pesa's statement shows that the payer's own reversal of this order's receipt was granted. */
  | {
      readonly type: "payment_reversed";
      readonly receipt: string;
      readonly reversalReceipt: string;
      readonly amountKesCents: Fiat<"KES">;
    }
  /** Shillings in suspense that nobody can be paid are taken out of it, as income. */
  | {
      readonly type: "release_suspense";
      readonly amountKesCents: Fiat<"KES">;
      readonly reason: string;
    }
  /** The operator bears what is missing. */
  | { readonly type: "write_off"; readonly reason: string }
  /** Nothing is left to do: the order's cases are closed. */
  | { readonly type: "close"; readonly reason: string };

/** Input of the pure decision about an act that the act does not contain. */
export type ActContext = {
  readonly by: string;
  /** An unused id, for the payout that the act may start. */
  readonly payoutId: string;
  /** The act's invoice, decoded and checked to be the holder's own for the right amount; null if the act has none. */
  readonly invoice: {
    readonly invoice: string;
    readonly paymentHash: string;
    readonly invoiceExpiresAt: number;
  } | null;
};

type RefundWay = "reversal" | "payout";
export type ActType = OperatorAct["type"];

export const actTypes = [
  "deliver",
  "refund",
  "pay_out",
  "repay_owed",
  "payout_made",
  "payout_not_made",
  "made_after_all",
  "credit_receipt",
  "payment_reversed",
  "release_suspense",
  "write_off",
  "close",
] as const satisfies readonly ActType[];

/** Input that an act still needs from the operator. Everything else is in the order. */
export type ActField =
  | "amountKesCents"
  | "way"
  | "receipt"
  | "reversalReceipt"
  | "msisdn"
  | "completedAt"
  | "invoice"
  | "reason";

/**
 * An act that is possible now, with what it books and the state that follows. Where `needs` is not empty, `act` is an
 * example with the most likely values; `previewAct` previews the act with the operator's own.
 */
export type PossibleAct = {
  readonly act: OperatorAct;
  /** One sentence, for the operator. */
  readonly means: string;
  readonly needs: readonly ActField[];
  readonly nextState: OrderState;
  readonly postings: readonly Posting[];
};
