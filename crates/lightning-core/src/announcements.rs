//! Repeats the `channel_update`s of our announced channels.
//!
//! A node may broadcast a channel once it has both announcement signatures (BOLT 7). The peer that sees the sixth
//! confirmation last has both first, and broadcasts while the other peer still waits for its signature. The other peer
//! does not know the channel yet and drops the `channel_update`, and LDK never sends it again. Routers use a channel
//! only if they know the updates of both directions.
use crate::env::Env;
use crate::node::{ChainMonitor, Graph};
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::{BaseMessageHandler, ChannelUpdate, Init, MessageSendEvent, SendOnlyMessageHandler};
use lightning::routing::gossip::NodeId;
use lightning::types::features::{InitFeatures, NodeFeatures};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Number of times that an update is repeated: enough for a peer that is a few blocks behind.
const REPETITIONS: u32 = 6;
/// Updates older than this are not repeated, so that a restart does not send them all again.
const MAX_AGE_SECONDS: u64 = 3_600;

/// Wraps the chain monitor as LDK's send-only message handler and adds the repeated updates to its messages.
pub struct Announcements {
    monitor: Arc<ChainMonitor>,
    graph: Arc<Graph>,
    us: NodeId,
    /// Per channel: the timestamp of the update, and how often it has been repeated.
    repeated: RefCell<BTreeMap<u64, (u32, u32)>>,
    queue: RefCell<Vec<ChannelUpdate>>,
}
impl Announcements {
    /// For the node with the id `us`.
    pub fn new(monitor: Arc<ChainMonitor>, graph: Arc<Graph>, us: PublicKey) -> Announcements {
        let us = NodeId::from_pubkey(&us);
        Announcements { monitor, graph, us, repeated: RefCell::default(), queue: RefCell::default() }
    }
    /// Queues the updates that have not been repeated often enough. Called every ten seconds.
    pub fn repeat(&self, env: &Env) {
        let graph = self.graph.read_only();
        let Some(own) = graph.node(&self.us) else { return };
        let mut repeated = self.repeated.borrow_mut();
        repeated.retain(|channel, _| own.channels.contains(channel));
        for scid in &own.channels {
            let Some(channel) = graph.channel(*scid) else { continue };
            let ours = if channel.node_one == self.us { &channel.one_to_two } else { &channel.two_to_one };
            let Some(message) = ours.as_ref().and_then(|terms| terms.last_update_message.clone()) else { continue };
            let time = message.contents.timestamp;
            if env.now_seconds() > u64::from(time) + MAX_AGE_SECONDS {
                continue;
            }
            let entry = repeated.entry(*scid).or_insert((time, 0));
            if entry.0 != time {
                *entry = (time, 0);
            }
            if entry.1 < REPETITIONS {
                entry.1 += 1;
                self.queue.borrow_mut().push(message);
            }
        }
    }
}
impl BaseMessageHandler for Announcements {
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        let mut events = self.monitor.get_and_clear_pending_msg_events();
        let queue = core::mem::take(&mut *self.queue.borrow_mut());
        events.extend(queue.into_iter().map(|msg| MessageSendEvent::BroadcastChannelUpdate { msg }));
        events
    }
    fn peer_disconnected(&self, peer: PublicKey) {
        self.monitor.peer_disconnected(peer);
    }
    fn provided_node_features(&self) -> NodeFeatures {
        self.monitor.provided_node_features()
    }
    fn provided_init_features(&self, peer: PublicKey) -> InitFeatures {
        self.monitor.provided_init_features(peer)
    }
    fn peer_connected(&self, peer: PublicKey, init: &Init, inbound: bool) -> Result<(), ()> {
        self.monitor.peer_connected(peer, init, inbound)
    }
}
impl SendOnlyMessageHandler for Announcements {}
