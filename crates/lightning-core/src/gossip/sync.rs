//! Decides from whom the whole graph is requested. LDK without std requests it from every peer on every connection:
//! 30 MB on mainnet.
use crate::env::Env;
use lightning::bitcoin::secp256k1::PublicKey;
use std::collections::BTreeSet;

/// Key of the time up to which we have received the network's gossip, in seconds since 1970.
const SYNCED_UNTIL: &str = "gossip/synced-until";
/// A graph up to this size is requested from every peer that can be a source: it takes less than a megabyte.
pub(super) const SMALL_GRAPH: usize = 1_000;
/// A sync has ended when its source has announced no channel for this long.
const QUIET_SECONDS: u64 = 60;
/// A sync lasts at least this long.
const MIN_SECONDS: u64 = 120;
/// Gossip reaches us this much later than its timestamp says.
const MARGIN_SECONDS: u64 = 3_600;
/// How often the time is stored.
const STORE_SECONDS: u64 = 3_600;
/// A graph whose updates are this old is requested again: LDK removes channels without an update for two weeks.
const MAX_AGE_SECONDS: u64 = 12 * 86_400;
/// A wallet gets no updates after its sync and requests the graph again after this long.
const WALLET_MAX_AGE_SECONDS: u64 = 86_400;

/// A peer that sends us the whole graph.
struct Source {
    peer: PublicKey,
    started: u64,
    last_announcement: u64,
}

/// See the module documentation.
pub(super) struct Sync {
    synced_until: Option<u64>,
    source: Option<Source>,
    /// Connected peers that the whole graph was requested from.
    sources: BTreeSet<PublicKey>,
}

impl Sync {
    pub(super) fn load(env: &Env) -> Sync {
        let stored = env.get(SYNCED_UNTIL).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes);
        Sync { synced_until: stored, source: None, sources: BTreeSet::new() }
    }
    /// Whether a graph of this size needs no sync. `snapshot`: the time of the newest snapshot (rapid gossip sync).
    pub(super) fn is_synced(&self, announced: bool, channels: usize, snapshot: Option<u32>, now: u64) -> bool {
        let max_age = if announced { MAX_AGE_SECONDS } else { WALLET_MAX_AGE_SECONDS };
        let is_recent = self.synced_until.is_some_and(|until| now < until + max_age);
        let has_snapshot = snapshot.is_some_and(|time| now < u64::from(time) + MAX_AGE_SECONDS);
        (is_recent && channels > SMALL_GRAPH) || (has_snapshot && !announced)
    }
    /// The time from which on gossip may be missing.
    pub(super) fn since(&self, now: u64) -> u64 {
        self.synced_until.unwrap_or(now).min(now).saturating_sub(MARGIN_SECONDS)
    }
    pub(super) fn is_running(&self) -> bool {
        self.source.is_some()
    }
    pub(super) fn is_source(&self, peer: &PublicKey) -> bool {
        self.source.as_ref().is_some_and(|source| source.peer == *peer)
    }
    pub(super) fn was_source(&self, peer: &PublicKey) -> bool {
        self.sources.contains(peer)
    }
    /// Makes this peer the source. False if another one is.
    pub(super) fn start(&mut self, peer: PublicKey, now: u64) -> bool {
        if self.source.is_some() {
            return false;
        }
        self.sources.insert(peer);
        self.source = Some(Source { peer, started: now, last_announcement: now });
        true
    }
    pub(super) fn on_announcement(&mut self, peer: &PublicKey, now: u64) {
        if let Some(source) = self.source.as_mut().filter(|source| source.peer == *peer) {
            source.last_announcement = now;
        }
    }
    pub(super) fn on_disconnected(&mut self, peer: &PublicKey) {
        self.sources.remove(peer);
        if self.is_source(peer) {
            self.source = None;
        }
    }
    /// Ends the sync when its source has sent everything. `connected`: a peer keeps us up to date.
    pub(super) fn tick(&mut self, env: &Env, now: u64, connected: bool) {
        let ended = self
            .source
            .as_ref()
            .filter(|source| now >= source.started + MIN_SECONDS && now >= source.last_announcement + QUIET_SECONDS);
        if let Some(Source { started, .. }) = ended {
            self.store(env, *started);
            self.source = None;
        } else if connected
            && self.source.is_none()
            && self.synced_until.is_some_and(|until| now >= until + STORE_SECONDS)
        {
            self.store(env, now);
        }
    }
    fn store(&mut self, env: &Env, until: u64) {
        self.synced_until = Some(until);
        env.set(SYNCED_UNTIL, until.to_le_bytes().to_vec());
    }
}
