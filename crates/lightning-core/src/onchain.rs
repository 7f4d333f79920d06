//! Connects the on-chain wallet to the node: funds channels, bumps anchors, sweeps outputs of closed channels, and
//! follows the same chain.
use crate::convert::{core_error, txid_hex, Outcome};
use crate::env::Env;
use crate::node::{bad_state, CreateError, Node, SharedEnv, SharedKeys};
use crate::wallet::{
    BlockId as WalletBlock, BumpKind, Descriptors, OnChainWallet, SendAmount, WalletError, KEY_PREFIX,
};
use crate::watch::WatchList;
use lightning::bitcoin::address::NetworkUnchecked;
use lightning::bitcoin::block::Header;
use lightning::bitcoin::consensus::serialize;
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::bitcoin::{Address, Amount, FeeRate, Network, ScriptBuf, Transaction, Txid};
use lightning::chain::chaininterface::{BroadcasterInterface, ConfirmationTarget, FeeEstimator};
use lightning::chain::channelmonitor::Balance;
use lightning::chain::{BestBlock, Confirm};
use lightning::events::bump_transaction::BumpTransactionEvent;
use lightning::events::FundingInfo;
use lightning::io::Cursor;
use lightning::ln::types::ChannelId;
use lightning::sign::SpendableOutputDescriptor;
use lightning::util::logger::Level;
use lightning::util::persist::{
    KVStoreSync, OUTPUT_SWEEPER_PERSISTENCE_KEY, OUTPUT_SWEEPER_PERSISTENCE_PRIMARY_NAMESPACE,
    OUTPUT_SWEEPER_PERSISTENCE_SECONDARY_NAMESPACE,
};
use lightning::util::ser::ReadableArgs;
use lightning::util::sweep::OutputSweeperSync;
use lightning_core_api::{
    BumpFee, CommandResult, Config, CoreError, ErrorCode, Event, OnChainBalance, OnChainBump, OnChainTransaction, Sat,
    SendOnChain, UserChannelId,
};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(crate) type Sweeper =
    OutputSweeperSync<SharedEnv, Arc<OnChainWallet>, SharedEnv, Arc<WatchList>, SharedEnv, SharedEnv, SharedKeys>;

/// Weight of a funding transaction with one input and change, assumed by [`Wallet::check_affordable`].
const FUNDING_WEIGHT: u64 = 616;
/// Value of the two anchor outputs of a commitment transaction, which the opener pays for (BOLT 3).
const ANCHORS_SAT: u64 = 660;

/// Loads the sweeper, or creates a new one.
pub(crate) fn open_sweeper(
    best: BestBlock, env: SharedEnv, watch: Arc<WatchList>, keys: SharedKeys, wallet: Arc<OnChainWallet>,
) -> Result<Sweeper, CreateError> {
    let stored = KVStoreSync::read(
        &*env,
        OUTPUT_SWEEPER_PERSISTENCE_PRIMARY_NAMESPACE,
        OUTPUT_SWEEPER_PERSISTENCE_SECONDARY_NAMESPACE,
        OUTPUT_SWEEPER_PERSISTENCE_KEY,
    );
    let Ok(bytes) = stored else {
        return Ok(Sweeper::new(best, env.clone(), env.clone(), Some(watch), keys, wallet, env.clone(), env));
    };
    let arguments = (env.clone(), env.clone(), Some(watch), keys, wallet, env.clone(), env);
    let (_, sweeper) =
        <(BestBlock, Sweeper)>::read(&mut Cursor::new(bytes), arguments).map_err(bad_state("sweeper"))?;
    Ok(sweeper)
}

/// The on-chain wallet and the parts of the node that it needs.
pub(crate) struct Wallet {
    pub(crate) bdk: Arc<OnChainWallet>,
    env: SharedEnv,
    watch: Arc<WatchList>,
    network: Network,
    /// Transactions as last reported, with their block heights.
    reported: RefCell<BTreeMap<Txid, Option<u32>>>,
    changed: Cell<bool>,
}

fn wallet_error(error: &WalletError) -> CoreError {
    let code = match error {
        WalletError::InsufficientFunds { .. } => ErrorCode::InsufficientFunds,
        WalletError::AmountOutOfBounds { .. } => ErrorCode::BadAmount,
        WalletError::UnknownTransaction { .. } => ErrorCode::NotFound,
        WalletError::FeeAboveLimit { .. } => ErrorCode::FeeTooHigh,
        WalletError::FeeRateTooLow { .. } | WalletError::FeeRateTooHigh => ErrorCode::BadInput,
        _ => ErrorCode::Refused,
    };
    core_error(code, error.to_string())
}

impl Wallet {
    pub(crate) fn open(
        descriptors: Descriptors, config: &Config, env: SharedEnv, watch: Arc<WatchList>,
    ) -> Result<Wallet, CreateError> {
        let stored = env.with_prefix(KEY_PREFIX);
        let opened = if stored.is_empty() {
            let hash = lightning::bitcoin::BlockHash::from_byte_array(config.best_block.hash.0);
            OnChainWallet::create(descriptors, WalletBlock { height: config.best_block.height, hash })
        } else {
            OnChainWallet::load(descriptors, stored.iter().map(|(key, value)| (key.as_str(), value.as_slice())))
        };
        let bdk = Arc::new(opened.map_err(|error| CreateError::State("wallet", error.to_string()))?);
        let reported = bdk.transactions().into_iter().map(|known| (known.txid, known.height)).collect();
        for script in bdk.scripts() {
            watch.add_script(script);
        }
        Ok(Wallet {
            bdk,
            env,
            watch,
            network: crate::convert::network(config.network),
            reported: RefCell::new(reported),
            changed: Cell::new(false),
        })
    }

    /// The given fee rate, or the estimate for confirmation within about an hour.
    fn fee_rate(&self, given: Option<u32>) -> FeeRate {
        let estimate = || self.env.get_est_sat_per_1000_weight(ConfirmationTarget::NonAnchorChannelFee);
        FeeRate::from_sat_per_kwu(given.unwrap_or_else(estimate).into())
    }

    /// Logs a failure. The input was still applied to LDK.
    fn log_failure(&self, input: &str, result: Result<(), WalletError>) {
        self.changed.set(true);
        if let Err(error) = result {
            self.env.log_line(Level::Error, format!("on-chain wallet: {input}: {error}"));
        }
    }

    /// Writes the wallet's changes into the next commit.
    pub(crate) fn save(&self) {
        for (key, value) in self.bdk.take_changes() {
            match value {
                Some(value) => self.env.set(&key, value),
                None => self.env.delete(&key),
            }
        }
        for script in self.bdk.take_new_scripts() {
            self.watch.add_script(script);
        }
    }

    /// Applies the transactions that are about to be broadcast: coins that they spend are spent.
    pub(crate) fn apply_broadcasts(&self) {
        let packages = self.env.transactions.borrow();
        for package in packages.iter() {
            self.bdk.broadcast(package, self.env.now_seconds());
            self.changed.set(true);
        }
    }

    /// Broadcasts our own unconfirmed transactions again.
    pub(crate) fn rebroadcast(&self) {
        for transaction in self.bdk.rebroadcast() {
            self.env.broadcast_transactions(&[&transaction]);
        }
    }

    pub(crate) fn connect(&self, header: &Header, transactions: &[(usize, &Transaction)], height: u32) {
        self.log_failure("block", self.bdk.connect_block(header, height, transactions));
    }
    pub(crate) fn confirmed(&self, header: &Header, transactions: &[(usize, &Transaction)], height: u32) {
        let now = self.env.now_seconds();
        self.log_failure("transactions", self.bdk.transactions_confirmed(header, transactions, height, now));
    }
    pub(crate) fn tip(&self, header: &Header, height: u32) {
        self.log_failure("tip", self.bdk.set_tip(header, height, self.env.now_seconds()));
    }
    pub(crate) fn unconfirm(&self, txid: &Txid) {
        self.log_failure("reorganisation", self.bdk.transaction_unconfirmed(txid, self.env.now_seconds()));
    }
    pub(crate) fn disconnect_to(&self, header: &Header, height: u32) {
        let now = self.env.now_seconds();
        self.log_failure("reorganisation", self.bdk.disconnect_to(height, header.block_hash(), now));
    }
    pub(crate) fn evicted(&self, txid: Txid) {
        self.bdk.evicted(txid, self.env.now_seconds());
        self.changed.set(true);
    }
    pub(crate) fn unconfirmed(&self, transaction: &Transaction, seen: u64) {
        if self.bdk.saw_unconfirmed(&[transaction], seen) {
            self.changed.set(true);
        }
    }

    /// Events for transactions that are new or newly confirmed.
    pub(crate) fn take_events(&self) -> Vec<Event> {
        if !self.changed.take() {
            return vec![];
        }
        let mut reported = self.reported.borrow_mut();
        let mut events = vec![];
        let mut now = BTreeMap::new();
        for known in self.bdk.transactions() {
            let before = reported.get(&known.txid);
            if before.is_none_or(|height| height.is_none() && known.height.is_some()) {
                events.push(Event::OnChainTransactionSeen {
                    txid: txid_hex(&known.txid),
                    received_sat: Sat(known.received.to_sat()),
                    sent_sat: Sat(known.sent.to_sat()),
                    height: known.height,
                });
            }
            now.insert(known.txid, known.height);
        }
        *reported = now;
        events.reverse();
        events
    }

    /// Fails if the wallet cannot fund a channel, before the peer is asked.
    pub(crate) fn check_affordable(
        &self, capacity: u64, fee_rate: Option<u32>, reserve: Amount,
    ) -> Result<(), CoreError> {
        let rate = self.fee_rate(fee_rate).to_sat_per_kwu();
        let needed = capacity.saturating_add(rate.saturating_mul(FUNDING_WEIGHT).div_ceil(1000));
        let spendable = self.bdk.balance(reserve).spendable.to_sat();
        if spendable < needed {
            let message = format!("the channel needs {needed} sat, but only {spendable} sat are spendable");
            return Err(core_error(ErrorCode::InsufficientFunds, message));
        }
        Ok(())
    }

    pub(crate) fn balance(&self, reserve: Amount) -> OnChainBalance {
        let balance = self.bdk.balance(reserve);
        OnChainBalance {
            confirmed_sat: Sat(balance.confirmed.to_sat()),
            trusted_pending_sat: Sat(balance.trusted_pending.to_sat()),
            untrusted_pending_sat: Sat(balance.untrusted_pending.to_sat()),
            immature_sat: Sat(balance.immature.to_sat()),
            in_use_sat: Sat(balance.in_use.to_sat()),
            reserved_sat: Sat(balance.reserved.to_sat()),
            spendable_sat: Sat(balance.spendable.to_sat()),
        }
    }

    pub(crate) fn new_address(&self) -> Outcome {
        Ok(CommandResult::Address { address: self.bdk.fresh_address().to_string() })
    }

    pub(crate) fn transactions(&self) -> Outcome {
        let transactions = self.bdk.transactions().into_iter().map(|known| OnChainTransaction {
            txid: txid_hex(&known.txid),
            received_sat: Sat(known.received.to_sat()),
            sent_sat: Sat(known.sent.to_sat()),
            fee_sat: known.fee.map(|fee| Sat(fee.to_sat())),
            height: known.height,
            time_seconds: known.time_seconds,
            weight: u32::try_from(known.weight.to_wu()).unwrap_or(u32::MAX),
            bump: known.bump.map(|kind| match kind {
                BumpKind::Replacement => OnChainBump::Replacement,
                BumpKind::Child => OnChainBump::Child,
            }),
        });
        Ok(CommandResult::OnChainTransactions { transactions: transactions.collect() })
    }

    pub(crate) fn send(&self, command: &SendOnChain, reserve: Amount) -> Outcome {
        let address: Address<NetworkUnchecked> = command
            .address
            .trim()
            .parse()
            .map_err(|_| core_error(ErrorCode::BadInput, "not a valid Bitcoin address"))?;
        let address = address
            .require_network(self.network)
            .map_err(|_| core_error(ErrorCode::WrongNetwork, "the address is for another network"))?;
        let amount = match (command.amount_sat, command.all) {
            (Some(amount), false) => SendAmount::Exactly(Amount::from_sat(amount.0)),
            (None, true) => SendAmount::All,
            _ => return Err(core_error(ErrorCode::BadAmount, "set exactly one of amountSat and all")),
        };
        let rate = self.fee_rate(command.fee_rate_sat_per_kwu);
        let now = self.env.now_seconds();
        let script = address.script_pubkey();
        let env: &Env = &self.env;
        let max_fee = max_fee(command.max_fee_sat);
        let sent =
            self.bdk.send(script, amount, rate, reserve, max_fee, now, env).map_err(|error| wallet_error(&error))?;
        Ok(self.broadcast(&sent.transaction, sent.fee))
    }

    pub(crate) fn bump_fee(&self, command: &BumpFee, reserve: Amount) -> Outcome {
        let txid = Txid::from_byte_array(command.txid.0);
        let rate = FeeRate::from_sat_per_kwu(command.fee_rate_sat_per_kwu.into());
        let now = self.env.now_seconds();
        let env: &Env = &self.env;
        let max_fee = max_fee(command.max_fee_sat);
        let sent = self.bdk.bump_fee(txid, rate, reserve, max_fee, now, env).map_err(|error| wallet_error(&error))?;
        Ok(self.broadcast(&sent.transaction, sent.fee))
    }

    fn broadcast(&self, transaction: &Transaction, fee: Amount) -> CommandResult {
        self.env.broadcast_transactions(&[transaction]);
        CommandResult::TransactionSent { txid: txid_hex(&transaction.compute_txid()), fee_sat: Sat(fee.to_sat()) }
    }

    /// Releases the coins of a funding transaction whose channel never opened.
    pub(crate) fn discard_funding(&self, funding: &FundingInfo) {
        let txid = match funding {
            FundingInfo::Tx { transaction } => transaction.compute_txid(),
            FundingInfo::OutPoint { outpoint } => outpoint.txid,
        };
        self.bdk.release_funding(txid);
    }
}

/// Funding transactions that are broadcast only once the peer has claimed a payment over the channel (`withholdFunding`,
/// and LSPS2's `client_trusts_lsp`).
/// LDK's LSPS2 service keeps them too, but does not store them before the channel is ready: without our own copy, a
/// restart in between could leave a client that has paid with a channel that is never funded.
///
/// The key is the id of the funding transaction. A user channel id would not do: when the LSP was stopped while it opened
/// a channel for a payment, LDK asks for another one with the same id, and one funding would take the other's place.
const HELD_FUNDING: &str = "held-funding/";

fn held_funding_key(funding: &Txid) -> String {
    format!("{HELD_FUNDING}{funding}")
}

impl Node {
    /// Open channels, including those whose funding is not confirmed.
    pub(crate) fn channel_count(&self) -> u64 {
        self.manager.list_channels().len() as u64
    }

    /// The amount that stays in the wallet to bump the fees of force-closes, with this number of channels.
    pub(crate) fn reserve_for(&self, channels: u64) -> Amount {
        let base = self.config.on_chain_reserve_sat.map_or(0, |reserve| reserve.0);
        let each = self.config.on_chain_reserve_per_channel_sat.map_or(0, |reserve| reserve.0);
        Amount::from_sat(base.saturating_add(each.saturating_mul(channels)))
    }

    pub(crate) fn reserve(&self) -> Amount {
        self.reserve_for(self.channel_count())
    }

    /// Broadcasts the held funding transaction of a channel, because its peer has claimed a payment over it. If it is
    /// not known which channel that was, those of all channels with the peer.
    pub(crate) fn release_held_fundings(&self, peer: &PublicKey, channel_id: Option<ChannelId>) {
        for channel in self.manager.list_channels_with_counterparty(peer) {
            if channel_id.is_none_or(|id| id == channel.channel_id) {
                if let Some(funding) = channel.funding_txo {
                    self.release_held_funding(&funding.txid);
                }
            }
        }
    }

    fn release_held_funding(&self, funding: &Txid) {
        let key = held_funding_key(funding);
        let Some(bytes) = self.env.get(&key) else { return };
        match lightning::bitcoin::consensus::deserialize::<Transaction>(&bytes) {
            Ok(transaction) => {
                self.env.broadcast_transactions(&[&transaction]);
                // from here on the wallet broadcasts it again until it confirms
                self.env.delete(&key);
            }
            Err(error) => self.env.log_line(Level::Error, format!("stored funding transaction: {error}")),
        }
    }

    /// True if all of a channel is ours and nothing is in flight in it. If its funding transaction has never left this
    /// node either, nothing depends on its monitor, which would otherwise wait for the funding for ever.
    pub(crate) fn is_untouched(&self, channel: &ChannelId, capacity_sat: Option<u64>) -> bool {
        let (Ok(monitor), Some(capacity)) = (self.chain_monitor.get_monitor(*channel), capacity_sat) else {
            return false;
        };
        let balances = monitor.get_claimable_balances();
        let [Balance::ClaimableOnChannelClose { balance_candidates, .. }] = balances.as_slice() else { return false };
        balance_candidates.iter().all(|candidate| {
            let ours = candidate.amount_satoshis.saturating_add(candidate.transaction_fee_satoshis);
            ours.saturating_add(ANCHORS_SAT) >= capacity
        })
    }

    /// Forgets a channel's held funding transaction and releases its coins: the channel has closed unpaid. False if none
    /// was held.
    pub(crate) fn drop_held_funding(&self, funding: &Txid) -> bool {
        let key = held_funding_key(funding);
        if self.env.get(&key).is_none() {
            return false;
        }
        self.wallet.bdk.release_funding(*funding);
        self.env.delete(&key);
        true
    }

    /// After loading: earlier versions stored held funding transactions under their user channel ids.
    pub(crate) fn rename_held_fundings(&self) {
        for (key, bytes) in self.env.with_prefix(HELD_FUNDING) {
            let Ok(transaction) = lightning::bitcoin::consensus::deserialize::<Transaction>(&bytes) else { continue };
            let name = held_funding_key(&transaction.compute_txid());
            if name != key {
                self.env.set(&name, bytes);
                self.env.delete(&key);
            }
        }
    }

    /// After loading: releases the coins of funding transactions that belong to no channel.
    pub(crate) fn release_unused_fundings(&self) {
        let channels = self.manager.list_channels();
        let fundings: BTreeSet<Txid> = channels.iter().filter_map(|known| Some(known.funding_txo?.txid)).collect();
        self.wallet.bdk.release_fundings_except(&fundings);
    }

    /// Builds the funding transaction of a channel that the peer has accepted.
    pub(crate) fn fund(
        &mut self, temporary: ChannelId, peer: PublicKey, capacity_sat: u64, script: ScriptBuf, user_channel_id: u128,
    ) {
        let rate = self.wallet.fee_rate(self.funding_fee_rates.remove(&temporary));
        let withhold = self.withheld_fundings.remove(&temporary);
        let amount = Amount::from_sat(capacity_sat);
        // the channel being funded is in LDK's list already
        let reserve = self.reserve();
        let env: &Env = &self.env;
        let failure = match self.wallet.bdk.fund_channel(script, amount, rate, reserve, env) {
            Ok(signed) => {
                let txid = signed.transaction.compute_txid();
                match self.hand_over_funding(temporary, peer, user_channel_id, signed.transaction, withhold) {
                    Ok(()) => return,
                    Err(reason) => {
                        self.wallet.bdk.release_funding(txid);
                        reason
                    }
                }
            }
            Err(error) => error.to_string(),
        };
        // fails if LDK has closed the channel already
        let message = "the channel could not be funded".to_string();
        let _ = self.manager.force_close_broadcasting_latest_txn(&temporary, &peer, message);
        self.emit(&Event::ChannelFundingFailed {
            temporary_channel_id: crate::convert::channel_hex(&temporary),
            user_channel_id: UserChannelId(user_channel_id),
            peer: crate::convert::key_hex(&peer),
            reason: failure,
        });
    }

    fn hand_over_funding(
        &self, temporary: ChannelId, peer: PublicKey, user_channel_id: u128, funding: Transaction, withhold: bool,
    ) -> Result<(), String> {
        let service = self.liquidity.manager.lsps2_service_handler();
        let for_lsps2 = service.as_ref().filter(|service| {
            // fails for channels that were not opened for LSPS2
            service.channel_needs_manual_broadcast(user_channel_id, &peer).unwrap_or(false)
        });
        if let Some(service) = for_lsps2 {
            service.store_funding_transaction(user_channel_id, &peer, funding.clone()).map_err(debug)?;
        }
        if for_lsps2.is_none() && !withhold {
            return self.manager.funding_transaction_generated(temporary, peer, funding).map_err(debug);
        }
        let (key, bytes) = (held_funding_key(&funding.compute_txid()), serialize(&funding));
        self.manager.funding_transaction_generated_manual_broadcast(temporary, peer, funding).map_err(debug)?;
        self.env.set(&key, bytes);
        Ok(())
    }

    /// Bumps the fee of a closing channel's transactions with coins of the wallet.
    pub(crate) fn bump(&mut self, event: &BumpTransactionEvent) {
        if let BumpTransactionEvent::ChannelClose { channel_id, .. } = event {
            // a held channel's commitment is not broadcast, so no coins are chosen for its fee
            if self.env.held(channel_id).is_some() {
                return;
            }
        }
        let before = self.env.transactions.borrow().len();
        self.bumper.handle_event(event);
        if let BumpTransactionEvent::ChannelClose { commitment_tx, .. } = event {
            // Without confirmed coins (typical for a phone) LDK broadcasts nothing. Broadcast the commitment with its
            // own fee; the peer may bump it.
            if self.env.transactions.borrow().len() == before {
                self.env.broadcast_transactions(&[commitment_tx]);
            }
        }
        // now, so that a funding later in this exchange does not choose the same coins
        self.wallet.apply_broadcasts();
    }

    /// Passes the spendable outputs of a closed channel to the sweeper.
    pub(crate) fn track_outputs(&mut self, outputs: Vec<SpendableOutputDescriptor>, channel: Option<ChannelId>) {
        let amount = outputs.iter().map(|output| output_value(output).to_sat()).sum();
        // static outputs pay to addresses of the wallet, which finds them itself
        if self.sweeper.track_spendable_outputs(outputs, channel, true, None).is_err() {
            self.env.log_line(Level::Error, "failed to persist spendable outputs of a closed channel".into());
        }
        let channel_id = channel.as_ref().map(crate::convert::channel_hex);
        self.emit(&Event::OutputsSweeping { channel_id, amount_sat: Sat(amount) });
        self.sweep();
    }

    /// Sweeps the outputs that can be swept now.
    pub(crate) fn sweep(&mut self) {
        if self.sweeper.regenerate_and_broadcast_spend_if_necessary().is_err() {
            self.env.log_line(Level::Warn, "failed to build a sweep; retrying at the next block or tick".into());
        }
    }

    /// Outputs of closed channels that the wallet does not count yet, in satoshis.
    pub(crate) fn sweeping(&self) -> u64 {
        let confirmed: BTreeSet<Txid> =
            self.sweeper.get_relevant_txids().into_iter().map(|(txid, _, _)| txid).collect();
        let outputs = self.sweeper.tracked_spendable_outputs();
        let open = outputs.iter().filter(|output| {
            use lightning::util::sweep::OutputSpendStatus::PendingThresholdConfirmations;
            match &output.status {
                // the wallet counts confirmed sweeps
                PendingThresholdConfirmations { latest_spending_tx, .. } => {
                    !confirmed.contains(&latest_spending_tx.compute_txid())
                }
                _ => true,
            }
        });
        open.map(|output| output_value(&output.descriptor).to_sat()).sum()
    }
}

fn max_fee(given: Option<Sat>) -> Amount {
    given.map_or(Amount::MAX_MONEY, |fee| Amount::from_sat(fee.0))
}

fn debug(error: impl core::fmt::Debug) -> String {
    format!("{error:?}")
}

fn output_value(descriptor: &SpendableOutputDescriptor) -> Amount {
    match descriptor {
        SpendableOutputDescriptor::StaticOutput { output, .. } => output.value,
        SpendableOutputDescriptor::DelayedPaymentOutput(descriptor) => descriptor.output.value,
        SpendableOutputDescriptor::StaticPaymentOutput(descriptor) => descriptor.output.value,
    }
}
