//! The node's part of snapshots and rows of the network graph: loading, applying, exporting and storing them.
use super::rows::GraphRows;
use super::snapshot;
use crate::convert::{core_error, Outcome};
use crate::env::Env;
use crate::node::{CreateError, Graph, Node};
use crate::state::State;
use crate::wire::output;
use lightning::bitcoin::constants::ChainHash;
use lightning::bitcoin::Network;
use lightning::routing::gossip::NetworkGraph;
use lightning::util::logger::Level;
use lightning::util::ser::Writeable;
use lightning_core_api::{CommandResult, Dump, ErrorCode, ExportGossip, GossipSource};
use lightning_rapid_gossip_sync::RapidGossipSync;
use std::hash::Hasher;
use std::sync::Arc;

/// A snapshot from further in the future than this is refused: it would keep newer ones from being applied. Wide enough
/// for a phone's clock.
const MAX_AHEAD_SECONDS: u64 = 24 * 3600;
/// A snapshot older than this is refused, as LDK does.
const MAX_AGE_SECONDS: u64 = 14 * 24 * 3600;
/// A graph with more channels than this takes none from snapshots: five times those of 2025.
const MAX_CHANNELS: usize = 250_000;
/// The time that a graph from peers gets when a node changes to snapshots: older than any snapshot that is applied to
/// it, so that those prevail, and far enough from LDK's two weeks.
const REBASED_AGE_SECONDS: u32 = 3 * 24 * 3600;
/// Changes from so long before the requested time are exported too, so that none is missed when a clock is set back.
const CLOCK_SLACK_SECONDS: u32 = 120;
/// Rows written by one `dump`: about four megabytes.
const MAX_ROWS: usize = 4_096;

fn seconds(time: u64) -> u32 {
    u32::try_from(time).unwrap_or(u32::MAX)
}

/// Loads the stored graph. Snapshots that cannot be applied are logged and ignored: they are downloaded again.
pub(crate) fn load_graph(
    stored: &State, source: GossipSource, network: Network, env: &Arc<Env>,
) -> Result<(Arc<Graph>, GraphRows), CreateError> {
    let chain = ChainHash::using_genesis_block(network);
    let state = |error| CreateError::State("graph", format!("{error:?}"));
    let (from_peers, rows) =
        GraphRows::load_or_read(stored.graph, &stored.graph_rows, chain, env.clone()).map_err(state)?;
    if source == GossipSource::Peers {
        return Ok((Arc::new(from_peers), rows));
    }
    let snapshots = stored.graph_rows.iter().filter(|(key, _)| key.starts_with("s/"));
    let graph = Arc::new(NetworkGraph::new(network, env.clone()));
    let rapid = RapidGossipSync::new(graph.clone(), env.clone());
    let apply = |bytes: &[u8]| {
        if let Err(error) = snapshot::check(bytes, chain) {
            env.log_line(Level::Error, format!("stored gossip snapshot ignored: {error}"));
        } else if let Err(error) = rapid.update_network_graph_no_std(bytes, None) {
            env.log_line(Level::Error, format!("stored gossip snapshot ignored: {error:?}"));
        }
    };
    let mut has_snapshots = false;
    for (_, bytes) in snapshots {
        has_snapshots = true;
        apply(bytes);
    }
    if !has_snapshots && !from_peers.read_only().channels().is_empty() {
        let time = seconds(env.now_seconds()).saturating_sub(REBASED_AGE_SECONDS);
        let mut rows = GraphRows::default();
        rows.scan(&from_peers, time);
        let (bytes, _) = snapshot::write(&from_peers, &rows, chain, None, time).map_err(state)?;
        apply(&bytes);
        graph.set_last_rapid_gossip_sync_timestamp(0);
    }
    Ok((graph, GraphRows::default()))
}

impl Node {
    /// Handles `RGS`: applies a snapshot, or refuses it and changes nothing.
    pub(crate) fn apply_snapshot(&mut self, bytes: &[u8]) -> Outcome {
        let refused = |message: String| core_error(ErrorCode::Refused, message);
        if self.config.gossip != Some(GossipSource::Snapshots) {
            return Err(refused("this node takes gossip from peers".into()));
        }
        let summary =
            snapshot::check(bytes, self.graph.get_chain_hash()).map_err(|error| refused(error.to_string()))?;
        let (now, time) = (self.env.now_seconds(), u64::from(summary.time));
        if time > now + MAX_AHEAD_SECONDS {
            return Err(refused(format!("the snapshot is from the future: {time}, it is {now}")));
        }
        if time + MAX_AGE_SECONDS < now {
            return Err(refused(format!("the snapshot is more than two weeks old: {time}, it is {now}")));
        }
        let last = self.graph.get_last_rapid_gossip_sync_timestamp().unwrap_or(0);
        if summary.time < last {
            return Err(refused(format!("the snapshot of {time} is older than the last one, of {last}")));
        }
        let before = self.graph.read_only().channels().len();
        if before + summary.channels as usize > MAX_CHANNELS {
            return Err(refused(format!("with {} more channels the graph would be too large", summary.channels)));
        }
        self.rgs
            .update_network_graph_no_std(bytes, Some(now))
            .map_err(|error| refused(format!("the snapshot cannot be applied: {error:?}")))?;
        // LDK does not note one without updates
        self.graph.set_last_rapid_gossip_sync_timestamp(summary.time);
        Ok(self.snapshot_applied())
    }

    /// The time of the last snapshot, and the size of the graph.
    fn snapshot_applied(&self) -> CommandResult {
        let graph = self.graph.read_only();
        let count = |length| u32::try_from(length).unwrap_or(u32::MAX);
        CommandResult::GossipApplied {
            time_seconds: self.graph.get_last_rapid_gossip_sync_timestamp().unwrap_or(0),
            nodes: count(graph.nodes().len()),
            channels: count(graph.channels().len()),
        }
    }

    pub(crate) fn export_gossip(&mut self, command: &ExportGossip) -> Outcome {
        let now = seconds(self.env.now_seconds());
        self.graph_rows.scan(&self.graph, now);
        let chain = self.graph.get_chain_hash();
        let since = command.since_seconds.map(|since| since.saturating_sub(CLOCK_SLACK_SECONDS));
        let (bytes, summary) = snapshot::write(&self.graph, &self.graph_rows, chain, since, now)
            .map_err(|error| core_error(ErrorCode::Refused, format!("{error:?}")))?;
        let known = self.graph.read_only().channels().len();
        let usable = self.graph_rows.channels.values().filter(|entry| entry.usable_at != 0).count();
        self.out.frame(output::SNAPSHOT, |out| {
            out.u8(2);
            out.raw(&bytes);
        });
        Ok(CommandResult::GossipExported {
            time_seconds: summary.time,
            nodes: summary.nodes,
            channels: summary.channels,
            updates: summary.updates,
            left_out: u32::try_from(known - usable.min(known)).unwrap_or(u32::MAX),
        })
    }

    pub(crate) fn dump(&mut self, command: &Dump) -> Outcome {
        if command.graph && self.config.gossip != Some(GossipSource::Snapshots) {
            self.graph_rows.scan(&self.graph, seconds(self.env.now_seconds()));
            let rows = self.graph_rows.take(&self.graph, MAX_ROWS);
            if !rows.is_empty() {
                self.out.frame(output::SNAPSHOT, |out| {
                    out.u8(0);
                    out.count(rows.len());
                    for (key, value) in &rows {
                        out.bytes(key.as_bytes());
                        out.u8(u8::from(value.is_some()));
                        out.bytes(value.as_deref().unwrap_or_default());
                    }
                });
            }
        }
        if command.scorer {
            let bytes = self.scorer.borrow().encode();
            let mut hasher = std::collections::hash_map::DefaultHasher::new();
            hasher.write(&bytes);
            let digest = Some(hasher.finish());
            if digest != self.stored_scorer {
                self.stored_scorer = digest;
                self.out.frame(output::SNAPSHOT, |out| {
                    out.u8(1);
                    out.raw(&bytes);
                });
            }
        }
        Ok(CommandResult::Done)
    }
}
