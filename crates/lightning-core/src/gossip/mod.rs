//! Stands between LDK's peer manager and its gossip handler (BOLT 7).
//!
//! It adds to LDK 0.2.7: the host looks up the funding outputs of announced channels ([`lookups`]); queries for channels
//! are answered ([`queries`]); a peer may only announce as much as its budget allows; and the whole graph is requested
//! and sent only where it is needed ([`sync`]). LDK without std requests and sends it on every connection.
mod backfill;
mod budget;
pub(crate) mod lookups;
mod queries;
mod sync;

use crate::node::{ChannelManager, GossipSync, Graph, SharedEnv};
use backfill::Backfill;
use budget::{Budget, Terms};
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::bitcoin::{Amount, TxOut};
use lightning::ln::chan_utils::make_funding_redeemscript;
use lightning::ln::msgs::RoutingMessageHandler;
use lightning::ln::msgs::{self, BaseMessageHandler, ErrorAction, Init, LightningError, MessageSendEvent};
use lightning::routing::gossip::NodeId;
use lightning::types::features::{InitFeatures, NodeFeatures};
use lightning::util::logger::Level;
use lightning::util::scid_utils::block_from_scid;
pub(crate) use lookups::{Answer, Lookups};
pub(crate) use queries::GossipReply;
use queries::Queries;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;
use sync::{Sync, SMALL_GRAPH};

/// New channels that a peer may announce. A peer without a public channel with us costs an attacker nothing.
const STRANGER: Terms = Terms { burst: 100, per_minute: 10 };
const PARTNER: Terms = Terms { burst: 2_000, per_minute: 200 };
/// New channels that all peers without a public channel may announce together.
const ALL_STRANGERS: Terms = Terms { burst: 500, per_minute: 60 };
/// `query_channel_range` messages that a peer may send. Each goes through the whole graph.
const RANGE_QUERIES: Terms = Terms { burst: 8, per_minute: 6 };

/// Stale channels are removed this often.
const MIN_PRUNE_SECONDS: u64 = 3_600;
/// They are removed this often even if channels are announced all the time.
const MAX_PRUNE_SECONDS: u64 = 86_400;
/// The updates of a channel arrive within this time after its announcement.
const QUIET_BEFORE_PRUNING_SECONDS: u64 = 300;

/// State of a connected peer.
struct Peer {
    inbound: bool,
    announcements: Budget,
    range_queries: Budget,
}

/// See the module documentation.
pub(crate) struct Gossip {
    ldk: Arc<GossipSync>,
    graph: Arc<Graph>,
    manager: Arc<ChannelManager>,
    env: SharedEnv,
    us: NodeId,
    /// `Config::announced`.
    announced: bool,
    pub(crate) lookups: Arc<Lookups>,
    queries: RefCell<Queries>,
    sync: RefCell<Sync>,
    backfill: RefCell<Backfill>,
    peers: RefCell<BTreeMap<PublicKey, Peer>>,
    strangers: RefCell<Budget>,
    events: RefCell<Vec<MessageSendEvent>>,
    /// When a channel was last added to the graph, and when stale ones were last removed, in seconds since 1970.
    newest_channel: Cell<u64>,
    pruned: Cell<u64>,
}

fn ignore(reason: &str) -> LightningError {
    LightningError { err: reason.into(), action: ErrorAction::IgnoreAndLog(Level::Gossip) }
}

impl Gossip {
    pub(crate) fn new(
        ldk: Arc<GossipSync>, manager: Arc<ChannelManager>, env: SharedEnv, lookups: Arc<Lookups>, announced: bool,
    ) -> Gossip {
        let graph = ldk.network_graph().clone();
        let now = env.now_seconds();
        Gossip {
            ldk,
            us: NodeId::from_pubkey(&manager.get_our_node_id()),
            announced,
            lookups,
            queries: RefCell::new(Queries::new(graph.get_chain_hash())),
            sync: RefCell::new(Sync::load(&env)),
            backfill: RefCell::default(),
            peers: RefCell::default(),
            strangers: RefCell::new(Budget::full(ALL_STRANGERS, now)),
            events: RefCell::default(),
            newest_channel: Cell::new(now),
            pruned: Cell::new(now),
            graph,
            manager,
            env,
        }
    }

    /// Applies the host's answer to a look-up.
    pub(crate) fn answer(&self, scid: u64, answer: Answer) {
        if self.lookups.answer(scid, answer, &self.graph, &self.ldk, &self.env) {
            self.newest_channel.set(self.env.now_seconds());
        }
    }

    /// Runs once a minute: ends or starts a sync, and queues channels of the graph to be looked up again.
    pub(crate) fn tick(&self) {
        self.prune();
        self.continue_sync();
        let open = self.manager.list_channels().into_iter().filter_map(|channel| channel.short_channel_id);
        self.lookups.recheck(&self.graph, &open.collect());
    }

    /// Removes channels without updates for two weeks. LDK without std does not record when a channel was announced, so
    /// it also removes those whose first updates are on the way, and refuses them for a week.
    fn prune(&self) {
        let now = self.env.now_seconds();
        let is_quiet = now >= self.newest_channel.get() + QUIET_BEFORE_PRUNING_SECONDS;
        let wait = if is_quiet { MIN_PRUNE_SECONDS } else { MAX_PRUNE_SECONDS };
        if now >= self.pruned.get() + wait {
            self.pruned.set(now);
            self.graph.remove_stale_channels_and_tracking_with_time(now);
        }
    }

    /// The next answers to queries of peers.
    pub(crate) fn take_replies(&self) -> Vec<(PublicKey, GossipReply)> {
        self.queries.borrow_mut().take_replies(&self.graph, self.env.now_seconds())
    }

    /// Allows the answers of one more exchange.
    pub(crate) fn begin_exchange(&self) {
        self.queries.borrow_mut().begin_exchange();
    }

    /// True while queries wait for their answers.
    pub(crate) fn has_queries(&self) -> bool {
        self.queries.borrow().is_active()
    }

    /// True if we share a public channel with this peer.
    fn is_partner(&self, peer: &PublicKey) -> bool {
        let channels = self.manager.list_channels_with_counterparty(peer);
        channels.iter().any(|channel| channel.is_announced && channel.is_channel_ready)
    }

    /// The funding output of an announced channel of our own, which needs no look-up.
    fn own_funding(&self, message: &msgs::UnsignedChannelAnnouncement) -> Option<TxOut> {
        let other = match (message.node_id_1 == self.us, message.node_id_2 == self.us) {
            (true, false) => message.node_id_2,
            (false, true) => message.node_id_1,
            _ => return None,
        };
        let channels = self.manager.list_channels_with_counterparty(&other.as_pubkey().ok()?);
        let own = channels.into_iter().find(|one| one.short_channel_id == Some(message.short_channel_id))?;
        let (first, second) = (message.bitcoin_key_1.as_pubkey().ok()?, message.bitcoin_key_2.as_pubkey().ok()?);
        let script_pubkey = make_funding_redeemscript(&first, &second).to_p2wsh();
        Some(TxOut { value: Amount::from_sat(own.channel_value_satoshis), script_pubkey })
    }

    /// Whether a peer may have this channel looked up. Checked before the signatures, which cost more to verify.
    fn admit(&self, peer: &PublicKey, message: &msgs::UnsignedChannelAnnouncement) -> Result<(), LightningError> {
        let scid = message.short_channel_id;
        let is_known = self.graph.read_only().channel(scid).is_some_and(|known| {
            let same_nodes = known.node_one == message.node_id_1 && known.node_two == message.node_id_2;
            known.capacity_sats.is_some() && same_nodes
        });
        if is_known {
            // LDK ignores it before it verifies anything
            return Ok(());
        }
        if block_from_scid(scid) > self.manager.current_best_block().height {
            return Err(ignore("the channel's block is above our best block"));
        }
        if self.lookups.is_refused(scid) {
            return Err(ignore("the channel's funding output was looked up and is not there"));
        }
        let is_source = self.sync.borrow().is_source(peer);
        let is_partner = is_source || self.is_partner(peer);
        if !self.lookups.has_room(scid, is_partner) {
            return Err(ignore("too many channels wait to be looked up"));
        }
        let now = self.env.now_seconds();
        if !is_source {
            let terms = if is_partner { PARTNER } else { STRANGER };
            let mut peers = self.peers.borrow_mut();
            let allowed = peers.get_mut(peer).is_some_and(|state| state.announcements.take(terms, now));
            if !allowed || (!is_partner && !self.strangers.borrow_mut().take(ALL_STRANGERS, now)) {
                return Err(ignore("the peer announces too many channels"));
            }
        }
        self.lookups.set_priority(is_partner);
        Ok(())
    }

    fn is_synced(&self) -> bool {
        let channels = self.graph.read_only().channels().len();
        let snapshot = self.graph.get_last_rapid_gossip_sync_timestamp();
        self.sync.borrow().is_synced(self.announced, channels, snapshot, self.env.now_seconds())
    }

    /// Sends a peer our filter: what it may send us, and from which time on.
    fn send_filter(&self, peer: PublicKey, first_timestamp: u64) {
        self.events.borrow_mut().push(MessageSendEvent::SendGossipTimestampFilter {
            node_id: peer,
            msg: msgs::GossipTimestampFilter {
                chain_hash: self.graph.get_chain_hash(),
                first_timestamp: u32::try_from(first_timestamp).unwrap_or(u32::MAX),
                timestamp_range: u32::MAX,
            },
        });
    }

    fn request_gossip(&self, peer: PublicKey, inbound: bool) {
        let now = self.env.now_seconds();
        if !self.is_synced() {
            let chosen = !inbound || self.is_partner(&peer);
            let is_small = self.graph.read_only().channels().len() <= SMALL_GRAPH;
            if chosen && (self.sync.borrow_mut().start(peer, now) || is_small) {
                return self.send_filter(peer, 0);
            }
        }
        // A wallet with a graph of a useful size gets no stream of updates: that would be tens of megabytes a day.
        if self.announced {
            let since = self.sync.borrow().since(now);
            self.send_filter(peer, since);
        }
    }

    fn continue_sync(&self) {
        let now = self.env.now_seconds();
        // a wallet gets no updates after its sync
        let has_source =
            self.announced && self.peers.borrow().iter().any(|(peer, state)| !state.inbound || self.is_partner(peer));
        self.sync.borrow_mut().tick(&self.env, now, has_source);
        if self.sync.borrow().is_running() || self.is_synced() {
            return;
        }
        // peers that have connected while another one was the source, or have become partners since
        let candidates = self.peers.borrow();
        let next = candidates
            .iter()
            .find(|(peer, state)| !self.sync.borrow().was_source(peer) && (!state.inbound || self.is_partner(peer)));
        if let Some((peer, _)) = next {
            if self.sync.borrow_mut().start(*peer, now) {
                self.send_filter(*peer, 0);
            }
        }
    }
}

impl RoutingMessageHandler for Gossip {
    fn handle_node_announcement(
        &self, peer: Option<PublicKey>, message: &msgs::NodeAnnouncement,
    ) -> Result<bool, LightningError> {
        self.ldk.handle_node_announcement(peer, message)
    }
    fn handle_channel_announcement(
        &self, peer: Option<PublicKey>, message: &msgs::ChannelAnnouncement,
    ) -> Result<bool, LightningError> {
        if let Some(peer) = &peer {
            self.sync.borrow_mut().on_announcement(peer, self.env.now_seconds());
        }
        if !self.lookups.is_enabled() {
            let result = self.ldk.handle_channel_announcement(peer, message);
            if result.is_ok() {
                self.newest_channel.set(self.env.now_seconds());
            }
            return result;
        }
        self.lookups.set_priority(true);
        if let Some(output) = self.own_funding(&message.contents) {
            self.lookups.set_known(Some(output));
        } else if let Some(peer) = &peer {
            self.admit(peer, &message.contents)?;
        }
        let result = self.ldk.handle_channel_announcement(peer, message);
        self.lookups.set_known(None);
        if result.is_ok() {
            self.newest_channel.set(self.env.now_seconds());
        }
        result
    }
    fn handle_channel_update(
        &self, peer: Option<PublicKey>, message: &msgs::ChannelUpdate,
    ) -> Result<bool, LightningError> {
        self.ldk.handle_channel_update(peer, message)
    }
    /// A wallet does not send its graph to its peers: they have better sources, and its owner pays for the bytes.
    fn get_next_channel_announcement(
        &self, starting_point: u64,
    ) -> Option<(msgs::ChannelAnnouncement, Option<msgs::ChannelUpdate>, Option<msgs::ChannelUpdate>)> {
        let now = self.env.now_seconds();
        let mut backfill = self.backfill.borrow_mut();
        if !self.announced || !backfill.admit(starting_point, now) {
            return None;
        }
        let next = self.ldk.get_next_channel_announcement(starting_point);
        match &next {
            // LDK continues after this channel
            Some((channel, _, _)) => backfill.continues(channel.contents.short_channel_id + 1, now),
            None => backfill.channels_sent(),
        }
        next
    }
    fn get_next_node_announcement(&self, starting_point: Option<&NodeId>) -> Option<msgs::NodeAnnouncement> {
        if !self.announced || (starting_point.is_none() && !self.backfill.borrow_mut().admit_nodes()) {
            return None;
        }
        self.ldk.get_next_node_announcement(starting_point)
    }
    fn handle_reply_channel_range(
        &self, peer: PublicKey, message: msgs::ReplyChannelRange,
    ) -> Result<(), LightningError> {
        self.ldk.handle_reply_channel_range(peer, message)
    }
    fn handle_reply_short_channel_ids_end(
        &self, peer: PublicKey, message: msgs::ReplyShortChannelIdsEnd,
    ) -> Result<(), LightningError> {
        self.ldk.handle_reply_short_channel_ids_end(peer, message)
    }
    fn handle_query_channel_range(
        &self, peer: PublicKey, message: msgs::QueryChannelRange,
    ) -> Result<(), LightningError> {
        let now = self.env.now_seconds();
        let mut peers = self.peers.borrow_mut();
        if !peers.get_mut(&peer).is_some_and(|state| state.range_queries.take(RANGE_QUERIES, now)) {
            return Err(ignore("the peer sends too many queries"));
        }
        drop(peers);
        self.ldk.handle_query_channel_range(peer, message)
    }
    fn handle_query_short_channel_ids(
        &self, peer: PublicKey, message: msgs::QueryShortChannelIds,
    ) -> Result<(), LightningError> {
        if self.queries.borrow_mut().add(peer, message) {
            Ok(())
        } else {
            Err(ignore("the peer's last query is not answered yet"))
        }
    }
    /// LDK would stop reading from peers, also their channel messages. Announcements beyond the budget are dropped instead.
    fn processing_queue_high(&self) -> bool {
        false
    }
}

impl BaseMessageHandler for Gossip {
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        let mut events = self.ldk.get_and_clear_pending_msg_events();
        events.append(&mut self.events.borrow_mut());
        events
    }
    fn peer_disconnected(&self, peer: PublicKey) {
        self.peers.borrow_mut().remove(&peer);
        self.queries.borrow_mut().remove(&peer);
        self.sync.borrow_mut().on_disconnected(&peer);
        self.ldk.peer_disconnected(peer);
    }
    fn provided_node_features(&self) -> NodeFeatures {
        self.ldk.provided_node_features()
    }
    fn provided_init_features(&self, peer: PublicKey) -> InitFeatures {
        self.ldk.provided_init_features(peer)
    }
    /// Replaces LDK's handler, which would request the whole graph.
    fn peer_connected(&self, peer: PublicKey, init: &Init, inbound: bool) -> Result<(), ()> {
        let now = self.env.now_seconds();
        let announcements = Budget::full(if self.is_partner(&peer) { PARTNER } else { STRANGER }, now);
        let state = Peer { inbound, announcements, range_queries: Budget::full(RANGE_QUERIES, now) };
        self.peers.borrow_mut().insert(peer, state);
        if init.features.supports_gossip_queries() {
            self.request_gossip(peer, inbound);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
