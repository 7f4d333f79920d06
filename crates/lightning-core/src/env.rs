//! The environment that LDK calls: clock, fee rates, randomness, broadcaster, key-value store, logger and sockets.
//! Callbacks only queue what has to be done. They must not call back into LDK: without std its locks are `RefCell`s,
//! and a second borrow panics.
use crate::flow::Flows;
use crate::holds::{self, Hold, HoldReason};
use crate::watch::WatchList;
use lightning::bitcoin::{OutPoint, Script, Transaction, Txid};
use lightning::chain::chaininterface::{BroadcasterInterface, ConfirmationTarget, FeeEstimator};
use lightning::chain::{Filter, WatchedOutput};
use lightning::io;
use lightning::ln::peer_handler::SocketDescriptor;
use lightning::ln::types::ChannelId;
use lightning::sign::{EntropySource, RandomBytes};
use lightning::util::logger::{Level, Logger, Record};
use lightning::util::persist::KVStoreSync;
use lightning_core_api::LogLevel;
use lightning_liquidity::utils::time::TimeProvider;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Fee rates, in satoshis per 1,000 weight units, in the order of the `FEES` frame.
pub type FeeRates = [u32; 8];
/// Minimum fee rate that Bitcoin Core relays (1 sat/vB, rounded up; LDK's `FEERATE_FLOOR_SATS_PER_KW`).
pub const MIN_FEE_RATE: u32 = 253;
/// Fee rates until the first `FEES`: the relay minimum, and 10 sat/vB where it is urgent.
const INITIAL_FEE_RATES: FeeRates = [25_000, 2_500, 253, 253, 253, 2_500, 253, 1_000];

/// See the module documentation.
pub struct Env {
    now_seconds: Cell<u64>,
    fee_rates: Cell<FeeRates>,
    random: RandomBytes,
    log_level: Level,
    /// Transactions, outputs and scripts to watch on the chain.
    pub watch: Arc<WatchList>,
    /// Bytes to send, by connection.
    pub bytes: RefCell<Vec<(u64, Vec<u8>)>>,
    /// Connections to close.
    pub closed: RefCell<Vec<u64>>,
    /// How much each connection takes from LDK and gives to it.
    pub flows: Flows,
    /// Packages of transactions to broadcast.
    pub transactions: RefCell<Vec<Vec<Transaction>>>,
    /// Log lines.
    pub logs: RefCell<Vec<(u8, String)>>,
    /// Channels whose funding output must not be spent.
    holds: RefCell<BTreeMap<ChannelId, Hold>>,
    values: RefCell<BTreeMap<String, Vec<u8>>>,
    changed: RefCell<BTreeSet<String>>,
}
impl Env {
    /// Starts with this time. All random bytes are derived from `entropy`.
    pub fn new(now_seconds: u64, entropy: [u8; 32], log_level: LogLevel, watch: Arc<WatchList>) -> Env {
        Env {
            now_seconds: Cell::new(now_seconds),
            fee_rates: Cell::new(INITIAL_FEE_RATES),
            random: RandomBytes::new(entropy),
            log_level: match log_level {
                LogLevel::Gossip => Level::Gossip,
                LogLevel::Trace => Level::Trace,
                LogLevel::Debug => Level::Debug,
                LogLevel::Info => Level::Info,
                LogLevel::Warn => Level::Warn,
                LogLevel::Error => Level::Error,
            },
            watch,
            bytes: RefCell::default(),
            closed: RefCell::default(),
            flows: Flows::default(),
            transactions: RefCell::default(),
            logs: RefCell::default(),
            holds: RefCell::default(),
            values: RefCell::default(),
            changed: RefCell::default(),
        }
    }
    /// The time since 1970.
    pub fn now(&self) -> Duration {
        Duration::from_secs(self.now_seconds.get())
    }
    /// The time in seconds since 1970.
    pub fn now_seconds(&self) -> u64 {
        self.now_seconds.get()
    }
    /// Sets the clock. It never goes backwards: LDK's timers would stall.
    pub fn set_now(&self, seconds: u64) {
        self.now_seconds.set(seconds.max(self.now_seconds.get()));
    }
    /// Sets the fee rates. Rates below the relay minimum are raised to it.
    pub fn set_fee_rates(&self, rates: FeeRates) {
        self.fee_rates.set(rates.map(|rate| rate.max(MIN_FEE_RATE)));
    }
    /// Logs a line of our own.
    pub fn log_line(&self, level: Level, text: String) {
        if level >= self.log_level {
            self.logs.borrow_mut().push((level as u8, text));
        }
    }
    /// Loads a stored value without marking it as changed.
    pub fn load(&self, key: String, value: Vec<u8>) {
        if let Some((channel, hold)) = holds::channel(&key).zip(Hold::decode(&value)) {
            self.holds.borrow_mut().insert(channel, hold);
        }
        self.values.borrow_mut().insert(key, value);
    }
    /// Reads a value.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.values.borrow().get(key).cloned()
    }
    /// Writes a value, which becomes part of the next commit.
    pub fn set(&self, key: &str, value: Vec<u8>) {
        let mut values = self.values.borrow_mut();
        if values.get(key) != Some(&value) {
            values.insert(key.to_string(), value);
            self.changed.borrow_mut().insert(key.to_string());
        }
    }
    /// Deletes a value with the next commit.
    pub fn delete(&self, key: &str) {
        if self.values.borrow_mut().remove(key).is_some() {
            self.changed.borrow_mut().insert(key.to_string());
        }
    }
    /// All keys with this prefix, with their values.
    pub fn with_prefix(&self, prefix: &str) -> Vec<(String, Vec<u8>)> {
        let values = self.values.borrow();
        let from = values.range(prefix.to_string()..);
        from.take_while(|(key, _)| key.starts_with(prefix)).map(|(key, value)| (key.clone(), value.clone())).collect()
    }
    /// Forbids spending the funding output of a channel from now on, also for transactions of this exchange. A hold
    /// that has no end, or belongs to a channel without funding, is not replaced.
    pub fn hold(&self, channel: ChannelId, hold: Hold) {
        if self.held(&channel).is_some_and(|reason| reason != HoldReason::Unverified) {
            return;
        }
        self.set(&holds::key(&channel), hold.encode());
        let mut holds = self.holds.borrow_mut();
        holds.insert(channel, hold);
        self.transactions
            .borrow_mut()
            .retain(|package| !package.iter().any(|one| holds::held_spend(&holds, one).is_some()));
    }
    /// Why the funding output of a channel must not be spent; `None` if it may be.
    pub fn held(&self, channel: &ChannelId) -> Option<HoldReason> {
        self.holds.borrow().get(channel).map(|hold| hold.reason)
    }
    /// The channels that are held for this reason.
    pub fn held_for(&self, reason: HoldReason) -> Vec<ChannelId> {
        self.holds.borrow().iter().filter(|(_, hold)| hold.reason == reason).map(|(channel, _)| *channel).collect()
    }
    /// The funding outputs of the channels that are held for this reason.
    pub fn held_fundings(&self, reason: HoldReason) -> Vec<(ChannelId, OutPoint)> {
        let holds = self.holds.borrow();
        let held = holds.iter().filter(|(_, hold)| hold.reason == reason);
        held.map(|(channel, hold)| (*channel, hold.funding)).collect()
    }
    /// From now on the funding of this channel, which is held as unfunded, is not waited for.
    pub fn end_unfunded(&self, channel: &ChannelId) {
        if let Some(hold) = self.holds.borrow_mut().get_mut(channel) {
            hold.reason = HoldReason::NeverFunded;
            self.set(&holds::key(channel), hold.encode());
        }
    }
    /// Allows spending the funding output again.
    pub fn release_hold(&self, channel: &ChannelId) {
        self.holds.borrow_mut().remove(channel);
        self.forget_hold(channel);
    }
    /// Deletes the stored hold, whose channel is not loaded after the next start. It stays in force until then.
    pub fn forget_hold(&self, channel: &ChannelId) {
        self.delete(&holds::key(channel));
    }
    /// True if a block has confirmed this funding transaction of a zero-conf channel. LDK's manager may not know yet.
    pub fn knows_funding(&self, txid: &Txid) -> bool {
        self.get(&crate::fundings::key(txid)).is_some()
    }
    /// True if a value has changed since the last commit.
    pub fn has_changes(&self) -> bool {
        !self.changed.borrow().is_empty()
    }
    /// The values that have changed since the last commit; `None` if deleted.
    pub fn take_changes(&self) -> Vec<(String, Option<Vec<u8>>)> {
        let values = self.values.borrow();
        let changed = core::mem::take(&mut *self.changed.borrow_mut());
        changed
            .into_iter()
            .map(|key| {
                let value = values.get(&key).cloned();
                (key, value)
            })
            .collect()
    }
}
impl EntropySource for Env {
    fn get_secure_random_bytes(&self) -> [u8; 32] {
        self.random.get_secure_random_bytes()
    }
}
impl Logger for Env {
    fn log(&self, record: Record) {
        if record.level >= self.log_level {
            let line = format!("{}:{} {}", record.module_path, record.line, record.args);
            self.logs.borrow_mut().push((record.level as u8, line));
        }
    }
}
impl FeeEstimator for Env {
    fn get_est_sat_per_1000_weight(&self, target: ConfirmationTarget) -> u32 {
        self.fee_rates.get()[match target {
            ConfirmationTarget::MaximumFeeEstimate => 0,
            ConfirmationTarget::UrgentOnChainSweep => 1,
            ConfirmationTarget::MinAllowedAnchorChannelRemoteFee => 2,
            ConfirmationTarget::MinAllowedNonAnchorChannelRemoteFee => 3,
            ConfirmationTarget::AnchorChannelFee => 4,
            ConfirmationTarget::NonAnchorChannelFee => 5,
            ConfirmationTarget::ChannelCloseMinimum => 6,
            ConfirmationTarget::OutputSpendingFee => 7,
        }]
    }
}
impl BroadcasterInterface for Env {
    fn broadcast_transactions(&self, transactions: &[&Transaction]) {
        let holds = self.holds.borrow();
        if let Some(reason) = transactions.iter().find_map(|transaction| holds::held_spend(&holds, transaction)) {
            if reason.is_without_funding() {
                self.log_line(Level::Debug, "not broadcasting the close of a channel without a funding".into());
            } else {
                self.log_line(Level::Warn, "not broadcasting a commitment transaction that may be revoked".into());
            }
            return;
        }
        let package = transactions.iter().map(|transaction| (*transaction).clone()).collect();
        self.transactions.borrow_mut().push(package);
    }
}
impl Filter for Env {
    fn register_tx(&self, txid: &Txid, script: &Script) {
        self.watch.register_tx(txid, script);
    }
    fn register_output(&self, output: WatchedOutput) {
        self.watch.register_output(output);
    }
}
impl TimeProvider for Env {
    fn duration_since_epoch(&self) -> Duration {
        self.now()
    }
}
/// LDK's own key-values (LSPS, sweeper) are stored beside ours, with the prefix `ldk/`.
impl KVStoreSync for Env {
    fn read(&self, primary: &str, secondary: &str, key: &str) -> Result<Vec<u8>, io::Error> {
        self.get(&ldk_key(primary, secondary, key)).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "absent"))
    }
    fn write(&self, primary: &str, secondary: &str, key: &str, value: Vec<u8>) -> Result<(), io::Error> {
        self.set(&ldk_key(primary, secondary, key), value);
        Ok(())
    }
    fn remove(&self, primary: &str, secondary: &str, key: &str, _lazy: bool) -> Result<(), io::Error> {
        self.delete(&ldk_key(primary, secondary, key));
        Ok(())
    }
    fn list(&self, primary: &str, secondary: &str) -> Result<Vec<String>, io::Error> {
        let prefix = ldk_key(primary, secondary, "");
        Ok(self.with_prefix(&prefix).into_iter().map(|(key, _)| key[prefix.len()..].to_string()).collect())
    }
}
fn ldk_key(primary: &str, secondary: &str, key: &str) -> String {
    format!("ldk/{primary}/{secondary}/{key}")
}

/// A connection, identified by the host's number.
#[derive(Clone)]
pub struct Connection(pub u64, pub Arc<Env>);
impl PartialEq for Connection {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl Eq for Connection {}
impl core::hash::Hash for Connection {
    fn hash<H: core::hash::Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }
}
impl SocketDescriptor for Connection {
    fn send_data(&mut self, data: &[u8], continue_read: bool) -> usize {
        let taken = self.1.flows.take(self.0, data.len(), continue_read);
        if taken > 0 {
            self.1.bytes.borrow_mut().push((self.0, data[..taken].to_vec()));
        }
        taken
    }
    fn disconnect_socket(&mut self) {
        self.1.closed.borrow_mut().push(self.0);
    }
}
