import type { Fiat, Msat } from "@satsconnect/money";

/** What the node says of one payment. Final: succeeded, failed, returned, expired. */
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
  /** Routing fee of an outbound payment that succeeded. */
  readonly feeMsat: Msat;
  /** Why an outbound payment failed, as a stable code. */
  readonly failure: string | null;
  readonly claimDeadlineHeight: number;
  readonly tipHeight: number;
};

/** What a prompt's callback claims. */
export type PromptCallback = {
  readonly checkoutRequestId: string;
  readonly succeeded: boolean;
  readonly code: string;
  readonly amountKesCents: Fiat<"KES"> | null;
  readonly receipt: string | null;
  /** 12 digits, or null when M-Pesa masked it or left it out. */
  readonly msisdn: string | null;
};

/** What a query of a prompt says. `unanswered` (1037, 1019) is a failure that a late success may still overtake. */
export type PromptAnswer =
  | { readonly status: "succeeded" }
  | { readonly status: "pending"; readonly code: string }
  | { readonly status: "unanswered"; readonly code: string }
  | { readonly status: "failed"; readonly code: string };

/** What a payout's result claims. */
export type PayoutResult = {
  readonly conversationId: string | null;
  readonly originatorConversationId: string | null;
  readonly status: "succeeded" | "failed" | "unknown";
  readonly code: string;
  readonly amountKesCents: Fiat<"KES"> | null;
  readonly receipt: string | null;
  readonly msisdn: string | null;
};

/** What the result of a status query claims of the payment that was asked for. */
export type StatusResult = {
  /** Of the query. */
  readonly conversationId: string | null;
  readonly status: "succeeded" | "failed" | "pending" | "not_found" | "unknown";
  readonly code: string;
  readonly amountKesCents: Fiat<"KES"> | null;
  readonly receipt: string | null;
  readonly msisdn: string | null;
};

/** What a call answered: its value, or what is known after it failed. */
export type Answer<Value> =
  | { readonly ok: true; readonly value: Value }
  | {
      readonly ok: false;
      readonly code: string;
      readonly retry: "never" | "safe" | "unknown";
    };

/** How a person ends a case. Buys: the first three. Sells: the last two, by what M-Pesa's own records say. */
const resolutions = ["deliver", "refund", "close", "payout_made", "payout_not_made"] as const;
export type Resolution = (typeof resolutions)[number];

/** Everything that an order can learn. */
export type Fact =
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
      /** News of the stream, which can be old; not an answer. */
      readonly told?: true;
    }
  | { readonly type: "payout_answered"; readonly answer: Answer<{ conversationId: string }> }
  | { readonly type: "payout_resulted"; readonly result: PayoutResult }
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
  | { readonly type: "key_taken"; readonly kind: string }
  | { readonly type: "evidence_unreadable" }
  | {
      readonly type: "operator_resolved";
      readonly resolution: Resolution;
      /** For another payout after a proven failure. */
      readonly payoutId: string;
      readonly by: string;
    };

export type FactType = Fact["type"];
