//! What the core reports by itself. Events ride beside the commit of their exchange: the host stores both in one
//! transaction. After a restart some repeat (`paymentSent`, `paymentFailed`, `paymentClaimed`): deduplicate by hash.
use crate::result::{view, words};
use crate::{Hex32, IdHex, Msat, OutputId, PublicKeyHex, Sat, ShortChannelId, UserChannelId};
use serde::{Deserialize, Serialize};

view!(
    /// One entry of an LSP's menu, before the LSP promises it (bLIP 52).
    Lsps2MenuEntry {
        /// The least that opening costs.
        pub min_fee_msat: Msat,
        /// What it costs of the first payment, in millionths.
        pub proportional: u32,
        /// Until when, in seconds since 1970.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        pub valid_until_seconds: u64,
        /// Blocks that the channel is kept at the least.
        pub min_lifetime: u32,
        /// The most that the client may ask as its `to_self_delay`.
        pub max_client_to_self_delay: u32,
        /// The smallest first payment.
        pub min_payment_size_msat: Msat,
        /// The largest first payment.
        pub max_payment_size_msat: Msat,
    }
);
view!(
    /// One entry of an LSP's menu, as the client got it.
    Lsps2FeeParameters {
        /// The least that opening costs.
        pub min_fee_msat: Msat,
        /// What it costs of the first payment, in millionths.
        pub proportional: u32,
        /// Until when, ISO 8601, as the LSP wrote it.
        pub valid_until: String,
        /// Blocks that the channel is kept at the least.
        pub min_lifetime: u32,
        /// The most that the client may ask as its `to_self_delay`.
        pub max_client_to_self_delay: u32,
        /// The smallest first payment.
        pub min_payment_size_msat: Msat,
        /// The largest first payment.
        pub max_payment_size_msat: Msat,
        /// The LSP's proof that it offered this.
        pub promise: String,
    }
);
words!(
    /// What a payment towards us was paid by.
    PaymentKind {
        /// A BOLT 11 invoice.
        Bolt11,
        /// A BOLT 12 offer.
        Bolt12,
        /// Nothing: keysend.
        Spontaneous,
    }
);
words!(
    /// Why a payment of ours failed.
    PaymentFailure {
        /// The payee refused it.
        RecipientRejected,
        /// The host gave it up.
        Abandoned,
        /// All attempts failed.
        RetriesExhausted,
        /// The invoice ended.
        Expired,
        /// No route within the limits.
        RouteNotFound,
        /// The payee's offer or invoice could not be had or used (BOLT 12).
        InvoiceNotUsable,
        /// Something else.
        Unexpected,
    }
);
words!(
    /// Why a channel closed.
    ClosureKind {
        /// By agreement.
        Cooperative,
        /// By us, one-sidedly.
        ForcedByUs,
        /// By the peer, one-sidedly.
        ForcedByPeer,
        /// Its commitment transaction appeared on chain.
        CommitmentConfirmed,
        /// It never came to be: refused, timed out, or the peer went away.
        NeverOpened,
        /// The state we loaded is older than the channel's. A bug in the host: it must never happen.
        OutdatedState,
        /// HTLCs that ran out of time.
        HtlcsTimedOut,
        /// A protocol error.
        ProtocolError,
    }
);

/// What the core reports by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// A peer's handshake is done.
    PeerConnected {
        /// Who.
        peer: PublicKeyHex,
        /// Over which connection of the host.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        connection: u64,
    },
    /// A peer that was connected no longer is.
    PeerDisconnected {
        /// Who.
        peer: PublicKeyHex,
    },
    /// LDK wants to talk to a node that is no peer yet (for an offer).
    ConnectionNeeded {
        /// Whom.
        peer: PublicKeyHex,
        /// Where it says it can be reached.
        addresses: Vec<String>,
    },
    /// A peer asks to open a channel: `acceptChannel` or `rejectChannel`.
    OpenChannelRequest {
        /// Its id for now.
        temporary_channel_id: Hex32,
        /// Who asks.
        peer: PublicKeyHex,
        /// How big.
        capacity_sat: Sat,
        /// What we would get as a gift.
        push_msat: Msat,
        /// True: the network is to know.
        announced: bool,
        /// True: the peer requires that it is usable at once.
        zero_conf_required: bool,
        /// True: has anchors.
        anchors: bool,
    },
    /// The funding is signed by both and on its way.
    ChannelPending {
        /// Its id.
        channel_id: Hex32,
        /// Its id until now.
        temporary_channel_id: Option<Hex32>,
        /// The host's number for it.
        user_channel_id: UserChannelId,
        /// Its peer.
        peer: PublicKeyHex,
        /// Its funding output.
        funding: OutputId,
    },
    /// The channel can carry payments.
    ChannelReady {
        /// Its id.
        channel_id: Hex32,
        /// The host's number for it.
        user_channel_id: UserChannelId,
        /// Its peer.
        peer: PublicKeyHex,
    },
    /// The channel is closed, or never came to be.
    ChannelClosed {
        /// Its id.
        channel_id: Hex32,
        /// The host's number for it.
        user_channel_id: UserChannelId,
        /// Its peer.
        peer: Option<PublicKeyHex>,
        /// Why.
        kind: ClosureKind,
        /// Why, in words.
        reason: String,
        /// Its size.
        capacity_sat: Option<Sat>,
        /// What was ours in it.
        local_balance_msat: Option<Msat>,
    },
    /// The core could not fund a channel from its wallet; the channel is given up.
    ChannelFundingFailed {
        /// Its id until now.
        temporary_channel_id: Hex32,
        /// The host's number for it.
        user_channel_id: UserChannelId,
        /// Its peer.
        peer: PublicKeyHex,
        /// Why, in words.
        reason: String,
    },
    /// A payment of a hold invoice is here and waits for `claimPayment` or `failPayment`. Payments of ordinary invoices
    /// are claimed by the core itself and reported as `paymentClaimed` only.
    PaymentClaimable {
        /// The payment.
        payment_hash: Hex32,
        /// What is ours once claimed, skimmed fee already taken off.
        amount_msat: Msat,
        /// What the LSP kept.
        skimmed_fee_msat: Msat,
        /// The height before which it must be claimed: LDK fails it back then.
        claim_deadline_height: Option<u32>,
        /// What it pays.
        kind: PaymentKind,
        /// True: the core can find the preimage by itself.
        own_preimage: bool,
        /// The channels it came over.
        channel_ids: Vec<Hex32>,
    },
    /// A payment towards us is ours.
    PaymentClaimed {
        /// The payment.
        payment_hash: Hex32,
        /// What we got, skimmed fee already taken off.
        amount_msat: Msat,
        /// What the LSP kept.
        skimmed_fee_msat: Msat,
        /// What it pays.
        kind: PaymentKind,
    },
    /// The core refused a payment towards us: too much was skimmed.
    PaymentRefused {
        /// The payment.
        payment_hash: Hex32,
        /// What would have been ours.
        amount_msat: Msat,
        /// What the LSP wanted to keep.
        skimmed_fee_msat: Msat,
    },
    /// A payment of ours arrived. The preimage proves it.
    PaymentSent {
        /// The id it was paid under.
        payment_id: Option<Hex32>,
        /// The payment.
        payment_hash: Hex32,
        /// The proof. The one place where a preimage leaves the core.
        preimage: Hex32,
        /// What the payee got.
        amount_msat: Option<Msat>,
        /// What routing cost.
        fee_msat: Option<Msat>,
    },
    /// A payment of ours failed for good: nothing of it is in flight.
    PaymentFailed {
        /// The id it was paid under.
        payment_id: Hex32,
        /// The payment, where it got as far as to have a hash.
        payment_hash: Option<Hex32>,
        /// Why.
        reason: PaymentFailure,
    },
    /// We forwarded a payment.
    PaymentForwarded {
        /// Where it came from.
        from_channel_id: Option<Hex32>,
        /// Where it went.
        to_channel_id: Option<Hex32>,
        /// Who it came from.
        from_peer: Option<PublicKeyHex>,
        /// Who it went to.
        to_peer: Option<PublicKeyHex>,
        /// What we earned, the skimmed part included.
        fee_msat: Option<Msat>,
        /// What we kept beyond the ordinary fee (LSPS2).
        skimmed_fee_msat: Option<Msat>,
        /// What went on.
        amount_msat: Option<Msat>,
        /// True: claimed on chain.
        on_chain: bool,
    },
    /// An HTLC through us, or to us, failed.
    HtlcFailed {
        /// Where it came from.
        from_channel_id: Hex32,
        /// The payment, when it was one to us (a held one that ran out of time, or that we failed).
        payment_hash: Option<Hex32>,
        /// What it was to do, in words.
        kind: String,
        /// Why, in words.
        reason: String,
    },
    /// An HTLC for an intercept id waits for `forwardIntercepted` or `failIntercepted`. Those that LSPS2 granted are
    /// reported as `lsps2OpenChannel` instead. The core fails it back itself after the configured deadline.
    HtlcIntercepted {
        /// Its id.
        intercept_id: Hex32,
        /// The id that it asks for.
        scid: ShortChannelId,
        /// The payment.
        payment_hash: Hex32,
        /// What came in.
        inbound_amount_msat: Msat,
        /// What is to go on.
        expected_outbound_amount_msat: Msat,
    },
    /// An intercepted HTLC was failed back by the core because its deadline passed.
    InterceptExpired {
        /// Its id.
        intercept_id: Hex32,
        /// The id that it asked for.
        scid: ShortChannelId,
        /// The payment.
        payment_hash: Hex32,
    },
    /// An LSP's terms.
    Lsps2MenuReceived {
        /// The LSP.
        lsp: PublicKeyHex,
        /// Which request this answers.
        request_id: String,
        /// Its terms.
        menu: Vec<Lsps2FeeParameters>,
    },
    /// What an invoice must name for the LSP to open a channel on its payment.
    Lsps2InvoiceParameters {
        /// The LSP.
        lsp: PublicKeyHex,
        /// Which request this answers.
        request_id: String,
        /// The id.
        scid: ShortChannelId,
        /// The delta.
        cltv_expiry_delta: u32,
        /// The payment's amount, where it was fixed.
        payment_size_msat: Option<Msat>,
    },
    /// An LSP refused.
    Lsps2RequestFailed {
        /// The LSP.
        lsp: PublicKeyHex,
        /// Which request this answers.
        request_id: String,
        /// LSPS0's code.
        code: i32,
        /// LSPS0's words.
        message: String,
    },
    /// (LSP) A client asks for the terms: `lsps2OfferMenu` or `lsps2RejectToken`.
    Lsps2MenuRequested {
        /// Who.
        client: PublicKeyHex,
        /// Which request.
        request_id: String,
        /// A discount code or the like.
        token: Option<String>,
    },
    /// (LSP) A client takes one of the terms: `lsps2Grant`. The promise, the amount and `validUntil` hold.
    Lsps2BuyRequested {
        /// Who.
        client: PublicKeyHex,
        /// Which request.
        request_id: String,
        /// The terms.
        parameters: Lsps2FeeParameters,
        /// The first payment, where it is fixed.
        payment_size_msat: Option<Msat>,
    },
    /// (LSP) A first payment waits: open a channel under this number, or say `lsps2OpenFailed`. The core fails the
    /// payment back itself after the configured deadline.
    Lsps2OpenChannel {
        /// For whom.
        client: PublicKeyHex,
        /// What goes on to the client.
        amount_to_forward_msat: Msat,
        /// What we keep.
        opening_fee_msat: Msat,
        /// The number under which the channel must be opened.
        user_channel_id: UserChannelId,
        /// The id that the payment asked for.
        scid: ShortChannelId,
    },
    /// Outputs of a closed channel are ours; the core is sweeping them into its wallet.
    OutputsSweeping {
        /// The channel.
        channel_id: Option<Hex32>,
        /// How much, fees not yet taken off.
        amount_sat: Sat,
    },
    /// The on-chain wallet saw a transaction of its own for the first time, confirmed or not.
    OnChainTransactionSeen {
        /// Which.
        txid: IdHex,
        /// What it brought us.
        received_sat: Sat,
        /// What it took from us.
        sent_sat: Sat,
        /// The height it confirmed at.
        height: Option<u32>,
    },
}
