import type { Fiat, Msat, Rate, Result } from "@satsconnect/money";
import type { OrderEvent } from "@satsconnect/contracts";
import type { Decision } from "../../domain/decision.ts";
import type { UniqueKey } from "../../domain/effects.ts";
import type {
  LightningReport,
  PayoutResult,
  PromptAnswer,
  PromptCallback,
  StatusResult,
} from "../../domain/facts.ts";
import type { Lane } from "../../domain/lane.ts";
import type { Order, OrderKind } from "../../domain/order.ts";
import type { PriceSource, Quote } from "../../domain/quote.ts";
import type { OrderCallbackKind } from "../callbacks.ts";
import type { Position } from "../paging.ts";

/*
 * The ports of orders. Every port returns expected failures as values. A failure's `retry` says what is known:
 * `never`: refused, no effect. `safe`: no effect, and repeating the call may succeed. `unknown`: the call may have had its
 * effect. An exception leaves the order as it was stored, which means the same as `unknown`.
 */

/**
 * UTC milliseconds, by the clock of the database: all processes decide by the same one, whatever their own says.
 */
export type Clock = {
  readonly now: () => number;
  /** Reads the database's clock again. Absent if `now` cannot be wrong. */
  readonly refresh?: () => Promise<void>;
};

export type Ids = {
  readonly uuid: () => string;
  /** An OriginatorConversationID: 20 letters and digits, at least 96 random bits. */
  readonly payoutId: () => string;
  /** An STK push AccountReference: 12 letters and digits. */
  readonly accountReference: () => string;
};

/** The operator's node. `adapters/engine/lightning.ts` implements it over the engine's gRPC. */
export type Lightning = {
  /**
   * Makes an invoice whose payment is held until `claim` or `failPayment`. Returns the same invoice for the same order.
   */
  readonly newHoldInvoice: (request: {
    readonly orderId: string;
    readonly walletId: string;
    readonly amountMsat: Msat;
    readonly description: string;
    readonly expirySeconds: number;
    readonly holdBlocks: number;
  }) => Promise<Result<{ invoice: string; paymentHash: string; invoiceExpiresAt: number }>>;
  /** Pays from the treasury. The same idempotency key never pays twice. */
  readonly pay: (request: {
    readonly idempotencyKey: string;
    readonly invoice: string;
    readonly amountMsat: Msat;
    readonly maxFeeMsat: Msat;
    readonly expectedNodeId: string;
  }) => Promise<Result<LightningReport>>;
  /** Claims a held payment with its preimage. */
  readonly claim: (request: {
    readonly idempotencyKey: string;
    readonly paymentHash: string;
  }) => Promise<Result<LightningReport>>;
  /** Fails a held payment back to its sender, or closes an open invoice. */
  readonly failPayment: (request: {
    readonly idempotencyKey: string;
    readonly paymentHash: string;
  }) => Promise<Result<LightningReport>>;
  /** Null if the node does not know the payment hash. */
  readonly status: (paymentHash: string) => Promise<Result<LightningReport | null>>;
  /** Whether paying this wallet needs a new channel, its fee, and the smallest payment that can open one. */
  readonly estimateChannelOpen: (request: {
    readonly walletId: string;
    readonly amountMsat: Msat;
  }) => Promise<Result<{ needed: boolean; feeMsat: Msat; minAmountMsat: Msat }>>;
  /** The node's best block, and whether its view of the chain can be relied upon. */
  readonly tip: () => Promise<Result<{ readonly height: number; readonly reliable: boolean }>>;
  /** Maximum that the treasury could send now. Quotes above it are refused. */
  readonly spendableMsat: () => Promise<Result<Msat>>;
};

/** Collects money from a phone by STK push. */
export type StkRail = {
  /** Sends an STK push. The customer's response arrives later as a callback, or not at all. */
  readonly push: (request: {
    readonly orderId: string;
    readonly msisdn: string;
    readonly amountKesCents: Fiat<"KES">;
    readonly accountReference: string;
  }) => Promise<Result<{ checkoutRequestId: string }>>;
  readonly query: (checkoutRequestId: string) => Promise<Result<PromptAnswer>>;
  /** Returns null if the body is not an STK push callback. */
  readonly readCallback: (body: string) => PromptCallback | null;
};

/** Pays money out to a phone. */
export type PayoutRail = {
  /** Errors include `payout_duplicate` (retry `unknown`): M-Pesa knows the id, so an earlier send arrived. */
  readonly send: (request: {
    readonly orderId: string;
    readonly originatorConversationId: string;
    readonly msisdn: string;
    readonly amountKesCents: Fiat<"KES">;
  }) => Promise<Result<{ conversationId: string }>>;
  /** Requests a payout's status. The result arrives later as a callback. */
  readonly requestStatus: (request: {
    readonly orderId: string;
    readonly originatorConversationId: string;
  }) => Promise<Result<{ conversationId: string }>>;
  /** Returns null if the body is not a result. */
  readonly readResult: (body: string) => PayoutResult | null;
  readonly readStatusResult: (body: string) => StatusResult | null;
  /**
   * `name` is null if M-Pesa does not offer the lookup to this shortcode. Errors: `recipient_not_registered`,
   * `mpesa_unavailable`.
   */
  readonly recipientName: (
    msisdn: string,
  ) => Promise<Result<{ name: string | null }, "recipient_not_registered" | "mpesa_unavailable">>;
};

export type Price = {
  readonly rate: Rate<"KES">;
  readonly asOf: number;
  readonly sources: readonly PriceSource[];
  /** Added to the operator's spread for a minute after the price has jumped; otherwise 0. */
  readonly extraSpreadPartsPerMillion: bigint;
};

export type RateSource = {
  readonly current: () => Promise<Result<Price, "rates_unavailable">>;
};

/** A callback of M-Pesa, or `lightning`: a payment event that arrived after the order ended. */
export type EvidenceKind = OrderCallbackKind | "lightning";

/** Raw evidence about an order. Append-only; numbered within its order from 1. */
export type Evidence = {
  readonly orderId: string;
  readonly number: number;
  readonly kind: EvidenceKind;
  readonly body: string;
  readonly receivedAt: number;
  readonly fromAddress: string;
};

export type OpenRefusal =
  | "quote_not_found"
  | "quote_used"
  | "daily_limit_exceeded"
  | "float_exhausted"
  | "payment_hash_used";

type CommitOutcome =
  | { readonly kind: "committed"; readonly order: Order }
  /** The order has changed since it was read. */
  | { readonly kind: "stale" }
  | { readonly kind: "key_taken"; readonly key: UniqueKey };

export type OrderFilter = {
  readonly kind?: OrderKind | undefined;
  readonly state?: string | undefined;
  readonly before?: Position | null | undefined;
  /** Inclusive. */
  readonly from?: number | null | undefined;
  /** Exclusive. */
  readonly to?: number | null | undefined;
  readonly limit: number;
};

export type Case = {
  readonly id: string;
  readonly orderId: string;
  readonly code: string;
  readonly detail: string;
  readonly openedAt: number;
  readonly resolvedAt: number | null;
};

/** Events after `afterSequence`, of one order or of all of a wallet's orders. */
export type OrderEventFilter = {
  readonly orderId: string | null;
  readonly afterSequence: bigint;
  readonly limit: number;
};

export type OrderStore = {
  readonly addQuote: (quote: Quote) => Promise<void>;
  readonly findQuote: (walletId: string, quoteId: string) => Promise<Quote | null>;
  /**
   * In one transaction: marks the quote as used, stores the order and its first event, posts its journals and takes its
   * keys. If an order with this id exists, returns it unchanged: the request was repeated.
   */
  readonly open: (
    order: Order,
    opening: Pick<Decision, "postings" | "keys"> & {
      /** Maximum sum of the wallet's orders of this kind since `since`, including this one. */
      readonly dailyLimit: { readonly since: number; readonly max: Fiat<"KES"> };
    },
  ) => Promise<Result<Order, OpenRefusal>>;
  readonly find: (orderId: string) => Promise<Order | null>;
  readonly findByPaymentHash: (paymentHash: string) => Promise<Order | null>;
  readonly list: (walletId: string, filter: OrderFilter) => Promise<readonly Order[]>;
  /**
   * Compare-and-set: if `order` still has the state and version that were read, stores in one transaction the next state
   * with its deadline and wake-up, ledger entries, keys, cases and the order's event.
   */
  readonly commit: (order: Order, decision: Decision, now: number) => Promise<CommitOutcome>;
  /** Durable when it resolves. Stores the same body only once. Returns false if the order does not exist. */
  readonly addEvidence: (evidence: Omit<Evidence, "number">) => Promise<boolean>;
  /** Oldest first. */
  readonly evidenceAfter: (orderId: string, number: number) => Promise<readonly Evidence[]>;
  /**
   * Leases due orders of a lane (`wakeAt` has passed, or evidence is unseen), earliest first, to this caller for
   * `leaseMs`. Without a lane, of all of them.
   */
  readonly due: (
    now: number,
    limit: number,
    leaseMs: number,
    lane?: Lane,
  ) => Promise<readonly string[]>;
  /** As `due`, for the orders whose `wakeHeightOf` is at or below the height of the best block. */
  readonly dueAtHeight: (
    height: number,
    now: number,
    limit: number,
    leaseMs: number,
  ) => Promise<readonly string[]>;
  /** Events in commit order, numbered from 1 per wallet without gaps. They are stored, so any can be read again. */
  readonly events: (walletId: string, filter: OrderEventFilter) => Promise<readonly OrderEvent[]>;
  readonly latestSequence: (walletId: string) => Promise<bigint>;
  readonly cases: (filter: { readonly orderId?: string }) => Promise<readonly Case[]>;
};

/** Requests that an order be woken soon. Never fails: the sweeper finds orders whose wake-up was lost. */
export type Waker = { readonly wake: (orderId: string, delayMs?: number) => void };
