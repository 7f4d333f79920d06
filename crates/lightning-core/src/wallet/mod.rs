//! The on-chain wallet, built on BDK.
//!
//! It has no clock, threads, I/O or policy: time, fee rates, reserves and random bytes are parameters, and changes are
//! returned as key-values that become part of the core's commit.
//!
//! Guarantees:
//! - Coins used by a channel's funding transaction are not spent again, also after a restart, until the transaction is
//!   broadcast ([`OnChainWallet::broadcast`]) or released ([`OnChainWallet::release_funding`]).
//! - Unconfirmed coins are spent only if they come from transactions whose inputs are all ours.
//! - The same seed, inputs and random bytes give the same transactions, byte for byte.
mod build;
mod chain;
mod codec;
mod coins;
mod error;
mod history;
mod keys;
mod ldk;
mod random;
mod store;
#[cfg(test)]
mod tests;

pub use bdk_wallet::chain::BlockId;
pub use build::{BumpKind, SendAmount, SignedTransaction};
pub use coins::OnChainBalance;
pub use error::WalletError;
pub use history::WalletTransaction;
pub use keys::{derive, Descriptors, NodeKeys};
pub use ldk::ChannelKeys;
pub use store::KEY_PREFIX;

use bdk_wallet::KeychainKind;
use lightning::bitcoin::{Address, Txid};
use std::cell::RefCell;
use std::collections::BTreeSet;
use store::State;

/// An on-chain wallet with P2WPKH outputs (BIP 84). Single-threaded. It has no callbacks, so its methods can be called
/// within LDK's callbacks.
pub struct OnChainWallet {
    state: RefCell<State>,
}

impl OnChainWallet {
    /// Creates a new wallet that follows the chain from the block `birthday`.
    pub fn create(descriptors: Descriptors, birthday: BlockId) -> Result<OnChainWallet, WalletError> {
        let state = State::create(descriptors)?;
        let wallet = OnChainWallet { state: RefCell::new(state) };
        wallet.disconnect_to(birthday.height, birthday.hash, 0)?;
        Ok(wallet)
    }

    /// Loads a wallet from all stored key-values that [`OnChainWallet::take_changes`] returned. Ignores keys without
    /// [`KEY_PREFIX`]. Call [`OnChainWallet::release_fundings_except`] next.
    ///
    /// Errors: [`WalletError::Stored`] if they are damaged, or belong to another seed or network.
    pub fn load<'a>(
        descriptors: Descriptors, entries: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<OnChainWallet, WalletError> {
        Ok(OnChainWallet { state: RefCell::new(State::load(descriptors, entries)?) })
    }

    /// The changes since the last call: keys with their new values, or `None` to delete them. They must be stored in
    /// one transaction with the rest of the core's commit.
    pub fn take_changes(&self) -> Vec<(String, Option<Vec<u8>>)> {
        self.state.borrow_mut().take_changes()
    }

    /// After loading: releases the coins of all funding transactions except those of these channels. A channel that
    /// LDK had not persisted when the core stopped is lost, and LDK does not report that.
    pub fn release_fundings_except(&self, channels: &BTreeSet<Txid>) {
        for txid in self.fundings() {
            if !channels.contains(&txid) {
                self.release_funding(txid);
            }
        }
    }

    /// A new address.
    pub fn fresh_address(&self) -> Address {
        let mut state = self.state.borrow_mut();
        let address = state.wallet.reveal_next_address(KeychainKind::External).address;
        state.collect();
        address
    }

    /// The first address handed out that has received nothing, or a new one.
    pub fn unused_address(&self) -> Address {
        let mut state = self.state.borrow_mut();
        let address = state.wallet.next_unused_address(KeychainKind::External).address;
        state.collect();
        address
    }
}
