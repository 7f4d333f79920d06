//! Transactions, outputs and scripts to watch, for hosts without full blocks (Esplora).
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::{Script, ScriptBuf, Txid};
use lightning::chain::{Filter, WatchedOutput};
use std::sync::Mutex;

/// The content of a `WATCH` frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// 0: a transaction. 1: the spend of an output. 2: payments to a script of the wallet. 3: once, the transactions
    /// whose outputs a script holds unspent.
    pub kind: u8,
    /// The transaction id; zeros for kinds 2 and 3.
    pub txid: [u8; 32],
    /// The output index, for kind 1.
    pub index: u32,
    /// The script to query Esplora for.
    pub script: ScriptBuf,
}

/// New watches since the last exchange. Uses a `Mutex` because LDK's sweeper requires a `Sync` filter.
#[derive(Default)]
pub struct WatchList {
    enabled: bool,
    queue: Mutex<Vec<Watch>>,
}
impl WatchList {
    /// `enabled` is false for a host with full blocks: then nothing is recorded.
    pub fn new(enabled: bool) -> WatchList {
        WatchList { enabled, queue: Mutex::default() }
    }
    /// Adds a watch.
    pub fn add(&self, watch: Watch) {
        if let (true, Ok(mut queue)) = (self.enabled, self.queue.lock()) {
            if !queue.contains(&watch) {
                queue.push(watch);
            }
        }
    }
    /// Adds a script of the wallet.
    pub fn add_script(&self, script: ScriptBuf) {
        self.add(Watch { kind: 2, txid: [0; 32], index: 0, script });
    }
    /// Asks once for the transactions whose outputs this script holds.
    pub fn add_lookup(&self, script: ScriptBuf) {
        self.add(Watch { kind: 3, txid: [0; 32], index: 0, script });
    }
    /// False for a host with full blocks.
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }
    /// Takes the new watches.
    pub fn take(&self) -> Vec<Watch> {
        self.queue.lock().map(|mut queue| core::mem::take(&mut *queue)).unwrap_or_default()
    }
}
impl Filter for WatchList {
    fn register_tx(&self, txid: &Txid, script: &Script) {
        self.add(Watch { kind: 0, txid: txid.to_byte_array(), index: 0, script: script.to_owned() });
    }
    fn register_output(&self, output: WatchedOutput) {
        let (txid, index) = (output.outpoint.txid.to_byte_array(), output.outpoint.index.into());
        self.add(Watch { kind: 1, txid, index, script: output.script_pubkey });
    }
}
