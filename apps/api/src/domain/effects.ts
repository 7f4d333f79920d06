/**
 * A call to make after the decision is stored, by the process that stored it. Effects are not stored: if a crash loses
 * one, the order is woken at its `wakeAt` and its state determines the next call.
 */
export type Effect =
  | { readonly type: "push_prompt" }
  | { readonly type: "query_prompt"; readonly checkoutRequestId: string }
  | { readonly type: "make_invoice" }
  | { readonly type: "pay_invoice" }
  | { readonly type: "query_payment"; readonly paymentHash: string }
  | { readonly type: "claim_payment"; readonly paymentHash: string }
  | { readonly type: "fail_payment"; readonly paymentHash: string }
  | { readonly type: "send_payout" }
  | { readonly type: "query_payout" }
  /** Wakes the order again at once. */
  | { readonly type: "continue" };

/** A case for manual review. An order has at most one of each code. */
export type CaseNote = { readonly code: string; readonly detail: string };

/** The case of a callback that cannot be read. It is kept, because it may be the only proof of a payment. */
export const unreadableEvidence: CaseNote = {
  code: "strange_callback",
  detail: "A callback has a form that is not known. It is stored as evidence.",
};

/** An external identifier that can belong to one order only, forever. */
export type UniqueKey = {
  readonly kind:
    | "payment_hash"
    | "checkout_request_id"
    | "originator_conversation_id"
    | "mpesa_receipt";
  readonly value: string;
};
