//! Results of commands.
use crate::{BlockId, Hex32, IdHex, Msat, OutputId, PublicKeyHex, Sat, ShortChannelId, UserChannelId};
use serde::{Deserialize, Serialize};

/// Declares a view: every field is present in the JSON, absent values are `null`.
macro_rules! view {
    ($(#[$doc:meta])* $name:ident { $($body:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($body)* }
    };
}
pub(crate) use view;

/// Declares an enum that is a string in the JSON.
macro_rules! string_enum {
    ($(#[$doc:meta])* $name:ident { $($body:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[serde(rename_all = "camelCase")]
        pub enum $name { $($body)* }
    };
}
pub(crate) use string_enum;

string_enum!(
    /// Why a command failed.
    ErrorCode {
        /// The command, or a value in it, is invalid.
        BadInput,
        /// The invoice, offer or address is for another network.
        WrongNetwork,
        /// The invoice, offer or fee menu entry has expired.
        Expired,
        /// The amount is missing, not allowed, or out of bounds.
        BadAmount,
        /// The transaction would cost more than `maxFeeSat`.
        FeeTooHigh,
        /// A payment with this id is in progress or ended recently. Not a failure of that payment.
        DuplicatePayment,
        /// No route within the limits, or not enough funds in channels.
        RouteNotFound,
        /// No object with this id.
        NotFound,
        /// The peer is not connected.
        PeerNotConnected,
        /// Not enough spendable funds in the on-chain wallet.
        InsufficientFunds,
        /// This node is not configured for this command (see `lspService`).
        NotConfigured,
        /// LDK or the on-chain wallet refused; the message says why.
        Refused,
    }
);
view!(
    /// Why a command failed. The command has had no effect.
    CoreError {
        /// The code, for programs.
        pub code: ErrorCode,
        /// The message, for logs and developers. Never contains a secret.
        pub message: String,
    }
);
view!(
    /// A new invoice.
    InvoiceCreated {
        /// The invoice.
        pub invoice: String,
        /// Its payment hash.
        pub payment_hash: Hex32,
        /// Expiry, in seconds since 1970.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        pub expires_at_seconds: u64,
    }
);
view!(
    /// One hop of a route hint (BOLT 11 `r`).
    HintHop {
        /// The forwarding node.
        pub node_id: PublicKeyHex,
        /// The channel that it forwards over.
        pub scid: ShortChannelId,
        /// Base fee.
        pub fee_base_msat: u32,
        /// Proportional fee, in millionths of the amount.
        pub fee_proportional_millionths: u32,
        /// CLTV delta, in blocks.
        pub cltv_expiry_delta: u16,
    }
);
view!(
    /// A decoded BOLT 11 invoice. Its signature has been checked.
    DecodedInvoice {
        /// The network.
        pub network: crate::NetworkName,
        /// The payment hash.
        pub payment_hash: Hex32,
        /// The amount, or null if the payer chooses it.
        pub amount_msat: Option<Msat>,
        /// The description, or null if the invoice contains only its hash.
        pub description: Option<String>,
        /// SHA-256 of the description.
        pub description_hash: Option<Hex32>,
        /// The node id of the payee.
        pub payee: PublicKeyHex,
        /// Creation time, in seconds since 1970.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        pub timestamp_seconds: u64,
        /// Expiry, in seconds since 1970.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        pub expires_at_seconds: u64,
        /// Minimum CLTV delta of the final hop, in blocks (BOLT 11 `c`).
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        pub min_final_cltv_expiry_delta: u64,
        /// Route hints from the public network to the payee.
        pub hints: Vec<Vec<HintHop>>,
        /// On-chain fallback addresses.
        pub fallback_addresses: Vec<String>,
    }
);
view!(
    /// A decoded BOLT 12 offer.
    DecodedOffer {
        /// The offer id.
        pub offer_id: Hex32,
        /// The networks that it can be paid on.
        pub networks: Vec<crate::NetworkName>,
        /// The amount, or null if the payer chooses it or if it is in a currency.
        pub amount_msat: Option<Msat>,
        /// The ISO 4217 code, if the amount is in a currency.
        pub currency: Option<String>,
        /// The amount in minor units of that currency.
        pub currency_amount: Option<Msat>,
        /// The description.
        pub description: Option<String>,
        /// The issuer's name.
        pub issuer: Option<String>,
        /// The issuer's signing key, if the offer contains it.
        pub issuer_signing_key: Option<PublicKeyHex>,
        /// Expiry, in seconds since 1970, or null if the offer does not expire.
        #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
        pub expires_at_seconds: Option<u64>,
        /// Number of blinded paths to the payee.
        pub paths: u32,
    }
);
string_enum!(
    /// State of an outbound payment.
    RecentPaymentState {
        /// Waiting for the invoice of a BOLT 12 offer.
        AwaitingInvoice,
        /// In flight, or about to be retried.
        Pending,
        /// Succeeded.
        Fulfilled,
        /// Will not be retried. HTLCs may still be in flight.
        Abandoned,
    }
);
view!(
    /// An outbound payment that LDK remembers.
    RecentPayment {
        /// The id given to `payInvoice` or `payOffer`.
        pub payment_id: Hex32,
        /// The payment hash, once known.
        pub payment_hash: Option<Hex32>,
        /// The state.
        pub state: RecentPaymentState,
        /// The amount, while pending.
        pub amount_msat: Option<Msat>,
    }
);
view!(
    /// A channel (LDK's `ChannelDetails`).
    Channel {
        /// The channel id.
        pub channel_id: Hex32,
        /// The host's id for the channel.
        pub user_channel_id: UserChannelId,
        /// The peer.
        pub peer: PublicKeyHex,
        /// The funding output, once known.
        pub funding: Option<OutputId>,
        /// The short channel id, once confirmed.
        pub scid: Option<ShortChannelId>,
        /// The alias by which the peer routes payments to us, for route hints.
        pub inbound_scid_alias: Option<ShortChannelId>,
        /// The capacity.
        pub capacity_sat: Sat,
        /// Our balance, including the reserve, excluding HTLCs in flight.
        pub balance_msat: Msat,
        /// Total amount that we can send, without regard to fees and HTLC limits.
        pub outbound_capacity_msat: Msat,
        /// Total amount that we can receive.
        pub inbound_capacity_msat: Msat,
        /// Maximum amount of our next HTLC.
        pub next_outbound_htlc_limit_msat: Msat,
        /// Minimum amount of our next HTLC.
        pub next_outbound_htlc_minimum_msat: Msat,
        /// The channel reserve that we must keep (BOLT 2 `channel_reserve_satoshis`).
        pub reserve_sat: Option<Sat>,
        /// True: opened by us.
        pub outbound: bool,
        /// True: a public channel.
        pub announced: bool,
        /// True: open on both sides (`channelReady` was reported).
        pub ready: bool,
        /// True: ready, and the peer is connected.
        pub usable: bool,
        /// True: has anchor outputs.
        pub anchors: bool,
        /// Confirmations of the funding transaction.
        pub confirmations: Option<u32>,
        /// Confirmations that the channel needs to become ready.
        pub confirmations_required: Option<u32>,
        /// Number of HTLCs in flight, in both directions.
        pub pending_htlcs: u32,
        /// Total amount of inbound HTLCs in flight.
        pub pending_inbound_msat: Msat,
        /// Total amount of outbound HTLCs in flight.
        pub pending_outbound_msat: Msat,
        /// True: a cooperative close is in progress.
        pub closing: bool,
        /// Number of blocks that our balance is locked for if we force-close; chosen by the peer.
        pub force_close_delay: Option<u16>,
    }
);
string_enum!(
    /// State of a claimable balance (LDK's `Balance`).
    ClosingKind {
        /// The channel is open. The amount is our share if it were closed now.
        Open,
        /// Waiting for confirmations.
        AwaitingConfirmations,
        /// An HTLC that we can claim with the preimage; the peer can claim it after its timeout.
        Contentious,
        /// An outbound HTLC that we can claim after its timeout; the peer can claim it with the preimage.
        MaybeTimeout,
        /// An inbound HTLC whose preimage we do not have.
        MaybePreimage,
        /// An output of a revoked commitment that the peer broadcast.
        Revoked,
    }
);
view!(
    /// An amount that is ours, or may become ours, in an open or closing channel.
    ClaimableBalance {
        /// The state.
        pub kind: ClosingKind,
        /// The amount.
        pub amount_sat: Sat,
        /// The height of the confirmation or timeout that it waits for, if known.
        pub height: Option<u32>,
        /// The payment hash, for an HTLC.
        pub payment_hash: Option<Hex32>,
    }
);
view!(
    /// The balance of the on-chain wallet. The first four amounts add up to the total.
    OnChainBalance {
        /// Confirmed and mature.
        pub confirmed_sat: Sat,
        /// Unconfirmed change of our own transactions.
        pub trusted_pending_sat: Sat,
        /// Unconfirmed, from others or from channels.
        pub untrusted_pending_sat: Sat,
        /// Coinbase outputs with fewer than 100 confirmations.
        pub immature_sat: Sat,
        /// Part of confirmed and trusted: used by funding transactions that have not been broadcast.
        pub in_use_sat: Sat,
        /// Part of confirmed and trusted: reserved for fee-bumping, see `onChainReserveSat`.
        pub reserved_sat: Sat,
        /// Amount that `sendOnChain` and `openChannel` can use.
        pub spendable_sat: Sat,
    }
);
view!(
    /// All balances of the node.
    Balances {
        /// The on-chain wallet.
        pub on_chain: OnChainBalance,
        /// Amount that we can send: the sum of the next HTLC limits of all usable channels.
        pub sendable_msat: Msat,
        /// Amount that we can receive over usable channels.
        pub receivable_msat: Msat,
        /// Our balance in channels that are not closed, including reserves, excluding HTLCs in flight.
        pub channels_msat: Msat,
        /// Claimable balances of open and closing channels, from the channel monitors.
        pub claimable: Vec<ClaimableBalance>,
        /// Outputs of closed channels that are being swept and that the wallet does not count yet.
        pub sweeping_sat: Sat,
    }
);
view!(
    /// A connected peer.
    Peer {
        /// The node id.
        pub node_id: PublicKeyHex,
        /// The host's number of the connection.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        pub connection: u64,
        /// True: the peer connected to us.
        pub inbound: bool,
    }
);
string_enum!(
    /// How the fee of an unconfirmed transaction can be raised.
    OnChainBump {
        /// By a replacement (BIP 125).
        Replacement,
        /// By a child that pays for both (CPFP).
        Child,
    }
);
view!(
    /// A transaction of the on-chain wallet.
    OnChainTransaction {
        /// The transaction id.
        pub txid: IdHex,
        /// Amount paid to the wallet, change included.
        pub received_sat: Sat,
        /// Amount spent from the wallet, fee included.
        pub sent_sat: Sat,
        /// The fee, if all inputs are known; always for our own transactions.
        pub fee_sat: Option<Sat>,
        /// The block height, if confirmed.
        pub height: Option<u32>,
        /// Block time if confirmed, otherwise the time when it was first seen; in seconds since 1970.
        #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
        pub time_seconds: Option<u64>,
        /// The weight, in weight units.
        pub weight: u32,
        /// How its fee can be raised; null if it is confirmed, or not ours.
        pub bump: Option<OnChainBump>,
    }
);
view!(
    /// A confirmed transaction that channels or the wallet depend on.
    WatchedTransaction {
        /// The transaction id.
        pub txid: IdHex,
        /// The height of the block that confirmed it, as far as the core knows.
        pub height: u32,
        /// The hash of that block.
        pub block_hash: Option<IdHex>,
    }
);
view!(
    /// The core's view of the chain.
    ChainStatus {
        /// The best block. The next `BLOCK` or `FULL_BLOCK` must be its child.
        pub best_block: BlockId,
        /// For Esplora: report each of these that is no longer in the best chain with `UNCONFIRMED`.
        pub watched: Vec<WatchedTransaction>,
    }
);

/// The result of a successful command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CommandResult {
    /// Success without further data.
    Done,
    /// Answers `createInvoice`.
    InvoiceCreated(InvoiceCreated),
    /// Answers `decodeInvoice`.
    InvoiceDecoded(DecodedInvoice),
    /// Answers `decodeOffer`.
    OfferDecoded(DecodedOffer),
    /// Answers `payInvoice`.
    PaymentStarted {
        /// The payment hash of the invoice.
        payment_hash: Hex32,
        /// Amount that the payee receives.
        amount_msat: Msat,
    },
    /// Answers `estimateRoute`.
    RouteEstimated {
        /// Total routing fee.
        fee_msat: Msat,
        /// Maximum number of blocks that the payment could be locked for, including the payee's final delta.
        cltv_expiry_delta: u32,
    },
    /// Answers `listPayments`.
    Payments {
        /// All payments that LDK remembers.
        payments: Vec<RecentPayment>,
    },
    /// Answers `createOffer`.
    OfferCreated {
        /// The offer.
        offer: String,
        /// The offer id.
        offer_id: Hex32,
    },
    /// Answers `openChannel` and `acceptChannel`.
    ChannelOpening {
        /// The channel id until the funding transaction is known.
        temporary_channel_id: Hex32,
        /// The host's id for the channel.
        user_channel_id: UserChannelId,
    },
    /// Answers `listChannels`.
    Channels {
        /// All channels, including those that are not ready.
        channels: Vec<Channel>,
    },
    /// Answers `balances`.
    Balances(Balances),
    /// Answers `listPeers`.
    Peers {
        /// Peers whose handshake is complete.
        peers: Vec<Peer>,
    },
    /// Answers `newInterceptScid`.
    InterceptScid {
        /// The intercept SCID.
        scid: ShortChannelId,
    },
    /// Answers `lsps2RequestMenu` and `lsps2Buy`.
    Lsps2Request {
        /// The `requestId` of the event that will answer the request.
        request_id: String,
    },
    /// Answers `lsps2Grant`.
    Lsps2Granted {
        /// The intercept SCID for the client's invoice.
        scid: ShortChannelId,
        /// The `userChannelId` to open the channel with.
        user_channel_id: UserChannelId,
    },
    /// Answers `newAddress`.
    Address {
        /// A new address.
        address: String,
    },
    /// Answers `onChainBalance`.
    OnChainBalance(OnChainBalance),
    /// Answers `listOnChainTransactions`.
    OnChainTransactions {
        /// Newest first.
        transactions: Vec<OnChainTransaction>,
    },
    /// Answers `sendOnChain` and `bumpFee`.
    TransactionSent {
        /// The transaction. It is in a `TX` frame of this exchange.
        txid: IdHex,
        /// The fee.
        fee_sat: Sat,
    },
    /// Answers `chainStatus`.
    ChainStatus(ChainStatus),
    /// Answers `signLogin`.
    LoginSigned {
        /// A compact JWS, `ES256K`.
        jws: String,
    },
    /// Answers `graphSize`.
    GraphSize {
        /// Number of nodes.
        nodes: u32,
        /// Number of channels.
        channels: u32,
    },
    /// Answers `exportGossip`.
    GossipExported {
        /// The time of the snapshot, in seconds since 1970.
        time_seconds: u32,
        /// Number of nodes.
        nodes: u32,
        /// Number of channels that are announced.
        channels: u32,
        /// Number of channel updates.
        updates: u32,
        /// Number of channels that no snapshot contains, because only one of their directions is known.
        left_out: u32,
    },
    /// Answers the input frame `RGS`.
    GossipApplied {
        /// The time of the last snapshot, in seconds since 1970.
        time_seconds: u32,
        /// Number of nodes in the graph.
        nodes: u32,
        /// Number of channels in the graph.
        channels: u32,
    },
}
