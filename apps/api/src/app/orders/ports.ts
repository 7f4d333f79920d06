import type { Fiat, Msat, Rate, Result } from "@satsconnect/money";
import type { Decision } from "../../domain/decision.ts";
import type { UniqueKey } from "../../domain/effects.ts";
import type {
  LightningReport,
  PayoutResult,
  PromptAnswer,
  PromptCallback,
  StatusResult,
} from "../../domain/facts.ts";
import type { Order, OrderKind } from "../../domain/order.ts";
import type { PriceSource, Quote } from "../../domain/quote.ts";
import type { OrderEvent } from "@satsconnect/contracts";

/*
 * What the orders need of the world. Every port answers with values; `retry` says what is known after a failure:
 * `never`: refused, nothing happened. `safe`: nothing happened, the same again may work. `unknown`: it may have happened.
 * An exception out of a port is treated as `unknown`.
 */

/** UTC milliseconds. */
export type Clock = { readonly now: () => number };

export type Ids = {
  readonly uuid: () => string;
  /** 20 letters and digits, at least 96 bits: an OriginatorConversationID. */
  readonly payoutId: () => string;
  /** 12 letters and digits: an STK AccountReference. */
  readonly accountReference: () => string;
};

/** The operator's node. The adapter over the engine's gRPC is `adapters/engine/lightning.ts`. */
export type Lightning = {
  /** An invoice whose payment is held until `claim` or `refund`. The same order gets the same invoice. */
  readonly newHeldInvoice: (request: {
    readonly orderId: string;
    readonly walletId: string;
    readonly amountMsat: Msat;
    readonly description: string;
    readonly expirySeconds: number;
    readonly holdBlocks: number;
  }) => Promise<Result<{ invoice: string; paymentHash: string; invoiceExpiresAt: number }>>;
  /** Pays out of the treasury; the same key never pays twice. */
  readonly pay: (request: {
    readonly idempotencyKey: string;
    readonly invoice: string;
    readonly amountMsat: Msat;
    readonly maxFeeMsat: Msat;
    readonly expectedNodeId: string;
  }) => Promise<Result<LightningReport>>;
  readonly claim: (request: {
    readonly idempotencyKey: string;
    readonly paymentHash: string;
  }) => Promise<Result<LightningReport>>;
  /** Hands a held payment back; closes an open invoice. */
  readonly refund: (request: {
    readonly idempotencyKey: string;
    readonly paymentHash: string;
  }) => Promise<Result<LightningReport>>;
  /** `null`: the node has never heard of it. */
  readonly status: (paymentHash: string) => Promise<Result<LightningReport | null>>;
  /** What reaching this wallet would cost now. */
  readonly estimateChannelOpen: (request: {
    readonly walletId: string;
    readonly amountMsat: Msat;
  }) => Promise<Result<{ needed: boolean; feeMsat: Msat; minimumAmountMsat: Msat }>>;
  /** Room in the treasury's channels, for admission. */
  readonly spendableMsat: () => Promise<Result<Msat>>;
};

/** Paying in: the STK prompt. */
export type StkRail = {
  readonly push: (request: {
    readonly orderId: string;
    readonly msisdn: string;
    readonly amountKesCents: Fiat<"KES">;
    readonly accountReference: string;
  }) => Promise<Result<{ checkoutRequestId: string }>>;
  readonly query: (checkoutRequestId: string) => Promise<Result<PromptAnswer>>;
  /** Reads a raw callback; null when it is none. */
  readonly readCallback: (body: string) => PromptCallback | null;
};

/** Paying out. */
export type PayoutRail = {
  /**
   * Error code `payout_duplicate` (retry `unknown`): this id was seen before, so an earlier send arrived.
   */
  readonly send: (request: {
    readonly orderId: string;
    readonly originatorConversationId: string;
    readonly msisdn: string;
    readonly amountKesCents: Fiat<"KES">;
  }) => Promise<Result<{ conversationId: string }>>;
  /** Asks for a payout's status; the answer arrives as evidence. */
  readonly requestStatus: (request: {
    readonly orderId: string;
    readonly originatorConversationId: string;
  }) => Promise<Result<{ conversationId: string }>>;
  /** Null when the body is no result. */
  readonly readResult: (body: string) => PayoutResult | null;
  readonly readStatusResult: (body: string) => StatusResult | null;
  /** `name` is null where M-Pesa does not offer the check. Errors: `recipient_not_registered`, `mpesa_unavailable`. */
  readonly recipientName: (
    msisdn: string,
  ) => Promise<Result<{ name: string | null }, "recipient_not_registered" | "mpesa_unavailable">>;
};

export type Price = {
  readonly rate: Rate<"KES">;
  readonly asOf: number;
  readonly sources: readonly PriceSource[];
  /** Extra margin while the price jumps, in parts per million. */
  readonly extraSpreadPartsPerMillion: bigint;
};

export type RateSource = {
  readonly current: () => Promise<Result<Price, "rates_unavailable">>;
};

/** What a callback address is about (`adapters/daraja/callback-addresses.ts`), and `lightning` for late news of the node. */
const evidenceKinds = [
  "prompt",
  "payout",
  "payout-timeout",
  "status",
  "status-timeout",
  "lightning",
] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];

/** Raw, append-only, numbered within its order from 1. */
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
  /** The order has moved on: read it again. */
  | { readonly kind: "stale" }
  | { readonly kind: "key_taken"; readonly key: UniqueKey };

export type Position = { readonly createdAt: number; readonly id: string };

export type OrderFilter = {
  readonly kind?: OrderKind | undefined;
  readonly state?: string | undefined;
  readonly before?: Position | null | undefined;
  /** Not before. */
  readonly from?: number | null | undefined;
  /** Before. */
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

/** Events of one order, or of all of a wallet, after one that is known. */
export type OrderEventFilter = {
  readonly orderId: string | null;
  readonly afterSequence: bigint;
  readonly limit: number;
};

export type OrderStore = {
  readonly addQuote: (quote: Quote) => Promise<void>;
  readonly findQuote: (walletId: string, quoteId: string) => Promise<Quote | null>;
  /**
   * In one transaction: the quote is used, the order and its first event are stored, its postings made, its keys taken.
   * An order of this id that is there already is answered as it is: the same request, again.
   */
  readonly open: (
    order: Order,
    opening: Pick<Decision, "postings" | "keys"> & {
      /** The wallet's orders of this kind since then, this one included, may not exceed it. */
      readonly dailyLimit: { readonly since: number; readonly maximum: Fiat<"KES"> };
    },
  ) => Promise<Result<Order, OpenRefusal>>;
  readonly find: (orderId: string) => Promise<Order | null>;
  readonly findByPaymentHash: (paymentHash: string) => Promise<Order | null>;
  readonly list: (walletId: string, filter: OrderFilter) => Promise<readonly Order[]>;
  /**
   * In one transaction, if `order` is still in the state and version that were read: the next state, ledger entries,
   * keys, cases, the order's event, its deadline and when to wake it. Nothing of it, or all.
   */
  readonly commit: (order: Order, decision: Decision, now: number) => Promise<CommitOutcome>;
  /** Durable when it resolves; the same body twice is stored once. False when there is no such order. */
  readonly addEvidence: (evidence: Omit<Evidence, "number">) => Promise<boolean>;
  /** Oldest first. */
  readonly evidenceAfter: (orderId: string, number: number) => Promise<readonly Evidence[]>;
  /**
   * Orders whose time has come, earliest first, each handed out to one asker for `leaseMs`.
   */
  readonly due: (now: number, limit: number, leaseMs: number) => Promise<readonly string[]>;
  readonly events: (walletId: string, filter: OrderEventFilter) => Promise<readonly OrderEvent[]>;
  readonly latestSequence: (walletId: string) => Promise<bigint>;
  readonly cases: (filter: { readonly orderId?: string }) => Promise<readonly Case[]>;
};

/** Asks that an order be looked at soon. Never fails: what it loses, the sweeper finds. */
export type Waker = { readonly wake: (orderId: string, delayMs?: number) => void };
