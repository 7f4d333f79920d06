//! Follows the chain, either by full blocks in sequence or by selected transactions ("partial view", Esplora).
use super::store::State;
use super::{OnChainWallet, WalletError};
use bdk_wallet::chain::{BlockId, ConfirmationBlockTime, TxUpdate};
use bdk_wallet::{KeychainKind, Update};
use lightning::bitcoin::block::Header;
use lightning::bitcoin::{BlockHash, ScriptBuf, Transaction, Txid};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The last-seen time of an unconfirmed transaction is updated only after this interval, so that rebroadcasting it
/// every 30 seconds does not write to the store every 30 seconds.
const SEEN_AGAIN_AFTER_SECONDS: u64 = 3_600;
/// Maximum depth of reorganisations that the partial view handles. Deeper ones have not happened in ten years. With
/// full blocks there is no limit.
const MAX_REORGANISATION_DEPTH: u32 = 144;

impl OnChainWallet {
    /// The wallet's best block.
    pub fn tip(&self) -> BlockId {
        self.state.borrow().wallet.latest_checkpoint().block_id()
    }

    /// Full blocks: connects the child of the tip. `transactions` are all transactions of the block, or those that may
    /// concern the wallet, with their index.
    ///
    /// Errors: [`WalletError::NotConnected`] if the block is not the child of the tip.
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

    /// Full blocks: disconnects all blocks above this one, which is an ancestor of the tip. Their transactions become
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

    /// Partial view: confirms transactions of a block at or below the next tip. Call it in chain order, then
    /// [`OnChainWallet::set_tip`].
    pub fn transactions_confirmed(
        &self, header: &Header, transactions: &[(usize, &Transaction)], height: u32, now_seconds: u64,
    ) -> Result<(), WalletError> {
        let mut state = self.state.borrow_mut();
        if !state.confirm(header, height, transactions) {
            return Ok(());
        }
        state.place_block(header, height, false, now_seconds)
    }

    /// Partial view: sets the best block. It may skip blocks, be lower than the previous tip, or replace it.
    pub fn set_tip(&self, header: &Header, height: u32, now_seconds: u64) -> Result<(), WalletError> {
        self.state.borrow_mut().place_block(header, height, true, now_seconds)
    }

    /// Partial view: a transaction of [`OnChainWallet::relevant_transactions`] is no longer in the best chain. All
    /// transactions that its block confirmed become unconfirmed.
    pub fn transaction_unconfirmed(&self, txid: &Txid, now_seconds: u64) -> Result<(), WalletError> {
        let mut state = self.state.borrow_mut();
        let blocks = match state.anchors_in_chain(*txid) {
            heights if heights.is_empty() => return Ok(()),
            heights => heights.into_iter().map(|height| (height, None)).collect(),
        };
        state.replace_blocks(blocks, now_seconds)
    }

    /// Partial view: transactions of the wallet that confirmed within the last 144 blocks, with height and block hash,
    /// to check for reorganisations.
    pub fn relevant_transactions(&self) -> Vec<(Txid, u32, BlockHash)> {
        let state = self.state.borrow();
        let min_height = state.wallet.latest_checkpoint().height().saturating_sub(MAX_REORGANISATION_DEPTH);
        let mut found = vec![];
        for transaction in state.wallet.transactions() {
            for anchor in transaction.tx_node.anchors {
                if anchor.block_id.height > min_height && state.in_chain(anchor.block_id) {
                    found.push((transaction.tx_node.txid, anchor.block_id.height, anchor.block_id.hash));
                }
            }
        }
        found.sort_by_key(|(txid, height, _)| (*height, *txid));
        found
    }

    /// Applies unconfirmed transactions seen at `now_seconds`, ignoring those that do not concern the wallet. Of
    /// conflicting transactions, the last seen one counts. Returns whether any concerned the wallet.
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

    /// Must be called for every package of transactions that the core broadcasts. Coins that it spends are spent, and
    /// a funding transaction counts as broadcast. Parents that do not concern the wallet are stored with their
    /// children, so that a block that confirms a conflict of the parent releases the child's coins.
    pub fn broadcast(&self, package: &[Transaction], now_seconds: u64) {
        let mut state = self.state.borrow_mut();
        if package.iter().any(|transaction| state.is_relevant(transaction)) {
            for transaction in package {
                state.seen(transaction, now_seconds);
            }
        }
        state.collect();
    }

    /// An unconfirmed transaction is no longer in any mempool that the host queries: its coins can be spent again,
    /// until it is seen again.
    pub fn evicted(&self, txid: Txid, now_seconds: u64) {
        let mut state = self.state.borrow_mut();
        state.evict(txid, now_seconds);
        state.collect();
    }

    /// Our own unconfirmed transactions to rebroadcast, parents before children.
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

    /// All scripts to watch: those of addresses handed out, plus 25 more per keychain, so that a restored wallet finds
    /// its coins.
    pub fn scripts(&self) -> Vec<ScriptBuf> {
        let mut state = self.state.borrow_mut();
        state.scripts_reported.clear();
        state.take_new_scripts()
    }

    /// The scripts to watch that neither this function nor [`OnChainWallet::scripts`] has returned yet.
    pub fn take_new_scripts(&self) -> Vec<ScriptBuf> {
        self.state.borrow_mut().take_new_scripts()
    }
}

impl State {
    fn take_new_scripts(&mut self) -> Vec<ScriptBuf> {
        let mut new = vec![];
        for keychain in [KeychainKind::External, KeychainKind::Internal] {
            let reported = self.scripts_reported.get(&keychain).copied().unwrap_or(0);
            let scripts = self.wallet.spk_index().inner().all_spks().range((keychain, reported)..=(keychain, u32::MAX));
            let before = new.len();
            new.extend(scripts.map(|(_, script)| script.clone()));
            let count = u32::try_from(new.len() - before).unwrap_or(0);
            self.scripts_reported.insert(keychain, reported + count);
        }
        new
    }

    /// Whether a transaction pays the wallet, spends from it, or conflicts with a known transaction.
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

    /// Heights of the blocks in the best chain that confirm a transaction.
    pub(super) fn anchors_in_chain(&self, txid: Txid) -> BTreeSet<u32> {
        let anchors = self.wallet.tx_graph().all_anchors().get(&txid);
        anchors
            .into_iter()
            .flatten()
            .filter(|anchor| self.in_chain(anchor.block_id))
            .map(|anchor| anchor.block_id.height)
            .collect()
    }

    /// Applies the relevant transactions of a block; they count as confirmed once the block is part of the chain.
    /// Applied one by one, because a transaction may spend an earlier one, or reveal the script of a later one.
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
        // cannot fail: only chain updates can
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

    /// Inserts a block into a chain with gaps, and removes blocks that conflict with it: another block at its height,
    /// another parent, and, if it is the tip, all blocks above it.
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

    /// Replaces blocks. Transactions that were confirmed by replaced blocks become unconfirmed and count as seen now.
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
                update.seen_ats.insert((txid, self.later_than_conflicts(txid, now_seconds)));
            }
        }
        self.apply(update);
        self.collect();
        Ok(())
    }

    /// Applies an unconfirmed transaction. It takes precedence over all transactions that it conflicts with.
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
        update.seen_ats.insert((txid, self.later_than_conflicts(txid, now_seconds)));
        self.apply(update);
    }

    /// The last-seen time that a transaction needs to take precedence over its conflicts and its own eviction; at least
    /// `now_seconds`.
    fn later_than_conflicts(&self, txid: Txid, now_seconds: u64) -> u64 {
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
