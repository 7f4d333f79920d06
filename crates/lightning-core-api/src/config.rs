//! What a node is told once, at `create`.
use crate::{BlockId, Msat, Sat};
use serde::{Deserialize, Serialize};

/// Bitcoin's networks.
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

/// Levels of log lines that leave the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum LogLevel {
    /// Every gossip message.
    Gossip,
    /// Every message.
    Trace,
    /// What helps a developer.
    Debug,
    /// What an operator may want to see.
    Info,
    /// What is odd, and survivable.
    Warn,
    /// What needs a person.
    Error,
}

/// The terms on which this node forwards payments (BOLT 7's channel_update).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForwardingTerms {
    /// The fixed part of the fee.
    pub fee_base_msat: u32,
    /// The part that grows with the amount, in millionths.
    pub fee_proportional_millionths: u32,
    /// Blocks between the incoming and the outgoing expiry.
    pub cltv_expiry_delta: u16,
}

/// What a node is told once, at `create`. The seed and the entropy are not here: they cross as bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// The network. It must not change over the life of a state.
    pub network: NetworkName,
    /// Seconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub now_seconds: u64,
    /// The tip of the best chain: where a new node starts to look. Not read when there is a state.
    pub best_block: BlockId,
    /// The least level of the log lines that leave the core; `info` when absent.
    pub log_level: Option<LogLevel>,
    /// True for a node that the network may know (an LSP, a merchant): it announces its channels, forwards, and puts
    /// no hints into invoices for announced channels. False for a wallet: it hands onion messages to whichever peer
    /// it has.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub announced: bool,
    /// The terms for forwarding; LDK's defaults (1,000 msat, 0 millionths, 72 blocks) when absent.
    pub forwarding: Option<ForwardingTerms>,
    /// True for an LSP: HTLCs for intercept ids are held and reported, and LSPS2 is served.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub lsp_service: bool,
    /// True for a wallet that buys channels by LSPS2: it accepts HTLCs that are short by a skimmed opening fee, up to
    /// the `maxOpeningFeeMsat` of the invoice; what is skimmed beyond that is failed back.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub accept_skimmed_payments: bool,
    /// HTLCs per channel that a peer may have in flight towards us (1 to 483); 50 when absent.
    pub max_accepted_htlcs: Option<u16>,
    /// Confirmations that an ordinary channel towards us needs; 1 on regtest, else 3 when absent.
    pub minimum_depth: Option<u32>,
    /// The most that may be lost to miners as dust in one channel; LDK's default when absent.
    pub max_dust_exposure_msat: Option<Msat>,
    /// Seconds after which an intercepted HTLC that nobody forwarded is failed back by the core itself; 120 when absent.
    pub intercept_deadline_seconds: Option<u32>,
    /// What `sendOnChain` and `openChannel` leave in the on-chain wallet, so that anchors can be bumped; 0 when absent.
    pub on_chain_reserve_sat: Option<Sat>,
    /// A full image of a monitor is written after this many updates; 64 when absent.
    pub monitor_image_every: Option<u32>,
    /// True when the chain comes as chosen transactions (Esplora): the core then says what to watch, in `WATCH` frames.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub watch_chain: bool,
}
