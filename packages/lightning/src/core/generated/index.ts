// Generated from crates/lightning-core-api by scripts/core/generate-types.mjs. Do not edit.

/**
 * Stops retrying an outbound payment. `paymentFailed` follows once no HTLC is in flight. An HTLC that is in
 * flight may still succeed; then `paymentSent` follows instead.
 *
 * Errors: `notFound`.
 */
export type AbandonPayment = {
  /**
   * The id given to `payInvoice` or `payOffer`.
   */
  paymentId: Hex32;
};

/**
 * Accepts the channel of an `openChannelRequest`. `channelPending` and `channelReady` follow.
 *
 * Errors: `refused` (the request is gone: the peer disconnected, or the core restarted).
 */
export type AcceptChannel = {
  /**
   * From the event.
   */
  temporaryChannelId: Hex32;
  /**
   * The peer.
   */
  peer: PublicKeyHex;
  /**
   * True: trust the peer's funding transaction before it confirms.
   */
  zeroConf: boolean;
  /**
   * The host's id for the channel. Random if absent.
   */
  userChannelId?: UserChannelId;
};

/**
 * Broadcasts a `node_announcement` (BOLT 7) with our alias and addresses. The network ignores it unless the node
 * has an announced channel. Not stored: send it again after a restart.
 *
 * Errors: `badInput`.
 */
export type AnnounceNode = {
  /**
   * The alias, at most 32 bytes.
   */
  alias: string;
  /**
   * The colour as `rrggbb`. Black if absent.
   */
  color?: string;
  /**
   * At most ten addresses as `host:port`, where the host is an IPv4 address, `[IPv6]` or a DNS name.
   */
  addresses: Array<string>;
};

/**
 * All balances of the node.
 */
export type Balances = {
  /**
   * The on-chain wallet.
   */
  onChain: OnChainBalance;
  /**
   * Amount that we can send: the sum of the next HTLC limits of all usable channels.
   */
  sendableMsat: Msat;
  /**
   * Amount that we can receive over usable channels.
   */
  receivableMsat: Msat;
  /**
   * Our balance in channels that are not closed, including reserves, excluding HTLCs in flight.
   */
  channelsMsat: Msat;
  /**
   * Claimable balances of open and closing channels, from the channel monitors.
   */
  claimable: Array<ClaimableBalance>;
  /**
   * Outputs of closed channels that are being swept and that the wallet does not count yet.
   */
  sweepingSat: Sat;
};

/**
 * A block of the best chain.
 */
export type BlockId = {
  /**
   * The block's height.
   */
  height: number;
  /**
   * The block's hash.
   */
  hash: IdHex;
};

/**
 * Raises the fee of one of the wallet's unconfirmed transactions: replaces it (BIP 125) where possible, otherwise
 * spends its change with a child that pays for both (CPFP). Channel funding transactions are never replaced.
 *
 * Errors: `notFound`, `badInput` (the fee rate is too low or too high), `insufficientFunds`, `feeTooHigh`, `refused`
 * (already confirmed, or not replaceable).
 */
export type BumpFee = {
  /**
   * The transaction.
   */
  txid: IdHex;
  /**
   * The new fee rate, in satoshis per 1,000 weight units.
   */
  feeRateSatPerKwu: number;
  /**
   * Maximum fee of the replacement or the child (`feeTooHigh`).
   */
  maxFeeSat?: Sat;
};

/**
 * The core's view of the chain.
 */
export type ChainStatus = {
  /**
   * The best block. The next `BLOCK` or `FULL_BLOCK` must be its child.
   */
  bestBlock: BlockId;
  /**
   * For Esplora: report each of these that is no longer in the best chain with `UNCONFIRMED`.
   */
  watched: Array<WatchedTransaction>;
};

/**
 * A channel (LDK's `ChannelDetails`).
 */
export type Channel = {
  /**
   * The channel id.
   */
  channelId: Hex32;
  /**
   * The host's id for the channel.
   */
  userChannelId: UserChannelId;
  /**
   * The peer.
   */
  peer: PublicKeyHex;
  /**
   * The funding output, once known.
   */
  funding: OutputId | null;
  /**
   * The short channel id, once confirmed.
   */
  scid: ShortChannelId | null;
  /**
   * The alias by which the peer routes payments to us, for route hints.
   */
  inboundScidAlias: ShortChannelId | null;
  /**
   * The capacity.
   */
  capacitySat: Sat;
  /**
   * Our balance, including the reserve, excluding HTLCs in flight.
   */
  balanceMsat: Msat;
  /**
   * Total amount that we can send, without regard to fees and HTLC limits.
   */
  outboundCapacityMsat: Msat;
  /**
   * Total amount that we can receive.
   */
  inboundCapacityMsat: Msat;
  /**
   * Maximum amount of our next HTLC.
   */
  nextOutboundHtlcLimitMsat: Msat;
  /**
   * Minimum amount of our next HTLC.
   */
  nextOutboundHtlcMinimumMsat: Msat;
  /**
   * The channel reserve that we must keep (BOLT 2 `channel_reserve_satoshis`).
   */
  reserveSat: Sat | null;
  /**
   * True: opened by us.
   */
  outbound: boolean;
  /**
   * True: a public channel.
   */
  announced: boolean;
  /**
   * True: open on both sides (`channelReady` was reported).
   */
  ready: boolean;
  /**
   * True: ready, and the peer is connected.
   */
  usable: boolean;
  /**
   * True: has anchor outputs.
   */
  anchors: boolean;
  /**
   * Confirmations of the funding transaction.
   */
  confirmations: number | null;
  /**
   * Confirmations that the channel needs to become ready.
   */
  confirmationsRequired: number | null;
  /**
   * Number of HTLCs in flight, in both directions.
   */
  pendingHtlcs: number;
  /**
   * Total amount of inbound HTLCs in flight.
   */
  pendingInboundMsat: Msat;
  /**
   * Total amount of outbound HTLCs in flight.
   */
  pendingOutboundMsat: Msat;
  /**
   * True: a cooperative close is in progress.
   */
  closing: boolean;
  /**
   * Number of blocks that our balance is locked for if we force-close; chosen by the peer.
   */
  forceCloseDelay: number | null;
};

/**
 * Claims a held payment (see `paymentClaimable`). Ends with `paymentClaimed`.
 *
 * Idempotent. Store the decision (and the preimage, where the host provides it) before sending this command, and
 * send it again after a restart until `paymentClaimed` or `htlcFailed` for the same hash is stored. `notFound` on
 * a repeated command means that the payment has already been claimed or failed. At the claim deadline LDK fails
 * the HTLC back.
 *
 * Errors: `notFound` (no payment with this hash is held), `badInput` (the preimage is missing or does not match).
 */
export type ClaimPayment = {
  /**
   * The payment hash.
   */
  paymentHash: Hex32;
  /**
   * The preimage. Required if the invoice was created with a `paymentHash`.
   */
  preimage?: Hex32;
};

/**
 * An amount that is ours, or may become ours, in an open or closing channel.
 */
export type ClaimableBalance = {
  /**
   * The state.
   */
  kind: ClosingKind;
  /**
   * The amount.
   */
  amountSat: Sat;
  /**
   * The height of the confirmation or timeout that it waits for, if known.
   */
  height: number | null;
  /**
   * The payment hash, for an HTLC.
   */
  paymentHash: Hex32 | null;
};

/**
 * Closes a channel cooperatively. The funds go to the core's on-chain wallet. `channelClosed` follows once both
 * sides have signed; until then, HTLCs in flight must resolve and the peer must be connected.
 *
 * Errors: `notFound`, `refused`.
 */
export type CloseChannel = {
  /**
   * The channel.
   */
  channelId: Hex32;
  /**
   * Its peer.
   */
  peer: PublicKeyHex;
  /**
   * Target fee rate, in satoshis per 1,000 weight units. Defaults to the current estimate.
   */
  feeRateSatPerKwu?: number;
};

/**
 * State of a claimable balance (LDK's `Balance`).
 */
export type ClosingKind =
  | "open"
  | "awaitingConfirmations"
  | "contentious"
  | "maybeTimeout"
  | "maybePreimage"
  | "revoked";

/**
 * Why a channel closed.
 */
export type ClosureKind =
  | "cooperative"
  | "forcedByUs"
  | "forcedByPeer"
  | "commitmentConfirmed"
  | "neverOpened"
  | "outdatedState"
  | "htlcsTimedOut"
  | "protocolError";

/**
 * A command from the host. See the module documentation for when a command takes effect.
 */
export type Command =
  /**
   * See `CreateInvoice`; answered by `invoiceCreated`.
   */
  | ({ type: "createInvoice" } & CreateInvoice)
  /**
   * See `DecodeInvoice`; answered by `invoiceDecoded`.
   */
  | ({ type: "decodeInvoice" } & DecodeInvoice)
  /**
   * See `DecodeOffer`; answered by `offerDecoded`.
   */
  | ({ type: "decodeOffer" } & DecodeOffer)
  /**
   * See `PayInvoice`; answered by `paymentStarted`.
   */
  | ({ type: "payInvoice" } & PayInvoice)
  /**
   * See `EstimateRoute`; answered by `routeEstimated`.
   */
  | ({ type: "estimateRoute" } & EstimateRoute)
  /**
   * See `ClaimPayment`; answered by `done`.
   */
  | ({ type: "claimPayment" } & ClaimPayment)
  /**
   * See `FailPayment`; answered by `done`.
   */
  | ({ type: "failPayment" } & FailPayment)
  /**
   * See `AbandonPayment`; answered by `done`.
   */
  | ({ type: "abandonPayment" } & AbandonPayment)
  /**
   * Lists the outbound payments that LDK remembers; answered by `payments`.
   */
  | { type: "listPayments" }
  /**
   * See `CreateOffer`; answered by `offerCreated`.
   */
  | ({ type: "createOffer" } & CreateOffer)
  /**
   * See `PayOffer`; answered by `done`.
   */
  | ({ type: "payOffer" } & PayOffer)
  /**
   * See `OpenChannel`; answered by `channelOpening`.
   */
  | ({ type: "openChannel" } & OpenChannel)
  /**
   * See `AcceptChannel`; answered by `channelOpening`.
   */
  | ({ type: "acceptChannel" } & AcceptChannel)
  /**
   * See `RejectChannel`; answered by `done`.
   */
  | ({ type: "rejectChannel" } & RejectChannel)
  /**
   * See `CloseChannel`; answered by `done`.
   */
  | ({ type: "closeChannel" } & CloseChannel)
  /**
   * See `ForceCloseChannel`; answered by `done`.
   */
  | ({ type: "forceCloseChannel" } & ForceCloseChannel)
  /**
   * See `SetForwardingTerms`; answered by `done`.
   */
  | ({ type: "setForwardingTerms" } & SetForwardingTerms)
  /**
   * Lists all channels; answered by `channels`.
   */
  | { type: "listChannels" }
  /**
   * Our funds on chain, in channels and in closing channels; answered by `balances`.
   */
  | { type: "balances" }
  /**
   * Lists the connected peers; answered by `peers`.
   */
  | { type: "listPeers" }
  /**
   * See `DisconnectPeer`; answered by `done`.
   */
  | ({ type: "disconnectPeer" } & DisconnectPeer)
  /**
   * See `AnnounceNode`; answered by `done`.
   */
  | ({ type: "announceNode" } & AnnounceNode)
  /**
   * Creates a new intercept SCID for a route hint; answered by `interceptScid`.
   */
  | { type: "newInterceptScid" }
  /**
   * See `ForwardIntercepted`; answered by `done`.
   */
  | ({ type: "forwardIntercepted" } & ForwardIntercepted)
  /**
   * See `FailIntercepted`; answered by `done`.
   */
  | ({ type: "failIntercepted" } & FailIntercepted)
  /**
   * See `Lsps2RequestMenu`; answered by `lsps2Request`.
   */
  | ({ type: "lsps2RequestMenu" } & Lsps2RequestMenu)
  /**
   * See `Lsps2Buy`; answered by `lsps2Request`.
   */
  | ({ type: "lsps2Buy" } & Lsps2Buy)
  /**
   * See `Lsps2OfferMenu`; answered by `done`.
   */
  | ({ type: "lsps2OfferMenu" } & Lsps2OfferMenu)
  /**
   * See `Lsps2RejectToken`; answered by `done`.
   */
  | ({ type: "lsps2RejectToken" } & Lsps2RejectToken)
  /**
   * See `Lsps2RejectBuy`; answered by `done`.
   */
  | ({ type: "lsps2RejectBuy" } & Lsps2RejectBuy)
  /**
   * See `Lsps2Grant`; answered by `lsps2Granted`.
   */
  | ({ type: "lsps2Grant" } & Lsps2Grant)
  /**
   * See `Lsps2OpenFailed`; answered by `done`.
   */
  | ({ type: "lsps2OpenFailed" } & Lsps2OpenFailed)
  /**
   * See `Lsps2WithdrawGrant`; answered by `done`.
   */
  | ({ type: "lsps2WithdrawGrant" } & Lsps2WithdrawGrant)
  /**
   * A new address of the on-chain wallet; answered by `address`.
   */
  | { type: "newAddress" }
  /**
   * The on-chain wallet's balance; answered by `onChainBalance`.
   */
  | { type: "onChainBalance" }
  /**
   * The on-chain wallet's transactions, newest first; answered by `onChainTransactions`.
   */
  | { type: "listOnChainTransactions" }
  /**
   * See `SendOnChain`; answered by `transactionSent`.
   */
  | ({ type: "sendOnChain" } & SendOnChain)
  /**
   * See `BumpFee`; answered by `transactionSent`.
   */
  | ({ type: "bumpFee" } & BumpFee)
  /**
   * The core's best block and the transactions to watch; answered by `chainStatus`.
   */
  | { type: "chainStatus" }
  /**
   * See `SignLogin`; answered by `loginSigned`.
   */
  | ({ type: "signLogin" } & SignLogin)
  /**
   * The size of the network graph; answered by `graphSize`.
   */
  | { type: "graphSize" }
  /**
   * See `Dump`; answered by `done`, after the `SNAPSHOT` frames.
   */
  | ({ type: "dump" } & Dump);

/**
 * The result of a successful command.
 */
export type CommandResult =
  /**
   * Success without further data.
   */
  | { type: "done" }
  /**
   * Answers `createInvoice`.
   */
  | ({ type: "invoiceCreated" } & InvoiceCreated)
  /**
   * Answers `decodeInvoice`.
   */
  | ({ type: "invoiceDecoded" } & DecodedInvoice)
  /**
   * Answers `decodeOffer`.
   */
  | ({ type: "offerDecoded" } & DecodedOffer)
  /**
   * Answers `payInvoice`.
   */
  | {
      type: "paymentStarted";
      /**
       * The payment hash of the invoice.
       */
      paymentHash: Hex32;
      /**
       * Amount that the payee receives.
       */
      amountMsat: Msat;
    }
  /**
   * Answers `estimateRoute`.
   */
  | {
      type: "routeEstimated";
      /**
       * Total routing fee.
       */
      feeMsat: Msat;
      /**
       * Maximum number of blocks that the payment could be locked for, including the payee's final delta.
       */
      cltvExpiryDelta: number;
    }
  /**
   * Answers `listPayments`.
   */
  | {
      type: "payments";
      /**
       * All payments that LDK remembers.
       */
      payments: Array<RecentPayment>;
    }
  /**
   * Answers `createOffer`.
   */
  | {
      type: "offerCreated";
      /**
       * The offer.
       */
      offer: string;
      /**
       * The offer id.
       */
      offerId: Hex32;
    }
  /**
   * Answers `openChannel` and `acceptChannel`.
   */
  | {
      type: "channelOpening";
      /**
       * The channel id until the funding transaction is known.
       */
      temporaryChannelId: Hex32;
      /**
       * The host's id for the channel.
       */
      userChannelId: UserChannelId;
    }
  /**
   * Answers `listChannels`.
   */
  | {
      type: "channels";
      /**
       * All channels, including those that are not ready.
       */
      channels: Array<Channel>;
    }
  /**
   * Answers `balances`.
   */
  | ({ type: "balances" } & Balances)
  /**
   * Answers `listPeers`.
   */
  | {
      type: "peers";
      /**
       * Peers whose handshake is complete.
       */
      peers: Array<Peer>;
    }
  /**
   * Answers `newInterceptScid`.
   */
  | {
      type: "interceptScid";
      /**
       * The intercept SCID.
       */
      scid: ShortChannelId;
    }
  /**
   * Answers `lsps2RequestMenu` and `lsps2Buy`.
   */
  | {
      type: "lsps2Request";
      /**
       * The `requestId` of the event that will answer the request.
       */
      requestId: string;
    }
  /**
   * Answers `lsps2Grant`.
   */
  | {
      type: "lsps2Granted";
      /**
       * The intercept SCID for the client's invoice.
       */
      scid: ShortChannelId;
      /**
       * The `userChannelId` to open the channel with.
       */
      userChannelId: UserChannelId;
    }
  /**
   * Answers `newAddress`.
   */
  | {
      type: "address";
      /**
       * A new address.
       */
      address: string;
    }
  /**
   * Answers `onChainBalance`.
   */
  | ({ type: "onChainBalance" } & OnChainBalance)
  /**
   * Answers `listOnChainTransactions`.
   */
  | {
      type: "onChainTransactions";
      /**
       * Newest first.
       */
      transactions: Array<OnChainTransaction>;
    }
  /**
   * Answers `sendOnChain` and `bumpFee`.
   */
  | {
      type: "transactionSent";
      /**
       * The transaction. It is in a `TX` frame of this exchange.
       */
      txid: IdHex;
      /**
       * The fee.
       */
      feeSat: Sat;
    }
  /**
   * Answers `chainStatus`.
   */
  | ({ type: "chainStatus" } & ChainStatus)
  /**
   * Answers `signLogin`.
   */
  | {
      type: "loginSigned";
      /**
       * A compact JWS, `ES256K`.
       */
      jws: string;
    }
  /**
   * Answers `graphSize`.
   */
  | {
      type: "graphSize";
      /**
       * Number of nodes.
       */
      nodes: number;
      /**
       * Number of channels.
       */
      channels: number;
    };

/**
 * The configuration of a node, passed to `create`. The seed and the entropy are passed separately, as bytes.
 */
export type Config = {
  /**
   * The network. A stored state can only be loaded with the network that it was created with.
   */
  network: NetworkName;
  /**
   * The current time, in seconds since 1970.
   */
  nowSeconds: number;
  /**
   * The tip of the best chain, from which a new node starts following it. Ignored when a stored state is loaded.
   */
  bestBlock: BlockId;
  /**
   * Minimum level of log lines. Defaults to `info`.
   */
  logLevel?: LogLevel;
  /**
   * True for a public node (an LSP, a merchant): it announces its channels, forwards payments, and adds no route
   * hints to invoices once it has an announced channel. False for a wallet: its channels are private, and it sends
   * onion messages through any connected peer when it knows no better path.
   */
  announced?: boolean;
  /**
   * The forwarding terms. Defaults to LDK's: 1,000 msat, 0 millionths, 72 blocks.
   */
  forwarding?: ForwardingTerms;
  /**
   * True for an LSP: it holds and reports HTLCs for intercept SCIDs, and serves LSPS2 (bLIP 52).
   */
  lspService?: boolean;
  /**
   * True for a wallet that buys channels through LSPS2: it accepts HTLCs from which the LSP has deducted an opening
   * fee of at most the invoice's `maxOpeningFeeMsat`, and fails others back.
   */
  acceptSkimmedPayments?: boolean;
  /**
   * Maximum number of HTLCs per channel that a peer may have in flight towards us (1 to 483). Defaults to 50.
   */
  maxAcceptedHtlcs?: number;
  /**
   * Confirmations that an inbound channel needs unless it is zero-conf. Defaults to 1 on regtest and 3 elsewhere.
   */
  minimumDepth?: number;
  /**
   * Maximum dust exposure per channel: the amount that a force-close may lose to miners. Defaults to LDK's.
   */
  maxDustExposureMsat?: Msat;
  /**
   * Seconds after which the core fails back an intercepted HTLC that has not been forwarded. Defaults to 120.
   */
  interceptDeadlineSeconds?: number;
  /**
   * Amount that `sendOnChain` and `openChannel` leave in the on-chain wallet for fee-bumping anchors. Defaults to 0.
   */
  onChainReserveSat?: Sat;
  /**
   * Amount that each open channel adds to that reserve. Defaults to 0.
   */
  onChainReservePerChannelSat?: Sat;
  /**
   * The delay that we impose on a peer's own balance after it force-closes (BOLT 2 `to_self_delay`), in blocks (144 to
   * 2,016). A revoked commitment of the peer can be punished for this long. Defaults to 144.
   */
  toSelfDelay?: number;
  /**
   * The fee that we always pay to a peer that insists on it, rather than letting a cooperative close fail, for
   * channels that we opened. Never more than our balance. Defaults to 0: only LDK's own range is offered.
   */
  maxClosingFeeSat?: Sat;
  /**
   * The same as a multiple of the urgent fee rate; the larger of the two counts. Defaults to 0.
   */
  maxClosingFeeMultiple?: number;
  /**
   * Number of monitor updates after which the full monitor is written again. Defaults to 64.
   */
  monitorImageEvery?: number;
  /**
   * Set if the state was restored from a copy that may be older than the newest state, such as a backup: an id of
   * that restore. Until a channel's peer has confirmed in its `channel_reestablish` that the state is not older,
   * nothing that spends the channel's funding output is broadcast, also after a restart without this field.
   * `forceCloseChannel` lifts the restriction for one channel. Applied once for each id, so it can be passed again.
   */
  restored?: string;
  /**
   * True to recover from a state that is known to be older than the newest one. Closes all channels without
   * broadcasting anything that spends their funding outputs, now and after later starts without this field. Peers are
   * asked to close when they connect, and their commitment transactions pay our balances to the on-chain wallet.
   */
  recovery?: boolean;
  /**
   * True if the host provides selected transactions instead of full blocks (Esplora). The core then sends `WATCH`
   * frames.
   */
  watchChain?: boolean;
  /**
   * True if the host answers `LOOKUP` frames. Announced channels then enter the network graph only if their funding
   * outputs exist, and leave it once these are spent. If false, the signatures of an announcement are enough.
   */
  utxoLookup?: boolean;
};

/**
 * Why a command failed. The command has had no effect.
 */
export type CoreError = {
  /**
   * The code, for programs.
   */
  code: ErrorCode;
  /**
   * The message, for logs and developers. Never contains a secret.
   */
  message: string;
};

/**
 * Creates a BOLT 11 invoice. Set exactly one of `description` and `descriptionHash`.
 *
 * Hand the invoice out only after the commit of this exchange is stored: for held and JIT invoices it contains
 * data that the core needs to handle the payment.
 *
 * Errors: `badInput` (description, expiry, CLTV delta or a key), `badAmount` (zero, or more than 21 million
 * bitcoin).
 */
export type CreateInvoice = {
  /**
   * The amount. If absent, the payer chooses it.
   */
  amountMsat?: Msat;
  /**
   * The description, at most 639 bytes.
   */
  description?: string;
  /**
   * SHA-256 of the description (BOLT 11 `h`); for LNURL-pay, of its metadata.
   */
  descriptionHash?: Hex32;
  /**
   * Seconds until the invoice expires, at least 1.
   */
  expirySeconds: number;
  /**
   * `min_final_cltv_expiry_delta` (BOLT 11 `c`), in blocks: 24 to 2013. Defaults to 24. The core adds 3 blocks,
   * as LDK does, so that a block found while the payment is on its way does not fail it.
   */
  minFinalCltvExpiryDelta?: number;
  /**
   * A payment hash whose preimage the core does not have. The payment is held until `claimPayment` provides the
   * preimage.
   */
  paymentHash?: Hex32;
  /**
   * True: the core has the preimage, but holds the payment until `claimPayment` or `failPayment`.
   */
  hold?: boolean;
  /**
   * Adds a route hint through this LSP instead of hints for our own channels.
   */
  jit?: JitHop;
};

/**
 * Creates a BOLT 12 offer. The core claims its payments itself and reports them as `paymentClaimed`.
 *
 * Errors: `badAmount`, `refused` (for example, no peer through which the node can be reached).
 */
export type CreateOffer = {
  /**
   * The amount. If absent, the payer chooses it.
   */
  amountMsat?: Msat;
  /**
   * The description.
   */
  description: string;
  /**
   * Expiry, in seconds since 1970. If absent, the offer does not expire.
   */
  expiresAtSeconds?: number;
};

/**
 * Decodes a BOLT 11 invoice and checks its signature.
 *
 * Errors: `badInput`.
 */
export type DecodeInvoice = {
  /**
   * The invoice, in any case, with or without the `lightning:` prefix.
   */
  invoice: string;
};

/**
 * Decodes a BOLT 12 offer.
 *
 * Errors: `badInput`.
 */
export type DecodeOffer = {
  /**
   * The offer (`lno1…`).
   */
  offer: string;
};

/**
 * A decoded BOLT 11 invoice. Its signature has been checked.
 */
export type DecodedInvoice = {
  /**
   * The network.
   */
  network: NetworkName;
  /**
   * The payment hash.
   */
  paymentHash: Hex32;
  /**
   * The amount, or null if the payer chooses it.
   */
  amountMsat: Msat | null;
  /**
   * The description, or null if the invoice contains only its hash.
   */
  description: string | null;
  /**
   * SHA-256 of the description.
   */
  descriptionHash: Hex32 | null;
  /**
   * The node id of the payee.
   */
  payee: PublicKeyHex;
  /**
   * Creation time, in seconds since 1970.
   */
  timestampSeconds: number;
  /**
   * Expiry, in seconds since 1970.
   */
  expiresAtSeconds: number;
  /**
   * Minimum CLTV delta of the final hop, in blocks (BOLT 11 `c`).
   */
  minFinalCltvExpiryDelta: number;
  /**
   * Route hints from the public network to the payee.
   */
  hints: Array<Array<HintHop>>;
  /**
   * On-chain fallback addresses.
   */
  fallbackAddresses: Array<string>;
};

/**
 * A decoded BOLT 12 offer.
 */
export type DecodedOffer = {
  /**
   * The offer id.
   */
  offerId: Hex32;
  /**
   * The networks that it can be paid on.
   */
  networks: Array<NetworkName>;
  /**
   * The amount, or null if the payer chooses it or if it is in a currency.
   */
  amountMsat: Msat | null;
  /**
   * The ISO 4217 code, if the amount is in a currency.
   */
  currency: string | null;
  /**
   * The amount in minor units of that currency.
   */
  currencyAmount: Msat | null;
  /**
   * The description.
   */
  description: string | null;
  /**
   * The issuer's name.
   */
  issuer: string | null;
  /**
   * The issuer's signing key, if the offer contains it.
   */
  issuerSigningKey: PublicKeyHex | null;
  /**
   * Expiry, in seconds since 1970, or null if the offer does not expire.
   */
  expiresAtSeconds: number | null;
  /**
   * Number of blinded paths to the payee.
   */
  paths: number;
};

/**
 * Disconnects a peer. Does nothing if it is not connected.
 */
export type DisconnectPeer = {
  /**
   * The peer.
   */
  peer: PublicKeyHex;
};

/**
 * Writes the network graph, the scorer, or both, as `SNAPSHOT` frames. Store them and pass them to `create` at
 * the next start, so that routes are known at once. Losing them loses no funds.
 */
export type Dump = {
  /**
   * True: the network graph.
   */
  graph?: boolean;
  /**
   * True: the scorer.
   */
  scorer?: boolean;
};

/**
 * Why a command failed.
 */
export type ErrorCode =
  | "badInput"
  | "wrongNetwork"
  | "expired"
  | "badAmount"
  | "feeTooHigh"
  | "duplicatePayment"
  | "routeNotFound"
  | "notFound"
  | "peerNotConnected"
  | "insufficientFunds"
  | "notConfigured"
  | "refused";

/**
 * Finds the route that `payInvoice` would take now, without paying.
 *
 * Errors: `routeNotFound`, `badAmount`, `wrongNetwork`, `badInput`.
 */
export type EstimateRoute = {
  /**
   * The invoice.
   */
  invoice: string;
  /**
   * The amount, for an invoice without one.
   */
  amountMsat?: Msat;
};

/**
 * An event from the core.
 *
 * Store each event in one transaction with the `COMMIT` of the same batch, before anything else of the batch leaves
 * the host. Unless noted otherwise, an event is not repeated once that commit is stored. If the process stops before,
 * the event never happened, and the core reports it again if its cause still exists.
 */
export type Event =
  /**
   * A peer is connected and the handshake is complete.
   *
   * Concerns only the running process: need not be stored. Not repeated after a restart; a restart ends all
   * connections without an event.
   */
  | {
      type: "peerConnected";
      /**
       * The peer.
       */
      peer: PublicKeyHex;
      /**
       * The host's number of the connection.
       */
      connection: number;
    }
  /**
   * A connected peer has disconnected. `openChannelRequest` and LSPS2 requests of this peer that have no answer yet
   * are void.
   *
   * Concerns only the running process: need not be stored. Not generated for connections that a restart ended.
   */
  | {
      type: "peerDisconnected";
      /**
       * The peer.
       */
      peer: PublicKeyHex;
    }
  /**
   * LDK has an onion message (BOLT 12) for a node that is not connected.
   *
   * Connect to one of the addresses if possible. If the host does not, the message is dropped, and the payment of
   * the offer fails in time. Need not be stored. Not repeated after a restart: the message is lost with the
   * process.
   */
  | {
      type: "connectionNeeded";
      /**
       * The node.
       */
      peer: PublicKeyHex;
      /**
       * Its announced addresses.
       */
      addresses: Array<string>;
    }
  /**
   * A peer asks to open a channel. Answer with `acceptChannel` or `rejectChannel`.
   *
   * Need not be stored. Not repeated after a restart: an unanswered request is dropped when the peer disconnects,
   * when the process stops, and after two manager ticks (about two minutes). Later answers get the error `refused`.
   */
  | {
      type: "openChannelRequest";
      /**
       * The temporary channel id, for the answer.
       */
      temporaryChannelId: Hex32;
      /**
       * The peer.
       */
      peer: PublicKeyHex;
      /**
       * The channel's capacity.
       */
      capacitySat: Sat;
      /**
       * Amount that we would own when the channel opens.
       */
      pushMsat: Msat;
      /**
       * True: the peer wants to announce the channel to the network.
       */
      announced: boolean;
      /**
       * True: the peer requires a zero-conf channel.
       */
      zeroConfRequired: boolean;
      /**
       * True: the channel type has anchor outputs.
       */
      anchors: boolean;
    }
  /**
   * Both sides have signed the funding transaction, and the opener broadcasts it.
   *
   * From here on the channel survives restarts. Not repeated after a restart.
   */
  | {
      type: "channelPending";
      /**
       * The channel.
       */
      channelId: Hex32;
      /**
       * The temporary channel id that it had before.
       */
      temporaryChannelId: Hex32 | null;
      /**
       * The host's id for the channel.
       */
      userChannelId: UserChannelId;
      /**
       * The peer.
       */
      peer: PublicKeyHex;
      /**
       * The funding output.
       */
      funding: OutputId;
    }
  /**
   * Both sides consider the channel open, and it can carry payments: the funding transaction has enough
   * confirmations, or the channel is zero-conf.
   *
   * Not repeated after a restart.
   */
  | {
      type: "channelReady";
      /**
       * The channel.
       */
      channelId: Hex32;
      /**
       * The host's id for the channel.
       */
      userChannelId: UserChannelId;
      /**
       * The peer.
       */
      peer: PublicKeyHex;
    }
  /**
   * A channel has closed, or will never open.
   *
   * Its funds may still need confirmations: `balances` and `outputsSweeping` follow them into the on-chain wallet.
   * HTLCs of an LSPS2 payment that waited for this channel are failed back. Not repeated after a restart. A channel
   * whose funding was not yet signed when the process stopped is lost without this event.
   */
  | {
      type: "channelClosed";
      /**
       * The channel (or its temporary id, if it was never funded).
       */
      channelId: Hex32;
      /**
       * The host's id for the channel.
       */
      userChannelId: UserChannelId;
      /**
       * The peer.
       */
      peer: PublicKeyHex | null;
      /**
       * The reason, for programs.
       */
      kind: ClosureKind;
      /**
       * The reason, for the log: LDK's message.
       */
      reason: string;
      /**
       * The channel's capacity.
       */
      capacitySat: Sat | null;
      /**
       * Our balance when the channel closed.
       */
      localBalanceMsat: Msat | null;
    }
  /**
   * On reconnection, a peer's `channel_reestablish` (BOLT 2) has shown that one side's state of a channel is older
   * than the other's. The channel is closed, which `channelClosed` reports too.
   *
   * `own`: our state is older, as the peer has proven with a secret that we revealed when we revoked a later
   * commitment transaction. Nothing that spends the channel's funding output is broadcast any more, also after a
   * restart. The peer is asked to close; its commitment transaction pays our balance to the on-chain wallet. The same
   * `error` goes to the peer again on every reconnection until it has closed.
   *
   * `peer`: the peer's state is older. The channel is closed with our newest commitment transaction, which pays the
   * peer its newest balance.
   *
   * Not repeated after a restart.
   */
  | {
      type: "channelFellBehind";
      /**
       * The channel.
       */
      channelId: Hex32;
      /**
       * The host's id for the channel.
       */
      userChannelId: UserChannelId;
      /**
       * The peer.
       */
      peer: PublicKeyHex;
      /**
       * The side whose state is older.
       */
      side: FallenBehind;
      /**
       * The number of the newest commitment transaction that we hold.
       */
      ownCommitment: number;
      /**
       * The number of the newest commitment transaction of ours that the peer knows of.
       */
      expectedCommitment: number;
    }
  /**
   * The on-chain wallet could not fund a channel that we were opening (not enough confirmed coins, or LDK rejected
   * the transaction). The core closes the channel, which `channelClosed` reports too. Its coins can be spent again.
   *
   * Not repeated after a restart.
   */
  | {
      type: "channelFundingFailed";
      /**
       * The temporary channel id.
       */
      temporaryChannelId: Hex32;
      /**
       * The host's id for the channel.
       */
      userChannelId: UserChannelId;
      /**
       * The peer.
       */
      peer: PublicKeyHex;
      /**
       * The reason, for the log.
       */
      reason: string;
    }
  /**
   * All HTLCs of a payment to a hold invoice have arrived. Answer with `claimPayment` or `failPayment`. The core
   * itself claims payments to ordinary invoices and offers, and reports only `paymentClaimed`.
   *
   * Must be stored: not repeated after a restart, while the HTLCs stay pending over restarts. Store the decision
   * before sending it, and send it again after a restart until `paymentClaimed` or `htlcFailed` for this hash is
   * stored. If no answer comes, LDK fails the HTLCs back at `claimDeadlineHeight` and `htlcFailed` follows.
   *
   * LDK does not stop a payer from paying an invoice twice, so a second payment with the same hash can be reported
   * after the first has been claimed. Fail that one.
   */
  | {
      type: "paymentClaimable";
      /**
       * The payment hash.
       */
      paymentHash: Hex32;
      /**
       * Amount that we receive on claiming, after the skimmed fee.
       */
      amountMsat: Msat;
      /**
       * Amount that the LSP deducted (LSPS2 opening fee).
       */
      skimmedFeeMsat: Msat;
      /**
       * Block height at which LDK fails the payment back. Claim below this height.
       */
      claimDeadlineHeight: number | null;
      /**
       * Invoice, offer or keysend.
       */
      kind: PaymentKind;
      /**
       * True: the core has the preimage. False: `claimPayment` must provide it.
       */
      ownPreimage: boolean;
      /**
       * The channels over which the HTLCs arrived.
       */
      channelIds: Array<Hex32>;
    }
  /**
   * An inbound payment has been claimed: the preimage is released and the amount is ours.
   *
   * May be repeated after a restart. A repeated event has the same payment hash.
   */
  | {
      type: "paymentClaimed";
      /**
       * The payment hash.
       */
      paymentHash: Hex32;
      /**
       * Amount that we received, after the skimmed fee.
       */
      amountMsat: Msat;
      /**
       * Amount that the LSP deducted (LSPS2 opening fee).
       */
      skimmedFeeMsat: Msat;
      /**
       * Invoice, offer or keysend.
       */
      kind: PaymentKind;
    }
  /**
   * The core has failed an inbound payment back because the LSP deducted more than the invoice's
   * `maxOpeningFeeMsat`. `htlcFailed` follows. The invoice can be paid again.
   *
   * Not repeated after a restart.
   */
  | {
      type: "paymentRefused";
      /**
       * The payment hash.
       */
      paymentHash: Hex32;
      /**
       * Amount that we would have received, after the skimmed fee.
       */
      amountMsat: Msat;
      /**
       * Amount that the LSP deducted.
       */
      skimmedFeeMsat: Msat;
    }
  /**
   * An outbound payment has succeeded: the payee has released the preimage.
   *
   * Must be stored: it is the only message that carries the preimage, the proof of payment. May be repeated after a
   * restart. A repeated event has the same payment id and hash.
   */
  | {
      type: "paymentSent";
      /**
       * The id given to `payInvoice` or `payOffer`.
       */
      paymentId: Hex32 | null;
      /**
       * The payment hash.
       */
      paymentHash: Hex32;
      /**
       * The preimage.
       */
      preimage: Hex32;
      /**
       * Amount that the payee received.
       */
      amountMsat: Msat | null;
      /**
       * Routing fee that we paid.
       */
      feeMsat: Msat | null;
    }
  /**
   * An outbound payment has failed: no HTLC is in flight, and it will not be retried. Only now is it safe to pay
   * again, under a new id.
   *
   * May be repeated after a restart. In rare cases LDK generates it after `paymentSent` for the same id: then
   * ignore it, the payment has succeeded.
   */
  | {
      type: "paymentFailed";
      /**
       * The id given to `payInvoice` or `payOffer`.
       */
      paymentId: Hex32;
      /**
       * The payment hash. Absent if the payee of an offer sent no invoice.
       */
      paymentHash: Hex32 | null;
      /**
       * The reason.
       */
      reason: PaymentFailure;
    }
  /**
   * A payment was forwarded through us and claimed on both sides.
   *
   * Not repeated after a restart.
   */
  | {
      type: "paymentForwarded";
      /**
       * The inbound channel.
       */
      fromChannelId: Hex32 | null;
      /**
       * The outbound channel.
       */
      toChannelId: Hex32 | null;
      /**
       * The inbound peer.
       */
      fromPeer: PublicKeyHex | null;
      /**
       * The outbound peer.
       */
      toPeer: PublicKeyHex | null;
      /**
       * Total fee that we earned, including the skimmed fee.
       */
      feeMsat: Msat | null;
      /**
       * Amount that we kept beyond the forwarding fee (LSPS2 opening fee).
       */
      skimmedFeeMsat: Msat | null;
      /**
       * Amount that we forwarded.
       */
      amountMsat: Msat | null;
      /**
       * True: the outbound peer claimed the HTLC on chain.
       */
      onChain: boolean;
    }
  /**
   * An HTLC to us or through us has failed and was failed back.
   *
   * With a `paymentHash`, it ends a held payment: it timed out, or `failPayment` or the core failed it. Not repeated
   * after a restart.
   */
  | {
      type: "htlcFailed";
      /**
       * The channel over which it arrived.
       */
      fromChannelId: Hex32;
      /**
       * The payment hash, for payments to us only.
       */
      paymentHash: Hex32 | null;
      /**
       * LDK's `HTLCHandlingFailureType`, for the log.
       */
      kind: string;
      /**
       * LDK's `HTLCHandlingFailureReason`, for the log.
       */
      reason: string;
    }
  /**
   * An HTLC for an intercept SCID is pending. Answer with `forwardIntercepted` or `failIntercepted`. HTLCs for an
   * SCID granted by `lsps2Grant` are reported as `lsps2OpenChannel` instead.
   *
   * Must be stored: not repeated after a restart, while the HTLC stays pending over restarts. If no answer comes
   * within `interceptDeadlineSeconds`, the core fails the HTLC back and reports `interceptExpired`.
   */
  | {
      type: "htlcIntercepted";
      /**
       * The id, for the answer.
       */
      interceptId: Hex32;
      /**
       * The intercept SCID in the onion.
       */
      scid: ShortChannelId;
      /**
       * The payment hash.
       */
      paymentHash: Hex32;
      /**
       * Amount of the inbound HTLC.
       */
      inboundAmountMsat: Msat;
      /**
       * Amount that the payer asked us to forward.
       */
      expectedOutboundAmountMsat: Msat;
    }
  /**
   * The core has failed an intercepted HTLC back: no channel for it was ready within `interceptDeadlineSeconds`, or
   * the LSPS2 terms had expired.
   *
   * Not repeated after a restart. The deadline also applies to time that passed while the process was stopped.
   */
  | {
      type: "interceptExpired";
      /**
       * The intercept id.
       */
      interceptId: Hex32;
      /**
       * The intercept SCID in the onion.
       */
      scid: ShortChannelId;
      /**
       * The payment hash.
       */
      paymentHash: Hex32;
    }
  /**
   * Answer to `lsps2RequestMenu`: the LSP's fee menu.
   *
   * Concerns only the running process: need not be stored. Not repeated after a restart; request the menu again.
   */
  | {
      type: "lsps2MenuReceived";
      /**
       * The LSP.
       */
      lsp: PublicKeyHex;
      /**
       * The id from the command's result.
       */
      requestId: string;
      /**
       * The menu.
       */
      menu: Array<Lsps2FeeParameters>;
    }
  /**
   * Answer to `lsps2Buy`: the parameters for the route hint of an invoice whose payment opens a channel.
   *
   * Not repeated after a restart; buy again if it is lost. Pass the parameters to `createInvoice` as `jit`.
   */
  | {
      type: "lsps2InvoiceParameters";
      /**
       * The LSP.
       */
      lsp: PublicKeyHex;
      /**
       * The id from the command's result.
       */
      requestId: string;
      /**
       * The intercept SCID.
       */
      scid: ShortChannelId;
      /**
       * The CLTV delta, in blocks.
       */
      cltvExpiryDelta: number;
      /**
       * The payment amount, if the purchase fixed it.
       */
      paymentSizeMsat: Msat | null;
    }
  /**
   * Answer to `lsps2RequestMenu` or `lsps2Buy`: the LSP returned an error.
   *
   * Concerns only the running process: need not be stored. Not repeated after a restart.
   */
  | {
      type: "lsps2RequestFailed";
      /**
       * The LSP.
       */
      lsp: PublicKeyHex;
      /**
       * The id from the command's result.
       */
      requestId: string;
      /**
       * The error code (LSPS0, bLIP 52).
       */
      code: number;
      /**
       * The LSP's error message.
       */
      message: string;
    }
  /**
   * (LSP) A client requests the fee menu. Answer with `lsps2OfferMenu` or `lsps2RejectToken`.
   *
   * Need not be stored. Not repeated after a restart: a request without an answer is dropped when the client
   * disconnects or the process stops, and the client asks again.
   */
  | {
      type: "lsps2MenuRequested";
      /**
       * The client.
       */
      client: PublicKeyHex;
      /**
       * The request id, for the answer.
       */
      requestId: string;
      /**
       * The client's token, for example a discount code.
       */
      token: string | null;
    }
  /**
   * (LSP) A client buys under one entry of the menu. Answer with `lsps2Grant` or `lsps2RejectBuy`. The core has
   * already checked the promise, the amount and `validUntil`.
   *
   * Need not be stored. Not repeated after a restart: a request without an answer is dropped when the client
   * disconnects or the process stops, and the client asks again.
   */
  | {
      type: "lsps2BuyRequested";
      /**
       * The client.
       */
      client: PublicKeyHex;
      /**
       * The request id, for the answer.
       */
      requestId: string;
      /**
       * The menu entry.
       */
      parameters: Lsps2FeeParameters;
      /**
       * The amount of the first payment, if it is fixed.
       */
      paymentSizeMsat: Msat | null;
    }
  /**
   * (LSP) The first payment to a granted SCID is pending. Open a channel to the client with this `userChannelId`, or
   * answer `lsps2OpenFailed`. LDK forwards the payment once `channelReady` is reported.
   *
   * Must be stored: LDK may repeat it after a restart, but need not. After a restart, open the channel again unless
   * `listChannels` has one with this `userChannelId`, and never open two. If no channel is ready within
   * `interceptDeadlineSeconds`, the core fails the payment back and reports `interceptExpired`; a later payment to
   * the same SCID is reported again.
   */
  | {
      type: "lsps2OpenChannel";
      /**
       * The client.
       */
      client: PublicKeyHex;
      /**
       * Amount to forward to the client.
       */
      amountToForwardMsat: Msat;
      /**
       * Opening fee, deducted from the payment.
       */
      openingFeeMsat: Msat;
      /**
       * The `userChannelId` to open the channel with.
       */
      userChannelId: UserChannelId;
      /**
       * The intercept SCID.
       */
      scid: ShortChannelId;
    }
  /**
   * A closed channel has left outputs that we can spend. The core sweeps them into the on-chain wallet.
   *
   * The core stores the outputs itself; the host need do nothing. May be repeated after a restart, for the same
   * outputs.
   */
  | {
      type: "outputsSweeping";
      /**
       * The channel.
       */
      channelId: Hex32 | null;
      /**
       * Total amount, before fees.
       */
      amountSat: Sat;
    }
  /**
   * A transaction of the on-chain wallet was seen for the first time, or has confirmed. After a reorganisation it is
   * reported again when it confirms again.
   *
   * Not repeated after a restart.
   */
  | {
      type: "onChainTransactionSeen";
      /**
       * The transaction.
       */
      txid: IdHex;
      /**
       * Amount paid to the wallet, change included.
       */
      receivedSat: Sat;
      /**
       * Amount spent from the wallet, fee included.
       */
      sentSat: Sat;
      /**
       * The block height, if confirmed.
       */
      height: number | null;
    };

/**
 * Fails the HTLC of an `htlcIntercepted` back.
 *
 * Errors: `notFound` (the HTLC is no longer pending).
 */
export type FailIntercepted = {
  /**
   * From the event.
   */
  interceptId: Hex32;
};

/**
 * Fails the HTLCs of a held payment back, so that the payer keeps the money. Ends with `htlcFailed`.
 *
 * Store the decision before sending this command, and send it again after a restart until `htlcFailed` for the
 * same hash is stored. `notFound` on a repeated command means that it has already taken effect.
 *
 * Errors: `notFound` (no payment with this hash is held).
 */
export type FailPayment = {
  /**
   * The payment hash.
   */
  paymentHash: Hex32;
};

/**
 * The side of a channel whose state is older.
 */
export type FallenBehind = "own" | "peer";

/**
 * Closes a channel unilaterally by broadcasting our latest commitment transaction. Costs more on-chain fees than a
 * cooperative close, and our funds are locked for the delay that the peer chose. `channelClosed` follows.
 *
 * Errors: `notFound`, `refused`.
 */
export type ForceCloseChannel = {
  /**
   * The channel.
   */
  channelId: Hex32;
  /**
   * Its peer.
   */
  peer: PublicKeyHex;
  /**
   * Error message for the peer. Defaults to "closed by the operator".
   */
  reason?: string;
};

/**
 * Forwards the HTLC of an `htlcIntercepted` over a channel.
 *
 * Errors: `refused` (the HTLC is no longer pending, or the channel cannot carry it).
 */
export type ForwardIntercepted = {
  /**
   * From the event.
   */
  interceptId: Hex32;
  /**
   * The channel to forward over.
   */
  channelId: Hex32;
  /**
   * Its peer.
   */
  peer: PublicKeyHex;
  /**
   * The amount to forward.
   */
  amountMsat: Msat;
};

/**
 * The terms on which this node forwards payments, as announced in `channel_update` (BOLT 7).
 */
export type ForwardingTerms = {
  /**
   * The base fee.
   */
  feeBaseMsat: number;
  /**
   * The proportional fee, in millionths of the amount.
   */
  feeProportionalMillionths: number;
  /**
   * CLTV delta between the incoming and the outgoing HTLC, in blocks.
   */
  cltvExpiryDelta: number;
};

/**
 * 32 bytes as lower-case hex: payment hashes, payment ids, channel ids, intercept ids.
 */
export type Hex32 = string;

/**
 * One hop of a route hint (BOLT 11 `r`).
 */
export type HintHop = {
  /**
   * The forwarding node.
   */
  nodeId: PublicKeyHex;
  /**
   * The channel that it forwards over.
   */
  scid: ShortChannelId;
  /**
   * Base fee.
   */
  feeBaseMsat: number;
  /**
   * Proportional fee, in millionths of the amount.
   */
  feeProportionalMillionths: number;
  /**
   * CLTV delta, in blocks.
   */
  cltvExpiryDelta: number;
};

/**
 * A transaction or block id as lower-case hex in display order (reversed bytes).
 */
export type IdHex = string;

/**
 * A new invoice.
 */
export type InvoiceCreated = {
  /**
   * The invoice.
   */
  invoice: string;
  /**
   * Its payment hash.
   */
  paymentHash: Hex32;
  /**
   * Expiry, in seconds since 1970.
   */
  expiresAtSeconds: number;
};

/**
 * The route hint through an LSP that makes the payment of an invoice open a channel (LSPS2, bLIP 52).
 */
export type JitHop = {
  /**
   * The intercept SCID from `lsps2InvoiceParameters`.
   */
  scid: ShortChannelId;
  /**
   * The CLTV delta from `lsps2InvoiceParameters`, in blocks.
   */
  cltvExpiryDelta: number;
  /**
   * The node id of the LSP.
   */
  lspNodeId: PublicKeyHex;
  /**
   * Maximum opening fee that the LSP may deduct from the payment. If it deducts more, the core fails the payment
   * back and reports `paymentRefused`.
   */
  maxOpeningFeeMsat: Msat;
};

/**
 * Level of a log line.
 */
export type LogLevel = "gossip" | "trace" | "debug" | "info" | "warn" | "error";

/**
 * Buys a channel under one entry of the LSP's menu (`lsps2.buy`). `lsps2InvoiceParameters` or `lsps2RequestFailed`
 * follows. The request is not stored: after a restart or a disconnection, no answer comes; send the command again.
 *
 * Errors: `peerNotConnected`, `expired` (`validUntil` has passed), `badInput`, `notConfigured`, `refused`.
 */
export type Lsps2Buy = {
  /**
   * The LSP. It must be connected.
   */
  lsp: PublicKeyHex;
  /**
   * The amount of the payment. Absent if the payer chooses it.
   */
  paymentSizeMsat?: Msat;
  /**
   * The menu entry, unchanged.
   */
  parameters: Lsps2FeeParameters;
};

/**
 * One entry of an LSP's fee menu as the client receives it (bLIP 52 `opening_fee_params`).
 */
export type Lsps2FeeParameters = {
  /**
   * Minimum opening fee.
   */
  minFeeMsat: Msat;
  /**
   * Opening fee in millionths of the first payment.
   */
  proportional: number;
  /**
   * End of validity, ISO 8601, exactly as the LSP wrote it.
   */
  validUntil: string;
  /**
   * Minimum number of blocks for which the LSP keeps the channel open.
   */
  minLifetime: number;
  /**
   * Maximum `to_self_delay` that the client may require, in blocks.
   */
  maxClientToSelfDelay: number;
  /**
   * Minimum size of the first payment.
   */
  minPaymentSizeMsat: Msat;
  /**
   * Maximum size of the first payment.
   */
  maxPaymentSizeMsat: Msat;
  /**
   * MAC by which the LSP recognises its own offer.
   */
  promise: string;
};

/**
 * (LSP) Grants an `lsps2BuyRequested`. The core checked the promise, the amount and `validUntil` before it
 * reported the request.
 *
 * The client receives the intercept SCID, and with it the right to a channel, only after the commit of this
 * exchange is stored. From then on the grant survives restarts: a first payment before `validUntil` is reported
 * as `lsps2OpenChannel`.
 *
 * Errors: `notFound` (the request is gone: the client disconnected, or the core restarted), `notConfigured`,
 * `refused`.
 */
export type Lsps2Grant = {
  /**
   * From the event.
   */
  client: PublicKeyHex;
  /**
   * From the event.
   */
  requestId: string;
  /**
   * CLTV delta between the incoming and the outgoing HTLC, in blocks.
   */
  cltvExpiryDelta: number;
  /**
   * True: the client claims the payment before the funding transaction is broadcast (it trusts the LSP).
   */
  clientTrustsLsp: boolean;
  /**
   * The `userChannelId` to open the channel with later. Random if absent.
   */
  userChannelId?: UserChannelId;
};

/**
 * One entry of an LSP's fee menu as the LSP's host writes it, without the promise (bLIP 52).
 */
export type Lsps2MenuEntry = {
  /**
   * Minimum opening fee.
   */
  minFeeMsat: Msat;
  /**
   * Opening fee in millionths of the first payment.
   */
  proportional: number;
  /**
   * End of validity, in seconds since 1970.
   */
  validUntilSeconds: number;
  /**
   * Minimum number of blocks for which the LSP keeps the channel open.
   */
  minLifetime: number;
  /**
   * Maximum `to_self_delay` that the client may require, in blocks.
   */
  maxClientToSelfDelay: number;
  /**
   * Minimum size of the first payment.
   */
  minPaymentSizeMsat: Msat;
  /**
   * Maximum size of the first payment.
   */
  maxPaymentSizeMsat: Msat;
};

/**
 * (LSP) Answers an `lsps2MenuRequested` with a fee menu.
 *
 * Errors: `notConfigured`, `badInput`, `refused` (the request is gone: the client disconnected, or the core
 * restarted).
 */
export type Lsps2OfferMenu = {
  /**
   * From the event.
   */
  client: PublicKeyHex;
  /**
   * From the event.
   */
  requestId: string;
  /**
   * The fee menu.
   */
  menu: Array<Lsps2MenuEntry>;
};

/**
 * (LSP) Reports that the channel of an `lsps2OpenChannel` could not be opened. The core fails the pending HTLCs
 * back. A later payment to the same SCID is reported as `lsps2OpenChannel` again.
 *
 * Errors: `notFound` (no payment is waiting for this channel).
 */
export type Lsps2OpenFailed = {
  /**
   * From the event.
   */
  client: PublicKeyHex;
  /**
   * From the event.
   */
  userChannelId: UserChannelId;
};

/**
 * (LSP) Answers an `lsps2BuyRequested` with an error.
 *
 * Errors: `notFound` (the request is gone: the client disconnected, or the core restarted).
 */
export type Lsps2RejectBuy = {
  /**
   * From the event.
   */
  client: PublicKeyHex;
  /**
   * From the event.
   */
  requestId: string;
  /**
   * The bLIP 52 error code: 201 invalid parameters, 202 payment too small, 203 payment too large; 1 otherwise.
   */
  code: number;
  /**
   * Error message for the client.
   */
  message: string;
};

/**
 * (LSP) Answers an `lsps2MenuRequested` whose token is unknown (bLIP 52 error 200).
 *
 * Errors: `notConfigured`, `refused` (the request is gone: the client disconnected, or the core restarted).
 */
export type Lsps2RejectToken = {
  /**
   * From the event.
   */
  client: PublicKeyHex;
  /**
   * From the event.
   */
  requestId: string;
};

/**
 * Requests an LSP's fee menu (`lsps2.get_info`). `lsps2MenuReceived` or `lsps2RequestFailed` follows. The request
 * is not stored: after a restart or a disconnection, no answer comes; send the command again.
 *
 * Errors: `peerNotConnected`, `notConfigured`.
 */
export type Lsps2RequestMenu = {
  /**
   * The LSP. It must be connected.
   */
  lsp: PublicKeyHex;
  /**
   * An optional token, for example a discount code.
   */
  token?: string;
};

/**
 * (LSP) Withdraws a grant that no payment has used. A payment that arrives for it later is failed back. The core
 * withdraws a grant by itself once `validUntil` has passed.
 *
 * Errors: `notFound` (no grant with this `userChannelId`, or a payment for it is pending or has opened its channel).
 */
export type Lsps2WithdrawGrant = {
  /**
   * The client of the grant.
   */
  client: PublicKeyHex;
  /**
   * The `userChannelId` of the grant.
   */
  userChannelId: UserChannelId;
};

/**
 * An amount in millisatoshis, as a decimal string.
 */
export type Msat = string;

/**
 * A Bitcoin network.
 */
export type NetworkName = "bitcoin" | "testnet" | "testnet4" | "signet" | "regtest";

/**
 * The balance of the on-chain wallet. The first four amounts add up to the total.
 */
export type OnChainBalance = {
  /**
   * Confirmed and mature.
   */
  confirmedSat: Sat;
  /**
   * Unconfirmed change of our own transactions.
   */
  trustedPendingSat: Sat;
  /**
   * Unconfirmed, from others or from channels.
   */
  untrustedPendingSat: Sat;
  /**
   * Coinbase outputs with fewer than 100 confirmations.
   */
  immatureSat: Sat;
  /**
   * Part of confirmed and trusted: used by funding transactions that have not been broadcast.
   */
  inUseSat: Sat;
  /**
   * Part of confirmed and trusted: reserved for fee-bumping, see `onChainReserveSat`.
   */
  reservedSat: Sat;
  /**
   * Amount that `sendOnChain` and `openChannel` can use.
   */
  spendableSat: Sat;
};

/**
 * How the fee of an unconfirmed transaction can be raised.
 */
export type OnChainBump = "replacement" | "child";

/**
 * A transaction of the on-chain wallet.
 */
export type OnChainTransaction = {
  /**
   * The transaction id.
   */
  txid: IdHex;
  /**
   * Amount paid to the wallet, change included.
   */
  receivedSat: Sat;
  /**
   * Amount spent from the wallet, fee included.
   */
  sentSat: Sat;
  /**
   * The fee, if all inputs are known; always for our own transactions.
   */
  feeSat: Sat | null;
  /**
   * The block height, if confirmed.
   */
  height: number | null;
  /**
   * Block time if confirmed, otherwise the time when it was first seen; in seconds since 1970.
   */
  timeSeconds: number | null;
  /**
   * The weight, in weight units.
   */
  weight: number;
  /**
   * How its fee can be raised; null if it is confirmed, or not ours.
   */
  bump: OnChainBump | null;
};

/**
 * Opens a channel, funded by the core's on-chain wallet. The peer must be connected.
 *
 * `channelPending` follows when the funding transaction is signed by both sides, then `channelReady`. If the
 * channel cannot be opened, `channelFundingFailed` or `channelClosed` follows. A channel whose funding is not yet
 * signed by both sides is lost if the process stops, and no event reports that. A channel that must be opened
 * (LSPS2) needs a stored `userChannelId`: after a restart, send the command again unless `listChannels` has a
 * channel with that id.
 *
 * Errors: `peerNotConnected`, `insufficientFunds`, `badAmount`, `refused`.
 */
export type OpenChannel = {
  /**
   * The peer.
   */
  peer: PublicKeyHex;
  /**
   * The channel's capacity.
   */
  capacitySat: Sat;
  /**
   * Amount given to the peer when the channel opens.
   */
  pushMsat: Msat;
  /**
   * True: announce the channel to the network (BOLT 7).
   */
  announced: boolean;
  /**
   * True: the channel can be used before its funding transaction confirms, if the peer accepts that. An
   * announced channel is announced only once it has confirmed.
   */
  zeroConf: boolean;
  /**
   * The host's id for the channel. Random if absent.
   */
  userChannelId?: UserChannelId;
  /**
   * Fee rate of the funding transaction, in satoshis per 1,000 weight units. Defaults to the current estimate.
   */
  feeRateSatPerKwu?: number;
  /**
   * True: the funding transaction is broadcast only once a payment over the channel has been claimed by the peer.
   * Until then the channel costs nothing; if it closes first, its coins are free again. Needs `zeroConf`.
   */
  withholdFunding?: boolean;
};

/**
 * A transaction output.
 */
export type OutputId = {
  /**
   * The transaction.
   */
  txid: IdHex;
  /**
   * The index of the output.
   */
  index: number;
};

/**
 * Pays a BOLT 11 invoice, and retries failed attempts along other routes. Ends with `paymentSent` or
 * `paymentFailed`, also when the process restarts in between.
 *
 * `paymentId` is the idempotency key. Store it before sending this command. After a restart, send the command
 * again with the same id for every payment without an outcome: if LDK already knows the payment, it answers
 * `duplicatePayment` and pays nothing. LDK forgets an id a few minutes (seven manager ticks) after its payment
 * ended, so never send the command again for a payment whose outcome is stored.
 *
 * Errors, none of which has sent anything: `duplicatePayment` (this id is in progress or ended recently; this is
 * not a failure of that payment), `routeNotFound`, `expired`, `badAmount`, `wrongNetwork`, `badInput`, `refused`.
 */
export type PayInvoice = {
  /**
   * The invoice.
   */
  invoice: string;
  /**
   * The amount, for an invoice without one.
   */
  amountMsat?: Msat;
  /**
   * Maximum total routing fee.
   */
  maxFeeMsat: Msat;
  /**
   * Maximum number of blocks that the payment may be locked for. Defaults to 1,008.
   */
  maxCltvExpiryDelta?: number;
  /**
   * Idempotency key, chosen by the host.
   */
  paymentId: Hex32;
  /**
   * Number of attempts after the first. Defaults to 5.
   */
  retries?: number;
};

/**
 * Pays a BOLT 12 offer: requests an invoice by onion message, then pays it. Ends with `paymentSent` or
 * `paymentFailed`. The rules for `paymentId` are those of `payInvoice`.
 *
 * Errors, none of which has sent anything: `duplicatePayment`, `expired`, `badAmount` (missing, below the offer's
 * amount, or the offer is priced in a currency), `wrongNetwork`, `badInput`, `refused`.
 */
export type PayOffer = {
  /**
   * The offer.
   */
  offer: string;
  /**
   * The amount, for an offer without one; or a larger amount than the offer's.
   */
  amountMsat?: Msat;
  /**
   * Maximum total routing fee.
   */
  maxFeeMsat: Msat;
  /**
   * Maximum number of blocks that the payment may be locked for. Defaults to 1,008.
   */
  maxCltvExpiryDelta?: number;
  /**
   * Idempotency key, chosen by the host.
   */
  paymentId: Hex32;
  /**
   * A note to the payee.
   */
  payerNote?: string;
  /**
   * Number of attempts after the first. Defaults to 5.
   */
  retries?: number;
};

/**
 * Why an outbound payment failed.
 */
export type PaymentFailure =
  | "recipientRejected"
  | "abandoned"
  | "retriesExhausted"
  | "expired"
  | "routeNotFound"
  | "invoiceNotUsable"
  | "unexpected";

/**
 * The kind of an inbound payment.
 */
export type PaymentKind = "bolt11" | "bolt12" | "spontaneous";

/**
 * A connected peer.
 */
export type Peer = {
  /**
   * The node id.
   */
  nodeId: PublicKeyHex;
  /**
   * The host's number of the connection.
   */
  connection: number;
  /**
   * True: the peer connected to us.
   */
  inbound: boolean;
};

/**
 * A compressed public key (33 bytes) as lower-case hex: node ids.
 */
export type PublicKeyHex = string;

/**
 * An outbound payment that LDK remembers.
 */
export type RecentPayment = {
  /**
   * The id given to `payInvoice` or `payOffer`.
   */
  paymentId: Hex32;
  /**
   * The payment hash, once known.
   */
  paymentHash: Hex32 | null;
  /**
   * The state.
   */
  state: RecentPaymentState;
  /**
   * The amount, while pending.
   */
  amountMsat: Msat | null;
};

/**
 * State of an outbound payment.
 */
export type RecentPaymentState = "awaitingInvoice" | "pending" | "fulfilled" | "abandoned";

/**
 * Rejects the channel of an `openChannelRequest`.
 *
 * Errors: `refused` (the request is gone: the peer disconnected, or the core restarted).
 */
export type RejectChannel = {
  /**
   * From the event.
   */
  temporaryChannelId: Hex32;
  /**
   * The peer.
   */
  peer: PublicKeyHex;
  /**
   * Error message for the peer. Defaults to "not accepted".
   */
  reason?: string;
};

/**
 * An amount in satoshis, as a decimal string.
 */
export type Sat = string;

/**
 * Sends from the on-chain wallet. Set exactly one of `amountSat` and `all`.
 *
 * Not idempotent: a second command sends a second time. If the process stops before the commit of this exchange is
 * stored, nothing was sent.
 *
 * Errors: `badInput` (address or fee rate), `wrongNetwork`, `badAmount`, `insufficientFunds`, `feeTooHigh`,
 * `refused`.
 */
export type SendOnChain = {
  /**
   * The recipient's address.
   */
  address: string;
  /**
   * The amount that the recipient receives; the fee is added.
   */
  amountSat?: Sat;
  /**
   * True: send all spendable funds, less the fee.
   */
  all?: boolean;
  /**
   * Fee rate, in satoshis per 1,000 weight units. Defaults to the current estimate.
   */
  feeRateSatPerKwu?: number;
  /**
   * Maximum fee. A transaction that would cost more is not sent (`feeTooHigh`).
   */
  maxFeeSat?: Sat;
};

/**
 * Changes the forwarding terms of one channel and sends a `channel_update` (BOLT 7).
 *
 * Errors: `notFound`, `refused`.
 */
export type SetForwardingTerms = {
  /**
   * The channel.
   */
  channelId: Hex32;
  /**
   * Its peer.
   */
  peer: PublicKeyHex;
  /**
   * The new terms.
   */
  terms: ForwardingTerms;
};

/**
 * A short channel id (BOLT 7), SCID alias or intercept SCID, as a decimal string.
 */
export type ShortChannelId = string;

/**
 * Signs a login token for the operator's API with the node key: a compact JWS with `ES256K` (RFC 7515, RFC 8812).
 *
 * Errors: `badInput` (not a JSON object, or more than 4,096 bytes).
 */
export type SignLogin = {
  /**
   * The payload, a JSON object. Signed byte for byte.
   */
  payloadJson: string;
};

/**
 * The host's id for a channel (128 bits), chosen when the channel is opened or accepted, as a decimal string.
 */
export type UserChannelId = string;

/**
 * A confirmed transaction that channels or the wallet depend on.
 */
export type WatchedTransaction = {
  /**
   * The transaction id.
   */
  txid: IdHex;
  /**
   * The height of the block that confirmed it, as far as the core knows.
   */
  height: number;
  /**
   * The hash of that block.
   */
  blockHash: IdHex | null;
};
