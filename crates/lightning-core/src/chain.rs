//! Following the chain. Everything goes through LDK's `Confirm`: it serves whole blocks and chosen transactions alike, and
//! takes reorganisations without demanding that every part saw every block (monitors are stored only when something
//! happened in them, so after a restart they may lag behind the manager).
use crate::convert::{block_id, txid_hex};
use crate::inputs::InputError;
use crate::node::Node;
use lightning::bitcoin::block::Header;
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::{BlockHash, OutPoint, Transaction, Txid};
use lightning::chain::Confirm;
use lightning_core_api::{ChainStatus, IdHex, WatchedTransaction};
use std::collections::{BTreeMap, HashSet};

/// Where the newest block time is kept: LDK's clock without std, which it does not tell.
const NEWEST_BLOCK_TIME: &str = "chain/newest-block-time";

impl Node {
    fn followers(&self) -> [&dyn Confirm; 4] {
        [&*self.chain_monitor, &*self.manager, &*self.sweeper, &*self.liquidity.manager]
    }

    /// The child of the best block, with its transactions in their order.
    pub(crate) fn connect(
        &mut self, header: &Header, transactions: &[(usize, Transaction)], height: u32,
    ) -> Result<(), InputError> {
        let best = self.manager.current_best_block();
        if header.prev_blockhash != best.block_hash || best.height.checked_add(1) != Some(height) {
            let expected = format!("the best block is {} at {}, this is no child of it", best.block_hash, best.height);
            return Err(InputError::State(expected));
        }
        let borrowed: Vec<_> = transactions.iter().map(|(index, transaction)| (*index, transaction)).collect();
        self.tell_confirmed(header, &borrowed, height);
        self.wallet.connect(header, &borrowed, height);
        self.tell_tip(header, height);
        Ok(())
    }

    /// Transactions of any block, in their order.
    pub(crate) fn confirm(&mut self, header: &Header, transactions: &[(usize, Transaction)], height: u32) {
        let borrowed: Vec<_> = transactions.iter().map(|(index, transaction)| (*index, transaction)).collect();
        self.tell_confirmed(header, &borrowed, height);
        self.wallet.confirmed(header, &borrowed, height);
    }

    /// The best block is this one.
    pub(crate) fn move_tip(&mut self, header: &Header, height: u32) {
        self.wallet.tip(header, height);
        self.tell_tip(header, height);
    }

    fn tell_confirmed(&self, header: &Header, transactions: &[(usize, &Transaction)], height: u32) {
        if !transactions.is_empty() {
            for follower in self.followers() {
                follower.transactions_confirmed(header, transactions, height);
            }
            self.image_touched(transactions);
        }
    }

    /// Monitors that these transactions tell something are stored whole, in this commit. LDK stores them only now and
    /// then, because it expects each monitor to be told again, after a restart, of every block since it was stored; our
    /// host tells of a block once.
    fn image_touched(&self, transactions: &[(usize, &Transaction)]) {
        let spent: HashSet<OutPoint> =
            transactions.iter().flat_map(|(_, known)| &known.input).map(|input| input.previous_output).collect();
        let txids: HashSet<Txid> = transactions.iter().map(|(_, known)| known.compute_txid()).collect();
        let touched = self.chain_monitor.list_monitors().into_iter().filter(|channel| {
            let Ok(monitor) = self.chain_monitor.get_monitor(*channel) else { return false };
            // also what the block itself made known, such as a commitment's outputs
            monitor.get_outputs_to_watch().into_iter().any(|(txid, outputs)| {
                txids.contains(&txid) || outputs.into_iter().any(|(vout, _)| spent.contains(&OutPoint { txid, vout }))
            })
        });
        self.monitors.image_all(touched);
    }

    fn tell_tip(&mut self, header: &Header, height: u32) {
        for follower in self.followers() {
            follower.best_block_updated(header, height);
        }
        let newest = self.newest_block_time().max(header.time.into());
        self.env.set(NEWEST_BLOCK_TIME, newest.to_le_bytes().to_vec());
        self.sweep();
    }

    /// A transaction has left the best chain.
    pub(crate) fn unconfirm(&mut self, txid: &Txid) {
        for follower in self.followers() {
            follower.transaction_unconfirmed(txid);
        }
        self.wallet.unconfirm(txid);
        self.monitors.image_all(self.chain_monitor.list_monitors());
    }

    /// Blocks above this one have left the best chain.
    pub(crate) fn disconnect_to(&mut self, header: &Header, height: u32) -> Result<(), InputError> {
        let best = self.manager.current_best_block();
        if height >= best.height {
            return Err(InputError::State(format!("the best block is at {}, nothing to disconnect", best.height)));
        }
        for (txid, (confirmed_at, _)) in self.watched() {
            if confirmed_at > height {
                for follower in self.followers() {
                    follower.transaction_unconfirmed(&txid);
                }
            }
        }
        for follower in self.followers() {
            follower.best_block_updated(header, height);
        }
        self.wallet.disconnect_to(header, height);
        self.monitors.image_all(self.chain_monitor.list_monitors());
        Ok(())
    }

    fn watched(&self) -> BTreeMap<Txid, (u32, Option<BlockHash>)> {
        let all = self.followers().into_iter().flat_map(|follower| follower.get_relevant_txids());
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
