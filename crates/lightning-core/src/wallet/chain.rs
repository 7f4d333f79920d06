//! The wallet follows the chain: whole blocks one after the other, or only the transactions that matter.
use super::store::State;
use super::{OnChainWallet, WalletError};
use bdk_wallet::chain::{BlockId, ConfirmationBlockTime, TxUpdate};
use bdk_wallet::{KeychainKind, Update};
use lightning::bitcoin::block::Header;
use lightning::bitcoin::{BlockHash, ScriptBuf, Transaction, Txid};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A transaction that stays unconfirmed is noted as seen again only after this long, so that announcing it every half
/// minute does not write to the store every half minute.
const SEEN_AGAIN_AFTER_SECONDS: u64 = 3_600;
/// Deeper ones have not been seen in ten years; whoever follows whole blocks copes with any.
const DEEPEST_REORGANISATION: u32 = 144;

impl OnChainWallet {
    /// The wallet's best block.
    pub fn tip(&self) -> BlockId {
        self.state.borrow().wallet.latest_checkpoint().block_id()
    }

    /// Whole blocks: connects the child of the tip. `transactions`: all of the block's, or those that may matter, with
    /// their places in it.
    ///
    /// Errors: [`WalletError::NotConnected`] when it is not the tip's child.
    pub fn connect_block(
        &self, header: &Header, height: u32, transactions: &[(usize, &Transaction)],
    ) -> Result<(), WalletError> {
        let mut state = self.state.borrow_mut();
        let tip = state.wallet.latest_checkpoint().block_id();
        if tip.height.checked_add(1) != Some(height) || header.prev_blockhash != tip.hash {
            return Err(WalletError::NotConnected { tip_height: tip.height, tip_hash: tip.hash });
        }
        state.confirm(header, height, transactions);
        state.put_block(height, header.block_hash())
    }

    /// Whole blocks: those above this one, an ancestor of the tip, have left the best chain. Their transactions count as
    /// unconfirmed until they confirm again or are reported as evicted.
    pub fn disconnect_to(&self, height: u32, hash: BlockHash, now_seconds: u64) -> Result<(), WalletError> {
        let mut state = self.state.borrow_mut();
        let mut blocks: BTreeMap<u32, Option<BlockHash>> =
            state.heights().filter(|above| *above > height).map(|above| (above, None)).collect();
        if state.wallet.local_chain().get(height).is_none_or(|block| block.hash() != hash) {
            blocks.insert(height, Some(hash));
        }
        state.replace_blocks(blocks, now_seconds)
    }

    /// Partial view: transactions that a block at or below the coming tip confirms. Blocks come in the order of the chain,
    /// and [`OnChainWallet::set_tip`] after them.
    pub fn transactions_confirmed(
        &self, header: &Header, transactions: &[(usize, &Transaction)], height: u32, now_seconds: u64,
    ) -> Result<(), WalletError> {
        let mut state = self.state.borrow_mut();
        if !state.confirm(header, height, transactions) {
            return Ok(());
        }
        state.place_block(header, height, false, now_seconds)
    }

    /// Partial view: the best block now. Blocks between may never have been seen; it may be lower than the last one, or
    /// replace it.
    pub fn set_tip(&self, header: &Header, height: u32, now_seconds: u64) -> Result<(), WalletError> {
        self.state.borrow_mut().place_block(header, height, true, now_seconds)
    }

    /// Partial view: a transaction of [`OnChainWallet::relevant_transactions`] has left the best chain, and with it
    /// everything that its block confirmed.
    pub fn transaction_unconfirmed(&self, txid: &Txid, now_seconds: u64) -> Result<(), WalletError> {
        let mut state = self.state.borrow_mut();
        let blocks = match state.anchors_in_chain(*txid) {
            heights if heights.is_empty() => return Ok(()),
            heights => heights.into_iter().map(|height| (height, None)).collect(),
        };
        state.replace_blocks(blocks, now_seconds)
    }

    /// Partial view: transactions of the wallet that confirmed less than a day ago, with height and block, to be watched
    /// for reorganisations.
    pub fn relevant_transactions(&self) -> Vec<(Txid, u32, BlockHash)> {
        let state = self.state.borrow();
        let oldest = state.wallet.latest_checkpoint().height().saturating_sub(DEEPEST_REORGANISATION);
        let mut found = vec![];
        for transaction in state.wallet.transactions() {
            for anchor in transaction.tx_node.anchors {
                if anchor.block_id.height > oldest && state.in_chain(anchor.block_id) {
                    found.push((transaction.tx_node.txid, anchor.block_id.height, anchor.block_id.hash));
                }
            }
        }
        found.sort_by_key(|(txid, height, _)| (*height, *txid));
        found
    }

    /// Transactions seen outside blocks at `now_seconds`; those that do not concern the wallet are passed over. Where they
    /// contradict others, the ones seen last count. Returns whether any concerned it.
    pub fn saw_unconfirmed(&self, transactions: &[&Transaction], now_seconds: u64) -> bool {
        let mut state = self.state.borrow_mut();
        let mut any = false;
        for transaction in transactions {
            if state.is_relevant(transaction) {
                state.seen(transaction, now_seconds);
                any = true;
            }
        }
        state.collect();
        any
    }

    /// To be called for every package of transactions that leaves the core: coins that it spends are spent, a channel's
    /// funding stops being in waiting, and a parent is remembered with its child, so that a block that confirms
    /// something else in the parent's place frees the child's coins.
    pub fn broadcast(&self, package: &[Transaction], now_seconds: u64) {
        let mut state = self.state.borrow_mut();
        if package.iter().any(|transaction| state.is_relevant(transaction)) {
            for transaction in package {
                state.seen(transaction, now_seconds);
            }
        }
        state.collect();
    }

    /// An unconfirmed transaction is no longer in any mempool that the host asks: its coins may be spent again. Seeing it
    /// again takes this back.
    pub fn evicted(&self, txid: Txid, now_seconds: u64) {
        let mut state = self.state.borrow_mut();
        state.evict(txid, now_seconds);
        state.collect();
    }

    /// Our own unconfirmed transactions, parents before children, to be announced again from time to time.
    pub fn rebroadcast(&self) -> Vec<Transaction> {
        let state = self.state.borrow();
        let mut own: Vec<(u32, Txid, Arc<Transaction>)> = vec![];
        for transaction in state.wallet.transactions() {
            let txid = transaction.tx_node.txid;
            if transaction.chain_position.is_unconfirmed() {
                if let Some(ancestry) = state.own_ancestry(txid) {
                    own.push((ancestry.transactions, txid, transaction.tx_node.tx.clone()));
                }
            }
        }
        own.sort_by_key(|(ancestors, txid, _)| (*ancestors, *txid));
        own.into_iter().map(|(_, _, transaction)| transaction.as_ref().clone()).collect()
    }

    /// Every script to watch: those of addresses handed out, and 25 further ones of each chain, so that a wallet that was
    /// restored finds its coins.
    pub fn scripts(&self) -> Vec<ScriptBuf> {
        let mut state = self.state.borrow_mut();
        state.scripts_told.clear();
        state.take_new_scripts()
    }

    /// The scripts to watch that the host has not been told of by this or [`OnChainWallet::scripts`].
    pub fn take_new_scripts(&self) -> Vec<ScriptBuf> {
        self.state.borrow_mut().take_new_scripts()
    }
}

impl State {
    fn take_new_scripts(&mut self) -> Vec<ScriptBuf> {
        let mut new = vec![];
        for keychain in [KeychainKind::External, KeychainKind::Internal] {
            let told = self.scripts_told.get(&keychain).copied().unwrap_or(0);
            let scripts = self.wallet.spk_index().inner().all_spks().range((keychain, told)..=(keychain, u32::MAX));
            let before = new.len();
            new.extend(scripts.map(|(_, script)| script.clone()));
            let count = u32::try_from(new.len() - before).unwrap_or(0);
            self.scripts_told.insert(keychain, told + count);
        }
        new
    }

    /// Whether it pays us, spends from us, or contradicts a transaction that we know.
    fn is_relevant(&self, transaction: &Transaction) -> bool {
        self.wallet.spk_index().inner().is_relevant(transaction)
            || transaction.input.iter().any(|input| !self.wallet.tx_graph().outspends(input.previous_output).is_empty())
    }

    pub(super) fn in_chain(&self, block: BlockId) -> bool {
        self.wallet.local_chain().get(block.height).is_some_and(|known| known.hash() == block.hash)
    }

    fn heights(&self) -> impl Iterator<Item = u32> + '_ {
        self.wallet.checkpoints().map(|block| block.height())
    }

    /// The heights of blocks in the best chain that confirm it.
    pub(super) fn anchors_in_chain(&self, txid: Txid) -> BTreeSet<u32> {
        let anchors = self.wallet.tx_graph().all_anchors().get(&txid);
        anchors
            .into_iter()
            .flatten()
            .filter(|anchor| self.in_chain(anchor.block_id))
            .map(|anchor| anchor.block_id.height)
            .collect()
    }

    /// Takes in what concerns us of a block's transactions; they count once the block is part of the chain. One after the
    /// other, because a transaction may spend, or make known the script of, one before it.
    fn confirm(&mut self, header: &Header, height: u32, transactions: &[(usize, &Transaction)]) -> bool {
        let block_id = BlockId { height, hash: header.block_hash() };
        let anchor = ConfirmationBlockTime { block_id, confirmation_time: header.time.into() };
        let mut any = false;
        for (_, transaction) in transactions {
            if !self.is_relevant(transaction) {
                continue;
            }
            any = true;
            let txid = transaction.compute_txid();
            let mut update = TxUpdate::default();
            update.txs.push(Arc::new((*transaction).clone()));
            update.anchors.insert((anchor, txid));
            self.apply(update);
            self.fundings_changed |= self.fundings.remove(&txid).is_some();
        }
        any
    }

    fn apply(&mut self, tx_update: TxUpdate<ConfirmationBlockTime>) {
        // without a chain there is nothing that could fail to connect
        let _ = self.wallet.apply_update(Update { tx_update, ..Update::default() });
    }

    fn put_block(&mut self, height: u32, hash: BlockHash) -> Result<(), WalletError> {
        if height == 0 && hash != self.wallet.local_chain().genesis_hash() {
            return Err(WalletError::Genesis);
        }
        let chain = self.wallet.latest_checkpoint().insert(BlockId { height, hash });
        let applied = self.wallet.apply_update(Update { chain: Some(chain), ..Update::default() });
        self.collect();
        applied.map_err(|_| {
            let tip = self.wallet.latest_checkpoint();
            WalletError::NotConnected { tip_height: tip.height(), tip_hash: tip.hash() }
        })
    }

    /// Puts a block into a chain that has gaps. What it proves wrong goes: another block at its height, a parent that is
    /// not its parent, and, when it is the tip, everything above it.
    fn place_block(&mut self, header: &Header, height: u32, is_tip: bool, now_seconds: u64) -> Result<(), WalletError> {
        let hash = header.block_hash();
        let mut blocks: BTreeMap<u32, Option<BlockHash>> = BTreeMap::new();
        if is_tip {
            blocks.extend(self.heights().filter(|above| *above > height).map(|above| (above, None)));
        }
        let known = |height: u32| self.wallet.local_chain().get(height).map(|block| block.hash());
        if let Some(parent) = height.checked_sub(1) {
            if known(parent).is_some_and(|hash| hash != header.prev_blockhash) {
                blocks.insert(parent, None);
            }
        }
        match known(height) {
            Some(same) if same == hash => {}
            None if blocks.is_empty() => return self.put_block(height, hash),
            _ => {
                blocks.insert(height, Some(hash));
            }
        }
        if blocks.is_empty() {
            self.collect();
            return Ok(());
        }
        self.replace_blocks(blocks, now_seconds)
    }

    /// Rewrites part of the chain; transactions that it confirmed and that are still possible count as seen now.
    fn replace_blocks(
        &mut self, blocks: BTreeMap<u32, Option<BlockHash>>, now_seconds: u64,
    ) -> Result<(), WalletError> {
        let genesis = self.wallet.local_chain().genesis_hash();
        if blocks.get(&0).is_some_and(|hash| *hash != Some(genesis)) {
            return Err(WalletError::Genesis);
        }
        if blocks.is_empty() {
            return Ok(());
        }
        let confirmed: Vec<Txid> = self
            .wallet
            .tx_graph()
            .all_anchors()
            .iter()
            .filter(|(_, anchors)| {
                anchors
                    .iter()
                    .any(|anchor| blocks.contains_key(&anchor.block_id.height) && self.in_chain(anchor.block_id))
            })
            .map(|(txid, _)| *txid)
            .collect();
        self.rewrite_chain(blocks)?;
        let mut update = TxUpdate::default();
        for txid in confirmed {
            let coinbase = self.wallet.tx_graph().get_tx(txid).is_none_or(|transaction| transaction.is_coinbase());
            if !coinbase && self.anchors_in_chain(txid).is_empty() {
                update.seen_ats.insert((txid, self.later_than_contradictions(txid, now_seconds)));
            }
        }
        self.apply(update);
        self.collect();
        Ok(())
    }

    /// Notes an unconfirmed transaction, which from now on counts before all that it contradicts.
    pub(super) fn seen(&mut self, transaction: &Transaction, now_seconds: u64) {
        let txid = transaction.compute_txid();
        self.fundings_changed |= self.fundings.remove(&txid).is_some();
        if !self.anchors_in_chain(txid).is_empty() || transaction.is_coinbase() {
            return;
        }
        let graph = self.wallet.tx_graph();
        let mut update = TxUpdate::default();
        match graph.get_tx_node(txid) {
            Some(known) => {
                let current = known.last_seen.is_some_and(|last| {
                    last.saturating_add(SEEN_AGAIN_AFTER_SECONDS) > now_seconds
                        && graph.get_last_evicted(txid).is_none_or(|evicted| evicted < last)
                });
                if current && graph.direct_conflicts(transaction).next().is_none() {
                    return;
                }
            }
            None => update.txs.push(Arc::new(transaction.clone())),
        }
        self.apply(update);
        let mut update = TxUpdate::default();
        update.seen_ats.insert((txid, self.later_than_contradictions(txid, now_seconds)));
        self.apply(update);
    }

    /// The time at which a transaction must have been seen to count before what contradicts it, and before its own
    /// eviction; `now_seconds` at least.
    fn later_than_contradictions(&self, txid: Txid, now_seconds: u64) -> u64 {
        let graph = self.wallet.tx_graph();
        let others = graph
            .get_tx(txid)
            .into_iter()
            .flat_map(|transaction| graph.direct_conflicts(&transaction).map(|(_, other)| other).collect::<Vec<_>>());
        let latest = others
            .filter_map(|other| graph.get_tx_node(other).and_then(|node| node.last_seen))
            .chain(graph.get_last_evicted(txid))
            .max();
        now_seconds.max(latest.map_or(0, |latest| latest.saturating_add(1)))
    }

    fn evict(&mut self, txid: Txid, now_seconds: u64) {
        let Some(node) = self.wallet.tx_graph().get_tx_node(txid) else {
            return;
        };
        let at = now_seconds.max(node.last_seen.unwrap_or(0));
        let mut update = TxUpdate::default();
        update.evicted_ats.insert((txid, at));
        self.apply(update);
    }
}
