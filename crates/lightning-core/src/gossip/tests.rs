//! Announced channels, gossip queries and the sync of the graph, without a network.
#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::support::{config, World, START};
use crate::wire::input;
use lightning::bitcoin::constants::ChainHash;
use lightning::bitcoin::hashes::{sha256d, Hash};
use lightning::bitcoin::secp256k1::{ecdsa::Signature, Message, Secp256k1, SecretKey};
use lightning::bitcoin::{Network, ScriptBuf};
use lightning::ln::msgs::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement, QueryShortChannelIds};
use lightning::ln::wire::Type;
use lightning::routing::gossip::NodeAlias;
use lightning::types::features::ChannelFeatures;
use lightning::util::ser::{LengthReadable, Writeable};
use lightning_core_api::{Command, CommandResult};

fn secret(number: u8) -> SecretKey {
    SecretKey::from_slice(&[number; 32]).unwrap()
}
fn public(secret: &SecretKey) -> PublicKey {
    PublicKey::from_secret_key(&Secp256k1::new(), secret)
}
fn sign(secret: &SecretKey, message: &impl Writeable) -> Signature {
    let digest = sha256d::Hash::hash(&message.encode()).to_byte_array();
    Secp256k1::new().sign_ecdsa(&Message::from_digest(digest), secret)
}

/// A channel between the nodes with the keys 1 and 2, with valid signatures.
fn announcement(scid: u64, bitcoin_keys: [u8; 2]) -> ChannelAnnouncement {
    let mut nodes = [secret(1), secret(2)];
    nodes.sort_by_key(|one| public(one).serialize());
    let bitcoin = bitcoin_keys.map(secret);
    let contents = msgs::UnsignedChannelAnnouncement {
        features: ChannelFeatures::empty(),
        chain_hash: ChainHash::using_genesis_block(Network::Regtest),
        short_channel_id: scid,
        node_id_1: NodeId::from_pubkey(&public(&nodes[0])),
        node_id_2: NodeId::from_pubkey(&public(&nodes[1])),
        bitcoin_key_1: NodeId::from_pubkey(&public(&bitcoin[0])),
        bitcoin_key_2: NodeId::from_pubkey(&public(&bitcoin[1])),
        excess_data: vec![],
    };
    ChannelAnnouncement {
        node_signature_1: sign(&nodes[0], &contents),
        node_signature_2: sign(&nodes[1], &contents),
        bitcoin_signature_1: sign(&bitcoin[0], &contents),
        bitcoin_signature_2: sign(&bitcoin[1], &contents),
        contents,
    }
}

/// The update of the first or the second node.
fn update(channel: &ChannelAnnouncement, direction: u8, timestamp: u32) -> ChannelUpdate {
    let mut nodes = [secret(1), secret(2)];
    nodes.sort_by_key(|one| public(one).serialize());
    let contents = msgs::UnsignedChannelUpdate {
        chain_hash: channel.contents.chain_hash,
        short_channel_id: channel.contents.short_channel_id,
        timestamp,
        message_flags: 1,
        channel_flags: direction,
        cltv_expiry_delta: 40,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 1_000_000,
        fee_base_msat: 1_000,
        fee_proportional_millionths: 10,
        excess_data: vec![],
    };
    ChannelUpdate { signature: sign(&nodes[usize::from(direction)], &contents), contents }
}

fn node(number: u8, timestamp: u32) -> NodeAnnouncement {
    let contents = msgs::UnsignedNodeAnnouncement {
        features: NodeFeatures::empty(),
        timestamp,
        node_id: NodeId::from_pubkey(&public(&secret(number))),
        rgb: [1, 2, 3],
        alias: NodeAlias([number; 32]),
        addresses: vec![],
        excess_address_data: vec![],
        excess_data: vec![],
    };
    NodeAnnouncement { signature: sign(&secret(number), &contents), contents }
}

fn funding(channel: &ChannelAnnouncement) -> ScriptBuf {
    let keys = [channel.contents.bitcoin_key_1, channel.contents.bitcoin_key_2].map(|key| key.as_pubkey().unwrap());
    make_funding_redeemscript(&keys[0], &keys[1]).to_p2wsh()
}

fn scid(index: u64) -> u64 {
    (u64::from(START) << 40) | (index << 16)
}

/// A public node that looks channels up, and the strangers that have connected to it.
struct Test {
    world: World,
    stranger: PublicKey,
}
impl Test {
    fn new(announced: bool, utxo_lookup: bool) -> Test {
        let mut world = World::new();
        world.add("node", lightning_core_api::Config { utxo_lookup, ..config(announced) });
        let mut test = Test { world, stranger: public(&secret(9)) };
        test.connect(test.stranger, true);
        test
    }
    fn gossip(&self) -> &Gossip {
        &self.world.nodes[0].core.gossip
    }
    fn connect(&mut self, peer: PublicKey, inbound: bool) {
        let mut features = InitFeatures::empty();
        features.set_gossip_queries_optional();
        let init = Init { features, networks: None, remote_network_address: None };
        self.gossip().peer_connected(peer, &init, inbound).unwrap();
    }
    /// Hands over an announcement, as the stranger's. True if it is accepted, or waits for its look-up.
    fn announce(&self, message: &ChannelAnnouncement) -> bool {
        match self.gossip().handle_channel_announcement(Some(self.stranger), message) {
            Ok(_) => true,
            Err(error) => error.err == "Channel being checked async",
        }
    }
    /// The look-ups that the node asks for now.
    fn lookups(&mut self) -> Vec<u64> {
        self.channels();
        core::mem::take(&mut self.world.nodes[0].lookups)
    }
    fn answer(&mut self, scid: u64, state: u8, output: Option<(u64, &ScriptBuf)>) {
        self.world.frame(0, input::FUNDING, |out| {
            out.u64(scid);
            out.u8(state);
            if let Some((value, script)) = output {
                out.u64(value);
                out.raw(script.as_bytes());
            }
        });
        self.world.run();
        assert!(self.world.nodes[0].rejected.is_empty(), "{:?}", self.world.nodes[0].rejected);
    }
    fn channels(&mut self) -> u32 {
        let CommandResult::GraphSize { channels, .. } = self.world.call_ok(0, Command::GraphSize) else { panic!() };
        channels
    }
    /// The first timestamps of the filters sent since the last call, by peer.
    fn filters(&self) -> Vec<(PublicKey, u32)> {
        let events = self.gossip().get_and_clear_pending_msg_events().into_iter();
        events
            .filter_map(|event| match event {
                MessageSendEvent::SendGossipTimestampFilter { node_id, msg } => Some((node_id, msg.first_timestamp)),
                _ => None,
            })
            .collect()
    }
}

#[test]
fn a_flood_of_invented_channels_costs_few_look_ups_and_leaves_the_graph_empty() {
    let mut test = Test::new(true, true);
    let mut asked = 0;
    for index in 0..2_000 {
        test.announce(&announcement(scid(index), [3, 4]));
        let lookups = test.lookups();
        assert!(lookups.len() <= 8);
        for lookup in lookups {
            asked += 1;
            test.answer(lookup, 0, None);
        }
    }
    assert_eq!(test.channels(), 0);
    assert_eq!(asked, STRANGER.burst);
    assert!(!test.gossip().lookups.is_refused(scid(1_999)), "beyond the budget nothing is looked up");
}

#[test]
fn strangers_together_have_a_budget_too() {
    let mut test = Test::new(true, true);
    let mut accepted = 0;
    for number in 10..30 {
        test.stranger = public(&secret(number));
        test.connect(test.stranger, true);
        let from = u64::from(number) * 1_000;
        accepted += (from..from + 40).filter(|index| test.announce(&announcement(scid(*index), [3, 4]))).count();
    }
    assert_eq!(accepted, ALL_STRANGERS.burst as usize);
}

#[test]
fn at_most_eight_look_ups_are_in_progress() {
    let mut test = Test::new(true, true);
    for index in 0..20 {
        assert!(test.announce(&announcement(scid(index), [3, 4])));
    }
    let first = test.lookups();
    assert_eq!(first.len(), 8);
    assert!(test.lookups().is_empty());
    test.answer(first[0], 0, None);
    assert_eq!(test.world.nodes[0].lookups.len(), 1);
}

#[test]
fn a_channel_enters_the_graph_only_if_its_funding_output_exists() {
    let mut test = Test::new(true, true);
    let real = announcement(scid(1), [3, 4]);
    let now = test.world.time;
    assert!(test.announce(&real));
    // updates and nodes that arrive before the answer are kept
    for direction in [0, 1] {
        let _ = test.gossip().handle_channel_update(Some(test.stranger), &update(&real, direction, now));
    }
    assert_eq!(test.lookups(), [scid(1)]);
    test.answer(scid(1), 1, Some((70_000, &funding(&real))));
    let graph = test.world.nodes[0].core.graph.read_only();
    let channel = graph.channel(scid(1)).unwrap();
    assert_eq!(channel.capacity_sats, Some(70_000));
    assert!(channel.one_to_two.is_some() && channel.two_to_one.is_some());
    drop(graph);

    let other = announcement(scid(2), [3, 5]);
    assert!(test.announce(&other));
    test.lookups();
    test.answer(scid(2), 1, Some((70_000, &funding(&real))));
    assert_eq!(test.channels(), 1, "another script");

    let pruned = announcement(scid(3), [3, 4]);
    assert!(test.announce(&pruned));
    test.lookups();
    test.answer(scid(3), 2, None);
    assert_eq!(test.channels(), 1, "the host cannot tell");
    assert!(test.announce(&pruned), "and may be able to later");

    let above = announcement(scid(4) + (1 << 40), [3, 4]);
    assert!(!test.announce(&above), "its block does not exist yet");
}

#[test]
fn a_missing_output_is_not_looked_up_again_until_blocks_are_disconnected() {
    let mut test = Test::new(true, true);
    let channel = announcement(scid(1), [3, 4]);
    assert!(test.announce(&channel));
    test.lookups();
    test.answer(scid(1), 0, None);
    assert!(!test.announce(&channel));
    test.gossip().lookups.forget_refused();
    assert!(test.announce(&channel));
}

#[test]
fn a_channel_leaves_the_graph_once_its_funding_output_is_spent() {
    let mut test = Test::new(true, true);
    for index in [1, 2] {
        let channel = announcement(scid(index), [3, 4]);
        assert!(test.announce(&channel));
        test.lookups();
        test.answer(scid(index), 1, Some((70_000, &funding(&channel))));
    }
    assert_eq!(test.channels(), 2);
    test.world.time += 60;
    test.world.tick(1);
    let mut again = core::mem::take(&mut test.world.nodes[0].lookups);
    again.sort_unstable();
    assert_eq!(again, [scid(1), scid(2)]);
    test.answer(scid(1), 0, None);
    test.answer(scid(2), 2, None);
    let graph = test.world.nodes[0].core.graph.read_only();
    assert!(graph.channel(scid(1)).is_none() && graph.channel(scid(2)).is_some());
}

#[test]
fn without_look_ups_the_signatures_are_enough() {
    let mut test = Test::new(false, false);
    assert!(test.announce(&announcement(scid(1), [3, 4])));
    assert_eq!(test.channels(), 1);
    assert!(test.lookups().is_empty());
}

#[test]
fn a_channel_survives_the_minute_timer_until_its_updates_have_arrived() {
    let mut test = Test::new(false, false);
    let channel = announcement(scid(1), [3, 4]);
    assert!(test.announce(&channel));
    test.world.time += 60;
    test.world.tick(1);
    assert_eq!(test.channels(), 1);
    let now = test.world.time;
    for direction in [0, 1] {
        test.gossip().handle_channel_update(Some(test.stranger), &update(&channel, direction, now)).unwrap();
    }
    test.world.time += 3_600;
    test.world.tick(1);
    assert_eq!(test.channels(), 1);
    test.world.time += 15 * 86_400;
    test.world.tick(1);
    assert_eq!(test.channels(), 0, "no update for two weeks");
}

fn replies(test: &Test) -> Vec<(u16, Vec<u8>)> {
    test.gossip().begin_exchange();
    let replies = test.gossip().take_replies().into_iter();
    replies
        .map(|(to, reply)| {
            assert_eq!(to, test.stranger);
            (reply.type_id(), reply.encode())
        })
        .collect()
}

fn query(channels: Vec<u64>) -> QueryShortChannelIds {
    let chain_hash = ChainHash::using_genesis_block(Network::Regtest);
    QueryShortChannelIds { chain_hash, short_channel_ids: channels }
}

/// `reply_short_channel_ids_end` for regtest, without its type (BOLT 7).
fn end(full_information: bool) -> (u16, Vec<u8>) {
    let mut bytes = ChainHash::using_genesis_block(Network::Regtest).to_bytes().to_vec();
    bytes.push(u8::from(full_information));
    (262, bytes)
}

#[test]
fn a_query_is_answered_with_everything_known_about_the_channels() {
    let test = Test::new(true, false);
    let now = test.world.time;
    let channels = [announcement(scid(1), [3, 4]), announcement(scid(2), [5, 6])];
    let gossip = test.gossip();
    for channel in &channels {
        assert!(test.announce(channel));
    }
    let updates = [update(&channels[0], 0, now), update(&channels[0], 1, now), update(&channels[1], 1, now)];
    for update in &updates {
        gossip.handle_channel_update(Some(test.stranger), update).unwrap();
    }
    let nodes = [node(1, now), node(2, now)];
    for node in &nodes {
        gossip.handle_node_announcement(Some(test.stranger), node).unwrap();
    }
    gossip.handle_query_short_channel_ids(test.stranger, query(vec![scid(1), scid(7), scid(2)])).unwrap();
    let mut sorted = nodes.clone();
    sorted.sort_by_key(|node| node.contents.node_id);
    let expected = vec![
        (256, channels[0].encode()),
        (258, updates[0].encode()),
        (258, updates[1].encode()),
        (257, sorted[0].encode()),
        (257, sorted[1].encode()),
        (256, channels[1].encode()),
        (258, updates[2].encode()),
        end(true),
    ];
    assert_eq!(replies(&test), expected);
    assert!(!gossip.has_queries());
}

#[test]
fn a_query_is_answered_in_parts_and_another_one_is_refused_until_then() {
    let mut test = Test::new(true, false);
    let gossip = test.gossip();
    for index in 0..150 {
        assert!(test.announce(&announcement(scid(index), [3, 4])));
    }
    let all = || query((0..150).map(scid).collect());
    gossip.handle_query_short_channel_ids(test.stranger, all()).unwrap();
    assert!(gossip.handle_query_short_channel_ids(test.stranger, all()).is_err());
    assert_eq!(replies(&test).len(), 100);
    assert!(gossip.has_queries());
    let rest = replies(&test);
    assert_eq!(rest.len(), 51);
    assert_eq!(rest.last(), Some(&end(true)));
    // the limit of one second
    for _ in 0..13 {
        gossip.handle_query_short_channel_ids(test.stranger, all()).unwrap();
        while gossip.has_queries() && !replies(&test).is_empty() {}
    }
    assert!(gossip.has_queries());
    assert!(replies(&test).is_empty());
    test.world.time += 1;
    test.world.tick(0);
    // nobody is connected: LDK has taken the messages and dropped them
    assert!(!test.gossip().has_queries());
}

/// The first uncompressed query in the test vectors of BOLT 7 (`bolt07/extended-queries.json`).
#[test]
fn a_query_of_the_bolt_7_vectors_for_an_unknown_chain_is_ended_without_information() {
    let hex = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206\
        001900000000000000008e0000000000003c69000000000045a6c4";
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let mut reader = &bytes[..];
    let query = QueryShortChannelIds::read_from_fixed_length_buffer(&mut reader).unwrap();
    assert_eq!(query.short_channel_ids, [142, 15_465, (69 << 16) | 42_692]);
    let test = Test::new(true, false);
    test.gossip().handle_query_short_channel_ids(test.stranger, query).unwrap();
    let mut expected = bytes[..32].to_vec();
    expected.push(0);
    assert_eq!(replies(&test), [(262, expected)]);
}

#[test]
fn range_queries_have_a_budget() {
    let test = Test::new(true, false);
    let chain_hash = ChainHash::using_genesis_block(Network::Regtest);
    let ask = || {
        let message = msgs::QueryChannelRange { chain_hash, first_blocknum: 0, number_of_blocks: 1_000_000 };
        test.gossip().handle_query_channel_range(test.stranger, message).is_ok()
    };
    assert_eq!((0..20).filter(|_| ask()).count(), RANGE_QUERIES.burst as usize);
}

/// Puts more channels into the graph than a graph that is always requested.
fn fill(test: &Test) {
    for index in 0..=SMALL_GRAPH as u64 {
        let added = test.world.nodes[0].core.graph.add_channel_from_partial_announcement(
            scid(index),
            None,
            test.world.time.into(),
            ChannelFeatures::empty(),
            NodeId::from_pubkey(&public(&secret(1))),
            NodeId::from_pubkey(&public(&secret(2))),
        );
        added.unwrap();
    }
}

#[test]
fn a_public_node_requests_the_whole_graph_from_one_peer_of_its_choice_and_then_only_news() {
    let mut test = Test::new(true, false);
    let started = test.world.time;
    assert_eq!(test.filters(), [(test.stranger, started - 3_600)], "a stranger is not a source");
    fill(&test);
    let [first, second] = [public(&secret(11)), public(&secret(12))];
    test.connect(first, false);
    test.connect(second, false);
    assert_eq!(test.filters(), [(first, 0), (second, started - 3_600)]);
    for _ in 0..3 {
        test.world.time += 60;
        test.world.tick(1);
    }
    assert!(test.filters().is_empty());
    test.gossip().peer_disconnected(second);
    test.world.time += 7_200;
    test.connect(second, false);
    let since = test.filters();
    assert_eq!(since, [(second, started - 3_600)]);
    // with a peer that keeps us up to date, the time moves on, also over a restart
    test.world.tick(1);
    test.gossip().peer_disconnected(second);
    test.connect(second, false);
    let now = test.world.time;
    assert_eq!(test.filters(), [(second, now - 3_600)]);
}

#[test]
fn a_wallet_requests_the_graph_once_a_day_and_sends_none() {
    let mut test = Test::new(false, false);
    assert!(test.filters().is_empty(), "nothing from peers that connect to it");
    fill(&test);
    assert!(test.announce(&announcement(scid(5_000), [3, 4])));
    assert!(test.gossip().get_next_channel_announcement(0).is_none());
    let lsp = public(&secret(11));
    test.connect(lsp, false);
    assert_eq!(test.filters(), [(lsp, 0)]);
    for _ in 0..3 {
        test.world.time += 60;
        test.world.tick(1);
    }
    test.gossip().peer_disconnected(lsp);
    test.connect(lsp, false);
    assert!(test.filters().is_empty(), "received minutes ago");
    // staying connected brings no updates
    for _ in 0..23 {
        test.world.time += 3_600;
        test.world.tick(1);
    }
    test.gossip().peer_disconnected(lsp);
    test.world.time += 3_600;
    test.world.tick(0);
    test.connect(lsp, false);
    assert_eq!(test.filters(), [(lsp, 0)]);
}

#[test]
fn the_time_of_the_last_sync_is_stored() {
    let mut test = Test::new(true, false);
    fill(&test);
    test.connect(public(&secret(11)), false);
    for _ in 0..3 {
        test.world.time += 60;
        test.world.tick(1);
    }
    assert!(test.world.nodes[0].store.has_key("gossip/synced-until"));
}

/// Plays LDK's part of a sync with a peer. Returns the number of channels and nodes that were sent.
fn backfill(test: &Test) -> (usize, usize) {
    let (mut channels, mut nodes) = (0, 0);
    let mut from = 0;
    while let Some((channel, _, _)) = test.gossip().get_next_channel_announcement(from) {
        from = channel.contents.short_channel_id + 1;
        channels += 1;
    }
    let mut last = None;
    while let Some(node) = test.gossip().get_next_node_announcement(last.as_ref()) {
        last = Some(node.contents.node_id);
        nodes += 1;
    }
    (channels, nodes)
}

#[test]
fn sixteen_peers_at_a_time_are_sent_the_whole_graph() {
    let mut test = Test::new(true, false);
    for index in 0..3 {
        assert!(test.announce(&announcement(scid(index), [3, 4])));
    }
    let now = test.world.time;
    test.gossip().handle_node_announcement(Some(test.stranger), &node(1, now)).unwrap();
    assert_eq!(backfill(&test), (3, 1));
    for _ in 0..16 {
        assert!(test.gossip().get_next_channel_announcement(0).is_some());
    }
    assert_eq!(backfill(&test), (0, 0), "too many");
    assert!(test.gossip().get_next_channel_announcement(scid(0) + 1).is_some(), "one of the sixteen continues");
    // the others have disconnected
    test.world.time += 60;
    test.world.tick(0);
    assert_eq!(backfill(&test), (3, 1));
}
