//! Persists channel monitors: each update as it occurs, and the full monitor from time to time. Nothing is stored here.
//! Changes become part of the exchange's commit, and LDK is notified once the host has acknowledged that commit.
use crate::justice::Justice;
use lightning::chain::chainmonitor::Persist;
use lightning::chain::channelmonitor::{ChannelMonitor, ChannelMonitorUpdate};
use lightning::chain::ChannelMonitorUpdateStatus;
use lightning::ln::types::ChannelId;
use lightning::sign::InMemorySigner;
use lightning::util::persist::MonitorName;
use lightning::util::ser::Writeable;
use lightning_core_api::Event;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// A monitor update whose persistence LDK is waiting for.
pub struct Update {
    /// The channel.
    pub channel: ChannelId,
    /// LDK's update id.
    pub id: u64,
    /// The update; `None` if the full monitor in the same commit includes it.
    pub bytes: Option<Vec<u8>>,
}

/// Changes of monitors since the last commit.
#[derive(Default)]
pub struct Changes {
    /// Updates, in order.
    pub updates: Vec<Update>,
    /// Monitors to write in full.
    pub images: BTreeSet<ChannelId>,
    /// Names of monitors to delete.
    pub archived: Vec<String>,
}
impl Changes {
    /// True if there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.updates.is_empty() && self.images.is_empty() && self.archived.is_empty()
    }
}

/// Implements LDK's `Persist`. Not part of `Env`, because LDK implements `Persist` for every `KVStoreSync`.
pub struct MonitorStore {
    image_every: u64,
    /// Signs justice transactions; `None` if there is no watchtower.
    justice: Option<Justice>,
    changes: RefCell<Changes>,
    since_image: RefCell<BTreeMap<ChannelId, u64>>,
    names: RefCell<BTreeMap<ChannelId, String>>,
    /// Monitors that are deleted, and that LDK still has in memory.
    deleted: RefCell<BTreeSet<ChannelId>>,
}
impl MonitorStore {
    /// Writes the full monitor after every `image_every` updates.
    pub fn new(image_every: u32, justice: Option<Justice>) -> MonitorStore {
        MonitorStore {
            image_every: u64::from(image_every.max(1)),
            justice,
            changes: RefCell::default(),
            since_image: RefCell::default(),
            names: RefCell::default(),
            deleted: RefCell::default(),
        }
    }
    /// Registers a monitor that was loaded, with the number of stored updates that were applied to it.
    pub fn loaded(&self, monitor: &ChannelMonitor<InMemorySigner>, updates: u64) {
        let channel = monitor.channel_id();
        self.names.borrow_mut().insert(channel, monitor.persistence_key().to_string());
        self.since_image.borrow_mut().insert(channel, updates);
    }
    /// The name under which the host stores a monitor.
    pub fn name(&self, channel: &ChannelId) -> String {
        self.names.borrow().get(channel).cloned().unwrap_or_default()
    }
    /// The justice transactions signed since the last call, as events for the host.
    pub fn take_events(&self) -> Vec<Event> {
        self.justice.as_ref().map(Justice::take_events).unwrap_or_default()
    }
    /// Deletes what is stored about the commitment transactions that the peer of a closed channel has not revoked.
    pub fn forget_unrevoked(&self, channel: &ChannelId) {
        if let Some(justice) = &self.justice {
            justice.forget(channel);
        }
    }
    /// Deletes a monitor with this commit and stores nothing of it any more. LDK must not wait for any of its updates:
    /// it refuses to load a channel manager that does. The updates that follow are still acknowledged to LDK.
    pub fn delete(&self, channel: &ChannelId, changes: &mut Changes) {
        self.deleted.borrow_mut().insert(*channel);
        changes.images.remove(channel);
        changes.archived.push(self.name(channel));
    }
    /// True if the monitor is deleted.
    pub fn is_deleted(&self, channel: &ChannelId) -> bool {
        self.deleted.borrow().contains(channel)
    }
    /// Writes these monitors in full with the next commit. LDK does not report changes that a reorganisation makes.
    pub fn rewrite_all(&self, channels: impl IntoIterator<Item = ChannelId>) {
        self.changes.borrow_mut().images.extend(channels);
    }
    /// The changes to store with this commit.
    pub fn take_changes(&self) -> Changes {
        let mut changes = core::mem::take(&mut *self.changes.borrow_mut());
        changes.images.retain(|channel| !self.is_deleted(channel));
        for update in changes.updates.iter_mut().filter(|update| self.is_deleted(&update.channel)) {
            update.bytes = None;
        }
        let mut since = self.since_image.borrow_mut();
        for channel in &changes.images {
            since.insert(*channel, 0);
        }
        changes
    }
    fn rewrite(&self, name: MonitorName, channel: ChannelId) {
        self.names.borrow_mut().insert(channel, name.to_string());
        self.changes.borrow_mut().images.insert(channel);
    }
}
impl Persist<InMemorySigner> for MonitorStore {
    fn persist_new_channel(
        &self, name: MonitorName, monitor: &ChannelMonitor<InMemorySigner>,
    ) -> ChannelMonitorUpdateStatus {
        let channel = monitor.channel_id();
        self.rewrite(name, channel);
        if let Some(justice) = &self.justice {
            justice.on_new_channel(monitor);
        }
        let update = Update { channel, id: monitor.get_latest_update_id(), bytes: None };
        self.changes.borrow_mut().updates.push(update);
        ChannelMonitorUpdateStatus::InProgress
    }
    fn update_persisted_channel(
        &self, name: MonitorName, update: Option<&ChannelMonitorUpdate>, monitor: &ChannelMonitor<InMemorySigner>,
    ) -> ChannelMonitorUpdateStatus {
        let channel = monitor.channel_id();
        let Some(update) = update else {
            // changed by a block, or an update that the monitor rejected: write it in full; LDK waits for nothing
            self.rewrite(name, channel);
            return ChannelMonitorUpdateStatus::InProgress;
        };
        if let Some(justice) = &self.justice {
            justice.on_update(monitor, update);
        }
        let mut since_image = self.since_image.borrow_mut();
        let since = since_image.entry(channel).or_insert(0);
        *since += 1;
        // u64::MAX is the id of updates to closed channels in old LDK versions; they have no sequence
        let bytes = if *since >= self.image_every || update.update_id == u64::MAX {
            self.rewrite(name, channel);
            None
        } else {
            Some(update.encode())
        };
        self.changes.borrow_mut().updates.push(Update { channel, id: update.update_id, bytes });
        ChannelMonitorUpdateStatus::InProgress
    }
    fn archive_persisted_channel(&self, name: MonitorName) {
        self.changes.borrow_mut().archived.push(name.to_string());
    }
}
