//! Limits how many peers are sent the whole graph at a time.
//!
//! LDK asks for one channel after the other, and does not say for which peer. A sync is recognised by where it continues.
use std::collections::BTreeMap;

/// Syncs at a time. LDK sends each peer 32 messages in a round trip, so they share a few megabytes a second.
const MAX_SYNCS: usize = 16;
/// A sync that has not continued for this long has ended: its peer is gone.
const MAX_IDLE_SECONDS: u64 = 60;

/// The syncs that are in progress. A peer beyond the limit gets only new gossip, as if it were synced.
#[derive(Default)]
pub(super) struct Backfill {
    /// When the syncs that continue with this short channel id were last continued.
    channels: BTreeMap<u64, Vec<u64>>,
    /// Syncs whose channels have been sent and whose nodes have not been requested.
    nodes_due: usize,
}

impl Backfill {
    /// Whether a sync may start (at 0) or continue with this short channel id.
    pub(super) fn admit(&mut self, starting_point: u64, now: u64) -> bool {
        if starting_point != 0 {
            let Some(syncs) = self.channels.get_mut(&starting_point) else { return false };
            let found = syncs.pop().is_some();
            if syncs.is_empty() {
                self.channels.remove(&starting_point);
            }
            return found;
        }
        self.channels.retain(|_, syncs| {
            syncs.retain(|continued| now < continued + MAX_IDLE_SECONDS);
            !syncs.is_empty()
        });
        self.channels.values().map(Vec::len).sum::<usize>() < MAX_SYNCS
    }
    /// Records that an admitted sync continues with this short channel id.
    pub(super) fn continues(&mut self, next: u64, now: u64) {
        self.channels.entry(next).or_default().push(now);
    }
    /// Records that an admitted sync has no more channels.
    pub(super) fn channels_sent(&mut self) {
        self.nodes_due = (self.nodes_due + 1).min(MAX_SYNCS);
    }
    /// Whether the announcements of nodes may be sent.
    pub(super) fn admit_nodes(&mut self) -> bool {
        let admitted = self.nodes_due > 0;
        self.nodes_due -= usize::from(admitted);
        admitted
    }
}
