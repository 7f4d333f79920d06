//! Answers `query_short_channel_ids` (BOLT 7), which LDK 0.2.7 does not. LND takes gossip only from peers that answer it.
use crate::node::Graph;
use lightning::bitcoin::constants::ChainHash;
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::io;
use lightning::ln::msgs::{QueryShortChannelIds, ReplyShortChannelIdsEnd};
use lightning::ln::wire::Type;
use lightning::routing::gossip::NodeId;
use lightning::util::ser::{Writeable, Writer};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Queries that are answered at a time.
const MAX_ACTIVE: usize = 16;
/// Channels in the answers of one exchange, so that payments do not wait for them. A channel takes about 800 bytes.
const CHANNELS_PER_EXCHANGE: usize = 100;
/// Channels in the answers of one second, so that peers that do not read cost little memory.
const CHANNELS_PER_SECOND: usize = 2_000;

/// Types of messages (BOLT 7).
const CHANNEL_ANNOUNCEMENT: u16 = 256;
const NODE_ANNOUNCEMENT: u16 = 257;
const CHANNEL_UPDATE: u16 = 258;
const REPLY_SHORT_CHANNEL_IDS_END: u16 = 262;

/// A message of an answer, encoded. LDK has no way to send some of them to one peer, except as a custom message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GossipReply {
    kind: u16,
    bytes: Vec<u8>,
}
impl GossipReply {
    fn new(kind: u16, message: &impl Writeable) -> GossipReply {
        GossipReply { kind, bytes: message.encode() }
    }
}
impl Type for GossipReply {
    fn type_id(&self) -> u16 {
        self.kind
    }
}
impl Writeable for GossipReply {
    fn write<W: Writer>(&self, writer: &mut W) -> Result<(), io::Error> {
        writer.write_all(&self.bytes)
    }
}

struct Query {
    chain_hash: ChainHash,
    channels: VecDeque<u64>,
    /// Nodes whose announcement is part of the answer already.
    nodes: BTreeSet<NodeId>,
}

/// The queries of our peers: one at a time from each, as BOLT 7 requires of them.
pub(super) struct Queries {
    chain_hash: ChainHash,
    active: BTreeMap<PublicKey, Query>,
    replies: Vec<(PublicKey, GossipReply)>,
    left_in_exchange: usize,
    /// The current second, and the channels answered in it.
    second: (u64, usize),
    /// The peer that was answered last. The next one continues.
    last: Option<PublicKey>,
}

impl Queries {
    pub(super) fn new(chain_hash: ChainHash) -> Queries {
        Queries {
            chain_hash,
            active: BTreeMap::new(),
            replies: vec![],
            left_in_exchange: 0,
            second: (0, 0),
            last: None,
        }
    }

    /// Accepts a query. Returns false if the peer's last one is not answered yet.
    pub(super) fn add(&mut self, peer: PublicKey, message: QueryShortChannelIds) -> bool {
        if self.active.contains_key(&peer) {
            return false;
        }
        let QueryShortChannelIds { chain_hash, short_channel_ids } = message;
        if chain_hash != self.chain_hash || self.active.len() >= MAX_ACTIVE {
            self.replies.push((peer, end(chain_hash, false)));
        } else {
            let query = Query { chain_hash, channels: short_channel_ids.into(), nodes: BTreeSet::new() };
            self.active.insert(peer, query);
        }
        true
    }

    pub(super) fn remove(&mut self, peer: &PublicKey) {
        self.active.remove(peer);
        self.replies.retain(|(to, _)| to != peer);
    }

    pub(super) fn is_active(&self) -> bool {
        !self.active.is_empty()
    }

    pub(super) fn begin_exchange(&mut self) {
        self.left_in_exchange = CHANNELS_PER_EXCHANGE;
    }

    /// The next messages, within the limits. Peers are answered in turn, a channel at a time.
    pub(super) fn take_replies(&mut self, graph: &Graph, now: u64) -> Vec<(PublicKey, GossipReply)> {
        let mut replies = core::mem::take(&mut self.replies);
        if self.second.0 != now {
            self.second = (now, 0);
        }
        while self.left_in_exchange > 0 && self.second.1 < CHANNELS_PER_SECOND {
            let after = self.last.and_then(|last| self.active.keys().find(|peer| **peer > last));
            let Some(peer) = after.or_else(|| self.active.keys().next()).copied() else { break };
            self.last = Some(peer);
            let Some(query) = self.active.get_mut(&peer) else { break };
            if let Some(scid) = query.channels.pop_front() {
                self.left_in_exchange -= 1;
                self.second.1 += 1;
                query.answer(scid, graph, |reply| replies.push((peer, reply)));
            }
            if query.channels.is_empty() {
                replies.push((peer, end(query.chain_hash, true)));
                self.active.remove(&peer);
            }
        }
        replies
    }
}

impl Query {
    /// The messages about one channel: BOLT 7 requires the announcements of its nodes to follow that of the channel.
    fn answer(&mut self, scid: u64, graph: &Graph, mut send: impl FnMut(GossipReply)) {
        let graph = graph.read_only();
        let Some(channel) = graph.channel(scid) else { return };
        let Some(announcement) = &channel.announcement_message else { return };
        send(GossipReply::new(CHANNEL_ANNOUNCEMENT, announcement));
        for update in [&channel.one_to_two, &channel.two_to_one].into_iter().flatten() {
            if let Some(message) = &update.last_update_message {
                send(GossipReply::new(CHANNEL_UPDATE, message));
            }
        }
        for node in [&channel.node_one, &channel.node_two] {
            let info = graph.node(node).and_then(|known| known.announcement_info.as_ref());
            let Some(message) = info.and_then(|info| info.announcement_message()) else { continue };
            if self.nodes.insert(*node) {
                send(GossipReply::new(NODE_ANNOUNCEMENT, message));
            }
        }
    }
}

/// The message that ends an answer. `full_information`: false if we know nothing of that chain, or cannot answer now.
fn end(chain_hash: ChainHash, full_information: bool) -> GossipReply {
    GossipReply::new(REPLY_SHORT_CHANNEL_IDS_END, &ReplyShortChannelIdsEnd { chain_hash, full_information })
}
