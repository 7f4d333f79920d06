//! What to look for on the chain, for hosts that cannot give whole blocks (Esplora).
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::{Script, ScriptBuf, Txid};
use lightning::chain::{Filter, WatchedOutput};
use std::sync::Mutex;

/// One thing to look for, as in a `WATCH` frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// 0 a transaction, 1 whatever spends an output, 2 whatever pays a script of the wallet.
    pub kind: u8,
    /// The transaction, or zeros.
    pub txid: [u8; 32],
    /// The output's index.
    pub index: u32,
    /// The script by which Esplora finds it.
    pub script: ScriptBuf,
}

/// What was asked for since the last exchange. A `Mutex`, since LDK's sweeper wants a filter that could be shared.
#[derive(Default)]
pub struct WatchList {
    wanted: bool,
    queue: Mutex<Vec<Watch>>,
}
impl WatchList {
    /// `wanted` is false for a host with whole blocks: then nothing is noted.
    pub fn new(wanted: bool) -> WatchList {
        WatchList { wanted, queue: Mutex::default() }
    }
    /// Adds one.
    pub fn add(&self, watch: Watch) {
        if let (true, Ok(mut queue)) = (self.wanted, self.queue.lock()) {
            if !queue.contains(&watch) {
                queue.push(watch);
            }
        }
    }
    /// Adds a script of the wallet.
    pub fn add_script(&self, script: ScriptBuf) {
        self.add(Watch { kind: 2, txid: [0; 32], index: 0, script });
    }
    /// Takes all.
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
