/**
 * A call to make once the decision is stored, and only by whoever stored it. Nothing else remembers it: when it is lost
 * in a crash, the order's `wakeAt` brings the order back and its state says what to do.
 */
export type Effect =
  | { readonly type: "push_prompt" }
  | { readonly type: "query_prompt"; readonly checkoutRequestId: string }
  | { readonly type: "make_invoice" }
  | { readonly type: "pay_invoice" }
  | { readonly type: "look_at_payment"; readonly paymentHash: string }
  | { readonly type: "claim_payment"; readonly paymentHash: string }
  | { readonly type: "hand_back_payment"; readonly paymentHash: string }
  | { readonly type: "send_payout" }
  | { readonly type: "query_payout" }
  /** Look at the order again at once. */
  | { readonly type: "go_on" };

/** Something for a person, with everything known. One of each code for an order. */
export type CaseNote = { readonly code: string; readonly detail: string };

/** A name of the outside world that may belong to one order only, for ever. */
export type UniqueKey = {
  readonly kind:
    | "payment_hash"
    | "checkout_request_id"
    | "originator_conversation_id"
    | "mpesa_receipt";
  readonly value: string;
};
