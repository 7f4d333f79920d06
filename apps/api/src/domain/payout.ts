import type { KesCents } from "@satsconnect/money";

/** One payout over M-Pesa: of a sell, or the refund of a buy. One id for its whole life, chosen before anything is sent. */
export type Payout = {
  /** Ours, at most 20 letters and digits. M-Pesa refuses a second payment under the same id. */
  readonly originatorConversationId: string;
  readonly amountKesCents: KesCents;
  readonly msisdn: string;
  readonly status: PayoutStatus;
  readonly sends: number;
  /** A send was not answered: the payment may exist although a later send is refused. */
  readonly perhapsSent: boolean;
  /** M-Pesa's own ids of our sends, out of its answers. A result that names one of them is proof. */
  readonly conversationIds: readonly string[];
  readonly statusQueries: number;
  /** The same for status queries. */
  readonly statusConversationIds: readonly string[];
  readonly receipt: string | null;
  /** Why it failed, in M-Pesa's code. */
  readonly failureCode: string | null;
};

/**
 * `intended`: stored, nothing sent. `sending`: a call may be under way. `accepted`: M-Pesa will answer later.
 * `unknown`: it may or may not have been paid. `confirmed` and `failed` are proven.
 */
export type PayoutStatus = "intended" | "sending" | "accepted" | "unknown" | "confirmed" | "failed";
