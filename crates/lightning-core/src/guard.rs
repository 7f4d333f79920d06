//! Compares each peer's `channel_reestablish` (BOLT 2) with our own state before LDK sees it.
//!
//! LDK 0.2 panics when a peer proves that our state is older, only sends a warning when the peer's state is older, and
//! closes with a broadcast when the peer does not know the channel. This wrapper of LDK's channel manager decides these
//! cases itself and passes everything else on unchanged.
use crate::channel_messages::ChannelMessages;
use crate::env::Env;
use crate::holds::{Hold, HoldReason};
use crate::lost_channels::LostChannels;
use crate::node::{ChainMonitor, ChannelManager, SharedKeys};
use crate::unfunded;
use crate::watch::WatchList;
use lightning::bitcoin::constants::ChainHash;
use lightning::bitcoin::secp256k1::{All, PublicKey, Secp256k1, SecretKey};
use lightning::ln::channel_state::ChannelDetails;
use lightning::ln::msgs::{
    self, BaseMessageHandler, ChannelMessageHandler, ChannelReestablish, Init, MessageSendEvent,
};
use lightning::ln::types::ChannelId;
use lightning::sign::{ChannelSigner, SignerProvider};
use lightning::types::features::{InitFeatures, NodeFeatures};
use lightning::util::logger::Level;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Number of the first commitment transaction in the revocation tree, which counts down (BOLT 3).
const INITIAL_COMMITMENT_NUMBER: u64 = (1 << 48) - 1;

/// A fact about a channel that a `channel_reestablish` revealed. LDK has not seen that message.
pub enum Finding {
    /// The peer has proven that it holds a newer state than ours. The channel is held already.
    OurStateIsOlder(Compared),
    /// The peer's state is older than ours.
    PeerStateIsOlder(Compared),
    /// The peer, who opened the channel, does not know it, it is not funded, and we have nothing in it. It is held
    /// already.
    NeverFunded(Box<ChannelDetails>),
}
/// A channel with the number of our newest commitment transaction, in our state and as the peer knows it.
pub struct Compared {
    /// The channel.
    pub channel: Box<ChannelDetails>,
    /// The newest commitment transaction that we hold.
    pub own: u64,
    /// The newest commitment transaction of ours that the peer expects us to hold.
    pub expected: u64,
}

/// The numbers in our own `channel_reestablish`.
#[derive(Clone, Copy)]
struct Sent {
    /// The next commitment transaction that we expect to receive.
    next_local: u64,
    /// The next revocation that we expect to receive.
    next_remote: u64,
}

/// The outermost handler of channel messages: the checks of this module in front of the closing fees and the manager.
pub struct ChannelGuard {
    manager: Arc<ChannelManager>,
    /// The next handler, which passes messages on to the manager.
    inner: Arc<ChannelMessages>,
    env: Arc<Env>,
    keys: SharedKeys,
    secp: Secp256k1<All>,
    /// Ids of the keys of the channels that were loaded at the start. A channel opened since cannot be older than its
    /// peer's.
    channel_keys: BTreeMap<ChannelId, [u8; 32]>,
    /// Present if channels that we do not know are remembered when their peers ask for them.
    lost: Option<(Arc<WatchList>, Arc<ChainMonitor>)>,
    /// Our `channel_reestablish` messages on the current connections that the peer has not answered.
    sent: RefCell<BTreeMap<(PublicKey, ChannelId), Sent>>,
    outgoing: RefCell<Vec<MessageSendEvent>>,
    findings: RefCell<Vec<Finding>>,
}
impl ChannelGuard {
    /// Wraps the manager. `channel_keys` maps each loaded channel to LDK's id of its keys.
    pub fn new(
        manager: Arc<ChannelManager>, inner: Arc<ChannelMessages>, env: Arc<Env>, keys: SharedKeys,
        channel_keys: BTreeMap<ChannelId, [u8; 32]>, lost: Option<(Arc<WatchList>, Arc<ChainMonitor>)>,
    ) -> ChannelGuard {
        let (sent, outgoing, findings) = (RefCell::default(), RefCell::default(), RefCell::default());
        ChannelGuard { manager, inner, env, keys, secp: Secp256k1::new(), channel_keys, lost, sent, outgoing, findings }
    }

    /// The findings since the last call.
    pub fn take_findings(&self) -> Vec<Finding> {
        core::mem::take(&mut *self.findings.borrow_mut())
    }

    /// Takes LDK's messages, and remembers the numbers that we tell our peers.
    fn collect(&self) {
        let messages = self.inner.get_and_clear_pending_msg_events();
        for message in &messages {
            if let MessageSendEvent::SendChannelReestablish { node_id, msg } = message {
                // LDK answers with zero for a channel that it does not know
                if msg.next_local_commitment_number > 0 {
                    let sent = Sent {
                        next_local: msg.next_local_commitment_number,
                        next_remote: msg.next_remote_commitment_number,
                    };
                    self.sent.borrow_mut().insert((*node_id, msg.channel_id), sent);
                }
            }
        }
        self.outgoing.borrow_mut().extend(messages);
    }

    fn details(&self, peer: &PublicKey, channel: &ChannelId) -> Option<ChannelDetails> {
        self.manager.list_channels_with_counterparty(peer).into_iter().find(|known| known.channel_id == *channel)
    }

    /// True if `your_last_per_commitment_secret` is the secret of the commitment transaction of ours that the message
    /// names: proof that we have revoked it.
    fn proves_revocation(&self, msg: &ChannelReestablish) -> bool {
        let Some(keys) = self.channel_keys.get(&msg.channel_id) else { return false };
        if msg.next_remote_commitment_number == 0 || msg.next_remote_commitment_number >= INITIAL_COMMITMENT_NUMBER {
            return false;
        }
        let Ok(secret) = SecretKey::from_slice(&msg.your_last_per_commitment_secret) else { return false };
        let index = INITIAL_COMMITMENT_NUMBER - msg.next_remote_commitment_number + 1;
        let point = self.keys.derive_channel_signer(*keys).get_per_commitment_point(index, &self.secp);
        point.is_ok_and(|point| point == PublicKey::from_secret_key(&self.secp, &secret))
    }

    /// Decides what LDK must not decide. Returns true if the message must not reach LDK.
    fn intercept(&self, peer: &PublicKey, msg: &ChannelReestablish) -> bool {
        self.collect();
        if let Some((watch, monitors)) = &self.lost {
            // a channel that has closed still has its monitor
            let known = self.details(peer, &msg.channel_id).is_some() || monitors.get_monitor(msg.channel_id).is_ok();
            if !known && msg.next_local_commitment_number > 0 {
                LostChannels::note(&self.env, watch, &msg.channel_id);
            }
        }
        let Some(sent) = self.sent.borrow_mut().remove(&(*peer, msg.channel_id)) else { return false };
        let Some(channel) = self.details(peer, &msg.channel_id) else { return false };
        let Some(funding) = channel.funding_txo else { return false };
        let hold =
            |reason| self.env.hold(channel.channel_id, Hold { reason, funding: funding.into_bitcoin_outpoint() });
        let unverified = self.env.held(&channel.channel_id) == Some(HoldReason::Unverified);
        if msg.next_local_commitment_number == 0 {
            if is_never_funded(&channel) && !self.env.knows_funding(&funding.txid) {
                let hold = Hold { reason: HoldReason::Unfunded, funding: funding.into_bitcoin_outpoint() };
                let tip = self.manager.current_best_block().height;
                unfunded::keep(&self.env, channel.channel_id, &hold, tip);
                self.findings.borrow_mut().push(Finding::NeverFunded(Box::new(channel)));
                return true;
            }
            if unverified {
                // The peer asks us to close, without a proof of its own state. Our state may be revoked: wait for the
                // peer's transaction.
                let line = format!("channel {} is restored; not closing it for its peer", channel.channel_id);
                self.env.log_line(Level::Warn, line);
            }
            return unverified;
        }
        let (own, expected) = (sent.next_local.saturating_sub(1), msg.next_remote_commitment_number);
        if expected > own && self.proves_revocation(msg) {
            hold(HoldReason::Behind);
            let compared = Compared { channel: Box::new(channel), own, expected };
            self.findings.borrow_mut().push(Finding::OurStateIsOlder(compared));
            return true;
        }
        if unverified && expected <= own {
            self.env.release_hold(&channel.channel_id);
        }
        // a peer may have missed our last commitment and our last revocation, which are sent again
        let peer_is_older =
            msg.next_local_commitment_number < sent.next_remote.saturating_add(1) || expected.saturating_add(1) < own;
        if peer_is_older {
            let compared = Compared { channel: Box::new(channel), own, expected };
            self.findings.borrow_mut().push(Finding::PeerStateIsOlder(compared));
        }
        peer_is_older
    }
}

/// True if the peer funds the channel, and there is nothing of ours in it: it has never been usable.
fn is_never_funded(channel: &ChannelDetails) -> bool {
    !channel.is_outbound
        && !channel.is_channel_ready
        && channel.confirmations == Some(0)
        && crate::translate::local_balance_msat(channel) == 0
        && channel.pending_inbound_htlcs.is_empty()
}

impl BaseMessageHandler for ChannelGuard {
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        self.collect();
        core::mem::take(&mut *self.outgoing.borrow_mut())
    }
    fn peer_disconnected(&self, peer: PublicKey) {
        self.sent.borrow_mut().retain(|(known, _), _| *known != peer);
        self.inner.peer_disconnected(peer);
    }
    fn provided_node_features(&self) -> NodeFeatures {
        self.inner.provided_node_features()
    }
    fn provided_init_features(&self, peer: PublicKey) -> InitFeatures {
        self.inner.provided_init_features(peer)
    }
    fn peer_connected(&self, peer: PublicKey, msg: &Init, inbound: bool) -> Result<(), ()> {
        self.inner.peer_connected(peer, msg, inbound)
    }
}

/// Passes messages on to LDK.
macro_rules! pass_on {
    ($($handler:ident($message:ty)),* $(,)?) => {
        $(fn $handler(&self, peer: PublicKey, msg: $message) {
            self.inner.$handler(peer, msg);
        })*
    };
}
impl ChannelMessageHandler for ChannelGuard {
    fn handle_channel_reestablish(&self, peer: PublicKey, msg: &ChannelReestablish) {
        if !self.intercept(&peer, msg) {
            self.inner.handle_channel_reestablish(peer, msg);
        }
    }
    fn handle_commitment_signed_batch(&self, peer: PublicKey, channel: ChannelId, batch: Vec<msgs::CommitmentSigned>) {
        self.inner.handle_commitment_signed_batch(peer, channel, batch);
    }
    fn get_chain_hashes(&self) -> Option<Vec<ChainHash>> {
        self.inner.get_chain_hashes()
    }
    fn message_received(&self) {
        self.inner.message_received();
    }
    pass_on! {
        handle_open_channel(&msgs::OpenChannel),
        handle_open_channel_v2(&msgs::OpenChannelV2),
        handle_accept_channel(&msgs::AcceptChannel),
        handle_accept_channel_v2(&msgs::AcceptChannelV2),
        handle_funding_created(&msgs::FundingCreated),
        handle_funding_signed(&msgs::FundingSigned),
        handle_channel_ready(&msgs::ChannelReady),
        handle_peer_storage(msgs::PeerStorage),
        handle_peer_storage_retrieval(msgs::PeerStorageRetrieval),
        handle_shutdown(&msgs::Shutdown),
        handle_closing_signed(&msgs::ClosingSigned),
        handle_stfu(&msgs::Stfu),
        handle_splice_init(&msgs::SpliceInit),
        handle_splice_ack(&msgs::SpliceAck),
        handle_splice_locked(&msgs::SpliceLocked),
        handle_tx_add_input(&msgs::TxAddInput),
        handle_tx_add_output(&msgs::TxAddOutput),
        handle_tx_remove_input(&msgs::TxRemoveInput),
        handle_tx_remove_output(&msgs::TxRemoveOutput),
        handle_tx_complete(&msgs::TxComplete),
        handle_tx_signatures(&msgs::TxSignatures),
        handle_tx_init_rbf(&msgs::TxInitRbf),
        handle_tx_ack_rbf(&msgs::TxAckRbf),
        handle_tx_abort(&msgs::TxAbort),
        handle_update_add_htlc(&msgs::UpdateAddHTLC),
        handle_update_fulfill_htlc(msgs::UpdateFulfillHTLC),
        handle_update_fail_htlc(&msgs::UpdateFailHTLC),
        handle_update_fail_malformed_htlc(&msgs::UpdateFailMalformedHTLC),
        handle_commitment_signed(&msgs::CommitmentSigned),
        handle_revoke_and_ack(&msgs::RevokeAndACK),
        handle_update_fee(&msgs::UpdateFee),
        handle_announcement_signatures(&msgs::AnnouncementSignatures),
        handle_channel_update(&msgs::ChannelUpdate),
        handle_error(&msgs::ErrorMessage),
    }
}
