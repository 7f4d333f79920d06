import type { Lane } from "../../domain/lane.ts";
import type { Fiat, Msat, Result } from "@satsconnect/money";
import type { LightningReport, Resolution } from "../../domain/facts.ts";
import type { Order } from "../../domain/order.ts";
import type { Quote } from "../../domain/quote.ts";
import type { Evidence, OpenRefusal, OrderFilter } from "./ports.ts";

export type QuoteError =
  | "amount_below_minimum"
  | "amount_above_maximum"
  | "amount_not_whole_shillings"
  | "recipient_not_registered"
  | "rates_unavailable"
  | "float_exhausted"
  | "liquidity_exhausted"
  | "engine_unavailable"
  | "mpesa_unavailable";

export type QuoteTermsError = "quote_expired" | "quote_kind_mismatch" | "quote_recipient_mismatch";

export type InvoiceRefusal =
  | "invoice_malformed"
  | "invoice_wrong_network"
  | "invoice_expired"
  | "invoice_expires_too_soon"
  | "invoice_already_used"
  | "invoice_amount_missing"
  | "invoice_amount_mismatch"
  | "invoice_wrong_payee";

type OpenBuyError =
  | Exclude<OpenRefusal, "payment_hash_used">
  | QuoteTermsError
  | InvoiceRefusal
  | "liquidity_exhausted";
type OpenSellError = Exclude<OpenRefusal, "payment_hash_used"> | QuoteTermsError;

type Holder = { readonly walletId: string; readonly nodeId: string };

/** The use cases of orders. Expected failures are values; an exception is a bug or a lost database. */
export type Orders = {
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
   * Stores the order, reserves the float and requests the hold invoice; `held` is null if the node did not answer in time.
   * Repeating the call with the same id returns the same order.
   */
  readonly openSell: (
    request: Holder & {
      readonly orderId: string;
      readonly quoteId: string;
      readonly msisdn: string;
    },
  ) => Promise<Result<Order, OpenSellError>>;
  /** Attaches a fresh invoice for the same amount to an order that needs one. */
  readonly attachInvoice: (
    request: Holder & { readonly orderId: string; readonly invoice: string },
  ) => Promise<Result<Order, InvoiceRefusal | "order_not_found" | "order_state_conflict">>;
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
  /** Applies an operator's decision to a case or to an `owed` sell. */
  readonly resolve: (request: {
    readonly orderId: string;
    readonly resolution: Resolution;
    readonly by: string;
  }) => Promise<Result<Order, "order_not_found" | "order_state_conflict">>;
};
