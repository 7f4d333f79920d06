//! Implements LDK's wallet traits: coins for bumping anchors, and scripts for channel payouts.
use super::coins::CoinStatus;
use super::OnChainWallet;
use bdk_wallet::{KeychainKind, SignOptions};
use lightning::bitcoin::{Psbt, ScriptBuf, Transaction, WPubkeyHash};
use lightning::events::bump_transaction::sync::WalletSourceSync;
use lightning::events::bump_transaction::Utxo;
use lightning::ln::script::ShutdownScript;
use lightning::sign::{ChangeDestinationSourceSync, InMemorySigner, KeysManager, SignerProvider};
use std::cell::Cell;
use std::sync::Arc;

/// Coins for bumping anchors. LDK's `WalletSync` selects among them and avoids coins that other claims use.
impl WalletSourceSync for OnChainWallet {
    fn list_confirmed_utxos(&self) -> Result<Vec<Utxo>, ()> {
        let state = self.state.borrow();
        let coins = state.coins().into_iter().filter(|coin| coin.status == CoinStatus::Confirmed && !coin.in_use);
        Ok(coins
            .filter_map(|coin| {
                let hash = p2wpkh_hash(&coin.output.txout.script_pubkey)?;
                Some(Utxo::new_v0_p2wpkh(coin.output.outpoint, coin.output.txout.value, &hash))
            })
            .collect())
    }

    fn get_change_script(&self) -> Result<ScriptBuf, ()> {
        Ok(self.payout_script())
    }

    fn sign_psbt(&self, mut psbt: Psbt) -> Result<Transaction, ()> {
        let state = self.state.borrow();
        for (input, spent) in psbt.inputs.iter().zip(&psbt.unsigned_tx.input) {
            if let Some((_, known)) = state.wallet.spk_index().txout(spent.previous_output) {
                if input.witness_utxo.as_ref() != Some(known) {
                    return Err(());
                }
            }
        }
        // LDK provides the spent outputs without their transactions; ours have been checked above
        let options = SignOptions { trust_witness_utxo: true, ..SignOptions::default() };
        // the result is not complete: LDK signs the channel's inputs
        state.wallet.sign(&mut psbt, options).map_err(|_| ())?;
        let ours = |input: &lightning::bitcoin::TxIn| state.wallet.spk_index().txout(input.previous_output).is_some();
        let transaction = psbt.extract_tx_unchecked_fee_rate();
        match transaction.input.iter().all(|input| !ours(input) || !input.witness.is_empty()) {
            true => Ok(transaction),
            false => Err(()),
        }
    }
}

/// The destination of sweeps.
impl ChangeDestinationSourceSync for OnChainWallet {
    fn get_change_destination_script(&self) -> Result<ScriptBuf, ()> {
        Ok(self.payout_script())
    }
}

impl OnChainWallet {
    /// The script that channels pay out to: the first address that has received nothing. Channels share it until then,
    /// so that a wallet restored from its mnemonic finds all payouts within its look-ahead, for any number of
    /// channels. It is an external address, so that payouts are spent only once confirmed.
    pub fn payout_script(&self) -> ScriptBuf {
        let mut state = self.state.borrow_mut();
        let script = state.wallet.next_unused_address(KeychainKind::External).script_pubkey();
        state.collect();
        script
    }
}

/// LDK's signer provider, except that closing channels pay directly to the on-chain wallet. Cooperative closes and HTLC
/// claims need no further sweep, and the mnemonic alone restores them.
///
/// LDK still reports these outputs as `StaticOutput`, although its own keys cannot spend them: pass `true` for
/// `exclude_static_outputs` to `OutputSweeper::track_spendable_outputs`.
///
/// Do not implement `Deref<Target = KeysManager>` here: LDK 0.3 implements `SignerProvider` for everything that
/// dereferences to one, so closing channels would pay to scripts that only LDK's keys can spend.
pub struct ChannelKeys {
    keys: Arc<KeysManager>,
    wallet: Arc<OnChainWallet>,
    last_derived: Cell<Option<[u8; 32]>>,
}

impl ChannelKeys {
    /// Combines LDK's keys with the wallet's scripts.
    pub fn new(keys: Arc<KeysManager>, wallet: Arc<OnChainWallet>) -> ChannelKeys {
        ChannelKeys { keys, wallet, last_derived: Cell::new(None) }
    }

    /// The id of the keys that LDK derived last. A monitor that LDK has just read does not expose its own.
    pub fn take_last_derived(&self) -> Option<[u8; 32]> {
        self.last_derived.take()
    }
}

impl SignerProvider for ChannelKeys {
    type EcdsaSigner = InMemorySigner;

    fn generate_channel_keys_id(&self, inbound: bool, user_channel_id: u128) -> [u8; 32] {
        self.keys.generate_channel_keys_id(inbound, user_channel_id)
    }

    fn derive_channel_signer(&self, channel_keys_id: [u8; 32]) -> InMemorySigner {
        self.last_derived.set(Some(channel_keys_id));
        self.keys.derive_channel_signer(channel_keys_id)
    }

    fn get_destination_script(&self, _channel_keys_id: [u8; 32]) -> Result<ScriptBuf, ()> {
        Ok(self.wallet.payout_script())
    }

    fn get_shutdown_scriptpubkey(&self) -> Result<ShutdownScript, ()> {
        let hash = p2wpkh_hash(&self.wallet.payout_script()).ok_or(())?;
        Ok(ShutdownScript::new_p2wpkh(&hash))
    }
}

fn p2wpkh_hash(script: &ScriptBuf) -> Option<WPubkeyHash> {
    use lightning::bitcoin::hashes::Hash;
    match script.is_p2wpkh() {
        true => WPubkeyHash::from_slice(&script.as_bytes()[2..]).ok(),
        false => None,
    }
}
