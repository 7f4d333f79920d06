//! The wallet builds transactions and signs them.
use super::coins::is_uneconomic;
use super::random::HostRandom;
use super::store::State;
use super::{OnChainWallet, WalletError};
use bdk_wallet::coin_selection::{BranchAndBoundCoinSelection, CoinSelectionAlgorithm, LargestFirstCoinSelection};
use bdk_wallet::error::CreateTxError;
use bdk_wallet::{IsDust, KeychainKind, SignOptions, TxBuilder};
use lightning::bitcoin::psbt::ExtractTxError;
use lightning::bitcoin::{Amount, FeeRate, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, Txid};
use lightning::sign::EntropySource;
use std::cmp::Reverse;

/// Nodes relay nothing cheaper.
const LEAST_FEE_RATE: FeeRate = FeeRate::BROADCAST_MIN;
/// What rust-bitcoin takes for a mistake, and refuses to extract: 25,000 satoshis per virtual byte.
const MOST_FEE_RATE: FeeRate = Psbt::DEFAULT_MAX_FEE_RATE;
/// As many of our inputs as nodes relay in one transaction (100,000 virtual bytes).
const MOST_INPUTS: usize = 1_400;

/// How much to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendAmount {
    /// So much arrives; the fee comes on top.
    Exactly(Amount),
    /// All that may be spent, less the reserve and the fee. At most 1,400 coins, the largest ones.
    All,
}

/// A transaction, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTransaction {
    /// It.
    pub transaction: Transaction,
    /// Its fee.
    pub fee: Amount,
}

impl OnChainWallet {
    /// Builds and signs a channel's funding transaction. Its coins are in use from now on, across restarts, until
    /// [`OnChainWallet::broadcast`] sees it leave or [`OnChainWallet::release_funding`] gives them back. It does not
    /// signal replacement, because replacing it would lose the channel.
    ///
    /// `reserve` is what must remain in the wallet after it. Confirmed coins are preferred; our own unconfirmed change is
    /// used when they are not enough.
    pub fn fund_channel(
        &self, output_script: ScriptBuf, amount: Amount, fee_rate: FeeRate, reserve: Amount,
        entropy: &dyn EntropySource,
    ) -> Result<SignedTransaction, WalletError> {
        if !output_script.is_witness_program() {
            return Err(WalletError::NotSegwit);
        }
        let mut state = self.state.borrow_mut();
        let sequence = Sequence::ENABLE_LOCKTIME_NO_RBF;
        let signed = state.pay(output_script, amount, sequence, fee_rate, reserve, entropy)?;
        state.fundings.insert(signed.transaction.compute_txid(), signed.transaction.clone());
        state.fundings_changed = true;
        Ok(signed)
    }

    /// Gives a funding transaction's coins back: it was not, and will never be, broadcast. Harmless when it was.
    pub fn release_funding(&self, txid: Txid) {
        let mut state = self.state.borrow_mut();
        if let Some(funding) = state.fundings.remove(&txid) {
            state.fundings_changed = true;
            state.wallet.cancel_tx(&funding);
        }
    }

    /// Funding transactions in waiting.
    pub fn fundings(&self) -> Vec<Txid> {
        self.state.borrow().fundings.keys().copied().collect()
    }

    /// Sends to a script. The transaction counts as spent from now on; the caller broadcasts it.
    pub fn send(
        &self, to: ScriptBuf, amount: SendAmount, fee_rate: FeeRate, reserve: Amount, now_seconds: u64,
        entropy: &dyn EntropySource,
    ) -> Result<SignedTransaction, WalletError> {
        let mut state = self.state.borrow_mut();
        let sequence = Sequence::ENABLE_RBF_NO_LOCKTIME;
        let signed = match amount {
            SendAmount::Exactly(amount) => state.pay(to, amount, sequence, fee_rate, reserve, entropy)?,
            SendAmount::All => state.pay_all(to, sequence, fee_rate, reserve, entropy)?,
        };
        state.seen(&signed.transaction, now_seconds);
        state.collect();
        Ok(signed)
    }

    /// Makes one of our unconfirmed transactions confirm sooner, at `fee_rate` or better: by a replacement that pays more
    /// (BIP 125) where it signals that and nothing of ours builds on it, else by a child of its change that pays for
    /// both. A replacement keeps what each recipient gets, except where everything was sent: then it gets less. The
    /// caller broadcasts it.
    ///
    /// Channels' fundings are never replaced. Errors: [`WalletError::UnknownTransaction`],
    /// [`WalletError::AlreadyConfirmed`], [`WalletError::FeeRateTooLow`] when it pays that much already,
    /// [`WalletError::NotReplaceable`], [`WalletError::InsufficientFunds`].
    pub fn bump_fee(
        &self, txid: Txid, fee_rate: FeeRate, reserve: Amount, now_seconds: u64, entropy: &dyn EntropySource,
    ) -> Result<SignedTransaction, WalletError> {
        check_fee_rate(fee_rate)?;
        let mut state = self.state.borrow_mut();
        let known = state.wallet.get_tx(txid).ok_or(WalletError::UnknownTransaction { txid })?;
        if known.chain_position.is_confirmed() {
            return Err(WalletError::AlreadyConfirmed { txid });
        }
        let original = known.tx_node.tx.as_ref().clone();
        if state.own_ancestry(txid).is_none() {
            return Err(WalletError::NotReplaceable { txid });
        }
        let signed = if original.is_explicitly_rbf() && !state.is_built_upon(&original) {
            state.replace(&original, fee_rate, reserve, entropy)?
        } else {
            state.pull_along(&original, fee_rate, entropy)?
        };
        state.seen(&signed.transaction, now_seconds);
        state.collect();
        Ok(signed)
    }
}

/// Coins that fit without change where there are such, else as few as possible, so that the others stay free for the next
/// channel; `sendOnChain` with `all` is there for clearing up.
type Selection = BranchAndBoundCoinSelection<LargestFirstCoinSelection>;

impl State {
    fn pay(
        &mut self, to: ScriptBuf, amount: Amount, sequence: Sequence, fee_rate: FeeRate, reserve: Amount,
        entropy: &dyn EntropySource,
    ) -> Result<SignedTransaction, WalletError> {
        check_fee_rate(fee_rate)?;
        check_amount(amount, &to)?;
        let coins = self.coins();
        let available = Self::spendable(&coins);
        let needed = amount.checked_add(reserve).ok_or(WalletError::AmountOutOfBounds { amount: reserve })?;
        if needed > available {
            return Err(WalletError::InsufficientFunds { needed, available });
        }
        let mut result = Err(WalletError::InsufficientFunds { needed, available });
        for with_unconfirmed in [false, true] {
            let unspendable = Self::unspendable(&coins, with_unconfirmed);
            let mut builder = self.wallet.build_tx().coin_selection(Selection::default());
            builder
                .add_recipient(to.clone(), amount)
                .fee_rate(fee_rate)
                .set_exact_sequence(sequence)
                .unspendable(unspendable);
            result = builder.finish_with_aux_rand(&mut HostRandom(entropy)).map_err(|error| match error {
                // BDK has seen one tier's coins only, and knows nothing of the reserve
                CreateTxError::CoinSelection(funds) => {
                    WalletError::InsufficientFunds { needed: funds.needed + reserve, available }
                }
                other => other.into(),
            });
            if !matches!(result, Err(WalletError::InsufficientFunds { .. })) {
                break;
            }
        }
        let signed = self.sign(result?)?;
        let needed = needed + signed.fee;
        if needed > available {
            self.wallet.cancel_tx(&signed.transaction);
            self.collect();
            return Err(WalletError::InsufficientFunds { needed, available });
        }
        self.collect();
        Ok(signed)
    }

    fn pay_all(
        &mut self, to: ScriptBuf, sequence: Sequence, fee_rate: FeeRate, reserve: Amount, entropy: &dyn EntropySource,
    ) -> Result<SignedTransaction, WalletError> {
        check_fee_rate(fee_rate)?;
        let mut coins = self.coins();
        let available = Self::spendable(&coins);
        coins.retain(|coin| coin.spendable(true) && !is_uneconomic(coin, fee_rate));
        coins.sort_by_key(|coin| (Reverse(coin.output.txout.value), coin.output.outpoint));
        coins.truncate(MOST_INPUTS);
        let spent: Vec<OutPoint> = coins.iter().map(|coin| coin.output.outpoint).collect();
        let total: Amount = coins.iter().map(|coin| coin.output.txout.value).sum();
        // what stays behind unspent counts towards the reserve
        let back = reserve.checked_sub(available - total).unwrap_or(Amount::ZERO);
        let dust = to.minimal_non_dust();
        let needed = back.checked_add(dust).ok_or(WalletError::AmountOutOfBounds { amount: reserve })?;
        if spent.is_empty() || needed > total {
            return Err(WalletError::InsufficientFunds {
                needed: reserve.checked_add(dust).unwrap_or(reserve),
                available,
            });
        }
        let change = self.next_change();
        let mut builder = self.wallet.build_tx();
        builder.add_utxos(&spent).map_err(|error| WalletError::Build { reason: error.to_string() })?;
        builder.manually_selected_only().drain_to(to.clone()).fee_rate(fee_rate).set_exact_sequence(sequence);
        if back > Amount::ZERO {
            builder.add_recipient(change.clone(), back.max(change.minimal_non_dust()));
        }
        let signed = finish(builder, entropy).and_then(|psbt| self.sign(psbt));
        self.collect();
        let signed = signed?;
        // with the reserve as an output, BDK takes a remainder below dust for no error
        if !signed.transaction.output.iter().any(|output| output.script_pubkey == to) {
            let needed = reserve + signed.fee + dust;
            return Err(WalletError::InsufficientFunds { needed, available });
        }
        Ok(signed)
    }

    fn replace(
        &mut self, original: &Transaction, fee_rate: FeeRate, reserve: Amount, entropy: &dyn EntropySource,
    ) -> Result<SignedTransaction, WalletError> {
        let txid = original.compute_txid();
        let coins: Vec<_> = self.coins().into_iter().filter(|coin| coin.output.outpoint.txid != txid).collect();
        let unspendable: Vec<OutPoint> = self
            .wallet
            .list_unspent()
            .map(|output| output.outpoint)
            .filter(|outpoint| !coins.iter().any(|coin| coin.output.outpoint == *outpoint && coin.spendable(false)))
            .collect();
        let only_output = match original.output.as_slice() {
            [output] => Some(output.script_pubkey.clone()),
            _ => None,
        };
        let inputs = self.wallet.sent_and_received(original).0;
        let mut builder = self.wallet.build_fee_bump(txid)?.coin_selection(Selection::default());
        builder.fee_rate(fee_rate).unspendable(unspendable).set_exact_sequence(Sequence::ENABLE_RBF_NO_LOCKTIME);
        if let Some(recipient) = only_output {
            // everything was sent: what it costs more, the recipient gets less
            builder.set_recipients(vec![]).drain_to(recipient).manually_selected_only();
        }
        let signed = finish(builder, entropy).and_then(|psbt| self.sign(psbt));
        self.collect();
        let signed = signed?;
        // what could be spent had the original not been, less what the replacement takes; a dearer fee out of the
        // original's own change is not refused
        let (sent, received) = self.wallet.sent_and_received(&signed.transaction);
        let available = Self::spendable(&coins) + inputs;
        let remaining = (available + received).checked_sub(sent).unwrap_or(Amount::ZERO);
        if remaining < reserve && sent > inputs {
            self.wallet.cancel_tx(&signed.transaction);
            return Err(WalletError::InsufficientFunds { needed: reserve + signed.fee, available: remaining });
        }
        Ok(signed)
    }

    /// A child that spends what a transaction left us, and pays so much that it and all it depends on reach the rate.
    fn pull_along(
        &mut self, original: &Transaction, fee_rate: FeeRate, entropy: &dyn EntropySource,
    ) -> Result<SignedTransaction, WalletError> {
        let txid = original.compute_txid();
        let refused = WalletError::NotReplaceable { txid };
        let coin = self
            .coins()
            .into_iter()
            .filter(|coin| coin.output.outpoint.txid == txid && coin.spendable(true))
            .max_by_key(|coin| coin.output.txout.value)
            .ok_or(refused.clone())?;
        let ancestry = self.own_ancestry(txid).ok_or(refused)?;
        let change = self.next_change();
        let build = |state: &mut State, fee: Amount| -> Result<Psbt, WalletError> {
            let mut builder = state.wallet.build_tx();
            builder.add_utxo(coin.output.outpoint).map_err(|error| WalletError::Build { reason: error.to_string() })?;
            builder.manually_selected_only().drain_to(change.clone()).fee_absolute(fee);
            finish(builder, entropy)
        };
        // once for its weight, then with its fee
        let weight = {
            let draft = build(self, Amount::ZERO)?;
            self.sign(draft)?.transaction.weight()
        };
        let overflow = WalletError::FeeRateTooHigh;
        let whole = ancestry.weight.checked_add(weight).ok_or(overflow.clone())?;
        let fee = fee_rate.fee_wu(whole).ok_or(overflow.clone())?.checked_sub(ancestry.fees);
        let least = fee_rate.fee_wu(weight).ok_or(overflow)?;
        let fee = match fee {
            Some(fee) if fee >= least => fee,
            // it pays that rate already
            _ => {
                let paid = (ancestry.fees / ancestry.weight).to_sat_per_kwu();
                let required = FeeRate::from_sat_per_kwu(paid + LEAST_FEE_RATE.to_sat_per_kwu());
                return Err(WalletError::FeeRateTooLow { required });
            }
        };
        if coin.output.txout.value <= fee {
            return Err(WalletError::InsufficientFunds { needed: fee, available: coin.output.txout.value });
        }
        let draft = build(self, fee)?;
        let signed = self.sign(draft);
        self.collect();
        signed
    }

    /// Whether a transaction that counts spends an output of this one.
    fn is_built_upon(&self, transaction: &Transaction) -> bool {
        let txid = transaction.compute_txid();
        let graph = self.wallet.tx_graph();
        (0..transaction.output.len()).filter_map(|vout| u32::try_from(vout).ok()).any(|vout| {
            let children = graph.outspends(OutPoint { txid, vout });
            children.iter().any(|child| self.wallet.get_tx(*child).is_some())
                || self
                    .fundings
                    .values()
                    .any(|funding| funding.input.iter().any(|input| input.previous_output == OutPoint { txid, vout }))
        })
    }

    fn next_change(&mut self) -> ScriptBuf {
        let change = self.wallet.next_unused_address(KeychainKind::Internal);
        self.collect();
        change.script_pubkey()
    }

    /// Signs every input, or fails.
    fn sign(&mut self, mut psbt: Psbt) -> Result<SignedTransaction, WalletError> {
        let unsigned = psbt.unsigned_tx.clone();
        let signed = match self.wallet.sign(&mut psbt, SignOptions::default()) {
            Ok(true) => {
                let fee = psbt.fee();
                fee.map_err(|error| WalletError::Sign { reason: error.to_string() }).and_then(|fee| {
                    let transaction = psbt.extract_tx().map_err(|error| match error {
                        ExtractTxError::AbsurdFeeRate { .. } => WalletError::FeeRateTooHigh,
                        other => WalletError::Sign { reason: other.to_string() },
                    })?;
                    Ok(SignedTransaction { transaction, fee })
                })
            }
            Ok(false) => Err(WalletError::Sign { reason: "an input is not ours".into() }),
            Err(error) => Err(WalletError::Sign { reason: error.to_string() }),
        };
        if signed.is_err() {
            self.wallet.cancel_tx(&unsigned);
        }
        signed
    }
}

fn finish(builder: TxBuilder<impl CoinSelectionAlgorithm>, entropy: &dyn EntropySource) -> Result<Psbt, WalletError> {
    Ok(builder.finish_with_aux_rand(&mut HostRandom(entropy))?)
}

fn check_fee_rate(fee_rate: FeeRate) -> Result<(), WalletError> {
    if fee_rate < LEAST_FEE_RATE {
        return Err(WalletError::FeeRateTooLow { required: LEAST_FEE_RATE });
    }
    if fee_rate > MOST_FEE_RATE {
        return Err(WalletError::FeeRateTooHigh);
    }
    Ok(())
}

fn check_amount(amount: Amount, to: &ScriptBuf) -> Result<(), WalletError> {
    if amount.is_dust(to) || amount > Amount::MAX_MONEY {
        return Err(WalletError::AmountOutOfBounds { amount });
    }
    Ok(())
}
