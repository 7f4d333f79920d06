//! Builds and signs the wallet's transactions.
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

/// Minimum fee rate that Bitcoin nodes relay.
const MIN_FEE_RATE: FeeRate = FeeRate::BROADCAST_MIN;
/// Maximum fee rate: 25,000 satoshis per virtual byte. rust-bitcoin refuses to extract transactions with a higher one.
const MAX_FEE_RATE: FeeRate = Psbt::DEFAULT_MAX_FEE_RATE;
/// Maximum number of our inputs in a transaction that nodes relay (100,000 virtual bytes).
const MAX_INPUTS: usize = 1_400;

/// How much to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendAmount {
    /// The recipient receives this amount; the fee is added.
    Exactly(Amount),
    /// All spendable coins, less the reserve and the fee. At most the 1,400 largest coins.
    All,
}

/// How the fee of an unconfirmed transaction can be raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BumpKind {
    /// By a replacement (BIP 125).
    Replacement,
    /// By a child that pays for both (CPFP).
    Child,
}

/// A signed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTransaction {
    /// The transaction.
    pub transaction: Transaction,
    /// The fee.
    pub fee: Amount,
}

impl OnChainWallet {
    /// Builds and signs a channel's funding transaction. Its coins are in use from now on, also after a restart, until
    /// [`OnChainWallet::broadcast`] is called with it or [`OnChainWallet::release_funding`] releases them. It does not
    /// signal replaceability, because a replacement would lose the channel.
    ///
    /// `reserve` must remain in the wallet afterwards. Uses confirmed coins, and our unconfirmed change only if they
    /// do not suffice.
    ///
    /// Errors: [`WalletError::NotSegwit`], [`WalletError::AmountOutOfBounds`], [`WalletError::FeeRateTooLow`],
    /// [`WalletError::FeeRateTooHigh`], [`WalletError::InsufficientFunds`].
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

    /// Releases the coins of a funding transaction that will not be broadcast. Does nothing if it has been broadcast.
    pub fn release_funding(&self, txid: Txid) {
        let mut state = self.state.borrow_mut();
        if let Some(funding) = state.fundings.remove(&txid) {
            state.fundings_changed = true;
            state.wallet.cancel_tx(&funding);
        }
    }

    /// Funding transactions that have not been broadcast.
    pub fn fundings(&self) -> Vec<Txid> {
        self.state.borrow().fundings.keys().copied().collect()
    }

    /// Sends to a script. Its coins count as spent from now on. The caller broadcasts the transaction.
    ///
    /// Errors: [`WalletError::AmountOutOfBounds`], [`WalletError::FeeRateTooLow`], [`WalletError::FeeRateTooHigh`],
    /// [`WalletError::FeeAboveLimit`], [`WalletError::InsufficientFunds`].
    #[allow(clippy::too_many_arguments)]
    pub fn send(
        &self, to: ScriptBuf, amount: SendAmount, fee_rate: FeeRate, reserve: Amount, max_fee: Amount,
        now_seconds: u64, entropy: &dyn EntropySource,
    ) -> Result<SignedTransaction, WalletError> {
        let mut state = self.state.borrow_mut();
        let sequence = Sequence::ENABLE_RBF_NO_LOCKTIME;
        let signed = match amount {
            SendAmount::Exactly(amount) => state.pay(to, amount, sequence, fee_rate, reserve, entropy)?,
            SendAmount::All => state.pay_all(to, sequence, fee_rate, reserve, entropy)?,
        };
        state.check_fee(&signed, max_fee)?;
        state.seen(&signed.transaction, now_seconds);
        state.collect();
        Ok(signed)
    }

    /// Raises the fee rate of one of our unconfirmed transactions to at least `fee_rate`. Replaces it (BIP 125) if it
    /// signals replaceability and no transaction of ours spends its outputs; otherwise spends its change with a child
    /// that pays for both (CPFP). A replacement pays each recipient the same amount, except where the original sent
    /// everything: then the recipient pays the additional fee. Channel funding transactions are never replaced. The
    /// caller broadcasts the result.
    ///
    /// Errors: [`WalletError::UnknownTransaction`], [`WalletError::AlreadyConfirmed`], [`WalletError::FeeRateTooLow`]
    /// if it already pays this rate, [`WalletError::FeeAboveLimit`], [`WalletError::NotReplaceable`],
    /// [`WalletError::InsufficientFunds`].
    pub fn bump_fee(
        &self, txid: Txid, fee_rate: FeeRate, reserve: Amount, max_fee: Amount, now_seconds: u64,
        entropy: &dyn EntropySource,
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
        let signed = if original.is_explicitly_rbf() && !state.has_children(&original) {
            state.replace(&original, fee_rate, reserve, entropy)?
        } else {
            state.bump_with_child(&original, fee_rate, entropy)?
        };
        state.check_fee(&signed, max_fee)?;
        state.seen(&signed.transaction, now_seconds);
        state.collect();
        Ok(signed)
    }
}

/// Selects coins that need no change if possible, and otherwise as few as possible, so that the others stay available
/// for the next channel. `sendOnChain` with `all` consolidates coins.
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
                // BDK sees only the coins of this attempt, and does not know the reserve
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
        coins.truncate(MAX_INPUTS);
        let spent: Vec<OutPoint> = coins.iter().map(|coin| coin.output.outpoint).collect();
        let total: Amount = coins.iter().map(|coin| coin.output.txout.value).sum();
        // coins that remain unspent count towards the reserve
        let returned = reserve.checked_sub(available - total).unwrap_or(Amount::ZERO);
        let dust = to.minimal_non_dust();
        let needed = returned.checked_add(dust).ok_or(WalletError::AmountOutOfBounds { amount: reserve })?;
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
        if returned > Amount::ZERO {
            builder.add_recipient(change.clone(), returned.max(change.minimal_non_dust()));
        }
        let signed = finish(builder, entropy).and_then(|psbt| self.sign(psbt));
        self.collect();
        let signed = signed?;
        // if the reserve is an output, BDK silently drops a recipient's output below dust
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
            // the original sent everything: the recipient pays the additional fee
            builder.set_recipients(vec![]).drain_to(recipient).manually_selected_only();
        }
        let signed = finish(builder, entropy).and_then(|psbt| self.sign(psbt));
        self.collect();
        let signed = signed?;
        // The spendable amount as if the original did not exist, less what the replacement spends. A replacement that
        // takes its additional fee from the original's change is allowed to use the reserve.
        let (sent, received) = self.wallet.sent_and_received(&signed.transaction);
        let available = Self::spendable(&coins) + inputs;
        let remaining = (available + received).checked_sub(sent).unwrap_or(Amount::ZERO);
        if remaining < reserve && sent > inputs {
            self.wallet.cancel_tx(&signed.transaction);
            return Err(WalletError::InsufficientFunds { needed: reserve + signed.fee, available: remaining });
        }
        Ok(signed)
    }

    /// Builds a child that spends our output of a transaction, with a fee that raises the child and all its unconfirmed
    /// ancestors to the fee rate (CPFP).
    fn bump_with_child(
        &mut self, original: &Transaction, fee_rate: FeeRate, entropy: &dyn EntropySource,
    ) -> Result<SignedTransaction, WalletError> {
        let txid = original.compute_txid();
        let not_replaceable = WalletError::NotReplaceable { txid };
        let coin = self
            .coins()
            .into_iter()
            .filter(|coin| coin.output.outpoint.txid == txid && coin.spendable(true))
            .max_by_key(|coin| coin.output.txout.value)
            .ok_or(not_replaceable.clone())?;
        let ancestry = self.own_ancestry(txid).ok_or(not_replaceable)?;
        let change = self.next_change();
        let build = |state: &mut State, fee: Amount| -> Result<Psbt, WalletError> {
            let mut builder = state.wallet.build_tx();
            builder.add_utxo(coin.output.outpoint).map_err(|error| WalletError::Build { reason: error.to_string() })?;
            builder.manually_selected_only().drain_to(change.clone()).fee_absolute(fee);
            finish(builder, entropy)
        };
        // build it once to learn its weight, then with the fee
        let weight = {
            let draft = build(self, Amount::ZERO)?;
            self.sign(draft)?.transaction.weight()
        };
        let overflow = WalletError::FeeRateTooHigh;
        let package = ancestry.weight.checked_add(weight).ok_or(overflow.clone())?;
        let fee = fee_rate.fee_wu(package).ok_or(overflow.clone())?.checked_sub(ancestry.fees);
        let min_fee = fee_rate.fee_wu(weight).ok_or(overflow)?;
        let fee = match fee {
            Some(fee) if fee >= min_fee => fee,
            // the ancestors already pay this rate
            _ => {
                let paid = (ancestry.fees / ancestry.weight).to_sat_per_kwu();
                let required = FeeRate::from_sat_per_kwu(paid + MIN_FEE_RATE.to_sat_per_kwu());
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

    /// Releases the coins of a transaction that costs too much.
    fn check_fee(&mut self, signed: &SignedTransaction, limit: Amount) -> Result<(), WalletError> {
        if signed.fee <= limit {
            return Ok(());
        }
        self.wallet.cancel_tx(&signed.transaction);
        self.collect();
        Err(WalletError::FeeAboveLimit { fee: signed.fee, limit })
    }

    /// How [`OnChainWallet::bump_fee`] would raise the fee of a transaction; `None` if it cannot.
    pub(super) fn bump_kind(&self, transaction: &Transaction) -> Option<BumpKind> {
        let txid = transaction.compute_txid();
        if !self.anchors_in_chain(txid).is_empty() || self.own_ancestry(txid).is_none() {
            return None;
        }
        if transaction.is_explicitly_rbf() && !self.has_children(transaction) {
            return Some(BumpKind::Replacement);
        }
        let spendable = self.coins().iter().any(|coin| coin.output.outpoint.txid == txid && coin.spendable(true));
        spendable.then_some(BumpKind::Child)
    }

    /// Whether another transaction of the wallet spends an output of this one.
    fn has_children(&self, transaction: &Transaction) -> bool {
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

    /// Signs all inputs, or fails.
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
            Ok(false) => Err(WalletError::Sign { reason: "not all inputs belong to the wallet".into() }),
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
    if fee_rate < MIN_FEE_RATE {
        return Err(WalletError::FeeRateTooLow { required: MIN_FEE_RATE });
    }
    if fee_rate > MAX_FEE_RATE {
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
