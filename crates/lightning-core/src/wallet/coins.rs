//! Which coins there are, and which of them may be spent.
use super::store::State;
use super::OnChainWallet;
use bdk_wallet::LocalOutput;
use lightning::bitcoin::constants::COINBASE_MATURITY;
use lightning::bitcoin::{Amount, FeeRate, OutPoint, Txid, Weight};
use std::collections::BTreeSet;

/// Bitcoin Core's mempool takes chains of 25 unconfirmed transactions; room is left for bumps.
const MOST_ANCESTORS: u32 = 20;
/// Beyond this an unconfirmed transaction is not looked into.
const DEEPEST_LOOK: u32 = 64;
/// A P2WPKH input, signature of 71 or 72 bytes: 41 bytes without and 109 with the witness.
pub(super) const INPUT_WEIGHT: Weight = Weight::from_wu(272);

/// The on-chain wallet's balance. The first four add up to all that is ours on chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnChainBalance {
    /// Confirmed, and mature.
    pub confirmed: Amount,
    /// Unconfirmed, out of transactions that only we have funded: nobody else can take them back.
    pub trusted_pending: Amount,
    /// Unconfirmed, from others (or out of a channel). Never spent.
    pub untrusted_pending: Amount,
    /// Mined by us, fewer than 100 blocks ago.
    pub immature: Amount,
    /// Of the confirmed and trusted: in use by fundings of channels that have not been broadcast.
    pub in_use: Amount,
    /// Of the confirmed and trusted: kept back so that anchors can be bumped.
    pub reserved: Amount,
    /// Confirmed and trusted, less what is in use and reserved.
    pub spendable: Amount,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Confirmed,
    Trusted { ancestors: u32 },
    Untrusted,
    Immature,
}

pub(super) struct Coin {
    pub(super) output: LocalOutput,
    pub(super) standing: Standing,
    pub(super) in_use: bool,
}

impl Coin {
    /// May be spent; the second tier only when the first is not enough.
    pub(super) fn spendable(&self, with_unconfirmed: bool) -> bool {
        !self.in_use
            && match self.standing {
                Standing::Confirmed => true,
                Standing::Trusted { ancestors } => with_unconfirmed && ancestors <= MOST_ANCESTORS,
                Standing::Untrusted | Standing::Immature => false,
            }
    }
}

/// Unconfirmed transactions that one depends on, itself included, all funded by us alone.
#[derive(Clone, Copy)]
pub(super) struct Ancestry {
    pub(super) transactions: u32,
    pub(super) weight: Weight,
    pub(super) fees: Amount,
}

impl OnChainWallet {
    /// The balance, with `reserve` kept back for anchors.
    pub fn balance(&self, reserve: Amount) -> OnChainBalance {
        let mut balance = OnChainBalance::default();
        let mut free = Amount::ZERO;
        for coin in self.state.borrow().coins() {
            let value = coin.output.txout.value;
            let (sum, counts) = match coin.standing {
                Standing::Confirmed => (&mut balance.confirmed, true),
                Standing::Trusted { .. } => (&mut balance.trusted_pending, true),
                Standing::Untrusted => (&mut balance.untrusted_pending, false),
                Standing::Immature => (&mut balance.immature, false),
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
    /// Every unspent coin, in the order of its outpoint.
    pub(super) fn coins(&self) -> Vec<Coin> {
        let in_use = self.coins_in_use();
        let mut coins: Vec<Coin> = self
            .wallet
            .list_unspent()
            .map(|output| Coin { standing: self.standing(&output), in_use: in_use.contains(&output.outpoint), output })
            .collect();
        coins.sort_by_key(|coin| coin.output.outpoint);
        coins
    }

    fn standing(&self, output: &LocalOutput) -> Standing {
        let txid = output.outpoint.txid;
        match output.chain_position.confirmation_height_upper_bound() {
            Some(height) => {
                let coinbase = self.wallet.tx_graph().get_tx(txid).is_some_and(|transaction| transaction.is_coinbase());
                let age = self.wallet.latest_checkpoint().height().saturating_sub(height) + 1;
                if coinbase && age < COINBASE_MATURITY {
                    Standing::Immature
                } else {
                    Standing::Confirmed
                }
            }
            None => match self.own_ancestry(txid) {
                Some(ancestry) => Standing::Trusted { ancestors: ancestry.transactions },
                None => Standing::Untrusted,
            },
        }
    }

    /// For an unconfirmed transaction whose inputs are all ours, and so on down to confirmed ones; otherwise nothing.
    pub(super) fn own_ancestry(&self, txid: Txid) -> Option<Ancestry> {
        let mut ancestry = Ancestry { transactions: 0, weight: Weight::ZERO, fees: Amount::ZERO };
        let mut seen = BTreeSet::new();
        let mut left = vec![txid];
        while let Some(txid) = left.pop() {
            if !self.anchors_in_chain(txid).is_empty() || !seen.insert(txid) {
                continue;
            }
            ancestry.transactions += 1;
            if ancestry.transactions > DEEPEST_LOOK {
                return None;
            }
            let transaction = self.wallet.tx_graph().get_tx(txid)?;
            let mut inputs = Amount::ZERO;
            for input in &transaction.input {
                let (_, spent) = self.wallet.spk_index().txout(input.previous_output)?;
                inputs = inputs.checked_add(spent.value)?;
                left.push(input.previous_output.txid);
            }
            let outputs = transaction.output.iter().map(|output| output.value).sum::<Amount>();
            ancestry.fees = ancestry.fees.checked_add(inputs.checked_sub(outputs)?)?;
            ancestry.weight = ancestry.weight.checked_add(transaction.weight())?;
        }
        Some(ancestry)
    }

    /// What must not be spent: everything that the tier does not allow.
    pub(super) fn unspendable(coins: &[Coin], with_unconfirmed: bool) -> Vec<OutPoint> {
        coins.iter().filter(|coin| !coin.spendable(with_unconfirmed)).map(|coin| coin.output.outpoint).collect()
    }

    /// What could be spent in all.
    pub(super) fn spendable(coins: &[Coin]) -> Amount {
        coins.iter().filter(|coin| coin.spendable(true)).map(|coin| coin.output.txout.value).sum()
    }
}

/// Whether spending a coin costs more than it brings.
pub(super) fn is_uneconomic(coin: &Coin, fee_rate: FeeRate) -> bool {
    fee_rate.fee_wu(INPUT_WEIGHT).is_none_or(|cost| coin.output.txout.value <= cost)
}
