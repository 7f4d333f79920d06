//! Commands from the host to the core.
//!
//! Each command is answered by exactly one `RESULT` frame, in the exchange that carried the command. A successful
//! result means that the core has accepted the command. Events report how it ends.
//!
//! The effect of a command is part of the `COMMIT` of the same exchange. Pass the result on to a caller (hand out the
//! invoice, show the address) only after that commit is stored. If the process stops before that, the command has had
//! no effect. Where this matters (paying, claiming, failing, opening a channel for LSPS2), store the intent before
//! sending the command, and send the command again after a restart until the event that ends it has been stored. Each
//! of these commands says which event that is.
use crate::{Hex32, Lsps2FeeParameters, Lsps2MenuEntry, Msat, PublicKeyHex, Sat, ShortChannelId, UserChannelId};
use serde::{Deserialize, Serialize};

/// Declares the parameters of a command. Optional fields may be absent; unknown fields are an error (`badInput`).
macro_rules! parameters {
    ($(#[$doc:meta])* $name:ident { $($body:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name { $($body)* }
    };
}

parameters!(
    /// The route hint through an LSP that makes the payment of an invoice open a channel (LSPS2, bLIP 52).
    JitHop {
        /// The intercept SCID from `lsps2InvoiceParameters`.
        pub scid: ShortChannelId,
        /// The CLTV delta from `lsps2InvoiceParameters`, in blocks.
        pub cltv_expiry_delta: u16,
        /// The node id of the LSP.
        pub lsp_node_id: PublicKeyHex,
        /// Maximum opening fee that the LSP may deduct from the payment. If it deducts more, the core fails the payment
        /// back and reports `paymentRefused`.
        pub max_opening_fee_msat: Msat,
    }
);
parameters!(
    /// Creates a BOLT 11 invoice. Set exactly one of `description` and `descriptionHash`.
    ///
    /// Hand the invoice out only after the commit of this exchange is stored: for held and JIT invoices it contains
    /// data that the core needs to handle the payment.
    ///
    /// Errors: `badInput` (description, expiry, CLTV delta or a key), `badAmount` (zero, or more than 21 million
    /// bitcoin).
    CreateInvoice {
        /// The amount. If absent, the payer chooses it.
        pub amount_msat: Option<Msat>,
        /// The description, at most 639 bytes.
        pub description: Option<String>,
        /// SHA-256 of the description (BOLT 11 `h`); for LNURL-pay, of its metadata.
        pub description_hash: Option<Hex32>,
        /// Seconds until the invoice expires, at least 1.
        pub expiry_seconds: u32,
        /// `min_final_cltv_expiry_delta` (BOLT 11 `c`), in blocks: 24 to 2013. Defaults to 24. The core adds 3 blocks,
        /// as LDK does, so that a block found while the payment is on its way does not fail it.
        pub min_final_cltv_expiry_delta: Option<u16>,
        /// A payment hash whose preimage the core does not have. The payment is held until `claimPayment` provides the
        /// preimage.
        pub payment_hash: Option<Hex32>,
        /// True: the core has the preimage, but holds the payment until `claimPayment` or `failPayment`.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
        pub hold: bool,
        /// Adds a route hint through this LSP instead of hints for our own channels.
        pub jit: Option<JitHop>,
    }
);
parameters!(
    /// Decodes a BOLT 11 invoice and checks its signature.
    ///
    /// Errors: `badInput`.
    DecodeInvoice {
        /// The invoice, in any case, with or without the `lightning:` prefix.
        pub invoice: String,
    }
);
parameters!(
    /// Decodes a BOLT 12 offer.
    ///
    /// Errors: `badInput`.
    DecodeOffer {
        /// The offer (`lno1…`).
        pub offer: String,
    }
);
parameters!(
    /// Pays a BOLT 11 invoice, and retries failed attempts along other routes. Ends with `paymentSent` or
    /// `paymentFailed`, also when the process restarts in between.
    ///
    /// `paymentId` is the idempotency key. Store it before sending this command. After a restart, send the command
    /// again with the same id for every payment without an outcome: if LDK already knows the payment, it answers
    /// `duplicatePayment` and pays nothing. LDK forgets an id a few minutes (seven manager ticks) after its payment
    /// ended, so never send the command again for a payment whose outcome is stored.
    ///
    /// Errors, none of which has sent anything: `duplicatePayment` (this id is in progress or ended recently; this is
    /// not a failure of that payment), `routeNotFound`, `expired`, `badAmount`, `wrongNetwork`, `badInput`, `refused`.
    PayInvoice {
        /// The invoice.
        pub invoice: String,
        /// The amount, for an invoice without one.
        pub amount_msat: Option<Msat>,
        /// Maximum total routing fee.
        pub max_fee_msat: Msat,
        /// Maximum number of blocks that the payment may be locked for. Defaults to 1,008.
        pub max_cltv_expiry_delta: Option<u32>,
        /// Idempotency key, chosen by the host.
        pub payment_id: Hex32,
        /// Number of attempts after the first. Defaults to 5.
        pub retries: Option<u32>,
    }
);
parameters!(
    /// Finds the route that `payInvoice` would take now, without paying.
    ///
    /// Errors: `routeNotFound`, `badAmount`, `wrongNetwork`, `badInput`.
    EstimateRoute {
        /// The invoice.
        pub invoice: String,
        /// The amount, for an invoice without one.
        pub amount_msat: Option<Msat>,
    }
);
parameters!(
    /// Claims a held payment (see `paymentClaimable`). Ends with `paymentClaimed`.
    ///
    /// Idempotent. Store the decision (and the preimage, where the host provides it) before sending this command, and
    /// send it again after a restart until `paymentClaimed` or `htlcFailed` for the same hash is stored. `notFound` on
    /// a repeated command means that the payment has already been claimed or failed. At the claim deadline LDK fails
    /// the HTLC back.
    ///
    /// Errors: `notFound` (no payment with this hash is held), `badInput` (the preimage is missing or does not match).
    ClaimPayment {
        /// The payment hash.
        pub payment_hash: Hex32,
        /// The preimage. Required if the invoice was created with a `paymentHash`.
        pub preimage: Option<Hex32>,
    }
);
parameters!(
    /// Fails the HTLCs of a held payment back, so that the payer keeps the money. Ends with `htlcFailed`.
    ///
    /// Store the decision before sending this command, and send it again after a restart until `htlcFailed` for the
    /// same hash is stored. `notFound` on a repeated command means that it has already taken effect.
    ///
    /// Errors: `notFound` (no payment with this hash is held).
    FailPayment {
        /// The payment hash.
        pub payment_hash: Hex32,
    }
);
parameters!(
    /// Stops retrying an outbound payment. `paymentFailed` follows once no HTLC is in flight. An HTLC that is in
    /// flight may still succeed; then `paymentSent` follows instead.
    ///
    /// Errors: `notFound`.
    AbandonPayment {
        /// The id given to `payInvoice` or `payOffer`.
        pub payment_id: Hex32,
    }
);
parameters!(
    /// Creates a BOLT 12 offer. The core claims its payments itself and reports them as `paymentClaimed`.
    ///
    /// Errors: `badAmount`, `refused` (for example, no peer through which the node can be reached).
    CreateOffer {
        /// The amount. If absent, the payer chooses it.
        pub amount_msat: Option<Msat>,
        /// The description.
        pub description: String,
        /// Expiry, in seconds since 1970. If absent, the offer does not expire.
        #[cfg_attr(feature = "typescript", ts(type = "number", optional))]
        pub expires_at_seconds: Option<u64>,
    }
);
parameters!(
    /// Pays a BOLT 12 offer: requests an invoice by onion message, then pays it. Ends with `paymentSent` or
    /// `paymentFailed`. The rules for `paymentId` are those of `payInvoice`.
    ///
    /// Errors, none of which has sent anything: `duplicatePayment`, `expired`, `badAmount` (missing, below the offer's
    /// amount, or the offer is priced in a currency), `wrongNetwork`, `badInput`, `refused`.
    PayOffer {
        /// The offer.
        pub offer: String,
        /// The amount, for an offer without one; or a larger amount than the offer's.
        pub amount_msat: Option<Msat>,
        /// Maximum total routing fee.
        pub max_fee_msat: Msat,
        /// Maximum number of blocks that the payment may be locked for. Defaults to 1,008.
        pub max_cltv_expiry_delta: Option<u32>,
        /// Idempotency key, chosen by the host.
        pub payment_id: Hex32,
        /// A note to the payee.
        pub payer_note: Option<String>,
        /// Number of attempts after the first. Defaults to 5.
        pub retries: Option<u32>,
    }
);
parameters!(
    /// Opens a channel, funded by the core's on-chain wallet. The peer must be connected.
    ///
    /// `channelPending` follows when the funding transaction is signed by both sides, then `channelReady`. If the
    /// channel cannot be opened, `channelFundingFailed` or `channelClosed` follows. A channel whose funding is not yet
    /// signed by both sides is lost if the process stops, and no event reports that. A channel that must be opened
    /// (LSPS2) needs a stored `userChannelId`: after a restart, send the command again unless `listChannels` has a
    /// channel with that id.
    ///
    /// Errors: `peerNotConnected`, `insufficientFunds`, `badAmount`, `refused`.
    OpenChannel {
        /// The peer.
        pub peer: PublicKeyHex,
        /// The channel's capacity.
        pub capacity_sat: Sat,
        /// Amount given to the peer when the channel opens.
        pub push_msat: Msat,
        /// True: announce the channel to the network (BOLT 7).
        pub announced: bool,
        /// True: the channel can be used before its funding transaction confirms, if the peer accepts that. An
        /// announced channel is announced only once it has confirmed.
        pub zero_conf: bool,
        /// The host's id for the channel. Random if absent.
        pub user_channel_id: Option<UserChannelId>,
        /// Fee rate of the funding transaction, in satoshis per 1,000 weight units. Defaults to the current estimate.
        pub fee_rate_sat_per_kwu: Option<u32>,
        /// True: the funding transaction is broadcast only once a payment over the channel has been claimed by the peer.
        /// Until then the channel costs nothing; if it closes first, its coins are free again. Needs `zeroConf`.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
        pub withhold_funding: bool,
    }
);
parameters!(
    /// Accepts the channel of an `openChannelRequest`. `channelPending` and `channelReady` follow.
    ///
    /// Errors: `refused` (the request is gone: the peer disconnected, or the core restarted).
    AcceptChannel {
        /// From the event.
        pub temporary_channel_id: Hex32,
        /// The peer.
        pub peer: PublicKeyHex,
        /// True: trust the peer's funding transaction before it confirms.
        pub zero_conf: bool,
        /// The host's id for the channel. Random if absent.
        pub user_channel_id: Option<UserChannelId>,
    }
);
parameters!(
    /// Rejects the channel of an `openChannelRequest`.
    ///
    /// Errors: `refused` (the request is gone: the peer disconnected, or the core restarted).
    RejectChannel {
        /// From the event.
        pub temporary_channel_id: Hex32,
        /// The peer.
        pub peer: PublicKeyHex,
        /// Error message for the peer. Defaults to "not accepted".
        pub reason: Option<String>,
    }
);
parameters!(
    /// Closes a channel cooperatively. The funds go to the core's on-chain wallet. `channelClosed` follows once both
    /// sides have signed; until then, HTLCs in flight must resolve and the peer must be connected.
    ///
    /// Errors: `notFound`, `refused`.
    CloseChannel {
        /// The channel.
        pub channel_id: Hex32,
        /// Its peer.
        pub peer: PublicKeyHex,
        /// Target fee rate, in satoshis per 1,000 weight units. Defaults to the current estimate.
        pub fee_rate_sat_per_kwu: Option<u32>,
    }
);
parameters!(
    /// Closes a channel unilaterally by broadcasting our latest commitment transaction. Costs more on-chain fees than a
    /// cooperative close, and our funds are locked for the delay that the peer chose. `channelClosed` follows.
    ///
    /// Errors: `notFound`, `refused`.
    ForceCloseChannel {
        /// The channel.
        pub channel_id: Hex32,
        /// Its peer.
        pub peer: PublicKeyHex,
        /// Error message for the peer. Defaults to "closed by the operator".
        pub reason: Option<String>,
    }
);
parameters!(
    /// Changes the forwarding terms of one channel and sends a `channel_update` (BOLT 7).
    ///
    /// Errors: `notFound`, `refused`.
    SetForwardingTerms {
        /// The channel.
        pub channel_id: Hex32,
        /// Its peer.
        pub peer: PublicKeyHex,
        /// The new terms.
        pub terms: crate::ForwardingTerms,
    }
);
parameters!(
    /// Disconnects a peer. Does nothing if it is not connected.
    DisconnectPeer {
        /// The peer.
        pub peer: PublicKeyHex,
    }
);
parameters!(
    /// Broadcasts a `node_announcement` (BOLT 7) with our alias and addresses. The network ignores it unless the node
    /// has an announced channel. Not stored: send it again after a restart.
    ///
    /// Errors: `badInput`.
    AnnounceNode {
        /// The alias, at most 32 bytes.
        pub alias: String,
        /// The colour as `rrggbb`. Black if absent.
        pub color: Option<String>,
        /// At most ten addresses as `host:port`, where the host is an IPv4 address, `[IPv6]` or a DNS name.
        pub addresses: Vec<String>,
    }
);
parameters!(
    /// Forwards the HTLC of an `htlcIntercepted` over a channel.
    ///
    /// Errors: `refused` (the HTLC is no longer pending, or the channel cannot carry it).
    ForwardIntercepted {
        /// From the event.
        pub intercept_id: Hex32,
        /// The channel to forward over.
        pub channel_id: Hex32,
        /// Its peer.
        pub peer: PublicKeyHex,
        /// The amount to forward.
        pub amount_msat: Msat,
    }
);
parameters!(
    /// Fails the HTLC of an `htlcIntercepted` back.
    ///
    /// Errors: `notFound` (the HTLC is no longer pending).
    FailIntercepted {
        /// From the event.
        pub intercept_id: Hex32,
    }
);
parameters!(
    /// Requests an LSP's fee menu (`lsps2.get_info`). `lsps2MenuReceived` or `lsps2RequestFailed` follows. The request
    /// is not stored: after a restart or a disconnection, no answer comes; send the command again.
    ///
    /// Errors: `peerNotConnected`, `notConfigured`.
    Lsps2RequestMenu {
        /// The LSP. It must be connected.
        pub lsp: PublicKeyHex,
        /// An optional token, for example a discount code.
        pub token: Option<String>,
    }
);
parameters!(
    /// Buys a channel under one entry of the LSP's menu (`lsps2.buy`). `lsps2InvoiceParameters` or `lsps2RequestFailed`
    /// follows. The request is not stored: after a restart or a disconnection, no answer comes; send the command again.
    ///
    /// Errors: `peerNotConnected`, `expired` (`validUntil` has passed), `badInput`, `notConfigured`, `refused`.
    Lsps2Buy {
        /// The LSP. It must be connected.
        pub lsp: PublicKeyHex,
        /// The amount of the payment. Absent if the payer chooses it.
        pub payment_size_msat: Option<Msat>,
        /// The menu entry, unchanged.
        pub parameters: Lsps2FeeParameters,
    }
);
parameters!(
    /// (LSP) Answers an `lsps2MenuRequested` with a fee menu.
    ///
    /// Errors: `notConfigured`, `badInput`, `refused` (the request is gone: the client disconnected, or the core
    /// restarted).
    Lsps2OfferMenu {
        /// From the event.
        pub client: PublicKeyHex,
        /// From the event.
        pub request_id: String,
        /// The fee menu.
        pub menu: Vec<Lsps2MenuEntry>,
    }
);
parameters!(
    /// (LSP) Answers an `lsps2MenuRequested` whose token is unknown (bLIP 52 error 200).
    ///
    /// Errors: `notConfigured`, `refused` (the request is gone: the client disconnected, or the core restarted).
    Lsps2RejectToken {
        /// From the event.
        pub client: PublicKeyHex,
        /// From the event.
        pub request_id: String,
    }
);
parameters!(
    /// (LSP) Answers an `lsps2BuyRequested` with an error.
    ///
    /// Errors: `notFound` (the request is gone: the client disconnected, or the core restarted).
    Lsps2RejectBuy {
        /// From the event.
        pub client: PublicKeyHex,
        /// From the event.
        pub request_id: String,
        /// The bLIP 52 error code: 201 invalid parameters, 202 payment too small, 203 payment too large; 1 otherwise.
        pub code: i32,
        /// Error message for the client.
        pub message: String,
    }
);
parameters!(
    /// (LSP) Grants an `lsps2BuyRequested`. The core checked the promise, the amount and `validUntil` before it
    /// reported the request.
    ///
    /// The client receives the intercept SCID, and with it the right to a channel, only after the commit of this
    /// exchange is stored. From then on the grant survives restarts: a first payment before `validUntil` is reported
    /// as `lsps2OpenChannel`.
    ///
    /// Errors: `notFound` (the request is gone: the client disconnected, or the core restarted), `notConfigured`,
    /// `refused`.
    Lsps2Grant {
        /// From the event.
        pub client: PublicKeyHex,
        /// From the event.
        pub request_id: String,
        /// CLTV delta between the incoming and the outgoing HTLC, in blocks.
        pub cltv_expiry_delta: u16,
        /// True: the client claims the payment before the funding transaction is broadcast (it trusts the LSP).
        pub client_trusts_lsp: bool,
        /// The `userChannelId` to open the channel with later. Random if absent.
        pub user_channel_id: Option<UserChannelId>,
    }
);
parameters!(
    /// (LSP) Reports that the channel of an `lsps2OpenChannel` could not be opened. The core fails the pending HTLCs
    /// back. A later payment to the same SCID is reported as `lsps2OpenChannel` again.
    ///
    /// Errors: `notFound` (no payment is waiting for this channel).
    Lsps2OpenFailed {
        /// From the event.
        pub client: PublicKeyHex,
        /// From the event.
        pub user_channel_id: UserChannelId,
    }
);
parameters!(
    /// (LSP) Withdraws a grant that no payment has used. A payment that arrives for it later is failed back. The core
    /// withdraws a grant by itself once `validUntil` has passed.
    ///
    /// Errors: `notFound` (no grant with this `userChannelId`, or a payment for it is pending or has opened its channel).
    Lsps2WithdrawGrant {
        /// The client of the grant.
        pub client: PublicKeyHex,
        /// The `userChannelId` of the grant.
        pub user_channel_id: UserChannelId,
    }
);
parameters!(
    /// Sends from the on-chain wallet. Set exactly one of `amountSat` and `all`.
    ///
    /// Not idempotent: a second command sends a second time. If the process stops before the commit of this exchange is
    /// stored, nothing was sent.
    ///
    /// Errors: `badInput` (address or fee rate), `wrongNetwork`, `badAmount`, `insufficientFunds`, `feeTooHigh`,
    /// `refused`.
    SendOnChain {
        /// The recipient's address.
        pub address: String,
        /// The amount that the recipient receives; the fee is added.
        pub amount_sat: Option<Sat>,
        /// True: send all spendable funds, less the fee.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
        pub all: bool,
        /// Fee rate, in satoshis per 1,000 weight units. Defaults to the current estimate.
        pub fee_rate_sat_per_kwu: Option<u32>,
        /// Maximum fee. A transaction that would cost more is not sent (`feeTooHigh`).
        pub max_fee_sat: Option<Sat>,
    }
);
parameters!(
    /// Raises the fee of one of the wallet's unconfirmed transactions: replaces it (BIP 125) where possible, otherwise
    /// spends its change with a child that pays for both (CPFP). Channel funding transactions are never replaced.
    ///
    /// Errors: `notFound`, `badInput` (the fee rate is too low or too high), `insufficientFunds`, `feeTooHigh`, `refused`
    /// (already confirmed, or not replaceable).
    BumpFee {
        /// The transaction.
        pub txid: crate::IdHex,
        /// The new fee rate, in satoshis per 1,000 weight units.
        pub fee_rate_sat_per_kwu: u32,
        /// Maximum fee of the replacement or the child (`feeTooHigh`).
        pub max_fee_sat: Option<Sat>,
    }
);
parameters!(
    /// Signs a login token for the operator's API with the node key: a compact JWS with `ES256K` (RFC 7515, RFC 8812).
    ///
    /// Errors: `badInput` (not a JSON object, or more than 4,096 bytes).
    SignLogin {
        /// The payload, a JSON object. Signed byte for byte.
        pub payload_json: String,
    }
);
parameters!(
    /// Exports the network graph in the format of Rapid Gossip Sync (version 2), as a `SNAPSHOT` frame of kind 2.
    ExportGossip {
        /// Only what has changed at or after this time, in seconds since 1970. If absent, everything. A reader must have
        /// everything up to then, and must not be more than three days behind.
        pub since_seconds: Option<u32>,
    }
);
parameters!(
    /// Writes what has changed in the network graph since the last time (at most 4,096 rows), the scorer if it has
    /// changed, or both, as `SNAPSHOT` frames. Store them and pass them to `create` at the next start, so that routes are
    /// known at once. Losing them loses no funds. A node with the gossip source `snapshots` writes no graph: the host
    /// stores the snapshots instead.
    Dump {
        /// True: the network graph.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
        pub graph: bool,
        /// True: the scorer.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
        pub scorer: bool,
    }
);
/// A command from the host. See the module documentation for when a command takes effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Command {
    /// See [`CreateInvoice`]; answered by `invoiceCreated`.
    CreateInvoice(CreateInvoice),
    /// See [`DecodeInvoice`]; answered by `invoiceDecoded`.
    DecodeInvoice(DecodeInvoice),
    /// See [`DecodeOffer`]; answered by `offerDecoded`.
    DecodeOffer(DecodeOffer),
    /// See [`PayInvoice`]; answered by `paymentStarted`.
    PayInvoice(PayInvoice),
    /// See [`EstimateRoute`]; answered by `routeEstimated`.
    EstimateRoute(EstimateRoute),
    /// See [`ClaimPayment`]; answered by `done`.
    ClaimPayment(ClaimPayment),
    /// See [`FailPayment`]; answered by `done`.
    FailPayment(FailPayment),
    /// See [`AbandonPayment`]; answered by `done`.
    AbandonPayment(AbandonPayment),
    /// Lists the outbound payments that LDK remembers; answered by `payments`.
    ListPayments,
    /// See [`CreateOffer`]; answered by `offerCreated`.
    CreateOffer(CreateOffer),
    /// See [`PayOffer`]; answered by `done`.
    PayOffer(PayOffer),
    /// See [`OpenChannel`]; answered by `channelOpening`.
    OpenChannel(OpenChannel),
    /// See [`AcceptChannel`]; answered by `channelOpening`.
    AcceptChannel(AcceptChannel),
    /// See [`RejectChannel`]; answered by `done`.
    RejectChannel(RejectChannel),
    /// See [`CloseChannel`]; answered by `done`.
    CloseChannel(CloseChannel),
    /// See [`ForceCloseChannel`]; answered by `done`.
    ForceCloseChannel(ForceCloseChannel),
    /// See [`SetForwardingTerms`]; answered by `done`.
    SetForwardingTerms(SetForwardingTerms),
    /// Lists all channels; answered by `channels`.
    ListChannels,
    /// Our funds on chain, in channels and in closing channels; answered by `balances`.
    Balances,
    /// Lists the connected peers; answered by `peers`.
    ListPeers,
    /// See [`DisconnectPeer`]; answered by `done`.
    DisconnectPeer(DisconnectPeer),
    /// See [`AnnounceNode`]; answered by `done`.
    AnnounceNode(AnnounceNode),
    /// Creates a new intercept SCID for a route hint; answered by `interceptScid`.
    NewInterceptScid,
    /// See [`ForwardIntercepted`]; answered by `done`.
    ForwardIntercepted(ForwardIntercepted),
    /// See [`FailIntercepted`]; answered by `done`.
    FailIntercepted(FailIntercepted),
    /// See [`Lsps2RequestMenu`]; answered by `lsps2Request`.
    Lsps2RequestMenu(Lsps2RequestMenu),
    /// See [`Lsps2Buy`]; answered by `lsps2Request`.
    Lsps2Buy(Lsps2Buy),
    /// See [`Lsps2OfferMenu`]; answered by `done`.
    Lsps2OfferMenu(Lsps2OfferMenu),
    /// See [`Lsps2RejectToken`]; answered by `done`.
    Lsps2RejectToken(Lsps2RejectToken),
    /// See [`Lsps2RejectBuy`]; answered by `done`.
    Lsps2RejectBuy(Lsps2RejectBuy),
    /// See [`Lsps2Grant`]; answered by `lsps2Granted`.
    Lsps2Grant(Lsps2Grant),
    /// See [`Lsps2OpenFailed`]; answered by `done`.
    Lsps2OpenFailed(Lsps2OpenFailed),
    /// See [`Lsps2WithdrawGrant`]; answered by `done`.
    Lsps2WithdrawGrant(Lsps2WithdrawGrant),
    /// A new address of the on-chain wallet; answered by `address`.
    NewAddress,
    /// The on-chain wallet's balance; answered by `onChainBalance`.
    OnChainBalance,
    /// The on-chain wallet's transactions, newest first; answered by `onChainTransactions`.
    ListOnChainTransactions,
    /// See [`SendOnChain`]; answered by `transactionSent`.
    SendOnChain(SendOnChain),
    /// See [`BumpFee`]; answered by `transactionSent`.
    BumpFee(BumpFee),
    /// The core's best block and the transactions to watch; answered by `chainStatus`.
    ChainStatus,
    /// See [`SignLogin`]; answered by `loginSigned`.
    SignLogin(SignLogin),
    /// The size of the network graph; answered by `graphSize`.
    GraphSize,
    /// See [`Dump`]; answered by `done`, after the `SNAPSHOT` frames.
    Dump(Dump),
    /// See [`ExportGossip`]; answered by `gossipExported`, right after the `SNAPSHOT` frame.
    ExportGossip(ExportGossip),
}
