//! The configuration passed to `create`.
use crate::{BlockId, Msat, Sat};
use serde::{Deserialize, Serialize};

/// A Bitcoin network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum NetworkName {
    /// Mainnet.
    Bitcoin,
    /// Testnet 3.
    Testnet,
    /// Testnet 4.
    Testnet4,
    /// Signet.
    Signet,
    /// Regtest.
    Regtest,
}

/// Level of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum LogLevel {
    /// Every gossip message.
    Gossip,
    /// Every message.
    Trace,
    /// Details for developers.
    Debug,
    /// Normal operation.
    Info,
    /// Unexpected, but handled.
    Warn,
    /// Needs attention from an operator.
    Error,
}

/// The terms on which this node forwards payments, as announced in `channel_update` (BOLT 7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForwardingTerms {
    /// The base fee.
    pub fee_base_msat: u32,
    /// The proportional fee, in millionths of the amount.
    pub fee_proportional_millionths: u32,
    /// CLTV delta between the incoming and the outgoing HTLC, in blocks.
    pub cltv_expiry_delta: u16,
}

/// The configuration of a node, passed to `create`. The seed and the entropy are passed separately, as bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// The network. A stored state can only be loaded with the network that it was created with.
    pub network: NetworkName,
    /// The current time, in seconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub now_seconds: u64,
    /// The tip of the best chain, from which a new node starts following it. Ignored when a stored state is loaded.
    pub best_block: BlockId,
    /// Minimum level of log lines. Defaults to `info`.
    pub log_level: Option<LogLevel>,
    /// True for a public node (an LSP, a merchant): it announces its channels, forwards payments, and adds no route
    /// hints to invoices once it has an announced channel. False for a wallet: its channels are private, and it sends
    /// onion messages through any connected peer when it knows no better path.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub announced: bool,
    /// The forwarding terms. Defaults to LDK's: 1,000 msat, 0 millionths, 72 blocks.
    pub forwarding: Option<ForwardingTerms>,
    /// True for an LSP: it holds and reports HTLCs for intercept SCIDs, and serves LSPS2 (bLIP 52).
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub lsp_service: bool,
    /// True for a wallet that buys channels through LSPS2: it accepts HTLCs from which the LSP has deducted an opening
    /// fee of at most the invoice's `maxOpeningFeeMsat`, and fails others back.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub accept_skimmed_payments: bool,
    /// Maximum number of HTLCs per channel that a peer may have in flight towards us (1 to 483). Defaults to 50.
    pub max_accepted_htlcs: Option<u16>,
    /// Confirmations that an inbound channel needs unless it is zero-conf. Defaults to 1 on regtest and 3 elsewhere.
    pub minimum_depth: Option<u32>,
    /// Maximum dust exposure per channel: the amount that a force-close may lose to miners. Defaults to LDK's.
    pub max_dust_exposure_msat: Option<Msat>,
    /// Seconds after which the core fails back an intercepted HTLC that has not been forwarded. Defaults to 120.
    pub intercept_deadline_seconds: Option<u32>,
    /// Amount that `sendOnChain` and `openChannel` leave in the on-chain wallet for fee-bumping anchors. Defaults to 0.
    pub on_chain_reserve_sat: Option<Sat>,
    /// Amount that each open channel adds to that reserve. Defaults to 0.
    pub on_chain_reserve_per_channel_sat: Option<Sat>,
    /// The delay that we impose on a peer's own balance after it force-closes (BOLT 2 `to_self_delay`), in blocks (144 to
    /// 2,016). A revoked commitment of the peer can be punished for this long. Defaults to 144.
    pub to_self_delay: Option<u16>,
    /// The fee that we always pay to a peer that insists on it, rather than letting a cooperative close fail, for
    /// channels that we opened. Never more than our balance. Defaults to 0: only LDK's own range is offered.
    pub max_closing_fee_sat: Option<Sat>,
    /// The same as a multiple of the urgent fee rate; the larger of the two counts. Defaults to 0.
    pub max_closing_fee_multiple: Option<u32>,
    /// Number of monitor updates after which the full monitor is written again. Defaults to 64.
    pub monitor_image_every: Option<u32>,
    /// Set if the state was restored from a copy that may be older than the newest state, such as a backup: an id of
    /// that restore. Until a channel's peer has confirmed in its `channel_reestablish` that the state is not older,
    /// nothing that spends the channel's funding output is broadcast, also after a restart without this field.
    /// `forceCloseChannel` lifts the restriction for one channel. Applied once for each id, so it can be passed again.
    pub restored: Option<String>,
    /// True to recover from a state that is known to be older than the newest one. Closes all channels without
    /// broadcasting anything that spends their funding outputs, now and after later starts without this field. Peers are
    /// asked to close when they connect, and their commitment transactions pay our balances to the on-chain wallet.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub recovery: bool,
    /// True if the host provides selected transactions instead of full blocks (Esplora). The core then sends `WATCH`
    /// frames.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub watch_chain: bool,
    /// True if the host answers `LOOKUP` frames. Announced channels then enter the network graph only if their funding
    /// outputs exist, and leave it once these are spent. If false, the signatures of an announcement are enough.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub utxo_lookup: bool,
}
