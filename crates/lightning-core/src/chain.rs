//! Follows the chain. All blocks go through LDK's `Confirm` interface. It works for full blocks and for selected
//! transactions, and handles reorganisations without requiring that every component has seen every block: monitors are
//! stored only when something in them changed, so after a restart they may be behind the manager.
use crate::convert::{block_id, txid_hex};
use crate::inputs::InputError;
use crate::node::Node;
use lightning::bitcoin::block::Header;
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::{BlockHash, OutPoint, Transaction, Txid};
use lightning::chain::Confirm;
use lightning_core_api::{ChainStatus, IdHex, WatchedTransaction};
use std::collections::{BTreeMap, HashSet};

/// Key of the newest block time. LDK without std uses it as its clock, but does not expose it.
const NEWEST_BLOCK_TIME: &str = "chain/newest-block-time";

impl Node {
    fn listeners(&self) -> [&dyn Confirm; 4] {
        [&*self.chain_monitor, &*self.manager, &*self.sweeper, &*self.liquidity.manager]
    }

    /// Connects the child of the best block, with its transactions in block order.
    pub(crate) fn connect(
        &mut self, header: &Header, transactions: &[(usize, Transaction)], height: u32,
    ) -> Result<(), InputError> {
        let best = self.manager.current_best_block();
        if header.prev_blockhash != best.block_hash || best.height.checked_add(1) != Some(height) {
            let message = format!("not a child of the best block {} at height {}", best.block_hash, best.height);
            return Err(InputError::State(message));
        }
        let borrowed: Vec<_> = transactions.iter().map(|(index, transaction)| (*index, transaction)).collect();
        self.notify_confirmed(header, &borrowed, height);
        self.wallet.connect(header, &borrowed, height);
        self.notify_tip(header, height);
        Ok(())
    }

    /// Confirms transactions of any block, in block order, without moving the tip.
    pub(crate) fn confirm(&mut self, header: &Header, transactions: &[(usize, Transaction)], height: u32) {
        let borrowed: Vec<_> = transactions.iter().map(|(index, transaction)| (*index, transaction)).collect();
        self.notify_confirmed(header, &borrowed, height);
        self.wallet.confirmed(header, &borrowed, height);
    }

    /// Sets the best block.
    pub(crate) fn move_tip(&mut self, header: &Header, height: u32) {
        self.wallet.tip(header, height);
        self.notify_tip(header, height);
    }

    fn notify_confirmed(&self, header: &Header, transactions: &[(usize, &Transaction)], height: u32) {
        if !transactions.is_empty() {
            self.release_funded(transactions);
            let known_to_manager = self.withhold_fundings(header, transactions, height);
            self.chain_monitor.transactions_confirmed(header, transactions, height);
            if !known_to_manager.is_empty() {
                self.manager.transactions_confirmed(header, &known_to_manager, height);
            }
            self.sweeper.transactions_confirmed(header, transactions, height);
            self.liquidity.manager.transactions_confirmed(header, transactions, height);
            self.lost_channels.confirmed(transactions, height, |funding| self.is_monitored(funding));
            self.rewrite_touched_monitors(transactions);
        }
    }

    /// True for the funding output of a channel that has a monitor.
    fn is_monitored(&self, funding: &OutPoint) -> bool {
        let mut monitors = self.chain_monitor.list_monitors().into_iter();
        monitors.any(|channel| {
            let monitor = self.chain_monitor.get_monitor(channel);
            monitor.is_ok_and(|monitor| monitor.get_funding_txo().into_bitcoin_outpoint() == *funding)
        })
    }

    /// Writes the full monitors that these transactions concern in this commit. LDK itself stores monitors only from
    /// time to time, because it expects the host to replay to each monitor every block since it was stored. Our host
    /// connects each block only once.
    fn rewrite_touched_monitors(&self, transactions: &[(usize, &Transaction)]) {
        let spent: HashSet<OutPoint> =
            transactions.iter().flat_map(|(_, known)| &known.input).map(|input| input.previous_output).collect();
        let txids: HashSet<Txid> = transactions.iter().map(|(_, known)| known.compute_txid()).collect();
        let touched = self.chain_monitor.list_monitors().into_iter().filter(|channel| {
            let Ok(monitor) = self.chain_monitor.get_monitor(*channel) else { return false };
            // this includes outputs that the block itself created, such as those of a commitment
            monitor.get_outputs_to_watch().into_iter().any(|(txid, outputs)| {
                txids.contains(&txid) || outputs.into_iter().any(|(vout, _)| spent.contains(&OutPoint { txid, vout }))
            })
        });
        self.monitors.rewrite_all(touched);
    }

    fn notify_tip(&mut self, header: &Header, height: u32) {
        for listener in self.listeners() {
            listener.best_block_updated(header, height);
        }
        self.confirm_deep_fundings(height);
        self.forget_unfunded(height);
        let newest = self.newest_block_time().max(header.time.into());
        self.env.set(NEWEST_BLOCK_TIME, newest.to_le_bytes().to_vec());
        self.lost_channels.searched();
        self.lost_channels.search_if_due(height);
        let found = self.lost_channels.take_deep(height);
        if found.is_empty() {
            self.sweep();
        } else {
            self.track_outputs(found, None);
        }
    }

    /// Handles a transaction that is no longer in the best chain.
    pub(crate) fn unconfirm(&mut self, txid: &Txid) {
        for listener in self.listeners() {
            listener.transaction_unconfirmed(txid);
        }
        self.env.delete(&crate::fundings::key(txid));
        self.lost_channels.unconfirm(txid);
        self.wallet.unconfirm(txid);
        self.monitors.rewrite_all(self.chain_monitor.list_monitors());
    }

    /// Disconnects all blocks above this one.
    pub(crate) fn disconnect_to(&mut self, header: &Header, height: u32) -> Result<(), InputError> {
        let best = self.manager.current_best_block();
        if height >= best.height {
            return Err(InputError::State(format!(
                "cannot disconnect to height {height}: the best block is at {}",
                best.height
            )));
        }
        for (txid, (confirmed_at, _)) in self.watched() {
            if confirmed_at > height {
                for listener in self.listeners() {
                    listener.transaction_unconfirmed(&txid);
                }
            }
        }
        for listener in self.listeners() {
            listener.best_block_updated(header, height);
        }
        self.unconfirm_fundings_above(height);
        self.lost_channels.disconnect_to(height);
        self.gossip.lookups.forget_refused();
        self.wallet.disconnect_to(header, height);
        self.monitors.rewrite_all(self.chain_monitor.list_monitors());
        Ok(())
    }

    fn watched(&self) -> BTreeMap<Txid, (u32, Option<BlockHash>)> {
        let all = self.listeners().into_iter().flat_map(|listener| listener.get_relevant_txids());
        let all = all.chain(self.withheld_fundings());
        let lost = self.lost_channels.relevant().into_iter();
        let all = lost.map(|(txid, height)| (txid, height, None)).chain(all);
        let wallet = self.wallet.bdk.relevant_transactions().into_iter();
        let all = wallet.map(|(txid, height, hash)| (txid, height, Some(hash))).chain(all);
        all.map(|(txid, height, hash)| (txid, (height, hash))).collect()
    }

    /// The time of the newest block, in seconds since 1970; 0 before the first.
    pub(crate) fn newest_block_time(&self) -> u64 {
        let bytes = self.env.get(NEWEST_BLOCK_TIME).unwrap_or_default();
        bytes.try_into().map(u64::from_le_bytes).unwrap_or_default()
    }

    pub(crate) fn chain_status(&self) -> ChainStatus {
        let watched = self.watched().into_iter().map(|(txid, (height, hash))| WatchedTransaction {
            txid: txid_hex(&txid),
            height,
            block_hash: hash.map(|hash| IdHex(hash.to_byte_array())),
        });
        ChainStatus { best_block: block_id(&self.manager.current_best_block()), watched: watched.collect() }
    }
}
