//! The commit: everything that must be durable before the batch's bytes and transactions leave. At most one per
//! exchange.
use crate::holds::HoldReason;
use crate::monitors::Changes;
use crate::node::Node;
use crate::wire::{output, Writer};
use lightning::ln::types::ChannelId;
use lightning::util::logger::Level;
use lightning::util::ser::Writeable;
use std::collections::VecDeque;

/// Commits that the host has not acknowledged.
pub(crate) struct Pending {
    next_id: u64,
    /// True until the first commit. A new node must be stored before its id is used.
    first: bool,
    unacknowledged: VecDeque<(u64, Vec<(ChannelId, u64)>)>,
}
impl Default for Pending {
    fn default() -> Self {
        Pending { next_id: 1, first: true, unacknowledged: VecDeque::new() }
    }
}

impl Node {
    /// Writes the `COMMIT` frame, if anything changed. Its layout is in this crate's README.
    pub(crate) fn commit(&mut self) {
        if let Err(error) = self.liquidity.manager.persist() {
            self.env.log_line(Level::Error, format!("failed to persist LSPS state: {error:?}"));
        }
        self.wallet.save();
        let mut changes = self.monitors.take_changes();
        let deleted = self.delete_never_funded(&mut changes);
        let manager_changed = self.manager.get_and_clear_needs_persistence() || self.pending.first || deleted;
        if !manager_changed && changes.is_empty() && !self.env.has_changes() {
            return;
        }
        self.pending.first = false;
        let id = self.pending.next_id;
        self.pending.next_id += 1;
        let acknowledgements = changes.updates.iter().map(|update| (update.channel, update.id)).collect();
        let images: Vec<_> = changes
            .images
            .iter()
            .filter_map(|channel| Some((self.monitors.name(channel), self.chain_monitor.get_monitor(*channel).ok()?)))
            .collect();
        let updates: Vec<_> = changes
            .updates
            .iter()
            .filter(|update| !changes.images.contains(&update.channel))
            .filter_map(|update| Some((self.monitors.name(&update.channel), update.id, update.bytes.as_ref()?)))
            .collect();
        let values = self.env.take_changes();
        let manager = &self.manager;
        self.out.frame(output::COMMIT, |out| {
            out.u64(id);
            out.sized(|out| {
                if manager_changed {
                    append(out, &**manager);
                }
            });
            out.count(images.len());
            for (name, monitor) in &images {
                out.bytes(name.as_bytes());
                out.u64(monitor.get_latest_update_id());
                out.sized(|out| append(out, &**monitor));
            }
            out.count(updates.len());
            for (name, id, bytes) in &updates {
                out.bytes(name.as_bytes());
                out.u64(*id);
                out.bytes(bytes);
            }
            out.count(changes.archived.len());
            for name in &changes.archived {
                out.bytes(name.as_bytes());
            }
            out.count(values.len());
            for (key, value) in &values {
                out.bytes(key.as_bytes());
                out.u8(u8::from(value.is_some()));
                out.bytes(value.as_deref().unwrap_or_default());
            }
        });
        drop(images);
        self.pending.unacknowledged.push_back((id, acknowledgements));
    }

    /// Deletes the monitors of channels that were never funded, once LDK waits for none of their updates. Returns true
    /// if there was one. Its commit must contain the manager, so that a loaded manager does not expect the monitor.
    fn delete_never_funded(&self, changes: &mut Changes) -> bool {
        let mut deleted = false;
        for channel in self.env.held_for(HoldReason::NeverFunded) {
            let is_open = self.manager.list_channels().iter().any(|known| known.channel_id == channel);
            let is_waiting = changes.updates.iter().any(|update| update.channel == channel)
                || self
                    .pending
                    .unacknowledged
                    .iter()
                    .any(|(_, updates)| updates.iter().any(|(one, _)| *one == channel));
            if is_open || is_waiting || self.monitors.is_deleted(&channel) {
                continue;
            }
            self.monitors.delete(&channel, changes);
            self.env.forget_hold(&channel);
            deleted = true;
        }
        deleted
    }

    /// Handles `ACK`: the host has stored this commit and all before it, so LDK may send the messages that depend on
    /// them.
    pub(crate) fn acknowledge(&mut self, id: u64) {
        while let Some((first, _)) = self.pending.unacknowledged.front() {
            if *first > id {
                break;
            }
            let Some((_, updates)) = self.pending.unacknowledged.pop_front() else { break };
            for (channel, update) in updates {
                // fails only for a monitor that has been archived since
                if self.chain_monitor.channel_monitor_updated(channel, update).is_err() {
                    self.env.log_line(
                        Level::Debug,
                        format!("update {update} acknowledged for {channel}, which is archived"),
                    );
                }
            }
        }
    }
}

/// Serialises directly into the frame, to avoid a copy of a manager with hundreds of channels.
fn append(out: &mut Writer, value: &impl Writeable) {
    // writing to a Vec cannot fail
    let _ = value.write(&mut out.0);
}
