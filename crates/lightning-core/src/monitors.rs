//! Storing channel monitors: small updates as they come, a full image now and then. Nothing is stored here: what must
//! be is written into the exchange's commit, and LDK is told only once the host has acknowledged that commit.
use lightning::chain::chainmonitor::Persist;
use lightning::chain::channelmonitor::{ChannelMonitor, ChannelMonitorUpdate};
use lightning::chain::ChannelMonitorUpdateStatus;
use lightning::ln::types::ChannelId;
use lightning::sign::InMemorySigner;
use lightning::util::persist::MonitorName;
use lightning::util::ser::Writeable;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// An update that LDK waits for.
pub struct Update {
    /// The channel.
    pub channel: ChannelId,
    /// LDK's number for it.
    pub id: u64,
    /// The update; `None` when the full image in the same commit contains it.
    pub bytes: Option<Vec<u8>>,
}

/// What happened to monitors since the last commit.
#[derive(Default)]
pub struct Changes {
    /// Updates, in order.
    pub updates: Vec<Update>,
    /// Monitors whose full image is due.
    pub images: BTreeSet<ChannelId>,
    /// Names of monitors that are no longer needed.
    pub archived: Vec<String>,
}
impl Changes {
    /// True when there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.updates.is_empty() && self.images.is_empty() && self.archived.is_empty()
    }
}

/// LDK's `Persist`. Its own type, because LDK implements `Persist` for every `KVStoreSync`.
pub struct MonitorStore {
    image_every: u64,
    changes: RefCell<Changes>,
    since_image: RefCell<BTreeMap<ChannelId, u64>>,
    names: RefCell<BTreeMap<ChannelId, String>>,
}
impl MonitorStore {
    /// A full image after every `image_every` updates.
    pub fn new(image_every: u32) -> MonitorStore {
        MonitorStore {
            image_every: u64::from(image_every.max(1)),
            changes: RefCell::default(),
            since_image: RefCell::default(),
            names: RefCell::default(),
        }
    }
    /// Tells the name of a monitor that was loaded, and how many stored updates it was loaded with.
    pub fn loaded(&self, monitor: &ChannelMonitor<InMemorySigner>, updates: u64) {
        let channel = monitor.channel_id();
        self.names.borrow_mut().insert(channel, monitor.persistence_key().to_string());
        self.since_image.borrow_mut().insert(channel, updates);
    }
    /// The name under which the host stores a monitor.
    pub fn name(&self, channel: &ChannelId) -> String {
        self.names.borrow().get(channel).cloned().unwrap_or_default()
    }
    /// Asks for full images of all these: LDK does not report what a reorganisation changed in monitors.
    pub fn image_all(&self, channels: impl IntoIterator<Item = ChannelId>) {
        self.changes.borrow_mut().images.extend(channels);
    }
    /// What is to be stored now.
    pub fn take_changes(&self) -> Changes {
        let changes = core::mem::take(&mut *self.changes.borrow_mut());
        let mut since = self.since_image.borrow_mut();
        for channel in &changes.images {
            since.insert(*channel, 0);
        }
        changes
    }
    fn image(&self, name: MonitorName, channel: ChannelId) {
        self.names.borrow_mut().insert(channel, name.to_string());
        self.changes.borrow_mut().images.insert(channel);
    }
}
impl Persist<InMemorySigner> for MonitorStore {
    fn persist_new_channel(
        &self, name: MonitorName, monitor: &ChannelMonitor<InMemorySigner>,
    ) -> ChannelMonitorUpdateStatus {
        let channel = monitor.channel_id();
        self.image(name, channel);
        let update = Update { channel, id: monitor.get_latest_update_id(), bytes: None };
        self.changes.borrow_mut().updates.push(update);
        ChannelMonitorUpdateStatus::InProgress
    }
    fn update_persisted_channel(
        &self, name: MonitorName, update: Option<&ChannelMonitorUpdate>, monitor: &ChannelMonitor<InMemorySigner>,
    ) -> ChannelMonitorUpdateStatus {
        let channel = monitor.channel_id();
        let Some(update) = update else {
            // by a block, or an update that the monitor refused: the whole image, and nothing to acknowledge
            self.image(name, channel);
            return ChannelMonitorUpdateStatus::InProgress;
        };
        let mut since_image = self.since_image.borrow_mut();
        let since = since_image.entry(channel).or_insert(0);
        *since += 1;
        // u64::MAX is LDK's number for updates of closed channels of old: they are not in sequence
        let bytes = if *since >= self.image_every || update.update_id == u64::MAX {
            self.image(name, channel);
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
