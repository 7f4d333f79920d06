//! Events from the core to the host.
//!
//! # Durability An event is written in the same batch as the `COMMIT` that contains the state it reports. Store both
//! in one transaction, then send the batch's bytes and transactions, then acknowledge the commit. Once the commit is
//! stored, the core counts the event as handled: the stored event is the only copy. If the process stops before the
//! commit is stored, the event never happened: the core starts from the earlier commit and reports it again if its
//! cause still exists (the peer sends its messages again, the block is connected again).
//!
//! # After a restart "Not repeated" means: never generated again once the commit of its exchange is stored. "May be
//! repeated" means that LDK can generate the event again at a later start, for an outcome that is already stored. Make
//! these idempotent by payment hash, payment id or channel id.
//!
//! # Answers Some events need an answer by a command. The answer is not part of the event's commit: store what the
//! answer will be (or whatever it follows from) with the event, so that it can be sent again after a restart. Each of
//! these events says what happens if no answer comes.
use crate::result::{string_enum, view};
use crate::{Hex32, IdHex, Msat, OutputId, PublicKeyHex, Sat, ShortChannelId, TransactionHex, UserChannelId};
use serde::{Deserialize, Serialize};

view!(
    /// One entry of an LSP's fee menu as the LSP's host writes it, without the promise (bLIP 52).
    Lsps2MenuEntry {
        /// Minimum opening fee.
        pub min_fee_msat: Msat,
        /// Opening fee in millionths of the first payment.
        pub proportional: u32,
        /// End of validity, in seconds since 1970.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        pub valid_until_seconds: u64,
        /// Minimum number of blocks for which the LSP keeps the channel open.
        pub min_lifetime: u32,
        /// Maximum `to_self_delay` that the client may require, in blocks.
        pub max_client_to_self_delay: u32,
        /// Minimum size of the first payment.
        pub min_payment_size_msat: Msat,
        /// Maximum size of the first payment.
        pub max_payment_size_msat: Msat,
    }
);
view!(
    /// One entry of an LSP's fee menu as the client receives it (bLIP 52 `opening_fee_params`).
    Lsps2FeeParameters {
        /// Minimum opening fee.
        pub min_fee_msat: Msat,
        /// Opening fee in millionths of the first payment.
        pub proportional: u32,
        /// End of validity, ISO 8601, exactly as the LSP wrote it.
        pub valid_until: String,
        /// Minimum number of blocks for which the LSP keeps the channel open.
        pub min_lifetime: u32,
        /// Maximum `to_self_delay` that the client may require, in blocks.
        pub max_client_to_self_delay: u32,
        /// Minimum size of the first payment.
        pub min_payment_size_msat: Msat,
        /// Maximum size of the first payment.
        pub max_payment_size_msat: Msat,
        /// MAC by which the LSP recognises its own offer.
        pub promise: String,
    }
);
string_enum!(
    /// The kind of an inbound payment.
    PaymentKind {
        /// To a BOLT 11 invoice.
        Bolt11,
        /// To a BOLT 12 offer.
        Bolt12,
        /// Without an invoice (keysend).
        Spontaneous,
    }
);
string_enum!(
    /// Why an outbound payment failed.
    PaymentFailure {
        /// The payee rejected it.
        RecipientRejected,
        /// The host abandoned it (`abandonPayment`).
        Abandoned,
        /// All attempts failed.
        RetriesExhausted,
        /// The invoice expired before an attempt succeeded.
        Expired,
        /// No route within the fee and CLTV limits.
        RouteNotFound,
        /// BOLT 12: the payee sent no invoice, rejected the request, or sent one that cannot be paid.
        InvoiceNotUsable,
        /// Any other reason.
        Unexpected,
    }
);
string_enum!(
    /// The side of a channel whose state is older.
    FallenBehind {
        /// Our own.
        Own,
        /// The peer's.
        Peer,
    }
);
string_enum!(
    /// Why a channel closed.
    ClosureKind {
        /// Closed cooperatively.
        Cooperative,
        /// Force-closed by us.
        ForcedByUs,
        /// Force-closed by the peer.
        ForcedByPeer,
        /// A commitment transaction was found on chain.
        CommitmentConfirmed,
        /// The channel never opened: rejected, timed out, or the peer disconnected.
        NeverOpened,
        /// The loaded state was older than the channel: an older copy of the state was restored, or the host has lost a
        /// commit.
        OutdatedState,
        /// Force-closed by us because an HTLC was about to time out.
        HtlcsTimedOut,
        /// A protocol error.
        ProtocolError,
    }
);

/// An event from the core.
///
/// Store each event in one transaction with the `COMMIT` of the same batch, before anything else of the batch leaves
/// the host. Unless noted otherwise, an event is not repeated once that commit is stored. If the process stops before,
/// the event never happened, and the core reports it again if its cause still exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// A peer is connected and the handshake is complete.
    ///
    /// Concerns only the running process: need not be stored. Not repeated after a restart; a restart ends all
    /// connections without an event.
    PeerConnected {
        /// The peer.
        peer: PublicKeyHex,
        /// The host's number of the connection.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        connection: u64,
    },
    /// A connected peer has disconnected. `openChannelRequest` and LSPS2 requests of this peer that have no answer yet
    /// are void.
    ///
    /// Concerns only the running process: need not be stored. Not generated for connections that a restart ended.
    PeerDisconnected {
        /// The peer.
        peer: PublicKeyHex,
    },
    /// LDK has an onion message (BOLT 12) for a node that is not connected.
    ///
    /// Connect to one of the addresses if possible. If the host does not, the message is dropped, and the payment of
    /// the offer fails in time. Need not be stored. Not repeated after a restart: the message is lost with the
    /// process.
    ConnectionNeeded {
        /// The node.
        peer: PublicKeyHex,
        /// Its announced addresses.
        addresses: Vec<String>,
    },
    /// A peer asks to open a channel. Answer with `acceptChannel` or `rejectChannel`.
    ///
    /// Need not be stored. Not repeated after a restart: an unanswered request is dropped when the peer disconnects,
    /// when the process stops, and after two manager ticks (about two minutes). Later answers get the error `refused`.
    OpenChannelRequest {
        /// The temporary channel id, for the answer.
        temporary_channel_id: Hex32,
        /// The peer.
        peer: PublicKeyHex,
        /// The channel's capacity.
        capacity_sat: Sat,
        /// Amount that we would own when the channel opens.
        push_msat: Msat,
        /// True: the peer wants to announce the channel to the network.
        announced: bool,
        /// True: the peer requires a zero-conf channel.
        zero_conf_required: bool,
        /// True: the channel type has anchor outputs.
        anchors: bool,
    },
    /// Both sides have signed the funding transaction, and the opener broadcasts it.
    ///
    /// From here on the channel survives restarts. Not repeated after a restart.
    ChannelPending {
        /// The channel.
        channel_id: Hex32,
        /// The temporary channel id that it had before.
        temporary_channel_id: Option<Hex32>,
        /// The host's id for the channel.
        user_channel_id: UserChannelId,
        /// The peer.
        peer: PublicKeyHex,
        /// The funding output.
        funding: OutputId,
    },
    /// Both sides consider the channel open, and it can carry payments: the funding transaction has enough
    /// confirmations, or the channel is zero-conf.
    ///
    /// Not repeated after a restart.
    ChannelReady {
        /// The channel.
        channel_id: Hex32,
        /// The host's id for the channel.
        user_channel_id: UserChannelId,
        /// The peer.
        peer: PublicKeyHex,
    },
    /// A channel has closed, or will never open.
    ///
    /// Its funds may still need confirmations: `balances` and `outputsSweeping` follow them into the on-chain wallet.
    /// HTLCs of an LSPS2 payment that waited for this channel are failed back. Not repeated after a restart. A channel
    /// whose funding was not yet signed when the process stopped is lost without this event.
    ChannelClosed {
        /// The channel (or its temporary id, if it was never funded).
        channel_id: Hex32,
        /// The host's id for the channel.
        user_channel_id: UserChannelId,
        /// The peer.
        peer: Option<PublicKeyHex>,
        /// The reason, for programs.
        kind: ClosureKind,
        /// The reason, for the log: LDK's message.
        reason: String,
        /// The channel's capacity.
        capacity_sat: Option<Sat>,
        /// Our balance when the channel closed.
        local_balance_msat: Option<Msat>,
    },
    /// On reconnection, a peer's `channel_reestablish` (BOLT 2) has shown that one side's state of a channel is older
    /// than the other's. The channel is closed, which `channelClosed` reports too.
    ///
    /// `own`: our state is older, as the peer has proven with a secret that we revealed when we revoked a later
    /// commitment transaction. Nothing that spends the channel's funding output is broadcast any more, also after a
    /// restart. The peer is asked to close; its commitment transaction pays our balance to the on-chain wallet. The same
    /// `error` goes to the peer again on every reconnection until it has closed.
    ///
    /// `peer`: the peer's state is older. The channel is closed with our newest commitment transaction, which pays the
    /// peer its newest balance.
    ///
    /// Not repeated after a restart.
    ChannelFellBehind {
        /// The channel.
        channel_id: Hex32,
        /// The host's id for the channel.
        user_channel_id: UserChannelId,
        /// The peer.
        peer: PublicKeyHex,
        /// The side whose state is older.
        side: FallenBehind,
        /// The number of the newest commitment transaction that we hold.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        own_commitment: u64,
        /// The number of the newest commitment transaction of ours that the peer knows of.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        expected_commitment: u64,
    },
    /// The on-chain wallet could not fund a channel that we were opening (not enough confirmed coins, or LDK rejected
    /// the transaction). The core closes the channel, which `channelClosed` reports too. Its coins can be spent again.
    ///
    /// Not repeated after a restart.
    ChannelFundingFailed {
        /// The temporary channel id.
        temporary_channel_id: Hex32,
        /// The host's id for the channel.
        user_channel_id: UserChannelId,
        /// The peer.
        peer: PublicKeyHex,
        /// The reason, for the log.
        reason: String,
    },
    /// All HTLCs of a payment to a hold invoice have arrived. Answer with `claimPayment` or `failPayment`. The core
    /// itself claims payments to ordinary invoices and offers, and reports only `paymentClaimed`.
    ///
    /// Must be stored: not repeated after a restart, while the HTLCs stay pending over restarts. Store the decision
    /// before sending it, and send it again after a restart until `paymentClaimed` or `htlcFailed` for this hash is
    /// stored. If no answer comes, LDK fails the HTLCs back at `claimDeadlineHeight` and `htlcFailed` follows.
    ///
    /// LDK does not stop a payer from paying an invoice twice, so a second payment with the same hash can be reported
    /// after the first has been claimed. Fail that one.
    PaymentClaimable {
        /// The payment hash.
        payment_hash: Hex32,
        /// Amount that we receive on claiming, after the skimmed fee.
        amount_msat: Msat,
        /// Amount that the LSP deducted (LSPS2 opening fee).
        skimmed_fee_msat: Msat,
        /// Block height at which LDK fails the payment back. Claim below this height.
        claim_deadline_height: Option<u32>,
        /// Invoice, offer or keysend.
        kind: PaymentKind,
        /// True: the core has the preimage. False: `claimPayment` must provide it.
        own_preimage: bool,
        /// The channels over which the HTLCs arrived.
        channel_ids: Vec<Hex32>,
    },
    /// An inbound payment has been claimed: the preimage is released and the amount is ours.
    ///
    /// May be repeated after a restart. A repeated event has the same payment hash.
    PaymentClaimed {
        /// The payment hash.
        payment_hash: Hex32,
        /// Amount that we received, after the skimmed fee.
        amount_msat: Msat,
        /// Amount that the LSP deducted (LSPS2 opening fee).
        skimmed_fee_msat: Msat,
        /// Invoice, offer or keysend.
        kind: PaymentKind,
    },
    /// The core has failed an inbound payment back because the LSP deducted more than the invoice's
    /// `maxOpeningFeeMsat`. `htlcFailed` follows. The invoice can be paid again.
    ///
    /// Not repeated after a restart.
    PaymentRefused {
        /// The payment hash.
        payment_hash: Hex32,
        /// Amount that we would have received, after the skimmed fee.
        amount_msat: Msat,
        /// Amount that the LSP deducted.
        skimmed_fee_msat: Msat,
    },
    /// An outbound payment has succeeded: the payee has released the preimage.
    ///
    /// Must be stored: it is the only message that carries the preimage, the proof of payment. May be repeated after a
    /// restart. A repeated event has the same payment id and hash.
    PaymentSent {
        /// The id given to `payInvoice` or `payOffer`.
        payment_id: Option<Hex32>,
        /// The payment hash.
        payment_hash: Hex32,
        /// The preimage.
        preimage: Hex32,
        /// Amount that the payee received.
        amount_msat: Option<Msat>,
        /// Routing fee that we paid.
        fee_msat: Option<Msat>,
    },
    /// An outbound payment has failed: no HTLC is in flight, and it will not be retried. Only now is it safe to pay
    /// again, under a new id.
    ///
    /// May be repeated after a restart. In rare cases LDK generates it after `paymentSent` for the same id: then
    /// ignore it, the payment has succeeded.
    PaymentFailed {
        /// The id given to `payInvoice` or `payOffer`.
        payment_id: Hex32,
        /// The payment hash. Absent if the payee of an offer sent no invoice.
        payment_hash: Option<Hex32>,
        /// The reason.
        reason: PaymentFailure,
    },
    /// A payment was forwarded through us and claimed on both sides.
    ///
    /// Not repeated after a restart.
    PaymentForwarded {
        /// The inbound channel.
        from_channel_id: Option<Hex32>,
        /// The outbound channel.
        to_channel_id: Option<Hex32>,
        /// The inbound peer.
        from_peer: Option<PublicKeyHex>,
        /// The outbound peer.
        to_peer: Option<PublicKeyHex>,
        /// Total fee that we earned, including the skimmed fee.
        fee_msat: Option<Msat>,
        /// Amount that we kept beyond the forwarding fee (LSPS2 opening fee).
        skimmed_fee_msat: Option<Msat>,
        /// Amount that we forwarded.
        amount_msat: Option<Msat>,
        /// True: the outbound peer claimed the HTLC on chain.
        on_chain: bool,
    },
    /// An HTLC to us or through us has failed and was failed back.
    ///
    /// With a `paymentHash`, it ends a held payment: it timed out, or `failPayment` or the core failed it. Not repeated
    /// after a restart.
    HtlcFailed {
        /// The channel over which it arrived.
        from_channel_id: Hex32,
        /// The payment hash, for payments to us only.
        payment_hash: Option<Hex32>,
        /// LDK's `HTLCHandlingFailureType`, for the log.
        kind: String,
        /// LDK's `HTLCHandlingFailureReason`, for the log.
        reason: String,
    },
    /// An HTLC for an intercept SCID is pending. Answer with `forwardIntercepted` or `failIntercepted`. HTLCs for an
    /// SCID granted by `lsps2Grant` are reported as `lsps2OpenChannel` instead.
    ///
    /// Must be stored: not repeated after a restart, while the HTLC stays pending over restarts. If no answer comes
    /// within `interceptDeadlineSeconds`, the core fails the HTLC back and reports `interceptExpired`.
    HtlcIntercepted {
        /// The id, for the answer.
        intercept_id: Hex32,
        /// The intercept SCID in the onion.
        scid: ShortChannelId,
        /// The payment hash.
        payment_hash: Hex32,
        /// Amount of the inbound HTLC.
        inbound_amount_msat: Msat,
        /// Amount that the payer asked us to forward.
        expected_outbound_amount_msat: Msat,
    },
    /// The core has failed an intercepted HTLC back: no channel for it was ready within `interceptDeadlineSeconds`, or
    /// the LSPS2 terms had expired.
    ///
    /// Not repeated after a restart. The deadline also applies to time that passed while the process was stopped.
    InterceptExpired {
        /// The intercept id.
        intercept_id: Hex32,
        /// The intercept SCID in the onion.
        scid: ShortChannelId,
        /// The payment hash.
        payment_hash: Hex32,
    },
    /// Answer to `lsps2RequestMenu`: the LSP's fee menu.
    ///
    /// Concerns only the running process: need not be stored. Not repeated after a restart; request the menu again.
    Lsps2MenuReceived {
        /// The LSP.
        lsp: PublicKeyHex,
        /// The id from the command's result.
        request_id: String,
        /// The menu.
        menu: Vec<Lsps2FeeParameters>,
    },
    /// Answer to `lsps2Buy`: the parameters for the route hint of an invoice whose payment opens a channel.
    ///
    /// Not repeated after a restart; buy again if it is lost. Pass the parameters to `createInvoice` as `jit`.
    Lsps2InvoiceParameters {
        /// The LSP.
        lsp: PublicKeyHex,
        /// The id from the command's result.
        request_id: String,
        /// The intercept SCID.
        scid: ShortChannelId,
        /// The CLTV delta, in blocks.
        cltv_expiry_delta: u32,
        /// The payment amount, if the purchase fixed it.
        payment_size_msat: Option<Msat>,
    },
    /// Answer to `lsps2RequestMenu` or `lsps2Buy`: the LSP returned an error.
    ///
    /// Concerns only the running process: need not be stored. Not repeated after a restart.
    Lsps2RequestFailed {
        /// The LSP.
        lsp: PublicKeyHex,
        /// The id from the command's result.
        request_id: String,
        /// The error code (LSPS0, bLIP 52).
        code: i32,
        /// The LSP's error message.
        message: String,
    },
    /// (LSP) A client requests the fee menu. Answer with `lsps2OfferMenu` or `lsps2RejectToken`.
    ///
    /// Need not be stored. Not repeated after a restart: a request without an answer is dropped when the client
    /// disconnects or the process stops, and the client asks again.
    Lsps2MenuRequested {
        /// The client.
        client: PublicKeyHex,
        /// The request id, for the answer.
        request_id: String,
        /// The client's token, for example a discount code.
        token: Option<String>,
    },
    /// (LSP) A client buys under one entry of the menu. Answer with `lsps2Grant` or `lsps2RejectBuy`. The core has
    /// already checked the promise, the amount and `validUntil`.
    ///
    /// Need not be stored. Not repeated after a restart: a request without an answer is dropped when the client
    /// disconnects or the process stops, and the client asks again.
    Lsps2BuyRequested {
        /// The client.
        client: PublicKeyHex,
        /// The request id, for the answer.
        request_id: String,
        /// The menu entry.
        parameters: Lsps2FeeParameters,
        /// The amount of the first payment, if it is fixed.
        payment_size_msat: Option<Msat>,
    },
    /// (LSP) The first payment to a granted SCID is pending. Open a channel to the client with this `userChannelId`, or
    /// answer `lsps2OpenFailed`. LDK forwards the payment once `channelReady` is reported.
    ///
    /// Must be stored: LDK may repeat it after a restart, but need not. After a restart, open the channel again unless
    /// `listChannels` has one with this `userChannelId`, and never open two. If no channel is ready within
    /// `interceptDeadlineSeconds`, the core fails the payment back and reports `interceptExpired`; a later payment to
    /// the same SCID is reported again.
    Lsps2OpenChannel {
        /// The client.
        client: PublicKeyHex,
        /// Amount to forward to the client.
        amount_to_forward_msat: Msat,
        /// Opening fee, deducted from the payment.
        opening_fee_msat: Msat,
        /// The `userChannelId` to open the channel with.
        user_channel_id: UserChannelId,
        /// The intercept SCID.
        scid: ShortChannelId,
    },
    /// A closed channel has left outputs that we can spend. The core sweeps them into the on-chain wallet.
    ///
    /// The core stores the outputs itself; the host need do nothing. May be repeated after a restart, for the same
    /// outputs.
    OutputsSweeping {
        /// The channel.
        channel_id: Option<Hex32>,
        /// Total amount, before fees.
        amount_sat: Sat,
    },
    /// A peer has revoked one of its commitment transactions, and the core has signed justice transactions for it: each
    /// takes the transaction's `to_local` output to the on-chain wallet, and all of them spend the same output. Only
    /// with `Config::justice`. HTLC outputs are not included.
    ///
    /// Must be stored: the transactions cannot be signed again later. Give them to a watchtower, encrypted. Not repeated
    /// after a restart.
    CommitmentRevoked {
        /// The channel.
        channel_id: Hex32,
        /// The revoked commitment transaction.
        commitment_txid: IdHex,
        /// Amount of the output that the transactions spend.
        value_sat: Sat,
        /// The signed transactions, with ascending fees. At least one.
        transactions: Vec<TransactionHex>,
    },
    /// A transaction of the on-chain wallet was seen for the first time, or has confirmed. After a reorganisation it is
    /// reported again when it confirms again.
    ///
    /// Not repeated after a restart.
    OnChainTransactionSeen {
        /// The transaction.
        txid: IdHex,
        /// Amount paid to the wallet, change included.
        received_sat: Sat,
        /// Amount spent from the wallet, fee included.
        sent_sat: Sat,
        /// The block height, if confirmed.
        height: Option<u32>,
    },
}
