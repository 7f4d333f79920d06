import type { Msat, Result, Sat } from "@satsconnect/money";
import type { LightningCore } from "../core/core.ts";
import type { ForwardingTerms, LogLevel, NetworkName } from "../core/generated/index.ts";
import type { ChainSource, ChainTip } from "../ports/chain-source.ts";
import type { Clock } from "../ports/clock.ts";
import type { EntropySource } from "../ports/entropy.ts";
import type { Logger } from "../ports/logger.ts";
import type { InboundPayment, OutboundPayment, Payment } from "./payment.ts";
import type { CommitStore } from "../ports/commit-store.ts";
import type { Connection, PeerAddress, Transport } from "../ports/transport.ts";
import type { Balances, Channel, OnChainTransaction, Peer } from "./views.ts";
import type { NodeEvent } from "./events.ts";
import type { NodePolicy } from "./node-policy.ts";

/** Everything that a node is made of. */
export type LightningNodeOptions = {
  readonly core: LightningCore;
  readonly network: NetworkName;
  /**
   * Gives the node's 32 secret bytes, a fresh copy at each call: the node wipes it once the core has it. Called at
   * the start, and again if the core must be started anew.
   */
  readonly seed: () => Uint8Array | Promise<Uint8Array>;
  readonly store: CommitStore;
  readonly chain: ChainSource;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly entropy: EntropySource;
  readonly logger: Logger;
  readonly policy: NodePolicy;
  readonly settings?: NodeSettings;
};

export type NodeSettings = {
  /** True for a node that the network may know: announces its channels, forwards. False for a wallet. */
  readonly announced?: boolean;
  readonly alias?: string;
  /** `host:port` each, announced to the network. */
  readonly publicAddresses?: readonly string[];
  readonly forwarding?: ForwardingTerms;
  /** True for a wallet that buys channels by LSPS2. */
  readonly acceptSkimmedPayments?: boolean;
  /** Confirmations that an ordinary channel towards us needs; 1 on regtest, else 3. */
  readonly minimumDepth?: number;
  /** HTLCs per channel that a peer may have in flight towards us. */
  readonly maxAcceptedHtlcs?: number;
  /** Where a new node starts to look at the chain; the tip when absent. A restored seed needs its birthday. */
  readonly birthday?: { readonly height: number; readonly hash: string };
  readonly coreLogLevel?: LogLevel;
  /** Left in the on-chain wallet by everything that we pay, so that anchors can be bumped; 0 when absent. */
  readonly onChainReserveSat?: Sat;
};

export type NodeStatus =
  /** At work. */
  | "running"
  /** The core or the store failed; the node is starting again by itself. Commands fail with `node_unavailable`. */
  | "restarting"
  /** Another process runs this node now. Final. */
  | "fenced"
  /** Closed by `close`. Final. */
  | "closed";

/** Codes of failures that any call may have. */
export type NodeErrorCode =
  /** The node is closed, fenced, or starting again. */
  | "node_unavailable"
  /** The core or the store failed under the call: `retry` says whether something may have happened. */
  | "node_interrupted"
  | "invalid_request"
  | "refused";

export type PayErrorCode =
  | NodeErrorCode
  | "invoice_malformed"
  | "invoice_wrong_network"
  | "invoice_expired"
  | "amount_invalid"
  /** This invoice is paid, or is being paid. */
  | "already_paid"
  /** The same key came with another payment before. */
  | "idempotency_conflict";

export type InvoiceErrorCode = NodeErrorCode | "amount_invalid" | "idempotency_conflict";

export type HeldErrorCode =
  | NodeErrorCode
  | "payment_not_found"
  /** Not held (any more): the payment's record says what became of it. */
  | "payment_not_held"
  | "preimage_invalid";

export type JitErrorCode =
  | InvoiceErrorCode
  | "lsp_offline"
  | "lsp_refused"
  | "lsp_no_terms"
  /** The LSP asks for more than `maxOpeningFeeMsat`. */
  | "fee_too_high";

export type ChannelErrorCode =
  | NodeErrorCode
  | "peer_offline"
  | "insufficient_funds"
  | "channel_not_found"
  | "channel_open_failed";

export type InvoiceRequest = {
  /** Absent: the payer chooses. */
  readonly amountMsat?: Msat;
  readonly description?: string;
  /** 32 bytes, hex; instead of `description`. */
  readonly descriptionHash?: string;
  readonly expirySeconds: number;
  readonly minFinalCltvExpiryDelta?: number;
  /** True: wait for `claimHeld` or `failHeld`. The node knows the preimage. */
  readonly hold?: boolean;
  /** Somebody else's hash, 32 bytes, hex: held until `claimHeld` brings the preimage. */
  readonly paymentHash?: string;
  /** The same key with the same terms gets the same invoice back. */
  readonly idempotencyKey?: string;
};

export type JitInvoiceRequest = {
  readonly lsp: string;
  readonly amountMsat: Msat;
  readonly description: string;
  readonly expirySeconds: number;
  readonly maxOpeningFeeMsat: Msat;
  /** The LSP itself is to pay it, after opening the channel: all of it, so that nothing may be kept of it. */
  readonly paidByLsp?: boolean;
  readonly idempotencyKey?: string;
};

export type JitInvoice = {
  readonly payment: InboundPayment;
  readonly invoice: string;
  /** What the LSP keeps of the payment if it must open a channel for it. */
  readonly openingFeeMsat: Msat;
};

/** One entry of an LSP's menu (LSPS2). */
export type OpeningTerms = {
  readonly minFeeMsat: Msat;
  /** Of the first payment, in millionths; the minimum where that is more. */
  readonly proportionalMillionths: number;
  readonly minPaymentMsat: Msat;
  readonly maxPaymentMsat: Msat;
  readonly validUntil: number;
};

export type PayRequest = {
  /** BOLT 11. */
  readonly invoice: string;
  /** For an invoice that leaves it open; else it must be absent or equal. */
  readonly amountMsat?: Msat;
  readonly maxFeeMsat: Msat;
  readonly maxCltvExpiryDelta?: number;
  /** The same key with the same terms gets the same payment back. One key moves money once. */
  readonly idempotencyKey?: string;
  /**
   * For an LSP that pays one of its own wallets: where the payee needs a channel (its invoice names one of our
   * intercept ids, or its channels with us have no room), wait for it to connect, open one by the LSP policy, wait
   * until it is usable, then pay. Until then the payment is `pending`; when the invoice expires first, it fails with
   * `recipientOffline` or `channelOpenFailed`.
   */
  readonly openChannelToPayee?: boolean;
};

export type PayOfferRequest = {
  /** BOLT 12. */
  readonly offer: string;
  readonly amountMsat?: Msat;
  readonly maxFeeMsat: Msat;
  readonly payerNote?: string;
  readonly idempotencyKey?: string;
};

/** What an invoice says; its signature was checked. */
export type InvoiceDetails = {
  readonly network: NetworkName;
  readonly paymentHash: string;
  readonly amountMsat: Msat | null;
  readonly description: string | null;
  readonly descriptionHash: string | null;
  readonly payee: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly minFinalCltvExpiryDelta: number;
  /** Intercept or alias ids and the nodes that forward by them, hop after hop. */
  readonly hints: readonly (readonly { readonly nodeId: string; readonly scid: string }[])[];
};

export type OpenChannelRequest = {
  /** Connected. */
  readonly peer: string;
  readonly capacitySat: Sat;
  readonly pushMsat?: Msat;
  readonly announced: boolean;
  /** Usable as soon as it is funded, where the peer agrees. Not for announced channels. */
  readonly zeroConf?: boolean;
  readonly feeRateSatPerKwu?: number;
  /** The same key gets the same channel. */
  readonly idempotencyKey?: string;
};

export type OpenedChannel = { readonly channelId: string; readonly fundingTxid: string };

export type ChannelOpenEstimate = {
  /** False: an open channel already has room. */
  readonly needed: boolean;
  readonly feeMsat: Msat;
  readonly capacitySat: Sat;
};

export type PaymentQuery = {
  /** Payments begun before this number. */
  readonly before?: number;
  readonly limit?: number;
};

/**
 * A Lightning node. Every method that changes something resolves once the change is durable. Expected failures are
 * values; a failure's `retry` says whether something may have happened.
 */
export interface LightningNode {
  /** 33 bytes, hex. */
  readonly nodeId: string;
  readonly network: NetworkName;
  readonly core: {
    readonly kind: "addon" | "wasm";
    readonly version: { readonly core: string; readonly lightning: string };
  };
  readonly status: NodeStatus;
  /** Where the node stands on the chain, and whether that is where the chain source is. */
  tip(): ChainTip & { readonly synced: boolean };

  // Peers
  /** Connects, and keeps connected (with back-off) until `disconnect`. Resolves at the first success or failure. */
  connect(
    peer: PeerAddress,
  ): Promise<
    Result<void, NodeErrorCode | "connect_failed" | "address_malformed" | "address_unsupported">
  >;
  disconnect(nodeId: string): Promise<void>;
  /** Takes a connection that somebody opened to us. */
  accept(connection: Connection): void;
  /** Those who are connected, and those whom we keep trying. */
  peers(): readonly Peer[];
  /** Resolves true once the peer is connected, false when the signal aborts first. */
  whenConnected(nodeId: string, signal?: AbortSignal): Promise<boolean>;

  // Receiving
  createInvoice(request: InvoiceRequest): Promise<Result<InboundPayment, InvoiceErrorCode>>;
  /** An invoice whose payment opens a channel from the LSP (LSPS2), at terms checked against `maxOpeningFeeMsat`. */
  createJitInvoice(request: JitInvoiceRequest): Promise<Result<JitInvoice, JitErrorCode>>;
  /** What the LSP asks for opening a channel now, cheapest first: kept as long as it holds. */
  openingTerms(lsp: string): Promise<Result<readonly OpeningTerms[], JitErrorCode>>;
  /** Takes a held payment. Repeating it is harmless. Resolves once the claim is durable (`claiming` or `claimed`). */
  claimHeld(paymentHash: string, preimage?: string): Promise<Result<InboundPayment, HeldErrorCode>>;
  /** Hands a held payment back. Refused once it was claimed. Resolves with `returning` or `returned`. */
  failHeld(paymentHash: string): Promise<Result<InboundPayment, HeldErrorCode>>;
  createOffer(request: {
    readonly amountMsat?: Msat;
    readonly description: string;
    readonly expiresAt?: number;
  }): Promise<Result<{ readonly offer: string; readonly offerId: string }, NodeErrorCode>>;

  // Paying
  decodeInvoice(invoice: string): Result<InvoiceDetails, "invoice_malformed">;
  /**
   * Pays an invoice. Resolves once the intent is durable; the outcome arrives as an event and by `payment`. A payment
   * that failed at once (no route) is a value with state `failed`, not an error: errors mean that no payment exists.
   */
  pay(request: PayRequest): Promise<Result<OutboundPayment, PayErrorCode>>;
  payOffer(request: PayOfferRequest): Promise<Result<OutboundPayment, PayErrorCode>>;
  /** What `pay` would have to spend on the way now; null where it finds none. Pays nothing, probes nothing. */
  estimateRoute(
    invoice: string,
    amountMsat: Msat,
  ): Promise<Result<{ readonly feeMsat: Msat; readonly cltvBlocks: number } | null, NodeErrorCode>>;
  /** Gives up on a payment: no further attempts. It becomes `failed` once nothing is in flight. */
  abandon(
    paymentHash: string,
  ): Promise<Result<OutboundPayment, NodeErrorCode | "payment_not_found">>;

  // Records
  /** The newest payment with this hash (and direction), as far as it is durable. */
  payment(paymentHash: string, direction?: Payment["direction"]): Promise<Payment | undefined>;
  paymentByKey(idempotencyKey: string): Promise<Payment | undefined>;
  /** Newest first. */
  payments(query?: PaymentQuery): Promise<readonly Payment[]>;
  /**
   * Resolves when the payment is final (a held one also when it is held), or with what it is when the signal aborts;
   * undefined where there is none, or the node was closed.
   */
  whenSettled(
    paymentHash: string,
    direction: Payment["direction"],
    signal?: AbortSignal,
  ): Promise<Payment | undefined>;
  /** The preimage that proves a payment of ours. For the person who paid only. */
  proofOfPayment(paymentHash: string): Promise<string | undefined>;
  /** Events after a sequence number, oldest first, then live, until the signal aborts. */
  events(afterSequence: number, signal?: AbortSignal): AsyncIterable<NodeEvent>;
  readonly lastSequence: number;
  /** Events up to this sequence may be deleted. */
  forgetEvents(throughSequence: number): Promise<void>;

  // Channels
  /** Resolves once the funding is signed and on its way. */
  openChannel(request: OpenChannelRequest): Promise<Result<OpenedChannel, ChannelErrorCode>>;
  closeChannel(
    channelId: string,
    options?: { readonly force?: boolean },
  ): Promise<Result<void, ChannelErrorCode>>;
  channels(): Promise<readonly Channel[]>;
  balances(): Promise<Balances>;
  /** What a payment of ours to this peer's wallet would need. Errors: no LSP policy, or its limits. */
  estimateChannelOpen(
    peer: string,
    amountMsat: Msat,
  ): Promise<Result<ChannelOpenEstimate, ChannelErrorCode>>;

  // On chain
  newAddress(): Promise<Result<string, NodeErrorCode>>;
  onChainTransactions(): Promise<readonly OnChainTransaction[]>;
  sendOnChain(request: {
    readonly address: string;
    readonly amountSat: Sat | "all";
    readonly feeRateSatPerKwu?: number;
  }): Promise<
    Result<{ readonly txid: string; readonly feeSat: Sat }, NodeErrorCode | "insufficient_funds">
  >;
  bumpFee(
    txid: string,
    feeRateSatPerKwu: number,
  ): Promise<Result<{ readonly txid: string; readonly feeSat: Sat }, NodeErrorCode>>;

  /** A compact JWS (ES256K) by the node's key over the payload, for the operator's login. */
  signLogin(payloadJson: string): Promise<Result<string, NodeErrorCode>>;

  /** Resolves when the node stops for good by itself (`fenced`), or by `close`. */
  readonly stopped: Promise<NodeStatus>;
  /** Stores what is under way, closes connections and the store. */
  close(): Promise<void>;
}
