//! Persistence of the wallet: a snapshot of BDK's change set, the changes since, and the funding transactions in use.
use super::{codec, Descriptors, WalletError};
use bdk_wallet::chain::Merge;
use bdk_wallet::{ChangeSet, KeychainKind, Wallet};
use lightning::bitcoin::consensus::{deserialize, serialize};
use lightning::bitcoin::{BlockHash, OutPoint, Transaction, Txid};
use std::collections::{BTreeMap, BTreeSet};

/// The prefix of every key that the wallet writes.
pub const KEY_PREFIX: &str = "wallet/";
const SNAPSHOT: &str = "wallet/snapshot";
const CHANGE: &str = "wallet/change/";
const FUNDINGS: &str = "wallet/fundings";

/// A new snapshot is written after this many changes,
const MAX_CHANGES: usize = 1_000;
/// or after this many, once the changes are larger than the last snapshot.
const MIN_CHANGES: usize = 32;
/// Blocks without our transactions are deleted below this depth, once there are twice as many.
const BLOCKS_KEPT: usize = 288;

/// The wallet and the state of its persistence.
pub(super) struct State {
    pub(super) wallet: Wallet,
    pub(super) descriptors: Descriptors,
    /// Funding transactions that have been built and not broadcast. Their inputs must not be spent.
    pub(super) fundings: BTreeMap<Txid, Transaction>,
    pub(super) fundings_changed: bool,
    /// All changes, persisted or not: the content of a snapshot.
    whole: ChangeSet,
    /// Changes that have not been persisted.
    pending: ChangeSet,
    written: Written,
    /// Number of scripts of each keychain that the host has been given to watch.
    pub(super) scripts_reported: BTreeMap<KeychainKind, u32>,
}

#[derive(Default)]
struct Written {
    snapshot_bytes: usize,
    changes: BTreeSet<u64>,
    change_bytes: usize,
    next: u64,
    fundings: bool,
}

fn load(descriptors: &Descriptors, changes: ChangeSet) -> Result<Wallet, WalletError> {
    let stored = |reason: String| WalletError::Stored { reason };
    Wallet::load()
        .descriptor(KeychainKind::External, Some(descriptors.external.to_string()))
        .descriptor(KeychainKind::Internal, Some(descriptors.internal.to_string()))
        .extract_keys()
        .check_network(descriptors.network)
        .load_wallet_no_persist(changes)
        // do not pass on BDK's message: it contains the descriptors
        .map_err(|error| match error {
            bdk_wallet::LoadError::Mismatch(_) => stored("it belongs to another seed or network".into()),
            _ => stored("it is incomplete".into()),
        })?
        .ok_or_else(|| stored("it is empty".into()))
}

impl State {
    pub(super) fn create(descriptors: Descriptors) -> Result<State, WalletError> {
        let wallet = Wallet::create(descriptors.external.to_string(), descriptors.internal.to_string())
            .network(descriptors.network)
            .create_wallet_no_persist()
            .map_err(|_| WalletError::KeyDerivation)?;
        Ok(State::around(wallet, descriptors, ChangeSet::default()))
    }

    fn around(wallet: Wallet, descriptors: Descriptors, whole: ChangeSet) -> State {
        let mut state = State {
            wallet,
            descriptors,
            fundings: BTreeMap::new(),
            fundings_changed: false,
            whole,
            pending: ChangeSet::default(),
            written: Written::default(),
            scripts_reported: BTreeMap::new(),
        };
        state.collect();
        state
    }

    /// Loads the key-values that [`State::take_changes`] returned, and ignores all others.
    pub(super) fn load<'a>(
        descriptors: Descriptors, entries: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<State, WalletError> {
        let mut snapshot = None;
        let mut changes: BTreeMap<u64, &[u8]> = BTreeMap::new();
        let mut fundings: Vec<Transaction> = vec![];
        for (key, value) in entries {
            if key == SNAPSHOT {
                snapshot = Some(value);
            } else if key == FUNDINGS {
                fundings = deserialize(value).map_err(|error| WalletError::Stored { reason: error.to_string() })?;
            } else if let Some(number) = key.strip_prefix(CHANGE) {
                let number = number.parse().map_err(|_| WalletError::Stored { reason: format!("key {key}") })?;
                changes.insert(number, value);
            }
        }
        let snapshot = snapshot.ok_or_else(|| WalletError::Stored { reason: "there is no snapshot".into() })?;
        let mut whole = codec::decode(snapshot)?;
        let mut written = Written { snapshot_bytes: snapshot.len(), ..Written::default() };
        for (number, bytes) in changes {
            whole.merge(codec::decode(bytes)?);
            written.changes.insert(number);
            written.change_bytes += bytes.len();
            written.next = number + 1;
        }
        let wallet = load(&descriptors, whole.clone())?;
        let mut state = State::around(wallet, descriptors, whole);
        written.fundings = !fundings.is_empty();
        state.written = written;
        state.fundings = fundings.into_iter().map(|funding| (funding.compute_txid(), funding)).collect();
        state.mark_change_addresses_used();
        Ok(state)
    }

    /// Collects BDK's staged changes. Must be called at the end of every operation that may stage changes.
    pub(super) fn collect(&mut self) {
        if let Some(changes) = self.wallet.take_staged() {
            self.whole.merge(changes.clone());
            self.pending.merge(changes);
        }
    }

    /// The changes for the core's next commit: keys with their values, or `None` to delete them.
    pub(super) fn take_changes(&mut self) -> Vec<(String, Option<Vec<u8>>)> {
        self.collect();
        let mut entries = vec![];
        if !self.pending.is_empty() {
            let change = codec::encode(&std::mem::take(&mut self.pending));
            let Written { snapshot_bytes, changes, change_bytes, next, .. } = &mut self.written;
            let due = changes.len() >= MAX_CHANGES
                || (changes.len() >= MIN_CHANGES && *change_bytes + change.len() > *snapshot_bytes);
            if *snapshot_bytes == 0 || due {
                self.delete_old_blocks();
                let snapshot = codec::encode(&self.whole);
                self.written.snapshot_bytes = snapshot.len();
                self.written.change_bytes = 0;
                entries.push((SNAPSHOT.to_string(), Some(snapshot)));
                let old = std::mem::take(&mut self.written.changes);
                entries.extend(old.into_iter().map(|number| (change_key(number), None)));
            } else {
                changes.insert(*next);
                *change_bytes += change.len();
                entries.push((change_key(*next), Some(change)));
                *next += 1;
            }
        }
        if std::mem::take(&mut self.fundings_changed) {
            let fundings: Vec<Transaction> = self.fundings.values().cloned().collect();
            let any = !fundings.is_empty();
            // a funding that was added and removed between two commits was never persisted
            if any || self.written.fundings {
                entries.push((FUNDINGS.to_string(), any.then(|| serialize(&fundings))));
            }
            self.written.fundings = any;
        }
        entries
    }

    /// Deletes deep blocks that confirm none of our transactions, because BDK walks the chain block by block.
    fn delete_old_blocks(&mut self) {
        if self.wallet.checkpoints().count() <= 2 * BLOCKS_KEPT {
            return;
        }
        let kept: BTreeSet<u32> =
            self.whole.tx_graph.anchors.iter().map(|(anchor, _)| anchor.block_id.height).collect();
        let old: Vec<u32> = self.wallet.checkpoints().skip(BLOCKS_KEPT).map(|block| block.height()).collect();
        for height in old {
            if height != 0 && !kept.contains(&height) {
                self.whole.local_chain.blocks.remove(&height);
            }
        }
        self.whole.local_chain.blocks.retain(|_, hash| hash.is_some());
        // if this fails, only the wallet in memory keeps its old blocks
        let _ = self.reload();
    }

    /// Replaces blocks of the chain (`None` removes one), and reloads BDK, whose chain can only grow.
    pub(super) fn rewrite_chain(&mut self, blocks: BTreeMap<u32, Option<BlockHash>>) -> Result<(), WalletError> {
        self.collect();
        let mut changes = ChangeSet::default();
        changes.local_chain.blocks = blocks;
        self.whole.merge(changes.clone());
        self.pending.merge(changes);
        self.reload()
    }

    fn reload(&mut self) -> Result<(), WalletError> {
        self.wallet = load(&self.descriptors, self.whole.clone())?;
        self.mark_change_addresses_used();
        Ok(())
    }

    /// Marks the change addresses of pending funding transactions as used: BDK does not persist that.
    fn mark_change_addresses_used(&mut self) {
        for funding in self.fundings.values() {
            for output in &funding.output {
                if let Some((keychain, index)) = self.wallet.derivation_of_spk(output.script_pubkey.clone()) {
                    self.wallet.mark_used(keychain, index);
                }
            }
        }
    }

    /// Coins spent by funding transactions that have not been broadcast.
    pub(super) fn coins_in_use(&self) -> BTreeSet<OutPoint> {
        self.fundings.values().flat_map(|funding| &funding.input).map(|input| input.previous_output).collect()
    }
}

fn change_key(number: u64) -> String {
    format!("{CHANGE}{number:010}")
}
