//! How commands are answered.
use crate::{BlockId, Hex32, IdHex, Msat, OutputId, PublicKeyHex, Sat, ShortChannelId, UserChannelId};
use serde::{Deserialize, Serialize};

/// Declares a view: every field is there, absent values are `null`.
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

/// A closed list of words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($body:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[serde(rename_all = "camelCase")]
        pub enum $name { $($body)* }
    };
}
pub(crate) use words;

words!(
    /// Why a command was refused.
    ErrorCode {
        /// The command, or a value in it, cannot be read.
        BadInput,
        /// The invoice, offer or address belongs to another network.
        WrongNetwork,
        /// The invoice or offer has ended.
        Expired,
        /// The amount is missing, superfluous or out of bounds.
        BadAmount,
        /// A payment with this id is in progress or lately done. Not a failure of that payment.
        DuplicatePayment,
        /// No route within the limits, or not enough funds in channels.
        RouteNotFound,
        /// Nothing of that id is known.
        NotFound,
        /// The peer is not connected.
        PeerNotConnected,
        /// The on-chain wallet has too little.
        InsufficientFunds,
        /// This node was not configured for that.
        NotConfigured,
        /// LDK refused; the message says why.
        Refused,
    }
);
view!(
    /// Why a command was refused.
    CoreError {
        /// For programs.
        pub code: ErrorCode,
        /// For developers; never holds a secret.
        pub message: String,
    }
);
view!(
    /// A new invoice.
    InvoiceCreated {
        /// The invoice.
        pub invoice: String,
        /// Its hash.
        pub payment_hash: Hex32,
        /// Its end, in seconds since 1970.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        pub expires_at_seconds: u64,
    }
);
view!(
    /// One hop of a hint.
    HintHop {
        /// The node that forwards.
        pub node_id: PublicKeyHex,
        /// Over which channel.
        pub scid: ShortChannelId,
        /// Its fee's fixed part.
        pub fee_base_msat: u32,
        /// Its fee's growing part, in millionths.
        pub fee_proportional_millionths: u32,
        /// Its blocks.
        pub cltv_expiry_delta: u16,
    }
);
view!(
    /// What a BOLT 11 invoice says. Its signature was checked.
    DecodedInvoice {
        /// The invoice's network.
        pub network: crate::NetworkName,
        /// The payment's hash.
        pub payment_hash: Hex32,
        /// The amount, or null where the payer chooses.
        pub amount_msat: Option<Msat>,
        /// What it is for, or null where only its hash is given.
        pub description: Option<String>,
        /// SHA-256 of what it is for.
        pub description_hash: Option<Hex32>,
        /// Whom it pays.
        pub payee: PublicKeyHex,
        /// When it was made, in seconds since 1970.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        pub timestamp_seconds: u64,
        /// Its end, in seconds since 1970.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        pub expires_at_seconds: u64,
        /// Blocks for the last hop.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        pub min_final_cltv_expiry_delta: u64,
        /// Routes from the known network to the payee.
        pub hints: Vec<Vec<HintHop>>,
        /// On-chain addresses, for those who cannot pay by Lightning.
        pub fallback_addresses: Vec<String>,
    }
);
view!(
    /// What a BOLT 12 offer says.
    DecodedOffer {
        /// The offer's id.
        pub offer_id: Hex32,
        /// Its networks.
        pub networks: Vec<crate::NetworkName>,
        /// The amount, or null where the payer chooses (or where it is in a currency).
        pub amount_msat: Option<Msat>,
        /// The ISO 4217 code and its minor units, where the amount is in a currency.
        pub currency: Option<String>,
        /// The amount in that currency's minor units.
        pub currency_amount: Option<Msat>,
        /// What it is for.
        pub description: Option<String>,
        /// Who offers.
        pub issuer: Option<String>,
        /// Whom it pays, where it says so openly.
        pub issuer_signing_key: Option<PublicKeyHex>,
        /// Its end, in seconds since 1970.
        #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
        pub expires_at_seconds: Option<u64>,
        /// Blinded paths to the payee.
        pub paths: u32,
    }
);
words!(
    /// How far a payment of ours has come.
    RecentPaymentState {
        /// A BOLT 12 offer whose invoice has not come.
        AwaitingInvoice,
        /// In flight, or about to be.
        Pending,
        /// Paid.
        Fulfilled,
        /// Given up; HTLCs may still be in flight.
        Abandoned,
    }
);
view!(
    /// A payment of ours that LDK still knows.
    RecentPayment {
        /// Its id.
        pub payment_id: Hex32,
        /// Its hash, once known.
        pub payment_hash: Option<Hex32>,
        /// How far it has come.
        pub state: RecentPaymentState,
        /// The amount, while pending.
        pub amount_msat: Option<Msat>,
    }
);
view!(
    /// A channel, as LDK sees it.
    Channel {
        /// Its id.
        pub channel_id: Hex32,
        /// The host's number for it.
        pub user_channel_id: UserChannelId,
        /// Its peer.
        pub peer: PublicKeyHex,
        /// Its funding output, once known.
        pub funding: Option<OutputId>,
        /// Its place in the chain, once confirmed.
        pub scid: Option<ShortChannelId>,
        /// Its alias for invoices, as the peer knows it.
        pub inbound_scid_alias: Option<ShortChannelId>,
        /// Its size.
        pub capacity_sat: Sat,
        /// What is ours in it, the reserve included, HTLCs in flight excluded.
        pub balance_msat: Msat,
        /// What we could send in all, fees and limits aside.
        pub outbound_capacity_msat: Msat,
        /// What we could receive in all.
        pub inbound_capacity_msat: Msat,
        /// The most that one further HTLC of ours may carry.
        pub next_outbound_htlc_limit_msat: Msat,
        /// The least that it must carry.
        pub next_outbound_htlc_minimum_msat: Msat,
        /// What we must keep in it.
        pub reserve_sat: Option<Sat>,
        /// True: opened by us.
        pub outbound: bool,
        /// True: the network knows it.
        pub announced: bool,
        /// True: locked in on both sides.
        pub ready: bool,
        /// True: ready, and the peer is connected.
        pub usable: bool,
        /// True: has anchors.
        pub anchors: bool,
        /// Confirmations of the funding.
        pub confirmations: Option<u32>,
        /// Confirmations that it needs.
        pub confirmations_required: Option<u32>,
        /// HTLCs in flight in it, both ways.
        pub pending_htlcs: u32,
        /// What HTLCs in flight towards us carry.
        pub pending_inbound_msat: Msat,
        /// What HTLCs in flight towards the peer carry.
        pub pending_outbound_msat: Msat,
        /// True: being closed.
        pub closing: bool,
    }
);
words!(
    /// What money in a closing channel waits for.
    ClosingKind {
        /// The channel is open: what we would get if it closed now.
        Open,
        /// Confirmations.
        AwaitingConfirmations,
        /// A claim of ours that a peer may still contest.
        Contentious,
        /// A time lock on our way to get our HTLC back.
        MaybeTimeout,
        /// An HTLC whose preimage we do not know.
        MaybePreimage,
        /// A revoked output of a cheating peer.
        Revoked,
    }
);
view!(
    /// One amount that is ours or may become ours, from LDK's monitors.
    ClaimableBalance {
        /// What it waits for.
        pub kind: ClosingKind,
        /// How much.
        pub amount_sat: Sat,
        /// The height at which it is ours, where one is known.
        pub height: Option<u32>,
        /// The payment's hash, for an HTLC.
        pub payment_hash: Option<Hex32>,
    }
);
view!(
    /// The on-chain wallet's balance.
    OnChainBalance {
        /// Confirmed, and mature.
        pub confirmed_sat: Sat,
        /// Our own change, not yet confirmed.
        pub trusted_pending_sat: Sat,
        /// From others, not yet confirmed.
        pub untrusted_pending_sat: Sat,
        /// Mined by us, not yet mature.
        pub immature_sat: Sat,
        /// Of the confirmed and own change: in use by channels whose funding is not yet broadcast.
        pub in_use_sat: Sat,
        /// Of the confirmed and own change: kept back, see `onChainReserveSat`.
        pub reserved_sat: Sat,
        /// What `sendOnChain` and `openChannel` may use.
        pub spendable_sat: Sat,
    }
);
view!(
    /// What is ours.
    Balances {
        /// On chain.
        pub on_chain: OnChainBalance,
        /// What we can send over usable channels, each channel's next HTLC limit summed.
        pub sendable_msat: Msat,
        /// What we can receive over usable channels.
        pub receivable_msat: Msat,
        /// Ours in channels that are not closed, reserves included, HTLCs in flight excluded.
        pub channels_msat: Msat,
        /// From the monitors: open channels and closing ones.
        pub claimable: Vec<ClaimableBalance>,
        /// Outputs of closed channels that are on their way to the wallet.
        pub sweeping_sat: Sat,
    }
);
view!(
    /// A connected peer.
    Peer {
        /// Who.
        pub node_id: PublicKeyHex,
        /// Over which connection of the host.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        pub connection: u64,
        /// True: the peer connected to us.
        pub inbound: bool,
    }
);
view!(
    /// A transaction of the on-chain wallet.
    OnChainTransaction {
        /// Its id.
        pub txid: IdHex,
        /// What it brought us.
        pub received_sat: Sat,
        /// What it took from us, fees included.
        pub sent_sat: Sat,
        /// Its fee, where all inputs are known.
        pub fee_sat: Option<Sat>,
        /// The height it confirmed at.
        pub height: Option<u32>,
        /// When it was first seen or confirmed, in seconds since 1970.
        #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
        pub time_seconds: Option<u64>,
    }
);
view!(
    /// A transaction whose confirmation matters to channels.
    WatchedTransaction {
        /// Its id.
        pub txid: IdHex,
        /// The height that the core believes it confirmed at.
        pub height: u32,
        /// In which block.
        pub block_hash: Option<IdHex>,
    }
);
view!(
    /// Where the core stands on the chain.
    ChainStatus {
        /// Its best block: the next block that it wants is this one's child.
        pub best_block: BlockId,
        /// For Esplora: when one of these leaves the chain, say so by `UNCONFIRMED`.
        pub watched: Vec<WatchedTransaction>,
    }
);

/// How a command was answered, when it was not refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CommandResult {
    /// Nothing to add.
    Done,
    /// To `createInvoice`.
    InvoiceCreated(InvoiceCreated),
    /// To `decodeInvoice`.
    InvoiceDecoded(DecodedInvoice),
    /// To `decodeOffer`.
    OfferDecoded(DecodedOffer),
    /// To `payInvoice`.
    PaymentStarted {
        /// The invoice's hash.
        payment_hash: Hex32,
        /// What the payee gets.
        amount_msat: Msat,
    },
    /// To `estimateRoute`.
    RouteEstimated {
        /// What the hops between us and the payee charge.
        fee_msat: Msat,
        /// Blocks that the payment could be locked for, the payee's own included.
        cltv_expiry_delta: u32,
    },
    /// To `listPayments`.
    Payments {
        /// All that LDK still knows.
        payments: Vec<RecentPayment>,
    },
    /// To `createOffer`.
    OfferCreated {
        /// The offer.
        offer: String,
        /// Its id.
        offer_id: Hex32,
    },
    /// To `openChannel` and `acceptChannel`.
    ChannelOpening {
        /// The channel's id until its funding is known.
        temporary_channel_id: Hex32,
        /// The host's number for it.
        user_channel_id: UserChannelId,
    },
    /// To `listChannels`.
    Channels {
        /// All, also those not yet ready.
        channels: Vec<Channel>,
    },
    /// To `balances`.
    Balances(Balances),
    /// To `listPeers`.
    Peers {
        /// Those whose handshake is done.
        peers: Vec<Peer>,
    },
    /// To `newInterceptScid`.
    InterceptScid {
        /// The id.
        scid: ShortChannelId,
    },
    /// To `lsps2RequestMenu` and `lsps2Buy`.
    Lsps2Request {
        /// The id that the answer's event carries.
        request_id: String,
    },
    /// To `lsps2Grant`.
    Lsps2Granted {
        /// The intercept id that the client's invoice will name.
        scid: ShortChannelId,
        /// The number under which the channel must be opened.
        user_channel_id: UserChannelId,
    },
    /// To `newAddress`.
    Address {
        /// A fresh address.
        address: String,
    },
    /// To `onChainBalance`.
    OnChainBalance(OnChainBalance),
    /// To `listOnChainTransactions`.
    OnChainTransactions {
        /// Newest first.
        transactions: Vec<OnChainTransaction>,
    },
    /// To `sendOnChain` and `bumpFee`.
    TransactionSent {
        /// The transaction, on its way in a `TX` frame of this exchange.
        txid: IdHex,
        /// Its fee.
        fee_sat: Sat,
    },
    /// To `chainStatus`.
    ChainStatus(ChainStatus),
    /// To `signLogin`.
    LoginSigned {
        /// A compact JWS, `ES256K`.
        jws: String,
    },
    /// To `graphSize`.
    GraphSize {
        /// Nodes known.
        nodes: u32,
        /// Channels known.
        channels: u32,
    },
}
