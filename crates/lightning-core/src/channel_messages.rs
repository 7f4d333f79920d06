//! Stands between LDK's peer manager and channel manager, so that a cooperative close never becomes a force-close.
//!
//! LDK force-closes a channel when the two sides of a cooperative close disagree about its fee, and when they have not
//! agreed within two minutes. A peer of another implementation (LND answers without a `fee_range`, BOLT 2) disagrees
//! easily, because its fee estimate is not ours. LDK's own margin ([`force_close_avoidance_max_fee_satoshis`]) cannot
//! simply be raised: an LDK peer always picks the highest fee that we offer. So we first offer LDK's narrow range, and
//! offer more only to a peer that has asked for it, up to [`ClosingFees::limit_sat`]. LDK fixes the range for as long as
//! the peer is connected, so a wider one takes a reconnection. A proposal beyond the limit is not answered: the channel
//! stays in its cooperative close, and the operator decides.
//!
//! [`force_close_avoidance_max_fee_satoshis`]: lightning::util::config::ChannelConfig
use crate::env::Env;
use crate::node::{ChannelManager, SharedEnv};
use crate::translate::local_balance_msat;
use lightning::bitcoin::constants::ChainHash;
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::chain::chaininterface::{ConfirmationTarget, FeeEstimator};
use lightning::ln::channel_state::{ChannelDetails, ChannelShutdownState};
use lightning::ln::msgs::{self, BaseMessageHandler, ChannelMessageHandler, MessageSendEvent};
use lightning::ln::types::ChannelId;
use lightning::types::features::{InitFeatures, NodeFeatures};
use lightning::util::config::ChannelConfigUpdate;
use lightning::util::logger::Level;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Weight of a closing transaction with two outputs of 34 bytes, rounded up.
const CLOSING_WEIGHT: u64 = 760;
/// Weight of one with two outputs of 22 bytes, rounded down.
const MIN_CLOSING_WEIGHT: u64 = 660;

/// How much more than LDK's own range we offer in a cooperative close that we pay for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClosingFees {
    /// Never too much, in satoshis: about what a force-close costs at the minimum fee rate.
    pub(crate) floor_sat: u64,
    /// The most, as a multiple of our urgent fee estimate.
    pub(crate) multiple: u64,
}

impl ClosingFees {
    /// The most that we pay to close this channel cooperatively, in satoshis. Never more than our balance in it.
    fn limit_sat(self, env: &Env, channel: &ChannelDetails) -> u64 {
        let urgent = u64::from(env.get_est_sat_per_1000_weight(ConfirmationTarget::UrgentOnChainSweep));
        let estimate = urgent.saturating_mul(self.multiple).saturating_mul(CLOSING_WEIGHT) / 1000;
        estimate.max(self.floor_sat).min(local_balance_msat(channel) / 1000)
    }
}

/// Satoshis: the lowest and highest fee that we have offered.
type Range = (u64, u64);
type Key = (PublicKey, [u8; 32]);

/// See the module documentation.
pub(crate) struct ChannelMessages {
    manager: Arc<ChannelManager>,
    env: SharedEnv,
    fees: ClosingFees,
    /// The range that LDK offered in the current connection.
    offered: RefCell<BTreeMap<Key, Range>>,
    /// Channels whose fee was being negotiated at an earlier tick. LDK force-closes them at the next one.
    ticked: RefCell<BTreeSet<Key>>,
    /// Peers to reconnect to, because their channel has a new range.
    reconnect: RefCell<BTreeSet<PublicKey>>,
    /// For tests: speak as a peer that knows no `fee_range`.
    #[cfg(test)]
    pub(crate) without_fee_range: std::cell::Cell<bool>,
}

impl ChannelMessages {
    pub(crate) fn new(manager: Arc<ChannelManager>, env: SharedEnv, fees: ClosingFees) -> ChannelMessages {
        ChannelMessages {
            manager,
            env,
            fees,
            offered: RefCell::default(),
            ticked: RefCell::default(),
            reconnect: RefCell::default(),
            #[cfg(test)]
            without_fee_range: std::cell::Cell::new(false),
        }
    }

    /// Peers that must be disconnected now.
    pub(crate) fn take_reconnects(&self) -> BTreeSet<PublicKey> {
        self.reconnect.take()
    }

    /// Peers that must be disconnected before LDK's minute timer runs, which would force-close a channel whose fee is
    /// still being negotiated. Disconnecting starts the negotiation again, with all that we would pay.
    pub(crate) fn before_tick(&self) -> BTreeSet<PublicKey> {
        let mut ticked = self.ticked.borrow_mut();
        let channels = self.manager.list_channels();
        let known: BTreeSet<Key> = channels.iter().map(|one| (one.counterparty.node_id, one.channel_id.0)).collect();
        ticked.retain(|key| known.contains(key));
        let mut stalled = BTreeSet::new();
        for channel in &channels {
            if !matches!(channel.channel_shutdown_state, Some(ChannelShutdownState::NegotiatingClosingFee)) {
                continue;
            }
            let peer = channel.counterparty.node_id;
            if !ticked.insert((peer, channel.channel_id.0)) {
                if channel.is_outbound {
                    self.offer_up_to(channel, self.fees.limit_sat(&self.env, channel));
                }
                stalled.insert(peer);
            }
        }
        stalled
    }

    /// Whether LDK may see this proposal.
    fn admit(&self, peer: PublicKey, message: &msgs::ClosingSigned) -> bool {
        let Some((min, max)) = self.offered.borrow().get(&(peer, message.channel_id.0)).copied() else { return true };
        let fee = message.fee_satoshis;
        if (min..=max).contains(&fee) {
            return true;
        }
        let channels = self.manager.list_channels_with_counterparty(&peer);
        let Some(channel) = channels.iter().find(|one| one.channel_id == message.channel_id) else { return true };
        let limit = self.fees.limit_sat(&self.env, channel);
        if channel.is_outbound && fee > max && fee <= limit {
            self.offer_up_to(channel, fee);
            self.reconnect.borrow_mut().insert(peer);
            return false;
        }
        let text = format!(
            "channel {} is not closed: the peer wants a fee of {fee} sat, and we accept {min} to {} sat",
            message.channel_id,
            if channel.is_outbound { limit.max(max) } else { max }
        );
        self.env.log_line(Level::Warn, text);
        false
    }

    /// Makes LDK accept this fee from the next connection on. LDK adds its own estimate to the margin.
    fn offer_up_to(&self, channel: &ChannelDetails, fee_sat: u64) {
        let own = u64::from(self.env.get_est_sat_per_1000_weight(ConfirmationTarget::NonAnchorChannelFee));
        let margin = fee_sat.saturating_sub(own.saturating_mul(MIN_CLOSING_WEIGHT) / 1000);
        let current = channel.config.map_or(0, |config| config.force_close_avoidance_max_fee_satoshis);
        if current >= margin {
            return;
        }
        let update = ChannelConfigUpdate {
            force_close_avoidance_max_fee_satoshis: Some(margin),
            ..ChannelConfigUpdate::default()
        };
        let peer = channel.counterparty.node_id;
        // fails only if the channel is gone
        let _ = self.manager.update_partial_channel_config(&peer, &[channel.channel_id], &update);
    }
}

impl BaseMessageHandler for ChannelMessages {
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        #[allow(unused_mut)]
        let mut events = self.manager.get_and_clear_pending_msg_events();
        for event in &mut events {
            let MessageSendEvent::SendClosingSigned { node_id, msg } = event else { continue };
            if let Some(range) = &msg.fee_range {
                let key = (*node_id, msg.channel_id.0);
                self.offered.borrow_mut().insert(key, (range.min_fee_satoshis, range.max_fee_satoshis));
            }
            #[cfg(test)]
            if self.without_fee_range.get() {
                msg.fee_range = None;
            }
        }
        events
    }
    fn peer_disconnected(&self, peer: PublicKey) {
        self.offered.borrow_mut().retain(|(of, _), _| *of != peer);
        self.manager.peer_disconnected(peer);
    }
    fn provided_node_features(&self) -> NodeFeatures {
        self.manager.provided_node_features()
    }
    fn provided_init_features(&self, peer: PublicKey) -> InitFeatures {
        self.manager.provided_init_features(peer)
    }
    fn peer_connected(&self, peer: PublicKey, message: &msgs::Init, inbound: bool) -> Result<(), ()> {
        self.manager.peer_connected(peer, message, inbound)
    }
}

/// Handlers that only pass their message on.
macro_rules! pass_on {
    ($($name:ident: $message:ty),* $(,)?) => {
        $(fn $name(&self, peer: PublicKey, message: $message) {
            ChannelMessageHandler::$name(&*self.manager, peer, message);
        })*
    };
}

impl ChannelMessageHandler for ChannelMessages {
    pass_on!(
        handle_open_channel: &msgs::OpenChannel,
        handle_open_channel_v2: &msgs::OpenChannelV2,
        handle_accept_channel: &msgs::AcceptChannel,
        handle_accept_channel_v2: &msgs::AcceptChannelV2,
        handle_funding_created: &msgs::FundingCreated,
        handle_funding_signed: &msgs::FundingSigned,
        handle_channel_ready: &msgs::ChannelReady,
        handle_peer_storage: msgs::PeerStorage,
        handle_peer_storage_retrieval: msgs::PeerStorageRetrieval,
        handle_shutdown: &msgs::Shutdown,
        handle_stfu: &msgs::Stfu,
        handle_splice_init: &msgs::SpliceInit,
        handle_splice_ack: &msgs::SpliceAck,
        handle_splice_locked: &msgs::SpliceLocked,
        handle_tx_add_input: &msgs::TxAddInput,
        handle_tx_add_output: &msgs::TxAddOutput,
        handle_tx_remove_input: &msgs::TxRemoveInput,
        handle_tx_remove_output: &msgs::TxRemoveOutput,
        handle_tx_complete: &msgs::TxComplete,
        handle_tx_signatures: &msgs::TxSignatures,
        handle_tx_init_rbf: &msgs::TxInitRbf,
        handle_tx_ack_rbf: &msgs::TxAckRbf,
        handle_tx_abort: &msgs::TxAbort,
        handle_update_add_htlc: &msgs::UpdateAddHTLC,
        handle_update_fulfill_htlc: msgs::UpdateFulfillHTLC,
        handle_update_fail_htlc: &msgs::UpdateFailHTLC,
        handle_update_fail_malformed_htlc: &msgs::UpdateFailMalformedHTLC,
        handle_commitment_signed: &msgs::CommitmentSigned,
        handle_revoke_and_ack: &msgs::RevokeAndACK,
        handle_update_fee: &msgs::UpdateFee,
        handle_announcement_signatures: &msgs::AnnouncementSignatures,
        handle_channel_reestablish: &msgs::ChannelReestablish,
        handle_channel_update: &msgs::ChannelUpdate,
        handle_error: &msgs::ErrorMessage,
    );
    fn handle_commitment_signed_batch(
        &self, peer: PublicKey, channel_id: ChannelId, batch: Vec<msgs::CommitmentSigned>,
    ) {
        self.manager.handle_commitment_signed_batch(peer, channel_id, batch);
    }
    fn handle_closing_signed(&self, peer: PublicKey, message: &msgs::ClosingSigned) {
        #[cfg(test)]
        if self.without_fee_range.get() {
            let message = msgs::ClosingSigned { fee_range: None, ..message.clone() };
            self.manager.handle_closing_signed(peer, &message);
            return;
        }
        if self.admit(peer, message) {
            self.manager.handle_closing_signed(peer, message);
        }
    }
    fn get_chain_hashes(&self) -> Option<Vec<ChainHash>> {
        self.manager.get_chain_hashes()
    }
    fn message_received(&self) {
        self.manager.message_received();
    }
}

#[cfg(test)]
mod tests;
