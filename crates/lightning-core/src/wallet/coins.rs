//! The wallet's coins (UTXOs), and which of them can be spent.
use super::store::State;
use super::OnChainWallet;
use bdk_wallet::LocalOutput;
use lightning::bitcoin::constants::COINBASE_MATURITY;
use lightning::bitcoin::{Amount, FeeRate, OutPoint, Txid, Weight};
use std::collections::BTreeSet;

/// Maximum number of unconfirmed ancestors of a coin that we spend. Bitcoin Core's mempool allows chains of 25; the
/// difference leaves room for fee bumps.
const MAX_ANCESTORS: u32 = 20;
/// Maximum number of unconfirmed transactions that an ancestry search visits.
const MAX_ANCESTRY_SEARCH: u32 = 64;
/// Weight of a P2WPKH input with a signature of 71 or 72 bytes: 41 non-witness bytes and 108 witness bytes.
pub(super) const INPUT_WEIGHT: Weight = Weight::from_wu(272);

/// The on-chain wallet's balance. The first four amounts add up to the total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnChainBalance {
    /// Confirmed and mature.
    pub confirmed: Amount,
    /// Unconfirmed, from transactions whose inputs are all ours: nobody else can double-spend them.
    pub trusted_pending: Amount,
    /// Unconfirmed, from others or from a channel. Not spent until confirmed.
    pub untrusted_pending: Amount,
    /// Coinbase outputs with fewer than 100 confirmations.
    pub immature: Amount,
    /// Part of confirmed and trusted: used by funding transactions that have not been broadcast.
    pub in_use: Amount,
    /// Part of confirmed and trusted: reserved for bumping anchors.
    pub reserved: Amount,
    /// Confirmed and trusted, less the amounts in use and reserved.
    pub spendable: Amount,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CoinStatus {
    Confirmed,
    Trusted { ancestors: u32 },
    Untrusted,
    Immature,
}

pub(super) struct Coin {
    pub(super) output: LocalOutput,
    pub(super) status: CoinStatus,
    pub(super) in_use: bool,
}

impl Coin {
    /// Whether the coin can be spent. Unconfirmed change is used only if confirmed coins do not suffice.
    pub(super) fn spendable(&self, with_unconfirmed: bool) -> bool {
        !self.in_use
            && match self.status {
                CoinStatus::Confirmed => true,
                CoinStatus::Trusted { ancestors } => with_unconfirmed && ancestors <= MAX_ANCESTORS,
                CoinStatus::Untrusted | CoinStatus::Immature => false,
            }
    }
}

/// The unconfirmed ancestors of a transaction, including itself, if all their inputs are ours.
#[derive(Clone, Copy)]
pub(super) struct Ancestry {
    pub(super) transactions: u32,
    pub(super) weight: Weight,
    pub(super) fees: Amount,
}

impl OnChainWallet {
    /// The balance, with `reserve` set aside for bumping anchors.
    pub fn balance(&self, reserve: Amount) -> OnChainBalance {
        let mut balance = OnChainBalance::default();
        let mut free = Amount::ZERO;
        for coin in self.state.borrow().coins() {
            let value = coin.output.txout.value;
            let (sum, counts) = match coin.status {
                CoinStatus::Confirmed => (&mut balance.confirmed, true),
                CoinStatus::Trusted { .. } => (&mut balance.trusted_pending, true),
                CoinStatus::Untrusted => (&mut balance.untrusted_pending, false),
                CoinStatus::Immature => (&mut balance.immature, false),
            };
            *sum += value;
            match (counts, coin.in_use) {
                (true, true) => balance.in_use += value,
                (true, false) => free += value,
                (false, _) => {}
            }
        }
        balance.reserved = reserve.min(free);
        balance.spendable = free - balance.reserved;
        balance
    }
}

impl State {
    /// All unspent coins, sorted by outpoint.
    pub(super) fn coins(&self) -> Vec<Coin> {
        let in_use = self.coins_in_use();
        let mut coins: Vec<Coin> = self
            .wallet
            .list_unspent()
            .map(|output| Coin { status: self.status(&output), in_use: in_use.contains(&output.outpoint), output })
            .collect();
        coins.sort_by_key(|coin| coin.output.outpoint);
        coins
    }

    fn status(&self, output: &LocalOutput) -> CoinStatus {
        let txid = output.outpoint.txid;
        match output.chain_position.confirmation_height_upper_bound() {
            Some(height) => {
                let coinbase = self.wallet.tx_graph().get_tx(txid).is_some_and(|transaction| transaction.is_coinbase());
                let age = self.wallet.latest_checkpoint().height().saturating_sub(height) + 1;
                if coinbase && age < COINBASE_MATURITY {
                    CoinStatus::Immature
                } else {
                    CoinStatus::Confirmed
                }
            }
            None => match self.own_ancestry(txid) {
                Some(ancestry) => CoinStatus::Trusted { ancestors: ancestry.transactions },
                None => CoinStatus::Untrusted,
            },
        }
    }

    /// The unconfirmed ancestry of a transaction; `None` if any input in it is not ours.
    pub(super) fn own_ancestry(&self, txid: Txid) -> Option<Ancestry> {
        let mut ancestry = Ancestry { transactions: 0, weight: Weight::ZERO, fees: Amount::ZERO };
        let mut seen = BTreeSet::new();
        let mut queue = vec![txid];
        while let Some(txid) = queue.pop() {
            if !self.anchors_in_chain(txid).is_empty() || !seen.insert(txid) {
                continue;
            }
            ancestry.transactions += 1;
            if ancestry.transactions > MAX_ANCESTRY_SEARCH {
                return None;
            }
            let transaction = self.wallet.tx_graph().get_tx(txid)?;
            let mut inputs = Amount::ZERO;
            for input in &transaction.input {
                let (_, spent) = self.wallet.spk_index().txout(input.previous_output)?;
                inputs = inputs.checked_add(spent.value)?;
                queue.push(input.previous_output.txid);
            }
            let outputs = transaction.output.iter().map(|output| output.value).sum::<Amount>();
            ancestry.fees = ancestry.fees.checked_add(inputs.checked_sub(outputs)?)?;
            ancestry.weight = ancestry.weight.checked_add(transaction.weight())?;
        }
        Some(ancestry)
    }

    /// The coins that must not be spent.
    pub(super) fn unspendable(coins: &[Coin], with_unconfirmed: bool) -> Vec<OutPoint> {
        coins.iter().filter(|coin| !coin.spendable(with_unconfirmed)).map(|coin| coin.output.outpoint).collect()
    }

    /// The total amount that can be spent.
    pub(super) fn spendable(coins: &[Coin]) -> Amount {
        coins.iter().filter(|coin| coin.spendable(true)).map(|coin| coin.output.txout.value).sum()
    }
}

/// Whether spending a coin costs at least its value.
pub(super) fn is_uneconomic(coin: &Coin, fee_rate: FeeRate) -> bool {
    fee_rate.fee_wu(INPUT_WEIGHT).is_none_or(|cost| coin.output.txout.value <= cost)
}
