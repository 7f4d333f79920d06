//! What the host may ask of the core. A command is answered in the same exchange by one `RESULT` frame.
use crate::{Hex32, Lsps2FeeParameters, Lsps2MenuEntry, Msat, PublicKeyHex, Sat, ShortChannelId, UserChannelId};
use serde::{Deserialize, Serialize};

/// Declares a command's parameters: absent fields are `None`, unknown fields are refused.
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
    /// The LSP's hop that an invoice names so that its payment opens a channel (bLIP 52, LSPS2).
    JitHop {
        /// The intercept id that the LSP granted.
        pub scid: ShortChannelId,
        /// The delta that the LSP asked for.
        pub cltv_expiry_delta: u16,
        /// The LSP.
        pub lsp_node_id: PublicKeyHex,
        /// The most that the LSP may keep of the payment for opening the channel; more, and the payment is failed back.
        pub max_opening_fee_msat: Msat,
    }
);
parameters!(
    /// Makes a BOLT 11 invoice. Exactly one of `description` and `descriptionHash`.
    CreateInvoice {
        /// The amount; the payer's choice when absent.
        pub amount_msat: Option<Msat>,
        /// What it is for, up to 639 bytes.
        pub description: Option<String>,
        /// SHA-256 of what it is for (LNURL-pay's metadata).
        pub description_hash: Option<Hex32>,
        /// Seconds from now.
        pub expiry_seconds: u32,
        /// Blocks that the last HTLC must leave us (BOLT 11 `c`); 24 when absent, 2016 at the most. The core adds LDK's
        /// three blocks of grace.
        pub min_final_cltv_expiry_delta: Option<u16>,
        /// A hash whose preimage somebody else knows: the payment is held until `claimPayment` brings it.
        pub payment_hash: Option<Hex32>,
        /// True: our own preimage, yet held until `claimPayment` or `failPayment`.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
        pub hold: bool,
        /// Names the LSP's hop instead of our own channels.
        pub jit: Option<JitHop>,
    }
);
parameters!(
    /// Reads a BOLT 11 invoice; pays nothing.
    DecodeInvoice {
        /// The invoice, any case, with or without `lightning:`.
        pub invoice: String,
    }
);
parameters!(
    /// Reads a BOLT 12 offer; pays nothing.
    DecodeOffer {
        /// The offer (`lno1…`).
        pub offer: String,
    }
);
parameters!(
    /// Pays a BOLT 11 invoice, with retries along other routes. `duplicatePayment` means that this id is in progress or
    /// lately done: not a failure.
    PayInvoice {
        /// The invoice.
        pub invoice: String,
        /// The amount, for an invoice that leaves it open.
        pub amount_msat: Option<Msat>,
        /// The most that routing may cost.
        pub max_fee_msat: Msat,
        /// The most blocks that the payment may be locked for; 1,008 when absent.
        pub max_cltv_expiry_delta: Option<u32>,
        /// The host's id of this payment, written down before this command: the same id never pays twice.
        pub payment_id: Hex32,
        /// How many further attempts after the first; 5 when absent.
        pub retries: Option<u32>,
    }
);
parameters!(
    /// Looks for the route that `payInvoice` would take now; pays nothing.
    EstimateRoute {
        /// The invoice.
        pub invoice: String,
        /// The amount, for an invoice that leaves it open.
        pub amount_msat: Option<Msat>,
    }
);
parameters!(
    /// Claims a held payment. Repeating it is harmless.
    ClaimPayment {
        /// The payment.
        pub payment_hash: Hex32,
        /// The preimage, where the invoice was made for somebody else's hash.
        pub preimage: Option<Hex32>,
    }
);
parameters!(
    /// Fails a held payment back to its payer. Repeating it is harmless.
    FailPayment {
        /// The payment.
        pub payment_hash: Hex32,
    }
);
parameters!(
    /// Gives up on a payment of ours: no further attempts; `paymentFailed` follows once nothing is in flight.
    AbandonPayment {
        /// The id it was paid under.
        pub payment_id: Hex32,
    }
);
parameters!(
    /// Makes a BOLT 12 offer.
    CreateOffer {
        /// The amount; the payer's choice when absent.
        pub amount_msat: Option<Msat>,
        /// What it is for.
        pub description: String,
        /// When it ends, in seconds since 1970; never when absent.
        #[cfg_attr(feature = "typescript", ts(type = "number", optional))]
        pub expires_at_seconds: Option<u64>,
    }
);
parameters!(
    /// Pays a BOLT 12 offer.
    PayOffer {
        /// The offer.
        pub offer: String,
        /// The amount, for an offer that leaves it open.
        pub amount_msat: Option<Msat>,
        /// The most that routing may cost.
        pub max_fee_msat: Msat,
        /// The most blocks that the payment may be locked for; 1,008 when absent.
        pub max_cltv_expiry_delta: Option<u32>,
        /// As for `payInvoice`.
        pub payment_id: Hex32,
        /// A line to the payee.
        pub payer_note: Option<String>,
        /// As for `payInvoice`.
        pub retries: Option<u32>,
    }
);
parameters!(
    /// Opens a channel, funded by the core's own wallet. The peer must be connected.
    OpenChannel {
        /// The peer.
        pub peer: PublicKeyHex,
        /// The channel's size.
        pub capacity_sat: Sat,
        /// What the peer gets of it as a gift.
        pub push_msat: Msat,
        /// True: the network learns of it (BOLT 7).
        pub announced: bool,
        /// True: usable as soon as the funding transaction is handed over, where the peer agrees. Such a channel must
        /// not be announced before it confirms.
        pub zero_conf: bool,
        /// The host's number for the channel; made up when absent.
        pub user_channel_id: Option<UserChannelId>,
        /// The funding's fee rate in satoshis per 1,000 weight units; the estimate when absent.
        pub fee_rate_sat_per_kwu: Option<u32>,
    }
);
parameters!(
    /// Accepts a channel that `openChannelRequest` reported.
    AcceptChannel {
        /// From the event.
        pub temporary_channel_id: Hex32,
        /// The peer.
        pub peer: PublicKeyHex,
        /// True: trust the peer's unconfirmed funding.
        pub zero_conf: bool,
        /// The host's number for the channel; made up when absent.
        pub user_channel_id: Option<UserChannelId>,
    }
);
parameters!(
    /// Refuses a channel that `openChannelRequest` reported.
    RejectChannel {
        /// From the event.
        pub temporary_channel_id: Hex32,
        /// The peer.
        pub peer: PublicKeyHex,
        /// What the peer is told.
        pub reason: Option<String>,
    }
);
parameters!(
    /// Closes a channel by agreement; the funds go to the core's own wallet.
    CloseChannel {
        /// The channel.
        pub channel_id: Hex32,
        /// Its peer.
        pub peer: PublicKeyHex,
        /// The fee rate that we aim at; the estimate when absent.
        pub fee_rate_sat_per_kwu: Option<u32>,
    }
);
parameters!(
    /// Closes a channel by our last commitment transaction. Costs more and takes days.
    ForceCloseChannel {
        /// The channel.
        pub channel_id: Hex32,
        /// Its peer.
        pub peer: PublicKeyHex,
        /// What the peer is told.
        pub reason: Option<String>,
    }
);
parameters!(
    /// Changes the forwarding terms of one channel; the peer is told.
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
    /// Ends a peer's connection.
    DisconnectPeer {
        /// The peer.
        pub peer: PublicKeyHex,
    }
);
parameters!(
    /// Tells the network our name and addresses (BOLT 7's node_announcement). Needs an announced channel.
    AnnounceNode {
        /// The name, up to 32 bytes.
        pub alias: String,
        /// A colour, `rrggbb`.
        pub color: Option<String>,
        /// `host:port` each: IPv4, `[IPv6]` or a DNS name; ten at the most.
        pub addresses: Vec<String>,
    }
);
parameters!(
    /// Forwards an HTLC that `htlcIntercepted` reported.
    ForwardIntercepted {
        /// From the event.
        pub intercept_id: Hex32,
        /// The channel.
        pub channel_id: Hex32,
        /// Its peer.
        pub peer: PublicKeyHex,
        /// What the peer gets.
        pub amount_msat: Msat,
    }
);
parameters!(
    /// Fails an HTLC that `htlcIntercepted` reported back to its payer.
    FailIntercepted {
        /// From the event.
        pub intercept_id: Hex32,
    }
);
parameters!(
    /// Asks an LSP for its terms (`lsps2.get_info`). `lsps2MenuReceived` or `lsps2RequestFailed` follows.
    Lsps2RequestMenu {
        /// The LSP, connected.
        pub lsp: PublicKeyHex,
        /// A discount code or the like.
        pub token: Option<String>,
    }
);
parameters!(
    /// Takes one of the LSP's terms (`lsps2.buy`). `lsps2InvoiceParameters` or `lsps2RequestFailed` follows.
    Lsps2Buy {
        /// The LSP, connected.
        pub lsp: PublicKeyHex,
        /// The payment's amount; absent for one whose amount is open.
        pub payment_size_msat: Option<Msat>,
        /// One entry of its menu, unchanged.
        pub parameters: Lsps2FeeParameters,
    }
);
parameters!(
    /// The LSP's answer to `lsps2MenuRequested`.
    Lsps2OfferMenu {
        /// From the event.
        pub client: PublicKeyHex,
        /// From the event.
        pub request_id: String,
        /// The terms.
        pub menu: Vec<Lsps2MenuEntry>,
    }
);
parameters!(
    /// The LSP's answer to `lsps2MenuRequested` with a token that it does not know.
    Lsps2RejectToken {
        /// From the event.
        pub client: PublicKeyHex,
        /// From the event.
        pub request_id: String,
    }
);
parameters!(
    /// The LSP refuses what `lsps2BuyRequested` reported.
    Lsps2RejectBuy {
        /// From the event.
        pub client: PublicKeyHex,
        /// From the event.
        pub request_id: String,
        /// bLIP 52's code: 201 invalid parameters, 202 payment too small, 203 too large; 1 for anything else.
        pub code: i32,
        /// What the client is told.
        pub message: String,
    }
);
parameters!(
    /// The LSP's answer to `lsps2BuyRequested`. The core has checked the promise, the amount and `validUntil` before it
    /// reported the request.
    Lsps2Grant {
        /// From the event.
        pub client: PublicKeyHex,
        /// From the event.
        pub request_id: String,
        /// Blocks that the LSP needs between the incoming and the outgoing HTLC.
        pub cltv_expiry_delta: u16,
        /// True: the client claims before the funding is broadcast (the client trusts the LSP).
        pub client_trusts_lsp: bool,
        /// The number under which the channel must be opened later; made up when absent.
        pub user_channel_id: Option<UserChannelId>,
    }
);
parameters!(
    /// The LSP could not open the channel that `lsps2OpenChannel` asked for: the waiting HTLCs are failed back, and a
    /// later payment may try again.
    Lsps2OpenFailed {
        /// From the event.
        pub client: PublicKeyHex,
        /// From the event.
        pub user_channel_id: UserChannelId,
    }
);
parameters!(
    /// Sends from the on-chain wallet. Exactly one of `amountSat` and `all`.
    SendOnChain {
        /// The address.
        pub address: String,
        /// The amount.
        pub amount_sat: Option<Sat>,
        /// True: everything, less the fee.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
        pub all: bool,
        /// The fee rate in satoshis per 1,000 weight units; the estimate when absent.
        pub fee_rate_sat_per_kwu: Option<u32>,
    }
);
parameters!(
    /// Replaces one of our unconfirmed transactions by one that pays more (BIP 125).
    BumpFee {
        /// The transaction.
        pub txid: crate::IdHex,
        /// The new rate in satoshis per 1,000 weight units.
        pub fee_rate_sat_per_kwu: u32,
    }
);
parameters!(
    /// Signs a login for the operator's API with the node's key.
    SignLogin {
        /// The payload, a JSON object. It is signed as it is given.
        pub payload_json: String,
    }
);
parameters!(
    /// Writes out the network graph, the scorer, or both, as `SNAPSHOT` frames, to be kept and given back at `create`.
    /// Not needed for safety.
    Dump {
        /// The graph.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
        pub graph: bool,
        /// The scorer.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
        pub scorer: bool,
    }
);
/// What the host may ask of the core.
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
    /// Our payments that LDK still knows; answered by `payments`.
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
    /// All channels; answered by `channels`.
    ListChannels,
    /// What is ours, on chain, in channels and in closing channels; answered by `balances`.
    Balances,
    /// Connected peers; answered by `peers`.
    ListPeers,
    /// See [`DisconnectPeer`]; answered by `done`.
    DisconnectPeer(DisconnectPeer),
    /// See [`AnnounceNode`]; answered by `done`.
    AnnounceNode(AnnounceNode),
    /// A fresh intercept id for a hop hint; answered by `interceptScid`.
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
    /// A fresh address of the on-chain wallet; answered by `address`.
    NewAddress,
    /// The on-chain wallet's balance; answered by `onChainBalance`.
    OnChainBalance,
    /// The on-chain wallet's transactions, newest first; answered by `onChainTransactions`.
    ListOnChainTransactions,
    /// See [`SendOnChain`]; answered by `transactionSent`.
    SendOnChain(SendOnChain),
    /// See [`BumpFee`]; answered by `transactionSent`.
    BumpFee(BumpFee),
    /// Where the core stands on the chain; answered by `chainStatus`.
    ChainStatus,
    /// See [`SignLogin`]; answered by `loginSigned`.
    SignLogin(SignLogin),
    /// How much of the network the core knows; answered by `graphSize`.
    GraphSize,
    /// See [`Dump`]; answered by `done`, after the frames.
    Dump(Dump),
}
