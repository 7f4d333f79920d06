//! The wallet's transaction history.
use super::{BumpKind, OnChainWallet};
use bdk_wallet::chain::ChainPosition;
use lightning::bitcoin::{Amount, Txid, Weight};
use std::cmp::Reverse;

/// A transaction that paid the wallet or spent from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletTransaction {
    /// The transaction id.
    pub txid: Txid,
    /// Amount paid to the wallet, change included.
    pub received: Amount,
    /// Amount spent from the wallet, including the fee if the wallet paid it.
    pub sent: Amount,
    /// The fee, if all inputs are known; always for our own transactions.
    pub fee: Option<Amount>,
    /// The block height, if confirmed.
    pub height: Option<u32>,
    /// Block time if confirmed, otherwise the time when it was first seen; in seconds since 1970.
    pub time_seconds: Option<u64>,
    /// The weight.
    pub weight: Weight,
    /// How its fee can be raised; `None` if it is confirmed, or not ours.
    pub bump: Option<BumpKind>,
}

impl OnChainWallet {
    /// All transactions, newest first, without those that were replaced or evicted.
    pub fn transactions(&self) -> Vec<WalletTransaction> {
        let state = self.state.borrow();
        let mut all: Vec<WalletTransaction> = state
            .wallet
            .transactions()
            .filter_map(|known| {
                let transaction = known.tx_node.tx.as_ref();
                let (sent, received) = state.wallet.sent_and_received(transaction);
                // a parent that is stored only for its child
                if sent == Amount::ZERO && received == Amount::ZERO {
                    return None;
                }
                let (height, time_seconds) = match known.chain_position {
                    ChainPosition::Confirmed { anchor, .. } => {
                        (Some(anchor.block_id.height), Some(anchor.confirmation_time))
                    }
                    ChainPosition::Unconfirmed { first_seen, last_seen } => (None, first_seen.or(last_seen)),
                };
                let fee = state.wallet.calculate_fee(transaction).ok();
                Some(WalletTransaction {
                    txid: known.tx_node.txid,
                    received,
                    sent,
                    fee,
                    height,
                    time_seconds,
                    weight: transaction.weight(),
                    bump: if height.is_none() { state.bump_kind(transaction) } else { None },
                })
            })
            .collect();
        all.sort_by_key(|transaction| {
            (Reverse(transaction.height.unwrap_or(u32::MAX)), Reverse(transaction.time_seconds), transaction.txid)
        });
        all
    }
}
