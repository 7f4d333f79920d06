import type { Msat, Result, Sat } from "@satsconnect/money";
import type { LightningCore } from "../core/core.ts";
import type { ForwardingTerms, LogLevel, NetworkName } from "../core/generated/index.ts";
import type { ChainSource, ChainTip } from "../ports/chain-source.ts";
import type { Clock } from "../ports/clock.ts";
import type { EntropySource } from "../ports/entropy.ts";
import type { Logger } from "../ports/logger.ts";
import type { InboundPayment, OutboundPayment, Payment } from "./payment.ts";
import type { CommitStore } from "../ports/commit-store.ts";
import type { SnapshotSource } from "../ports/snapshot-source.ts";
import type { Connection, PeerAddress, Transport } from "../ports/transport.ts";
import type { JusticeItem, JusticeState } from "./justice.ts";
import type { Balances, Channel, OnChainTransaction, Peer } from "./views.ts";
import type { NodeEvent } from "./events.ts";
import type { NodePolicy } from "./node-policy.ts";

/** A node's parts and settings. */
export type LightningNodeOptions = {
  readonly core: LightningCore;
  readonly network: NetworkName;
  /**
   * Returns the node's 32-byte seed, a fresh copy on each call: the node wipes it after use. Called at the start, and
   * again whenever the core is restarted.
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
  /** Where the network graph comes from. Default: gossip with peers. */
  readonly gossip?: GossipOptions;
};

export type GossipOptions =
  /** Gossip with all peers (BOLT 7), for nodes that route and stay online. */
  | { readonly from: "peers" }
  /**
   * Snapshots, for phones. No gossip is exchanged with peers. Without a source, or before the first snapshot, routes use
   * what is stored, invoices' route hints and the node's own channels.
   */
  | { readonly from: "snapshots"; readonly source?: SnapshotSource };

export type NodeSettings = {
  /** True for a public routing node: it announces its channels and forwards payments. False (default) for a wallet. */
  readonly announced?: boolean;
  readonly alias?: string;
  /** Addresses to announce, each `host:port`. */
  readonly publicAddresses?: readonly string[];
  readonly forwarding?: ForwardingTerms;
  /** True for a wallet that buys channels by LSPS2: accepts payments from which the LSP has kept its opening fee. */
  readonly acceptSkimmedPayments?: boolean;
  /** Confirmations required before an inbound channel is usable. Default: 1 on regtest, else 3. */
  readonly minimumDepth?: number;
  /** Largest number of HTLCs that a peer may have in flight towards us in one channel. */
  readonly maxAcceptedHtlcs?: number;
  /**
   * Blocks for which a peer's own balance is locked after it force-closes a channel opened from now on (BOLT 2
   * `to_self_delay`), 144 to 2,016. For as long, a revoked commitment can be punished. Default: 144.
   */
  readonly toSelfDelayBlocks?: number;
  /** Block from which a new node follows the chain. Default: the tip. A restored seed needs its birthday. */
  readonly birthday?: { readonly height: number; readonly hash: string };
  readonly coreLogLevel?: LogLevel;
  /** On-chain funds that no payment of ours may spend, kept for fee bumping (anchors). Default: 0. */
  readonly onChainReserveSat?: Sat;
  /** Amount that each open channel adds to that. Default: 0. */
  readonly onChainReservePerChannelSat?: Sat;
  /**
   * True to recover from a store that is known to be older than the node's newest state. All channels are closed without
   * broadcasting anything of ours, also after later starts; peers are asked to close when they connect, and what their
   * transactions pay us arrives in the on-chain wallet.
   */
  readonly recovery?: boolean;
  /**
   * True to have justice transactions signed for a watchtower: see `LightningNode.justice`. Commitment transactions that
   * peers had got before it was first set are not covered.
   */
  readonly justice?: boolean;
};

/** A snapshot of the network graph. */
export type GossipSnapshot = {
  readonly bytes: Uint8Array;
  /** Seconds since 1970. */
  readonly time: number;
  readonly nodes: number;
  readonly channels: number;
  readonly updates: number;
  /** Channels that are in no snapshot, because only one of their directions is known: no router uses them. */
  readonly leftOut: number;
};

export type NodeStatus =
  /** Running. */
  | "running"
  /** The core or the store failed and the node is restarting by itself. Commands fail with `node_unavailable`. */
  | "restarting"
  /** Another process has taken this node over. Final. */
  | "fenced"
  /** `close` was called. Final. */
  | "closed";

/** Error codes that any call may return. */
export type NodeErrorCode =
  /** The node is closed, fenced, or restarting. Nothing happened. */
  | "node_unavailable"
  /** The core or the store failed during the call: it is unknown whether it took effect. Check the records. */
  | "node_interrupted"
  | "invalid_request"
  /** The core refused the command. Nothing happened. */
  | "refused";

export type PayErrorCode =
  | NodeErrorCode
  | "invoice_malformed"
  | "invoice_wrong_network"
  | "invoice_expired"
  | "amount_invalid"
  /** This invoice has been paid or is being paid. */
  | "already_paid"
  /** The same idempotency key was used with other terms. */
  | "idempotency_conflict";

export type InvoiceErrorCode = NodeErrorCode | "amount_invalid" | "idempotency_conflict";

export type HeldErrorCode =
  | NodeErrorCode
  | "payment_not_found"
  /** The payment is not, or no longer, held: see its record. */
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
  /** Absent: the payer chooses the amount. */
  readonly amountMsat?: Msat;
  readonly description?: string;
  /** SHA-256 of a description, 32 bytes, hex; instead of `description`. */
  readonly descriptionHash?: string;
  readonly expirySeconds: number;
  readonly minFinalCltvExpiryDelta?: number;
  /** True: hold the payment until `claimHeld` or `failHeld`. The node generates the preimage. */
  readonly hold?: boolean;
  /** A payment hash whose preimage the caller knows, 32 bytes, hex: hold until `claimHeld` supplies the preimage. */
  readonly paymentHash?: string;
  /** The same key with the same terms returns the same invoice. */
  readonly idempotencyKey?: string;
};

export type JitInvoiceRequest = {
  readonly lsp: string;
  readonly amountMsat: Msat;
  readonly description: string;
  readonly expirySeconds: number;
  readonly maxOpeningFeeMsat: Msat;
  /** True when the LSP itself will pay the invoice: it opens the channel first and may not skim a fee. */
  readonly paidByLsp?: boolean;
  readonly idempotencyKey?: string;
};

export type JitInvoice = {
  readonly payment: InboundPayment;
  readonly invoice: string;
  /** The fee that the LSP keeps from the payment if it opens a channel for it. */
  readonly openingFeeMsat: Msat;
};

/** One entry of an LSP's menu (LSPS2). The fee is computed by `jitChannelFee`. */
export type OpeningTerms = {
  readonly minFeeMsat: Msat;
  /** Fee in parts per million of the first payment; `minFeeMsat` applies when that is higher. */
  readonly proportionalMillionths: number;
  readonly minPaymentMsat: Msat;
  readonly maxPaymentMsat: Msat;
  /** Milliseconds since 1970. */
  readonly validUntil: number;
};

export type PayRequest = {
  /** A BOLT 11 invoice. */
  readonly invoice: string;
  /** Required when the invoice has no amount; otherwise absent or equal to the invoice's. */
  readonly amountMsat?: Msat;
  readonly maxFeeMsat: Msat;
  readonly maxCltvExpiryDelta?: number;
  /** The same key with the same terms returns the same payment. One key moves money at most once. */
  readonly idempotencyKey?: string;
  /**
   * For an LSP paying one of its own wallets. When the payee needs a channel (its invoice contains one of our intercept
   * scids, or its channels with us cannot carry the amount), wait for the payee to connect, open a channel under the
   * LSP policy, wait until it is usable, then pay. Until then the payment is `pending`. If the invoice expires first,
   * the payment fails with `recipientOffline` or `channelOpenFailed`.
   */
  readonly openChannelToPayee?: boolean;
  /** A payment that is still `pending` then fails as if its invoice had expired. Milliseconds since 1970. */
  readonly sendBy?: number;
};

export type PayOfferRequest = {
  /** A BOLT 12 offer. */
  readonly offer: string;
  readonly amountMsat?: Msat;
  readonly maxFeeMsat: Msat;
  readonly payerNote?: string;
  readonly idempotencyKey?: string;
};

/** The contents of an invoice whose signature is valid. Times are milliseconds since 1970. */
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
  /** Route hints: for each, the hops in order, as the forwarding node and its scid (may be an alias or intercept scid). */
  readonly hints: readonly (readonly { readonly nodeId: string; readonly scid: string }[])[];
};

export type OpenChannelRequest = {
  /** Node id of a connected peer. */
  readonly peer: string;
  readonly capacitySat: Sat;
  readonly pushMsat?: Msat;
  readonly announced: boolean;
  /** Usable before the funding confirms, if the peer agrees. Not for announced channels. */
  readonly zeroConf?: boolean;
  readonly feeRateSatPerKwu?: number;
  /** Broadcast the funding only once the peer has claimed a payment over the channel. Needs `zeroConf`. */
  readonly withholdFunding?: boolean;
  /** The same key opens one channel. */
  readonly idempotencyKey?: string;
};

export type OpenedChannel = { readonly channelId: string; readonly fundingTxid: string };

export type ChannelOpenEstimate = {
  /** False when the open channels can already carry the amount. */
  readonly needed: boolean;
  readonly feeMsat: Msat;
  /** The smallest payment, without the fee, for which a channel is opened at the current feerate. */
  readonly minPaymentMsat: Msat;
  readonly capacitySat: Sat;
};

export type OnChainErrorCode =
  | NodeErrorCode
  | "insufficient_funds"
  /** The fee would exceed `maxFeeSat`. Nothing was sent. */
  | "fee_too_high"
  | "cap_exceeded"
  | "transaction_not_found"
  | "transaction_not_bumpable"
  | "idempotency_conflict";

export type OnChainSendRequest = {
  readonly address: string;
  readonly amountSat: Sat | "all";
  /** Default: the estimate for about an hour. */
  readonly feeRateSatPerKwu?: number;
  readonly maxFeeSat?: Sat;
  /** The same key with the same address and amount sends once. Without a key every call sends. */
  readonly idempotencyKey?: string;
};

export type OnChainBumpRequest = {
  readonly txid: string;
  readonly feeRateSatPerKwu: number;
  readonly maxFeeSat?: Sat;
  /** The same key with the same transaction bumps once. */
  readonly idempotencyKey?: string;
};

/** The transaction, or the one that has replaced it, and its fee when it was made. */
export type OnChainSent = { readonly txid: string; readonly feeSat: Sat };

/** Satoshis per 1,000 weight units, by urgency: to confirm within about 2, 6, 12 and 144 blocks. */
export type NodeFeeRates = {
  readonly urgent: number;
  readonly soon: number;
  readonly later: number;
  readonly someday: number;
  /** No transaction below this is relayed now. */
  readonly floor: number;
  /** When the estimates behind them were made, in milliseconds since 1970; null when there were none. */
  readonly estimatedAt: number | null;
  /** True when there is no recent estimate: on mainnet, no rate is below the policy's fallback then. */
  readonly stale: boolean;
};

export type PaymentQuery = {
  /** Only payments with a lower number. */
  readonly before?: number;
  readonly limit?: number;
};

/**
 * A Lightning node.
 *
 * A method that changes something resolves once the change is durable. Expected failures are returned as values; a
 * failure's `retry` says whether the call may be repeated: `never`, `safe` (nothing happened), or `unknown` (it may have
 * taken effect). The node restarts by itself when its core or its store fails; calls in progress then return
 * `node_interrupted`. Queries that return no `Result` wait for the restart, and reject once the node has stopped.
 */
export interface LightningNode {
  /** The node's public key, 33 bytes, hex. */
  readonly nodeId: string;
  readonly network: NetworkName;
  readonly core: {
    readonly kind: "addon" | "wasm";
    readonly version: { readonly core: string; readonly lightning: string };
  };
  readonly status: NodeStatus;
  /** The node's best block. `synced` is true when it is also the chain source's, as of the last poll. */
  tip(): ChainTip & { readonly synced: boolean };

  // Peers
  /**
   * Connects to a peer and reconnects with back-off until `disconnect`. Resolves with the first attempt's outcome; after
   * `connect_failed` the node keeps trying. Targets are kept across restarts of the core, not of the process.
   */
  connect(
    peer: PeerAddress,
  ): Promise<
    Result<void, NodeErrorCode | "connect_failed" | "address_malformed" | "address_unsupported">
  >;
  /** Disconnects and stops reconnecting. */
  disconnect(nodeId: string): Promise<void>;
  /** Takes over a connection that a listener accepted. */
  accept(connection: Connection): void;
  /** Connected peers, and those that the node keeps trying to reach. */
  peers(): readonly Peer[];
  /** Resolves with true once the peer is connected, with false when the signal aborts or the node stops first. */
  whenConnected(nodeId: string, signal?: AbortSignal): Promise<boolean>;

  // Receiving
  /** Creates a BOLT 11 invoice. Resolves once its record is durable. */
  createInvoice(request: InvoiceRequest): Promise<Result<InboundPayment, InvoiceErrorCode>>;
  /**
   * Creates an invoice whose payment makes the LSP open a channel to us (LSPS2). Waits for the LSP to connect; fails with
   * `fee_too_high` when its cheapest terms exceed `maxOpeningFeeMsat`.
   */
  createJitInvoice(request: JitInvoiceRequest): Promise<Result<JitInvoice, JitErrorCode>>;
  /** The LSP's current terms for opening a channel, in the LSP's order. Cached while one of them is valid. */
  openingTerms(lsp: string): Promise<Result<readonly OpeningTerms[], JitErrorCode>>;
  /**
   * Claims a held payment: the preimage is released and the amount is ours. Idempotent. Resolves once the claim is
   * durable, with state `claiming` or `claimed`.
   */
  claimHeld(paymentHash: string, preimage?: string): Promise<Result<InboundPayment, HeldErrorCode>>;
  /**
   * Fails a held payment back to the payer. Idempotent; `payment_not_held` once it has been claimed. Resolves with state
   * `returning` or `returned`.
   */
  failHeld(paymentHash: string): Promise<Result<InboundPayment, HeldErrorCode>>;
  /** Creates a BOLT 12 offer. Each payment to it gets an inbound record of its own. */
  createOffer(request: {
    readonly amountMsat?: Msat;
    readonly description: string;
    /** Milliseconds since 1970. */
    readonly expiresAt?: number;
  }): Promise<Result<{ readonly offer: string; readonly offerId: string }, NodeErrorCode>>;

  // Paying
  /** Parses a BOLT 11 invoice and checks its signature; also while the node is restarting. */
  decodeInvoice(invoice: string): Result<InvoiceDetails, "invoice_malformed">;
  /**
   * Pays an invoice. Resolves once the payment's record is durable; the outcome follows as a `payment` event, and is
   * available from `payment` and `whenSettled`. A payment that fails at once (no route) is a record with state `failed`,
   * not an error: an error means that no payment was created.
   */
  pay(request: PayRequest): Promise<Result<OutboundPayment, PayErrorCode>>;
  /** Whether the policy would admit such a payment now; see `NodePolicy.admitPayment`. Creates no payment. */
  admits(request: {
    readonly payee: string;
    readonly amountMsat: Msat;
    readonly maxFeeMsat: Msat;
  }): Promise<Result<void>>;
  /** As `pay`, for a BOLT 12 offer. Without an idempotency key every call is a payment of its own. */
  payOffer(request: PayOfferRequest): Promise<Result<OutboundPayment, PayErrorCode>>;
  /** Fee and CLTV delta of the route that `pay` would use now; null when there is none. Sends nothing, not even a probe. */
  estimateRoute(
    invoice: string,
    amountMsat: Msat,
  ): Promise<Result<{ readonly feeMsat: Msat; readonly cltvBlocks: number } | null, NodeErrorCode>>;
  /** Stops further attempts to pay. The payment becomes `failed` once no HTLC is in flight; it may still succeed. */
  abandon(
    paymentHash: string,
  ): Promise<Result<OutboundPayment, NodeErrorCode | "payment_not_found">>;

  // Records
  /** The newest durable payment with this hash and, if given, this direction. */
  payment(paymentHash: string, direction?: Payment["direction"]): Promise<Payment | undefined>;
  /** The payment created with this idempotency key. */
  paymentByKey(idempotencyKey: string): Promise<Payment | undefined>;
  /**
   * Sum of the outbound payments created since that time (milliseconds since 1970) that succeeded or may still succeed.
   * Fees count at their maximum until they are known. Cheap for a time that only moves on.
   */
  spentSince(sinceMs: number): Promise<Msat>;
  /** Newest first. */
  payments(query?: PaymentQuery): Promise<readonly Payment[]>;
  /**
   * Resolves once the payment is final or held, or with its current record when the signal aborts. Undefined when there
   * is no such payment by then, or the node stops for good.
   */
  whenSettled(
    paymentHash: string,
    direction: Payment["direction"],
    signal?: AbortSignal,
  ): Promise<Payment | undefined>;
  /** The preimage that proves an outbound payment. Show it only to the payer; no record, event or log contains it. */
  proofOfPayment(paymentHash: string): Promise<string | undefined>;
  /**
   * Events after a sequence number, oldest first, then live, until the signal aborts or the node stops for good. See
   * `NodeEvent` for what is guaranteed.
   */
  events(afterSequence: number, signal?: AbortSignal): AsyncIterable<NodeEvent>;
  /** Sequence of the last published event; 0 for none. */
  readonly lastSequence: number;
  /**
   * Deletes events up to and including this sequence. Resolves once that is durable. While the node is restarting it
   * deletes nothing; call it again later.
   */
  forgetEvents(throughSequence: number): Promise<void>;

  // Channels
  /** Opens a channel. Resolves once the funding transaction is signed by both sides. */
  openChannel(request: OpenChannelRequest): Promise<Result<OpenedChannel, ChannelErrorCode>>;
  /** Starts to close a channel, cooperatively unless `force`. Completion follows as `channelClosed`. */
  closeChannel(
    channelId: string,
    options?: { readonly force?: boolean },
  ): Promise<Result<void, ChannelErrorCode>>;
  /**
   * Refuses to forward further payments, or forwards again; what has been forwarded goes on. Changes the terms of every
   * channel (`channel_update`), and first payments that would open a channel (LSPS2) are failed back. The terms are
   * stored, the pause itself is not: call it again after each start of the process.
   */
  pauseForwards(paused: boolean): Promise<Result<void, NodeErrorCode>>;
  channels(): Promise<readonly Channel[]>;
  balances(): Promise<Balances>;
  /** Nodes and channels of the network that this node knows. */
  graphSize(): Promise<{ readonly nodes: number; readonly channels: number }>;
  /** Fee and capacity of the channel that paying this peer would need. Fails without an LSP policy or above its limits. */
  estimateChannelOpen(
    peer: string,
    amountMsat: Msat,
  ): Promise<Result<ChannelOpenEstimate, ChannelErrorCode>>;

  // On chain
  newAddress(): Promise<Result<string, NodeErrorCode>>;
  onChainTransactions(): Promise<readonly OnChainTransaction[]>;
  /**
   * Sends coins. Resolves once the transaction is durable; it is then broadcast, and again until it confirms. `all` sends
   * everything except `onChainReserveSat`; no other amount touches that reserve either.
   */
  sendOnChain(request: OnChainSendRequest): Promise<Result<OnChainSent, OnChainErrorCode>>;
  /**
   * Raises the fee of one of our unconfirmed transactions: by a replacement (BIP 125) or, where that is not possible, by
   * a child that pays for both. `OnChainTransaction.bump` says which.
   */
  bumpFee(request: OnChainBumpRequest): Promise<Result<OnChainSent, OnChainErrorCode>>;
  /** Sum of the sends with an idempotency key since that time (milliseconds since 1970), with their fees. */
  sentOnChainSince(sinceMs: number): Promise<Sat>;
  /** The feerates in use; undefined while the core is restarting. */
  feeRates(): NodeFeeRates | undefined;

  /**
   * The items for a watchtower, while the setting `justice` is set. They are durable with the state that they
   * belong to, and stay until they are reported as delivered.
   */
  readonly justice: {
    /** Undefined while the core is restarting, and without the setting. */
    state(): JusticeState | undefined;
    /** Oldest first. */
    list(limit: number): Promise<readonly JusticeItem[]>;
    /** Deletes items that the tower has. While the node is restarting it deletes nothing; deliver them again later. */
    delivered(items: readonly JusticeItem[]): Promise<void>;
    /** Calls back when there are further items, also after a restart. Returns a function that unsubscribes. */
    observe(observer: () => void): () => void;
  };

  /**
   * Writes the network graph in the format of Rapid Gossip Sync (version 2): everything, or with `since` (seconds since
   * 1970) what has changed since then, for readers that are at most three days behind.
   */
  exportGossip(since?: number): Promise<Result<GossipSnapshot, NodeErrorCode>>;

  /** Signs the payload with the node's key as a compact JWS (ES256K), for logging in to the operator. */
  signLogin(payloadJson: string): Promise<Result<string, NodeErrorCode>>;

  /** Resolves with the final status: `fenced` or `closed`. */
  readonly stopped: Promise<NodeStatus>;
  /** Waits up to 5 s for work in progress, then closes all connections and the store. */
  close(): Promise<void>;
}
