//! Paths for onion messages. LDK's router reaches only direct peers; a wallet must reach all nodes through its LSP.
use lightning::bitcoin::secp256k1::{PublicKey, Secp256k1, Signing, Verification};
use lightning::blinded_path::message::{BlindedMessagePath, MessageContext, MessageForwardNode};
use lightning::blinded_path::IntroductionNode;
use lightning::onion_message::messenger::{Destination, MessageRouter, OnionMessagePath};
use lightning::routing::gossip::{NetworkGraph, NodeId};
use lightning::sign::ReceiveAuthKey;
use lightning::util::logger::Logger;
use std::ops::Deref;
use std::sync::Arc;

/// Sends directly to a destination that is a peer, and otherwise through one intermediate peer.
pub struct ViaPeer<R: MessageRouter, L: Deref>
where
    L::Target: Logger,
{
    /// LDK's router: creates blinded paths, and finds paths for destinations that this router does not know.
    pub inner: R,
    /// The network graph.
    pub graph: Arc<NetworkGraph<L>>,
    /// True for a wallet: if nothing better is known, send through any peer. False for a public node, whose peers are
    /// unlikely to know the destination.
    pub any_peer: bool,
}
impl<R: MessageRouter, L: Deref> MessageRouter for ViaPeer<R, L>
where
    L::Target: Logger,
{
    fn find_path(
        &self, sender: PublicKey, peers: Vec<PublicKey>, mut destination: Destination,
    ) -> Result<OnionMessagePath, ()> {
        let hop = {
            let graph = self.graph.read_only();
            // LDK's compact blinded paths contain an SCID instead of a node id; resolve it
            destination.resolve(&graph);
            let first = match &destination {
                Destination::Node(node) => *node,
                Destination::BlindedPath(path) => match path.introduction_node() {
                    IntroductionNode::NodeId(node) => *node,
                    IntroductionNode::DirectedShortChannelId(..) => return Err(()),
                },
            };
            if peers.contains(&first) || sender == first {
                return Ok(OnionMessagePath { intermediate_nodes: vec![], destination, first_node_addresses: vec![] });
            }
            let target = NodeId::from_pubkey(&first);
            let neighbour = graph.node(&target).and_then(|node| {
                node.channels.iter().find_map(|scid| {
                    let channel = graph.channel(*scid)?;
                    let is_end = |peer: &&PublicKey| {
                        let peer = NodeId::from_pubkey(peer);
                        peer != target && (peer == channel.node_one || peer == channel.node_two)
                    };
                    peers.iter().find(is_end).copied()
                })
            });
            neighbour.or_else(|| if self.any_peer { peers.first().copied() } else { None })
        };
        match hop {
            Some(hop) => {
                let intermediate_nodes = vec![hop];
                Ok(OnionMessagePath { intermediate_nodes, destination, first_node_addresses: vec![] })
            }
            None => self.inner.find_path(sender, peers, destination),
        }
    }
    fn create_blinded_paths<T: Signing + Verification>(
        &self, recipient: PublicKey, key: ReceiveAuthKey, context: MessageContext, peers: Vec<MessageForwardNode>,
        secp: &Secp256k1<T>,
    ) -> Result<Vec<BlindedMessagePath>, ()> {
        self.inner.create_blinded_paths(recipient, key, context, peers, secp)
    }
}
