//! Balances in channels that this node does not know, because its state was restored from a copy made before they were
//! opened.
//!
//! LDK answers the peer's `channel_reestablish` for such a channel in a way that makes the peer close it (BOLT 2), and
//! does nothing more. The peer's commitment transaction pays our balance to one of 1,000 scripts that depend on our seed
//! only (`KeysManager::possible_v2_counterparty_closed_balance_spks`). This module finds these outputs and passes them to
//! the sweeper. HTLCs that were in flight are lost with the state that knew them.
//!
//! A node that does not announce itself has few peers, which it has chosen: it remembers the channels that they ask for,
//! and looks at what spends their funding outputs. Anybody can ask an announced node for any channel, so it remembers
//! none.
//!
//! A peer does not ask for a channel that it has closed already. So a node that was restored, or was in recovery mode,
//! looks at every transaction that the host reports. A host with full blocks reports all. Another host is asked a few
//! times, over some weeks, what the 1,000 scripts hold.
use crate::env::Env;
use crate::node::{SharedEnv, SharedKeys};
use crate::watch::{Watch, WatchList};
use crate::wire::{Reader, Writer};
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::secp256k1::{All, Secp256k1};
use lightning::bitcoin::{Amount, OutPoint, ScriptBuf, Transaction, TxOut, Txid};
use lightning::chain::transaction::OutPoint as FundingOutPoint;
use lightning::ln::chan_utils::{get_to_countersigner_keyed_anchor_redeemscript, ChannelTransactionParameters};
use lightning::ln::types::ChannelId;
use lightning::sign::{ChannelSigner, SpendableOutputDescriptor, StaticPaymentOutputDescriptor};
use lightning::types::features::ChannelTypeFeatures;
use lightning::util::logger::Level;
use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Prefix of the keys of channels that peers have asked for, followed by the channel id in hex.
const CHANNEL_PREFIX: &str = "lost-channel/";
/// Prefix of the keys of outputs that are not deep enough yet, followed by the transaction id and the index.
const OUTPUT_PREFIX: &str = "lost-output/";
/// Present once the node was restored from a copy or has been in recovery mode.
const WAS_RECOVERED: &str = "recovered";
/// The height of the last restore, and the number of searches since then.
const SEARCH: &str = "lost-search";
/// Blocks between a restore and each search: at once, after a day, a week and two weeks. A peer that is away may close
/// a channel at any time, but `to_self_delay` makes no difference to us: what it pays us stays.
const SEARCH_AFTER_BLOCKS: [u32; 4] = [0, 144, 1_008, 2_016];
/// Channels that are remembered.
const MAX_CHANNELS: usize = 64;
/// A channel id names the funding transaction together with the index of its output (BOLT 2): the indices to try.
const OUTPUT_INDICES: u16 = 4;
/// Confirmations after which an output is swept: as many as LDK waits for.
const CONFIRMATIONS: u32 = 6;
/// Smaller outputs are ignored: sweeping them costs more, and anybody who knows a script of ours can pay to it.
const MIN_OUTPUT_SAT: u64 = 1_000;
/// Channel keys that are tried for one output. One in a thousand has the output's payment key.
const MAX_KEYS_TRIED: u64 = 30_000;

/// An output that pays us, and where it was confirmed.
struct Output {
    height: u32,
    output: TxOut,
}
impl Output {
    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.u32(self.height);
        out.u64(self.output.value.to_sat());
        out.raw(self.output.script_pubkey.as_bytes());
        out.0
    }
    fn decode(bytes: &[u8]) -> Option<Output> {
        let mut reader = Reader(bytes);
        let height = reader.u32().ok()?;
        let value = Amount::from_sat(reader.u64().ok()?);
        let script_pubkey = ScriptBuf::from_bytes(reader.rest().to_vec());
        Some(Output { height, output: TxOut { value, script_pubkey } })
    }
}

fn search(since: u32, done: u8) -> Vec<u8> {
    let mut out = Writer::default();
    out.u32(since);
    out.u8(done);
    out.0
}

fn read_search(bytes: &[u8]) -> Option<(u32, u8)> {
    let mut reader = Reader(bytes);
    Some((reader.u32().ok()?, reader.u8().ok()?))
}

fn output_key(outpoint: &OutPoint) -> String {
    format!("{OUTPUT_PREFIX}{outpoint}")
}

/// Finds what the peers' commitment transactions of unknown channels pay us.
pub(crate) struct LostChannels {
    env: SharedEnv,
    keys: SharedKeys,
    watch: Arc<WatchList>,
    secp: Secp256k1<All>,
    /// True from the moment that the host has been asked what the scripts hold until its next tip.
    searching: Cell<bool>,
    /// The scripts that a peer's commitment transaction can pay us at. Derived when first needed: it takes a while.
    scripts: OnceCell<HashSet<ScriptBuf>>,
}
impl LostChannels {
    /// Loads what is stored.
    pub(crate) fn new(env: SharedEnv, keys: SharedKeys, watch: Arc<WatchList>) -> LostChannels {
        let (secp, searching, scripts) = (Secp256k1::new(), Cell::new(false), OnceCell::new());
        let lost = LostChannels { env, keys, watch, secp, searching, scripts };
        for outpoint in lost.fundings() {
            lost.register(outpoint);
        }
        lost
    }

    /// The node's state may be older than the newest: it was restored from a copy, or runs in recovery mode.
    pub(crate) fn begin(&self, tip: u32) {
        self.env.set(WAS_RECOVERED, vec![1]);
        self.env.set(SEARCH, search(tip, 0));
    }

    /// Asks a host without full blocks what the scripts hold, if a search is due. The first tip after that ends it.
    pub(crate) fn search_if_due(&self, tip: u32) {
        let Some((since, done)) = self.env.get(SEARCH).and_then(|bytes| read_search(&bytes)) else { return };
        let Some(after) = SEARCH_AFTER_BLOCKS.get(usize::from(done)) else {
            self.env.delete(SEARCH);
            return;
        };
        if self.searching.get() || !self.watch.is_enabled() || tip < since.saturating_add(*after) {
            return;
        }
        self.searching.set(true);
        for script in self.scripts() {
            self.watch.add_lookup(script.clone());
        }
    }

    /// A new tip: the host has answered what it was asked before.
    pub(crate) fn searched(&self) {
        if !self.searching.replace(false) {
            return;
        }
        if let Some((since, done)) = self.env.get(SEARCH).and_then(|bytes| read_search(&bytes)) {
            self.env.set(SEARCH, search(since, done.saturating_add(1)));
        }
    }

    /// A peer has asked for a channel that this node does not know.
    pub(crate) fn note(env: &Env, watch: &WatchList, channel: &ChannelId) {
        let key = format!("{CHANNEL_PREFIX}{channel}");
        if env.get(&key).is_some() || env.with_prefix(CHANNEL_PREFIX).len() >= MAX_CHANNELS {
            return;
        }
        env.log_line(Level::Warn, format!("the peer has channel {channel}, which this node does not know"));
        env.set(&key, channel.0.to_vec());
        for outpoint in possible_fundings(channel) {
            watch_spend(watch, outpoint);
        }
    }

    fn register(&self, outpoint: OutPoint) {
        watch_spend(&self.watch, outpoint);
    }

    fn scans_blocks(&self) -> bool {
        self.env.get(WAS_RECOVERED).is_some()
    }

    /// The funding outputs that the remembered channels can have.
    fn fundings(&self) -> Vec<OutPoint> {
        let stored = self.env.with_prefix(CHANNEL_PREFIX).into_iter();
        let channels = stored.filter_map(|(_, id)| Some(ChannelId(id.try_into().ok()?)));
        channels.flat_map(|channel| possible_fundings(&channel)).collect()
    }

    fn scripts(&self) -> &HashSet<ScriptBuf> {
        self.scripts
            .get_or_init(|| self.keys.possible_v2_counterparty_closed_balance_spks(&self.secp).into_iter().collect())
    }

    /// Remembers the outputs of confirmed transactions that pay us. `known` is true for the
    /// funding output of a channel whose monitor claims for itself.
    pub(crate) fn confirmed(
        &self, transactions: &[(usize, &Transaction)], height: u32, known: impl Fn(&OutPoint) -> bool,
    ) {
        let fundings: HashSet<OutPoint> = self.fundings().into_iter().collect();
        let scans = self.scans_blocks();
        if !scans && fundings.is_empty() {
            return;
        }
        let noted = self.outputs();
        for spent in transactions.iter().flat_map(|(_, transaction)| &transaction.input) {
            if noted.contains_key(&spent.previous_output) {
                // this node has swept it itself, in a state that it has lost
                self.env.delete(&output_key(&spent.previous_output));
            }
        }
        for (_, transaction) in transactions.iter().filter(|(_, transaction)| is_commitment(transaction)) {
            let spends = |wanted: &dyn Fn(&OutPoint) -> bool| {
                transaction.input.iter().any(|input| wanted(&input.previous_output))
            };
            if !(scans || spends(&|funding| fundings.contains(funding))) || spends(&known) {
                continue;
            }
            for (output, vout) in transaction.output.iter().zip(0..) {
                if output.value.to_sat() >= MIN_OUTPUT_SAT && self.scripts().contains(&output.script_pubkey) {
                    let outpoint = OutPoint { txid: transaction.compute_txid(), vout };
                    self.env.set(&output_key(&outpoint), Output { height, output: output.clone() }.encode());
                }
            }
        }
    }

    fn outputs(&self) -> BTreeMap<OutPoint, Output> {
        let stored = self.env.with_prefix(OUTPUT_PREFIX).into_iter();
        let outputs = stored
            .filter_map(|(key, value)| Some((key.strip_prefix(OUTPUT_PREFIX)?.parse().ok()?, Output::decode(&value)?)));
        outputs.collect()
    }

    /// A transaction has left the best chain.
    pub(crate) fn unconfirm(&self, txid: &Txid) {
        for outpoint in self.outputs().into_keys().filter(|outpoint| outpoint.txid == *txid) {
            self.env.delete(&output_key(&outpoint));
        }
    }

    /// All blocks above this height have left the best chain.
    pub(crate) fn disconnect_to(&self, height: u32) {
        for (outpoint, output) in self.outputs() {
            if output.height > height {
                self.env.delete(&output_key(&outpoint));
            }
        }
    }

    /// Transactions whose disappearance from the best chain the node has to learn of.
    pub(crate) fn relevant(&self) -> Vec<(Txid, u32)> {
        self.outputs().into_iter().map(|(outpoint, output)| (outpoint.txid, output.height)).collect()
    }

    /// Takes the outputs that are deep below the tip, for the sweeper.
    pub(crate) fn take_deep(&self, tip: u32) -> Vec<SpendableOutputDescriptor> {
        let mut descriptors = vec![];
        for (outpoint, output) in self.outputs() {
            if tip.saturating_add(1) < output.height.saturating_add(CONFIRMATIONS) {
                continue;
            }
            match self.descriptor(&outpoint, &output.output) {
                Some(descriptor) => descriptors.push(descriptor),
                None => self.env.log_line(Level::Error, format!("no keys found for the output {outpoint}")),
            }
            self.env.delete(&output_key(&outpoint));
        }
        descriptors
    }

    /// LDK's signer derives the payment key from the id of a channel's keys, and the id of the lost channel is unknown.
    /// Any id that has the same payment key is as good.
    fn descriptor(&self, outpoint: &OutPoint, output: &TxOut) -> Option<SpendableOutputDescriptor> {
        let (channel_keys_id, holder_pubkeys) = (0..MAX_KEYS_TRIED).find_map(|attempt| {
            let mut id = [0; 32];
            id[24..].copy_from_slice(&attempt.to_be_bytes());
            let keys = self.keys.derive_channel_keys(&id).pubkeys(&self.secp);
            let script = get_to_countersigner_keyed_anchor_redeemscript(&keys.payment_point).to_p2wsh();
            (script == output.script_pubkey).then_some((id, keys))
        })?;
        let mut channel_type_features = ChannelTypeFeatures::only_static_remote_key();
        channel_type_features.set_anchors_zero_fee_htlc_tx_required();
        let channel_value_satoshis = output.value.to_sat();
        Some(SpendableOutputDescriptor::StaticPaymentOutput(StaticPaymentOutputDescriptor {
            outpoint: FundingOutPoint { txid: outpoint.txid, index: u16::try_from(outpoint.vout).ok()? },
            output: output.clone(),
            channel_keys_id,
            channel_value_satoshis,
            channel_transaction_parameters: Some(ChannelTransactionParameters {
                holder_pubkeys,
                holder_selected_contest_delay: 0,
                is_outbound_from_holder: false,
                counterparty_parameters: None,
                funding_outpoint: None,
                splice_parent_funding_txid: None,
                channel_type_features,
                channel_value_satoshis,
            }),
        }))
    }
}

/// BOLT 3 marks commitment transactions: the highest byte of the lock time is 0x20, that of the only input's sequence 0x80.
fn is_commitment(transaction: &Transaction) -> bool {
    let [input] = transaction.input.as_slice() else { return false };
    transaction.lock_time.to_consensus_u32() >> 24 == 0x20 && input.sequence.to_consensus_u32() >> 24 == 0x80
}

fn possible_fundings(channel: &ChannelId) -> Vec<OutPoint> {
    let fundings = (0..OUTPUT_INDICES).map(|index| {
        // the combination is its own inverse
        let txid = ChannelId::v1_from_funding_txid(&channel.0, index).0;
        OutPoint { txid: Txid::from_byte_array(txid), vout: index.into() }
    });
    fundings.collect()
}

fn watch_spend(watch: &WatchList, outpoint: OutPoint) {
    let (txid, index) = (outpoint.txid.to_byte_array(), outpoint.vout);
    watch.add(Watch { kind: 1, txid, index, script: ScriptBuf::new() });
}
