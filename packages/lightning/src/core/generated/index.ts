// Generated from crates/lightning-core-api by scripts/core/generate-types.mjs. Do not edit.

/**
 * Gives up on a payment of ours: no further attempts; `paymentFailed` follows once nothing is in flight.
 */
export type AbandonPayment = {
  /**
   * The id it was paid under.
   */
  paymentId: Hex32;
};

/**
 * Accepts a channel that `openChannelRequest` reported.
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
   * True: trust the peer's unconfirmed funding.
   */
  zeroConf: boolean;
  /**
   * The host's number for the channel; made up when absent.
   */
  userChannelId?: UserChannelId;
};

/**
 * Tells the network our name and addresses (BOLT 7's node_announcement). Needs an announced channel.
 */
export type AnnounceNode = {
  /**
   * The name, up to 32 bytes.
   */
  alias: string;
  /**
   * A colour, `rrggbb`.
   */
  color?: string;
  /**
   * `host:port` each: IPv4, `[IPv6]` or a DNS name; ten at the most.
   */
  addresses: Array<string>;
};

/**
 * What is ours.
 */
export type Balances = {
  /**
   * On chain.
   */
  onChain: OnChainBalance;
  /**
   * What we can send over usable channels, each channel's next HTLC limit summed.
   */
  sendableMsat: Msat;
  /**
   * What we can receive over usable channels.
   */
  receivableMsat: Msat;
  /**
   * Ours in channels that are not closed, reserves included, HTLCs in flight excluded.
   */
  channelsMsat: Msat;
  /**
   * From the monitors: open channels and closing ones.
   */
  claimable: Array<ClaimableBalance>;
  /**
   * Outputs of closed channels that are on their way to the wallet.
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
 * Replaces one of our unconfirmed transactions by one that pays more (BIP 125).
 */
export type BumpFee = {
  /**
   * The transaction.
   */
  txid: IdHex;
  /**
   * The new rate in satoshis per 1,000 weight units.
   */
  feeRateSatPerKwu: number;
};

/**
 * Where the core stands on the chain.
 */
export type ChainStatus = {
  /**
   * Its best block: the next block that it wants is this one's child.
   */
  bestBlock: BlockId;
  /**
   * For Esplora: when one of these leaves the chain, say so by `UNCONFIRMED`.
   */
  watched: Array<WatchedTransaction>;
};

/**
 * A channel, as LDK sees it.
 */
export type Channel = {
  /**
   * Its id.
   */
  channelId: Hex32;
  /**
   * The host's number for it.
   */
  userChannelId: UserChannelId;
  /**
   * Its peer.
   */
  peer: PublicKeyHex;
  /**
   * Its funding output, once known.
   */
  funding: OutputId | null;
  /**
   * Its place in the chain, once confirmed.
   */
  scid: ShortChannelId | null;
  /**
   * Its alias for invoices, as the peer knows it.
   */
  inboundScidAlias: ShortChannelId | null;
  /**
   * Its size.
   */
  capacitySat: Sat;
  /**
   * What is ours in it, the reserve included, HTLCs in flight excluded.
   */
  balanceMsat: Msat;
  /**
   * What we could send in all, fees and limits aside.
   */
  outboundCapacityMsat: Msat;
  /**
   * What we could receive in all.
   */
  inboundCapacityMsat: Msat;
  /**
   * The most that one further HTLC of ours may carry.
   */
  nextOutboundHtlcLimitMsat: Msat;
  /**
   * The least that it must carry.
   */
  nextOutboundHtlcMinimumMsat: Msat;
  /**
   * What we must keep in it.
   */
  reserveSat: Sat | null;
  /**
   * True: opened by us.
   */
  outbound: boolean;
  /**
   * True: the network knows it.
   */
  announced: boolean;
  /**
   * True: locked in on both sides.
   */
  ready: boolean;
  /**
   * True: ready, and the peer is connected.
   */
  usable: boolean;
  /**
   * True: has anchors.
   */
  anchors: boolean;
  /**
   * Confirmations of the funding.
   */
  confirmations: number | null;
  /**
   * Confirmations that it needs.
   */
  confirmationsRequired: number | null;
  /**
   * HTLCs in flight in it, both ways.
   */
  pendingHtlcs: number;
  /**
   * What HTLCs in flight towards us carry.
   */
  pendingInboundMsat: Msat;
  /**
   * What HTLCs in flight towards the peer carry.
   */
  pendingOutboundMsat: Msat;
  /**
   * True: being closed.
   */
  closing: boolean;
};

/**
 * Claims a held payment. Repeating it is harmless.
 */
export type ClaimPayment = {
  /**
   * The payment.
   */
  paymentHash: Hex32;
  /**
   * The preimage, where the invoice was made for somebody else's hash.
   */
  preimage?: Hex32;
};

/**
 * One amount that is ours or may become ours, from LDK's monitors.
 */
export type ClaimableBalance = {
  /**
   * What it waits for.
   */
  kind: ClosingKind;
  /**
   * How much.
   */
  amountSat: Sat;
  /**
   * The height at which it is ours, where one is known.
   */
  height: number | null;
  /**
   * The payment's hash, for an HTLC.
   */
  paymentHash: Hex32 | null;
};

/**
 * Closes a channel by agreement; the funds go to the core's own wallet.
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
   * The fee rate that we aim at; the estimate when absent.
   */
  feeRateSatPerKwu?: number;
};

/**
 * What money in a closing channel waits for.
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
 * What the host may ask of the core.
 */
export type Command =
  | ({ type: "createInvoice" } & CreateInvoice)
  | ({ type: "decodeInvoice" } & DecodeInvoice)
  | ({ type: "decodeOffer" } & DecodeOffer)
  | ({ type: "payInvoice" } & PayInvoice)
  | ({ type: "estimateRoute" } & EstimateRoute)
  | ({ type: "claimPayment" } & ClaimPayment)
  | ({ type: "failPayment" } & FailPayment)
  | ({ type: "abandonPayment" } & AbandonPayment)
  | { type: "listPayments" }
  | ({ type: "createOffer" } & CreateOffer)
  | ({ type: "payOffer" } & PayOffer)
  | ({ type: "openChannel" } & OpenChannel)
  | ({ type: "acceptChannel" } & AcceptChannel)
  | ({ type: "rejectChannel" } & RejectChannel)
  | ({ type: "closeChannel" } & CloseChannel)
  | ({ type: "forceCloseChannel" } & ForceCloseChannel)
  | ({ type: "setForwardingTerms" } & SetForwardingTerms)
  | { type: "listChannels" }
  | { type: "balances" }
  | { type: "listPeers" }
  | ({ type: "disconnectPeer" } & DisconnectPeer)
  | ({ type: "announceNode" } & AnnounceNode)
  | { type: "newInterceptScid" }
  | ({ type: "forwardIntercepted" } & ForwardIntercepted)
  | ({ type: "failIntercepted" } & FailIntercepted)
  | ({ type: "lsps2RequestMenu" } & Lsps2RequestMenu)
  | ({ type: "lsps2Buy" } & Lsps2Buy)
  | ({ type: "lsps2OfferMenu" } & Lsps2OfferMenu)
  | ({ type: "lsps2RejectToken" } & Lsps2RejectToken)
  | ({ type: "lsps2RejectBuy" } & Lsps2RejectBuy)
  | ({ type: "lsps2Grant" } & Lsps2Grant)
  | ({ type: "lsps2OpenFailed" } & Lsps2OpenFailed)
  | { type: "newAddress" }
  | { type: "onChainBalance" }
  | { type: "listOnChainTransactions" }
  | ({ type: "sendOnChain" } & SendOnChain)
  | ({ type: "bumpFee" } & BumpFee)
  | { type: "chainStatus" }
  | ({ type: "signLogin" } & SignLogin)
  | { type: "graphSize" }
  | ({ type: "dump" } & Dump);

/**
 * How a command was answered, when it was not refused.
 */
export type CommandResult =
  | { type: "done" }
  | ({ type: "invoiceCreated" } & InvoiceCreated)
  | ({ type: "invoiceDecoded" } & DecodedInvoice)
  | ({ type: "offerDecoded" } & DecodedOffer)
  | {
      type: "paymentStarted";
      /**
       * The invoice's hash.
       */
      paymentHash: Hex32;
      /**
       * What the payee gets.
       */
      amountMsat: Msat;
    }
  | {
      type: "routeEstimated";
      /**
       * What the hops between us and the payee charge.
       */
      feeMsat: Msat;
      /**
       * Blocks that the payment could be locked for, the payee's own included.
       */
      cltvExpiryDelta: number;
    }
  | {
      type: "payments";
      /**
       * All that LDK still knows.
       */
      payments: Array<RecentPayment>;
    }
  | {
      type: "offerCreated";
      /**
       * The offer.
       */
      offer: string;
      /**
       * Its id.
       */
      offerId: Hex32;
    }
  | {
      type: "channelOpening";
      /**
       * The channel's id until its funding is known.
       */
      temporaryChannelId: Hex32;
      /**
       * The host's number for it.
       */
      userChannelId: UserChannelId;
    }
  | {
      type: "channels";
      /**
       * All, also those not yet ready.
       */
      channels: Array<Channel>;
    }
  | ({ type: "balances" } & Balances)
  | {
      type: "peers";
      /**
       * Those whose handshake is done.
       */
      peers: Array<Peer>;
    }
  | {
      type: "interceptScid";
      /**
       * The id.
       */
      scid: ShortChannelId;
    }
  | {
      type: "lsps2Request";
      /**
       * The id that the answer's event carries.
       */
      requestId: string;
    }
  | {
      type: "lsps2Granted";
      /**
       * The intercept id that the client's invoice will name.
       */
      scid: ShortChannelId;
      /**
       * The number under which the channel must be opened.
       */
      userChannelId: UserChannelId;
    }
  | {
      type: "address";
      /**
       * A fresh address.
       */
      address: string;
    }
  | ({ type: "onChainBalance" } & OnChainBalance)
  | {
      type: "onChainTransactions";
      /**
       * Newest first.
       */
      transactions: Array<OnChainTransaction>;
    }
  | {
      type: "transactionSent";
      /**
       * The transaction, on its way in a `TX` frame of this exchange.
       */
      txid: IdHex;
      /**
       * Its fee.
       */
      feeSat: Sat;
    }
  | ({ type: "chainStatus" } & ChainStatus)
  | {
      type: "loginSigned";
      /**
       * A compact JWS, `ES256K`.
       */
      jws: string;
    }
  | {
      type: "graphSize";
      /**
       * Nodes known.
       */
      nodes: number;
      /**
       * Channels known.
       */
      channels: number;
    };

/**
 * What a node is told once, at `create`. The seed and the entropy are not here: they cross as bytes.
 */
export type Config = {
  /**
   * The network. It must not change over the life of a state.
   */
  network: NetworkName;
  /**
   * Seconds since 1970.
   */
  nowSeconds: number;
  /**
   * The tip of the best chain: where a new node starts to look. Not read when there is a state.
   */
  bestBlock: BlockId;
  /**
   * The least level of the log lines that leave the core; `info` when absent.
   */
  logLevel?: LogLevel;
  /**
   * True for a node that the network may know (an LSP, a merchant): it announces its channels, forwards, and puts
   * no hints into invoices for announced channels. False for a wallet: it hands onion messages to whichever peer
   * it has.
   */
  announced?: boolean;
  /**
   * The terms for forwarding; LDK's defaults (1,000 msat, 0 millionths, 72 blocks) when absent.
   */
  forwarding?: ForwardingTerms;
  /**
   * True for an LSP: HTLCs for intercept ids are held and reported, and LSPS2 is served.
   */
  lspService?: boolean;
  /**
   * True for a wallet that buys channels by LSPS2: it accepts HTLCs that are short by a skimmed opening fee, up to
   * the `maxOpeningFeeMsat` of the invoice; what is skimmed beyond that is failed back.
   */
  acceptSkimmedPayments?: boolean;
  /**
   * HTLCs per channel that a peer may have in flight towards us (1 to 483); 50 when absent.
   */
  maxAcceptedHtlcs?: number;
  /**
   * Confirmations that an ordinary channel towards us needs; 1 on regtest, else 3 when absent.
   */
  minimumDepth?: number;
  /**
   * The most that may be lost to miners as dust in one channel; LDK's default when absent.
   */
  maxDustExposureMsat?: Msat;
  /**
   * Seconds after which an intercepted HTLC that nobody forwarded is failed back by the core itself; 120 when absent.
   */
  interceptDeadlineSeconds?: number;
  /**
   * What `sendOnChain` and `openChannel` leave in the on-chain wallet, so that anchors can be bumped; 0 when absent.
   */
  onChainReserveSat?: Sat;
  /**
   * A full image of a monitor is written after this many updates; 64 when absent.
   */
  monitorImageEvery?: number;
  /**
   * True when the chain comes as chosen transactions (Esplora): the core then says what to watch, in `WATCH` frames.
   */
  watchChain?: boolean;
};

/**
 * Why a command was refused.
 */
export type CoreError = {
  /**
   * For programs.
   */
  code: ErrorCode;
  /**
   * For developers; never holds a secret.
   */
  message: string;
};

/**
 * Makes a BOLT 11 invoice. Exactly one of `description` and `descriptionHash`.
 */
export type CreateInvoice = {
  /**
   * The amount; the payer's choice when absent.
   */
  amountMsat?: Msat;
  /**
   * What it is for, up to 639 bytes.
   */
  description?: string;
  /**
   * SHA-256 of what it is for (LNURL-pay's metadata).
   */
  descriptionHash?: Hex32;
  /**
   * Seconds from now.
   */
  expirySeconds: number;
  /**
   * Blocks that the last HTLC must leave us (BOLT 11 `c`); 24 when absent, 2016 at the most. The core adds LDK's
   * three blocks of grace.
   */
  minFinalCltvExpiryDelta?: number;
  /**
   * A hash whose preimage somebody else knows: the payment is held until `claimPayment` brings it.
   */
  paymentHash?: Hex32;
  /**
   * True: our own preimage, yet held until `claimPayment` or `failPayment`.
   */
  hold?: boolean;
  /**
   * Names the LSP's hop instead of our own channels.
   */
  jit?: JitHop;
};

/**
 * Makes a BOLT 12 offer.
 */
export type CreateOffer = {
  /**
   * The amount; the payer's choice when absent.
   */
  amountMsat?: Msat;
  /**
   * What it is for.
   */
  description: string;
  /**
   * When it ends, in seconds since 1970; never when absent.
   */
  expiresAtSeconds?: number;
};

/**
 * Reads a BOLT 11 invoice; pays nothing.
 */
export type DecodeInvoice = {
  /**
   * The invoice, any case, with or without `lightning:`.
   */
  invoice: string;
};

/**
 * Reads a BOLT 12 offer; pays nothing.
 */
export type DecodeOffer = {
  /**
   * The offer (`lno1…`).
   */
  offer: string;
};

/**
 * What a BOLT 11 invoice says. Its signature was checked.
 */
export type DecodedInvoice = {
  /**
   * The invoice's network.
   */
  network: NetworkName;
  /**
   * The payment's hash.
   */
  paymentHash: Hex32;
  /**
   * The amount, or null where the payer chooses.
   */
  amountMsat: Msat | null;
  /**
   * What it is for, or null where only its hash is given.
   */
  description: string | null;
  /**
   * SHA-256 of what it is for.
   */
  descriptionHash: Hex32 | null;
  /**
   * Whom it pays.
   */
  payee: PublicKeyHex;
  /**
   * When it was made, in seconds since 1970.
   */
  timestampSeconds: number;
  /**
   * Its end, in seconds since 1970.
   */
  expiresAtSeconds: number;
  /**
   * Blocks for the last hop.
   */
  minFinalCltvExpiryDelta: number;
  /**
   * Routes from the known network to the payee.
   */
  hints: Array<Array<HintHop>>;
  /**
   * On-chain addresses, for those who cannot pay by Lightning.
   */
  fallbackAddresses: Array<string>;
};

/**
 * What a BOLT 12 offer says.
 */
export type DecodedOffer = {
  /**
   * The offer's id.
   */
  offerId: Hex32;
  /**
   * Its networks.
   */
  networks: Array<NetworkName>;
  /**
   * The amount, or null where the payer chooses (or where it is in a currency).
   */
  amountMsat: Msat | null;
  /**
   * The ISO 4217 code and its minor units, where the amount is in a currency.
   */
  currency: string | null;
  /**
   * The amount in that currency's minor units.
   */
  currencyAmount: Msat | null;
  /**
   * What it is for.
   */
  description: string | null;
  /**
   * Who offers.
   */
  issuer: string | null;
  /**
   * Whom it pays, where it says so openly.
   */
  issuerSigningKey: PublicKeyHex | null;
  /**
   * Its end, in seconds since 1970.
   */
  expiresAtSeconds: number | null;
  /**
   * Blinded paths to the payee.
   */
  paths: number;
};

/**
 * Ends a peer's connection.
 */
export type DisconnectPeer = {
  /**
   * The peer.
   */
  peer: PublicKeyHex;
};

/**
 * Writes out the network graph, the scorer, or both, as `SNAPSHOT` frames, to be kept and given back at `create`.
 * Not needed for safety.
 */
export type Dump = {
  /**
   * The graph.
   */
  graph?: boolean;
  /**
   * The scorer.
   */
  scorer?: boolean;
};

/**
 * Why a command was refused.
 */
export type ErrorCode =
  | "badInput"
  | "wrongNetwork"
  | "expired"
  | "badAmount"
  | "duplicatePayment"
  | "routeNotFound"
  | "notFound"
  | "peerNotConnected"
  | "insufficientFunds"
  | "notConfigured"
  | "refused";

/**
 * Looks for the route that `payInvoice` would take now; pays nothing.
 */
export type EstimateRoute = {
  /**
   * The invoice.
   */
  invoice: string;
  /**
   * The amount, for an invoice that leaves it open.
   */
  amountMsat?: Msat;
};

/**
 * What the core reports by itself.
 */
export type Event =
  | {
      type: "peerConnected";
      /**
       * Who.
       */
      peer: PublicKeyHex;
      /**
       * Over which connection of the host.
       */
      connection: number;
    }
  | {
      type: "peerDisconnected";
      /**
       * Who.
       */
      peer: PublicKeyHex;
    }
  | {
      type: "connectionNeeded";
      /**
       * Whom.
       */
      peer: PublicKeyHex;
      /**
       * Where it says it can be reached.
       */
      addresses: Array<string>;
    }
  | {
      type: "openChannelRequest";
      /**
       * Its id for now.
       */
      temporaryChannelId: Hex32;
      /**
       * Who asks.
       */
      peer: PublicKeyHex;
      /**
       * How big.
       */
      capacitySat: Sat;
      /**
       * What we would get as a gift.
       */
      pushMsat: Msat;
      /**
       * True: the network is to know.
       */
      announced: boolean;
      /**
       * True: the peer requires that it is usable at once.
       */
      zeroConfRequired: boolean;
      /**
       * True: has anchors.
       */
      anchors: boolean;
    }
  | {
      type: "channelPending";
      /**
       * Its id.
       */
      channelId: Hex32;
      /**
       * Its id until now.
       */
      temporaryChannelId: Hex32 | null;
      /**
       * The host's number for it.
       */
      userChannelId: UserChannelId;
      /**
       * Its peer.
       */
      peer: PublicKeyHex;
      /**
       * Its funding output.
       */
      funding: OutputId;
    }
  | {
      type: "channelReady";
      /**
       * Its id.
       */
      channelId: Hex32;
      /**
       * The host's number for it.
       */
      userChannelId: UserChannelId;
      /**
       * Its peer.
       */
      peer: PublicKeyHex;
    }
  | {
      type: "channelClosed";
      /**
       * Its id.
       */
      channelId: Hex32;
      /**
       * The host's number for it.
       */
      userChannelId: UserChannelId;
      /**
       * Its peer.
       */
      peer: PublicKeyHex | null;
      /**
       * Why.
       */
      kind: ClosureKind;
      /**
       * Why, in words.
       */
      reason: string;
      /**
       * Its size.
       */
      capacitySat: Sat | null;
      /**
       * What was ours in it.
       */
      localBalanceMsat: Msat | null;
    }
  | {
      type: "channelFundingFailed";
      /**
       * Its id until now.
       */
      temporaryChannelId: Hex32;
      /**
       * The host's number for it.
       */
      userChannelId: UserChannelId;
      /**
       * Its peer.
       */
      peer: PublicKeyHex;
      /**
       * Why, in words.
       */
      reason: string;
    }
  | {
      type: "paymentClaimable";
      /**
       * The payment.
       */
      paymentHash: Hex32;
      /**
       * What is ours once claimed, skimmed fee already taken off.
       */
      amountMsat: Msat;
      /**
       * What the LSP kept.
       */
      skimmedFeeMsat: Msat;
      /**
       * The height before which it must be claimed: LDK fails it back then.
       */
      claimDeadlineHeight: number | null;
      /**
       * What it pays.
       */
      kind: PaymentKind;
      /**
       * True: the core can find the preimage by itself.
       */
      ownPreimage: boolean;
      /**
       * The channels it came over.
       */
      channelIds: Array<Hex32>;
    }
  | {
      type: "paymentClaimed";
      /**
       * The payment.
       */
      paymentHash: Hex32;
      /**
       * What we got, skimmed fee already taken off.
       */
      amountMsat: Msat;
      /**
       * What the LSP kept.
       */
      skimmedFeeMsat: Msat;
      /**
       * What it pays.
       */
      kind: PaymentKind;
    }
  | {
      type: "paymentRefused";
      /**
       * The payment.
       */
      paymentHash: Hex32;
      /**
       * What would have been ours.
       */
      amountMsat: Msat;
      /**
       * What the LSP wanted to keep.
       */
      skimmedFeeMsat: Msat;
    }
  | {
      type: "paymentSent";
      /**
       * The id it was paid under.
       */
      paymentId: Hex32 | null;
      /**
       * The payment.
       */
      paymentHash: Hex32;
      /**
       * The proof. The one place where a preimage leaves the core.
       */
      preimage: Hex32;
      /**
       * What the payee got.
       */
      amountMsat: Msat | null;
      /**
       * What routing cost.
       */
      feeMsat: Msat | null;
    }
  | {
      type: "paymentFailed";
      /**
       * The id it was paid under.
       */
      paymentId: Hex32;
      /**
       * The payment, where it got as far as to have a hash.
       */
      paymentHash: Hex32 | null;
      /**
       * Why.
       */
      reason: PaymentFailure;
    }
  | {
      type: "paymentForwarded";
      /**
       * Where it came from.
       */
      fromChannelId: Hex32 | null;
      /**
       * Where it went.
       */
      toChannelId: Hex32 | null;
      /**
       * Who it came from.
       */
      fromPeer: PublicKeyHex | null;
      /**
       * Who it went to.
       */
      toPeer: PublicKeyHex | null;
      /**
       * What we earned, the skimmed part included.
       */
      feeMsat: Msat | null;
      /**
       * What we kept beyond the ordinary fee (LSPS2).
       */
      skimmedFeeMsat: Msat | null;
      /**
       * What went on.
       */
      amountMsat: Msat | null;
      /**
       * True: claimed on chain.
       */
      onChain: boolean;
    }
  | {
      type: "htlcFailed";
      /**
       * Where it came from.
       */
      fromChannelId: Hex32;
      /**
       * The payment, when it was one to us (a held one that ran out of time, or that we failed).
       */
      paymentHash: Hex32 | null;
      /**
       * What it was to do, in words.
       */
      kind: string;
      /**
       * Why, in words.
       */
      reason: string;
    }
  | {
      type: "htlcIntercepted";
      /**
       * Its id.
       */
      interceptId: Hex32;
      /**
       * The id that it asks for.
       */
      scid: ShortChannelId;
      /**
       * The payment.
       */
      paymentHash: Hex32;
      /**
       * What came in.
       */
      inboundAmountMsat: Msat;
      /**
       * What is to go on.
       */
      expectedOutboundAmountMsat: Msat;
    }
  | {
      type: "interceptExpired";
      /**
       * Its id.
       */
      interceptId: Hex32;
      /**
       * The id that it asked for.
       */
      scid: ShortChannelId;
      /**
       * The payment.
       */
      paymentHash: Hex32;
    }
  | {
      type: "lsps2MenuReceived";
      /**
       * The LSP.
       */
      lsp: PublicKeyHex;
      /**
       * Which request this answers.
       */
      requestId: string;
      /**
       * Its terms.
       */
      menu: Array<Lsps2FeeParameters>;
    }
  | {
      type: "lsps2InvoiceParameters";
      /**
       * The LSP.
       */
      lsp: PublicKeyHex;
      /**
       * Which request this answers.
       */
      requestId: string;
      /**
       * The id.
       */
      scid: ShortChannelId;
      /**
       * The delta.
       */
      cltvExpiryDelta: number;
      /**
       * The payment's amount, where it was fixed.
       */
      paymentSizeMsat: Msat | null;
    }
  | {
      type: "lsps2RequestFailed";
      /**
       * The LSP.
       */
      lsp: PublicKeyHex;
      /**
       * Which request this answers.
       */
      requestId: string;
      /**
       * LSPS0's code.
       */
      code: number;
      /**
       * LSPS0's words.
       */
      message: string;
    }
  | {
      type: "lsps2MenuRequested";
      /**
       * Who.
       */
      client: PublicKeyHex;
      /**
       * Which request.
       */
      requestId: string;
      /**
       * A discount code or the like.
       */
      token: string | null;
    }
  | {
      type: "lsps2BuyRequested";
      /**
       * Who.
       */
      client: PublicKeyHex;
      /**
       * Which request.
       */
      requestId: string;
      /**
       * The terms.
       */
      parameters: Lsps2FeeParameters;
      /**
       * The first payment, where it is fixed.
       */
      paymentSizeMsat: Msat | null;
    }
  | {
      type: "lsps2OpenChannel";
      /**
       * For whom.
       */
      client: PublicKeyHex;
      /**
       * What goes on to the client.
       */
      amountToForwardMsat: Msat;
      /**
       * What we keep.
       */
      openingFeeMsat: Msat;
      /**
       * The number under which the channel must be opened.
       */
      userChannelId: UserChannelId;
      /**
       * The id that the payment asked for.
       */
      scid: ShortChannelId;
    }
  | {
      type: "outputsSweeping";
      /**
       * The channel.
       */
      channelId: Hex32 | null;
      /**
       * How much, fees not yet taken off.
       */
      amountSat: Sat;
    }
  | {
      type: "onChainTransactionSeen";
      /**
       * Which.
       */
      txid: IdHex;
      /**
       * What it brought us.
       */
      receivedSat: Sat;
      /**
       * What it took from us.
       */
      sentSat: Sat;
      /**
       * The height it confirmed at.
       */
      height: number | null;
    };

/**
 * Fails an HTLC that `htlcIntercepted` reported back to its payer.
 */
export type FailIntercepted = {
  /**
   * From the event.
   */
  interceptId: Hex32;
};

/**
 * Fails a held payment back to its payer. Repeating it is harmless.
 */
export type FailPayment = {
  /**
   * The payment.
   */
  paymentHash: Hex32;
};

/**
 * Closes a channel by our last commitment transaction. Costs more and takes days.
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
   * What the peer is told.
   */
  reason?: string;
};

/**
 * Forwards an HTLC that `htlcIntercepted` reported.
 */
export type ForwardIntercepted = {
  /**
   * From the event.
   */
  interceptId: Hex32;
  /**
   * The channel.
   */
  channelId: Hex32;
  /**
   * Its peer.
   */
  peer: PublicKeyHex;
  /**
   * What the peer gets.
   */
  amountMsat: Msat;
};

/**
 * The terms on which this node forwards payments (BOLT 7's channel_update).
 */
export type ForwardingTerms = {
  /**
   * The fixed part of the fee.
   */
  feeBaseMsat: number;
  /**
   * The part that grows with the amount, in millionths.
   */
  feeProportionalMillionths: number;
  /**
   * Blocks between the incoming and the outgoing expiry.
   */
  cltvExpiryDelta: number;
};

/**
 * 32 bytes as lower-case hex: payment hashes and ids, channel ids, intercept ids.
 */
export type Hex32 = string;

/**
 * One hop of a hint.
 */
export type HintHop = {
  /**
   * The node that forwards.
   */
  nodeId: PublicKeyHex;
  /**
   * Over which channel.
   */
  scid: ShortChannelId;
  /**
   * Its fee's fixed part.
   */
  feeBaseMsat: number;
  /**
   * Its fee's growing part, in millionths.
   */
  feeProportionalMillionths: number;
  /**
   * Its blocks.
   */
  cltvExpiryDelta: number;
};

/**
 * A transaction or block id as lower-case hex, in the order in which people see it (reversed bytes).
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
   * Its hash.
   */
  paymentHash: Hex32;
  /**
   * Its end, in seconds since 1970.
   */
  expiresAtSeconds: number;
};

/**
 * The LSP's hop that an invoice names so that its payment opens a channel (bLIP 52, LSPS2).
 */
export type JitHop = {
  /**
   * The intercept id that the LSP granted.
   */
  scid: ShortChannelId;
  /**
   * The delta that the LSP asked for.
   */
  cltvExpiryDelta: number;
  /**
   * The LSP.
   */
  lspNodeId: PublicKeyHex;
  /**
   * The most that the LSP may keep of the payment for opening the channel; more, and the payment is failed back.
   */
  maxOpeningFeeMsat: Msat;
};

/**
 * Levels of log lines that leave the core.
 */
export type LogLevel = "gossip" | "trace" | "debug" | "info" | "warn" | "error";

/**
 * Takes one of the LSP's terms (`lsps2.buy`). `lsps2InvoiceParameters` or `lsps2RequestFailed` follows.
 */
export type Lsps2Buy = {
  /**
   * The LSP, connected.
   */
  lsp: PublicKeyHex;
  /**
   * The payment's amount; absent for one whose amount is open.
   */
  paymentSizeMsat?: Msat;
  /**
   * One entry of its menu, unchanged.
   */
  parameters: Lsps2FeeParameters;
};

/**
 * One entry of an LSP's menu, as the client got it.
 */
export type Lsps2FeeParameters = {
  /**
   * The least that opening costs.
   */
  minFeeMsat: Msat;
  /**
   * What it costs of the first payment, in millionths.
   */
  proportional: number;
  /**
   * Until when, ISO 8601, as the LSP wrote it.
   */
  validUntil: string;
  /**
   * Blocks that the channel is kept at the least.
   */
  minLifetime: number;
  /**
   * The most that the client may ask as its `to_self_delay`.
   */
  maxClientToSelfDelay: number;
  /**
   * The smallest first payment.
   */
  minPaymentSizeMsat: Msat;
  /**
   * The largest first payment.
   */
  maxPaymentSizeMsat: Msat;
  /**
   * The LSP's proof that it offered this.
   */
  promise: string;
};

/**
 * The LSP's answer to `lsps2BuyRequested`. The core has checked the promise, the amount and `validUntil` before it
 * reported the request.
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
   * Blocks that the LSP needs between the incoming and the outgoing HTLC.
   */
  cltvExpiryDelta: number;
  /**
   * True: the client claims before the funding is broadcast (the client trusts the LSP).
   */
  clientTrustsLsp: boolean;
  /**
   * The number under which the channel must be opened later; made up when absent.
   */
  userChannelId?: UserChannelId;
};

/**
 * One entry of an LSP's menu, before the LSP promises it (bLIP 52).
 */
export type Lsps2MenuEntry = {
  /**
   * The least that opening costs.
   */
  minFeeMsat: Msat;
  /**
   * What it costs of the first payment, in millionths.
   */
  proportional: number;
  /**
   * Until when, in seconds since 1970.
   */
  validUntilSeconds: number;
  /**
   * Blocks that the channel is kept at the least.
   */
  minLifetime: number;
  /**
   * The most that the client may ask as its `to_self_delay`.
   */
  maxClientToSelfDelay: number;
  /**
   * The smallest first payment.
   */
  minPaymentSizeMsat: Msat;
  /**
   * The largest first payment.
   */
  maxPaymentSizeMsat: Msat;
};

/**
 * The LSP's answer to `lsps2MenuRequested`.
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
   * The terms.
   */
  menu: Array<Lsps2MenuEntry>;
};

/**
 * The LSP could not open the channel that `lsps2OpenChannel` asked for: the waiting HTLCs are failed back, and a
 * later payment may try again.
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
 * The LSP refuses what `lsps2BuyRequested` reported.
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
   * bLIP 52's code: 201 invalid parameters, 202 payment too small, 203 too large; 1 for anything else.
   */
  code: number;
  /**
   * What the client is told.
   */
  message: string;
};

/**
 * The LSP's answer to `lsps2MenuRequested` with a token that it does not know.
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
 * Asks an LSP for its terms (`lsps2.get_info`). `lsps2MenuReceived` or `lsps2RequestFailed` follows.
 */
export type Lsps2RequestMenu = {
  /**
   * The LSP, connected.
   */
  lsp: PublicKeyHex;
  /**
   * A discount code or the like.
   */
  token?: string;
};

/**
 * Millisatoshis, a decimal string.
 */
export type Msat = string;

/**
 * Bitcoin's networks.
 */
export type NetworkName = "bitcoin" | "testnet" | "testnet4" | "signet" | "regtest";

/**
 * The on-chain wallet's balance.
 */
export type OnChainBalance = {
  /**
   * Confirmed, and mature.
   */
  confirmedSat: Sat;
  /**
   * Our own change, not yet confirmed.
   */
  trustedPendingSat: Sat;
  /**
   * From others, not yet confirmed.
   */
  untrustedPendingSat: Sat;
  /**
   * Mined by us, not yet mature.
   */
  immatureSat: Sat;
  /**
   * Of the confirmed and own change: in use by channels whose funding is not yet broadcast.
   */
  inUseSat: Sat;
  /**
   * Of the confirmed and own change: kept back, see `onChainReserveSat`.
   */
  reservedSat: Sat;
  /**
   * What `sendOnChain` and `openChannel` may use.
   */
  spendableSat: Sat;
};

/**
 * A transaction of the on-chain wallet.
 */
export type OnChainTransaction = {
  /**
   * Its id.
   */
  txid: IdHex;
  /**
   * What it brought us.
   */
  receivedSat: Sat;
  /**
   * What it took from us, fees included.
   */
  sentSat: Sat;
  /**
   * Its fee, where all inputs are known.
   */
  feeSat: Sat | null;
  /**
   * The height it confirmed at.
   */
  height: number | null;
  /**
   * When it was first seen or confirmed, in seconds since 1970.
   */
  timeSeconds: number | null;
};

/**
 * Opens a channel, funded by the core's own wallet. The peer must be connected.
 */
export type OpenChannel = {
  /**
   * The peer.
   */
  peer: PublicKeyHex;
  /**
   * The channel's size.
   */
  capacitySat: Sat;
  /**
   * What the peer gets of it as a gift.
   */
  pushMsat: Msat;
  /**
   * True: the network learns of it (BOLT 7).
   */
  announced: boolean;
  /**
   * True: usable as soon as the funding transaction is handed over, where the peer agrees. Such a channel must
   * not be announced before it confirms.
   */
  zeroConf: boolean;
  /**
   * The host's number for the channel; made up when absent.
   */
  userChannelId?: UserChannelId;
  /**
   * The funding's fee rate in satoshis per 1,000 weight units; the estimate when absent.
   */
  feeRateSatPerKwu?: number;
};

/**
 * A transaction's output.
 */
export type OutputId = {
  /**
   * The transaction.
   */
  txid: IdHex;
  /**
   * The output's index in it.
   */
  index: number;
};

/**
 * Pays a BOLT 11 invoice, with retries along other routes. `duplicatePayment` means that this id is in progress or
 * lately done: not a failure.
 */
export type PayInvoice = {
  /**
   * The invoice.
   */
  invoice: string;
  /**
   * The amount, for an invoice that leaves it open.
   */
  amountMsat?: Msat;
  /**
   * The most that routing may cost.
   */
  maxFeeMsat: Msat;
  /**
   * The most blocks that the payment may be locked for; 1,008 when absent.
   */
  maxCltvExpiryDelta?: number;
  /**
   * The host's id of this payment, written down before this command: the same id never pays twice.
   */
  paymentId: Hex32;
  /**
   * How many further attempts after the first; 5 when absent.
   */
  retries?: number;
};

/**
 * Pays a BOLT 12 offer.
 */
export type PayOffer = {
  /**
   * The offer.
   */
  offer: string;
  /**
   * The amount, for an offer that leaves it open.
   */
  amountMsat?: Msat;
  /**
   * The most that routing may cost.
   */
  maxFeeMsat: Msat;
  /**
   * The most blocks that the payment may be locked for; 1,008 when absent.
   */
  maxCltvExpiryDelta?: number;
  /**
   * As for `payInvoice`.
   */
  paymentId: Hex32;
  /**
   * A line to the payee.
   */
  payerNote?: string;
  /**
   * As for `payInvoice`.
   */
  retries?: number;
};

/**
 * Why a payment of ours failed.
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
 * What a payment towards us was paid by.
 */
export type PaymentKind = "bolt11" | "bolt12" | "spontaneous";

/**
 * A connected peer.
 */
export type Peer = {
  /**
   * Who.
   */
  nodeId: PublicKeyHex;
  /**
   * Over which connection of the host.
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
 * A payment of ours that LDK still knows.
 */
export type RecentPayment = {
  /**
   * Its id.
   */
  paymentId: Hex32;
  /**
   * Its hash, once known.
   */
  paymentHash: Hex32 | null;
  /**
   * How far it has come.
   */
  state: RecentPaymentState;
  /**
   * The amount, while pending.
   */
  amountMsat: Msat | null;
};

/**
 * How far a payment of ours has come.
 */
export type RecentPaymentState = "awaitingInvoice" | "pending" | "fulfilled" | "abandoned";

/**
 * Refuses a channel that `openChannelRequest` reported.
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
   * What the peer is told.
   */
  reason?: string;
};

/**
 * Satoshis, a decimal string.
 */
export type Sat = string;

/**
 * Sends from the on-chain wallet. Exactly one of `amountSat` and `all`.
 */
export type SendOnChain = {
  /**
   * The address.
   */
  address: string;
  /**
   * The amount.
   */
  amountSat?: Sat;
  /**
   * True: everything, less the fee.
   */
  all?: boolean;
  /**
   * The fee rate in satoshis per 1,000 weight units; the estimate when absent.
   */
  feeRateSatPerKwu?: number;
};

/**
 * Changes the forwarding terms of one channel; the peer is told.
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
 * BOLT 7's short channel id (or an alias, or an intercept id) as one number, a decimal string.
 */
export type ShortChannelId = string;

/**
 * Signs a login for the operator's API with the node's key.
 */
export type SignLogin = {
  /**
   * The payload, a JSON object. It is signed as it is given.
   */
  payloadJson: string;
};

/**
 * The host's own number for a channel, chosen when it is opened or accepted (up to 2^128), a decimal string.
 */
export type UserChannelId = string;

/**
 * A transaction whose confirmation matters to channels.
 */
export type WatchedTransaction = {
  /**
   * Its id.
   */
  txid: IdHex;
  /**
   * The height that the core believes it confirmed at.
   */
  height: number;
  /**
   * In which block.
   */
  blockHash: IdHex | null;
};
