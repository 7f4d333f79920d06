import type { Lane } from "../../domain/lane.ts";
import type { Fiat, Msat, Result } from "@satsconnect/money";
import type { LightningReport } from "../../domain/facts.ts";
import type { Order } from "../../domain/order.ts";
import type { Quote } from "../../domain/quote.ts";
import type { LimitCode, TradeLimit } from "../../domain/trade-limits.ts";
import type { OrderActs } from "./acts.ts";
import type { StopCode } from "../../domain/stops.ts";
import type { OpenRefusal } from "./open-refusal.ts";
import type { InvoiceRefusal } from "./own-invoice.ts";
import type { Evidence, OrderFilter } from "./ports.ts";

export type QuoteError =
  | StopCode
  | "amount_below_minimum"
  | "amount_above_maximum"
  | "amount_not_whole_shillings"
  | "recipient_not_registered"
  | "rates_unavailable"
  | LimitCode
  | "rate_limited"
  | "float_exhausted"
  | "liquidity_exhausted"
  | "engine_unavailable"
  | "mpesa_unavailable";

export type QuoteTermsError = "quote_expired" | "quote_kind_mismatch" | "quote_recipient_mismatch";

type OpenBuyError =
  | Exclude<OpenRefusal, "payment_hash_used">
  | StopCode
  | QuoteTermsError
  | InvoiceRefusal
  | "liquidity_exhausted"
  | "engine_unavailable";
type OpenSellError =
  | Exclude<OpenRefusal, "payment_hash_used">
  | StopCode
  | QuoteTermsError
  | "float_exhausted";

/** The wallet that calls, its node, and the device that is signed in, if the call has one. */
export type Holder = {
  readonly walletId: string;
  readonly nodeId: string;
  readonly deviceId?: string | null;
};

/** The use cases of orders. Expected failures are values; an exception is a bug or a lost database. */
export type Orders = OrderActs & {
  /** Fixes a price until the quote expires. Moves no money and reserves nothing. */
  readonly createQuote: (
    request: Holder & {
      readonly kind: "buy" | "sell";
      /** Exactly one of the two amounts. */
      readonly amountKesCents: Fiat<"KES"> | null;
      readonly amountMsat: Msat | null;
      /** Recipient's MSISDN, 12 digits; sells only. */
      readonly msisdn: string | null;
    },
  ) => Promise<Result<Quote, QuoteError>>;
  readonly findQuote: (walletId: string, quoteId: string) => Promise<Quote | null>;
  /**
   * Stores the order and wakes it, which sends the STK push. Repeating the call with the same id returns the same
   * order.
   */
  readonly openBuy: (
    request: Holder & {
      readonly orderId: string;
      readonly quoteId: string;
      readonly msisdn: string;
      readonly invoice: string;
    },
  ) => Promise<Result<Order, OpenBuyError>>;
  /**
   * Stores the order and requests the hold invoice; `held` is null if the node did not answer in time. The float is
   * reserved once the payment is held.
   * Repeating the call with the same id returns the same order.
   */
  readonly openSell: (
    request: Holder & {
      readonly orderId: string;
      readonly quoteId: string;
      readonly msisdn: string;
    },
  ) => Promise<Result<Order, OpenSellError>>;
  /**
   * Attaches a fresh invoice to an order that needs one. The invoice of a buy is for the amount at a price that is still
   * valid: giving it accepts that price. Errors: `price_expired` if no price for the amount is valid.
   */
  readonly attachInvoice: (
    request: Holder & { readonly orderId: string; readonly invoice: string },
  ) => Promise<
    Result<Order, InvoiceRefusal | "order_not_found" | "order_state_conflict" | "price_expired">
  >;
  /** Offers the current price for the shillings of a buy that waits for an invoice. */
  readonly requestPrice: (
    request: Pick<Holder, "walletId"> & { readonly orderId: string },
  ) => Promise<
    Result<
      Order,
      "order_not_found" | "order_state_conflict" | "rates_unavailable" | "amount_below_minimum"
    >
  >;
  /** The limits of the wallet's next order of each kind. */
  readonly limits: (
    request: Pick<Holder, "walletId" | "deviceId">,
  ) => Promise<{ readonly buy: readonly TradeLimit[]; readonly sell: readonly TradeLimit[] }>;
  /** Proves that the holder has the phone: `code` is the end of the account reference that a prompt of today shows. */
  readonly proveNumber: (
    request: Pick<Holder, "walletId"> & { readonly msisdn: string; readonly code: string },
  ) => Promise<Result<void, "number_code_wrong">>;
  /** Cancels an order that `holderActions` allows to cancel; a buy that needs an invoice is refunded instead. */
  readonly cancel: (
    request: Pick<Holder, "walletId"> & { readonly orderId: string },
  ) => Promise<Result<Order, "order_not_found" | "order_state_conflict">>;
  readonly find: (walletId: string, orderId: string) => Promise<Order | null>;
  readonly list: (walletId: string, filter: OrderFilter) => Promise<readonly Order[]>;
  /**
   * Processes new evidence, then takes the step that is due in the order's state. Safe at any time, repeatedly, and in
   * parallel.
   */
  readonly wake: (orderId: string) => Promise<void>;
  /** Stores a callback's body and wakes the order. Durable when it resolves. */
  readonly receiveEvidence: (evidence: Omit<Evidence, "number">) => Promise<void>;
  /**
   * Processes an event of the node's payment stream. Durable when it resolves; only then may the stream's cursor
   * advance.
   */
  readonly onPaymentEvent: (report: LightningReport) => Promise<void>;
  /** Wakes the orders whose deadline is at or below the height of the best block. */
  readonly onBlock: (height: number) => Promise<void>;
  /**
   * Wakes every due order of a lane and returns how many. Run it every few seconds, for each lane, in every process.
   * Without a lane, of all of them.
   */
  readonly sweep: (lane?: Lane) => Promise<number>;
};
