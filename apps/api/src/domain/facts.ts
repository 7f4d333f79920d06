import type { Fiat, Msat } from "@satsconnect/money";

/**
 * The node's view of one payment. Final states: succeeded, failed, returned, expired. `returned`: a held payment was
 * failed back.
 */
export type LightningReport = {
  readonly paymentHash: string;
  readonly direction: "outbound" | "inbound";
  readonly state:
    | "open"
    | "held"
    | "claiming"
    | "pending"
    | "in_flight"
    | "succeeded"
    | "failed"
    | "returned"
    | "expired";
  readonly receivedMsat: Msat;
  /** Routing fee of a successful outbound payment; otherwise 0. */
  readonly feeMsat: Msat;
  /** Failure code of an outbound payment. */
  readonly failure: string | null;
  readonly claimDeadlineHeight: number;
  readonly tipHeight: number;
};

/** Contents of an STK push callback. Callbacks are not signed, so these are claims, not proof. */
export type PromptCallback = {
  readonly checkoutRequestId: string;
  readonly succeeded: boolean;
  readonly code: string;
  readonly amountKesCents: Fiat<"KES"> | null;
  readonly receipt: string | null;
  /** 12 digits; null if M-Pesa masked or omitted it. */
  readonly msisdn: string | null;
};

/**
 * The answer to an STK push query. `unanswered` (codes 1037, 1019): the payment failed, but a late success is possible.
 * `unlisted`: a code that is not documented.
 */
export type PromptAnswer =
  | { readonly status: "succeeded" }
  | { readonly status: "pending"; readonly code: string }
  | { readonly status: "unanswered"; readonly code: string }
  | { readonly status: "unlisted"; readonly code: string }
  | { readonly status: "failed"; readonly code: string };

/** Contents of a payout's result callback; claims, like those of `PromptCallback`. */
export type PayoutResult = {
  readonly conversationId: string | null;
  readonly originatorConversationId: string | null;
  readonly status: "succeeded" | "failed" | "unknown";
  readonly code: string;
  readonly amountKesCents: Fiat<"KES"> | null;
  readonly receipt: string | null;
  readonly msisdn: string | null;
};

/** Contents of a status query's result callback, about the queried payment; claims, like those of `PromptCallback`. */
export type StatusResult = {
  /** Conversation id of the query, not of the payment. */
  readonly conversationId: string | null;
  readonly status: "succeeded" | "failed" | "pending" | "not_found" | "unknown";
  readonly code: string;
  readonly amountKesCents: Fiat<"KES"> | null;
  readonly receipt: string | null;
  readonly msisdn: string | null;
};

/**
 * The answer to a call. After a failure, `retry` says what is known. `never` and `safe`: the call had no effect.
 * `unknown`: the call may have had its effect.
 */
export type Answer<Value> =
  | { readonly ok: true; readonly value: Value }
  | {
      readonly ok: false;
      readonly code: string;
      readonly retry: "never" | "safe" | "unknown";
    };

/**
 * How an operator resolves a case, or an `owed` sell. Buys: `deliver`, `refund`, `close`. Sells: `payout_made` or
 * `payout_not_made`, according to M-Pesa's records.
 */
const resolutions = ["deliver", "refund", "close", "payout_made", "payout_not_made"] as const;
export type Resolution = (typeof resolutions)[number];

/** Everything that can change an order. A fact may be delivered more than once; rules must tolerate repetition. */
export type Fact =
  /** `Orders.wake` was called: a job ran, or the sweeper found that `wakeAt` has passed. Also the effect `continue`. */
  | { readonly type: "woken" }
  | { readonly type: "prompt_answered"; readonly answer: Answer<{ checkoutRequestId: string }> }
  | { readonly type: "prompt_called_back"; readonly callback: PromptCallback }
  | { readonly type: "prompt_query_answered"; readonly answer: Answer<PromptAnswer> }
  | {
      readonly type: "invoice_made";
      readonly answer: Answer<{ invoice: string; paymentHash: string; invoiceExpiresAt: number }>;
    }
  | {
      readonly type: "lightning_reported";
      readonly answer: Answer<LightningReport | null>;
      /** The report came from the event stream, so it may be old; it does not answer a query. */
      readonly fromStream?: true;
    }
  | { readonly type: "payout_answered"; readonly answer: Answer<{ conversationId: string }> }
  | { readonly type: "payout_resulted"; readonly result: PayoutResult }
  /** M-Pesa called the payout's `QueueTimeOutURL`: it received the request, and the outcome is unknown. */
  | { readonly type: "payout_timed_out" }
  | { readonly type: "status_answered"; readonly answer: Answer<{ conversationId: string }> }
  | { readonly type: "status_resulted"; readonly result: StatusResult }
  | {
      readonly type: "invoice_attached";
      readonly invoice: string;
      readonly paymentHash: string;
      readonly invoiceExpiresAt: number;
    }
  | { readonly type: "holder_cancelled" }
  /** The node's best block is at this height, which may be the deadline of a held payment. */
  | { readonly type: "block_arrived"; readonly height: number }
  /** A decision could not be stored, because an identifier in it belongs to another order. */
  | { readonly type: "key_taken"; readonly kind: string }
  /** A callback whose body has an unknown form. It is kept as evidence, and a case is opened. */
  | { readonly type: "evidence_unreadable" }
  /** M-Pesa called the `QueueTimeOutURL` of a status query: it is repeated at the order's next wake-up. */
  | { readonly type: "status_timed_out" }
  | {
      readonly type: "operator_resolved";
      readonly resolution: Resolution;
      /** Id for a new payout, used if the earlier one is proven to have failed. */
      readonly payoutId: string;
      readonly by: string;
    };

export type FactType = Fact["type"];
