//! Withholds the confirmations of zero-conf fundings from LDK's channel manager until they are deep.
//!
//! LDK 0.2 closes a channel when its funding transaction has been confirmed and then leaves the best chain, even if the
//! block that replaces it contains the same transaction. A zero-conf channel does not depend on the confirmation, so the
//! manager learns of it only once a reorganisation is unlikely. Monitors, which defend the channel, learn of every block
//! at once.
use crate::node::Node;
use crate::wire::{Reader, Writer};
use lightning::bitcoin::block::Header;
use lightning::bitcoin::consensus::{deserialize, serialize};
use lightning::bitcoin::{BlockHash, Transaction, Txid};
use lightning::chain::Confirm;
use std::collections::BTreeSet;

/// Confirmations after which the manager learns of a zero-conf funding. BOLT 7 announces channels at the same depth.
const DEEP_CONFIRMATIONS: u32 = 6;
const KEY_PREFIX: &str = "funding/";

/// The key under which a withheld confirmation is stored.
pub(crate) fn key(txid: &Txid) -> String {
    format!("{KEY_PREFIX}{txid}")
}

/// A confirmation that the manager does not know of.
struct Withheld {
    height: u32,
    header: Header,
    index: usize,
    transaction: Transaction,
}
impl Withheld {
    fn encode(height: u32, header: &Header, index: usize, transaction: &Transaction) -> Vec<u8> {
        let mut out = Writer::default();
        out.u32(height);
        out.raw(&serialize(header));
        out.count(index);
        out.raw(&serialize(transaction));
        out.0
    }
    fn decode(bytes: &[u8]) -> Option<Withheld> {
        let mut reader = Reader(bytes);
        let height = reader.u32().ok()?;
        let header = deserialize(reader.take(80).ok()?).ok()?;
        let index = reader.u32().ok()? as usize;
        let transaction = deserialize(reader.rest()).ok()?;
        Some(Withheld { height, header, index, transaction })
    }
}

impl Node {
    fn withheld(&self) -> Vec<(String, Withheld)> {
        let stored = self.env.with_prefix(KEY_PREFIX).into_iter();
        stored.filter_map(|(key, value)| Some((key, Withheld::decode(&value)?))).collect()
    }

    /// Stores the confirmations to withhold, and returns the transactions of a block that the manager may know of.
    pub(crate) fn withhold_fundings<'a>(
        &self, header: &Header, transactions: &[(usize, &'a Transaction)], height: u32,
    ) -> Vec<(usize, &'a Transaction)> {
        let zero_conf: BTreeSet<Txid> = self
            .manager
            .list_channels()
            .into_iter()
            .filter(|channel| channel.confirmations_required == Some(0) && channel.confirmations == Some(0))
            .filter_map(|channel| channel.funding_txo.map(|funding| funding.txid))
            .collect();
        let mut known = transactions.to_vec();
        if !zero_conf.is_empty() {
            known.retain(|(index, transaction)| {
                let txid = transaction.compute_txid();
                let withhold = zero_conf.contains(&txid);
                if withhold {
                    self.env.set(&key(&txid), Withheld::encode(height, header, *index, transaction));
                }
                !withhold
            });
        }
        known
    }

    /// Tells the manager of the fundings that are deep below the tip.
    pub(crate) fn confirm_deep_fundings(&self, tip: u32) {
        for (key, withheld) in self.withheld() {
            if tip.saturating_add(1) >= withheld.height.saturating_add(DEEP_CONFIRMATIONS) {
                let transactions = [(withheld.index, &withheld.transaction)];
                self.manager.transactions_confirmed(&withheld.header, &transactions, withheld.height);
                self.env.delete(&key);
            }
        }
    }

    /// Forgets withheld confirmations above this height: their blocks have left the best chain.
    pub(crate) fn unconfirm_fundings_above(&self, height: u32) {
        for (key, withheld) in self.withheld() {
            if withheld.height > height {
                self.env.delete(&key);
            }
        }
    }

    /// Withheld fundings with their blocks, for the host to watch.
    pub(crate) fn withheld_fundings(&self) -> Vec<(Txid, u32, Option<BlockHash>)> {
        let withheld = self.withheld().into_iter();
        withheld
            .map(|(_, known)| (known.transaction.compute_txid(), known.height, Some(known.header.block_hash())))
            .collect()
    }
}
