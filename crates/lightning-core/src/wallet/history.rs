//! What has come and gone.
use super::OnChainWallet;
use bdk_wallet::chain::ChainPosition;
use lightning::bitcoin::{Amount, Txid};
use std::cmp::Reverse;

/// A transaction that paid the wallet or spent from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletTransaction {
    /// Its id.
    pub txid: Txid,
    /// What it paid to the wallet, change included.
    pub received: Amount,
    /// What it spent of the wallet, fee included where the wallet paid it.
    pub sent: Amount,
    /// Its fee, where all that it spends is known: always for our own.
    pub fee: Option<Amount>,
    /// The height it confirmed at.
    pub height: Option<u32>,
    /// When its block was mined, or when it was first seen; in seconds since 1970.
    pub time_seconds: Option<u64>,
}

impl OnChainWallet {
    /// All transactions that count, newest first: those that were replaced or evicted are not among them.
    pub fn transactions(&self) -> Vec<WalletTransaction> {
        let state = self.state.borrow();
        let mut all: Vec<WalletTransaction> = state
            .wallet
            .transactions()
            .filter_map(|known| {
                let transaction = known.tx_node.tx.as_ref();
                let (sent, received) = state.wallet.sent_and_received(transaction);
                // parents that are remembered for their children's sake
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
                Some(WalletTransaction { txid: known.tx_node.txid, received, sent, fee, height, time_seconds })
            })
            .collect();
        all.sort_by_key(|transaction| {
            (Reverse(transaction.height.unwrap_or(u32::MAX)), Reverse(transaction.time_seconds), transaction.txid)
        });
        all
    }
}
