//! Where the network graph comes from: gossip with peers (BOLT 7), or snapshots in the format of Rapid Gossip Sync.
pub(crate) mod node;
pub(crate) mod rows;
pub(crate) mod snapshot;

use lightning::bitcoin::constants::ChainHash;
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::{
    BaseMessageHandler, ChannelAnnouncement, ChannelUpdate, Init, LightningError, MessageSendEvent, NodeAnnouncement,
    QueryChannelRange, QueryShortChannelIds, ReplyChannelRange, ReplyShortChannelIdsEnd, RoutingMessageHandler,
};
use lightning::routing::gossip::NodeId;
use lightning::types::features::{InitFeatures, NodeFeatures};
use std::cell::RefCell;
use std::sync::Arc;

/// LDK's handler of gossip messages, or none.
///
/// Without one, nothing is synchronised in either direction: the features say `gossip_queries`, and no
/// `gossip_timestamp_filter` is sent, so that the peer sends no gossip, neither its graph nor what arrives later (a peer
/// without the feature would get all of it). What peers send nevertheless is ignored. Queries for channels are answered
/// with none.
pub struct PeerGossip<H> {
    handler: Option<Arc<H>>,
    chain: ChainHash,
    answers: RefCell<Vec<MessageSendEvent>>,
}
impl<H> PeerGossip<H> {
    /// `None`: no gossip with peers.
    pub fn new(handler: Option<Arc<H>>, chain: ChainHash) -> PeerGossip<H> {
        PeerGossip { handler, chain, answers: RefCell::default() }
    }
}

/// A channel's announcement with the updates of both directions.
type AnnouncedChannel = (ChannelAnnouncement, Option<ChannelUpdate>, Option<ChannelUpdate>);

impl<H: RoutingMessageHandler> BaseMessageHandler for PeerGossip<H> {
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        match &self.handler {
            Some(handler) => handler.get_and_clear_pending_msg_events(),
            None => core::mem::take(&mut *self.answers.borrow_mut()),
        }
    }
    fn peer_disconnected(&self, peer: PublicKey) {
        if let Some(handler) = &self.handler {
            handler.peer_disconnected(peer);
        }
    }
    fn provided_node_features(&self) -> NodeFeatures {
        match &self.handler {
            Some(handler) => handler.provided_node_features(),
            None => {
                let mut features = NodeFeatures::empty();
                features.set_gossip_queries_optional();
                features
            }
        }
    }
    fn provided_init_features(&self, peer: PublicKey) -> InitFeatures {
        match &self.handler {
            Some(handler) => handler.provided_init_features(peer),
            None => {
                let mut features = InitFeatures::empty();
                features.set_gossip_queries_optional();
                features
            }
        }
    }
    fn peer_connected(&self, peer: PublicKey, init: &Init, inbound: bool) -> Result<(), ()> {
        self.handler.as_ref().map_or(Ok(()), |handler| handler.peer_connected(peer, init, inbound))
    }
}

impl<H: RoutingMessageHandler> RoutingMessageHandler for PeerGossip<H> {
    fn handle_node_announcement(
        &self, peer: Option<PublicKey>, message: &NodeAnnouncement,
    ) -> Result<bool, LightningError> {
        self.handler.as_ref().map_or(Ok(false), |handler| handler.handle_node_announcement(peer, message))
    }
    fn handle_channel_announcement(
        &self, peer: Option<PublicKey>, message: &ChannelAnnouncement,
    ) -> Result<bool, LightningError> {
        self.handler.as_ref().map_or(Ok(false), |handler| handler.handle_channel_announcement(peer, message))
    }
    fn handle_channel_update(&self, peer: Option<PublicKey>, message: &ChannelUpdate) -> Result<bool, LightningError> {
        self.handler.as_ref().map_or(Ok(false), |handler| handler.handle_channel_update(peer, message))
    }
    fn get_next_channel_announcement(&self, from: u64) -> Option<AnnouncedChannel> {
        self.handler.as_ref()?.get_next_channel_announcement(from)
    }
    fn get_next_node_announcement(&self, after: Option<&NodeId>) -> Option<NodeAnnouncement> {
        self.handler.as_ref()?.get_next_node_announcement(after)
    }
    fn handle_reply_channel_range(&self, peer: PublicKey, message: ReplyChannelRange) -> Result<(), LightningError> {
        self.handler.as_ref().map_or(Ok(()), |handler| handler.handle_reply_channel_range(peer, message))
    }
    fn handle_reply_short_channel_ids_end(
        &self, peer: PublicKey, message: ReplyShortChannelIdsEnd,
    ) -> Result<(), LightningError> {
        self.handler.as_ref().map_or(Ok(()), |handler| handler.handle_reply_short_channel_ids_end(peer, message))
    }
    fn handle_query_channel_range(&self, peer: PublicKey, message: QueryChannelRange) -> Result<(), LightningError> {
        if let Some(handler) = &self.handler {
            return handler.handle_query_channel_range(peer, message);
        }
        self.answers.borrow_mut().push(MessageSendEvent::SendReplyChannelRange {
            node_id: peer,
            msg: ReplyChannelRange {
                chain_hash: self.chain,
                first_blocknum: message.first_blocknum,
                number_of_blocks: message.number_of_blocks,
                sync_complete: true,
                short_channel_ids: vec![],
            },
        });
        Ok(())
    }
    fn handle_query_short_channel_ids(
        &self, peer: PublicKey, message: QueryShortChannelIds,
    ) -> Result<(), LightningError> {
        self.handler.as_ref().map_or(Ok(()), |handler| handler.handle_query_short_channel_ids(peer, message))
    }
    fn processing_queue_high(&self) -> bool {
        self.handler.as_ref().is_some_and(|handler| handler.processing_queue_high())
    }
}

#[cfg(test)]
mod tests;
