//! Snapshots against LDK's own reader, and rows against LDK's own serialisation, over seeded random graphs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::rows::GraphRows;
use super::snapshot::{self, Refused, REPEAT_SECONDS};
use crate::env::Env;
use crate::watch::WatchList;
use lightning::bitcoin::constants::ChainHash;
use lightning::bitcoin::Network;
use lightning::ln::msgs::{UnsignedChannelUpdate, UnsignedNodeAnnouncement};
use lightning::routing::gossip::{ChannelUpdateInfo, NetworkGraph, NodeAlias, NodeId};
use lightning::types::features::{ChannelFeatures, NodeFeatures};
use lightning::util::ser::Writeable;
use lightning_core_api::LogLevel;
use lightning_rapid_gossip_sync::RapidGossipSync;
use std::collections::BTreeMap;
use std::sync::Arc;

type Graph = NetworkGraph<Arc<Env>>;

const START: u32 = 1_700_000_000;
const DAY: u32 = 24 * 3600;

fn env() -> Arc<Env> {
    Arc::new(Env::new(START.into(), [7; 32], LogLevel::Error, Arc::new(WatchList::new(false))))
}
fn chain() -> ChainHash {
    ChainHash::using_genesis_block(Network::Regtest)
}
fn new_graph() -> Arc<Graph> {
    Arc::new(NetworkGraph::new(Network::Regtest, env()))
}

/// Random numbers from a seed (SplitMix64).
struct Random(u64);
impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

fn node(number: u64) -> NodeId {
    let mut bytes = [0; 33];
    bytes[0] = 2 + (number % 2) as u8;
    bytes[1..9].copy_from_slice(&number.to_be_bytes());
    NodeId::from_slice(&bytes).unwrap()
}
fn scid(number: u64) -> u64 {
    ((800_000 + number / 40) << 40) | ((number % 40) << 16)
}
fn add_channel(graph: &Graph, number: u64, nodes: u64, now: u32) {
    let (one, two) = (node(number % nodes), node((number * 7 + 1) % nodes));
    let two = if one == two { node((number + 1) % nodes) } else { two };
    graph
        .add_channel_from_partial_announcement(scid(number), None, now.into(), ChannelFeatures::empty(), one, two)
        .unwrap();
}
fn update_channel(graph: &Graph, number: u64, direction: u8, now: u32, random: &mut Random) {
    let update = UnsignedChannelUpdate {
        chain_hash: chain(),
        short_channel_id: scid(number),
        timestamp: now,
        message_flags: 1,
        channel_flags: direction | if random.below(5) == 0 { 2 } else { 0 },
        cltv_expiry_delta: [40, 80, 144][random.below(3) as usize],
        htlc_minimum_msat: [1, 1_000][random.below(2) as usize],
        htlc_maximum_msat: 1_000_000 * (1 + random.below(50)),
        fee_base_msat: [0, 1_000][random.below(2) as usize],
        fee_proportional_millionths: random.below(2_000) as u32,
        excess_data: vec![],
    };
    // refused for a channel that is gone, or was updated at the same time
    let _ = graph.update_channel_unsigned(&update);
}
fn announce_node(graph: &Graph, number: u64, now: u32, random: &mut Random) {
    let mut features = NodeFeatures::empty();
    features.set_gossip_queries_optional();
    // nine combinations: more than a snapshot's defaults
    for kind in [8u64, 9, 14, 16] {
        if random.below(2) == 0 {
            features.set_optional_custom_bit(256 + 2 * kind as usize + 1).unwrap();
        }
    }
    let announcement = UnsignedNodeAnnouncement {
        features,
        timestamp: now,
        node_id: node(number),
        rgb: [1, 2, 3],
        alias: NodeAlias([4; 32]),
        addresses: vec![],
        excess_address_data: vec![],
        excess_data: vec![],
    };
    // refused for a node without channels
    let _ = graph.update_node_from_unsigned_announcement(&announcement);
}

/// The terms of one direction that a router uses.
fn terms(update: &ChannelUpdateInfo) -> (bool, u16, u64, u64, u32, u32) {
    (
        update.enabled,
        update.cltv_expiry_delta,
        update.htlc_minimum_msat,
        update.htlc_maximum_msat,
        update.fees.base_msat,
        update.fees.proportional_millionths,
    )
}
type Terms = (bool, u16, u64, u64, u32, u32);
type Channels = BTreeMap<u64, (NodeId, NodeId, Terms, Terms)>;
/// The channels that a router can use.
fn usable(graph: &Graph) -> Channels {
    let read = graph.read_only();
    let channels = read.channels().unordered_iter().filter_map(|(scid, channel)| {
        let (one, two) = (channel.one_to_two.as_ref()?, channel.two_to_one.as_ref()?);
        Some((*scid, (channel.node_one, channel.node_two, terms(one), terms(two))))
    });
    channels.collect()
}
fn features(graph: &Graph) -> BTreeMap<NodeId, Vec<u8>> {
    let usable = usable(graph);
    let read = graph.read_only();
    let nodes = read.nodes().unordered_iter().filter_map(|(node, info)| {
        let is_used = usable.values().any(|(one, two, ..)| one == node || two == node);
        Some((*node, info.announcement_info.as_ref().filter(|_| is_used)?.features().encode()))
    });
    nodes.collect()
}

/// A reader of snapshots.
struct Reader {
    graph: Arc<Graph>,
    rapid: RapidGossipSync<Arc<Graph>, Arc<Env>>,
}
impl Reader {
    fn new() -> Reader {
        let graph = new_graph();
        Reader { rapid: RapidGossipSync::new(graph.clone(), env()), graph }
    }
    fn apply(&self, bytes: &[u8], now: u32) {
        snapshot::check(bytes, chain()).unwrap();
        self.rapid.update_network_graph_no_std(bytes, Some(now.into())).unwrap();
    }
}

/// A graph of `channels` channels with both directions, of which every tenth has only one.
fn random_graph(seed: u64, channels: u64) -> (Arc<Graph>, Random) {
    let (graph, mut random) = (new_graph(), Random(seed));
    for number in 0..channels {
        add_channel(&graph, number, channels / 4 + 3, START);
        for direction in 0..if number % 10 == 9 { 1 } else { 2 } {
            update_channel(&graph, number, direction, START - random.below(1_000) as u32, &mut random);
        }
    }
    for number in 0..channels / 8 {
        announce_node(&graph, number, START, &mut random);
    }
    (graph, random)
}

#[test]
fn ldk_reads_a_full_snapshot_as_the_graph_it_was_written_from() {
    for seed in 0..10 {
        let (graph, _) = random_graph(seed, 200);
        let mut rows = GraphRows::default();
        rows.scan(&graph, START);
        let (bytes, summary) = snapshot::write(&graph, &rows, chain(), None, START).unwrap();
        assert_eq!(snapshot::check(&bytes, chain()), Ok(summary));
        let reader = Reader::new();
        reader.apply(&bytes, START);
        assert_eq!(usable(&reader.graph), usable(&graph), "seed {seed}");
        assert_eq!(usable(&graph).len(), 180);
        assert_eq!(features(&reader.graph), features(&graph), "seed {seed}");
        assert!(!features(&graph).is_empty());
    }
}

#[test]
fn a_base_with_deltas_is_the_same_as_a_full_snapshot() {
    for seed in 0..10 {
        let (graph, mut random) = random_graph(seed, 200);
        let mut rows = GraphRows::default();
        let reader = Reader::new();
        let (mut now, mut since, mut next_channel) = (START, None, 200);
        for _ in 0..30 {
            now += 60 + random.below(6 * 3600) as u32;
            for _ in 0..random.below(20) {
                let number = random.below(next_channel);
                update_channel(&graph, number, random.below(2) as u8, now, &mut random);
            }
            for _ in 0..random.below(4) {
                add_channel(&graph, next_channel, 80, now);
                update_channel(&graph, next_channel, 0, now, &mut random);
                next_channel += 1;
            }
            announce_node(&graph, random.below(50), now, &mut random);
            rows.scan(&graph, now);
            if random.below(3) > 0 {
                let (bytes, _) = snapshot::write(&graph, &rows, chain(), since, now).unwrap();
                reader.apply(&bytes, now);
                since = Some(now);
                assert_eq!(usable(&reader.graph), usable(&graph), "seed {seed}");
                assert_eq!(features(&reader.graph), features(&graph), "seed {seed}");
            }
        }
    }
}

#[test]
fn a_delta_is_proportional_to_what_changed() {
    let (graph, mut random) = random_graph(1, 2_000);
    let mut rows = GraphRows::default();
    rows.scan(&graph, START);
    let (full, _) = snapshot::write(&graph, &rows, chain(), None, START).unwrap();
    for number in 0..20 {
        update_channel(&graph, number, 0, START + 100, &mut random);
    }
    rows.scan(&graph, START + 100);
    let (delta, summary) = snapshot::write(&graph, &rows, chain(), Some(START + 100), START + 100).unwrap();
    assert_eq!((summary.channels, summary.updates, summary.nodes), (0, 36, 0), "two of the twenty are not usable");
    assert!(delta.len() * 40 < full.len(), "{} of {}", delta.len(), full.len());
}

#[test]
fn unchanged_channels_stay_with_a_reader_that_comes_back_every_three_days() {
    let (graph, _) = random_graph(3, 300);
    let mut rows = GraphRows::default();
    rows.scan(&graph, START);
    let reader = Reader::new();
    reader.apply(&snapshot::write(&graph, &rows, chain(), None, START).unwrap().0, START);
    let mut since = START;
    for day in 1..60 {
        let now = START + day * DAY;
        // LDK's clean-up, as while the wallet is open
        reader.graph.remove_stale_channels_and_tracking_with_time(now.into());
        if day % 3 == 0 {
            let (bytes, summary) = snapshot::write(&graph, &rows, chain(), Some(since + 1), now).unwrap();
            assert!(summary.channels == 0 && summary.updates > 0);
            reader.apply(&bytes, now);
            since = now;
        }
        assert_eq!(usable(&reader.graph), usable(&graph), "day {day}");
    }
    assert_eq!(REPEAT_SECONDS, 3 * DAY);
}

#[test]
fn a_damaged_snapshot_is_refused_before_anything_is_applied() {
    let (graph, mut random) = random_graph(5, 40);
    let mut rows = GraphRows::default();
    rows.scan(&graph, START);
    let (bytes, _) = snapshot::write(&graph, &rows, chain(), None, START).unwrap();
    for length in 0..bytes.len() {
        assert!(snapshot::check(&bytes[..length], chain()).is_err(), "cut off at {length}");
    }
    let trailing = [&bytes[..], &[0]].concat();
    assert!(snapshot::check(&trailing, chain()).is_err());
    let other = ChainHash::using_genesis_block(Network::Bitcoin);
    assert_eq!(snapshot::check(&bytes, other), Err(Refused::WrongNetwork));
    // whatever passes is applied by LDK to the end
    let mut passed = 0;
    for _ in 0..4_000 {
        let mut damaged = bytes.clone();
        for _ in 0..1 + random.below(3) {
            let at = random.below(damaged.len() as u64) as usize;
            damaged[at] = random.next() as u8;
        }
        if snapshot::check(&damaged, chain()).is_ok() {
            passed += 1;
            let reader = Reader::new();
            reader.rapid.update_network_graph_no_std(&damaged, None).expect("checked before");
        }
    }
    assert!(passed > 100, "{passed}");
}

/// Rows as a store keeps them.
fn store(stored: &mut BTreeMap<String, Vec<u8>>, rows: Vec<super::rows::Row>) -> usize {
    let mut bytes = 0;
    for (key, value) in rows {
        bytes += key.len() + value.as_ref().map_or(0, Vec::len);
        match value {
            Some(value) => stored.insert(key, value),
            None => stored.remove(&key),
        };
    }
    bytes
}
fn load(stored: &BTreeMap<String, Vec<u8>>) -> (Graph, GraphRows) {
    let rows: Vec<_> = stored.iter().map(|(key, value)| (key.as_str(), value.as_slice())).collect();
    GraphRows::load(&rows, chain(), env()).unwrap()
}
/// The whole graph, independent of the order in which LDK keeps it.
fn contents(graph: &Graph) -> (BTreeMap<u64, String>, BTreeMap<NodeId, String>) {
    let read = graph.read_only();
    let channels = read.channels().unordered_iter().map(|(scid, channel)| {
        // without the counters that LDK gives to nodes in memory
        (*scid, format!("{:?}", channel.encode()))
    });
    let nodes = read.nodes().unordered_iter().map(|(node, info)| {
        let mut channels = info.channels.clone();
        channels.sort_unstable();
        // the time of an announcement is stored once a day
        let announcement = info.announcement_info.as_ref().map(|info| {
            (info.last_update() / DAY, info.features().encode(), info.alias().0, info.announcement_message().is_some())
        });
        (*node, format!("{channels:?} {announcement:?}"))
    });
    (channels.collect(), nodes.collect())
}

#[test]
fn rows_load_as_the_same_graph_whatever_changed_between() {
    for seed in 0..10 {
        let (graph, mut random) = random_graph(seed, 150);
        let (mut rows, mut stored) = (GraphRows::default(), BTreeMap::new());
        for (step, next_channel) in (0..20u32).zip(150..) {
            let now = START + step * DAY;
            rows.scan(&graph, now);
            store(&mut stored, rows.take(&graph, usize::MAX));
            let (loaded, known) = load(&stored);
            assert_eq!(contents(&loaded), contents(&graph), "seed {seed}, step {step}");
            if random.below(2) == 0 {
                // as after a restart
                rows = known;
                rows.scan(&loaded, now + 1);
                assert_eq!(rows.take(&loaded, usize::MAX), vec![], "nothing has changed");
            }
            for _ in 0..random.below(30) {
                update_channel(&graph, random.below(next_channel), random.below(2) as u8, now + 2, &mut random);
            }
            add_channel(&graph, next_channel, 60, now);
            announce_node(&graph, random.below(30), now + 2, &mut random);
            // removes channels without recent updates, and with them nodes
            graph.remove_stale_channels_and_tracking_with_time((now + 2).into());
        }
        assert!(stored.len() < 150, "channels and nodes were removed: {}", stored.len());
    }
}

#[test]
fn a_part_of_the_rows_is_a_graph_too() {
    let (graph, _) = random_graph(2, 100);
    let (mut rows, mut stored) = (GraphRows::default(), BTreeMap::new());
    rows.scan(&graph, START);
    let mut parts = 0;
    loop {
        let part = rows.take(&graph, 17);
        if part.is_empty() {
            break;
        }
        assert!(part.len() <= 17);
        store(&mut stored, part);
        load(&stored);
        parts += 1;
    }
    assert_eq!(parts, 7, "100 channels, 12 announced nodes");
    assert_eq!(contents(&load(&stored).0), contents(&graph));
}

#[test]
fn the_bytes_written_are_proportional_to_what_changed() {
    for channels in [1_000u64, 10_000] {
        let (graph, mut random) = random_graph(channels, channels);
        let (mut rows, mut stored) = (GraphRows::default(), BTreeMap::new());
        rows.scan(&graph, START);
        let first = store(&mut stored, rows.take(&graph, usize::MAX));
        rows.scan(&graph, START + 60);
        assert_eq!(rows.take(&graph, usize::MAX), vec![], "nothing is written when nothing has changed");
        for number in 0..10 {
            update_channel(&graph, number, 0, START + 120, &mut random);
        }
        rows.scan(&graph, START + 120);
        let then = store(&mut stored, rows.take(&graph, usize::MAX));
        let (full, _) = snapshot::write(&graph, &rows, chain(), None, START + 120).unwrap();
        let (delta, _) = snapshot::write(&graph, &rows, chain(), Some(START + 120), START + 120).unwrap();
        println!("{channels} channels: whole {} B, first {first} B, ten channels {then} B", graph.encode().len());
        println!("{channels} channels: full snapshot {} B, ten channels {} B", full.len(), delta.len());
        assert!(then < 10 * 400, "ten channels: {then} bytes");
        assert_eq!(contents(&load(&stored).0), contents(&graph));
    }
}

#[test]
fn a_graph_that_was_stored_whole_is_read_and_written_as_rows() {
    let (graph, _) = random_graph(4, 100);
    let whole = graph.encode();
    // rows from before a crash, while the whole graph was still stored
    let (read, mut rows) = GraphRows::load_or_read(&whole, &[("c/00", &[])], chain(), env()).unwrap();
    assert_eq!(contents(&read), contents(&graph));
    let mut stored = BTreeMap::new();
    rows.scan(&read, START);
    store(&mut stored, rows.take(&read, usize::MAX));
    assert_eq!(stored.len(), 112);
    let kept: Vec<_> = stored.iter().map(|(key, value)| (key.as_str(), value.as_slice())).collect();
    let (loaded, mut rows) = GraphRows::load_or_read(&[], &kept, chain(), env()).unwrap();
    assert_eq!(contents(&loaded), contents(&graph));
    rows.scan(&loaded, START);
    assert_eq!(rows.take(&loaded, usize::MAX), vec![]);
}

#[test]
fn an_announcement_that_a_node_repeats_is_written_once_a_day() {
    let (graph, mut rows, mut written) = (new_graph(), GraphRows::default(), 0);
    add_channel(&graph, 0, 10, START);
    let midnight = START - START % DAY;
    for minute in 0..3 * 1_440 {
        let now = midnight + minute * 60;
        // the same random numbers: the same features
        announce_node(&graph, 0, now, &mut Random(1));
        rows.scan(&graph, now);
        written += rows.take(&graph, usize::MAX).iter().filter(|(key, _)| key.starts_with("n/")).count();
    }
    assert_eq!(written, 3);
    announce_node(&graph, 0, midnight + 3 * DAY - 1, &mut Random(2));
    rows.scan(&graph, midnight + 3 * DAY);
    assert_eq!(rows.take(&graph, usize::MAX).len(), 1, "its features have changed");
}
