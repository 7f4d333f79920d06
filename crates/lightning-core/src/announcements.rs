//! Says our announced channels' terms again.
//!
//! BOLT 7 lets a node broadcast a channel once it has both signatures. Whoever sees the sixth confirmation last has them
//! first, and broadcasts while the other end still waits for its signature: that end drops the channel_update, since it
//! does not know the channel yet, and LDK never repeats it. A router uses a channel only when it knows both directions.
use crate::env::Env;
use crate::node::{ChainMonitor, Graph};
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::{BaseMessageHandler, ChannelUpdate, Init, MessageSendEvent, SendOnlyMessageHandler};
use lightning::routing::gossip::NodeId;
use lightning::types::features::{InitFeatures, NodeFeatures};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How often one update is said again: enough for a peer that was a few blocks behind.
const TIMES: u32 = 6;

/// The chain monitor's place among the message handlers, with our own updates in front of what it has to say.
pub struct Announcements {
    monitor: Arc<ChainMonitor>,
    graph: Arc<Graph>,
    us: NodeId,
    /// By channel: the update's time, and how often it was said.
    said: RefCell<BTreeMap<u64, (u32, u32)>>,
    waiting: RefCell<Vec<ChannelUpdate>>,
}
impl Announcements {
    /// For the node with this id.
    pub fn new(monitor: Arc<ChainMonitor>, graph: Arc<Graph>, us: PublicKey) -> Announcements {
        let us = NodeId::from_pubkey(&us);
        Announcements { monitor, graph, us, said: RefCell::default(), waiting: RefCell::default() }
    }
    /// Called every ten seconds: queues the updates that were not yet said often enough.
    pub fn repeat(&self, env: &Env) {
        let graph = self.graph.read_only();
        let Some(own) = graph.node(&self.us) else { return };
        let mut said = self.said.borrow_mut();
        said.retain(|channel, _| own.channels.contains(channel));
        for scid in &own.channels {
            let Some(channel) = graph.channel(*scid) else { continue };
            let ours = if channel.node_one == self.us { &channel.one_to_two } else { &channel.two_to_one };
            let Some(message) = ours.as_ref().and_then(|terms| terms.last_update_message.clone()) else { continue };
            let time = message.contents.timestamp;
            // an old update has been around: a restart is no reason to say it again
            if env.now_seconds() > u64::from(time) + 3_600 {
                continue;
            }
            let entry = said.entry(*scid).or_insert((time, 0));
            if entry.0 != time {
                *entry = (time, 0);
            }
            if entry.1 < TIMES {
                entry.1 += 1;
                self.waiting.borrow_mut().push(message);
            }
        }
    }
}
impl BaseMessageHandler for Announcements {
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        let mut events = self.monitor.get_and_clear_pending_msg_events();
        let waiting = core::mem::take(&mut *self.waiting.borrow_mut());
        events.extend(waiting.into_iter().map(|msg| MessageSendEvent::BroadcastChannelUpdate { msg }));
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
