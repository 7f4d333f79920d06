//! The network graph as rows, one for each channel and each announced node, so that storing it writes only what changed.
//! LDK serialises its graph whole: rows are put together to that form when a node is loaded.
use crate::env::Env;
use lightning::bitcoin::constants::ChainHash;
use lightning::ln::msgs::DecodeError;
use lightning::routing::gossip::{ChannelInfo, ChannelUpdateInfo, NetworkGraph, NodeId, NodeInfo};
use lightning::util::ser::{BigSize, Readable, ReadableArgs, Writeable};
use std::collections::hash_map::DefaultHasher;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

type Graph = NetworkGraph<Arc<Env>>;

/// A row to store; `None`: to delete.
pub type Row = (String, Option<Vec<u8>>);

/// The state of a channel's row. Times are seconds since 1970, by this node's clock.
pub struct ChannelEntry {
    fingerprint: u64,
    /// Since when the updates of both directions are known: routers use a channel only then. 0: they are not.
    pub usable_at: u32,
    /// When the last change was noticed.
    pub changed_at: u32,
    is_stored: bool,
}
/// The state of a node's row.
pub struct NodeEntry {
    fingerprint: u64,
    /// When the last change of its announcement was noticed.
    pub changed_at: u32,
    is_stored: bool,
}

/// Which rows are stored, and when their contents changed.
#[derive(Default)]
pub struct GraphRows {
    /// By SCID.
    pub channels: BTreeMap<u64, ChannelEntry>,
    /// By node id; announced nodes only.
    pub nodes: BTreeMap<NodeId, NodeEntry>,
    removed: Vec<String>,
}

impl GraphRows {
    /// Notices what has changed since the last call.
    pub fn scan(&mut self, graph: &Graph, now: u32) {
        let graph = graph.read_only();
        for (scid, channel) in graph.channels().unordered_iter() {
            let fingerprint = channel_fingerprint(channel);
            let usable = channel.one_to_two.is_some() && channel.two_to_one.is_some();
            let entry = self.channels.entry(*scid).or_insert(ChannelEntry {
                fingerprint: !fingerprint,
                usable_at: 0,
                changed_at: now,
                is_stored: false,
            });
            if entry.fingerprint != fingerprint {
                entry.fingerprint = fingerprint;
                entry.changed_at = now;
                entry.is_stored = false;
                entry.usable_at = match (usable, entry.usable_at) {
                    (false, _) => 0,
                    (true, 0) => now,
                    (true, since) => since,
                };
            }
        }
        if self.channels.len() != graph.channels().len() {
            let removed = &mut self.removed;
            self.channels.retain(|scid, _| {
                let is_known = graph.channels().contains_key(scid);
                if !is_known {
                    removed.push(channel_key(*scid));
                }
                is_known
            });
        }
        for (node, info) in graph.nodes().unordered_iter() {
            let Some(fingerprint) = node_fingerprint(info) else { continue };
            let entry = self.nodes.entry(*node).or_insert(NodeEntry {
                fingerprint: !fingerprint,
                changed_at: now,
                is_stored: false,
            });
            if entry.fingerprint != fingerprint {
                *entry = NodeEntry { fingerprint, changed_at: now, is_stored: false };
            }
        }
        let removed = &mut self.removed;
        self.nodes.retain(|node, _| {
            let is_known = graph.nodes().get(node).is_some_and(|info| info.announcement_info.is_some());
            if !is_known {
                removed.push(node_key(node));
            }
            is_known
        });
    }

    /// Takes at most `limit` rows that differ from what is stored. Call `scan` before. Any part of the rows is a graph of
    /// its own, so a caller that takes them in several parts can store each by itself.
    pub fn take(&mut self, graph: &Graph, limit: usize) -> Vec<Row> {
        let graph = graph.read_only();
        let gone = self.removed.len().min(limit);
        let mut rows: Vec<Row> = self.removed.drain(..gone).map(|key| (key, None)).collect();
        for (scid, entry) in self.channels.iter_mut().filter(|(_, entry)| !entry.is_stored) {
            if rows.len() >= limit {
                return rows;
            }
            let Some(channel) = graph.channel(*scid) else { continue };
            let mut value = entry.usable_at.encode();
            value.extend(entry.changed_at.encode());
            value.extend(channel.encode());
            entry.is_stored = true;
            rows.push((channel_key(*scid), Some(value)));
        }
        for (node, entry) in self.nodes.iter_mut().filter(|(_, entry)| !entry.is_stored) {
            if rows.len() >= limit {
                return rows;
            }
            let Some(info) = graph.node(node).and_then(|node| node.announcement_info.as_ref()) else { continue };
            let mut value = entry.changed_at.encode();
            value.extend(info.encode());
            entry.is_stored = true;
            rows.push((node_key(node), Some(value)));
        }
        rows
    }

    /// Reads a graph that a version before the rows stored whole, of which no row is stored yet; or loads it from its rows.
    pub fn load_or_read(
        whole: &[u8], rows: &[(&str, &[u8])], chain: ChainHash, env: Arc<Env>,
    ) -> Result<(Graph, GraphRows), DecodeError> {
        if whole.is_empty() {
            return GraphRows::load(rows, chain, env);
        }
        Ok((NetworkGraph::read(&mut &*whole, env)?, GraphRows::default()))
    }

    /// Loads a graph from its rows. Rows with other keys are ignored.
    pub fn load(rows: &[(&str, &[u8])], chain: ChainHash, env: Arc<Env>) -> Result<(Graph, GraphRows), DecodeError> {
        let mut channels = vec![];
        let mut announcements = BTreeMap::new();
        let mut nodes: BTreeMap<NodeId, Vec<u64>> = BTreeMap::new();
        for (key, value) in rows {
            let mut value = *value;
            if let Some(scid) = key.strip_prefix("c/") {
                let scid = u64::from_str_radix(scid, 16).map_err(|_| DecodeError::InvalidValue)?;
                let (usable_at, changed_at): (u32, u32) = (Readable::read(&mut value)?, Readable::read(&mut value)?);
                let bytes = value;
                let info: ChannelInfo = Readable::read(&mut value)?;
                nodes.entry(info.node_one).or_default().push(scid);
                nodes.entry(info.node_two).or_default().push(scid);
                channels.push((scid, usable_at, changed_at, bytes));
            } else if let Some(node) = key.strip_prefix("n/") {
                let node: NodeId = node.parse().map_err(|_| DecodeError::InvalidValue)?;
                let changed_at: u32 = Readable::read(&mut value)?;
                announcements.insert(node, (changed_at, value));
            }
        }
        let mut whole = vec![1, 1];
        chain.write(&mut whole)?;
        (channels.len() as u64).write(&mut whole)?;
        for (scid, _, _, bytes) in &channels {
            scid.write(&mut whole)?;
            whole.extend_from_slice(bytes);
        }
        (nodes.len() as u64).write(&mut whole)?;
        for (node, scids) in &nodes {
            node.write(&mut whole)?;
            let scids: Vec<u8> = scids.iter().flat_map(|scid| scid.to_be_bytes()).collect();
            let mut fields = vec![];
            if let Some((_, announcement)) = announcements.get(node) {
                write_field(&mut fields, 2, announcement)?;
            }
            write_field(&mut fields, 4, &scids)?;
            BigSize(fields.len() as u64).write(&mut whole)?;
            whole.extend_from_slice(&fields);
        }
        // no fields of the graph's own
        BigSize(0).write(&mut whole)?;
        let graph = NetworkGraph::read(&mut whole.as_slice(), env)?;

        let mut known = GraphRows::default();
        let read = graph.read_only();
        for (scid, usable_at, changed_at, _) in channels {
            let Some(channel) = read.channel(scid) else { continue };
            let fingerprint = channel_fingerprint(channel);
            known.channels.insert(scid, ChannelEntry { fingerprint, usable_at, changed_at, is_stored: true });
        }
        for (node, (changed_at, _)) in announcements {
            match read.node(&node).and_then(node_fingerprint) {
                Some(fingerprint) => {
                    known.nodes.insert(node, NodeEntry { fingerprint, changed_at, is_stored: true });
                }
                None => known.removed.push(node_key(&node)),
            }
        }
        drop(read);
        Ok((graph, known))
    }
}

fn write_field(out: &mut Vec<u8>, kind: u64, value: &[u8]) -> Result<(), DecodeError> {
    BigSize(kind).write(out)?;
    BigSize(value.len() as u64).write(out)?;
    out.extend_from_slice(value);
    Ok(())
}

fn channel_key(scid: u64) -> String {
    format!("c/{scid:016x}")
}
fn node_key(node: &NodeId) -> String {
    format!("n/{node}")
}

/// Differs when the stored row would.
fn channel_fingerprint(channel: &ChannelInfo) -> u64 {
    let mut hasher = DefaultHasher::new();
    channel.node_one.hash(&mut hasher);
    channel.node_two.hash(&mut hasher);
    channel.capacity_sats.hash(&mut hasher);
    channel.announcement_message.is_some().hash(&mut hasher);
    let mut direction = |update: &Option<ChannelUpdateInfo>| match update {
        None => false.hash(&mut hasher),
        Some(update) => (
            (update.last_update, update.enabled, update.cltv_expiry_delta, update.last_update_message.is_some()),
            (update.htlc_minimum_msat, update.htlc_maximum_msat),
            (update.fees.base_msat, update.fees.proportional_millionths),
        )
            .hash(&mut hasher),
    };
    direction(&channel.one_to_two);
    direction(&channel.two_to_one);
    hasher.finish()
}
/// `None` for a node that is not announced. Some nodes repeat their announcement every minute with a new time: that alone
/// is a change once a day.
fn node_fingerprint(node: &NodeInfo) -> Option<u64> {
    let info = node.announcement_info.as_ref()?;
    let mut hasher = DefaultHasher::new();
    (info.last_update() / 86_400, info.announcement_message().is_some()).hash(&mut hasher);
    (info.features().encode(), info.rgb(), info.alias().0, info.addresses()).hash(&mut hasher);
    Some(hasher.finish())
}
